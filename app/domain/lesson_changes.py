"""What changed between two versions of a lesson, step by step."""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from app.domain.lesson import Lesson, Step

How = Literal["changed", "added", "taken out"]
NEVER_SHOWN = ("key", "kind", "part", "purpose", "frame")
WORDS = {
    "title": "Title",
    "minutes": "Minutes",
    "text": "Words",
    "picture": "Picture",
    "sensitivity": "Sensitivity",
    "lead": "Led by",
    "fact_ids": "Facts",
    "teacher_note": "Teacher's note",
    "presenter_note": "Presenter's note",
    "question": "Question",
    "options": "Answers",
    "explanation": "Why",
    "talk": "Talk",
    "is_anchor": "Asked before and after",
    "is_reserve": "Kept for the recheck",
    "supports": "Supported by",
    "objectives": "Objectives",
    "before_you_start": "Before you start",
    "you_need": "You need",
    "facts": "Facts",
    "topic": "Topic",
    "misconceptions": "Misconceptions",
    "tally_only": "Counted only",
    "offers_not_sure": "Offers not sure",
    "has_feedback": "Shows the answer",
    "ways": "Goes on",
    "ends_story": "Ends the story",
    "asks_sure": "Asks how sure",
    "things": "In this order",
    "pairs": "Go together",
    "scale": "Scale",
    "low": "Right from",
    "high": "Right up to",
}


class Difference(NamedTuple):
    """One thing that reads otherwise; empty words where there was nothing."""

    name: str
    old: str
    new: str


class Change(NamedTuple):
    """One step, or what stands around all of them (`where` is empty)."""

    where: str
    how: How
    differences: tuple[Difference, ...]


def changes(old: Lesson | None, new: Lesson) -> list[Change]:
    """In the order of the new version; what was taken out comes last. Without an old one everything is new."""
    before: dict[str, Step] = {step.key: step for step in old.steps} if old else {}
    now: dict[str, Step] = {step.key: step for step in new.steps}
    around = _differences(_around(old) if old else {}, _around(new))
    found = [Change("", "changed" if old else "added", around)] if around else []
    for key, step in now.items():
        differences = _differences(_flat(before[key]) if key in before else {}, _flat(step))
        if key not in before:
            found.append(Change(_name(step), "added", differences))
        elif differences:
            found.append(Change(_name(step), "changed", differences))
    gone = [step for key, step in before.items() if key not in now]
    return found + [Change(_name(step), "taken out", _differences(_flat(step), {})) for step in gone]


def is_reordered(old: Lesson, new: Lesson) -> bool:
    """Whether steps that are in both stand in another order."""
    keys = [step.key for step in new.steps]
    both = [step.key for step in old.steps if step.key in keys]
    return both != [key for key in keys if key in both]


def _name(step: Step) -> str:
    return f"{step.part.capitalize()}: {step.title}"


def _around(lesson: Lesson) -> dict[str, str]:
    fields = lesson.model_dump(exclude={"key", "steps", "parts", "lead"})
    return {name: words for name, value in fields.items() if (words := _words(value))}


def _flat(step: Step) -> dict[str, str]:
    fields = step.model_dump()
    asked = fields.pop("question", None)
    shown = {name: words for name, value in fields.items() if (words := _words(value))}
    if isinstance(asked, dict):
        shown |= {"question": str(asked.pop("text", ""))}
        shown |= {name: words for name, value in asked.items() if (words := _words(value))}
    return {name: words for name, words in shown.items() if name not in NEVER_SHOWN}


def _differences(old: dict[str, str], new: dict[str, str]) -> tuple[Difference, ...]:
    names = list(dict.fromkeys([*new, *old]))
    return tuple(
        Difference(WORDS.get(name, name.replace("_", " ").capitalize()), old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    )


def _words(value: Any) -> str:
    """A value as lines that a person can compare."""
    match value:
        case None | "" | () | [] | {} | False | 0:
            return ""
        case True:
            return "yes"
        case float():
            return f"{value:g}"
        case {"name": name, "key": _, **rest} if not rest:
            return str(name)
        case {"path": path, "alt": alt}:
            return f"{path}\n{alt or 'decorative'}"
        case {"text": text, "is_correct": right, "misconception": misconception}:
            return f"{'✓ ' if right else ''}{text}{f' [{misconception}]' if misconception else ''}"
        case {"option": option, "to": to}:
            return f"answer {option} -> {to}"
        case {"text": text, "partner": partner}:
            return f"{text} = {partner}"
        case {"first": first, "last": last, "step": step, "measure": measure}:
            return f"{first} to {last} {measure}, in steps of {step}"
        case {"key": key, "text": text, "source": source, **_rest}:
            return f"{key}: {text}\n{source}, checked {value['checked_on']}, review by {value['review_by']}"
        case dict():
            return "\n".join(f"{name}: {_words(item)}" for name, item in value.items())
        case list() | tuple():
            return "\n".join(_words(item) for item in value)
        case BaseModel():
            return _words(value.model_dump())
        case _:
            return str(value)
