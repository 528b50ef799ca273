"""A live session: one presenter leads many runs. What a run shows while it follows, and what its class has seen."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Literal

from app.domain.run import OF_A_QUESTION, Plan, Reached, Shift, Stage, arrive, how_far, reached

Cover = Literal["", "calm", "paused", "left_out"]
"""Why a class sees the calm screen: it wants to, the presenter pauses, or it left this step out."""
FIRST_FOLLOWED = 1
"""The epoch of a run that follows for the first time and has done nothing by itself."""
PRESENTER_LEADS = "The presenter leads this lesson. Hold your class first."
OTHER_HOLDS = "Somebody else holds the console now. Take it over first."


def as_left(stage: Stage, closed: Reached) -> Stage:
    """The session's stage for a class: a question that it has closed by itself stays as the class left it."""
    left = closed.get((stage.module, stage.step_key))
    if left is None or stage.phase not in OF_A_QUESTION or how_far(left) <= how_far((stage.phase, stage.round)):
        return stage
    phase, round = left
    return stage.model_copy(update={"phase": phase, "round": round})


def is_left_out(stage: Stage, plan: Plan) -> bool:
    """Whether the session stands at a step that this class does not take."""
    return bool(stage.step_key) and stage.phase != "finished" and plan.at(stage) is None


def cover(stage: Stage, plan: Plan, *, calm: bool, paused: bool) -> Cover:
    if calm:
        return "calm"
    if paused:
        return "paused"
    return "left_out" if is_left_out(stage, plan) else ""


def taken_over(stage: Stage, plan: Plan, far: Reached) -> Stage:
    """Where a class goes on by itself: at the stage it sees; from a step it left out, at its own step before that."""
    if not is_left_out(stage, plan):
        return stage
    order = [(module, step.key) for module, lesson in enumerate(plan.lessons) for step in lesson.steps]
    here = order.index((stage.module, stage.step_key))
    before = [place for place in plan.places if order.index((place.module, place.step.key)) < here]
    if not before:
        return Stage(phase="content", seq=stage.seq)  # the ground rules
    return arrive(stage, before[-1], far).model_copy(update={"seq": stage.seq})


def timeline(
    own: Sequence[Shift], led: Sequence[Shift], left_out: Collection[tuple[int, str]] = ()
) -> tuple[Shift, ...]:
    """What a class saw: its run's own cues, and the session's between each *follow* and the next *hold*.

    A run's cue that was given while it followed bears the session's seq: no two clocks need to agree.
    """
    if not any(shift.kind == "follow" for shift in own):
        return tuple(own)  # whatever comes after *calm* takes it away
    led = _paused(led)
    seen: list[Shift] = []
    by_itself: list[Shift] = []
    place, follows, calm = 0, False, False
    for shift in own:
        upto = bisect_right(led, shift.seq, key=_seq)
        if follows:
            seen += _led(led[place:upto], by_itself, left_out, calm=calm)
        calm = shift.kind == "calm" or (calm and shift.kind in ("follow", "hold"))
        follows = shift.kind == "follow" or (follows and shift.kind != "hold")
        if follows:
            place = upto
        if shift.kind in ("close", "reveal"):
            by_itself.append(shift)
        seen.append(_seen(shift, led[place - 1] if follows and place else None, left_out, calm=calm))
    if follows:
        seen += _led(led[place:], by_itself, left_out, calm=calm)
    return tuple(seen)


def _led(
    led: Sequence[Shift], by_itself: Sequence[Shift], left_out: Collection[tuple[int, str]], *, calm: bool
) -> list[Shift]:
    """Cues of the session as the class saw them."""
    closed = reached(by_itself)
    return [_seen(_as_left(shift, closed), shift, left_out, calm=calm) for shift in led]


def _paused(led: Sequence[Shift]) -> list[Shift]:
    """The session's cues, with the pauses marked: any order ends a pause, but a hand-over of the console does not."""
    marked, paused = [], False
    for shift in led:
        paused = shift.kind == "pause" or (paused and shift.kind == "take")
        marked.append(shift.model_copy(update={"covered": True}) if paused else shift)
    return marked


def _as_left(shift: Shift, closed: Reached) -> Shift:
    if (shift.module, shift.step_key) not in closed:
        return shift
    stage = as_left(Stage(module=shift.module, step_key=shift.step_key, phase=shift.phase, round=shift.round), closed)
    return shift.model_copy(update={"phase": stage.phase, "round": stage.round})


def _seen(shift: Shift, lead: Shift | None, left_out: Collection[tuple[int, str]], *, calm: bool) -> Shift:
    """A cue as the class saw it, at this cue of the session if it followed one."""
    is_out = shift.phase != "finished" and (shift.module, shift.step_key) in left_out
    covered = calm or is_out or (lead is not None and lead.covered)
    agency_id = None if lead is None else lead.agency_id
    if (shift.covered, shift.agency_id) == (covered, agency_id):
        return shift
    return shift.model_copy(update={"covered": covered, "agency_id": agency_id})


def _seq(shift: Shift) -> int:
    return shift.seq
