"""Which lessons of a class are to be checked again, and the run that does it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select

from app.domain import joining
from app.domain.errors import Conflict
from app.domain.recheck import KIND, Due, asked_again, due, left_out
from app.domain.recheck import chosen as chosen_of
from app.domain.summary import Counted, Share
from app.domain.timetable import HOME
from app.store import directory, lessons, participation, runs, timetable
from app.store.database import Db
from app.store.runs import OpenRun
from app.store.tables import ParticipationRecordRow, RunRow

OPEN_ALREADY = "Your class has a lesson open already. Go back to it, or finish it first."


def of_class(db: Db, class_group_id: int) -> list[Due]:
    """The newest time that the class had each lesson, in order; those without key questions are never asked again."""
    rows = _records(db, class_group_id)
    group = directory.class_group(db, class_group_id)
    (programme,) = directory.programmes_by_id(db, frozenset({group.programme_id}))
    holidays = timetable.season(programme).holidays
    newest: dict[str, ParticipationRecordRow] = {}
    again: dict[str, date] = {}
    for row in rows:
        key = lessons.version(db, row.version_id).key
        if row.kind == KIND:
            if row.answers_counted and row.questions_served >= len(asked_again(lessons.version(db, row.version_id))):
                again[key] = _day(row.began_at)  # one that was broken off may be done once more
        else:
            newest[key] = row
            again.pop(key, None)
    found = [
        due(row.version_id, lessons.version(db, row.version_id), _day(row.began_at), holidays, again.get(key))
        for key, row in newest.items()
    ]
    return [one for one in found if one.questions]


def start(
    db: Db,
    class_group_id: int,
    wanted: Sequence[int],
    *,
    present: int | None,
    seed: str,
    now: datetime,
    choose: joining.Choose,
) -> int:
    """Open a recheck of these versions. Raises Conflict when the class has a lesson open."""
    ticked = chosen_of(of_class(db, class_group_id), wanted, _day(now))
    if runs.open_of_class(db, class_group_id) is not None:
        raise Conflict(OPEN_ALREADY)
    skipped = [[place, key] for place, one in enumerate(ticked) for key in left_out(one.lesson)]
    row = RunRow(
        class_group_id=class_group_id,
        kind=KIND,
        seed=seed,
        skipped_steps=skipped,
        present=present,
        opened_at=now,
        join_code=runs.free_code(db, choose),
    )
    return runs.open_run(db, row, [one.version_id for one in ticked])


Line = tuple[str, Share | None, Share | None, Share | None]
"""A question, and how the class answered it before, after, and now."""


def compared(db: Db, run: OpenRun) -> list[list[Line]]:
    """For each lesson of a recheck: its key questions, as the class answered them each time. For its own teacher."""
    asked = participation.of_run(db, run.id)
    return [_lines(db, run, module, asked) for module in range(len(run.plan.lessons))]


def _lines(db: Db, run: OpenRun, module: int, asked: Sequence[Counted]) -> list[Line]:
    lesson = run.plan.lessons[module]
    now = {one.step_key: _share(one) for one in asked if one.module == module and one.round == 1}
    had = [
        row
        for row in _records(db, run.class_group_id)
        if row.kind == "lesson" and row.version_id == run.version_ids[module] and row.began_at < run.opened_at
    ]
    then = (
        {
            one.step_key: _share(one)
            for one in participation.of_run(db, had[-1].run_id)
            if one.module == had[-1].module_position and one.round == 1
        }
        if had
        else {}
    )
    texts = {step.key: step.question.text for step in lesson.askings}
    return [
        (texts[step], then.get(f"before.{key}"), then.get(step), now.get(step))
        for key, step in asked_again(lesson).items()
    ]


def _share(one: Counted) -> Share | None:
    return None if one.right is None else Share(right=one.right, of=one.answered)


def _records(db: Db, class_group_id: int) -> list[ParticipationRecordRow]:
    """What the class has had, the oldest first."""
    record: Any = ParticipationRecordRow
    return list(
        db.exec(
            select(ParticipationRecordRow)
            .where(record.class_group_id == class_group_id, col(record.kind).in_(("lesson", KIND)))
            .order_by(record.began_at, record.id)
        ).all()
    )


def _day(at: datetime) -> date:
    """By British clocks."""
    return at.astimezone(HOME).date()
