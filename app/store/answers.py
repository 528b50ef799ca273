"""Answers: many recorded in one commit, and the tally of an asking."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from app.domain.live_session import FIRST_FOLLOWED
from app.domain.run import Stage, accepts
from app.store import runs
from app.store.database import Db
from app.store.open_runs import OpenRun
from app.store.tables import AnswerRow, ParticipantRow, RunRow, SecretCountRow, SecretVoteRow

Outcome = Literal["saved", "closed", "final", "removed"]


class Answer(NamedTuple):
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


class Saved(NamedTuple):
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
        return dict(Counter(one.choice for one in list(self.saved.values())))  # a room may enter one meanwhile

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
    newest: dict[tuple[int, int, str, int], Answer] = {}
    for answer in batch:
        stage = stages.get(answer.run_id)
        if answer.participant_id in removed:
            outcomes.append("removed")
        elif stage is None or not accepts(stage, answer.module, answer.step_key, answer.round):
            outcomes.append("saved" if _is_saved(db, answer) else "closed")
        elif answer.tally_only:
            outcomes.append(_count_secretly(db, answer))
        else:
            place = (answer.participant_id, answer.module, answer.step_key, answer.round)
            if place not in newest or newest[place].change < answer.change:
                newest[place] = answer
            outcomes.append("saved")
    if newest:
        # Always in the same order, so that two workers never wait for each other.
        _upsert(db, [newest[place] for place in sorted(newest)])
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
    return _sheets(db, [run_id], stage, tally_only=tally_only)[run_id]


def sheets(db: Db, of: Iterable[OpenRun]) -> dict[int, Sheet]:
    """The same for many runs: one query for all that stand at the same asking."""
    found: dict[int, Sheet] = {}
    at_asking: dict[tuple[int, str, int, bool], list[OpenRun]] = defaultdict(list)
    for run in of:
        here = run.plan.at(run.stage)
        if here is not None and here.is_asking:
            at_asking[run.stage.module, run.stage.step_key, run.stage.round, run.is_tally_only].append(run)
        else:
            found[run.id] = Sheet(saved={})
    for (_, _, _, tally_only), group in at_asking.items():
        found |= _sheets(db, [run.id for run in group], group[0].stage, tally_only=tally_only)
    return found


def counts(db: Db, of: Iterable[OpenRun]) -> dict[int, dict[str, int]]:
    """Answers per stored choice to the asking on the stage of each of these runs, counted by the database."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    at_asking: dict[tuple[int, str, int, bool], list[int]] = defaultdict(list)
    for run in of:
        at_asking[run.stage.module, run.stage.step_key, run.stage.round, run.is_tally_only].append(run.id)
    for (module, step_key, round, tally_only), run_ids in at_asking.items():
        table: Any = SecretCountRow if tally_only else AnswerRow
        n = col(SecretCountRow.n) if tally_only else sqlalchemy.func.count()
        query = sqlalchemy.select(col(table.run_id), col(table.choice), n).where(
            col(table.run_id).in_(run_ids),
            col(table.module_position) == module,
            col(table.step_key) == step_key,
            col(table.round) == round,
        )
        if not tally_only:
            query = (
                query.join(ParticipantRow, col(ParticipantRow.id) == AnswerRow.participant_id)
                .where(col(ParticipantRow.removed_at).is_(None))
                .group_by(col(AnswerRow.run_id), col(AnswerRow.choice))
            )
        for run_id, choice, number in db.connection().execute(query):
            found[run_id][choice] = number
    return found


def _sheets(db: Db, run_ids: list[int], stage: Stage, *, tally_only: bool) -> dict[int, Sheet]:
    here = {"module_position": stage.module, "step_key": stage.step_key, "round": stage.round}
    saved: dict[int, dict[int, Saved]] = defaultdict(dict)
    if tally_only:
        counted: dict[int, dict[str, int]] = defaultdict(dict)
        for run_id, voter in _rows_at(db, SecretVoteRow, here, ParticipantRow.run_id, run_ids, "participant_id"):
            saved[run_id][voter] = Saved(choice="", change=1)
        for run_id, choice, n in _rows_at(db, SecretCountRow, here, SecretCountRow.run_id, run_ids, "choice", "n"):
            counted[run_id][choice] = n
        return {run_id: Sheet(saved=saved[run_id], secret=counted[run_id]) for run_id in run_ids}
    columns = ("participant_id", "choice", "change_no")
    for run_id, participant, choice, change in _rows_at(db, AnswerRow, here, AnswerRow.run_id, run_ids, *columns):
        saved[run_id][participant] = Saved(choice=choice, change=change)
    return {run_id: Sheet(saved=saved[run_id]) for run_id in run_ids}


def _rows_at(db: Db, table: Any, here: dict[str, Any], run: Any, run_ids: list[int], *columns: str) -> Any:
    """(run, *columns) of a table's rows for one asking and round; of answers, those of seats that are not removed."""
    query = sqlalchemy.select(col(run), *(col(getattr(table, name)) for name in columns)).where(
        col(run).in_(run_ids), *(col(getattr(table, name)) == value for name, value in here.items())
    )
    if table is not SecretCountRow:
        query = query.join(ParticipantRow, col(ParticipantRow.id) == table.participant_id)
    if table is AnswerRow:
        query = query.where(col(ParticipantRow.removed_at).is_(None))
    return db.connection().execute(query)


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
        if epoch > FIRST_FOLLOWED:
            held_before.append(run_id)
    return stages | (runs.stages_of_followers(db, follows, held_before) if follows else {})


def _removed(db: Db, participant_ids: set[int]) -> set[int]:
    """Those that have no seat: removed by the teacher, or purged. Hardly ever anybody."""
    missing = _MISSING_ON_SQLITE if db.get_bind().dialect.name == "sqlite" else _MISSING
    return set(db.connection().execute(missing, {"ids": json.dumps(list(participant_ids))}).scalars())


_MISSING = sqlalchemy.text(
    """
    SELECT CAST(asked AS int) FROM json_array_elements_text(CAST(:ids AS json)) AS asked
    LEFT JOIN participant ON participant.id = CAST(asked AS int) AND participant.removed_at IS NULL
    WHERE participant.id IS NULL
    """
)
_MISSING_ON_SQLITE = sqlalchemy.text(
    """
    SELECT asked.value FROM json_each(:ids) AS asked
    LEFT JOIN participant ON participant.id = asked.value AND participant.removed_at IS NULL
    WHERE participant.id IS NULL
    """
)


def _insert(db: Db, table: Any) -> Any:
    return (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


def _upsert(db: Db, rows: list[Answer]) -> None:
    if db.get_bind().dialect.name == "postgresql":
        # One statement with all rows as one JSON value: a statement a row costs this process ten times as much.
        db.connection().execute(_UPSERT_ALL, {"rows": json.dumps([_columns(answer) for answer in rows], default=str)})
        return
    statement = sqlite.insert(AnswerRow)
    statement = statement.on_conflict_do_update(
        index_elements=["participant_id", "module_position", "step_key", "round"],
        set_={name: statement.excluded[name] for name in ("choice", "change_no", "message_id", "received_at")},
        where=statement.excluded.change_no > col(AnswerRow.change_no),
    )
    values = [
        dict(zip(_COLUMNS, _columns(answer), strict=True)) | {"received_at": answer.received_at} for answer in rows
    ]
    db.connection().execute(statement, values)


_COLUMNS = (
    *("run_id", "participant_id", "module_position", "step_key", "round"),
    *("choice", "change_no", "message_id", "mode", "received_at"),
)
_UPSERT_ALL = sqlalchemy.text(
    f"""
    INSERT INTO answer ({", ".join(_COLUMNS)})
    SELECT (one->>0)::int, (one->>1)::int, (one->>2)::int, one->>3, (one->>4)::int,
           one->>5, (one->>6)::int, one->>7, one->>8, (one->>9)::timestamptz
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS one
    ON CONFLICT (participant_id, module_position, step_key, round) DO UPDATE
    SET choice = excluded.choice, change_no = excluded.change_no,
        message_id = excluded.message_id, received_at = excluded.received_at
    WHERE excluded.change_no > answer.change_no
    """.replace("::", r"\:\:")
)


def _columns(answer: Answer) -> tuple[object, ...]:
    return (
        *(answer.run_id, answer.participant_id, answer.module, answer.step_key, answer.round),
        *(answer.choice, answer.change, answer.message_id, "device"),
        answer.received_at,
    )


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
