"""The shipped fire lesson says what Kent Fire and Rescue Service teaches, in words for ten-year-olds."""

from datetime import date
from pathlib import Path

import pytest

from app.content import library
from app.domain.lesson import Asking, Draft, Lesson, Pledge, TakeHome
from app.domain.quiz import (
    LONGEST_EXPLANATION,
    LONGEST_OPTION,
    LONGEST_QUESTION,
    ChooseOne,
    Opinion,
    Quiz,
    Spot,
)

SHIPPED = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped() -> library.Library:
    return library.load(SHIPPED / "lessons", SHIPPED / "quizzes")


@pytest.fixture
def lesson(shipped: library.Library) -> Lesson:
    return next(lesson for lesson in shipped.lessons if lesson.key == "fire")


@pytest.fixture
def draft(shipped: library.Library) -> Draft:
    return next(draft for draft in shipped.drafts if draft.key == "fire")


@pytest.fixture
def quiz(shipped: library.Library) -> Quiz:
    return next(quiz for quiz in shipped.quizzes if quiz.key == "fire")


def test_the_fire_files_have_no_problems_and_no_warnings(shipped: library.Library) -> None:
    assert [str(problem) for problem in shipped.problems if "/fire." in problem.file] == []


def test_the_lesson_has_its_eight_parts_in_nineteen_minutes(draft: Draft, lesson: Lesson) -> None:
    kinds = ["precheck", "hook", "facts", "scenario", "poll", "quiz", "pledge", "take-home"]
    assert [part.kind for part in draft.parts] == kinds
    assert lesson.minutes == 19


def test_the_steps_are_unrolled(lesson: Lesson) -> None:
    counts = {kind: sum(step.part == kind for step in lesson.steps) for kind in dict.fromkeys(_parts(lesson))}
    assert counts == {
        "precheck": 1 + 5 + 2,
        "hook": 2,
        "facts": 6,
        "scenario": 3,
        "poll": 2,
        "quiz": 1 + 10 + 2,
        "pledge": 1,
        "take-home": 1,
    }
    assert len({step.key for step in lesson.steps}) == len(lesson.steps) == 36


def _parts(lesson: Lesson) -> list[str]:
    return [step.part for step in lesson.steps]


def test_kent_fire_and_rescue_leads_every_step(lesson: Lesson) -> None:
    assert {step.lead.name for step in lesson.steps} == {"Kent Fire and Rescue Service"}
    assert lesson.supports == ()


def test_every_part_has_notes_for_the_teacher_and_the_presenter(draft: Draft) -> None:
    assert all(part.teacher_note and part.presenter_note for part in draft.parts)


def test_every_slide_has_a_picture_with_alt_text(draft: Draft) -> None:
    pictures = [part.picture for part in draft.parts if not part.cards]
    pictures += [card.picture for part in draft.parts for card in part.cards]
    pictures += [part.ending.picture for part in draft.parts if part.ending]
    assert len(pictures) == 14
    assert all(picture and picture.alt for picture in pictures)


def test_there_are_ten_questions_and_two_reserves(quiz: Quiz) -> None:
    assert [question.key for question in quiz.live] == [f"F{number}" for number in range(1, 11)]
    assert [question.key for question in quiz.questions if question.is_reserve] == ["F1R", "F2R"]


def test_the_five_anchors_are_the_first_five(quiz: Quiz) -> None:
    assert [question.key for question in quiz.anchors] == ["F1", "F2", "F3", "F4", "F5"]


def test_all_questions_keep_to_the_limits(lesson: Lesson, quiz: Quiz) -> None:
    for question in [*(step.question for step in lesson.askings), *quiz.questions]:
        assert len(question.text) <= LONGEST_QUESTION
        assert len(question.explanation) <= LONGEST_EXPLANATION
        shown = question.face(question.marks("seed", "place")).options
        assert all(len(option.text) <= LONGEST_OPTION for option in shown)


def test_every_wrong_answer_names_one_of_twelve_misconceptions(quiz: Quiz) -> None:
    assert list(quiz.misconceptions) == [f"FM{number}" for number in range(1, 13)]
    chosen = [question for question in quiz.questions if isinstance(question, ChooseOne)]
    wrong = [option for question in chosen for option in question.options if not option.is_correct]
    assert len(wrong) == 36
    assert {option.misconception for option in wrong} == set(quiz.misconceptions)


def test_every_question_has_something_to_talk_about(quiz: Quiz) -> None:
    assert all(question.talk for question in quiz.questions)


def test_the_eighteen_facts_have_a_source_and_a_review_date(lesson: Lesson) -> None:
    assert [fact.key for fact in lesson.facts] == [f"FIR-{number:02}" for number in range(1, 19)]
    assert all(fact.source for fact in lesson.facts)
    assert {fact.checked_on for fact in lesson.facts} == {date(2026, 11, 22)}


def test_figures_that_change_are_reviewed_sooner_and_never_for_pupils(lesson: Lesson) -> None:
    sooner = {fact.key: fact.audience for fact in lesson.facts if fact.review_by == date(2027, 5, 31)}
    assert sooner == {"FIR-16": "teachers", "FIR-17": "teachers"}


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


def test_the_poll_counts_the_class_only_and_offers_not_sure_once(lesson: Lesson) -> None:
    poll = lesson.step("poll.ask")
    assert isinstance(poll, Asking)
    assert poll.tally_only
    assert isinstance(poll.question, Opinion)
    assert not poll.question.offers_not_sure
    assert poll.question.options[-1].text == "Not sure"


def test_nobody_has_to_make_a_promise(lesson: Lesson) -> None:
    pledge = lesson.step("pledge")
    assert isinstance(pledge, Pledge)
    assert len(pledge.question.options) == 4
    assert pledge.question.options[-1].text == "I'd rather not say"
    assert not pledge.question.offers_not_sure


def test_the_numbers_to_call_are_exact(lesson: Lesson) -> None:
    take_home = lesson.step("take-home")
    assert isinstance(take_home, TakeHome)
    assert "0800 923 7000" in take_home.text
    assert "Call 999" in lesson.step("facts.5").text
    assert "**Childline 0800 1111**" in lesson.step("pledge").text
    assert "**999**" in lesson.step("pledge").text


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
