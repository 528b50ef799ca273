"""A seat's line in tests: what it was given, in order."""

import time
from dataclasses import dataclass, field


@dataclass
class Wire:
    """A line that keeps what is written to it; a device that reads nothing is `is_full`."""

    is_full: bool = False
    heard_at: float = field(default_factory=time.monotonic)
    pings: int = 0
    got: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    closed_with: int | None = None
    was_aborted: bool = False

    def write(self, frame: bytes) -> None:
        if self.closed_with is None:
            self.got.append(text_of(frame))
            self.times.append(time.monotonic())

    def ping(self) -> None:
        self.pings += 1

    def hang_up(self, code: int = 1000) -> None:
        self.closed_with = code

    def abort(self) -> None:
        self.was_aborted = True


def text_of(frame: bytes) -> str:
    """The text of one whole unmasked text frame."""
    assert frame[0] == 0x81
    start = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[start:].decode()
