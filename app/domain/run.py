"""A run's stage and the cues that move it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from app.domain.errors import NotAllowed
from app.domain.lesson import Asking, Lesson, Pledge, Slide, Step, Way

Phase = Literal["lobby", "content", "ready", "open", "closed", "revealed", "finished"]
Order = Literal["next", "back", "open", "close", "reveal", "reopen"]
CueKind = Literal[
    "next",
    "back",
    "open",
    "close",
    "reveal",
    "reopen",
    "finish",
    "calm",
    "resume",
    "end",
    "follow",
    "hold",
    "pause",
    "take",
]
"""Orders, and what else moves a stage: a run follows its live session or holds; a presenter pauses it or takes it."""
LAST_ROUND = 2
OF_A_QUESTION: tuple[Phase, ...] = ("ready", "open", "closed", "revealed")


class Stage(BaseModel, frozen=True):
    """What everyone in a run sees now."""

    module: int = 0
    step_key: str = ""
    phase: Phase = "lobby"
    round: int = 1
    seq: int = 0

    @property
    def is_rules(self) -> bool:
        """Every run opens with the ground rules. They are a slide of no lesson, so no module's minutes count them."""
        return self.phase == "content" and not self.step_key


class Shift(BaseModel, frozen=True):
    """One cue as it was given: what the stage became, and when."""

    kind: CueKind
    module: int
    step_key: str
    phase: Phase
    round: int
    at: datetime
    seq: int = 0
    agency_id: int | None = None
    """Whose presenter held the console."""
    covered: bool = False
    """The class saw another screen than the stage."""

    @property
    def is_pause(self) -> bool:
        """Whatever order comes next takes the calm screen away."""
        return self.covered or self.kind in ("calm", "end")

    @property
    def is_shown(self) -> bool:
        """Whether its step stood before the class."""
        return bool(self.step_key) and self.phase != "finished" and not self.is_pause


class Place(BaseModel, frozen=True):
    """One step of a run: which of its modules, and the step."""

    module: int
    step: Step

    @property
    def is_asking(self) -> bool:
        return isinstance(self.step, Asking | Pledge)


class Plan(BaseModel, frozen=True):
    """The steps of a run in order: its modules one after the other, without what was left out."""

    lessons: tuple[Lesson, ...]
    places: tuple[Place, ...]
    left_out: frozenset[tuple[int, str]] = frozenset()

    def at(self, stage: Stage) -> Place | None:
        """The step on the stage; None in the lobby."""
        return next((p for p in self.places if (p.module, p.step.key) == (stage.module, stage.step_key)), None)

    def index(self, stage: Stage) -> int:
        here = self.at(stage)
        return -1 if here is None else self.places.index(here)

    def following(self, stage: Stage, to: str = "") -> Place | None:
        """The step after this one: on the way `to` of a story that goes on here, else the next in order."""
        here, later = self.at(stage), self.places[self.index(stage) + 1 :]
        if here is None:
            return later[0] if later else None
        match here.step:
            case Asking(ways=ways) if ways:
                wanted = to or ways[0].to
                found = next((p for p in later if (p.module, p.step.key) == (here.module, wanted)), None)
                return found or _after_part(here, later)
            case Slide(ends_story=True):
                return _after_part(here, later)
            case _:
                return later[0] if later else None

    def before(self, stage: Stage, reached: "Reached") -> Place | None:
        """The step before this one. In a story, and after it, that is the last vote that the class has taken."""
        earlier = self.places if stage.phase == "finished" else self.places[: max(self.index(stage), 0)]
        if not earlier:
            return None
        here, last = self.at(stage), earlier[-1]
        led_here = here is not None and stage.phase != "finished" and any(_leads(p, here) for p in earlier)
        if not led_here and not _ends_story(last):
            return last
        votes = [p for p in earlier if _ways(p) and (p.module, p.step.key) in reached and p.module == last.module]
        return next((p for p in reversed(votes) if not led_here or (here and _leads(p, here))), last)

    def asking_number(self, stage: Stage) -> tuple[int, int]:
        """Which question this is, of how many in its part: (3, 8)."""
        here = self.at(stage)
        if here is None:
            return 0, 0
        if _ways(here):
            return 1, 1  # how many there are depends on the way
        same = [p for p in self.places if p.is_asking and p.module == here.module and _series(p) == _series(here)]
        return (same.index(here) + 1 if here in same else 0), len(same)


def _ways(place: Place) -> tuple[Way, ...]:
    return place.step.ways if isinstance(place.step, Asking) else ()


def _leads(vote: Place, to: Place) -> bool:
    return vote.module == to.module and any(way.to == to.step.key for way in _ways(vote))


def _ends_story(place: Place) -> bool:
    return isinstance(place.step, Slide) and place.step.ends_story


def _after_part(here: Place, later: tuple[Place, ...]) -> Place | None:
    return next((p for p in later if (p.module, p.step.part) != (here.module, here.step.part)), None)


def _series(place: Place) -> tuple[str, str]:
    """Questions that are numbered together: the confidence askings do not lengthen the quiz."""
    return place.step.part, getattr(place.step, "purpose", "")


def plan(lessons: Iterable[Lesson], skipped: Iterable[tuple[int, str]] = ()) -> Plan:
    left_out = frozenset(skipped)
    lessons = tuple(lessons)
    return Plan(
        lessons=lessons,
        left_out=left_out,
        places=tuple(
            Place(module=module, step=step)
            for module, lesson in enumerate(lessons)
            for step in lesson.steps
            if (module, step.key) not in left_out
        ),
    )


Reached = Mapping[tuple[int, str], tuple[Phase, int]]
"""(module, step key) -> phase and round in which an asking was left: closed or revealed. Read from the cues."""


def reached(history: Iterable[Shift]) -> Reached:
    """How far each asking came."""
    far: dict[tuple[int, str], tuple[Phase, int]] = {}
    for shift in history:
        if shift.kind in ("close", "reveal"):
            where, now = (shift.module, shift.step_key), (shift.phase, shift.round)
            far[where] = max(far.get(where, now), now, key=how_far)
    return far


def how_far(came: tuple[Phase, int]) -> tuple[bool, int, int]:
    """Orders what an asking came to. What was revealed is never behind, whatever the round."""
    phase, round = came
    return phase == "revealed", round, OF_A_QUESTION.index(phase)


def after_order(stage: Stage, order: Order, plan: Plan, reached: Reached, to: str = "") -> tuple[Stage, CueKind]:
    """The stage after an order, and the cue it amounts to: *next* on an open question is *close*.

    `to` is the step with which a story goes on; without it, that of the first way.

    Raises NotAllowed with the reason, and nothing has changed.
    """
    match order:
        case "next":
            return _next(stage, plan, reached, to)
        case "back":
            return _back(stage, plan, reached), "back"
        case "open":
            _must_be(stage, "ready", "This question has been asked already.")
            return _moved(stage, phase="open"), "open"
        case "close":
            _must_be(stage, "open", "No question is open.")
            return _moved(stage, phase="closed"), "close"
        case "reveal":
            _must_be(stage, "closed", "Close the question first.")
            if not has_feedback(plan, stage):
                raise NotAllowed("This question has no answer to show.")
            return _moved(stage, phase="revealed"), "reveal"
        case "reopen":
            return reopen(stage), "reopen"


def reopen(stage: Stage) -> Stage:
    """The class talks and answers again: round 2, kept beside round 1. After reveal there is no way back."""
    _must_be(
        stage,
        "closed",
        "A question can be opened again only after it is closed and before its answer is shown.",
    )
    if stage.round >= LAST_ROUND:
        raise NotAllowed("This question has been opened twice already.")
    return _moved(stage, phase="open", round=stage.round + 1)


def accepts(stage: Stage, module: int, step_key: str, round: int) -> bool:
    """Whether an answer to this asking and round counts now; never by seq (ruling 1)."""
    return stage.phase == "open" and (stage.module, stage.step_key, stage.round) == (module, step_key, round)


def has_feedback(plan: Plan, stage: Stage) -> bool:
    here = plan.at(stage)
    return here is not None and isinstance(here.step, Asking | Pledge) and here.step.has_feedback


def ways_of(plan: Plan, stage: Stage) -> dict[str, str]:
    """Where a story may go on from this vote: the step -> the key of the option that leads there."""
    here = plan.at(stage)
    return {way.to: way.option for way in _ways(here)} if here else {}


def next_words(stage: Stage, plan: Plan) -> str:
    """What *Next* will do, for the button."""
    match stage.phase:
        case "lobby":
            return "Show the ground rules"
        case "content" if stage.is_rules:
            return "Start the lesson"
        case "ready":
            return "Open the question"
        case "open":
            return "Close the question"
        case "closed" if has_feedback(plan, stage):
            return "Show the answer" if _is_marked(plan, stage) else "Show our answers"
        case "finished":
            return "Finish"
        case _ if ways_of(plan, stage):
            return "See what happens"
        case _:
            return "Next" if plan.following(stage) else "Say thank you"


def _next(stage: Stage, plan: Plan, reached: Reached, to: str) -> tuple[Stage, CueKind]:
    match stage.phase:
        case "finished":
            raise NotAllowed("The lesson is over. Count the class and finish.")
        case "lobby":
            return _moved(stage, phase="content"), "next"
        case "ready":
            return _moved(stage, phase="open"), "open"
        case "open":
            return _moved(stage, phase="closed"), "close"
        case "closed" if has_feedback(plan, stage):
            return _moved(stage, phase="revealed"), "reveal"
        case _:
            if to and to not in ways_of(plan, stage):
                raise NotAllowed("The story does not go on there.")
            following = plan.following(stage, to)
            if following is None:
                return _moved(stage, phase="finished", round=1), "finish"
            return arrive(stage, following, reached), "next"


def _back(stage: Stage, plan: Plan, reached: Reached) -> Stage:
    if stage.phase == "open":
        raise NotAllowed("Close the question first, so that no answer is lost.")
    before = plan.before(stage, reached)
    if before is None:
        raise NotAllowed("This is the beginning.")
    return arrive(stage, before, reached)


def arrive(stage: Stage, place: Place, reached: Reached) -> Stage:
    """A question that was closed or revealed is found as it was left: back never reopens it."""
    where = (place.module, place.step.key)
    phase, round = reached.get(where, ("ready", 1)) if place.is_asking else ("content", 1)
    return _moved(stage, module=place.module, step_key=place.step.key, phase=phase, round=round)


def _is_marked(plan: Plan, stage: Stage) -> bool:
    here = plan.at(stage)
    return here is not None and isinstance(here.step, Asking) and here.step.question.is_marked


def _must_be(stage: Stage, phase: Phase, sentence: str) -> None:
    if stage.phase != phase:
        raise NotAllowed(sentence)


def _moved(stage: Stage, **change: object) -> Stage:
    return stage.model_copy(update={**change, "seq": stage.seq + 1})
