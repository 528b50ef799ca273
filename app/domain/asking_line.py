"""One asking of one run in a report: how a class answered one question, as far as it may leave the school.

Counts by choice are of all who answered, while gains are of matched pupils. Where the two differ by few pupils, they
would tell together how those few answered; so the counts of a key question stay back there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.disclosure import ALONE, FEWEST_PUPILS, WHY, Mark

CHOICES = 4
"""As many as a question of one tap can have."""
TOO_FEW = "Hidden: fewer than 10 answered"
NOT_MATCHED = "Choices hidden: they would tell of the few who are not matched"
NO_CHOICES = "Not answered by one choice, so right answers only"
WHEN = {
    "before": "Before",
    "quiz": "After, in the quiz",
    "pledge": "Promise",
    "hook": "Opening",
    "facts": "During the facts",
    "scenario": "Story",
    "poll": "Poll",
    "confidence": "How sure pupils are",
}
"""Part of the lesson in which it was asked."""


@dataclass(frozen=True)
class AskingLine:
    run_id: int
    record_id: int
    taught_at: datetime
    school: str
    class_label: str
    topic_name: str
    lesson: str
    version: int
    when: str
    key: str
    """Of the step: *before.F1* and *quiz.F1* are two askings."""
    text: str
    round: int
    by_hands: bool
    joined: int
    answered: int
    matched: int | None
    """Of key questions."""
    matched_right: int | None
    right: int | None
    chosen: tuple[int | None, ...]
    """Of the question's choices, in its own order."""
    not_sure: int | None
    why: str
    """Why something is hidden; empty where nothing is."""


@dataclass(frozen=True)
class ChoicesLine:
    """What an asking offered: what the counts of `AskingLine` are of."""

    lesson: str
    version: int
    key: str
    when: str
    text: str
    is_key_question: bool
    right: str
    """Its right answer, in words; empty where none is right."""
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Askings:
    """The askings of a report, and what they offered."""

    lines: tuple[AskingLine, ...] = ()
    choices: tuple[ChoicesLine, ...] = ()
    lessons_left_out: int = 0
    """Older lessons whose askings are too many for one file."""


def why_hidden(
    mark: Mark,
    answered: int,
    *,
    matched: int | None = None,
    is_alone: bool = True,
    tells_of_each: Iterable[int] = (),
) -> str:
    """Why the counts of an asking stay back; empty where they may leave the school.

    `mark` is how the class stands. `is_alone`: no other run of the class is counted with this one. `tells_of_each`:
    the counts of a sensitive asking, none of which may be nobody or everybody (PRIV-15).
    """
    if mark not in ALONE:
        return WHY[mark]
    if not answered:
        return WHY["none"]
    if answered < FEWEST_PUPILS:
        return TOO_FEW
    if not is_alone or any(count in (0, answered) for count in tells_of_each):
        return WHY["beside"]
    if matched is not None and 0 < answered - matched < FEWEST_PUPILS:
        return NOT_MATCHED
    return ""
