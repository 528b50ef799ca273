"""What holds for every kind of question."""

import re

import pytest

from app.domain.lesson import Asking
from app.domain.questions.question import NOT_SURE, how_sure, without_sure
from app.domain.quiz import Question
from app.web.answering import AnswerMessage
from tests.questions import EACH, MARKED, name_of, sendable, turned

SEEDS = [str(number) for number in range(30)]
each = pytest.mark.parametrize("question", EACH, ids=name_of)
marked = pytest.mark.parametrize("question", MARKED, ids=name_of)


@each
def test_whatever_a_device_may_send_comes_back_as_it_was_sent(question: Question) -> None:
    for seed in SEEDS:
        marks = question.marks(seed, "0/facts")
        for choice in sendable(question, marks):
            stored = question.meant(choice, marks)
            assert stored is not None, choice
            assert question.sent_as(stored, marks) == choice


@each
def test_different_choices_are_stored_differently(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    stored = [question.meant(choice, marks) for choice in sendable(question, marks)]
    assert len(set(stored)) == len(stored)


@each
@pytest.mark.parametrize(
    "choice", ["", "Z", "AA", "BA1", "A9", "A1", "9999", "-1", "1.5", " A", "not sure", "A+", "+1"]
)
def test_what_is_not_on_the_screen_is_refused(question: Question, choice: str) -> None:
    marks = question.marks("seed", "0/facts")
    if choice not in sendable(question, marks):
        assert question.meant(choice, marks) is None


@each
def test_every_choice_keeps_to_the_form_of_the_protocol(question: Question) -> None:
    pattern = str(AnswerMessage.model_json_schema()["properties"]["choice"]["pattern"])
    sent = sendable(question, question.marks("seed", "0/facts"))
    assert [choice for choice in (*sent, NOT_SURE, f"{sent[0]}+3") if not re.search(pattern, choice)] == []


@marked
def test_exactly_what_is_announced_as_the_answer_is_right(question: Question) -> None:
    for seed in SEEDS:
        marks = question.marks(seed, "0/facts")
        right = [c for c in sendable(question, marks) if question.is_right(question.meant(c, marks) or "")]
        answer = question.answer(marks)
        if question.form == "number":
            low, _, high = answer.partition("-")
            assert right == [str(value) for value in range(int(low), int(high) + 1)]
        else:
            assert right == [answer]


@each
def test_not_sure_is_taken_and_never_right(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    assert question.meant(NOT_SURE, marks) == NOT_SURE
    assert question.sent_as(NOT_SURE, marks) == NOT_SURE
    assert not question.is_right(NOT_SURE)
    assert question.said(NOT_SURE) == "I'm not sure"


@marked
def test_nothing_of_the_face_or_the_letters_tells_what_is_right(question: Question) -> None:
    one, other = (turned(question, turn, {"explanation": f"Because {turn}."}) for turn in (0, 1))
    assert one.answer(one.marks("seed", "0/facts")) != other.answer(other.marks("seed", "0/facts"))
    for seed in SEEDS:
        mine, theirs = one.marks(seed, "0/facts"), other.marks(seed, "0/facts")
        assert one.face(mine) == other.face(theirs)
        assert one.choices(mine) == other.choices(theirs)


@each
def test_every_choice_reads_as_words_of_the_question(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    for choice in sendable(question, marks):
        words = question.said(question.meant(choice, marks) or "")
        assert len(words) > 2 or question.form == "one"


@each
def test_a_tally_of_nothing_has_its_bars_and_no_mistake(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    bars = question.bars({}, marks)
    assert len(bars) >= 2
    assert {bar.n for bar in bars} == {0}
    assert question.mistake({}) is None
    assert question.mistake({NOT_SURE: 3}) is None


@each
def test_whoever_is_not_sure_is_in_no_bar(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    assert question.bars({NOT_SURE: 9}, marks) == question.bars({}, marks)


@each
def test_how_sure_is_taken_only_where_it_is_asked(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    choice = sendable(question, marks)[0]
    stored = question.meant(choice, marks)
    asks = question.model_copy(update={"asks_sure": True})
    assert question.meant(f"{choice}+2", marks) is None
    assert asks.meant(f"{choice}+2", marks) == f"{stored}+2"
    assert asks.sent_as(f"{stored}+2", marks) == f"{choice}+2"
    assert [asks.meant(f"{choice}{sure}", marks) for sure in ("+0", "+4", "+", "+22", "+2+2")] == [None] * 5
    assert asks.meant(f"{NOT_SURE}+1", marks) is None


@marked
def test_how_sure_changes_nothing_of_what_is_right_or_how_it_is_counted(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    for choice in sendable(question, marks):
        stored = question.meant(choice, marks) or ""
        assert question.is_right(f"{stored}+1") == question.is_right(stored)
        assert question.bars({f"{stored}+1": 2, stored: 1}, marks) == question.bars({stored: 3}, marks)
        assert question.mistake({f"{stored}+3": 2, stored: 1}) == question.mistake({stored: 3})


def test_how_sure_is_tallied_apart() -> None:
    counts = {"1+2": 4, "2+2": 1, "1+3": 2, "1": 5, NOT_SURE: 3}
    assert how_sure(counts) == {"1": 0, "2": 5, "3": 2}
    assert without_sure(counts) == {"1": 11, "2": 1, NOT_SURE: 3}


@each
def test_a_question_survives_being_frozen_as_json(question: Question) -> None:
    step = Asking.model_validate(
        {
            "key": "facts.ask",
            "part": "facts",
            "title": question.text,
            "lead": {"key": "kfrs", "name": "Kent Fire and Rescue Service"},
            "question": question,
            "purpose": "facts",
            "has_feedback": True,
        }
    )
    assert Asking.model_validate_json(step.model_dump_json()).question == question


@each
def test_without_devices_it_is_asked_with_up_to_four_answers_or_talked_through(question: Question) -> None:
    asked = question.without_devices()
    if asked is None:
        assert question.form in ("some", "areas")
    else:
        assert 2 <= len(asked.options) <= 4
        assert asked.is_marked == question.is_marked
