"""The bus between workers. Losing any hint may cost a second of delay, never an answer: the rows are the truth."""

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any, Literal, Protocol

from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.live.hints import Hint, Message, Others, decode, encode

log = logging.getLogger(__name__)
State = Literal["lone", "ok", "degraded"]
Hear = Callable[[Hint], None]
LookAgain = Callable[[], None]

SILENT_BEATS = 2
"""So many of its own heartbeats a worker misses before it trusts the bus no more: found out within three."""
GONE_BEATS = 300
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # between two dials, in beats; a random part of it
LOOK_PAUSE = 0.05  # gaps of several senders that show at once cost one look
MOST_HINTS = 500  # in one message
MOST_WAITING = 5_000


class Bus(Protocol):
    """Everything here is called on the event loop."""

    @property
    def state(self) -> State: ...

    @property
    def is_degraded(self) -> bool: ...

    def start(self, hear: Hear, look_again: LookAgain) -> None:
        """`hear` is called for each hint of another worker, `look_again` whenever hints may have been lost."""

    async def stop(self) -> None: ...

    def tell(self, hint: Hint) -> None:
        """Tell the other workers. Never waits and never raises."""


class LoneBus:
    """One process: there is nobody to tell."""

    state: State = "lone"
    is_degraded = False

    def start(self, hear: Hear, look_again: LookAgain) -> None:
        pass

    async def stop(self) -> None:
        pass

    def tell(self, hint: Hint) -> None:
        pass


class RedisBus:
    """Workers that tell each other through one channel of a Redis, which keeps nothing.

    Each worker numbers its messages and sends at least one each beat, so that the others see when some were lost,
    and itself hears whether Redis still passes them on.
    """

    def __init__(self, url: str, name: str, *, beat_seconds: float = 1.0, most_waiting: int = MOST_WAITING) -> None:
        self.sender = secrets.token_hex(8)
        self._url = url
        self._name = name
        self._beat_seconds = beat_seconds
        self._most_waiting = most_waiting
        self._waiting: dict[Hint, None] = {}  # in the order in which they were told
        self._wake = asyncio.Event()
        self._number = 0
        self._dropped = False
        self._others = Others(silent_beats=SILENT_BEATS, gone_beats=GONE_BEATS)
        self._unheard = 0
        self._degraded = False
        self._owes_look = False
        self._look: asyncio.TimerHandle | None = None
        self._trouble = ""
        self._is_leaving = False
        self._has_left = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._hear: Hear = lambda hint: None
        self._look_again: LookAgain = lambda: None

    @property
    def state(self) -> State:
        return "degraded" if self._degraded else "ok"

    @property
    def is_degraded(self) -> bool:
        return self._degraded

    def start(self, hear: Hear, look_again: LookAgain) -> None:
        self._hear, self._look_again = hear, look_again
        self._wake.set()
        self._tasks = [
            asyncio.create_task(self._stay_connected(self._listen), name="bus-listens"),
            asyncio.create_task(self._stay_connected(self._speak), name="bus-speaks"),
            asyncio.create_task(self._beat(), name="bus-beats"),
        ]

    async def stop(self) -> None:
        """Send what waits and say goodbye, for a beat at most."""
        self._is_leaving = True
        self._wake.set()
        if self._tasks and not self._degraded:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_left.wait(), self._beat_seconds)
        waiting = set(self._tasks)
        while waiting:  # redis-py was seen to swallow a cancellation
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=self._beat_seconds)
        if self._look is not None:
            self._look.cancel()

    def tell(self, hint: Hint) -> None:
        if hint in self._waiting:
            return
        if len(self._waiting) >= self._most_waiting:
            del self._waiting[next(iter(self._waiting))]
            self._dropped = True
        self._waiting[hint] = None
        self._wake.set()

    async def _stay_connected(self, use: Callable[[Connection], Awaitable[None]]) -> None:
        """Nothing else dials again when a connection has ended: do it for ever, with a random pause that grows."""
        loop = asyncio.get_running_loop()
        tries = 0
        while not self._has_left.is_set():
            began_at = loop.time()
            try:
                await self._connect_and(use)
            except (RedisError, OSError) as error:
                self._trouble = str(error) or type(error).__name__
            except Exception:
                log.exception("the bus between workers stumbled; it dials again")
            tries = 0 if loop.time() - began_at > 2 * LONGEST_PAUSE * self._beat_seconds else tries + 1
            longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, 10)) * self._beat_seconds
            await asyncio.sleep(random.random() * longest)

    async def _connect_and(self, use: Callable[[Connection], Awaitable[None]]) -> None:
        # Every step on the network is bounded, and nothing is tried twice behind our back.
        pool: Any = ConnectionPool.from_url(  # untyped
            self._url,
            protocol=2,
            socket_timeout=self._beat_seconds,
            socket_connect_timeout=self._beat_seconds,
            retry=Retry(NoBackoff(), 0),
        )
        connection = pool.make_connection()
        try:
            await connection.connect()
            await use(connection)
        finally:
            await connection.disconnect()

    async def _speak(self, redis: Connection) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            message = self._next_message()
            # If this fails, the next number shows the gap.
            await redis.send_command("PUBLISH", self._name, encode(message))
            await redis.read_response()
            if message.is_last:
                self._has_left.set()
                return
            if self._waiting or self._is_leaving:
                self._wake.set()

    def _next_message(self) -> Message:
        hints = tuple(islice(self._waiting, MOST_HINTS))
        for hint in hints:
            del self._waiting[hint]
        self._number += 2 if self._dropped else 1
        self._dropped = False
        return Message(self.sender, self._number, hints, is_last=self._is_leaving and not self._waiting)

    async def _listen(self, redis: Connection) -> None:
        await redis.send_command("SUBSCRIBE", self._name)
        await redis.read_response()
        self._owes_look = True  # what was said before is lost; look once we hear ourselves
        self._wake.set()
        while True:
            # Our own heartbeats come here: when not even they do, this connection is no good.
            heard = await redis.read_response(timeout=(SILENT_BEATS + 1) * self._beat_seconds)
            if heard is None:
                raise OSError("no answer")
            _kind, _name, raw = heard
            self._take(raw)

    def _take(self, raw: Any) -> None:
        message = decode(raw)
        if message is None:
            return
        if message.sender == self.sender:
            self._hear_oneself()
            return
        if self._others.missed(message):
            self._look_soon()
        for hint in message.hints:
            try:
                self._hear(hint)
            except Exception:
                log.exception("a hint of another worker could not be followed")
                self._look_soon()

    def _hear_oneself(self) -> None:
        self._unheard = 0
        if self._degraded:
            self._degraded = False
            self._owes_look = True
            log.warning("Redis passes on what workers tell each other again; the database is asked no longer")
        if self._owes_look:
            self._owes_look = False
            self._look_soon()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            # Beats are counted and not timed, so that a pause of this process alone does not look like Redis's.
            if self._unheard >= SILENT_BEATS and not self._degraded:
                self._degraded = True
                log.warning(
                    "Redis does not pass on what workers tell each other (%s); until it does, this worker asks the "
                    "database each second, and no answer is lost",
                    self._trouble or "no answer",
                )
            self._unheard += 1
            self._wake.set()
            if self._others.beat() or self._degraded:
                self._look_now()

    def _look_soon(self) -> None:
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(LOOK_PAUSE, self._look_now)

    def _look_now(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        try:
            self._look_again()
        except Exception:
            log.exception("looking again failed; it is tried at the next beat")
            self._owes_look = True
