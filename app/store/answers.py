"""Answers: many recorded in one commit, and the tally of an asking."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from app.domain.run import Stage, accepts
from app.store import runs
from app.store.database import Db
from app.store.tables import AnswerRow, ParticipantRow, RunRow, SecretCountRow, SecretVoteRow

Outcome = Literal["saved", "closed", "final", "removed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one participant chose for one asking and round. `choice` is the stored one, never the shown letter."""

    run_id: int
    participant_id: int
    module: int
    step_key: str
    round: int
    choice: str
    change: int
    message_id: str
    tally_only: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Saved:
    """What one participant has saved for an asking and round; of a tally-only asking never the choice."""

    choice: str
    change: int


@dataclass(frozen=True)
class Sheet:
    """The answers to one asking and round: who has saved what, and for a tally-only asking the counts alone."""

    saved: dict[int, Saved]
    secret: dict[str, int] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Answers per stored choice."""
        if self.secret is not None:
            return self.secret
        return dict(Counter(one.choice for one in self.saved.values()))

    @property
    def answered(self) -> int:
        return sum(self.counts.values())

    def note(self, answer: Answer) -> None:
        """Enter a committed answer, as the store did: only a greater change replaces."""
        earlier = self.saved.get(answer.participant_id)
        if earlier is None or answer.change > earlier.change:
            self.saved[answer.participant_id] = Saved(choice=answer.choice, change=answer.change)


def record(db: Db, batch: Sequence[Answer]) -> list[Outcome]:
    """Record a batch; one outcome each, true once the transaction has committed.

    The stage of each run is read again here, inside the transaction: an answer counts exactly when it commits
    before the close does (ruling 2). Of one participant's answers to one asking the greatest change stays.
    """
    stages = _stages(db, {answer.run_id for answer in batch})
    removed = _removed(db, {answer.participant_id for answer in batch})
    outcomes: list[Outcome] = []
    rows = []
    for answer in batch:
        stage = stages.get(answer.run_id)
        if answer.participant_id in removed:
            outcomes.append("removed")
        elif stage is None or not accepts(stage, answer.module, answer.step_key, answer.round):
            outcomes.append("saved" if _is_saved(db, answer) else "closed")
        elif answer.tally_only:
            outcomes.append(_count_secretly(db, answer))
        else:
            rows.append(_row(answer))
            outcomes.append("saved")
    if rows:
        _upsert(db, rows)
    return outcomes


def _is_saved(db: Db, answer: Answer) -> bool:
    """Whether this very message was saved before the close and only its ack was lost."""
    where = (
        ("participant_id", answer.participant_id),
        ("module_position", answer.module),
        ("step_key", answer.step_key),
        ("round", answer.round),
    )
    if answer.tally_only:
        vote = select(SecretVoteRow.id).filter_by(**dict(where))
        return answer.change == 1 and db.exec(vote).first() is not None
    saved = select(AnswerRow.id).filter_by(**dict(where)).where(AnswerRow.change_no >= answer.change)
    return db.exec(saved).first() is not None


def sheet(db: Db, run_id: int, stage: Stage, *, tally_only: bool) -> Sheet:
    """How the class answered the asking and round on the stage; removed participants do not count."""
    here = {"module_position": stage.module, "step_key": stage.step_key, "round": stage.round}
    if tally_only:
        voters = db.exec(
            select(SecretVoteRow.participant_id)
            .join(ParticipantRow, col(ParticipantRow.id) == SecretVoteRow.participant_id)
            .where(ParticipantRow.run_id == run_id)
            .where(*(col(getattr(SecretVoteRow, name)) == value for name, value in here.items()))
        ).all()
        counted = db.exec(
            select(SecretCountRow.choice, SecretCountRow.n)
            .where(SecretCountRow.run_id == run_id)
            .where(*(col(getattr(SecretCountRow, name)) == value for name, value in here.items()))
        ).all()
        return Sheet(saved={voter: Saved(choice="", change=1) for voter in voters}, secret=dict(counted))
    rows = db.exec(
        select(AnswerRow.participant_id, AnswerRow.choice, AnswerRow.change_no)
        .join(ParticipantRow, col(ParticipantRow.id) == AnswerRow.participant_id)
        .where(AnswerRow.run_id == run_id, col(ParticipantRow.removed_at).is_(None))
        .where(*(col(getattr(AnswerRow, name)) == value for name, value in here.items()))
    ).all()
    return Sheet(saved={participant: Saved(choice=choice, change=change) for participant, choice, change in rows})


def _stages(db: Db, run_ids: set[int]) -> dict[int, Stage]:
    # FOR SHARE holds a cue back until this batch has committed (PostgreSQL; SQLite has one writer anyway): on the
    # run, and on the live session that it follows. What a class left out never changes: memory has filtered it.
    rows: Any = db.connection().execute(
        sqlalchemy.select(
            col(RunRow.id),
            col(RunRow.module_position),
            col(RunRow.step_key),
            col(RunRow.phase),
            col(RunRow.round),
            col(RunRow.seq),
            col(RunRow.epoch),
            col(RunRow.following),
            col(RunRow.live_session_id),
        )
        .where(col(RunRow.id).in_(run_ids), col(RunRow.ended_at).is_(None))
        .order_by(col(RunRow.id))
        .with_for_update(read=True)
    )
    stages: dict[int, Stage] = {}
    follows: dict[int, int] = {}
    held_before: list[int] = []
    for run_id, module, step_key, phase, round, seq, epoch, following, session_id in rows:
        if not following:
            stages[run_id] = Stage(module=module, step_key=step_key, phase=phase, round=round, seq=seq)
            continue
        follows[run_id] = session_id
        if epoch:
            held_before.append(run_id)
    return stages | (runs.stages_of_followers(db, follows, held_before) if follows else {})


def _removed(db: Db, participant_ids: set[int]) -> set[int]:
    """Those that have no seat: removed by the teacher, or purged."""
    seated = db.exec(
        select(ParticipantRow.id).where(
            col(ParticipantRow.id).in_(participant_ids), col(ParticipantRow.removed_at).is_(None)
        )
    ).all()
    return participant_ids - {one for one in seated if one is not None}


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "run_id": answer.run_id,
        "participant_id": answer.participant_id,
        "module_position": answer.module,
        "step_key": answer.step_key,
        "round": answer.round,
        "choice": answer.choice,
        "change_no": answer.change,
        "message_id": answer.message_id,
        "mode": "device",
        "received_at": answer.received_at,
    }


def _insert(db: Db, table: Any) -> Any:
    return (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


def _upsert(db: Db, rows: list[dict[str, Any]]) -> None:
    statement = _insert(db, AnswerRow)
    statement = statement.on_conflict_do_update(
        index_elements=["participant_id", "module_position", "step_key", "round"],
        set_={name: statement.excluded[name] for name in ("choice", "change_no", "message_id", "received_at")},
        where=statement.excluded.change_no > col(AnswerRow.change_no),
    )
    db.connection().execute(statement, rows)


def _count_secretly(db: Db, answer: Answer) -> Outcome:
    """One row *has answered* and one counter, in this transaction; the first tap is final (ruling 8).

    A resend of the same first tap cannot be told from another tap, since the choice is not kept beside the
    participant: both are acknowledged as saved and change nothing.
    """
    where = {
        "module_position": answer.module,
        "step_key": answer.step_key,
        "round": answer.round,
    }
    vote = _insert(db, SecretVoteRow).values(participant_id=answer.participant_id, **where).on_conflict_do_nothing()
    if db.connection().execute(vote.returning(col(SecretVoteRow.id))).first() is None:
        return "saved" if answer.change == 1 else "final"
    count = _insert(db, SecretCountRow).values(run_id=answer.run_id, choice=answer.choice, n=1, **where)
    db.connection().execute(
        count.on_conflict_do_update(
            index_elements=["run_id", "module_position", "step_key", "round", "choice"],
            set_={"n": col(SecretCountRow.n) + 1},
        )
    )
    return "saved"
