"""One connected browser: the newest frame of each panel, and nothing older."""

import time
from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

from app.live.line import text_frame

Audience = Literal["pupil", "screen", "controls", "console"]
MOST_WAITING = 32


class Wire(Protocol):
    """Where a seat's frames go: a line, or a list in a test."""

    is_full: bool
    heard_at: float

    def write(self, frame: bytes) -> None: ...
    def ping(self) -> None: ...
    def hang_up(self, code: int = 1000) -> None: ...
    def abort(self) -> None: ...


class Seat:
    """An outbox. A slow device falls behind by nothing: it gets the present panel next, and nobody waits for it."""

    __slots__ = (
        *("_messages", "_panels", "_wire", "audience", "full_since", "heard", "is_closing"),
        *("left", "participant_id", "pinged_at", "straight", "taken_at"),
    )

    def __init__(self, wire: Wire, audience: Audience, participant_id: int | None = None) -> None:
        self._wire = wire
        self.straight: Callable[[bytes], None] | None = None if wire.is_full else wire.write
        """Where a frame goes at once; None while the device is behind, or is let go. Whoever has one frame for ten
        thousand seats asks for this before it calls `offer`: the calls between are a tenth of such a cue."""
        self.audience: Audience = audience
        self.participant_id = participant_id
        self.is_closing = False
        self.full_since: float | None = None
        self.pinged_at = 0.0
        self.taken_at = time.time()  # workers compare it, so it is the wall clock
        self.heard: Callable[[str], None] = _nothing
        """What to do with each message of this device."""
        self.left: Callable[[], None] | None = None
        self._panels: dict[str, bytes] | None = None  # only a device that falls behind needs them
        self._messages: deque[bytes] | None = None

    def offer(self, panel: str, frame: bytes) -> None:
        """A newer frame takes the place of one that could not be sent yet."""
        if self.straight is not None:
            self.straight(frame)
            return
        if self.is_closing:
            return
        self._note_full()
        if self._panels is None:
            self._panels = {}
        self._panels.pop(panel, None)
        self._panels[panel] = frame

    def tell(self, message: str) -> None:
        """A small message of its own: an ack, a pong. Of too many the oldest go: its device asks again."""
        if self.straight is not None:
            self.straight(text_frame(message))
            return
        if self.is_closing:
            return
        self._note_full()
        if self._messages is None:
            self._messages = deque(maxlen=MOST_WAITING)
        self._messages.append(text_frame(message))

    def blocked(self) -> None:
        """The device takes no more for now, or its line is closing."""
        self.straight = None

    def drained(self) -> None:
        """The device takes frames again: the newest of each panel, then messages: a pong tells what came before."""
        self.full_since = None
        messages, panels = self._messages, self._panels
        self._messages = self._panels = None
        for frame in (panels or {}).values():
            self._wire.write(frame)
        for frame in messages or ():
            self._wire.write(frame)
        if not self.is_closing and not self._wire.is_full:
            self.straight = self._wire.write

    def gone(self) -> None:
        """The connection is lost; its room lets go."""
        self._let_go()
        self.heard = _nothing
        left, self.left = self.left, None
        if left is not None:
            left()

    def close(self, last_words: str, code: int = 1000) -> None:
        """Say goodbye and let go; what still waits is dropped."""
        if self.is_closing:
            return
        self._messages = self._panels = None
        self.tell(last_words)
        self._let_go()
        self._wire.hang_up(code)

    def hang_up(self) -> None:
        """Let go without a word: its browser dials again."""
        if not self.is_closing:
            self._let_go()
            self._wire.hang_up()

    def refuse(self, code: int) -> None:
        """End a connection that does not keep to the protocol."""
        self._let_go()
        self._wire.hang_up(code)

    def lag(self, now: float) -> float:
        """For how many seconds this device owes an answer, or has taken nothing."""
        since = min(self.pinged_at or now, self.full_since or now)
        return now - since

    def drop_if_stuck(self, now: float, after: float) -> bool:
        """Let go of a device that has taken nothing for so many seconds."""
        if self.full_since is None or now - self.full_since < after:
            return False
        self._drop()
        return True

    def drop_if_silent(self, now: float, ask_after: float, patience: float) -> bool:
        """Ask a device that has said nothing for so long whether it is there; let go when it does not answer."""
        if now - self._wire.heard_at < ask_after:
            self.pinged_at = 0.0
        elif not self.pinged_at:
            self.pinged_at = now
            self._wire.ping()
        elif now - self.pinged_at > patience:
            self._drop()
            return True
        return False

    def _drop(self) -> None:
        self._let_go()
        self._wire.abort()

    def _let_go(self) -> None:
        self.is_closing = True
        self.straight = None

    def _note_full(self) -> None:
        if self.full_since is None:
            self.full_since = time.monotonic()


def _nothing(text: str) -> None:
    """Heard by nobody."""
