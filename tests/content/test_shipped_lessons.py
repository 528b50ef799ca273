"""What every shipped lesson keeps: its parts and minutes, its words for ten-year-olds, its pictures, its facts."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree

import pytest

from app.content.library import Library
from app.demo import AGENCIES
from app.domain.lesson import Asking, Draft, Lesson, Pledge, TakeHome
from app.domain.quiz import (
    LONGEST_EXPLANATION,
    LONGEST_OPTION,
    LONGEST_QUESTION,
    ChooseOne,
    Opinion,
    Quiz,
)
from app.settings import Settings
from tests.questions import texts_of

CHECKED, A_YEAR_ON = date(2026, 11, 22), date(2027, 11, 22)
LESSONS = Settings().lessons_dir
PICTURES = LESSONS / "pictures"


@dataclass(frozen=True)
class Promised:
    """What the agencies were promised of one lesson."""

    lead: str
    letter: str
    anchors: tuple[int, ...]
    misconceptions: int
    facts: tuple[str, int]
    reviewed_sooner: dict[str, date]
    is_tally_only: bool


MAY = date(2027, 5, 31)
PROMISED = {
    "fire": Promised(
        "kent-fire-and-rescue-service", "F", (1, 2, 3, 4, 5), 12, ("FIR", 18), {"FIR-16": MAY, "FIR-17": MAY}, True
    ),
    "internet": Promised("kent-police", "I", (1, 2, 3, 5, 7), 12, ("INT", 21), {"INT-05": date(2027, 2, 28)}, True),
    "road": Promised("medway-council", "R", (1, 2, 3, 4, 5), 12, ("ROA", 17), {"ROA-10": date(2027, 3, 31)}, False),
    "water": Promised("rnli", "W", (1, 2, 3, 4, 6), 10, ("WAT", 17), {"WAT-15": MAY}, False),
}
SHIPPED = sorted(path.stem for path in LESSONS.glob("*.md"))
NUMBERS = {"0800 1111", "0800 555 111", "0800 923 7000", "0300 123 2040"}
"""All the long numbers that anybody is told to call; each was checked with its owner's page."""
NEVER_SAID = ("stranger danger", "be arrested", "three breaths", "olympic")
HEAVIEST = 25_000
SHAPES = {"svg", "clipPath", "g", "path", "circle", "ellipse"}
DRAWN_WITH = {
    *("viewBox", "id", "clip-path", "transform", "d", "cx", "cy", "r", "rx", "ry"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-dasharray"),
}


@pytest.fixture(params=SHIPPED)
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def promised(key: str) -> Promised:
    return PROMISED[key]


@pytest.fixture
def lesson(shipped: Library, key: str) -> Lesson:
    return next(lesson for lesson in shipped.lessons if lesson.key == key)


@pytest.fixture
def draft(shipped: Library, key: str) -> Draft:
    return next(draft for draft in shipped.drafts if draft.key == key)


@pytest.fixture
def quiz(shipped: Library, draft: Draft) -> Quiz:
    return next(quiz for quiz in shipped.quizzes if quiz.key == draft.quiz)


def test_the_shipped_files_have_no_problems_and_no_warnings(shipped: Library) -> None:
    assert [str(problem) for problem in shipped.problems] == []


# Parts and steps


def test_the_lesson_has_its_eight_parts_in_nineteen_minutes(draft: Draft, lesson: Lesson) -> None:
    kinds = ["precheck", "hook", "facts", "scenario", "poll", "quiz", "pledge", "take-home"]
    assert [part.kind for part in draft.parts] == kinds
    assert lesson.minutes == 19


def test_the_steps_are_unrolled(draft: Draft, lesson: Lesson) -> None:
    cards = {part.kind: (len(part.cards) or 1) + bool(part.question) for part in draft.parts}
    assert Counter(step.part for step in lesson.steps) == {
        "precheck": 1 + 5 + 2,
        "hook": cards["hook"],
        "facts": cards["facts"],
        "scenario": 3,
        "poll": 2,
        "quiz": 1 + 10 + 2,
        "pledge": 1,
        "take-home": 1,
    }
    assert len({step.key for step in lesson.steps}) == len(lesson.steps)


def test_its_agency_leads_it_and_the_demo_knows_all_agencies(lesson: Lesson, promised: Promised) -> None:
    assert lesson.lead.key == promised.lead
    assert {lesson.lead, *lesson.supports, *(step.lead for step in lesson.steps)} <= set(AGENCIES)


def test_every_part_has_notes_for_the_teacher_and_the_presenter(draft: Draft) -> None:
    assert all(part.teacher_note and part.presenter_note for part in draft.parts)


def test_three_objectives_and_what_to_think_of_before_the_day(lesson: Lesson) -> None:
    assert len(lesson.objectives) == 3
    assert "safeguarding lead" in lesson.before_you_start


def test_every_story_ends(lesson: Lesson) -> None:
    question = lesson.step("scenario.ask")
    assert isinstance(question, Asking)
    assert isinstance(question.question, ChooseOne)
    assert lesson.step("scenario.ending").text


def test_the_poll_counts_the_class_only_where_it_asks_about_home_or_harm(lesson: Lesson, promised: Promised) -> None:
    poll = lesson.step("poll.ask")
    assert isinstance(poll, Asking)
    assert isinstance(poll.question, Opinion)
    assert poll.tally_only == promised.is_tally_only


def test_everybody_can_be_unsure_in_the_poll_exactly_once(lesson: Lesson) -> None:
    poll = lesson.step("poll.ask")
    assert isinstance(poll, Asking)
    assert isinstance(poll.question, Opinion)
    assert poll.question.offers_not_sure != any("not sure" in option.text.lower() for option in poll.question.options)


def test_nobody_has_to_make_a_promise(lesson: Lesson) -> None:
    pledge = lesson.step("pledge")
    assert isinstance(pledge, Pledge)
    assert len(pledge.question.options) == 4
    assert pledge.question.options[-1].text == "I'd rather not say"
    assert not pledge.question.offers_not_sure


# Words


def test_every_lesson_says_whom_a_child_can_tell(lesson: Lesson) -> None:
    assert isinstance(lesson.step("take-home"), TakeHome)
    text = lesson.step("pledge").text
    assert "**Who can I tell?**" in text
    assert "**Childline 0800 1111**" in text
    assert "**999**" in text
    assert "never your fault" in text


def test_the_numbers_to_call_are_exact(key: str) -> None:
    words = (LESSONS / f"{key}.md").read_text() + (Settings().quizzes_dir / f"{key}.yaml").read_text()
    long = r"\b0\d[\d ]{6,}\d\b"
    assert set(re.findall(long, words)) <= NUMBERS
    assert set(re.findall(r"\b9\d\d\b", re.sub(long, "", words))) == {"999"}


def test_nothing_frightens(lesson: Lesson) -> None:
    words = " ".join(step.model_dump_json().lower() for step in lesson.steps)
    assert [phrase for phrase in NEVER_SAID if phrase in words] == []


# The quiz


def test_there_are_ten_questions_and_two_reserves(quiz: Quiz, promised: Promised) -> None:
    letter = promised.letter
    assert [question.key for question in quiz.live] == [f"{letter}{number}" for number in range(1, 11)]
    assert [question.key for question in quiz.questions if question.is_reserve] == [f"{letter}1R", f"{letter}2R"]


def test_the_anchors_are_those_that_were_agreed(quiz: Quiz, promised: Promised) -> None:
    assert [question.key for question in quiz.anchors] == [f"{promised.letter}{n}" for n in promised.anchors]


def test_all_questions_keep_to_the_limits(lesson: Lesson, quiz: Quiz) -> None:
    for question in [*(step.question for step in lesson.askings), *quiz.questions]:
        assert len(question.text) <= LONGEST_QUESTION
        assert len(question.explanation) <= LONGEST_EXPLANATION
        assert all(len(text) <= LONGEST_OPTION for text in texts_of(question))


def test_every_wrong_answer_names_a_misconception_and_every_misconception_is_met(
    quiz: Quiz, promised: Promised
) -> None:
    codes = [f"{promised.letter}M{number}" for number in range(1, promised.misconceptions + 1)]
    assert list(quiz.misconceptions) == codes
    chosen = [question for question in quiz.questions if isinstance(question, ChooseOne)]
    wrong = [option for question in chosen for option in question.options if not option.is_correct]
    assert len(wrong) == 36
    assert {option.misconception for option in wrong} == set(codes)


def test_every_question_has_something_to_talk_about(quiz: Quiz) -> None:
    assert all(question.talk for question in quiz.questions)


# Facts


def test_every_fact_has_a_source_and_a_review_date_within_a_year(lesson: Lesson, promised: Promised) -> None:
    letters, count = promised.facts
    assert [fact.key for fact in lesson.facts] == [f"{letters}-{number:02}" for number in range(1, count + 1)]
    assert all(fact.source for fact in lesson.facts)
    assert {fact.checked_on for fact in lesson.facts} == {CHECKED}
    sooner = {fact.key: fact.review_by for fact in lesson.facts if fact.review_by < A_YEAR_ON}
    assert sooner == promised.reviewed_sooner
    assert {fact.review_by for fact in lesson.facts} - set(sooner.values()) == {A_YEAR_ON}


# Pictures


def test_every_slide_has_a_picture_with_alt_text(draft: Draft) -> None:
    pictures = [part.picture for part in draft.parts if not part.cards]
    pictures += [card.picture for part in draft.parts for card in part.cards]
    pictures += [part.ending.picture for part in draft.parts if part.ending]
    assert all(picture and picture.alt for picture in pictures)
    shown = [picture.path for picture in pictures if picture]
    drawn = [path.relative_to(PICTURES).as_posix() for path in (PICTURES / draft.key).iterdir()]
    assert set(shown) == set(drawn), "no picture is left over"


def test_pictures_are_plain_shapes_of_one_size(key: str) -> None:
    for path in (PICTURES / key).iterdir():
        drawing = ElementTree.parse(path).getroot()
        assert drawing.get("viewBox") == "0 0 1280 550", path.name
        names = {one.tag.removeprefix("{http://www.w3.org/2000/svg}") for one in drawing.iter()}
        assert names <= SHAPES, path.name
        assert {name for one in drawing.iter() for name in one.attrib} <= DRAWN_WITH, path.name


def test_a_picture_is_light_enough_for_a_schools_line(key: str) -> None:
    assert {
        path.name: path.stat().st_size for path in (PICTURES / key).iterdir() if path.stat().st_size > HEAVIEST
    } == {}


def test_what_was_promised_is_shipped() -> None:
    assert sorted(PROMISED) == SHIPPED
    assert sorted(path.stem for path in Settings().quizzes_dir.glob("*.yaml")) == SHIPPED
    assert sorted(path.name for path in PICTURES.iterdir()) == SHIPPED
