"""Turns on the event loop, for short work that a whole crowd asks for at once."""

import asyncio
from collections import deque

AT_ONCE = 4


class Turns:
    """A few turns for each round of the loop: between two rounds it looks at its sockets and timers.

    A page or a seat takes half a millisecond and holds nobody up; two hundred in one round hold up every answer. One
    for each round would be slower: the loop asks the kernel each time.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_dealing = False

    async def next(self) -> None:
        """Wait for a turn; it lasts until the caller waits for anything else."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if not self._is_dealing:
            self._is_dealing = True
            loop.call_soon(self._deal, loop)
        await turn

    def _deal(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(AT_ONCE, len(self._waiting))):
            turn = self._waiting.popleft()
            if not turn.done():  # whoever was cancelled has gone
                turn.set_result(None)
        self._is_dealing = bool(self._waiting)
        if self._is_dealing:
            loop.call_soon(self._deal, loop)
