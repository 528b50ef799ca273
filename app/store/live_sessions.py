"""Live sessions: one presenter's stage, which many runs follow. How they are read: `open_sessions.py`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, bindparam, update
from sqlmodel import SQLModel, col, select

from app.domain import joining
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import skipped_for
from app.domain.live_session import OTHER_HOLDS
from app.domain.presenter import Presenter, must_lead, must_lead_all
from app.domain.run import CueKind, Order, Stage, after_order
from app.store import bookings, lessons, presenters, runs
from app.store.database import Db
from app.store.open_sessions import OpenSession as OpenSession
from app.store.open_sessions import any_open as any_open
from app.store.open_sessions import checked_in as checked_in
from app.store.open_sessions import followers as followers
from app.store.open_sessions import followers_of
from app.store.open_sessions import forgotten as forgotten
from app.store.open_sessions import on_offer as on_offer
from app.store.open_sessions import reach_of as reach_of
from app.store.open_sessions import read as read
from app.store.open_sessions import stage_of as stage_of
from app.store.open_sessions import version_ids as version_ids
from app.store.tables import (
    ClassGroupRow,
    LiveSessionModuleRow,
    LiveSessionRow,
    MembershipRow,
    ModuleRow,
    RunRow,
    VersionRow,
)

BY = "presenter"
"""Who gave a session's cues. Which agency's stands beside it; a person's name does not outlive the hour."""


def start(
    db: Db,
    programme_id: int,
    version_ids: Sequence[int],
    *,
    questions: int,
    account_id: int,
    agency_id: int | None = None,
    planned_minutes: int,
    seed: str,
    now: datetime,
    is_rehearsal: bool = False,
) -> int:
    """Let classes check in, with these versions, which stay (ruling 16). The account holds the console."""
    modules = _modules(db, programme_id, version_ids)
    row = LiveSessionRow(
        programme_id=programme_id,
        starts_at=now,
        planned_minutes=planned_minutes,
        opened_at=now,
        seed=seed,
        phase="content",  # its classes come with lobbies of their own; it begins at the ground rules
        skipped_steps=[
            [position, key]
            for position, version_id in enumerate(version_ids)
            for key in skipped_for(lessons.version(db, version_id), questions)
        ],
        holder_account_id=account_id,
        holder_agency_id=agency_id or _agency_of(db, account_id),
        is_rehearsal=is_rehearsal,
    )
    db.add(row)
    db.flush()
    session_id = row.id or 0
    presenters.add(db, session_id, account_id, agency_id=row.holder_agency_id, leads_all=True)
    for position, (module_id, version_id) in enumerate(zip(modules, version_ids, strict=True)):
        db.add(
            LiveSessionModuleRow(
                live_session_id=session_id, position=position, module_id=module_id, version_id=version_id
            )
        )
    db.flush()
    return session_id


def _modules(db: Db, programme_id: int, version_ids: Sequence[int]) -> list[int]:
    offered: dict[int | None, int | None] = dict(
        db.exec(
            select(VersionRow.id, ModuleRow.id)
            .join(ModuleRow, col(ModuleRow.lesson_id) == VersionRow.lesson_id)
            .where(ModuleRow.programme_id == programme_id, col(VersionRow.id).in_(version_ids))
        ).all()
    )
    found = [offered.get(version_id) for version_id in version_ids]
    if not found or None in found:
        raise NotFound("This lesson is not one of the programme's modules.")
    return [module_id for module_id in found if module_id is not None]


def _agency_of(db: Db, account_id: int) -> int | None:
    """The agency for which an account presents; None when there is not exactly one."""
    found = db.exec(
        select(MembershipRow.agency_id).where(
            MembershipRow.account_id == account_id, col(MembershipRow.agency_id).is_not(None)
        )
    ).all()
    return found[0] if len(found) == 1 else None


# Following


def check_in(
    db: Db,
    session: OpenSession,
    class_group_id: int,
    *,
    present: int | None,
    now: datetime,
    choose: joining.Choose,
    kind: str = "lesson",
    left_out: Iterable[tuple[int, str]] = (),
) -> int:
    """Open a run under the session's seed: every class that follows gets the same bytes. Returns its id.

    It stands in its own lobby until its teacher says that the class is ready (`runs.rejoin`); no cue of the presenter
    reaches it before. Raises Conflict when the class has a lesson open, or has been in this session before.
    """
    _must_be_open(session)
    theirs = select(ClassGroupRow.id).where(
        ClassGroupRow.id == class_group_id, ClassGroupRow.programme_id == session.programme_id
    )
    if db.exec(theirs).first() is None:
        raise NotFound("We could not find that live session.")
    row = RunRow(
        class_group_id=class_group_id,
        kind=kind,
        live_session_id=session.id,
        seed=session.seed,
        skipped_steps=[list(step) for step in dict.fromkeys((*session.skipped, *left_out))],
        present=present,
        opened_at=now,
        join_code=runs.free_code(db, choose),
    )
    return runs.open_run(db, row, session.version_ids)


# Leading


def give(
    db: Db,
    session: OpenSession,
    order: Order,
    *,
    seq: int,
    holder_epoch: int,
    by: int,
    now: datetime,
    to: str = "",
) -> Stage:
    """Move the stage of all who follow; `to` is the step with which a story goes on, for all of them the same.

    Raises Conflict when somebody moved it or took the console first.
    """
    presenter = must_hold(db, session, holder_epoch, by)
    if seq != session.stage.seq:
        raise Conflict(runs.MOVED_ON)
    stage, kind = after_order(session.stage, order, session.plan, session.reached, to)
    must_lead(presenter, session.stage, stage, session.plan)
    _move(db, session, stage, kind, now=now, agency_id=session.holder_agency_id, paused=False)
    return stage


def set_paused(db: Db, session: OpenSession, *, paused: bool, holder_epoch: int, by: int, now: datetime) -> None:
    """Put the calm screen over the stage of all who follow, or take it away; an order takes it away too."""
    must_hold(db, session, holder_epoch, by)
    if paused != session.paused:
        kind: CueKind = "pause" if paused else "resume"
        _move(db, session, _next_seq(session), kind, now=now, agency_id=session.holder_agency_id, paused=paused)


def take_console(db: Db, session: OpenSession, account_id: int, *, now: datetime) -> None:
    """The console is this presenter's, taken or handed over: from here on the earlier holder's orders are refused.

    Raises NotFound for somebody who presents nothing here, and Conflict as `give`.
    """
    _must_be_open(session)
    agency_id = presenters.one(db, session.id, account_id).agency_id
    holder = {"holder_account_id": account_id, "holder_agency_id": agency_id}
    _move(
        db,
        session,
        _next_seq(session),
        "take",
        now=now,
        agency_id=agency_id,
        holder_epoch=session.holder_epoch + 1,
        **holder,
    )


def free_consoles(db: Db, account_id: int, *, now: datetime) -> list[int]:
    """Nobody holds what this account held: its orders are refused, and another presenter may take over."""
    held = (
        select(LiveSessionRow.id)
        .where(LiveSessionRow.holder_account_id == account_id, col(LiveSessionRow.ended_at).is_(None))
        .order_by(col(LiveSessionRow.id))
        .with_for_update()
    )
    freed = [session_id or 0 for session_id in db.exec(held).all()]
    nobody = {"holder_account_id": None, "holder_agency_id": None}
    for session_id in freed:
        session = read(db, session_id)
        epoch = session.holder_epoch + 1
        _move(db, session, _next_seq(session), "take", now=now, agency_id=None, holder_epoch=epoch, **nobody)
    return freed


def end(db: Db, session: OpenSession, *, holder_epoch: int, by: int, now: datetime) -> list[int]:
    """End a live session; returns the runs that followed. Each goes on by itself from its last stage."""
    must_lead_all(must_hold(db, session, holder_epoch, by))
    return let_go(db, session, now=now)


def let_go(db: Db, session: OpenSession, *, now: datetime) -> list[int]:
    """End it, whoever holds the console."""
    db.exec(followers_of(session.id).with_for_update()).all()  # runs before sessions: `runs.stages_of_sessions`
    stage, agency_id = _next_seq(session), session.holder_agency_id
    _move(db, session, stage, "end", now=now, agency_id=agency_id, paused=False, ended_at=now)
    let_go = runs.read_many(db, followers(db, session.id))
    for run in let_go.values():
        runs.hold_still(db, run, by=BY, now=now)
    bookings.note_who_stayed_away(db, session.id)
    return list(let_go)


def _move(
    db: Db,
    session: OpenSession,
    stage: Stage,
    kind: CueKind,
    *,
    now: datetime,
    agency_id: int | None,
    **change: object,
) -> None:
    here = {"is_session": session.id, "is_seq": session.stage.seq, "is_epoch": session.holder_epoch}
    changed: CursorResult[Any] = db.connection().execute(_MOVE, here | runs.as_columns(stage) | change)
    if changed.rowcount != 1:
        raise Conflict(runs.MOVED_ON)
    runs.note(
        db,
        stage,
        kind,
        epoch=session.holder_epoch,
        by=BY,
        now=now,
        live_session_id=session.id,
        agency_id=agency_id,
    )


_SESSION = SQLModel.metadata.tables["live_session"]
_MOVE = update(_SESSION).where(  # made once, as a run's
    _SESSION.c.id == bindparam("is_session"),
    _SESSION.c.seq == bindparam("is_seq"),
    _SESSION.c.holder_epoch == bindparam("is_epoch"),
    _SESSION.c.ended_at.is_(None),
)


def _next_seq(session: OpenSession) -> Stage:
    return session.stage.model_copy(update={"seq": session.stage.seq + 1})


def _must_be_open(session: OpenSession) -> None:
    if session.opened_at is None:
        raise NotAllowed("This live session has not been opened yet.")
    if session.ended_at is not None:
        raise NotAllowed("This live session has ended.")


def must_be_seen(session: OpenSession, holder_epoch: int) -> None:
    """Whoever takes the console knows who holds it: raises Conflict when it has gone to somebody else since."""
    if session.holder_epoch != holder_epoch:
        raise Conflict("Somebody else took the console just now. Look who holds it, then press again.")


def must_hold(db: Db, session: OpenSession, holder_epoch: int, account_id: int) -> Presenter:
    """Raises Conflict or NotAllowed when somebody else does."""
    _must_be_open(session)
    if session.holder_epoch != holder_epoch:
        raise Conflict(OTHER_HOLDS)
    if session.holder_account_id != account_id:
        raise NotAllowed(OTHER_HOLDS)
    return presenters.one(db, session.id, account_id)
