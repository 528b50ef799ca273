"""A PostgreSQL that hangs instead of refusing is given up after a moment, and asked again out of everybody's way.

libpq waits for ever for the answer to a query. Loaded for PostgreSQL only: SQLite has its own time-out.
"""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Generator, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout
from psycopg.waiting import Ready, Wait

log = logging.getLogger(__name__)
UNHURRIED_SECONDS = 60.0
Found = TypeVar("Found")
_longer: ContextVar[float] = ContextVar("longer", default=0.0)


class Silent(psycopg.OperationalError):
    """Not a byte came for as long as we wait."""


class Patience:
    """How long we wait for the server to say anything, and whether it is known to be silent.

    While it is, one thread asks it again, and every caller is told at once, so that a hanging database does not
    hold all threads. A server that refuses needs none of this.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._heard_at = time.monotonic()
        self._silent_since: float | None = None
        self._asking = threading.Lock()
        self._telling = threading.Lock()

    @property
    def seconds(self) -> float:
        return max(self._seconds, _longer.get())

    @contextlib.contextmanager
    def unhurried(self) -> Iterator[None]:
        """What is done in this block, by this thread or task, may take its time."""
        before = _longer.set(UNHURRIED_SECONDS)
        try:
            yield
        finally:
            _longer.reset(before)

    def connect(self, _dialect: Any, _record: Any, arguments: Any, options: dict[str, Any]) -> "PatientConnection":
        """Takes the place of the dialect's own way to connect."""
        if self._silent_since is None:
            return self._connect(arguments, options)
        if self._asking.acquire(blocking=False):
            threading.Thread(target=self._ask, args=(arguments, options), name="patience", daemon=True).start()
        raise Silent("the database does not answer; it is being asked again")

    def _ask(self, arguments: Any, options: dict[str, Any]) -> None:
        """In a thread of its own, so that nobody who wants a page is the one to find out."""
        try:
            self._connect(arguments, options).close()
        except psycopg.Error:
            pass  # the next who comes has it asked again
        finally:
            self._asking.release()

    def _connect(self, arguments: Any, options: dict[str, Any]) -> "PatientConnection":
        limit = max(2, math.ceil(self._seconds))  # libpq takes whole seconds, and no fewer than two
        began = time.monotonic()
        try:
            connection = PatientConnection.connect(*arguments, **{"connect_timeout": limit} | options)
        except ConnectionTimeout:
            self.gave_up(began)
            raise
        except psycopg.Error:
            self.heard()  # a refusal is an answer
            raise
        connection.patience = self
        self.heard()
        return connection

    def heard(self) -> None:
        self._heard_at = time.monotonic()
        if self._silent_since is not None:
            with self._telling:
                was_silent, self._silent_since = self._silent_since is not None, None
            if was_silent:
                log.warning("the database is no longer silent")

    def gave_up(self, began: float) -> None:
        """One wait was in vain. If no other heard anything since, the server is silent, not a query slow."""
        if self._heard_at > began:
            return
        with self._telling:
            was_silent, self._silent_since = self._silent_since is not None, time.monotonic()
        if not was_silent:
            log.error("the database has not answered for %.1f s; everybody is told to come back", self._seconds)


class PatientConnection(psycopg.Connection[Any]):
    """Ends when it hears nothing for longer than patience lasts."""

    patience: Patience | None = None

    def wait(self, gen: PQGen[Found], interval: float = 0.1, timeout: float | None = None) -> Found:
        if self.patience is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        began = time.monotonic()
        try:
            return super().wait(_while_it_speaks(gen, self.patience), self.patience.seconds)
        except Silent:
            self.close()  # what it was asked may still happen: nobody else may hear the answer
            self.patience.gave_up(began)
            raise


def _while_it_speaks(gen: PQGen[Found], patience: Patience) -> Generator[Wait, Ready | int, Found]:
    """The same conversation; the first wait that passes without a byte ends it. Our own slowness never does: a byte
    that is there is found before the wait counts as empty."""
    try:
        wanted = next(gen)
        while True:
            came = yield wanted
            if came == Ready.NONE:
                raise Silent("the database did not answer in time")
            if came & Ready.R:
                patience.heard()
            wanted = gen.send(came)
    except StopIteration as end:
        found: Found = end.value
        return found
