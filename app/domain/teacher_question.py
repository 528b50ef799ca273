"""What a class asks the presenter, in its teacher's words, and what a presenter tells teachers. Pupils write none."""

import unicodedata
from typing import Literal

from app.domain.errors import Invalid, NotAllowed
from app.domain.run import Stage

State = Literal["new", "on_air", "answered", "parked"]
LONGEST = 140
MOST_WAITING = 5
"""Questions of one class that nobody has looked at yet."""

MESSAGES = (
    "Please press “We are ready”",
    "Two more minutes",
    "Please press “Catch up”",
    "Please count your class and finish",
)
"""What a presenter can tell teachers, on their controls only."""


def may_go_on_air(stage: Stage) -> bool:
    """Whether the words of a class may cover the screens: never a question that pupils are answering."""
    return stage.phase != "open"


def must_go_on_air(stage: Stage) -> None:
    if not may_go_on_air(stage):
        raise NotAllowed("Pupils are answering. Close the question first, then put these words on the screens.")


_ADDRESSES = ("://", "www.", "@")


def clean(typed: str) -> str:
    """One line of plain words. Raises Invalid with what to change."""
    shown = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in typed)
    words = " ".join(unicodedata.normalize("NFC", shown).split())
    if not any(letter.isalpha() for letter in words):
        raise Invalid("Type the question of your class.")
    if len(words) > LONGEST:
        raise Invalid(f"That is too long for a screen. A question has at most {LONGEST} letters.")
    if "<" in words or ">" in words:
        raise Invalid("Use plain words, without the signs < and >.")
    if any(sign in words.lower() for sign in _ADDRESSES):
        raise Invalid("Leave out web and e-mail addresses.")
    return words
