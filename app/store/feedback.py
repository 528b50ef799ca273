"""What teachers said of their lessons: one row a run, which they may change and take back."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy import select as untyped_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from app.domain.feedback import Feedback
from app.store.database import Db
from app.store.tables import ClassFeedbackRow, ParticipationRecordRow


def of_run(db: Db, run_id: int) -> Feedback | None:
    row = db.exec(select(ClassFeedbackRow).where(ClassFeedbackRow.run_id == run_id)).one_or_none()
    return None if row is None else Feedback.model_validate(row.model_dump())


def of_programmes(db: Db, programme_ids: frozenset[int]) -> dict[int, Feedback]:
    """Run -> what its teacher said."""
    taught = select(ParticipationRecordRow.run_id).where(col(ParticipationRecordRow.programme_id).in_(programme_ids))
    row: Any = ClassFeedbackRow
    found = db.connection().execute(
        untyped_select(row.run_id, *(getattr(row, name) for name in Feedback.model_fields))
        .where(row.run_id.in_(taught))
        .order_by(row.id)
    )
    names = tuple(Feedback.model_fields)
    # It was checked when it was said: a year of it is not checked again for each page.
    return {run: Feedback.model_construct(**dict(zip(names, said, strict=True))) for run, *said in found.all()}


def say(db: Db, run_id: int, said: Feedback) -> None:
    """Or say it anew. The finish page has asked about concerns before, as always."""
    values = said.model_dump() | {"concern_prompt_shown": True}
    insert = (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert(ClassFeedbackRow)
    db.connection().execute(
        insert.values(run_id=run_id, **values).on_conflict_do_update(index_elements=["run_id"], set_=values)
    )


def take_back(db: Db, run_id: int) -> None:
    db.connection().execute(delete(ClassFeedbackRow).where(col(ClassFeedbackRow.run_id) == run_id))
