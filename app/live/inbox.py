"""What devices have said and nobody has looked at yet: ten thousand at one moment must not hold up the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable

AT_ONCE = 100
"""Messages between two looks at the sockets: some milliseconds."""


class Inbox:
    """One for all seats of a process. Messages are taken in the order in which they came, a few at a time."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[str], None], str]] = deque()

    def put(self, take: Callable[[str], None], text: str) -> None:
        """`take(text)` is called soon, on the event loop."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._work)
        self._waiting.append((take, text))

    def _work(self) -> None:
        waiting = self._waiting
        for _ in range(min(AT_ONCE, len(waiting))):
            take, text = waiting.popleft()
            take(text)
        if waiting:
            asyncio.get_running_loop().call_soon(self._work)
