"""The fields of a quiz question's form, and the question that they make."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.content.fields import Words
from app.content.questions.written import read_item
from app.content.quiz_sketch import change_question, read_question, written_question
from app.content.sketch import lines_of, one_line
from app.content.step_forms import Form, OptionFields, typed_options, with_misconception
from app.content.yaml_pieces import Value

SIMPLE = {"id", "anchor", "reserve", "question", "right", "wrong", "why", "talk", "facts"}


@dataclass(frozen=True)
class QuestionFields:
    """All that stands in the form of one quiz question."""

    id: str = ""
    question: str = ""
    options: tuple[OptionFields, ...] = ()
    why: str = ""
    talk: str = ""
    facts: str = ""
    is_anchor: bool = False
    is_reserve: bool = False
    raw: str = ""
    """The question as text, when it is of a kind that has no form of its own."""


def fields_of_question(text: str) -> QuestionFields:
    values = read_question(text)
    if values is None or not _is_simple(values):
        return QuestionFields(id=str((values or {}).get("id", "")), raw=written_question(text))
    wrong = values.get("wrong", ())
    others = wrong if isinstance(wrong, tuple) else (str(wrong),) if wrong else ()
    right = str(values.get("right", ""))
    facts = values.get("facts", "")
    return QuestionFields(
        id=str(values.get("id", "")),
        question=str(values.get("question", "")),
        options=(*_options((right,) if right else (), is_correct=True), *_options(others, is_correct=False)),
        why=str(values.get("why", "")),
        talk=str(values.get("talk", "")),
        facts=", ".join(facts) if isinstance(facts, tuple) else str(facts),
        is_anchor=_is_yes(values, "anchor"),
        is_reserve=_is_yes(values, "reserve"),
    )


def question_from(form: Form, before: str) -> str:
    """The question as typed. What the form does not show stays as it was."""
    if "raw" in form:
        return written_question(lines_of(form["raw"]), back=True)
    options = typed_options(form, "")
    right = next((with_misconception(option) for option in options if option.is_correct), "")
    others = tuple(with_misconception(option) for option in options if not option.is_correct)
    values: dict[str, Value | None] = {
        "id": one_line(form.get("id", "")),
        "anchor": "yes" if "anchor" in form else None,
        "reserve": "yes" if "reserve" in form else None,
        "question": one_line(form.get("question", "")),
        "right": right,
        "wrong": others,
        "why": one_line(form.get("why", "")),
        "talk": one_line(form.get("talk", "")),
        "facts": one_line(form.get("facts", "")),
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


def _is_simple(values: Mapping[str, Value]) -> bool:
    texts = all(isinstance(value, str) for name, value in values.items() if name not in ("wrong", "facts"))
    return texts and set(values) <= SIMPLE and not isinstance(values.get("wrong"), dict)


def _options(texts: tuple[str, ...], *, is_correct: bool) -> tuple[OptionFields, ...]:
    read = (read_item(Words(0, text), "[x]" if is_correct else "[ ]") for text in texts)
    return tuple(OptionFields(item.text, item.misconception or "", item.is_correct) for item in read)


def _is_yes(values: Mapping[str, Value], name: str) -> bool:
    return str(values.get(name, "")).casefold() == "yes"
