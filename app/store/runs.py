"""Runs, their cues and their participants. How they are read: `open_runs.py`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import CursorResult, bindparam, delete, insert, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from app.domain import joining
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import skipped_for
from app.domain.live_session import FIRST_FOLLOWED, PRESENTER_LEADS, as_left, taken_over
from app.domain.retention import JOIN_CODE, of_kind
from app.domain.run import CueKind, Order, Shift, Stage, after_order, reached
from app.store import directory, lessons, participants
from app.store.database import Db
from app.store.open_runs import OpenRun as OpenRun
from app.store.open_runs import by_code as by_code
from app.store.open_runs import cues_of_runs
from app.store.open_runs import of_class as of_class
from app.store.open_runs import open_of_class as open_of_class
from app.store.open_runs import read as read
from app.store.open_runs import read_many as read_many
from app.store.open_runs import shifts as shifts
from app.store.tables import (
    CueRow,
    LiveSessionRow,
    ParticipantRow,
    RunModuleRow,
    RunRow,
)

MOVED_ON = "The lesson has moved on already. Look at the screen and press again."


def start(
    db: Db,
    class_group_id: int,
    version_ids: Sequence[int],
    *,
    questions: int,
    kind: str,
    present: int | None,
    seed: str,
    now: datetime,
    choose: joining.Choose,
) -> int:
    """Open a run with a fresh join code. Raises Conflict when the class has one open."""
    skipped = [
        [position, key]
        for position, version_id in enumerate(version_ids)
        for key in skipped_for(lessons.version(db, version_id), questions)
    ]
    return open_run(
        db,
        RunRow(
            class_group_id=class_group_id,
            kind=kind,
            seed=seed,
            skipped_steps=skipped,
            present=present,
            opened_at=now,
            join_code=free_code(db, choose),
        ),
        version_ids,
    )


def open_run(db: Db, row: RunRow, version_ids: Sequence[int]) -> int:
    """Raises Conflict when the class has a lesson open, or follows this live session already."""
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict(_why_not_again(db, row)) from None
    for position, version_id in enumerate(version_ids):
        db.add(RunModuleRow(run_id=_id(row.id), position=position, version_id=version_id))
    db.flush()
    return _id(row.id)


def _why_not_again(db: Db, row: RunRow) -> str:
    same = select(RunRow.id).where(
        RunRow.class_group_id == row.class_group_id,
        RunRow.live_session_id == row.live_session_id,
        col(RunRow.ended_at).is_not(None),
    )
    if row.live_session_id is not None and db.exec(same).first() is not None:
        return "Your class took part in this live session already. Take up its lesson again instead."
    return "Your class has a lesson open already. Go back to it, or finish it first."


def free_code(db: Db, choose: joining.Choose) -> str:
    while True:
        code = joining.new_code(choose)
        if db.exec(select(RunRow.id).where(RunRow.join_code == code)).first() is None:
            return code


# Cues


def give(db: Db, run: OpenRun, order: Order, *, seq: int, epoch: int, by: str, now: datetime, to: str = "") -> Stage:
    """Move the stage; `to` is the step with which a story goes on.

    Raises Conflict when someone else moved it first, NotAllowed when the order makes no sense.
    """
    _must_be_open(run)
    if run.following:
        raise NotAllowed(PRESENTER_LEADS)
    if (seq, epoch) != (run.stage.seq, run.epoch):
        raise Conflict(MOVED_ON)
    stage, kind = after_order(run.stage, order, run.plan, run.reached, to)
    _move(db, run, stage, kind, by=by, now=now)
    return stage


def set_calm(db: Db, run: OpenRun, *, calm: bool, by: str, now: datetime) -> None:
    """Put the calm screen over the stage, or take it away; also over a stage that the presenter leads."""
    _must_be_open(run)
    kind: CueKind = "calm" if calm else "resume"
    if calm == run.calm:
        return
    if run.following:
        run = _held_still(db, run)
        _turn(db, run, {"calm": calm})
        note(db, run.stage, kind, epoch=run.epoch + 1, by=by, now=now, run_id=run.id)
    else:
        stage = run.stage.model_copy(update={"seq": run.stage.seq + 1})
        _move(db, run, stage, kind, calm=calm, by=by, now=now)


def _move(
    db: Db,
    run: OpenRun,
    stage: Stage,
    kind: CueKind,
    *,
    by: str,
    now: datetime,
    calm: bool = False,
    **change: object,
) -> None:
    changed: CursorResult[Any] = db.connection().execute(
        _MOVE,
        {"is_run": run.id, "is_seq": run.stage.seq, "is_epoch": run.epoch}
        | {**as_columns(stage), "calm": calm}
        | change,
    )
    if changed.rowcount != 1:
        raise Conflict(MOVED_ON)
    note(db, stage, kind, epoch=run.epoch, by=by, now=now, run_id=run.id)


def as_columns(stage: Stage) -> dict[str, object]:
    """A stage as runs, live sessions and cues keep it."""
    return {
        "module_position": stage.module,
        "step_key": stage.step_key,
        "phase": stage.phase,
        "round": stage.round,
        "seq": stage.seq,
    }


def note(db: Db, stage: Stage, kind: CueKind, *, epoch: int, by: str, now: datetime, **whose: int | None) -> None:
    """Keep what a stage became as the cue of a run or of a live session."""
    values = {**as_columns(stage), "kind": kind, "epoch": epoch, "at": now, "by": by}
    db.connection().execute(_CUE, values | _NOBODYS | whose)


# Statements that are made once: a cue is given more often than anything else but answers.
_RUN = SQLModel.metadata.tables["run"]
_MOVE = update(_RUN).where(
    _RUN.c.id == bindparam("is_run"),
    _RUN.c.seq == bindparam("is_seq"),
    _RUN.c.epoch == bindparam("is_epoch"),
    _RUN.c.ended_at.is_(None),
)
_CUE = insert(SQLModel.metadata.tables["cue"])
_NOBODYS: dict[str, int | None] = {"run_id": None, "live_session_id": None, "agency_id": None}


# Following a live session


def hold(db: Db, run: OpenRun, *, epoch: int, by: str, now: datetime) -> None:
    """The class goes on by itself, from the stage that it sees. Raises Conflict when someone else was first."""
    _must_be_open(run)
    _must_be_at(run, epoch)
    if not run.following:
        raise NotAllowed("Your class goes on by itself already.")
    hold_still(db, _held_still(db, run), by=by, now=now)


def carry_on(db: Db, run: OpenRun, *, seq: int, epoch: int, by: str, now: datetime, to: str = "") -> None:
    """The presenter is gone: the class holds, and goes on by itself in the same breath."""
    if (seq, epoch) != (run.stage.seq, run.epoch):
        raise Conflict(MOVED_ON)
    hold(db, run, epoch=epoch, by=by, now=now)
    alone = read(db, run.id)
    give(db, alone, "next", seq=alone.stage.seq, epoch=alone.epoch, by=by, now=now, to=to)


def hold_still(db: Db, run: OpenRun, *, by: str, now: datetime) -> None:
    """Hold a run that was read with its stage locked: the stage is copied into it."""
    stage = taken_over(run.stage, run.plan, run.reached)
    _turn(db, run, {"following": False, **as_columns(stage)})
    note(db, stage, "hold", epoch=run.epoch + 1, by=by, now=now, run_id=run.id)


def rejoin(db: Db, run: OpenRun, *, epoch: int, by: str, now: datetime) -> None:
    """The class is ready for its live session, or catches up with it. What it closed by itself stays so for it."""
    _must_be_open(run)
    _must_be_at(run, epoch)
    session_id = run.live_session_id
    if run.following or session_id is None:
        raise NotAllowed("There is no live session that your class could catch up with.")
    run = _held_still(db, run)
    ended = select(LiveSessionRow.ended_at).where(LiveSessionRow.id == run.live_session_id)
    if db.exec(ended).one() is not None:
        raise NotAllowed("The live session has ended. Your class can go on by itself.")
    stage, led = run.stage, stages_of_sessions(db, [session_id])[session_id]
    if stage.phase == "open" and stage.model_copy(update={"seq": led.seq}) != led:
        closed, kind = after_order(stage, "close", run.plan, run.reached)
        _move(db, run, closed, kind, by=by, now=now)  # the presenter is elsewhere: no answer comes after this
    _turn(db, run, {"following": True}, FIRST_FOLLOWED if run.is_waiting else max(run.epoch, FIRST_FOLLOWED) + 1)
    follow = read(db, run.id)
    note(db, follow.stage, "follow", epoch=follow.epoch, by=by, now=now, run_id=run.id)


def _turn(db: Db, run: OpenRun, change: dict[str, object], epoch: int = 0) -> None:
    """Change what a run shows beside its session's seq. Its epoch rises, so what it pushes next is newer."""
    changed: CursorResult[Any] = db.connection().execute(
        update(RunRow)
        .where(col(RunRow.id) == run.id, col(RunRow.epoch) == run.epoch, col(RunRow.ended_at).is_(None))
        .values(epoch=epoch or run.epoch + 1, **change)
    )
    if changed.rowcount != 1:
        raise Conflict(MOVED_ON)


def _held_still(db: Db, run: OpenRun) -> OpenRun:
    """The run as it is now; until the commit nobody moves it or its session. Raises Conflict when it moved on."""
    db.exec(select(RunRow.id).where(RunRow.id == run.id).with_for_update()).all()
    stages_of_sessions(db, [run.live_session_id] if run.live_session_id else [])
    now = read(db, run.id)
    _must_be_open(now)
    _must_be_at(now, run.epoch)
    return now


def stages_of_sessions(db: Db, session_ids: Sequence[int]) -> dict[int, Stage]:
    """The stages of live sessions, which no cue moves until this transaction has ended.

    Rows are locked in one order everywhere, runs before sessions and each by id, so that no two wait for each other.
    """
    rows: Any = db.connection().execute(
        sqlalchemy.select(
            col(LiveSessionRow.id),
            col(LiveSessionRow.module_position),
            col(LiveSessionRow.step_key),
            col(LiveSessionRow.phase),
            col(LiveSessionRow.round),
            col(LiveSessionRow.seq),
        )
        .where(col(LiveSessionRow.id).in_(session_ids))
        .order_by(col(LiveSessionRow.id))
        .with_for_update(read=True)
    )
    return {
        session_id: Stage(module=module, step_key=step_key, phase=phase, round=round, seq=seq)
        for session_id, module, step_key, phase, round, seq in rows
    }


def stages_of_followers(db: Db, follows: dict[int, int], held_before: Sequence[int]) -> dict[int, Stage]:
    """Run -> the stage of the live session that it follows, locked, as its class sees it.

    Only a class that has held before can have closed a question by itself, and only an open one makes a difference.
    """
    led = stages_of_sessions(db, sorted(set(follows.values())))
    by_itself: dict[int | None, list[Shift]] = {}
    if held_before and any(stage.phase == "open" for stage in led.values()):
        by_itself = cues_of_runs(db, held_before)
    return {
        run_id: as_left(led[session_id], reached(by_itself.get(run_id, ()))) for run_id, session_id in follows.items()
    }


# Door, head-count and end


def set_locked(db: Db, run: OpenRun, *, locked: bool) -> None:
    _must_be_open(run)
    db.get_one(RunRow, run.id).locked = locked


def confirm_present(db: Db, run_id: int, present: int, now: datetime) -> None:
    row = db.get_one(RunRow, run_id)
    row.present, row.present_confirmed_at = present, now


def end(db: Db, run: OpenRun, *, by: str, now: datetime) -> None:
    """Close the run: its code opens nothing from here on. Its records are `store/participation.py`'s."""
    _must_be_open(run)
    if run.following:
        hold(db, run, epoch=run.epoch, by=by, now=now)
        run = read(db, run.id)
    stage = run.stage.model_copy(update={"seq": run.stage.seq + 1, "phase": "finished"})
    _move(db, run, stage, "end", by=by, now=now, ended_at=now, ended_by=by)


def take_back_end(db: Db, run: OpenRun, now: datetime) -> None:
    """An end by mistake, taken back within 24 hours while pupil-level rows still live (ruling 18)."""
    row = db.get_one(RunRow, run.id, populate_existing=True)
    if row.ended_at is None:
        return
    if row.purged_at is not None or now - row.ended_at > timedelta(hours=24):
        raise NotAllowed("A lesson can be taken up again for 24 hours after its end. That time is over.")
    if open_of_class(db, row.class_group_id) is not None:
        raise Conflict("Your class has another lesson open. Finish that one first.")
    row.ended_at, row.ended_by = None, None
    row.epoch += 1
    db.flush()
    before = [shift for shift in shifts(db, run.id) if shift.kind != "end"]
    last = before[-1] if before else Shift(kind="resume", module=0, step_key="", phase="lobby", round=1, at=now)
    stage = Stage(
        module=last.module, step_key=last.step_key, phase=last.phase, round=last.round, seq=run.stage.seq + 1
    )
    _move(db, read(db, run.id), stage, "resume", by="teacher", now=now)


def forgotten(db: Db, before: datetime) -> list[int]:
    """Ids of runs that were opened before this time, were not moved since and never ended.

    The cues of a live session move all runs that follow it.
    """
    moved = select(CueRow.run_id).where(CueRow.at >= before, col(CueRow.run_id).is_not(None))
    led = select(CueRow.live_session_id).where(CueRow.at >= before, col(CueRow.live_session_id).is_not(None))
    found = select(RunRow.id).where(
        col(RunRow.ended_at).is_(None),
        col(RunRow.opened_at) < before,
        col(RunRow.id).not_in(moved),
        or_(col(RunRow.following).is_(False), col(RunRow.live_session_id).not_in(led)),
    )
    return [_id(one) for one in db.exec(found).all()]


def purge(db: Db, before: datetime, now: datetime) -> list[int]:
    """Delete pupil-level rows of runs that ended before this time; returns the runs. Counts stay."""
    due = list(db.exec(select(RunRow).where(col(RunRow.ended_at) < before, col(RunRow.purged_at).is_(None))).all())
    for row in due:
        delete_pupils(db, _id(row.id))
        row.purged_at = now
    for old in db.exec(
        select(RunRow).where(col(RunRow.ended_at) < now - JOIN_CODE, col(RunRow.join_code).is_not(None))
    ).all():
        old.join_code = None
    return [_id(row.id) for row in due]


def delete_pupils(db: Db, run_id: int) -> None:
    """Every row that the retention table calls pupil-level."""
    seats = select(ParticipantRow.id).where(ParticipantRow.run_id == run_id)
    for name in of_kind("P"):
        table = SQLModel.metadata.tables[name]
        its = table.c.run_id == run_id if "run_id" in table.c else table.c.participant_id.in_(seats)
        db.connection().execute(delete(table).where(its))


# Participants


def participant_by_key(db: Db, key: str) -> ParticipantRow | None:
    """The seat behind a cookie, removed or not; None when it was purged or never was."""
    return db.exec(select(ParticipantRow).where(ParticipantRow.key_hash == directory.hashed(key))).one_or_none()


def deal_again(
    db: Db, participant_id: int, names: tuple[Sequence[str], Sequence[str]], choose: joining.Choose
) -> None:
    row = db.get_one(ParticipantRow, participant_id)
    joining.must_deal_again(row.deals)
    participants.take_turns(db, [row.run_id])
    row.alias = joining.deal_alias(*names, taken=_aliases(db, row.run_id), choose=choose)
    row.deals += 1


def remove(db: Db, run: OpenRun, participant_id: int, now: datetime) -> None:
    """Take a seat away. Its answers leave the tally and every count."""
    _must_be_open(run)
    row = db.get(ParticipantRow, participant_id)
    if row is None or row.run_id != run.id:
        raise NotFound("That seat is not in this lesson.")
    row.removed_at = row.removed_at or now


def _aliases(db: Db, run_id: int) -> set[str]:
    # Aliases of removed seats stay taken, so that a name never changes hands within a run.
    return {alias for alias in db.exec(select(ParticipantRow.alias).where(ParticipantRow.run_id == run_id)) if alias}


def _must_be_open(run: OpenRun) -> None:
    if run.ended_at is not None:
        raise NotAllowed("This lesson has ended.")


def _must_be_at(run: OpenRun, epoch: int) -> None:
    if run.epoch != epoch:
        raise Conflict(MOVED_ON)


def _id(value: int | None) -> int:
    assert value is not None  # a flushed row has one
    return value
