"""A quiz question's form shows it, and makes the same question of what is typed into it."""

import pytest

from app.content.question_forms import QuestionFields, fields_of_question, next_id, question_from
from app.content.quiz_sketch import QuizSketch, change_question
from app.settings import ROOT

SHIPPED = [(path.stem, n) for path in sorted((ROOT / "quizzes").glob("*.yaml")) for n in range(12)]
NEW = change_question("", {"id": "F13", "question": ""})


def as_sent(shown: QuestionFields) -> dict[str, str]:
    """What a browser sends for an untouched form."""
    if shown.raw:
        return {"raw": shown.raw}
    sent = {"id": shown.id, "question": shown.question, "why": shown.why, "talk": shown.talk, "facts": shown.facts}
    sent |= {"anchor": "on"} if shown.is_anchor else {}
    sent |= {"reserve": "on"} if shown.is_reserve else {}
    for place, option in enumerate(shown.options, start=1):
        sent |= {f"option-{place}": option.text, f"misconception-{place}": option.misconception}
        sent |= {"right": str(place)} if option.is_correct else {}
    return sent


@pytest.mark.parametrize(("quiz", "place"), SHIPPED)
def test_an_untouched_form_makes_the_same_question(quiz: str, place: int) -> None:
    text = QuizSketch.cut((ROOT / "quizzes" / f"{quiz}.yaml").read_text()).questions[place]
    assert question_from(as_sent(fields_of_question(text)), text).rstrip() == text.rstrip()


def test_what_is_typed_is_in_the_question() -> None:
    sent = {"id": "F13", "question": "What\nnow?", "option-1": "Wait: hide", "option-2": "Get out", "option-3": " "}
    sent |= {"right": "2", "misconception-1": "FM1", "anchor": "on", "why": "Smoke."}
    assert question_from(sent, NEW) == (
        "  - id: F13\n    question: What now?\n    anchor: yes\n    right: Get out\n"
        '    wrong:\n      - "Wait: hide [FM1]"\n    why: Smoke.\n'
    )


def test_an_empty_form_is_kept_and_shown_again() -> None:
    made = question_from({}, NEW)
    assert fields_of_question(made) == QuestionFields()
    assert question_from(as_sent(fields_of_question(made)), made) == made


def test_a_question_of_another_kind_is_edited_as_text() -> None:
    text = "  - id: W1\n    kind: estimate\n    from: 5\n"
    shown = fields_of_question(text)
    assert (shown.id, shown.raw) == ("W1", "id: W1\nkind: estimate\nfrom: 5\n")
    assert question_from({"raw": "id: W1\r\nkind: estimate\r\nfrom: 6"}, text) == text.replace("5", "6")
    assert question_from({"raw": ""}, text) == "  - id:\n"


def test_a_question_that_is_no_yaml_is_edited_as_text() -> None:
    text = "  - id: [W1\n    why: x\n"
    assert fields_of_question(text).raw == "id: [W1\nwhy: x\n"
    assert question_from({"raw": fields_of_question(text).raw}, text) == text


@pytest.mark.parametrize(
    ("ids", "topic", "wanted"),
    [((), "water", "W1"), (("F1", "F12", "F2R"), "fire", "F13"), (("", "Q7"), "", "Q8"), ((), "", "Q1")],
)
def test_a_new_question_gets_the_next_id(ids: tuple[str, ...], topic: str, wanted: str) -> None:
    assert next_id(ids, topic) == wanted
