"""Turns on the event loop, for short work that a whole crowd asks for at once."""

import asyncio


class Turns:
    """One turn for each round of the loop: between two of them it looks at its sockets and timers.

    A page or a seat takes half a millisecond and holds nobody up; two hundred in one round hold up every answer.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def next(self) -> None:
        """Wait for a turn; it lasts until the caller waits for anything else."""
        async with self._lock:
            await asyncio.sleep(0)  # without it the lock is free again before anybody else asks
