"""Several workers of one programme, each at an address of its own, so that a test chooses who sits where.

Servers with the same database, Redis and data folder are what the workers of one server are to each other.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy
from sqlalchemy.engine import make_url
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.store import participants, runs
from tests.faults.lesson import Device, Lesson, Server, dial, everyone_is_acked_again, lesson_on
from tests.served import Visitor
from tests.servers import OwnRedis

MARGIN = 5  # machines that test are slow and busy


@contextmanager
def database_of_its_own(postgres_url: str, template: str = "template1") -> Iterator[str]:
    """An empty one, unless it is a copy of another."""
    name = f"own_{os.getpid()}_{time.monotonic_ns()}"
    engine = sqlalchemy.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@contextmanager
def workers(
    postgres_url: str, redis: OwnRedis, folder: Path, number: int = 2, *, alteration: str = "", **settings: str
) -> Iterator[list[Server]]:
    """So many of them; the first makes what is made once."""
    with ExitStack() as running:
        url = running.enter_context(database_of_its_own(postgres_url))
        environment = {"DATABASE_URL": url, "REDIS_URL": redis.url, "SIA_SEAT_LIMIT_SPARE": "1500", **settings}
        some = [Server(folder / "data", environment=environment, alteration=alteration) for _ in range(number)]
        for one in some:
            running.callback(_end, one)
        some[0].start()
        with ThreadPoolExecutor() as others:
            list(others.map(Server.start, some[1:]))
        yield some


@contextmanager
def another(like: Server, alteration: str) -> Iterator[Server]:
    """One more worker beside this one, with one thing altered."""
    with ExitStack() as running:
        server = Server(like.folder, environment=like.environment, alteration=alteration)
        running.callback(server.stop)  # in good order: the others would look out for one that was killed
        server.start()
        yield server


def _end(server: Server) -> None:
    if server.is_running:
        server.kill()


@contextmanager
def a_class(servers: Sequence[Server], pupils: int, step_key: str = "before.F1") -> Iterator[list[Lesson]]:
    """A class at an open question, as each worker's visitors see it; finished at the end."""
    with lesson_on(servers[0], pupils, step_key) as lesson, ExitStack() as things:
        seen = [lesson]
        for server in servers[1:]:
            teacher = Visitor(server.address, things)
            teacher.http.cookies.update(lesson.teacher.http.cookies)
            seen.append(replace(lesson, server=server, teacher=teacher))
        try:
            yield seen
        finally:
            _leave_well(next(one for one in seen if one.server.is_running))


def _leave_well(lesson: Lesson) -> None:
    """A class has one open lesson, and a class link five browsers."""
    with closing(lesson.server.database()) as database, database.reading() as db:
        is_open = runs.read(db, lesson.run_id).ended_at is None
    if is_open:
        finish(lesson)
    assert lesson.teacher.http.post("/class/sign-out").status_code == 303


def finish(lesson: Lesson) -> None:
    assert lesson.teacher.http.post("/class/run/finish", data={"present": "28"}).status_code == 303


def joined(lesson: Lesson) -> int:
    """How many seats the store counts."""
    with closing(lesson.server.database()) as database, database.reading() as db:
        return len(participants.crowd(db, lesson.run_id))


def bus_state(server: Server) -> str:
    reply = httpx2.get(f"{server.address}/health/ready", timeout=5, verify=False)
    return str(reply.json().get("bus"))


@dataclass
class Watcher:
    """An open socket: the newest of each panel, everything it was shown of the stage, and its goodbye."""

    socket: ClientConnection
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)
    bye: str = ""
    is_closed: bool = False

    async def keep(self) -> None:
        try:
            async for text in self.socket:
                self.take(json.loads(text))
        except ConnectionClosed:
            pass
        self.is_closed = True

    def take(self, message: dict[str, Any]) -> None:
        if message["kind"] == "bye":
            self.bye = message["why"]
        if message["kind"] == "panel":
            self.newest[message["panel"]] = message
            if message["panel"] == "stage":
                self.stages.append(message)

    def has(self, panel: str, words: str) -> bool:
        return words in self.newest.get(panel, {}).get("html", "")

    @property
    def phase(self) -> str:
        return str(self.newest.get("stage", {}).get("phase", ""))

    async def shows(self, panel: str, words: str, within: float) -> float:
        return await so_within(lambda: self.has(panel, words), within, lambda: f"{words} in {self.newest.get(panel)}")

    async def stands_at(self, phase: str, within: float) -> float:
        return await so_within(lambda: self.phase == phase, within, lambda: f"{phase}, but it shows {self.phase}")

    async def hears(self, why: str, within: float) -> float:
        said = await so_within(lambda: self.bye == why, within, lambda: f"{why}, but it heard {self.bye!r}")
        await so_within(lambda: self.is_closed, within, lambda: "the close")
        return said


async def so_within(is_so: Callable[[], bool], within: float, what: Callable[[], str] = lambda: "that") -> float:
    """Waits until it is so; returns how many seconds that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < within, f"expected within {within} s {what()}"
        await asyncio.sleep(0.005)
    return time.monotonic() - began


@asynccontextmanager
async def watching(lesson: Lesson, cookie: str, path: str = "/play/socket") -> AsyncIterator[Watcher]:
    """A browser with this cookie at the worker of this lesson."""
    address = lesson.server.address
    async with dial(address, cookie, address, path=path, max_size=2**20) as socket:
        watcher = Watcher(socket)
        keeping = asyncio.create_task(watcher.keep())
        try:
            await so_within(lambda: bool(watcher.newest) or watcher.is_closed, 10)
            yield watcher
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


@asynccontextmanager
async def screen_at(lesson: Lesson, audience: str = "screen") -> AsyncIterator[Watcher]:
    cookies = "; ".join(f"{name}={value}" for name, value in lesson.teacher.http.cookies.items())
    async with watching(lesson, cookies, f"/class/run/socket?as={audience}") as watcher:
        yield watcher


@asynccontextmanager
async def tapping_at(lessons: Sequence[Lesson], seats: range) -> AsyncIterator[list[Device]]:
    """These seats tap, each at one of the workers in turn, and each has had an answer acknowledged."""
    devices = [Device(lessons[seat % len(lessons)], seat) for seat in seats]
    tasks = [asyncio.create_task(device.tap()) for device in devices]
    try:
        await everyone_is_acked_again(devices)
        yield devices
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
