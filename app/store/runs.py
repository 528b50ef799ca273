"""Runs, their cues and their participants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import CursorResult, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from app.domain import joining
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import skipped_for
from app.domain.participation import Shift
from app.domain.run import Order, Phase, Plan, Reached, Stage, after_order, plan
from app.store import directory, lessons
from app.store.database import Db
from app.store.tables import (
    AnswerRow,
    CueRow,
    PairingRow,
    ParticipantRow,
    RunModuleRow,
    RunRow,
    SecretCountRow,
    SecretVoteRow,
)

CLASS_WITHOUT_NUMBER = 35


@dataclass(frozen=True)
class OpenRun:
    """A run as the live side needs it: its stage, its plan, and how its class is called."""

    id: int
    kind: str
    code: str
    locked: bool
    seed: str
    mode: str
    epoch: int
    stage: Stage
    calm: bool
    opened_at: datetime
    ended_at: datetime | None
    present: int | None
    present_confirmed: bool
    class_group_id: int
    class_label: str
    school: str
    on_roll: int | None
    plan: Plan
    version_ids: tuple[int, ...]
    reached: Reached
    questions_asked: int

    @property
    def is_rehearsal(self) -> bool:
        return self.kind == "rehearsal"

    @property
    def expected(self) -> int:
        """Pupils to expect: the head-count, else the size of the class group, else 35."""
        return self.present or self.on_roll or CLASS_WITHOUT_NUMBER


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
    row = RunRow(
        class_group_id=class_group_id,
        kind=kind,
        seed=seed,
        skipped_steps=skipped,
        present=present,
        opened_at=now,
        join_code=_free_code(db, choose),
    )
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict("Your class has a lesson open already. Go back to it, or finish it first.") from None
    for position, version_id in enumerate(version_ids):
        db.add(RunModuleRow(run_id=_id(row.id), position=position, version_id=version_id))
    db.flush()
    return _id(row.id)


def _free_code(db: Db, choose: joining.Choose) -> str:
    while True:
        code = joining.new_code(choose)
        if db.exec(select(RunRow.id).where(RunRow.join_code == code)).first() is None:
            return code


def read(db: Db, run_id: int) -> OpenRun:
    """Raises NotFound."""
    row = db.get(RunRow, run_id)
    if row is None:
        raise NotFound("We could not find that lesson.")
    return _open_run(db, row)


def open_of_class(db: Db, class_group_id: int) -> OpenRun | None:
    """The run of this class that is going on, newest first; a rehearsal counts."""
    row = db.exec(
        select(RunRow)
        .where(RunRow.class_group_id == class_group_id, col(RunRow.ended_at).is_(None))
        .order_by(col(RunRow.id).desc())
    ).first()
    return _open_run(db, row) if row else None


def of_class(db: Db, class_group_id: int) -> list[OpenRun]:
    """All ended runs of a class group, newest first."""
    rows = db.exec(
        select(RunRow)
        .where(RunRow.class_group_id == class_group_id, col(RunRow.ended_at).is_not(None))
        .order_by(col(RunRow.ended_at).desc())
    ).all()
    return [_open_run(db, row) for row in rows]


def by_code(db: Db, code: str) -> OpenRun:
    """Raises NotFound in a child's words; an ended run says so."""
    row = db.exec(select(RunRow).where(RunRow.join_code == code)).one_or_none()
    if row is None:
        raise NotFound(f"We can't find {joining.spaced(code)}. Check each letter.")
    if row.ended_at is not None:
        raise NotFound("That lesson has finished.")
    return _open_run(db, row)


def shifts(db: Db, run_id: int) -> list[Shift]:
    """The cues of a run in order."""
    rows = db.exec(select(CueRow).where(CueRow.run_id == run_id).order_by(col(CueRow.id))).all()
    return [
        Shift(
            kind=row.kind,  # type: ignore[arg-type]
            module=row.module_position,
            step_key=row.step_key,
            phase=row.phase,  # type: ignore[arg-type]
            round=row.round,
            at=row.at,
        )
        for row in rows
    ]


def signatures(db: Db, run_ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """For each run a value that changes whenever anything that its panels show may have changed.

    Four queries, however many the runs: a worker asks each second while hints of other workers may be lost.
    """
    found: dict[int, list[Any]] = {}
    parts = (_stages(run_ids), _seats(run_ids), *_answers(run_ids))
    for place, part in enumerate(parts):
        for run_id, *values in db.connection().execute(part):
            found.setdefault(run_id, [None] * len(parts))[place] = tuple(values)
    return {run_id: tuple(values) for run_id, values in found.items()}


def _stages(run_ids: Sequence[int]) -> Any:
    shown = ("epoch", "seq", "module_position", "step_key", "phase", "round", "calm", "locked", "present")
    names = ("id", *shown, "present_confirmed_at", "ended_at", "purged_at")
    return sqlalchemy.select(*(getattr(RunRow, name) for name in names)).where(col(RunRow.id).in_(run_ids))


def _seats(run_ids: Sequence[int]) -> Any:
    # The newest seat tells one that left and one that came from no change at all.
    run_id, deals, seat = col(ParticipantRow.run_id), col(ParticipantRow.deals), col(ParticipantRow.id)
    return (
        sqlalchemy.select(run_id, func.count(), func.sum(deals), func.max(seat))
        .where(run_id.in_(run_ids), col(ParticipantRow.removed_at).is_(None))
        .group_by(run_id)
    )


def _answers(run_ids: Sequence[int]) -> tuple[Any, Any]:
    """To the asking and round on the stage of each run: open answers, and those that are only counted."""

    def here(table: type[AnswerRow] | type[SecretCountRow], *sums: Any) -> Any:
        names = ("module_position", "step_key", "round")
        return (
            sqlalchemy.select(col(table.run_id), *sums)
            .join(RunRow, col(RunRow.id) == col(table.run_id))
            .where(col(RunRow.id).in_(run_ids), *(getattr(table, name) == getattr(RunRow, name) for name in names))
            .group_by(col(table.run_id))
        )

    return (
        here(AnswerRow, func.count(), func.sum(col(AnswerRow.change_no))),
        here(SecretCountRow, func.sum(col(SecretCountRow.n))),
    )


# Cues


def give(db: Db, run: OpenRun, order: Order, *, seq: int, epoch: int, by: str, now: datetime) -> Stage:
    """Move the stage. Raises Conflict when someone else moved it first, NotAllowed when the order makes no sense."""
    _must_be_open(run)
    if (seq, epoch) != (run.stage.seq, run.epoch):
        raise Conflict("The lesson has moved on already. Look at the screen and press again.")
    stage, kind = after_order(run.stage, order, run.plan, run.reached)
    _move(db, run, stage, kind, calm=False, by=by, now=now)
    return stage


def set_calm(db: Db, run: OpenRun, *, calm: bool, by: str, now: datetime) -> None:
    """Put the calm screen over the stage, or take it away."""
    _must_be_open(run)
    if calm != run.calm:
        stage = run.stage.model_copy(update={"seq": run.stage.seq + 1})
        _move(db, run, stage, "calm" if calm else "resume", calm=calm, by=by, now=now)


def _move(db: Db, run: OpenRun, stage: Stage, kind: str, *, calm: bool, by: str, now: datetime) -> None:
    changed: CursorResult[Any] = db.connection().execute(
        update(RunRow)
        .where(
            col(RunRow.id) == run.id,
            col(RunRow.seq) == run.stage.seq,
            col(RunRow.epoch) == run.epoch,
            col(RunRow.ended_at).is_(None),
        )
        .values(
            module_position=stage.module,
            step_key=stage.step_key,
            phase=stage.phase,
            round=stage.round,
            seq=stage.seq,
            calm=calm,
        )
    )
    if changed.rowcount != 1:
        raise Conflict("The lesson has moved on already. Look at the screen and press again.")
    db.add(
        CueRow(
            run_id=run.id,
            epoch=run.epoch,
            seq=stage.seq,
            kind=kind,
            module_position=stage.module,
            step_key=stage.step_key,
            phase=stage.phase,
            round=stage.round,
            at=now,
            by=by,
        )
    )


def set_locked(db: Db, run: OpenRun, *, locked: bool) -> None:
    _must_be_open(run)
    db.get_one(RunRow, run.id).locked = locked


def confirm_present(db: Db, run_id: int, present: int, now: datetime) -> None:
    row = db.get_one(RunRow, run_id)
    row.present, row.present_confirmed_at = present, now


def end(db: Db, run: OpenRun, *, by: str, now: datetime) -> None:
    """Close the run: its code opens nothing from here on. Its records are `store/participation.py`'s."""
    _must_be_open(run)
    stage = run.stage.model_copy(update={"seq": run.stage.seq + 1, "phase": "finished"})
    _move(db, run, stage, "end", calm=False, by=by, now=now)
    row = db.get_one(RunRow, run.id)
    db.refresh(row)
    row.ended_at, row.ended_by = now, by


def take_back_end(db: Db, run: OpenRun, now: datetime) -> None:
    """An end by mistake, taken back within 24 hours while pupil-level rows still live (ruling 18)."""
    row = db.get_one(RunRow, run.id)
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
    _move(db, read(db, run.id), stage, "resume", calm=False, by="teacher", now=now)


def forgotten(db: Db, before: datetime) -> list[int]:
    """Ids of runs that were opened before this time, were not moved since and never ended."""
    moved_since = select(CueRow.run_id).where(CueRow.at >= before)
    return [
        _id(one)
        for one in db.exec(
            select(RunRow.id).where(
                col(RunRow.ended_at).is_(None), col(RunRow.opened_at) < before, col(RunRow.id).not_in(moved_since)
            )
        ).all()
    ]


def purge(db: Db, before: datetime, now: datetime) -> list[int]:
    """Delete pupil-level rows of runs that ended before this time; returns the runs. Counts stay."""
    due = list(db.exec(select(RunRow).where(col(RunRow.ended_at) < before, col(RunRow.purged_at).is_(None))).all())
    for row in due:
        participants = select(ParticipantRow.id).where(ParticipantRow.run_id == row.id)
        connection = db.connection()
        connection.execute(delete(AnswerRow).where(col(AnswerRow.run_id) == row.id))
        connection.execute(delete(SecretVoteRow).where(col(SecretVoteRow.participant_id).in_(participants)))
        connection.execute(delete(ParticipantRow).where(col(ParticipantRow.run_id) == row.id))
        connection.execute(delete(PairingRow).where(col(PairingRow.run_id) == row.id))
        row.purged_at = now
    for old in db.exec(
        select(RunRow).where(col(RunRow.ended_at) < now - timedelta(days=30), col(RunRow.join_code).is_not(None))
    ).all():
        old.join_code = None
    return [_id(row.id) for row in due]


# Participants


def join(
    db: Db,
    run: OpenRun,
    key: str,
    names: tuple[Sequence[str], Sequence[str]],
    *,
    spare: int,
    now: datetime,
    choose: joining.Choose,
) -> None:
    """Seat one device under an alias that nobody has. Raises NotAllowed at a locked or full door."""
    _one_at_a_time(db, run.id)
    if run.locked:
        raise NotAllowed("Your teacher has locked the door.")
    if run.ended_at is not None:
        raise NotFound("That lesson has finished.")
    if _seated(db, run.id) >= run.expected + spare:
        raise NotAllowed("Every seat in this lesson is taken. Ask your teacher to make room.")
    for _ in range(5):
        alias = joining.deal_alias(*names, taken=_aliases(db, run.id), choose=choose)
        row = ParticipantRow(run_id=run.id, alias=alias, key_hash=directory.hashed(key), joined_at=now, last_at=now)
        try:
            with db.begin_nested():
                db.add(row)
            return
        except IntegrityError:  # another pupil was dealt this alias in the same moment
            continue
    raise Conflict("Lots of people are joining. Press Join again.")


def _one_at_a_time(db: Db, run_id: int) -> None:
    """Seats of one run are counted one after the other (SQLite has one writer anyway). Answers need not wait."""
    if db.get_bind().dialect.name == "postgresql":
        db.connection().execute(select(func.pg_advisory_xact_lock(run_id)))


def participant_by_key(db: Db, key: str) -> ParticipantRow | None:
    """The seat behind a cookie, removed or not; None when it was purged or never was."""
    return db.exec(select(ParticipantRow).where(ParticipantRow.key_hash == directory.hashed(key))).one_or_none()


def deal_again(
    db: Db, participant_id: int, names: tuple[Sequence[str], Sequence[str]], choose: joining.Choose
) -> None:
    row = db.get_one(ParticipantRow, participant_id)
    joining.must_deal_again(row.deals)
    row.alias = joining.deal_alias(*names, taken=_aliases(db, row.run_id), choose=choose)
    row.deals += 1


def crowd(db: Db, run_id: int) -> list[ParticipantRow]:
    """The seated participants of a run, the newest first."""
    return list(
        db.exec(
            select(ParticipantRow)
            .where(ParticipantRow.run_id == run_id, col(ParticipantRow.removed_at).is_(None))
            .order_by(col(ParticipantRow.id).desc())
        ).all()
    )


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


def _seated(db: Db, run_id: int) -> int:
    return db.exec(
        select(func.count())
        .select_from(ParticipantRow)
        .where(ParticipantRow.run_id == run_id, col(ParticipantRow.removed_at).is_(None))
    ).one()


# Pairing a phone


def start_pairing(db: Db, run_id: int, token: str, now: datetime, seconds: float) -> None:
    db.add(PairingRow(run_id=run_id, token_hash=directory.hashed(token), expires_at=now + timedelta(seconds=seconds)))


def pairing_by_token(db: Db, token: str) -> PairingRow:
    row = db.exec(select(PairingRow).where(PairingRow.token_hash == directory.hashed(token))).one_or_none()
    if row is None:
        raise NotFound("This code pairs nothing. Ask for a new one on the classroom screen.")
    return row


def claim_pairing(db: Db, token: str, phone_key: str, number: int, now: datetime) -> None:
    """A phone asks to be paired; once, within its minute. It controls nothing until the teacher confirms."""
    row = pairing_by_token(db, token)
    if row.phone_key_hash is not None or now >= row.expires_at:
        raise NotAllowed("This code has been used or is too old. Ask for a new one on the classroom screen.")
    row.phone_key_hash, row.confirm_number = directory.hashed(phone_key), number


def newest_pairing(db: Db, run_id: int) -> PairingRow | None:
    return db.exec(select(PairingRow).where(PairingRow.run_id == run_id).order_by(col(PairingRow.id).desc())).first()


def confirm_pairing(db: Db, run_id: int, number: int, now: datetime) -> None:
    """The teacher picks the number that the phone shows. A wrong pick ends the pairing."""
    row = newest_pairing(db, run_id)
    if row is None or row.confirm_number is None or row.confirmed_at is not None or now >= row.expires_at:
        raise NotAllowed("This pairing is over. Start again on the classroom screen.")
    if row.confirm_number != number:
        row.expires_at = now
        row.phone_key_hash = None
        return
    row.confirmed_at = now


def pairing_of_phone(db: Db, phone_key: str) -> PairingRow | None:
    """The pairing that this phone asked for; it controls nothing until it is confirmed."""
    return db.exec(select(PairingRow).where(PairingRow.phone_key_hash == directory.hashed(phone_key))).one_or_none()


# Reading a row


def _open_run(db: Db, row: RunRow) -> OpenRun:
    group = directory.class_group(db, row.class_group_id)
    version_ids = tuple(
        db.exec(
            select(RunModuleRow.version_id).where(RunModuleRow.run_id == row.id).order_by(col(RunModuleRow.position))
        ).all()
    )
    history = shifts(db, _id(row.id))
    return OpenRun(
        id=_id(row.id),
        kind=row.kind,
        code=row.join_code or "",
        locked=row.locked,
        seed=row.seed,
        mode=row.mode,
        epoch=row.epoch,
        stage=Stage(
            module=row.module_position,
            step_key=row.step_key,
            phase=row.phase,  # type: ignore[arg-type]
            round=row.round,
            seq=row.seq,
        ),
        calm=row.calm,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        present=row.present,
        present_confirmed=row.present_confirmed_at is not None,
        class_group_id=row.class_group_id,
        class_label=group.label,
        school=group.school,
        on_roll=group.on_roll,
        plan=plan(
            (lessons.version(db, version_id) for version_id in version_ids),
            ((int(module), str(key)) for module, key in row.skipped_steps),
        ),
        version_ids=version_ids,
        reached=reached(history),
        questions_asked=len({(s.module, s.step_key) for s in history if s.kind == "open"}),
    )


def reached(history: Iterable[Shift]) -> Reached:
    """How far each asking came, from the cues."""
    far: dict[tuple[int, str], tuple[Phase, int]] = {}
    for shift in history:
        if shift.kind in ("close", "reveal"):
            far[shift.module, shift.step_key] = (shift.phase, shift.round)
    return far


def _must_be_open(run: OpenRun) -> None:
    if run.ended_at is not None:
        raise NotAllowed("This lesson has ended.")


def _id(value: int | None) -> int:
    assert value is not None  # a flushed row has one
    return value
