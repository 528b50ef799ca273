"""A pupil's answer on its way to the store: one function, whatever the transport."""

import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.domain.errors import Invalid
from app.domain.lesson import Asking, Pledge
from app.domain.quiz import must_offer
from app.domain.run import Place
from app.domain.shown import asking_name
from app.live.answer_writer import Written
from app.live.messages import message, removed
from app.store.answers import Answer
from app.store.runs import OpenRun
from app.web.deps import Parts

LONGEST_MESSAGE = 4096
SAY = {
    "closed": "Just missed it - say it out loud!",
    "not_offered": "That answer is not on the screen. Please tap again.",
    "final": "Your first tap was counted. It stays secret.",
    "not_understood": "That could not be understood. Please tap again.",
}


class Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AnswerMessage(Message):
    """My choice for this asking and round; `change` counts this device's changes to it."""

    kind: Literal["answer"]
    id: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    asking: str = Field(pattern=r"^[0-9a-f]{16}$")
    round: int = Field(ge=1, le=9)
    choice: str = Field(pattern=r"^([A-D]|not_sure)$")
    change: int = Field(ge=1, le=10_000)


class Ping(Message):
    kind: Literal["ping"]


class Leave(Message):
    kind: Literal["leave"]


PupilMessage = Annotated[AnswerMessage | Ping | Leave, Field(discriminator="kind")]
_pupil: TypeAdapter[AnswerMessage | Ping | Leave] = TypeAdapter(PupilMessage)


def read_pupil_message(text: str) -> AnswerMessage | Ping | Leave:
    """Raises Invalid for anything that a pupil's device may not send."""
    try:
        return _pupil.validate_json(text)
    except ValidationError as error:
        raise Invalid(SAY["not_understood"]) from error


class Allowance:
    """Five messages a second with a burst of twenty, for one seat."""

    def __init__(self) -> None:
        self._left, self._at = 20.0, time.monotonic()

    def takes_one(self) -> bool:
        now = time.monotonic()
        self._left = min(20.0, self._left + (now - self._at) * 5)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def to_store(sent: AnswerMessage, run: OpenRun, participant_id: int, app: Parts) -> Answer | str:
    """The answer as the store takes it, or the message that refuses it.

    Memory is only a first filter: whether the asking is still open is decided in the transaction (ruling 2).
    """
    place = _place_of(sent.asking, run)
    if place is None:
        return refused(sent.id, "closed")
    assert isinstance(place.step, Asking | Pledge)
    try:
        choice = must_offer(place.step.question, run.seed, f"{place.module}/{place.step.key}", sent.choice)
    except Invalid:
        return refused(sent.id, "not_offered")
    return Answer(
        run_id=run.id,
        participant_id=participant_id,
        module=place.module,
        step_key=place.step.key,
        round=sent.round,
        choice=choice,
        change=sent.change,
        message_id=sent.id,
        tally_only=place.step.tally_only,
        received_at=app.clock(),
    )


def reply(sent: AnswerMessage, written: Written) -> str:
    """What the device is told once the store has spoken. The same bytes for right and wrong."""
    match written:
        case "saved":
            return message(
                kind="ack", id=sent.id, asking=sent.asking, round=sent.round, choice=sent.choice, change=sent.change
            )
        case "closed" | "final":
            return refused(sent.id, written)
        case "removed":
            return removed()
        case None:
            return message(kind="busy", id=sent.id)


def refused(message_id: str, why: str) -> str:
    return message(kind="refused", id=message_id, why=why, say=SAY[why])


def _place_of(asking: str, run: OpenRun) -> Place | None:
    here = run.plan.at(run.stage)
    if here is not None and here.is_asking and asking_name(run.seed, here) == asking:
        return here
    return next((p for p in run.plan.places if p.is_asking and asking_name(run.seed, p) == asking), None)
