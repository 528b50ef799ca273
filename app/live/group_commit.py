"""Group commit: one queue, one writer thread, one transaction per batch; whoever waits is told after the commit."""

import asyncio
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.store.database import Database, Db

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


AT_ONCE = 200
"""Devices that are told between two looks at the sockets."""


class GroupCommit(Generic[Item, Outcome]):
    """Writes in batches of whatever waited while the last batch was committing.

    No fixed window: that was measured two to four times slower (decision 2). Callers are told on the event loop, once
    a batch: waking it for every item costs more than the commit. An outcome of None means: not taken, ask again.
    """

    def __init__(
        self,
        database: Database,
        write: Callable[[Db, Sequence[Item]], Sequence[Outcome]],
        *,
        name: str,
        queue_size: int,
        batch_size: int,
        on_written: Callable[[Sequence[tuple[Item, Outcome]]], None],
    ) -> None:
        self._database = database
        self._record = write
        self._on_written = on_written
        self._batch_size = batch_size
        self._queue: queue.SimpleQueue[tuple[Item, Callable[[Outcome | None], None]] | None] = queue.SimpleQueue()
        self._most_waiting = queue_size
        self._thread = threading.Thread(target=self._write, name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin; must be called on the event loop on which callers are told."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    def submit(self, item: Item, done: Callable[[Outcome | None], None]) -> None:
        """Calls `done` with the outcome, once it is on the disk. A full queue answers None at once."""
        if self._queue.qsize() >= self._most_waiting:
            done(None)
        else:
            self._queue.put((item, done))

    async def write(self, item: Item) -> Outcome | None:
        """Submit and wait."""
        future: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self.submit(item, lambda written: None if future.done() else future.set_result(written))
        return await future

    def _write(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < self._batch_size and not self._queue.empty():
                batch.append(self._queue.get())
            waiting = [one for one in batch if one is not None]
            if waiting:
                self._commit(waiting)
            if None in batch:
                return

    def _commit(self, batch: list[tuple[Item, Callable[[Outcome | None], None]]]) -> None:
        try:
            with self._database.transaction() as db:
                outcomes: Sequence[Outcome | None] = self._record(db, [item for item, _ in batch])
        except (OperationalError, PoolTimeout) as error:
            reason = str(getattr(error, "orig", error)).strip()
            log.error(
                "nothing could be saved (disk full, or the database locked or silent: %s); devices ask again", reason
            )
            outcomes = [None] * len(batch)
        except Exception:
            if len(batch) > 1:  # one bad row costs one client: the others are tried alone
                for one in batch:
                    self._commit([one])
                return
            log.exception("one thing could not be saved; its device keeps it and asks again")
            outcomes = [None]
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, batch, outcomes)

    def _tell(
        self, batch: list[tuple[Item, Callable[[Outcome | None], None]]], outcomes: Sequence[Outcome | None]
    ) -> None:
        """First what rooms need to know, then each device, a few at a time."""
        written = [(item, outcome) for (item, _), outcome in zip(batch, outcomes, strict=True) if outcome is not None]
        if written:
            self._on_written(written)
        self._tell_devices(deque(zip(batch, outcomes, strict=True)))

    def _tell_devices(
        self, waiting: deque[tuple[tuple[Item, Callable[[Outcome | None], None]], Outcome | None]]
    ) -> None:
        for _ in range(min(AT_ONCE, len(waiting))):
            (_, done), outcome = waiting.popleft()
            try:
                done(outcome)
            except Exception:  # one that cannot be told costs nobody else the word
                log.exception("something was saved, and its device could not be told; it asks again")
        if waiting:
            asyncio.get_running_loop().call_soon(self._tell_devices, waiting)
