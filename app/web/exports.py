"""Files that take a moment to make: a few at a time, and one that is asked for twice is made once (SEC-33)."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from app.domain.errors import Conflict

AT_A_TIME, WAITING = 2, 12
SECONDS = 120


class Exports:
    """A small pool of its own, so that reports never hold up a class."""

    def __init__(self, at_a_time: int = AT_A_TIME, waiting: int = WAITING, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(at_a_time, thread_name_prefix="export")
        self._most = at_a_time + waiting
        self._lock = threading.Lock()
        self._being_made: dict[object, Future[bytes]] = {}

    def make(self, key: object, make: Callable[[], bytes]) -> bytes:
        """Whoever asks for the same while it is made waits for the same. Raises Conflict when there are too many."""
        is_new = False
        with self._lock:
            future = self._being_made.get(key)
            if future is None or future.done():
                if len(self._being_made) >= self._most:
                    raise Conflict("Many files are being made at this moment. Please try again in a minute.")
                future = self._being_made[key] = self._pool.submit(make)
                is_new = True
        if is_new:  # also when nobody waits for it any more: it must neither take a place nor be handed out later
            future.add_done_callback(partial(self._forget, key))
        return future.result(timeout=self._seconds)

    def _forget(self, key: object, made: Future[bytes]) -> None:
        with self._lock:
            if self._being_made.get(key) is made:
                del self._being_made[key]

    def stop(self, *_: Any) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
