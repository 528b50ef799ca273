"""What is wrong with a draft is told at the field where its author can put it right."""

import re
from dataclasses import replace
from datetime import date

import pytest

from app.content import library
from app.content.drafts import Checked, DraftTexts, check
from app.content.lesson_starts import new_lesson, with_new_part
from app.settings import ROOT

PICTURES = ROOT / "lessons" / "pictures"
AGENCIES = {"kent-fire-and-rescue-service", "rnli"}
FIRE = DraftTexts("fire", (ROOT / "lessons" / "fire.md").read_text(), (ROOT / "quizzes" / "fire.yaml").read_text())


def checked(old: str = "", new: str = "", *, quiz: tuple[str, str] = ("", "")) -> Checked:
    assert old in FIRE.lesson
    assert quiz[0] in FIRE.quiz
    texts = DraftTexts("fire", FIRE.lesson.replace(old, new, 1), FIRE.quiz.replace(*quiz, 1))
    return check(texts, PICTURES, AGENCIES)


def places(found: Checked) -> list[tuple[str, str, str]]:
    return [(one.area, one.key, one.field) for one in found.findings]


def test_a_draft_without_a_problem_makes_the_lesson_that_its_files_make() -> None:
    shipped = library.load(ROOT / "lessons", ROOT / "quizzes")
    fire = next(lesson for lesson in shipped.lessons if lesson.key == "fire")
    assert checked() == Checked(fire, ())


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title: Get out, stay out\n", "", ("lesson", "", "title")),
        ("lead: Kent Fire and Rescue Service", "lead: Kent Fire", ("lesson", "", "lead")),
        ("supports: []", "supports: [Kent Fyre]", ("lesson", "", "supports")),
        ("minutes: 2.5", "minutes: long", ("steps", "precheck", "minutes")),
        ("## Hook: Spot 6 things to make safer\nminutes: 1.5", "## Hook: Spot", ("steps", "hook", "minutes")),
        ("sensitivity: 1", "sensitivity: 9", ("steps", "scenario", "sensitivity")),
        ("sensitivity: 1", "lead: Kent Fyre", ("steps", "scenario", "lead")),
        ('fire/two-ways-out.svg "', 'fire/nothing.svg "', ("steps", "facts", "card-2-picture")),
        ("### Two ways out", "###", ("steps", "facts", "card-2-title")),
        ("- [ ] Hide and wait [FM1]", "- [ ] Hide and wait [FM99]", ("steps", "scenario", "question-text")),
        ("why: Mo shouts", "own: Mo shouts", ("steps", "scenario", "question-why")),
        ("picture: fire/mo-safe.svg", "picture: fire/nothing.svg", ("steps", "scenario", "ending-picture")),
        ("facts: FIR-03\ntally", "facts: FIR-99\ntally", ("steps", "poll", "facts")),
        ("source: Inverclyde Council, fire advice; Fetch Security", "", ("facts", "FIR-08", "source")),
    ],
    ids=str,
)
def test_a_problem_is_told_at_its_field(old: str, new: str, place: tuple[str, str, str]) -> None:
    found = checked(old, new)
    assert found.lesson is None
    assert place in places(found)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title: Fire", "", ("quiz", "", "title")),
        ("why: Every second counts", "own: Every second counts", ("questions", "F1", "why")),
        ("right: Stay out and call 999", "", ("questions", "F2", "right")),
        ("- Run as fast as you can [FM4]", "- Run as fast as you can [FM99]", ("questions", "F3", "wrong")),
        ("facts: FIR-08", "facts: FIR-99", ("questions", "F4", "facts")),
    ],
    ids=str,
)
def test_a_problem_of_the_quiz_is_told_at_its_question(old: str, new: str, place: tuple[str, str, str]) -> None:
    found = checked(quiz=(old, new))
    assert found.lesson is None
    assert place in places(found)


def test_a_warning_blocks_nothing() -> None:
    long = "This is a sentence that goes on and on with more than fifteen words in one single go.\n\nLook for"
    found = checked("Look for", long)
    assert found.lesson is not None
    assert [one.is_warning for one in found.of("steps", "hook")] == [True]
    assert found.blocking == ()


@pytest.mark.parametrize("text", ["", "\n", "---\n", "---\n---\n", "## Hook", "\x00", "#" * 3000, "- [x] " * 500])
def test_whatever_a_draft_holds_it_is_checked(text: str) -> None:
    for texts in (DraftTexts("x", text, FIRE.quiz), DraftTexts("x", FIRE.lesson, text)):
        assert check(texts, PICTURES, AGENCIES).lesson is None


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("minutes: 2.5\n", "", "Write how many minutes"),
        ("why: Mo shouts", "own: Mo shouts", "Say why the safest answer is safer."),
        ("## Poll: Plans at home", "## Poll", "Write one."),
        ("### Two ways out", "###", "Write one."),
        ("not sure: no\n\n- Yes, and", "\n- Yes, and", "Take the tick off"),
        (' "A badger holds up four shapes: a triangle, a circle, a square and a diamond."', "", "Say what it shows"),
        ("fire/quiz.svg", "fire/none.svg", "Choose another picture."),
        ("confidence: high\nfor: pupils", "for: pupils", "Choose one."),
        ("objectives:\n  - name the main", "own:\n  - name the main", "Write it on the page About"),
        ("## Quiz: Show what you know", "## Take-home: Show", "Add that step"),
    ],
    ids=str,
)
def test_a_remedy_is_one_for_the_form(old: str, new: str, remedy: str) -> None:
    assert [one for one in checked(old, new).findings if one.remedy.startswith(remedy)]


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("right: Stay out and call 999", "", "Write the answers, and mark the safest one."),
        ("- Run as fast as you can [FM4]", "- Run as fast as you can", "Choose what a child who picks it"),
        ("right: Crawl low, near the floor", "right: Crawl low [FM4]", "Choose “no belief”"),
        ("anchor: yes", "anchor: no", "Tick “Ask it before and after”"),
        ("facts: FIR-08", "", "Tick the fact behind it, such as FIR-01."),
        ("id: F4", "", "Give the question a short name"),
        ("id: F6", "id: F6\n    kind: estimate", "Write it as 10 to 15"),
        ("id: F6", "id: F6\n    kind: put in order", "Write the things in their right order."),
        ("id: F1", "id: F1\n    kind: choose all", "Take the tick off"),
    ],
    ids=str,
)
def test_a_remedy_for_the_quiz_is_one_for_the_form(old: str, new: str, remedy: str) -> None:
    assert [one for one in checked(quiz=(old, new)).findings if one.remedy.startswith(remedy)]


def test_a_new_lesson_is_told_what_is_missing_where_it_is_put_right_and_in_words_of_its_forms() -> None:
    begun = new_lesson("rail", title="Rail", topic="Rail", lead="RNLI", today=date(2026, 11, 3))
    found = check(replace(begun, lesson=with_new_part(begun.sketch, "poll").text), PICTURES, AGENCIES).findings
    assert [(one.area, one.field) for one in found if one.area != "steps"] == [
        ("lesson", "objectives"),
        ("quiz", "misconceptions"),
        ("quiz", "questions"),
        ("quiz", "questions"),
    ]
    assert not re.search(
        "anchor|misconception|The part|part ", " ".join(f"{one.sentence} {one.remedy}" for one in found)
    )
