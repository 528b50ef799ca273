"""The command line with one thing altered: what a fault test must catch, or what makes a fault quick to bring about.

Run as `python -m tests.faults.altered_server hasty demo --data-dir … --port …`.
"""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from app import cli
from app.domain.run import Stage
from app.live.answer_writer import AnswerWriter, Done, Written
from app.live.line import Line
from app.live.rooms import Rooms
from app.live.seat import Seat
from app.store import answers, database
from app.store.answers import Answer
from app.store.database import Database, Db

HASTE_SECONDS = 0.05
NARROW_BYTES = 4096


def acknowledge_before_the_commit() -> None:
    """Known bad: "saved" is said first, and the disk comes a moment later."""
    commit = AnswerWriter._commit

    def hasty(self: AnswerWriter, batch: list[tuple[Answer, Done]]) -> None:
        assert self._loop is not None
        too_early: list[Written] = ["saved"] * len(batch)
        self._loop.call_soon_threadsafe(self._tell, batch, too_early)
        time.sleep(HASTE_SECONDS)
        commit(self, [(answer, lambda _: None) for answer, _ in batch])

    AnswerWriter._commit = hasty  # type: ignore[method-assign, assignment]


def begin_writes_as_reads() -> None:
    """Known bad: a write takes the lock only when it writes, and nobody queues up for it in this process."""

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    database._begin_sqlite = begin
    start = Database.__init__

    def without_queue(self: Database, *given: Any, **options: Any) -> None:
        start(self, *given, **options)
        self._writing = contextlib.nullcontext()

    Database.__init__ = without_queue  # type: ignore[method-assign]


def narrow_the_sockets() -> None:
    """Small send buffers: a device that reads nothing is felt after kilobytes, not after megabytes.

    The kernel's time-out, a second net, is off: it would let go first, and the seat's own could not be seen.
    """
    begin = Line.__init__

    def narrow(self: Line, transport: asyncio.Transport, connections: set[Any]) -> None:
        own = transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NARROW_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0)
        begin(self, transport, connections)
        transport.set_write_buffer_limits(high=2 * NARROW_BYTES, low=NARROW_BYTES // 4)

    Line.__init__ = narrow  # type: ignore[method-assign]


def never_ping() -> None:
    """Known bad: a device that vanished is never asked whether it is still there."""
    Seat.drop_if_silent = lambda *_: False  # type: ignore[method-assign]


def never_look_again() -> None:
    """Known bad: what other workers told in vain is never looked for in the store."""
    Rooms.look_again = lambda *_: None  # type: ignore[method-assign]


def read_the_stage_and_let_it_go() -> None:
    """Known bad: the stage is looked at before the batch is written, and a cue may come in between."""
    remove = answers._removed
    stages = answers._stages

    def loosely(db: Db, run_ids: set[int]) -> dict[int, Stage]:
        found = stages(db, run_ids)
        db.commit()
        return found

    def slowly(db: Db, participant_ids: set[int]) -> set[int]:
        time.sleep(HASTE_SECONDS)
        return remove(db, participant_ids)

    answers._stages, answers._removed = loosely, slowly


ALTERATIONS: dict[str, Callable[[], None]] = {
    "hasty": acknowledge_before_the_commit,
    "deferring": begin_writes_as_reads,
    "narrow": narrow_the_sockets,
    "silent": never_ping,
    "blind": never_look_again,
    "loose": read_the_stage_and_let_it_go,
}


if __name__ == "__main__":
    ALTERATIONS[sys.argv.pop(1)]()
    cli.main()
