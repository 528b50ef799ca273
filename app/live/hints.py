"""What one worker tells the others: hints, never facts. Whoever hears one asks the store."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

MOST_BYTES = 256 * 1024
Id = Annotated[int, Field(ge=0, lt=2**63)]
Sender = Annotated[str, Field(min_length=1, max_length=40)]
Panel = Annotated[str, Field(min_length=1, max_length=20)]


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that other workers may want to look at.

    `changed`: these panels of a run are out of date. `led`: a live session's stage has moved. `news`: something else
    of a live session has changed: who takes part, what was asked, what teachers were told. `dismiss`: a participant
    was removed. `seated`: this participant has opened a newer connection at the telling worker, at this time.
    `signed_out`: somebody who led this run may do so no longer. `forget`: the run's pupil-level rows are gone.
    """

    kind: Literal["changed", "led", "news", "dismiss", "seated", "signed_out", "forget"]
    run_id: Id = 0
    panels: Annotated[tuple[Panel, ...], Field(max_length=10)] = ()
    participant_id: Id = 0
    live_session_id: Id = 0
    at: float = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One message on the channel. Without hints it is a heartbeat; its number shows what was lost before it."""

    sender: Sender
    number: Id
    hints: tuple[Hint, ...] = ()
    is_last: bool = False


_MESSAGE = TypeAdapter(Message)


def encode(message: Message) -> bytes:
    return _MESSAGE.dump_json(message, exclude_defaults=True)


def decode(raw: object) -> Message | None:
    """None for whatever is no message of ours: anybody could write on the channel, and it must hurt nobody.

    What a newer release says and this one does not understand is left out whole, so that the sender's next number
    shows a gap and the store is asked.
    """
    if not isinstance(raw, bytes) or len(raw) > MOST_BYTES:
        return None
    try:
        return _MESSAGE.validate_json(raw, strict=True)
    except ValidationError:
        return None


@dataclass(slots=True)
class _Heard:
    number: int
    beats: int = 0


class Others:
    """The other workers, as this one hears them: the number each has come to, and who has fallen silent."""

    def __init__(self, *, silent_beats: int, gone_beats: int, most: int = 1000) -> None:
        self._silent_beats = silent_beats
        self._gone_beats = gone_beats
        self._most = most
        self._heard: dict[str, _Heard] = {}

    def missed(self, message: Message) -> bool:
        """Take note of a message; whether something may have been lost before it. A new sender counts as that."""
        heard = self._heard.get(message.sender)
        if message.is_last:
            self._heard.pop(message.sender, None)
        elif heard is None:
            if len(self._heard) >= self._most:
                self._heard.clear()
            self._heard[message.sender] = _Heard(message.number)
        else:
            heard.beats = 0
        if heard is None:
            return True
        is_gap = message.number > heard.number + 1
        heard.number = max(heard.number, message.number)
        return is_gap

    def beat(self) -> bool:
        """One beat has passed; whether somebody is silent who may have told us something in vain.

        One who was killed is silent too, and cannot be told from one who has lost Redis: after a while it is gone.
        """
        for sender, heard in list(self._heard.items()):
            heard.beats += 1
            if heard.beats > self._gone_beats:
                del self._heard[sender]
        return any(heard.beats > self._silent_beats for heard in self._heard.values())
