"""The shipped fire lesson says what Kent Fire and Rescue Service teaches, in words for ten-year-olds."""

import pytest

from app.content.library import Library
from app.domain.lesson import Asking, Lesson
from app.domain.quiz import ChooseOne, Quiz, Spot


@pytest.fixture
def lesson(shipped: Library) -> Lesson:
    return next(lesson for lesson in shipped.lessons if lesson.key == "fire")


@pytest.fixture
def quiz(shipped: Library) -> Quiz:
    return next(quiz for quiz in shipped.quizzes if quiz.key == "fire")


def test_the_hook_has_six_dangers_to_spot_and_two_things_that_do_no_harm(lesson: Lesson) -> None:
    asked = lesson.step("hook.ask")
    assert isinstance(asked, Asking)
    assert isinstance(asked.question, Spot)
    assert [one.text for one in asked.question.right] == [
        "Tea towel over the hob",
        "Phone charging on the bed",
        "Candle left alone",
        "Toys on the stairs",
        "E-scooter charging in the hall",
        "Alarm with its battery out",
    ]
    assert len(asked.question.options) == 8


def test_the_story_ends_with_everyone_outside(lesson: Lesson) -> None:
    question = lesson.step("scenario.ask")
    assert isinstance(question, Asking)
    assert isinstance(question.question, ChooseOne)
    assert question.question.correct.text == "Shout, get low, get out, call 999"
    assert lesson.step("scenario.ending").title == "Everyone is outside"
    assert lesson.step("scenario").sensitivity == 1


def test_the_numbers_to_call_are_exact(lesson: Lesson) -> None:
    assert "0800 923 7000" in lesson.step("take-home").text
    assert "Call 999" in lesson.step("facts.5").text


def test_families_in_flats_get_their_own_advice(lesson: Lesson) -> None:
    assert "another flat" in lesson.step("take-home").text
    assert "another flat" in lesson.step("facts.1").teacher_note


def test_the_alarm_is_tested_weekly_and_monthly_is_never_a_wrong_answer(quiz: Quiz) -> None:
    question = next(question for question in quiz.anchors if question.key == "F5")
    assert question.correct.text == "Once a week"
    assert not any("month" in option.text for option in question.options)


def test_nothing_promises_that_the_alarm_wakes_anyone(lesson: Lesson) -> None:
    words = " ".join(f"{step.text} {step.teacher_note} {step.presenter_note}" for step in lesson.steps)
    assert "alarm will wake" not in words
    assert "alarm wakes" not in words


def test_stop_drop_and_roll_is_taught_for_clothes_only(lesson: Lesson) -> None:
    cards = [step.text for step in lesson.steps if step.part == "facts" and "drop and roll" in step.text]
    assert cards == [lesson.step("facts.3").text]
    assert "only for clothes on fire" in cards[0]
