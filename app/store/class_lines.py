"""The classes of a live session, as its console lists them: many in a handful of queries."""

from collections.abc import Collection, Iterable

from sqlmodel import col, select

from app.domain.booking import TO_COME
from app.domain.console import ClassLine
from app.store import answers, live_sessions, participants, runs
from app.store.database import Db
from app.store.live_sessions import OpenSession
from app.store.open_runs import OpenRun
from app.store.tables import BookingRow, ClassGroupRow, ClassLinkRow, RunRow, SchoolRow


def of_session(db: Db, session: OpenSession, known: Collection[ClassLine] = ()) -> list[ClassLine]:
    """A line for each class that has checked in and for each that was invited; known ones are not read again."""
    checked_in = live_sessions.checked_in(db, session.id)
    found = {line.run_id: line for line in known}
    missing = runs.read_many(db, [run_id for run_id in checked_in if run_id not in found])
    joined = participants.counts(db, missing)
    counts = answers.counts(db, missing.values())
    for run in missing.values():
        found[run.id] = line_of(run, joined.get(run.id, 0), counts.get(run.id, {}))
    lines = [found[run_id] for run_id in checked_in if run_id in found]
    return lines + _invited(db, session, {line.class_group_id for line in lines})


def line_of(run: OpenRun, joined: int, counts: dict[str, int]) -> ClassLine:
    return ClassLine(
        class_group_id=run.class_group_id,
        school=run.school,
        label=run.class_label,
        run_id=run.id,
        mode=run.mode,
        follows=run.following,
        waits=run.is_waiting,
        has_ended=run.ended_at is not None,
        expected=run.present or run.on_roll,
        joined=joined,
        stage=run.stage,
        counts=counts,
    )


def may_come(db: Db, session: OpenSession) -> list[int]:
    """Class groups of the programme that are not in this session."""
    here = select(RunRow.class_group_id).where(RunRow.live_session_id == session.id)
    found = select(ClassGroupRow.id).where(
        ClassGroupRow.programme_id == session.programme_id, col(ClassGroupRow.id).not_in(here)
    )
    rows = db.exec(found.order_by(col(ClassGroupRow.id).desc())).all()
    return [group_id for group_id in rows if group_id is not None]


def _invited(db: Db, session: OpenSession, here: Iterable[int]) -> list[ClassLine]:
    """The classes that have a place, and after the end those that had one and did not come.

    Of a session that was started at once, every class with a link may come, until it ends.
    """
    if session.is_planned:
        had_a_place = TO_COME if session.ended_at is None else (*TO_COME, "no_show")
        invited = select(BookingRow.class_group_id).where(
            BookingRow.live_session_id == session.id, col(BookingRow.state).in_(had_a_place)
        )
    elif session.ended_at is not None:
        return []
    else:
        invited = select(ClassLinkRow.class_group_id).where(col(ClassLinkRow.revoked_at).is_(None))
    rows = db.exec(
        select(ClassGroupRow.id, SchoolRow.name, ClassGroupRow.label, ClassGroupRow.on_roll)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(
            ClassGroupRow.programme_id == session.programme_id,
            col(ClassGroupRow.id).in_(invited),
            col(ClassGroupRow.id).not_in(list(here)),
        )
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    ).all()
    return [
        ClassLine(class_group_id=group_id or 0, school=school, label=label, expected=on_roll)
        for group_id, school, label, on_roll in rows
    ]
