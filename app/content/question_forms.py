"""The fields of a quiz question's form, and the question that they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.content.fields import plain_name
from app.content.named_facts import ticked
from app.content.question_bodies import Body, Form, body_in_quiz, typed_body, values_of
from app.content.questions.kinds import KINDS
from app.content.quiz_sketch import change_question, read_question, written_question
from app.content.sketch import lines_of, one_line
from app.content.yaml_pieces import Value

SHARED = {"id", "anchor", "reserve", "question", "kind", "sure", "why", "talk", "facts"}


@dataclass(frozen=True)
class QuestionFields:
    """All that stands in the form of one quiz question."""

    id: str = ""
    question: str = ""
    body: Body = field(default_factory=Body)
    why: str = ""
    talk: str = ""
    facts: str = ""
    is_anchor: bool = False
    is_reserve: bool = False
    raw: str = ""
    """The question as text, when no form can show it."""


def fields_of_question(text: str) -> QuestionFields:
    values = read_question(text)
    body = body_in_quiz(values) if values is not None and _is_plain(values) else None
    if values is None or body is None:
        return QuestionFields(id=str((values or {}).get("id", "")), raw=written_question(text))
    facts = values.get("facts", "")
    return QuestionFields(
        id=str(values.get("id", "")),
        question=str(values.get("question", "")),
        body=body,
        why=str(values.get("why", "")),
        talk=str(values.get("talk", "")),
        facts=", ".join(facts) if isinstance(facts, tuple) else str(facts),
        is_anchor=_is_yes(values, "anchor"),
        is_reserve=_is_yes(values, "reserve"),
    )


def question_from(form: Form, before: str) -> str:
    """The question as typed. What the form does not show stays as it was."""
    shown = fields_of_question(before)
    if "raw" in form or shown.raw:
        return written_question(lines_of(form.get("raw", shown.raw)), back=True)
    values: dict[str, Value | None] = {
        "id": one_line(form.get("id", "")),
        "anchor": "yes" if "anchor" in form else None,
        "reserve": "yes" if "reserve" in form else None,
        "question": one_line(form.get("question", "")),
        **values_of(typed_body(form, "", shown.body)),
        "why": one_line(form.get("why", "")),
        "talk": one_line(form.get("talk", "")),
        "facts": one_line(ticked(form, shown.facts)),
    }
    known = read_question(before) or {}
    optional = ("talk", "why", "facts")
    values |= {name: None for name in optional if not values[name] and name not in known}
    return change_question(before, values)


def next_id(ids: tuple[str, ...], topic: str) -> str:
    """F13 after F12; W1 for the first question about water."""
    letters = [key.rstrip("0123456789") for key in ids if key and key.rstrip("0123456789") and key[-1].isdigit()]
    letter = max(letters, key=letters.count) if letters else (topic[:1].upper() or "Q")
    numbers = [int(key[len(letter) :]) for key in ids if key.startswith(letter) and key[len(letter) :].isdigit()]
    return f"{letter}{max(numbers, default=0) + 1}"


def _is_plain(values: Mapping[str, Value]) -> bool:
    """Nothing in it that a form would lose."""
    kind = KINDS.get(plain_name(str(values.get("kind", "choose one"))))
    known = SHARED | {*kind.names, *kind.settings} if kind else SHARED
    return set(values) <= known and not any(isinstance(value, dict) for value in values.values())


def _is_yes(values: Mapping[str, Value], name: str) -> bool:
    return str(values.get(name, "")).casefold() == "yes"
