"""A live session as the teachers of its classes are told of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import col

from app.domain.run import Stage
from app.store import teacher_questions
from app.store.database import Db
from app.store.tables import AccountRow, AgencyRow, LiveSessionRow
from app.store.teacher_questions import Note, TeacherQuestion


@dataclass(frozen=True)
class SessionFace:
    """Who leads it, where it stands, what classes asked and what the presenter told their teachers."""

    id: int
    holder: int
    """The account that holds the console."""
    presenter: str
    agency: str
    is_open: bool
    stage: Stage
    questions: tuple[TeacherQuestion, ...]
    note: Note | None
    video_url: str = ""

    @property
    def on_air(self) -> TeacherQuestion | None:
        """The question on all screens."""
        return next((one for one in self.questions if one.state == "on_air"), None)

    @property
    def led_by(self) -> str:
        return f"{self.presenter}, {self.agency}" if self.agency else self.presenter


def read_many(db: Db, session_ids: Collection[int]) -> dict[int, SessionFace]:
    """In four queries at most, however many."""
    if not session_ids:
        return {}
    ids = sorted(session_ids)
    rows: Any = db.connection().execute(_FACES, {"ids": ids}).all()
    questions = teacher_questions.of_sessions(db, ids)
    notes = teacher_questions.newest_notes(db, ids)
    return {
        row.id: SessionFace(
            id=row.id,
            holder=row.holder_account_id or 0,
            presenter=row.presenter or "The presenter",
            agency=row.agency or "",
            is_open=row.ended_at is None,
            stage=Stage(
                module=row.module_position, step_key=row.step_key, phase=row.phase, round=row.round, seq=row.seq
            ),
            questions=tuple(questions[row.id]),
            note=notes.get(row.id),
            video_url=row.video_url or "",
        )
        for row in rows
    }


_FACES: Any = (
    sqlalchemy.select(
        col(LiveSessionRow.id),
        col(LiveSessionRow.holder_account_id),
        col(LiveSessionRow.ended_at),
        col(LiveSessionRow.video_url),
        col(LiveSessionRow.module_position),
        col(LiveSessionRow.step_key),
        col(LiveSessionRow.phase),
        col(LiveSessionRow.round),
        col(LiveSessionRow.seq),
        col(AccountRow.name).label("presenter"),
        col(AgencyRow.name).label("agency"),
    )
    .outerjoin(AccountRow, col(AccountRow.id) == col(LiveSessionRow.holder_account_id))
    .outerjoin(AgencyRow, col(AgencyRow.id) == col(LiveSessionRow.holder_agency_id))
    .where(col(LiveSessionRow.id).in_(bindparam("ids", expanding=True)))
)
