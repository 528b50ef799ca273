"""Answers and a close that race each other at two workers: saved is what was acknowledged, and nothing after the
close (REL-24)."""

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field

import pytest
import sqlalchemy
from sqlmodel import select
from websockets.asyncio.client import ClientConnection

from app.store import runs
from app.store.database import Database
from app.store.runs import OpenRun
from app.store.tables import AnswerRow
from tests.faults.figures import tell
from tests.faults.lesson import Lesson, Server, asked, dial, message
from tests.faults.workers import a_class, another

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.anyio]
SEATS, AT_ONCE = 48, 8
SHORT, LONG = 100, 5000


@dataclass
class Race:
    """One class whose question is opened, answered and closed again and again."""

    lessons: list[Lesson]
    database: Database
    sockets: list[ClientConnection]
    asking: str
    round: int
    closes_within: float = 0.05
    """So many seconds the last close took: in twice that all are sent."""
    acked: dict[int, int] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)

    def open_again(self) -> OpenRun:
        """As no teacher could: the same asking and round once more. The store alone decides what is open."""
        with self.database.transaction() as db:
            db.connection().execute(
                sqlalchemy.text("UPDATE run SET phase = 'open', seq = seq + 1 WHERE id = :id"),
                {"id": self.lessons[0].run_id},
            )
            return runs.read(db, self.lessons[0].run_id)

    def stored(self) -> dict[int, int]:
        with self.database.reading() as db:
            rows = db.exec(select(AnswerRow).where(AnswerRow.run_id == self.lessons[0].run_id)).all()
        return {row.participant_id: row.change_no for row in rows}

    async def once(self, number: int) -> None:
        """Raises AssertionError when one answer came after the close, or was saved and not acknowledged."""
        run = await asyncio.to_thread(self.open_again)
        first = number * AT_ONCE % SEATS
        answering = [asyncio.create_task(self._answer(seat, number)) for seat in range(first, first + AT_ONCE)]
        closer, began = random.choice(self.lessons), time.monotonic()
        assert await asyncio.to_thread(lambda: closer.give("close", run=run)) == 204
        self.closes_within = time.monotonic() - began
        at_the_close = await asyncio.to_thread(self.stored)
        await asyncio.gather(*answering)
        assert await asyncio.to_thread(self.stored) == at_the_close, "an answer was saved after the close"
        assert at_the_close == self.acked

    async def _answer(self, seat: int, number: int) -> None:
        await asyncio.sleep(random.random() * 2 * self.closes_within)
        socket, change = self.sockets[seat], number + 1
        await socket.send(json.dumps(message(self.asking, self.round, "ABCD"[number % 4], change, seat)))
        while True:
            reply = json.loads(await asyncio.wait_for(socket.recv(), 20))
            if reply.get("id"):
                break
        self.said[reply["kind"]] += 1
        if reply["kind"] == "ack":
            self.acked[self.lessons[0].participants[seat]] = change
        else:
            assert reply["why"] == "closed"


async def race(servers: list[Server], tries: int) -> Counter[str]:
    with a_class(servers, SEATS) as lessons, closing(servers[0].database()) as database:
        async with AsyncExitStack() as open_sockets:
            sockets = []
            for seat, cookie in enumerate(lessons[0].cookies):
                address = lessons[seat % 2].server.address
                sockets.append(await open_sockets.enter_async_context(dial(address, cookie, address)))
                asking, round = await asked(sockets[-1])
            running = Race(lessons, database, sockets, asking, round)
            for number in range(tries):
                await running.once(number)
    tell(f"{tries} closes raced with answers at two workers: {dict(running.said)}")
    return running.said


async def test_no_answer_is_saved_after_a_close_at_another_worker(two: list[Server]) -> None:
    said = await race(two, SHORT)
    assert min(said["ack"], said["refused"]) > 20, "they hardly met"


@pytest.mark.soak
async def test_no_answer_is_saved_after_any_of_five_thousand_closes(two: list[Server]) -> None:
    await race(two, LONG)


async def test_a_stage_that_is_read_without_being_held_lets_answers_in_after_the_close(two: list[Server]) -> None:
    with another(two[0], "loose") as loose, pytest.raises(AssertionError, match="after the close"):
        await race([two[0], loose], SHORT)
