"""Participation records: what one module of one run gave, computed from its cues and answers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from app.domain.errors import Invalid
from app.domain.lesson import Asking, Lesson
from app.domain.run import Shift

Role = Literal["leads", "presents", "supports"]
LARGEST_CLASS = 60


class ScorePair(BaseModel, frozen=True):
    """How many matched participants had this pair of scores on the anchors."""

    before_right: int
    after_right: int
    n: int


class AnchorPair(BaseModel, frozen=True):
    """Of the matched participants, how many were right on one anchor: both times, only once, never."""

    question_key: str
    both: int
    before_only: int
    after_only: int
    neither: int


def read_head_count(typed: str) -> int:
    """Pupils present as a teacher typed it. Raises Invalid with the reason."""
    try:
        present = int(typed.strip())
    except ValueError:
        raise Invalid("Type the number of pupils in the room, for example 28.") from None
    if not 1 <= present <= LARGEST_CLASS:
        raise Invalid(f"One class has between 1 and {LARGEST_CLASS} pupils. Please count again.")
    return present


def steps_shown(shifts: Iterable[Shift], module: int) -> tuple[str, ...]:
    """Keys of a module's steps that stood before the class, in the order of their first showing."""
    return tuple(dict.fromkeys(s.step_key for s in shifts if s.module == module and s.is_shown))


def minutes_delivered(shifts: Sequence[Shift], module: int, ended_at: datetime) -> float:
    """Minutes from a module's first cue to the next module's first cue or the end, without pauses.

    The minutes of all modules of a run add up to its length from the first cue on (data model, counting rules).
    """
    total = 0.0
    for shift, following in zip(shifts, [*(s.at for s in shifts[1:]), ended_at], strict=True):
        if shift.module == module and shift.step_key and not shift.is_pause:
            total += max((following - shift.at).total_seconds(), 0)
    return round(total / 60, 1)


def until_left(shifts: Sequence[Shift], ended_at: datetime) -> tuple[tuple[Shift, ...], datetime]:
    """A run that nobody ended, until somebody last moved it: what came after that was no lesson."""
    moved = tuple(s for s in shifts if s.at < ended_at)
    return moved, moved[-1].at if moved else ended_at


def ended_early(lesson: Lesson, shown: Iterable[str], left_out: Iterable[str]) -> bool:
    """Whether the class never saw the last step of a lesson; what it left out by choice does not count."""
    planned = set(left_out)
    steps = [step.key for step in lesson.steps if step.key not in planned]
    return bool(steps) and steps[-1] not in set(shown)


def began_at(shifts: Iterable[Shift], module: int) -> datetime | None:
    return next((s.at for s in shifts if s.module == module and s.is_shown), None)


def asked(shifts: Iterable[Shift], module: int) -> frozenset[tuple[str, int]]:
    """Askings of a module, with the round, that were open before the class."""
    return frozenset((s.step_key, s.round) for s in shifts if s.module == module and s.phase == "open" and s.is_shown)


def presenting(shifts: Iterable[Shift], module: int) -> frozenset[int]:
    """Agencies whose presenter held the console at a step that was shown while the run followed."""
    return frozenset(s.agency_id for s in shifts if s.module == module and s.agency_id and s.is_shown)


def contributions(
    lesson: Lesson, shown: Iterable[str], presented_by: Iterable[str] = ()
) -> dict[str, tuple[Role, ...]]:
    """Agency key -> roles: *leads* a step that was shown, *presents*, and *supports* when named and neither."""
    steps = set(shown)
    leads = {step.lead.key for step in lesson.steps if step.key in steps}
    presents = set(presented_by)
    roles: dict[str, tuple[Role, ...]] = {}
    for key in dict.fromkeys((*(a.key for a in (*lesson.supports, lesson.lead)), *sorted(leads | presents))):
        took: list[Role] = ["leads"] if key in leads else []
        took += ["presents"] if key in presents else []
        roles[key] = tuple(took) or ("supports",)
    return roles


def anchors_served(lesson: Lesson, opened: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Question key -> its asking before and its asking in the quiz, for anchors that were opened both times."""
    asked = set(opened)
    both: dict[str, dict[str, str]] = {}
    for step in lesson.steps:
        if isinstance(step, Asking) and step.is_anchor and step.key in asked:
            both.setdefault(step.question.key, {})[step.purpose] = step.key
    return {key: (keys["before"], keys["quiz"]) for key, keys in both.items() if {"before", "quiz"} <= keys.keys()}


Choices = Mapping[int, Mapping[str, str]]
"""Participant -> step key -> stored choice of round 1."""


def matched(choices: Choices, anchors: Mapping[str, tuple[str, str]]) -> tuple[int, ...]:
    """Participants with a counted answer, not sure included, to every anchor before and after (ruling 6)."""
    needed = {key for pair in anchors.values() for key in pair}
    return tuple(who for who, given in choices.items() if needed and needed <= given.keys())


def score_pairs(lesson: Lesson, choices: Choices, anchors: Mapping[str, tuple[str, str]]) -> list[ScorePair]:
    """How many matched participants had each pair of scores; enough for gain, n and interval later."""
    counted = Counter(
        (
            sum(_right(lesson, before, choices[who][before]) for before, _ in anchors.values()),
            sum(_right(lesson, after, choices[who][after]) for _, after in anchors.values()),
        )
        for who in matched(choices, anchors)
    )
    return [ScorePair(before_right=b, after_right=a, n=n) for (b, a), n in sorted(counted.items())]


def anchor_pairs(lesson: Lesson, choices: Choices, anchors: Mapping[str, tuple[str, str]]) -> list[AnchorPair]:
    who = matched(choices, anchors)
    pairs = []
    for key, (before, after) in anchors.items():
        seen = Counter(
            (_right(lesson, before, choices[one][before]), _right(lesson, after, choices[one][after])) for one in who
        )
        pairs.append(
            AnchorPair(
                question_key=key,
                both=seen[True, True],
                before_only=seen[True, False],
                after_only=seen[False, True],
                neither=seen[False, False],
            )
        )
    return pairs


def _right(lesson: Lesson, step_key: str, choice: str) -> bool:
    step = lesson.step(step_key)
    return isinstance(step, Asking) and step.question.is_right(choice)
