"""A quiz question's form shows it, and makes the same question of what is typed into it."""

import pytest

from app.content.named_facts import names
from app.content.question_forms import QuestionFields, fields_of_question, next_id, question_from
from app.content.quiz_sketch import QuizSketch, change_question, read_question, written_question
from app.settings import ROOT
from tests.content.test_step_forms import sent_body

SHIPPED = [(path.stem, n) for path in sorted((ROOT / "quizzes").glob("*.yaml")) for n in range(12)]
NEW = change_question("", {"id": "F13", "question": ""})


def as_sent(shown: QuestionFields) -> dict[str, str]:
    """What a browser sends for an untouched form."""
    if shown.raw:
        return {"raw": shown.raw}
    sent = {"id": shown.id, "question": shown.question, "why": shown.why, "talk": shown.talk}
    sent |= {"facts-listed": "1"} | {f"fact-{name}": "on" for name in names(shown.facts)}
    sent |= {"anchor": "on"} if shown.is_anchor else {}
    sent |= {"reserve": "on"} if shown.is_reserve else {}
    return sent | sent_body(shown.body)


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


def test_a_question_of_an_unknown_kind_is_edited_as_text() -> None:
    text = "  - id: W1\n    kind: guess\n    from: 5\n"
    shown = fields_of_question(text)
    assert (shown.id, shown.raw) == ("W1", "id: W1\nkind: guess\nfrom: 5\n")
    assert question_from({"raw": "id: W1\r\nkind: guess\r\nfrom: 6"}, text) == text.replace("5", "6")
    assert question_from({"raw": ""}, text) == "  - id:\n"


KINDS = {
    "true or false": 'right: "True"',
    "choose all": "right:\n  - Shout\n  - Get out\nwrong:\n  - Hide [FM1]\nsure: yes",
    "estimate": "from: 5\nto: 30\nstep: 5\nunit: °C\nright: 10 to 15",
    "put in order": "order:\n  - Shout\n  - Get low\n  - Get out",
    "match": "pairs:\n  - Red flag = Danger\n  - Orange windsock = No inflatables",
    "spot": 'picture: a/b.svg "A home"\nright: Towel (15.5% 44% 9% 27%)\nwrong:\n  - Sofa (1% 2% 30% 40%)',
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_question_has_a_form(kind: str) -> None:
    text = written_question(f"id: W1\nkind: {kind}\nquestion: What?\n{KINDS[kind]}\nwhy: So.", back=True)
    shown = fields_of_question(text)
    assert (shown.raw, shown.body.kind) == ("", kind)
    made = question_from(as_sent(shown), text)
    assert (
        read_question(made) == {"wrong": ()} | (read_question(text) or {}) if "wrong" in made else read_question(text)
    )


def test_a_question_that_becomes_another_kind_keeps_its_words() -> None:
    text = QuizSketch.cut((ROOT / "quizzes" / "fire.yaml").read_text()).questions[2]
    sent = as_sent(fields_of_question(text)) | {"kind": "put in order"}
    assert read_question(question_from(sent, text)) == {
        "id": "F3",
        "anchor": "yes",
        "question": "There is smoke on your way out. How should you move?",
        "why": "Smoke goes up, so the cleaner air is low down.",
        "talk": "Where does smoke go in a room?",
        "facts": "FIR-05",
        "kind": "put in order",
        "order": (
            "Crawl low, near the floor",
            "Walk tall so that you can see",
            "Run as fast as you can",
            "Stop, drop and roll",
        ),
    }


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
