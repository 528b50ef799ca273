"""What is going on in a programme today, for its live wall: counts and places in a lesson, nothing of a pupil."""

from datetime import datetime

from sqlmodel import col, func, or_, select

from app.store import runs
from app.store.database import Db
from app.store.runs import OpenRun
from app.store.tables import ClassGroupRow, CueRow, LiveSessionRow, RunRow, SchoolRow


def sessions(db: Db, programme_id: int, begin: datetime, end: datetime) -> list[int]:
    """Live sessions that are open, and those planned for this day; no rehearsals and none that is cancelled."""
    is_open = col(LiveSessionRow.opened_at).is_not(None) & col(LiveSessionRow.ended_at).is_(None)
    is_today = (col(LiveSessionRow.starts_at) >= begin) & (col(LiveSessionRow.starts_at) < end)
    found = db.exec(
        select(LiveSessionRow.id)
        .where(
            LiveSessionRow.programme_id == programme_id,
            col(LiveSessionRow.is_rehearsal).is_(False),
            col(LiveSessionRow.cancelled_at).is_(None),
            or_(is_open, is_today),
        )
        .order_by(col(LiveSessionRow.starts_at), col(LiveSessionRow.id))
    ).all()
    return [session_id for session_id in found if session_id is not None]


def runs_alone(db: Db, programme_id: int) -> list[OpenRun]:
    """Open lessons that are in no live session, or whose live session has ended."""
    led = select(LiveSessionRow.id).where(col(LiveSessionRow.ended_at).is_(None))
    found = db.exec(
        select(RunRow.id)
        .join(ClassGroupRow, col(ClassGroupRow.id) == RunRow.class_group_id)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(
            ClassGroupRow.programme_id == programme_id,
            RunRow.kind == "lesson",
            col(RunRow.ended_at).is_(None),
            or_(col(RunRow.live_session_id).is_(None), col(RunRow.live_session_id).not_in(led)),
        )
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    ).all()
    ids = [run_id for run_id in found if run_id is not None]
    read = runs.read_many(db, ids)
    return [read[run_id] for run_id in ids if run_id in read]


def moved_at(db: Db, run_ids: list[int]) -> dict[int, datetime]:
    """When the stage of each of these runs was last moved."""
    found = select(CueRow.run_id, func.max(CueRow.at)).where(col(CueRow.run_id).in_(run_ids))
    return {run_id: at for run_id, at in db.exec(found.group_by(col(CueRow.run_id))).all() if run_id is not None}


def without_head_count(db: Db, programme_id: int, begin: datetime) -> list[tuple[str, str]]:
    """School and class of each lesson that ended today and was not counted."""
    rows = db.exec(
        select(SchoolRow.name, ClassGroupRow.label)
        .join(ClassGroupRow, col(ClassGroupRow.school_id) == SchoolRow.id)
        .join(RunRow, col(RunRow.class_group_id) == ClassGroupRow.id)
        .where(
            ClassGroupRow.programme_id == programme_id,
            RunRow.kind == "lesson",
            col(RunRow.ended_at) >= begin,
            col(RunRow.present_confirmed_at).is_(None),
        )
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    ).all()
    return [(school, label) for school, label in rows]
