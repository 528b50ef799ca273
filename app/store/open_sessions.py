"""Reading live sessions: one as its console needs it, and which there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, or_, select

from app.domain.booking import TO_COME
from app.domain.errors import NotFound
from app.domain.run import Plan, Reached, Stage, reached
from app.store.database import Db
from app.store.open_runs import Skipped, cues_of_sessions, plan_of, skipped_of, versions_of_session
from app.store.tables import BookingRow, ClassGroupRow, CueRow, LiveSessionRow, RunRow


@dataclass(frozen=True)
class OpenSession:
    """A live session as its console needs it, and its holder's token: `holder_epoch`."""

    id: int
    programme_id: int
    seed: str
    stage: Stage
    paused: bool
    holder_account_id: int | None
    holder_agency_id: int | None
    holder_epoch: int
    starts_at: datetime
    planned_minutes: int
    opened_at: datetime | None
    ended_at: datetime | None
    is_rehearsal: bool
    plan: Plan
    version_ids: tuple[int, ...]
    skipped: Skipped
    reached: Reached
    began_at: datetime | None
    """When the first step was shown."""
    is_planned: bool
    """It comes from the timetable, and is for the classes that have a place in it."""
    video_url: str


def read(db: Db, session_id: int) -> OpenSession:
    """Raises NotFound."""
    row = db.exec(
        select(LiveSessionRow).where(LiveSessionRow.id == session_id).execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("We could not find that live session.")
    versions = versions_of_session(db, session_id)
    skipped = skipped_of(row)
    led = cues_of_sessions(db, [session_id])[session_id]
    return OpenSession(
        id=session_id,
        programme_id=row.programme_id,
        seed=row.seed,
        stage=Stage(
            module=row.module_position,
            step_key=row.step_key,
            phase=row.phase,  # type: ignore[arg-type]
            round=row.round,
            seq=row.seq,
        ),
        paused=row.paused,
        holder_account_id=row.holder_account_id,
        holder_agency_id=row.holder_agency_id,
        holder_epoch=row.holder_epoch,
        starts_at=row.starts_at,
        planned_minutes=row.planned_minutes,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        is_rehearsal=row.is_rehearsal,
        plan=plan_of(db, versions, skipped),
        version_ids=tuple(version_id for version_id, _ in versions),
        skipped=skipped,
        reached=reached(led),
        began_at=next((shift.at for shift in led if shift.is_shown), None),
        is_planned=row.is_planned,
        video_url=row.video_url or "",
    )


def stage_of(db: Db, session_id: int) -> tuple[Stage, bool] | None:
    """What a live session shows and whether it is paused, in one query; None when it has ended or never was."""
    columns = ("module_position", "step_key", "phase", "round", "seq", "paused")
    row: Any = db.exec(
        select(*(getattr(LiveSessionRow, name) for name in columns)).where(
            LiveSessionRow.id == session_id, col(LiveSessionRow.ended_at).is_(None)
        )
    ).first()
    if row is None:
        return None
    module, step_key, phase, round, seq, paused = row
    return Stage(module=module, step_key=step_key, phase=phase, round=round, seq=seq), paused


# Which there are


def on_offer(db: Db, class_group_id: int) -> list[int]:
    """Live sessions of its programme in which a class may check in now: not one that it has taken part in.

    One of the timetable is for the classes that have a place in it.
    """
    taken = select(RunRow.live_session_id).where(
        RunRow.class_group_id == class_group_id, col(RunRow.live_session_id).is_not(None)
    )
    places = select(BookingRow.live_session_id).where(
        BookingRow.class_group_id == class_group_id, col(BookingRow.state).in_(TO_COME)
    )
    found = db.exec(
        select(LiveSessionRow.id)
        .join(ClassGroupRow, col(ClassGroupRow.programme_id) == LiveSessionRow.programme_id)
        .where(
            ClassGroupRow.id == class_group_id,
            col(LiveSessionRow.opened_at).is_not(None),
            col(LiveSessionRow.ended_at).is_(None),
            col(LiveSessionRow.is_rehearsal).is_(False),
            col(LiveSessionRow.id).not_in(taken),
            or_(col(LiveSessionRow.is_planned).is_(False), col(LiveSessionRow.id).in_(places)),
        )
        .order_by(col(LiveSessionRow.id))
    ).all()
    return [session_id for session_id in found if session_id is not None]


def forgotten(db: Db, before: datetime) -> list[int]:
    """Ids of live sessions that were opened before this time, got no cue since and never ended."""
    led = select(CueRow.live_session_id).where(CueRow.at >= before, col(CueRow.live_session_id).is_not(None))
    found = db.exec(
        select(LiveSessionRow.id).where(
            col(LiveSessionRow.ended_at).is_(None),
            col(LiveSessionRow.opened_at) < before,
            col(LiveSessionRow.id).not_in(led),
        )
    ).all()
    return [session_id for session_id in found if session_id is not None]


def version_ids(db: Db, session_id: int) -> list[int]:
    return [version_id for version_id, _ in versions_of_session(db, session_id)]


def any_open(db: Db) -> bool:
    found = select(LiveSessionRow.id).where(
        col(LiveSessionRow.opened_at).is_not(None), col(LiveSessionRow.ended_at).is_(None)
    )
    return db.exec(found).first() is not None


def checked_in(db: Db, session_id: int) -> list[int]:
    """Every run of a live session, also those that have ended."""
    return [
        run_id for run_id in db.exec(select(RunRow.id).where(RunRow.live_session_id == session_id)).all() if run_id
    ]


@dataclass(frozen=True)
class SessionReach:
    """What a live session has reached so far: pupils as teachers counted them, never devices."""

    classes: int
    present: int
    uncounted: int
    """Classes whose teacher has not said yet how many are there."""
    still_open: int
    """Classes that go on by themselves."""
    minutes: int


def reach_of(db: Db, session: OpenSession) -> SessionReach:
    found = db.exec(select(RunRow.present, RunRow.ended_at).where(RunRow.live_session_id == session.id)).all()
    began, ended = session.began_at, session.ended_at
    return SessionReach(
        classes=len(found),
        present=sum(present or 0 for present, _ in found),
        uncounted=sum(present is None for present, _ in found),
        still_open=sum(ended_at is None for _, ended_at in found),
        minutes=round((ended - began).total_seconds() / 60) if began and ended else 0,
    )


def followers(db: Db, session_id: int) -> list[int]:
    """The open runs that follow a live session now."""
    return [run_id for run_id in db.exec(followers_of(session_id)).all() if run_id is not None]


def followers_of(session_id: int) -> Any:
    return (
        select(RunRow.id)
        .where(RunRow.live_session_id == session_id, col(RunRow.following).is_(True), col(RunRow.ended_at).is_(None))
        .order_by(col(RunRow.id))
    )
