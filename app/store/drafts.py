"""Drafts of lessons: each save is a revision, and the last changes can be undone."""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import Topic
from app.store import lessons
from app.store.database import Db
from app.store.tables import AccountRow, DraftChangeRow, DraftRow, LessonRow, TopicRow

MOST_CHANGES = 40
ONE_CHANGE = timedelta(minutes=10)
"""What one person types at one place within this time is undone in one go."""


@dataclass(frozen=True)
class OpenDraft:
    """A draft with the lesson it belongs to."""

    id: int
    lesson_id: int
    key: str
    topic_key: str
    owner_agency_id: int
    title: str
    agencies: tuple[str, ...]
    lesson_text: str
    quiz_text: str
    shipped_hash: str
    revision: int
    state: str
    edited_by: int | None
    edited_at: datetime


@dataclass(frozen=True)
class Change:
    """One change that can be undone."""

    revision: int
    place: str
    by: int | None
    who: str
    at: datetime


def of_lesson(db: Db, key: str) -> OpenDraft:
    """Raises NotFound."""
    found = _drafts(db, LessonRow.key == key)
    if not found:
        raise NotFound("We could not find that lesson.")
    return found[0]


def everyone(db: Db) -> list[OpenDraft]:
    """All drafts; who may see which is for the page to say."""
    return _drafts(db, True)


def add_lesson(db: Db, key: str, topic: Topic, title: str, owner_agency_id: int) -> None:
    """A lesson that has no version yet. Raises Conflict when there is one of that name."""
    db.merge(TopicRow(key=topic.key, name=topic.name))
    row = LessonRow(
        key=key, topic_key=topic.key, owner_agency_id=owner_agency_id, title=title, origin=lessons.WRITTEN
    )
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict("There is a lesson of that name already. Choose another title.") from None


def begin(
    db: Db,
    key: str,
    *,
    title: str,
    agencies: Collection[str],
    lesson_text: str,
    quiz_text: str,
    shipped_hash: str,
    state: str,
    by: int | None,
    now: datetime,
) -> OpenDraft:
    """The draft of a lesson that has none yet; if somebody else has just begun it, theirs."""
    lesson = db.exec(select(LessonRow).where(LessonRow.key == key)).one()
    row = DraftRow(
        lesson_id=lesson.id or 0,
        title=title,
        agencies=sorted(agencies),
        lesson_text=lesson_text,
        quiz_text=quiz_text,
        shipped_hash=shipped_hash,
        state=state,
        edited_by=by,
        edited_at=now,
    )
    with contextlib.suppress(IntegrityError), db.begin_nested():
        db.add(row)
    return of_lesson(db, key)


def save(
    db: Db,
    draft: OpenDraft,
    *,
    place: str,
    title: str,
    agencies: Collection[str],
    lesson_text: str,
    quiz_text: str,
    by: int,
    now: datetime,
) -> OpenDraft:
    """Keep other texts as the next revision. Raises Conflict when the draft is not what it was when it was read."""
    if (lesson_text, quiz_text) == (draft.lesson_text, draft.quiz_text):
        return draft
    texts = {"lesson_text": lesson_text, "quiz_text": quiz_text}
    saved = _write(db, draft, title=title, agencies=sorted(agencies), by=by, now=now, **texts)
    _note(db, draft, place, by, now)
    return saved


def undo(db: Db, draft: OpenDraft, *, title: str, agencies: Collection[str], by: int, now: datetime) -> OpenDraft:
    """Put the texts back to what they were before the last change."""
    last = _last_change(db, draft)
    if last is None:
        raise NotAllowed("There is nothing left to undo.")
    db.delete(last)
    db.flush()
    texts = {"lesson_text": last.lesson_text, "quiz_text": last.quiz_text}
    return _write(db, draft, title=title, agencies=sorted(agencies), by=by, now=now, **texts)


def before_last_change(db: Db, draft: OpenDraft) -> tuple[str, str] | None:
    """The texts to which undo would go back."""
    last = _last_change(db, draft)
    return (last.lesson_text, last.quiz_text) if last else None


def changes(db: Db, draft: OpenDraft, most: int = 1) -> list[Change]:
    """The last changes, newest first."""
    rows = db.exec(
        select(DraftChangeRow, AccountRow.name)
        .outerjoin(AccountRow, col(AccountRow.id) == DraftChangeRow.by)
        .where(DraftChangeRow.draft_id == draft.id)
        .order_by(col(DraftChangeRow.revision).desc())
        .limit(most)
    ).all()
    return [Change(row.revision, row.place, row.by, name or "somebody", row.at) for row, name in rows]


def set_state(db: Db, draft: OpenDraft, state: str) -> None:
    """Raises Conflict when somebody has changed the draft meanwhile."""
    _update(db, draft, state=state)


def keep_shipped(db: Db, draft: OpenDraft, shipped_hash: str) -> None:
    """The shipped file of that hash has been looked at."""
    _update(db, draft, shipped_hash=shipped_hash)


def keys(db: Db) -> frozenset[str]:
    """The lessons that somebody has edited in the browser."""
    return frozenset(draft.key for draft in everyone(db))


def name_of(db: Db, account_id: int | None) -> str:
    row = db.get(AccountRow, account_id) if account_id else None
    return row.name if row else "somebody"


def _drafts(db: Db, where: Any) -> list[OpenDraft]:
    rows: Sequence[tuple[DraftRow, LessonRow]] = db.exec(
        select(DraftRow, LessonRow)
        .join(LessonRow, col(LessonRow.id) == DraftRow.lesson_id)
        .where(where)
        .order_by(col(DraftRow.edited_at).desc(), col(DraftRow.id))
        .execution_options(populate_existing=True)
    ).all()
    return [
        OpenDraft(
            id=draft.id or 0,
            lesson_id=lesson.id or 0,
            key=lesson.key,
            topic_key=lesson.topic_key,
            owner_agency_id=lesson.owner_agency_id,
            title=draft.title,
            agencies=tuple(draft.agencies),
            lesson_text=draft.lesson_text,
            quiz_text=draft.quiz_text,
            shipped_hash=draft.shipped_hash,
            revision=draft.revision,
            state=draft.state,
            edited_by=draft.edited_by,
            edited_at=draft.edited_at,
        )
        for draft, lesson in rows
    ]


def _write(db: Db, draft: OpenDraft, *, by: int, now: datetime, **columns: Any) -> OpenDraft:
    _update(db, draft, **columns, state="draft", edited_by=by, edited_at=now, revision=draft.revision + 1)
    return of_lesson(db, draft.key)


def _update(db: Db, draft: OpenDraft, **columns: Any) -> None:
    changed: CursorResult[Any] = db.connection().execute(
        update(DraftRow)
        .where(col(DraftRow.id) == draft.id, col(DraftRow.revision) == draft.revision)
        .values(**columns)
    )
    if changed.rowcount != 1:
        raise Conflict("Somebody has changed this lesson meanwhile. Look at it again, then repeat what you did.")


def _note(db: Db, draft: OpenDraft, place: str, by: int, now: datetime) -> None:
    """What goes on where the last change was, by the same person and soon after it, is the same change."""
    last = _last_change(db, draft)
    if last and (last.place, last.by) == (place, by) and now - last.at < ONE_CHANGE and draft.state == "draft":
        return
    db.add(
        DraftChangeRow(
            draft_id=draft.id,
            revision=draft.revision,
            place=place,
            lesson_text=draft.lesson_text,
            quiz_text=draft.quiz_text,
            by=by,
            at=now,
        )
    )
    old = delete(DraftChangeRow).where(
        col(DraftChangeRow.draft_id) == draft.id,
        col(DraftChangeRow.id).not_in(
            select(DraftChangeRow.id)
            .where(DraftChangeRow.draft_id == draft.id)
            .order_by(col(DraftChangeRow.revision).desc())
            .limit(MOST_CHANGES)
        ),
    )
    db.flush()
    db.connection().execute(old)


def _last_change(db: Db, draft: OpenDraft) -> DraftChangeRow | None:
    rows = select(DraftChangeRow).where(DraftChangeRow.draft_id == draft.id)
    return db.exec(rows.order_by(col(DraftChangeRow.revision).desc()).limit(1)).first()
