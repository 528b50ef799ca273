"""What changed between two versions of a lesson, step by step."""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from app.domain.lesson import Lesson, Step

How = Literal["changed", "added", "taken out"]
NEVER_SHOWN = ("key", "kind", "part", "purpose", "frame", "has_feedback")
USUAL = {"offers_not_sure": True}
"""What goes without saying of a step that is new or gone."""
WRITTEN = ("text", "teacher_note", "presenter_note")
"""What its author laid out: bold words, lists, pictures."""
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
    "ways": "Goes on",
    "ends_story": "Ends the story",
    "asks_sure": "Asks how sure",
    "things": "In this order",
    "pairs": "Go together",
    "scale": "Scale",
    "low": "Right from",
    "high": "Right up to",
}


class Value(NamedTuple):
    """What is compared, and the words in which it is told."""

    plain: Any
    words: str


class Difference(NamedTuple):
    """One thing that reads otherwise; empty words where there was nothing."""

    name: str
    old: str
    new: str
    is_written: bool = False


class Change(NamedTuple):
    """One step, or what stands around all of them (`where` is empty)."""

    where: str
    how: How
    differences: tuple[Difference, ...]


def changes(old: Lesson, new: Lesson) -> list[Change]:
    """In the order of the new version, then what was taken out. A question asked before and after stands once."""
    before: dict[str, Step] = {step.key: step for step in old.steps}
    now: dict[str, Step] = {step.key: step for step in new.steps}
    around = _differences(_around(old), _around(new))
    found = [Change("", "changed", around)] if around else []
    for key in dict.fromkeys([*now, *before]):
        differences = _of_step(old, before.get(key), new, now.get(key))
        asked_again = key.replace("before.", "quiz.", 1)
        if asked_again != key and differences == _of_step(old, before.get(asked_again), new, now.get(asked_again)):
            continue
        if differences:
            how: How = "taken out" if key not in now else "changed" if key in before else "added"
            found.append(Change(_name(now.get(key) or before[key]), how, differences))
    return found


def _of_step(old: Lesson, before: Step | None, new: Lesson, now: Step | None) -> tuple[Difference, ...]:
    if before and now:
        return _differences(_flat(old, before), _flat(new, now))
    return _differences(_unusual(old, before), _unusual(new, now))


def _unusual(lesson: Lesson, step: Step | None) -> dict[str, Value]:
    """Of a step that is new or gone: all but what goes without saying."""
    return {name: one for name, one in _flat(lesson, step).items() if one.plain != USUAL.get(name)} if step else {}


def is_reordered(old: Lesson, new: Lesson) -> bool:
    """Whether steps that are in both stand in another order."""
    keys = [step.key for step in new.steps]
    both = [step.key for step in old.steps if step.key in keys]
    return both != [key for key in keys if key in both]


def _name(step: Step) -> str:
    return f"{step.part.capitalize()}: {step.title}"


def _around(lesson: Lesson) -> dict[str, Value]:
    fields = lesson.model_dump(exclude={"key", "steps", "parts", "lead"})
    return {name: Value(value, words) for name, value in fields.items() if (words := _words(value))}


def _flat(lesson: Lesson, step: Step) -> dict[str, Value]:
    fields = step.model_dump()
    asked = fields.pop("question", None)
    if isinstance(asked, dict):
        fields |= {"question": asked.pop("text", ""), **asked}
    fields = {name: value for name, value in fields.items() if name not in NEVER_SHOWN}
    told = fields | {"options": _with_beliefs(lesson, fields.get("options", ()))}
    told |= {"fact_ids": [fact.model_dump() for fact in lesson.facts if fact.key in step.fact_ids]}
    told |= {"ways": _ways(lesson, fields.get("options", ()), fields.get("ways", ()))}
    return {name: Value(value, words) for name, value in fields.items() if (words := _words(told[name]))}


def _with_beliefs(lesson: Lesson, options: Any) -> list[Any]:
    known = lesson.misconceptions
    return [one | {"misconception": known.get(one["misconception"], one["misconception"])} for one in options]


def _ways(lesson: Lesson, options: Any, ways: Any) -> list[str]:
    texts = {one["key"]: one["text"] for one in options}
    return [f"{texts.get(way['option'], way['option'])}: {lesson.step(way['to']).title}" for way in ways]


def _differences(old: dict[str, Value], new: dict[str, Value]) -> tuple[Difference, ...]:
    nothing = Value(None, "")
    return tuple(
        Difference(
            WORDS.get(name, name.replace("_", " ").capitalize()),
            old.get(name, nothing).words,
            new.get(name, nothing).words,
            name in WRITTEN,
        )
        for name in dict.fromkeys([*new, *old])
        if old.get(name, nothing).plain != new.get(name, nothing).plain
    )


def _words(value: Any) -> str:
    """A value as lines that a person can compare."""
    match value:
        case None | "" | () | [] | False | 0:
            return ""
        case dict() if not value:  # the pattern {} would fit every dict
            return ""
        case True:
            return "yes"
        case float():
            return f"{value:g}"
        case {"name": name, "key": _, **rest} if not rest:
            return str(name)
        case {"path": path, "alt": alt}:
            return f"{path}\n{alt or 'It only decorates.'}"
        case {"path": path, "transcript": transcript}:
            return "\n".join((path, *transcript))
        case {"text": text, "is_correct": right, "misconception": misconception}:
            return f"{'✓' if right else '–'} {text}{f' (may believe: {misconception})' if misconception else ''}"
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
