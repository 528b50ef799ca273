"""A device that vanishes without a word is forgotten in time, and its next socket works at once (REL-10)."""

import asyncio
import json
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from sqlmodel import select

from app.store.tables import AnswerRow
from tests.faults.figures import tell
from tests.faults.lesson import Lesson, Server, asked, dial, eventually, lesson_on, message, running, until
from tests.faults.proxy import proxy_to

pytestmark = pytest.mark.slow
FORGOTTEN_WITHIN, SLACK = 20.0, 3.0


def held(server: Server) -> int:
    """Open connections of the server, as the kernel counts them."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[1].rpartition(":")[2], 16) == server.port and row[3] == "01" for row in rows)


async def vanish(lesson: Lesson, at_most: float) -> float:
    """Seconds until the server lets go of a device that answers nothing; `at_most` if it never does."""
    server = lesson.server
    lesson.teacher.http.close()
    await eventually(lambda: held(server) == 0, 15)  # those of the pages time out
    with proxy_to(server.port) as proxy:
        proxy.mode = "black_hole"
        link = await dial(proxy.address, lesson.cookies[0], proxy.address)
        began = time.monotonic()
        assert held(server) == 1
        with suppress(AssertionError):
            await eventually(lambda: held(server) == 0, at_most)
        took = time.monotonic() - began
        link.transport.abort()
    return took


def test_a_device_that_vanished_is_forgotten_in_time(tmp_path: Path) -> None:
    """Beside it a server that never asks, where it stays."""
    at_most = FORGOTTEN_WITHIN + SLACK

    async def both(lessons: list[Lesson]) -> list[float]:
        return await asyncio.gather(*(vanish(lesson, at_most) for lesson in lessons))

    with ExitStack() as stack:
        lessons = []
        for name in ("", "silent"):
            (tmp_path / f"server{name}").mkdir()
            server = stack.enter_context(running(Server(tmp_path / f"server{name}" / "data", alteration=name)))
            lessons.append(stack.enter_context(lesson_on(server, 1)))
        asking, silent = asyncio.run(both(lessons))
    tell(f"forgotten after {asking:.1f} s; by a server that never asks, not within {silent:.0f} s")
    assert asking < at_most
    assert silent >= at_most


def test_the_next_socket_of_a_vanished_device_works_at_once(tmp_path: Path) -> None:
    async def come_back(lesson: Lesson) -> float:
        server = lesson.server
        with proxy_to(server.port) as proxy:
            proxy.mode = "black_hole"
            gone = await dial(proxy.address, lesson.cookies[0], proxy.address)
            began = time.monotonic()
            async with dial(server.address, lesson.cookies[0], server.address) as link:
                asking, round = await asked(link)
                sent = message(asking, round, "B", 1, 0)
                await link.send(json.dumps(sent))
                assert await until(link, id=sent["id"]) == sent | {"kind": "ack"}
                took = time.monotonic() - began
                # The older socket's end, when it comes, is not the newer one's.
                gone.transport.abort()
                await link.send('{"kind": "ping"}')
                await until(link, kind="pong")
                await asyncio.to_thread(lesson.give, "close")
                while (await until(link, panel="stage"))["phase"] != "closed":
                    pass
        return took

    with running(Server(tmp_path / "data")) as server, lesson_on(server, 1) as lesson:
        took = asyncio.run(come_back(lesson))
        with closing(server.database()) as database, database.reading() as db:
            assert [row.choice != "" for row in db.exec(select(AnswerRow)).all()] == [True]
    tell(f"its next socket was acknowledged after {took * 1000:.0f} ms")
    assert took < 2
