"""Reviews of drafts: what a colleague found, and for which revision it holds."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from app.store import drafts
from app.store.database import Db
from app.store.drafts import OpenDraft
from app.store.tables import AccountRow, ReviewRow

APPROVED, SENT_BACK = "approved", "sent back"


class Review(NamedTuple):
    revision: int
    reviewer: str
    reviewer_id: int
    result: str
    checklist: tuple[str, ...]
    words: str
    at: datetime


def give(
    db: Db,
    draft: OpenDraft,
    *,
    reviewer_id: int,
    result: str,
    checklist: tuple[str, ...],
    words: str,
    now: datetime,
) -> None:
    """Keep a review of the draft as it is. Raises Conflict when somebody has changed the draft meanwhile."""
    drafts.set_state(db, draft, "in review" if result == APPROVED else "draft")
    db.add(
        ReviewRow(
            draft_id=draft.id,
            revision=draft.revision,
            reviewer_id=reviewer_id,
            checklist=list(checklist),
            result=result,
            words=words,
            at=now,
        )
    )


def of_draft(db: Db, draft: OpenDraft) -> list[Review]:
    """All reviews of a draft, newest first."""
    rows = db.exec(
        select(ReviewRow, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == ReviewRow.reviewer_id)
        .where(ReviewRow.draft_id == draft.id)
        .order_by(col(ReviewRow.id).desc())
    ).all()
    return [
        Review(row.revision, name, row.reviewer_id, row.result, tuple(row.checklist), row.words, row.at)
        for row, name in rows
    ]


def approval(db: Db, draft: OpenDraft) -> Review | None:
    """The review that lets this very revision be published; a later change of the draft needs another."""
    last = next((review for review in of_draft(db, draft) if review.revision == draft.revision), None)
    return last if last and last.result == APPROVED else None
