"""Questions of classes to the presenter of a live session, and ready-made notes of the presenter to teachers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.teacher_question import MOST_WAITING, State, clean
from app.store.database import Db
from app.store.open_runs import OpenRun
from app.store.tables import (
    AlsoAskedRow,
    ClassGroupRow,
    LiveSessionRow,
    RunRow,
    SchoolRow,
    TeacherNoteRow,
    TeacherQuestionRow,
)

NOT_FOUND = "We could not find that question."


@dataclass(frozen=True)
class TeacherQuestion:
    """A question in its teacher's words, which class asked it, and which others ask the same."""

    id: int
    text: str
    state: State
    run_id: int
    school: str
    class_label: str
    also: frozenset[int]
    asked_at: datetime


@dataclass(frozen=True)
class Note:
    """What the presenter has told all teachers."""

    id: int
    text: str
    at: datetime


def ask(db: Db, run: OpenRun, typed: str, now: datetime) -> int:
    """Keep what a teacher typed for the class. Raises Invalid, or NotAllowed when there is nobody to ask."""
    text = clean(typed)
    session_id = _must_have_session(db, run)
    waiting = select(func.count()).where(TeacherQuestionRow.run_id == run.id, TeacherQuestionRow.state == "new")
    if db.exec(waiting).one() >= MOST_WAITING:
        raise NotAllowed(f"{MOST_WAITING} questions of your class wait already. Let the presenter read those first.")
    row = TeacherQuestionRow(live_session_id=session_id, run_id=run.id, text=text, asked_at=now)
    db.add(row)
    db.flush()
    return row.id or 0


def ask_too(db: Db, run: OpenRun, question_id: int) -> None:
    """*Us too*: counted once for each class, and never for the class that asked."""
    session_id = _must_have_session(db, run)
    row = _of(db, session_id, question_id)
    if row.run_id == run.id:
        return
    insert = (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert(AlsoAskedRow)
    values = insert.values(teacher_question_id=question_id, run_id=run.id)
    db.connection().execute(values.on_conflict_do_nothing())
    _note_change(db, question_id)


def _must_have_session(db: Db, run: OpenRun) -> int:
    open_one = select(LiveSessionRow.id).where(
        LiveSessionRow.id == run.live_session_id, col(LiveSessionRow.ended_at).is_(None)
    )
    found = db.exec(open_one).first()
    if found is None or run.ended_at is not None:
        raise NotAllowed("There is no presenter to ask just now.")
    return found


def set_state(db: Db, session_id: int, question_id: int, state: State) -> None:
    """One question at a time is on the screens: the one before it counts as answered.

    Raises NotFound, or Conflict when somebody put up another in the same moment.
    """
    row = _of(db, session_id, question_id)
    if state == "on_air" and row.state != "on_air":
        take_off_air(db, session_id)
    changed = update(TeacherQuestionRow).where(col(TeacherQuestionRow.id) == question_id)
    try:
        with db.begin_nested():
            db.connection().execute(changed.values(state=state))
    except IntegrityError:
        raise Conflict("Another question was put on the screens just now.") from None
    _note_change(db, question_id)


def take_off_air(db: Db, session_id: int) -> bool:
    """The question on the screens, if there is one, has been answered. Whether there was."""
    on_air = (
        update(TeacherQuestionRow)
        .where(col(TeacherQuestionRow.live_session_id) == session_id, col(TeacherQuestionRow.state) == "on_air")
        .values(state="answered", changes=col(TeacherQuestionRow.changes) + 1)
    )
    return bool(db.connection().execute(on_air).rowcount)


def _note_change(db: Db, question_id: int) -> None:
    """What workers ask for while hints may be lost: `signatures.py`."""
    changed = update(TeacherQuestionRow).where(col(TeacherQuestionRow.id) == question_id)
    db.connection().execute(changed.values(changes=col(TeacherQuestionRow.changes) + 1))


def _of(db: Db, session_id: int, question_id: int) -> TeacherQuestionRow:
    row = db.get(TeacherQuestionRow, question_id)
    if row is None or row.live_session_id != session_id:
        raise NotFound(NOT_FOUND)
    return row


def of_session(db: Db, session_id: int) -> list[TeacherQuestion]:
    """All questions of a live session, the oldest first."""
    return of_sessions(db, [session_id])[session_id]


def of_sessions(db: Db, session_ids: list[int]) -> dict[int, list[TeacherQuestion]]:
    """The same for several, in two queries."""
    rows: Any = db.exec(
        select(TeacherQuestionRow, SchoolRow.name, ClassGroupRow.label)
        .join(RunRow, col(RunRow.id) == TeacherQuestionRow.run_id)
        .join(ClassGroupRow, col(ClassGroupRow.id) == RunRow.class_group_id)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(col(TeacherQuestionRow.live_session_id).in_(session_ids))
        .order_by(col(TeacherQuestionRow.id))
        .execution_options(populate_existing=True)
    ).all()
    also: dict[int, set[int]] = {}
    if rows:
        theirs = select(AlsoAskedRow.teacher_question_id, AlsoAskedRow.run_id).where(
            col(AlsoAskedRow.teacher_question_id).in_([row.id for row, *_ in rows])
        )
        for question_id, run_id in db.exec(theirs).all():
            also.setdefault(question_id, set()).add(run_id)
    found: dict[int, list[TeacherQuestion]] = {session_id: [] for session_id in session_ids}
    for row, school, label in rows:
        found[row.live_session_id].append(
            TeacherQuestion(
                id=row.id,
                text=row.text,
                state=row.state,
                run_id=row.run_id,
                school=school,
                class_label=label,
                also=frozenset(also.get(row.id, ())),
                asked_at=row.asked_at,
            )
        )
    return found


# Notes


def tell(db: Db, session_id: int, text: str, now: datetime) -> None:
    db.add(TeacherNoteRow(live_session_id=session_id, text=text, at=now))
    db.flush()


def newest_notes(db: Db, session_ids: list[int]) -> dict[int, Note]:
    """The last note of each live session."""
    newest = (
        select(func.max(TeacherNoteRow.id))
        .where(col(TeacherNoteRow.live_session_id).in_(session_ids))
        .group_by(col(TeacherNoteRow.live_session_id))
    )
    rows = db.exec(select(TeacherNoteRow).where(col(TeacherNoteRow.id).in_(newest))).all()
    return {row.live_session_id: Note(id=row.id or 0, text=row.text, at=row.at) for row in rows}
