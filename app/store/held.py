"""All that is held of one school in a programme: taken out, and erased. Its counts stay, and are nobody's."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Table, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, func, select

from app.domain.errors import NotAllowed
from app.store import runs, schools
from app.store.database import Db
from app.store.tables import ClassGroupRow, ParticipationRecordRow, ProgrammeSchoolRow, RunRow, SchoolRow

Rows = list[dict[str, Any]]
KEYS = frozenset({"token_hash", "key_hash", "seed", "join_code"})
"""They open something, and tell a school nothing."""
NAMELESS = "A school that was erased"
Its = tuple[Table, ColumnElement[bool]]


class _Its:
    """Which rows of which tables are a school's, in one programme."""

    def __init__(self, programme_id: int, school_id: int) -> None:
        t = SQLModel.metadata.tables
        group, link, run = t["class_group"], t["class_link"], t["run"]
        question, result, record = t["teacher_question"], t["asking_result"], t["participation_record"]
        self.groups = (group.c.programme_id == programme_id) & (group.c.school_id == school_id)
        groups = sqlalchemy.select(group.c.id).where(self.groups)
        self.links = link.c.class_group_id.in_(groups)
        self.runs = run.c.class_group_id.in_(groups)
        links = sqlalchemy.select(link.c.id).where(self.links)
        run_ids = sqlalchemy.select(run.c.id).where(self.runs)
        questions = sqlalchemy.select(question.c.id).where(question.c.run_id.in_(run_ids))
        results = sqlalchemy.select(result.c.id).where(result.c.run_id.in_(run_ids))
        records = sqlalchemy.select(record.c.id).where(record.c.run_id.in_(run_ids))
        also = t["also_asked"]
        self.erased: list[Its] = [
            (also, also.c.run_id.in_(run_ids) | also.c.teacher_question_id.in_(questions)),
            (question, question.c.run_id.in_(run_ids)),
            (t["class_feedback"], t["class_feedback"].c.run_id.in_(run_ids)),
            (t["amendment"], t["amendment"].c.record_id.in_(records)),
            (t["booking"], t["booking"].c.class_group_id.in_(groups)),
            (t["class_sign_in"], t["class_sign_in"].c.class_link_id.in_(links)),
            (link, self.links),
        ]
        self.kept: list[Its] = [
            (run, self.runs),
            (t["run_module"], t["run_module"].c.run_id.in_(run_ids)),
            (t["cue"], t["cue"].c.run_id.in_(run_ids)),
            (record, record.c.run_id.in_(run_ids)),
            (t["contribution"], t["contribution"].c.record_id.in_(records)),
            (result, result.c.run_id.in_(run_ids)),
            (t["asking_choice"], t["asking_choice"].c.asking_result_id.in_(results)),
            (t["score_pair"], t["score_pair"].c.run_id.in_(run_ids)),
            (t["anchor_pair"], t["anchor_pair"].c.run_id.in_(run_ids)),
            (t["secret_count"], t["secret_count"].c.run_id.in_(run_ids)),
        ]
        self.names: list[Its] = [
            (t["school"], t["school"].c.id == school_id),
            (
                t["programme_school"],
                (t["programme_school"].c.programme_id == programme_id)
                & (t["programme_school"].c.school_id == school_id),
            ),
            (group, self.groups),
        ]


def of_school(db: Db, programme_id: int, school_id: int) -> dict[str, Rows]:
    """Table -> its rows that are this school's, without keys and without what belongs to pupils. Raises NotFound."""
    schools.one(db, programme_id, school_id)
    its = _Its(programme_id, school_id)
    return {table.name: list(_rows(db, table, where)) for table, where in (*its.names, *its.erased, *its.kept)}


def _rows(db: Db, table: Table, where: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    columns = [column for column in table.c if column.name not in KEYS]
    for row in db.connection().execute(sqlalchemy.select(*columns).where(where).order_by(table.c.id)):
        yield {
            column.name: value.isoformat() if isinstance(value, date | datetime) else value
            for column, value in zip(columns, row, strict=True)
        }


def erase(db: Db, programme_id: int, school_id: int, now: datetime, draw: Callable[[], str]) -> list[int]:
    """All that is the school's is deleted, and its counts lose its name. Returns the runs whose pupils went with it.

    Raises NotFound, and NotAllowed while one of its classes has a lesson open.
    """
    schools.one(db, programme_id, school_id)
    its = _Its(programme_id, school_id)
    pupils_of = _end_pupils(db, its, now)
    for table, where in its.erased:
        db.connection().execute(delete(table).where(where))
    _take_name(db, its, programme_id, school_id, now, draw)
    try:
        with db.begin_nested():  # another programme may need it
            db.delete(db.get_one(SchoolRow, school_id))
    except IntegrityError:
        pass
    return pupils_of


def _end_pupils(db: Db, its: _Its, now: datetime) -> list[int]:
    mine = db.exec(select(RunRow).where(its.runs).with_for_update()).all()
    if any(run.ended_at is None for run in mine):
        raise NotAllowed("A class of this school has a lesson open just now. Erase the school when it has ended.")
    due = [run for run in mine if run.purged_at is None]
    for run in due:
        runs.delete_pupils(db, run.id or 0)
        run.purged_at = now
    for run in mine:
        run.join_code = None
    db.flush()
    return [run.id or 0 for run in due]


def _nameless(db: Db, programme_id: int) -> str:
    """Filters and tables tell two of them apart by a number, which says nothing else."""
    erased = (
        select(func.count(col(SchoolRow.id)))
        .join(ProgrammeSchoolRow, col(ProgrammeSchoolRow.school_id) == SchoolRow.id)
        .where(ProgrammeSchoolRow.programme_id == programme_id, col(SchoolRow.erased_at).is_not(None))
    )
    before = db.exec(erased).one()
    return f"{NAMELESS} ({before + 1})" if before else NAMELESS


def _take_name(db: Db, its: _Its, programme_id: int, school_id: int, now: datetime, draw: Callable[[], str]) -> None:
    """Classes that have taught something stay as numbers of a school without a name; the others go."""
    groups = list(db.exec(select(ClassGroupRow).where(its.groups).order_by(col(ClassGroupRow.id))).all())
    taught = set(db.exec(select(RunRow.class_group_id).where(its.runs)).all())
    place = select(ProgrammeSchoolRow).where(
        ProgrammeSchoolRow.programme_id == programme_id, ProgrammeSchoolRow.school_id == school_id
    )
    if not taught:
        for group in groups:
            db.delete(group)
        db.delete(db.exec(place).one())
        db.flush()
        return
    nameless = SchoolRow(reference=f"erased-{draw()}", name=_nameless(db, programme_id), erased_at=now)
    db.add(nameless)
    db.flush()
    db.connection().execute(
        update(ParticipationRecordRow)
        .where(
            col(ParticipationRecordRow.programme_id) == programme_id,
            col(ParticipationRecordRow.school_id) == school_id,
        )
        .values(school_id=nameless.id)
    )
    db.exec(place).one().school_id = nameless.id or 0
    for number, group in enumerate(groups, start=1):
        if group.id in taught:
            group.school_id, group.label = nameless.id or 0, str(number)
        else:
            db.delete(group)
    db.flush()
