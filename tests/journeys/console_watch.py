"""A console without a browser, which notes when it was shown how each class is."""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from websockets.exceptions import ConnectionClosed

from tests.journeys.led_classes import Change, LedClass
from tests.served import Visitor

ROW = re.compile(r'<tr id="class-(\d+)"[^>]*data-light="(\w+)"')


class _Awaited(NamedTuple):
    run_id: int
    light: str
    change: Change


@dataclass
class ConsoleWatch:
    """`took` are the seconds from each acknowledged change until the console had shown it."""

    visitor: Visitor
    session_id: int
    longest: float
    """So many seconds after a change at the latest it must be shown."""
    lights: Mapping[int, str] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    _seen: list[tuple[float, int, str]] = field(default_factory=list)
    _awaited: list[_Awaited] = field(default_factory=list)

    def open(self) -> None:
        self._socket = self.visitor.socket(f"/present/{self.session_id}/socket")
        threading.Thread(target=self._read, name="console", daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                message = self._socket.next(timeout=600)
                if message.get("panel") == "classes":
                    now = {int(run_id): light for run_id, light in ROW.findall(message["html"])}
                    changed = [pair for pair in now.items() if self.lights.get(pair[0]) != pair[1]]
                    self._seen += [(time.monotonic(), run_id, light) for run_id, light in changed]
                    self.lights = now
        except (ConnectionClosed, TimeoutError):
            pass

    def expect(self, one: LedClass, light: str, change: Change) -> None:
        """Something was just done after which this class has this light."""
        self._awaited.append(_Awaited(one.run_id, light, change))

    def must_show_all(self) -> None:
        """Wait until the console has shown everything that is expected."""
        for awaited in self._awaited:
            self.took.append(max(self._shown_at(awaited) - awaited.change.done_at, 0))
        self._awaited.clear()

    def _shown_at(self, awaited: _Awaited) -> float:
        until = awaited.change.done_at + self.longest
        while True:
            is_last_look = time.monotonic() > until
            for at, run_id, light in list(self._seen):
                if (run_id, light) == (awaited.run_id, awaited.light) and at > awaited.change.asked_at:
                    return at
            assert not is_last_look, f"run {awaited.run_id} was never shown as {awaited.light}"
            time.sleep(0.01)
