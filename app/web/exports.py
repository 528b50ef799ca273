"""Files that take a moment to make: a few at a time, and one that is asked for twice is made once (SEC-33)."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from app.domain.errors import Conflict

AT_A_TIME, WAITING = 2, 12
SECONDS = 30
"""So long a request waits for its file: longer, and something on the way might give up."""
KEPT_SECONDS = 600
"""So long a file waits for whoever was told to come back for it."""


class ComeBack(Conflict):
    """Not now: in a minute it can be had."""


class Exports:
    """A small pool of its own, so that reports never hold up a class."""

    def __init__(self, at_a_time: int = AT_A_TIME, waiting: int = WAITING, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(at_a_time, thread_name_prefix="export")
        self._most = at_a_time + waiting
        self._lock = threading.Lock()
        self._being_made: dict[object, Future[bytes]] = {}
        self._told_to_come_back: set[object] = set()
        self._kept: dict[object, tuple[float, Future[bytes]]] = {}

    def make(self, key: object, make: Callable[[], bytes]) -> bytes | None:
        """Whoever asks for the same while it is made waits for the same. None: it takes longer, so ask again.

        Raises ComeBack when there are too many.
        """
        is_new = False
        with self._lock:
            self._drop_the_old()
            if key in self._kept:
                return self._kept.pop(key)[1].result()
            future = self._being_made.get(key)
            if future is None or future.done():
                if len(self._being_made) >= self._most:
                    raise ComeBack("Many files are being made at this moment. Please try again in a minute.")
                future = self._being_made[key] = self._pool.submit(make)
                is_new = True
        if is_new:  # also when nobody waits for it any more: it must not take a place
            future.add_done_callback(partial(self._made, key))
        return self._wait_for(key, future)

    def _wait_for(self, key: object, future: Future[bytes]) -> bytes | None:
        try:
            return future.result(timeout=self._seconds)
        except TimeoutError:
            with self._lock:
                if not future.done():
                    self._told_to_come_back.add(key)
                    return None
        return future.result()

    def _made(self, key: object, made: Future[bytes]) -> None:
        """One that somebody was told to come back for is kept for them, and for nobody else: the key says who."""
        with self._lock:
            if self._being_made.get(key) is made:
                del self._being_made[key]
                if key in self._told_to_come_back and not made.cancelled():
                    self._kept[key] = (time.monotonic(), made)
            self._told_to_come_back.discard(key)

    def _drop_the_old(self) -> None:
        """The kept that nobody came for, and the oldest of more than could be made at once."""
        now = time.monotonic()
        over = len(self._kept) - self._most
        for place, (key, (kept_at, _)) in enumerate(list(self._kept.items())):
            if place < over or now - kept_at > KEPT_SECONDS:
                del self._kept[key]

    def stop(self, *_: Any) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
