"""Ask the officer: one class asks, others say us too, one question stands on all screens."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.teacher_question import State
from app.store import runs, teacher_questions
from app.store.teacher_questions import TeacherQuestion
from tests.classroom import THEO_CLASS, Classroom


def ask(classroom: Classroom, run_id: int, text: str = "What if the door is locked?") -> int:
    with classroom.database.transaction() as db:
        return teacher_questions.ask(db, runs.read(db, run_id), text, classroom.clock.now)


def too(classroom: Classroom, run_id: int, question_id: int) -> None:
    with classroom.database.transaction() as db:
        teacher_questions.ask_too(db, runs.read(db, run_id), question_id)


def put(classroom: Classroom, session_id: int, question_id: int, state: State) -> None:
    with classroom.database.transaction() as db:
        teacher_questions.set_state(db, session_id, question_id, state)


def found(classroom: Classroom, session_id: int) -> list[TeacherQuestion]:
    with classroom.database.reading() as db:
        return teacher_questions.of_session(db, session_id)


def test_a_question_is_kept_in_plain_words_with_the_class_that_asked(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    ask(classroom, run, "  What if the door\nis locked? ")
    [kept] = found(classroom, session)
    assert (kept.text, kept.state, kept.run_id) == ("What if the door is locked?", "new", run)
    assert (kept.school, kept.class_label) == ("Harrowmarsh Primary School (demo)", "6H")
    with pytest.raises(Invalid):
        ask(classroom, run, "<i>?</i>")
    assert len(found(classroom, session)) == 1


def test_us_too_counts_each_other_class_once(classroom: Classroom) -> None:
    session = classroom.lead()
    mine, theirs = classroom.follow(session), classroom.check_in(session, THEO_CLASS)
    question = ask(classroom, mine)
    for run in (theirs, theirs, mine):
        too(classroom, run, question)
    assert found(classroom, session)[0].also == {theirs}


def test_one_question_at_a_time_is_on_the_screens(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    one, other = ask(classroom, run), ask(classroom, run, "Who wakes the baby?")
    put(classroom, session, one, "on_air")
    put(classroom, session, other, "on_air")
    assert [question.state for question in found(classroom, session)] == ["answered", "on_air"]
    put(classroom, session, other, "parked")
    assert [question.state for question in found(classroom, session)] == ["answered", "parked"]


def test_however_many_put_a_question_on_the_screens_at_once_one_stands_there(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    asked = [ask(classroom, run, f"Question {number}?") for number in range(4)]

    def try_to_put(question: int) -> None:
        with contextlib.suppress(Conflict):
            put(classroom, session, question, "on_air")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(try_to_put, asked))
    assert [question.state for question in found(classroom, session)].count("on_air") == 1


def test_the_next_cue_takes_the_question_off_the_screens(classroom: Classroom) -> None:
    session = classroom.lead()
    question = ask(classroom, classroom.follow(session))
    put(classroom, session, question, "on_air")
    with classroom.database.transaction() as db:
        assert teacher_questions.take_off_air(db, session)
        assert not teacher_questions.take_off_air(db, session)
    assert found(classroom, session)[0].state == "answered"


def test_a_question_of_another_live_session_is_not_found(classroom: Classroom) -> None:
    session, other = classroom.lead(), classroom.lead()
    question = ask(classroom, classroom.follow(session))
    run = classroom.check_in(other, THEO_CLASS)
    with pytest.raises(NotFound):
        put(classroom, other, question, "on_air")
    with pytest.raises(NotFound):
        too(classroom, run, question)


def test_nobody_is_asked_once_the_session_has_ended_nor_by_a_class_alone_nor_too_often(classroom: Classroom) -> None:
    session = classroom.lead()
    run, alone = classroom.follow(session), classroom.start(THEO_CLASS)
    with pytest.raises(NotAllowed, match="no presenter to ask"):
        ask(classroom, alone)
    for _ in range(5):
        ask(classroom, run)
    with pytest.raises(NotAllowed, match="5 questions of your class wait"):
        ask(classroom, run)
    classroom.end_session(session)
    with pytest.raises(NotAllowed, match="no presenter to ask"):
        ask(classroom, run)


def test_the_newest_note_is_the_one_that_teachers_see(classroom: Classroom) -> None:
    session, other = classroom.lead(), classroom.lead()
    with classroom.database.transaction() as db:
        for words in ("Two more minutes", "Please press “Catch up”"):
            teacher_questions.tell(db, session, words, classroom.clock.now)
    with classroom.database.reading() as db:
        notes = teacher_questions.newest_notes(db, [session, other])
    assert {key: note.text for key, note in notes.items()} == {session: "Please press “Catch up”"}
