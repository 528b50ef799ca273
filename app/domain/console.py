"""What a presenter's console shows of many classes: how each one is, and what they answered together."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from pydantic import BaseModel

from app.domain.run import Place, Plan, Stage

Light = Literal["lost", "slow", "holding", "getting_ready", "with_you", "ended", "not_opened"]
IN_ORDER: tuple[Light, ...] = ("lost", "slow", "holding", "getting_ready", "with_you", "ended", "not_opened")
"""Trouble first."""
SLOW_AFTER, LOST_AFTER = 4.0, 10.0
FEWEST = 5
"""Answers of a class below this number are told to no presenter, nor added to what all classes answered."""
PRACTICE_PUPILS = 5


class Silence(NamedTuple):
    """How long nothing was heard of a class's screens."""

    seconds: float = 0
    has_left: bool = False
    """The last of them was closed, as far as anybody knows."""


class ClassLine(BaseModel, frozen=True):
    """One class group in a live session. `counts` are of the asking and round on its own stage."""

    class_group_id: int
    school: str
    label: str
    run_id: int | None = None
    mode: str = "devices"
    follows: bool = False
    waits: bool = False
    has_ended: bool = False
    expected: int | None = None
    joined: int = 0
    stage: Stage = Stage()
    counts: dict[str, int] = {}
    silence: Silence = Silence()

    @property
    def answered(self) -> int:
        return sum(self.counts.values())

    @property
    def light(self) -> Light:
        if self.run_id is None:
            return "not_opened"
        if self.has_ended:
            return "ended"
        if self.silence.has_left or self.silence.seconds >= LOST_AFTER:
            return "lost"
        if self.silence.seconds >= SLOW_AFTER:
            return "slow"
        if self.waits:
            return "getting_ready"
        return "with_you" if self.follows else "holding"

    def stands_with(self, stage: Stage) -> bool:
        """Whether it follows and is asked what the session asks."""
        asks = (stage.module, stage.step_key, stage.round)
        return self.follows and asks == (self.stage.module, self.stage.step_key, self.stage.round)

    def may_be_told(self, stage: Stage) -> bool:
        """Whether the presenter may see what this class chose: enough answers, and the question is closed."""
        is_over = stage.phase in ("closed", "revealed")
        return is_over and self.stands_with(stage) and self.answered >= FEWEST


class Totals(BaseModel, frozen=True):
    """The head of the class list."""

    with_you: int
    """Classes that follow and whose screen is heard of."""
    classes: int
    joined: int
    """Devices of the classes that are with the presenter."""
    expected: int
    """Pupils of those classes, as their teachers said; where none did, the devices."""
    to_look_at: int


class Together(BaseModel, frozen=True):
    """What all classes that are with the presenter answered. `left_out` classes have too few answers to be told."""

    counts: dict[str, int]
    answered: int
    joined: int
    """Who can answer: the devices that have joined."""
    left_out: int

    @property
    def percent(self) -> int:
        return round(100 * self.answered / self.joined) if self.joined else 0


def in_order(lines: Iterable[ClassLine]) -> list[ClassLine]:
    """Trouble first, then by school and class."""
    return sorted(lines, key=lambda line: (IN_ORDER.index(line.light), line.school, line.label))


def is_trouble(line: ClassLine, session: Stage) -> bool:
    if line.light == "getting_ready":
        return not session.is_rules  # the lesson has begun without it
    return line.light in ("lost", "slow", "holding")


def totals(lines: Sequence[ClassLine], session: Stage) -> Totals:
    open_now = [line for line in lines if line.run_id is not None]
    with_you = [line for line in open_now if line.light in ("with_you", "slow") and line.follows]
    return Totals(
        with_you=len(with_you),
        classes=len(open_now),
        joined=sum(line.joined for line in with_you),
        expected=sum(line.expected or line.joined for line in with_you),
        to_look_at=sum(is_trouble(line, session) for line in lines),
    )


def together(lines: Iterable[ClassLine], session: Stage) -> Together:
    """One tally over all classes; a class of which too few have answered does not show in it."""
    asked = [line for line in lines if line.stands_with(session)]
    told = [line for line in asked if line.answered >= FEWEST]
    counts: Counter[str] = Counter()
    for line in told:
        counts.update(line.counts)
    return Together(
        counts=dict(counts),
        answered=sum(line.answered for line in asked),
        joined=sum(line.joined for line in asked),
        left_out=sum(0 < line.answered < FEWEST for line in asked),
    )


def planned(plan: Plan, stage: Stage) -> tuple[float, float]:
    """Minutes from the first step on: when the plan wants this step to begin, and when to be over.

    Minutes stand at the first step of a part; its steps share them.
    """
    begins = 0.0
    for _, part in groupby(plan.places, key=lambda place: (place.module, place.step.part)):
        places = list(part)
        minutes = sum(place.step.minutes for place in places)
        for number, place in enumerate(places):
            if (place.module, place.step.key) == (stage.module, stage.step_key):
                share = minutes / len(places)
                return begins + number * share, begins + (number + 1) * share
        begins += minutes
    return begins, begins


def behind(plan: Plan, stage: Stage, minutes: float) -> float:
    """Minutes behind the plan after so many minutes; below 0 is ahead of it, 0 as planned."""
    begins, ends = planned(plan, stage)
    if minutes > ends:
        return minutes - ends
    return min(minutes - begins, 0.0)


def practice_line(seed: str, place: Place | None, stage: Stage, choices: Sequence[str]) -> ClassLine:
    """The class of a rehearsal: five made-up pupils, who answer as the stored seed has it. It stands in no store."""
    counts: Counter[str] = Counter()
    if place is not None and choices and stage.phase in ("open", "closed", "revealed"):
        for pupil in range(PRACTICE_PUPILS):
            drawn = hashlib.sha256(f"{seed}|{place.module}/{place.step.key}|{stage.round}|{pupil}".encode()).digest()
            counts[choices[drawn[0] % len(choices)]] += 1
    return ClassLine(
        class_group_id=0,
        school="Practice class",
        label="made up",
        run_id=0,
        follows=True,
        expected=PRACTICE_PUPILS,
        joined=PRACTICE_PUPILS,
        stage=stage,
        counts=dict(counts),
    )
