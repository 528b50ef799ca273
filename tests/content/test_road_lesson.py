"""The shipped road lesson says what Medway Council teaches on the way to Year 7."""

import pytest

from app.content.library import Library
from app.domain.lesson import Asking, Lesson
from app.domain.quiz import ChooseOne, Quiz


@pytest.fixture
def lesson(shipped: Library) -> Lesson:
    return next(lesson for lesson in shipped.lessons if lesson.key == "road")


@pytest.fixture
def quiz(shipped: Library) -> Quiz:
    return next(quiz for quiz in shipped.quizzes if quiz.key == "road")


def question(quiz: Quiz, key: str) -> ChooseOne:
    found = next(question for question in quiz.questions if question.key == key)
    assert isinstance(found, ChooseOne)
    return found


def test_the_code_begins_with_a_safe_place(quiz: Quiz) -> None:
    assert question(quiz, "R1").correct.text == "Find a safe place to cross"


def test_30_mph_is_23_metres_and_six_cars(lesson: Lesson, quiz: Quiz) -> None:
    assert question(quiz, "R2").correct.text == "23 metres, about 6 cars"
    distances = next(fact.text for fact in lesson.facts if fact.key == "ROA-03")
    assert all(words in distances for words in ("12 m", "23 m", "36 m"))


def test_an_e_scooter_is_for_private_land_and_a_push_scooter_is_another_thing(lesson: Lesson, quiz: Quiz) -> None:
    card = next(step.text for step in lesson.steps if step.part == "facts" and "E-scooters" in step.title)
    for words in (card, question(quiz, "R8").explanation):
        assert "private land" in words
        assert "Push scooters are different." in words


def test_penalties_frighten_nobody(lesson: Lesson) -> None:
    assert not any("£300" in step.text or "points" in step.text for step in lesson.steps)


def test_the_story_is_about_not_following_the_others(lesson: Lesson) -> None:
    asked = lesson.step("scenario.ask")
    assert isinstance(asked, Asking)
    assert isinstance(asked.question, ChooseOne)
    assert asked.question.correct.text == "Walk to a clear place, use the Code, read it later"


def test_a_car_seat_until_12_years_or_135_cm(lesson: Lesson) -> None:
    assert any("135 cm" in f"{step.title} {step.text}" for step in lesson.steps if step.part == "facts")
