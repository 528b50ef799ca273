"""One connected browser: the newest frame of each panel, and nothing older."""

import time
from collections import deque
from typing import Literal, Protocol

from app.live.line import text_frame

Audience = Literal["pupil", "screen", "controls"]
MOST_WAITING = 32


class Line(Protocol):
    """Where a seat's frames go: a socket, or a list in a test."""

    is_full: bool

    def write(self, frame: bytes) -> None: ...
    def hang_up(self, code: int = 1000) -> None: ...
    def abort(self) -> None: ...


class Seat:
    """An outbox. A slow device falls behind by nothing: it gets the present panel next, and nobody waits for it."""

    __slots__ = ("_line", "_messages", "_panels", "audience", "full_since", "is_closing", "participant_id")

    def __init__(self, line: Line, audience: Audience, participant_id: int | None = None) -> None:
        self._line = line
        self.audience: Audience = audience
        self.participant_id = participant_id
        self.is_closing = False
        self.full_since: float | None = None
        self._panels: dict[str, bytes] | None = None  # only a device that falls behind needs them
        self._messages: deque[bytes] | None = None

    def offer(self, panel: str, frame: bytes) -> None:
        """A newer frame takes the place of one that could not be sent yet."""
        if self.is_closing:
            return
        if not self._line.is_full:
            self._line.write(frame)
            return
        self._note_full()
        if self._panels is None:
            self._panels = {}
        self._panels.pop(panel, None)
        self._panels[panel] = frame

    def tell(self, message: str) -> None:
        """A small message of its own: an ack, a pong. Of too many the oldest go: its device asks again."""
        if self.is_closing:
            return
        frame = text_frame(message)
        if not self._line.is_full:
            self._line.write(frame)
            return
        self._note_full()
        if self._messages is None:
            self._messages = deque(maxlen=MOST_WAITING)
        self._messages.append(frame)

    def drained(self) -> None:
        """The device takes frames again: messages first, then the newest of each panel."""
        self.full_since = None
        messages, panels = self._messages, self._panels
        self._messages = self._panels = None
        for frame in messages or ():
            self._line.write(frame)
        for frame in (panels or {}).values():
            self._line.write(frame)

    def close(self, last_words: str, code: int = 1000) -> None:
        """Say goodbye and let go; what still waits is dropped."""
        if self.is_closing:
            return
        self._messages = self._panels = None
        self.tell(last_words)
        self.is_closing = True
        self._line.hang_up(code)

    def refuse(self, code: int) -> None:
        """End a connection that does not keep to the protocol."""
        self.is_closing = True
        self._line.hang_up(code)

    def drop_if_stuck(self, now: float, after: float) -> bool:
        """Let go of a device that has taken nothing for so many seconds."""
        if self.full_since is None or now - self.full_since < after:
            return False
        self.is_closing = True
        self._line.abort()
        return True

    def _note_full(self) -> None:
        if self.full_since is None:
            self.full_since = time.monotonic()
