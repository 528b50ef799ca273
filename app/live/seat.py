"""One connected browser: the newest frame of each panel, and nothing older."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal

Audience = Literal["pupil", "screen", "controls"]
MOST_WAITING = 32


class Seat:
    """An outbox. A slow device falls behind by nothing: it always gets the present panel next."""

    def __init__(self, audience: Audience, participant_id: int | None = None) -> None:
        self.audience: Audience = audience
        self.participant_id = participant_id
        self.is_closing = False
        self._panels: dict[str, str] = {}
        self._messages: deque[str] = deque(maxlen=MOST_WAITING)
        self._last_words = ""
        self._waiting = asyncio.Event()

    def offer(self, panel: str, frame: str) -> None:
        """A newer frame takes the place of one that was not sent yet."""
        self._panels.pop(panel, None)
        self._panels[panel] = frame
        self._waiting.set()

    def tell(self, message: str) -> None:
        """A small message of its own: an ack, a pong."""
        self._messages.append(message)
        self._waiting.set()

    def close(self, last_words: str) -> None:
        """Say goodbye and let go; whatever else waits is dropped."""
        self._panels.clear()
        self._messages.clear()
        self.is_closing = True
        self.tell(last_words)

    def finish(self, last_words: str) -> None:
        """Say goodbye after what waits has been sent: the last panel stays on the screen."""
        self._last_words = last_words
        self._waiting.set()

    async def deliver(self, send: Callable[[str], Awaitable[None]], stuck_after: float) -> None:
        """Send what waits until the seat closes. Raises TimeoutError when the device takes nothing in time."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._messages or self._panels:
                text = self._messages.popleft() if self._messages else self._panels.pop(next(iter(self._panels)))
                await asyncio.wait_for(send(text), stuck_after)
            if self._last_words:
                await asyncio.wait_for(send(self._last_words), stuck_after)
            if self.is_closing or self._last_words:
                return
