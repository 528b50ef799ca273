"""The shipped water lesson says what RNLI, HM Coastguard and Kent Fire and Rescue Service teach: float first."""

import pytest

from app.content.library import Library
from app.domain.lesson import Asking, Lesson
from app.domain.quiz import ChooseOne, Quiz
from tests.questions import texts_of


@pytest.fixture
def lesson(shipped: Library) -> Lesson:
    return next(lesson for lesson in shipped.lessons if lesson.key == "water")


@pytest.fixture
def quiz(shipped: Library) -> Quiz:
    return next(quiz for quiz in shipped.quizzes if quiz.key == "water")


def question(quiz: Quiz, key: str) -> ChooseOne:
    found = next(question for question in quiz.questions if question.key == key)
    assert isinstance(found, ChooseOne)
    return found


def test_three_agencies_lead_what_is_theirs(lesson: Lesson) -> None:
    leads = {step.part: step.lead.key for step in lesson.steps}
    assert leads["facts"] == "rnli"
    assert leads["scenario"] == "kent-fire-and-rescue-service", "a river is inland"
    assert leads["take-home"] == "hm-coastguard", "mud and tides"


def test_999_is_asked_for_by_where_you_are_and_only_in_clear_cases(quiz: Quiz) -> None:
    inland, coast = question(quiz, "W4"), question(quiz, "W5")
    assert "lake" in inland.text
    assert "Fire" in inland.correct.text
    assert "sea" in coast.text
    assert coast.correct.text == "The Coastguard"
    assert not any("tidal" in asked.text for asked in quiz.questions)


def test_floating_takes_60_to_90_seconds(quiz: Quiz) -> None:
    assert "60 to 90 seconds" in question(quiz, "W1").explanation


def test_the_flag_of_the_boards_is_told_by_its_colours(quiz: Quiz) -> None:
    assert any("black and white" in option.text for option in question(quiz, "W3").options)
    assert not any("quartered" in option for asked in quiz.questions for option in texts_of(asked))


def test_the_story_ends_with_jo_safe_and_amir_dry(lesson: Lesson) -> None:
    asked = lesson.step("scenario.ask")
    assert isinstance(asked, Asking)
    assert isinstance(asked.question, ChooseOne)
    assert asked.question.correct.text == "Call 999, tell Jo to float, throw the ball"
    assert lesson.step("scenario.ending").title == "Jo is safe"
    assert lesson.step("scenario").sensitivity == 1


def test_the_practice_is_seated_and_free(lesson: Lesson) -> None:
    practice = next(step.text for step in lesson.steps if "chair" in step.title)
    assert "You may just watch." in practice
