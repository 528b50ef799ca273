"""What a presenter's console is drawn from: one look at the store, and what rooms of this worker know already."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.console import ClassLine, in_order, practice_line
from app.domain.lesson import Asking, Pledge
from app.domain.presenter import Presenter
from app.domain.quiz import NOT_SURE, meanings
from app.domain.shown import marks_of
from app.live import pulse
from app.live.rooms import Rooms
from app.store import class_lines, live_sessions, presenters, teacher_questions
from app.store.database import Database
from app.store.live_sessions import OpenSession
from app.store.teacher_questions import Note, TeacherQuestion


@dataclass(frozen=True)
class ConsoleView:
    """A live session as it is now, its classes with trouble first."""

    session: OpenSession
    presenters: tuple[Presenter, ...]
    holder: Presenter | None
    """None when whoever holds it presents here no longer."""
    holder_is_gone: bool
    lines: tuple[ClassLine, ...]
    questions: tuple[TeacherQuestion, ...]
    note: Note | None
    now: datetime


def view_of(database: Database, rooms: Rooms, session_id: int, now: datetime) -> ConsoleView:
    """Raises NotFound."""
    known = [
        class_lines.line_of(snapshot.run, len(snapshot.crowd), snapshot.sheet.counts)
        for snapshot in rooms.following(session_id)
    ]
    with database.reading() as db:
        session = live_sessions.read(db, session_id)
        lines = [] if session.is_rehearsal else class_lines.of_session(db, session, known)
        present = presenters.of_session(db, session_id)
        holder_id = session.holder_account_id or 0
        holder = next((one for one in present if one.account_id == holder_id), None)
        if holder is None:
            holder = presenters.coordinator(db, session_id, holder_id)
        questions = teacher_questions.of_session(db, session_id)
        note = teacher_questions.newest_notes(db, [session_id]).get(session_id)
    if session.is_rehearsal:
        lines = [_practice(session)]
    heard = [
        line.model_copy(update={"silence": rooms.pulse.silence(pulse.screens(line.run_id))}) if line.run_id else line
        for line in lines
    ]
    return ConsoleView(
        session=session,
        presenters=tuple(present),
        holder=holder,
        holder_is_gone=rooms.pulse.presenter(session_id, holder_id) == "gone",
        lines=tuple(in_order(heard)),
        questions=tuple(questions),
        note=note,
        now=now,
    )


def _practice(session: OpenSession) -> ClassLine:
    here = session.plan.at(session.stage)
    if here is None or not isinstance(here.step, Asking | Pledge):
        return practice_line(session.seed, here, session.stage, [])
    question, marks = here.step.question, marks_of(here, session.seed)
    safest = question.meant(question.answer(marks), marks)
    choices = [stored for stored in meanings(question, marks).values() if stored != NOT_SURE]
    return practice_line(session.seed, here, session.stage, choices or [safest or NOT_SURE])
