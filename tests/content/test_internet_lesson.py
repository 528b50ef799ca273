"""The shipped internet lesson says what Kent Police teaches: nobody is a villain, and telling is right."""

import re
from datetime import date

import pytest

from app.content.library import Library
from app.domain.lesson import Asking, Draft, Lesson
from app.domain.quiz import ChooseOne, Quiz
from tests.questions import texts_of


@pytest.fixture
def lesson(shipped: Library) -> Lesson:
    return next(lesson for lesson in shipped.lessons if lesson.key == "internet")


@pytest.fixture
def draft(shipped: Library) -> Draft:
    return next(draft for draft in shipped.drafts if draft.key == "internet")


@pytest.fixture
def quiz(shipped: Library) -> Quiz:
    return next(quiz for quiz in shipped.quizzes if quiz.key == "internet")


def words_for_children(lesson: Lesson) -> str:
    return "\n".join(
        [f"{step.title}\n{step.text}" for step in lesson.steps]
        + [
            "\n".join([step.question.text, step.question.explanation, *texts_of(step.question)])
            for step in lesson.askings
        ]
    )


def test_crimestoppers_supports(lesson: Lesson) -> None:
    assert [agency.key for agency in lesson.supports] == ["crimestoppers"]


def test_age_limits_stand_in_one_fact_that_is_reviewed_soon(lesson: Lesson) -> None:
    [limits] = [fact for fact in lesson.facts if "13 or over" in fact.text]
    assert (limits.key, limits.audience, limits.review_by) == ("INT-05", "teachers", date(2027, 2, 28))
    assert not re.search(r"\b1[36]\b", words_for_children(lesson)), "an age limit is written where children read it"


def test_the_story_ends_with_sam_helped(lesson: Lesson) -> None:
    question = lesson.step("scenario.ask")
    assert isinstance(question, Asking)
    assert isinstance(question.question, ChooseOne)
    assert question.question.correct.text == "Stop and tell a trusted adult"
    assert lesson.step("scenario.ending").title == "Sam is not in trouble"
    assert lesson.step("scenario").sensitivity == 1


def test_nobody_finds_out_who_bluefox_is(draft: Draft) -> None:
    hook = draft.parts[1]
    assert hook.cards[-1].title == "None of them"
    assert "It may all be true." in hook.cards[-1].text


def test_fearless_is_never_named_without_its_age_and_an_adult_comes_first(lesson: Lesson) -> None:
    named = [one for one in words_for_children(lesson).split("\n") if "Fearless" in one]
    assert named
    assert all("from age 11" in one and "trusted adult" in one for one in named)


def test_the_line_of_crimestoppers_is_exact(lesson: Lesson) -> None:
    assert "**Crimestoppers 0800 555 111**" in lesson.step("take-home").text


def test_private_pictures_are_on_no_screen(lesson: Lesson) -> None:
    shown = words_for_children(lesson).lower()
    assert [word for word in ("nude", "private picture", "report remove", "ceop") if word in shown] == []
    assert "Report Remove" in lesson.step("take-home").teacher_note


def test_no_password_of_the_lesson_is_recommended(quiz: Quiz) -> None:
    question = next(question for question in quiz.questions if question.key == "I3")
    assert "never use one from a lesson" in question.explanation
