"""The facts behind a step or a question: a file names them with commas, a form has a box for each."""

from collections.abc import Mapping

LISTED, BOX = "facts-listed", "fact-"
"""The field that says that the form has boxes, and how their names begin."""


def names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def ticked(form: Mapping[str, str], before: str) -> str:
    """As a file names them; an empty box is not sent, and a form without boxes changes nothing."""
    if LISTED not in form:
        return before
    chosen = [field.removeprefix(BOX) for field in form if field.startswith(BOX)]
    stay = [name for name in names(before) if name in chosen]
    return before if len(stay) == len(chosen) == len(names(before)) else ", ".join(dict.fromkeys([*stay, *chosen]))


def boxes(own: list[tuple[str, str]], listed: str) -> list[tuple[str, str, bool]]:
    """(name, words, whether it is ticked) of all facts of the lesson, those that are ticked first."""
    chosen, known = names(listed), dict(own)
    unknown = [(name, "There is no such fact in this lesson.") for name in chosen if name not in known]
    found = [(name, said, name in chosen) for name, said in [*known.items(), *unknown]]
    return sorted(found, key=lambda one: not one[2])
