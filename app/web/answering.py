"""A pupil's answer on its way to the store: one function, whatever the transport."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.domain.errors import Invalid
from app.domain.questions.question import NOT_SURE
from app.domain.shown import OfferedAsking
from app.live.answer_writer import Written
from app.live.messages import ack, message, removed
from app.store.answers import Answer

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
    choice: str = Field(pattern=r"^(not_sure|[A-H0-9]{1,16}(\+[1-3])?)$")
    """A letter, several, pairs or a number, and maybe how sure; what it means is the question's to say."""
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


def typed_choice(fields: Sequence[tuple[str, str]]) -> str:
    """The choice of a page without scripts, from the fields of its form.

    Boxes are several fields called `choice`; things in their turn are `turn-A` and so on, partners `with-A`.
    """
    chosen = [value for name, value in fields if name == "choice" and value]
    if NOT_SURE in chosen:
        return NOT_SURE
    turns = sorted((value, name[-1]) for name, value in fields if name.startswith("turn-"))
    partners = sorted((name[-1], value) for name, value in fields if name.startswith("with-"))
    letters = sorted(chosen) if len(chosen) > 1 else chosen
    plain = "".join(letters or [letter for _, letter in turns] or [f"{letter}{one}" for letter, one in partners])
    sure = next((value for name, value in fields if name == "sure"), "")
    return f"{plain}+{sure}" if plain and sure else plain


class Allowance:
    """Five messages a second with a burst of twenty, for one seat."""

    __slots__ = ("_at", "_left")

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


def to_store(
    sent: AnswerMessage, offered: Mapping[str, OfferedAsking], run_id: int, participant_id: int, now: datetime
) -> Answer | str:
    """The answer as the store takes it, or the message that refuses it.

    Memory is only a first filter: whether the asking is still open is decided in the transaction (ruling 2).
    """
    asking = offered.get(sent.asking)
    if asking is None:
        return refused(sent.id, "closed")
    choice = asking.meant(sent.choice)
    if choice is None:
        return refused(sent.id, "not_offered")
    return Answer(
        run_id=run_id,
        participant_id=participant_id,
        module=asking.module,
        step_key=asking.step_key,
        round=sent.round,
        choice=choice,
        change=sent.change,
        message_id=sent.id,
        tally_only=asking.tally_only,
        received_at=now,
    )


def reply(sent: AnswerMessage, written: Written) -> str:
    """What the device is told once the store has spoken. The same bytes for right and wrong."""
    match written:
        case "saved":
            return ack(sent.id, sent.asking, sent.round, sent.choice, sent.change)
        case "closed" | "final":
            return refused(sent.id, written)
        case "removed":
            return removed()
        case None:
            return message(kind="busy", id=sent.id)


def refused(message_id: str, why: str) -> str:
    return message(kind="refused", id=message_id, why=why, say=SAY[why])
