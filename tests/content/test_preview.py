"""What of a step can be shown, while its lesson is half written."""

import pytest

from app.content import library
from app.content.drafts import DraftTexts
from app.content.preview import lesson_with, question_part
from app.settings import ROOT

PICTURES = ROOT / "lessons" / "pictures"
FIRE = DraftTexts("fire", (ROOT / "lessons" / "fire.md").read_text(), (ROOT / "quizzes" / "fire.yaml").read_text())


def test_a_finished_step_is_shown_as_its_lesson_will_show_it() -> None:
    shipped = next(one for one in library.load(ROOT / "lessons", ROOT / "quizzes").lessons if one.key == "fire")
    assert lesson_with(FIRE, FIRE.sketch.parts, PICTURES).steps == shipped.steps
    assert lesson_with(FIRE, FIRE.sketch.parts[1:2], PICTURES).steps == (
        shipped.step("hook"),
        shipped.step("hook.ask"),
    )


@pytest.mark.parametrize("text", ["", "---\n---\n", "## Hook: [", "title: x", "---\ntitle: [\n---\n## Hook: x\n"])
def test_a_step_is_shown_whatever_the_rest_of_the_lesson_is(text: str) -> None:
    lesson = lesson_with(DraftTexts("new", text, text), ["## Hook: Look\n\nHello.\n"], PICTURES)
    assert [(step.key, step.title, step.text) for step in lesson.steps] == [("hook", "Look", "Hello.")]


def test_a_step_whose_question_is_not_finished_shows_its_words() -> None:
    part = "## Scenario: Mo\nminutes: 1\n\nHe wakes.\n\n### Question: What?\n\n- [ ] Run\n"
    assert [(step.kind, step.text) for step in lesson_with(FIRE, [part], PICTURES).steps] == [("slide", "He wakes.")]


def test_a_question_is_shown_although_its_step_lacks_something_else() -> None:
    part = "## Scenario: Mo\npicture: none\n\n### Question: What?\nwhy: So.\n\n- [x] Out\n- [ ] In\n"
    assert [step.kind for step in lesson_with(FIRE, [part], PICTURES).steps] == ["slide", "asking"]


def test_only_finished_questions_are_shown() -> None:
    texts = DraftTexts("fire", FIRE.lesson, FIRE.quiz.replace("right: Stay out and call 999", "", 1))
    keys = [step.key for step in lesson_with(texts, [question_part()], PICTURES).steps]
    assert "quiz.F1" in keys
    assert "quiz.F2" not in keys


@pytest.mark.parametrize("part", ["", "no heading", "## Nonsense: x", "## Quiz:", "##"])
def test_what_is_no_step_shows_nothing_and_breaks_nothing(part: str) -> None:
    lesson_with(FIRE, [part], PICTURES)
