"""Whether anything has changed in a run, asked for many runs at once."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import case, func
from sqlmodel import col

from app.store.database import Db
from app.store.tables import AnswerRow, LiveSessionRow, ParticipantRow, RunRow, SecretCountRow


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
    stage = ("module_position", "step_key", "phase", "round", "seq")
    own = ("id", "epoch", *stage, "calm", "locked", "present", "present_confirmed_at", "ended_at", "purged_at")
    led = (*stage, "paused", "ended_at")
    return (
        sqlalchemy.select(
            *(getattr(RunRow, name) for name in (*own, "following")),
            *(getattr(LiveSessionRow, name).label(f"led_{name}") for name in led),
        )
        .outerjoin(LiveSessionRow, col(LiveSessionRow.id) == col(RunRow.live_session_id))
        .where(col(RunRow.id).in_(run_ids))
    )


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

    def shown(name: str) -> Any:
        return case((col(RunRow.following), getattr(LiveSessionRow, name)), else_=getattr(RunRow, name))

    def here(table: type[AnswerRow] | type[SecretCountRow], *sums: Any) -> Any:
        names = ("module_position", "step_key", "round")
        return (
            sqlalchemy.select(col(table.run_id), *sums)
            .join(RunRow, col(RunRow.id) == col(table.run_id))
            .outerjoin(LiveSessionRow, col(LiveSessionRow.id) == col(RunRow.live_session_id))
            .where(col(RunRow.id).in_(run_ids), *(getattr(table, name) == shown(name) for name in names))
            .group_by(col(table.run_id))
        )

    return (
        here(AnswerRow, func.count(), func.sum(col(AnswerRow.change_no))),
        here(SecretCountRow, func.sum(col(SecretCountRow.n))),
    )
