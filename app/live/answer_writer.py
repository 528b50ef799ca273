"""Group commit: one queue, one writer thread, one transaction per batch; acknowledged after the commit."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.store import answers
from app.store.answers import Answer, Outcome
from app.store.database import Database

log = logging.getLogger(__name__)
Written = Outcome | None
"""What became of an answer; None: not taken, keep it and ask again."""
Done = Callable[[Written], None]
OnSaved = Callable[[Sequence[Answer]], None]


class AnswerWriter:
    """Commits answers in batches of whatever waited while the last batch was committing.

    No fixed window: that was measured two to four times slower (architecture, decision 2). Callers are told on the
    event loop, once a batch: waking it for every answer costs more than the commit.
    """

    def __init__(self, database: Database, on_saved: OnSaved, *, queue_size: int, batch_size: int) -> None:
        self._database = database
        self._on_saved = on_saved
        self._batch_size = batch_size
        self._queue: queue.SimpleQueue[tuple[Answer, Done] | None] = queue.SimpleQueue()
        self._most_waiting = queue_size
        self._thread = threading.Thread(target=self._write, name="answer-writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin; must be called on the event loop on which callers are told."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    def submit(self, answer: Answer, done: Done) -> None:
        """Calls `done` with the outcome, once it is on the disk. A full queue answers None at once."""
        if self._queue.qsize() >= self._most_waiting:
            done(None)
        else:
            self._queue.put((answer, done))

    async def write(self, answer: Answer) -> Written:
        """Submit and wait."""
        future: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self.submit(answer, lambda written: None if future.done() else future.set_result(written))
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

    def _commit(self, batch: list[tuple[Answer, Done]]) -> None:
        try:
            with self._database.transaction() as db:
                outcomes: Sequence[Written] = answers.record(db, [answer for answer, _ in batch])
        except (OperationalError, PoolTimeout):
            log.exception("answers could not be saved: disk full, or the database locked; their devices ask again")
            outcomes = [None] * len(batch)
        except Exception:
            if len(batch) > 1:  # one bad row costs one client: the others are tried alone
                for one in batch:
                    self._commit([one])
                return
            log.exception("an answer could not be saved; its device keeps it and asks again")
            outcomes = [None]
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, batch, outcomes)

    def _tell(self, batch: list[tuple[Answer, Done]], outcomes: Sequence[Written]) -> None:
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            try:
                done(outcome)
            except Exception:  # one device that cannot be told costs nobody else the word
                log.exception("an answer was saved, and its device could not be told; it asks again")
        saved = [answer for (answer, _), outcome in zip(batch, outcomes, strict=True) if outcome == "saved"]
        if saved:
            self._on_saved(saved)
