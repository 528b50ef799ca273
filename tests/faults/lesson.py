"""A class on a live server, standing at a question, and its devices: the client's side of a fault test."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import select
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from app.domain.run import Order
from app.domain.shown import offered_askings
from app.store import lessons, runs
from app.store.database import Database
from app.store.runs import OpenRun
from app.store.tables import AnswerRow, ParticipantRow
from tests.live_server import LiveServer
from tests.served import Visitor

LETTERS = "ABCD"
RESEND = 2.5
SETTLES = 20.0
BURST, PER_SECOND = 16.0, 4.5
"""A little under what the protocol allows one device."""


@dataclass
class Server(LiveServer):
    """A live server that can be looked into."""

    @property
    def file(self) -> str:
        return str(self.folder / "safety-in-action.db")

    @property
    def memory(self) -> int:
        """Resident bytes of the process."""
        with open(f"/proc/{self._process.pid}/statm") as figures:
            return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def is_running(self) -> bool:
        return hasattr(self, "_process") and self._process.poll() is None


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Lesson:
    """Tess's class with so many seats, and the teacher who leads it."""

    server: Server
    teacher: Visitor
    code: str
    run_id: int
    cookies: list[str]
    participants: list[int]

    def run(self) -> OpenRun:
        return self.server.run(self.code)

    def give(self, order: Order, *, run: OpenRun | None = None) -> int:
        """One order; returns its HTTP status."""
        now = run or self.run()
        form = {"order": order, "seq": now.stage.seq, "epoch": now.epoch}
        reply = self.teacher.http.post("/class/run/cue", data=form, headers={"accept": "application/json"})
        status: int = reply.status_code
        return status

    def go_to(self, step_key: str, phase: str = "open") -> None:
        for _ in range(200):
            run = self.run()
            if (run.stage.step_key, run.stage.phase) == (step_key, phase):
                return
            assert self.give("next", run=run) == 204
        raise AssertionError(f"never came to {step_key} {phase}")


@contextmanager
def lesson_on(server: Server, pupils: int, step_key: str = "before.F1") -> Iterator[Lesson]:
    """A class of so many pupils that stands at this open question."""
    with ExitStack() as stack:
        teacher = Visitor(server.address, stack).open_class(server.links["class_token"])
        with closing(server.database()) as database, database.reading() as db:
            version_id = lessons.offered(db, 1)[0][0]
        form = {"version_id": version_id, "questions": 8, "present": "35"}
        assert teacher.http.post("/class/run", data=form).status_code == 303
        with closing(server.database()) as database, database.reading() as db:
            run = runs.open_of_class(db, 1)
            assert run is not None
        door = Visitor(server.address, stack)
        cookies = [new_seat(door, run.code) for _ in range(pupils)]
        with closing(server.database()) as database, database.reading() as db:
            seated = select(ParticipantRow.id).where(ParticipantRow.run_id == run.id)
            participants = sorted(one for one in db.exec(seated).all() if one is not None)
        lesson = Lesson(server, teacher, run.code, run.id, cookies, participants)
        lesson.go_to(step_key)
        yield lesson


def new_seat(door: Visitor, code: str) -> str:
    """Join as yet another pupil; returns the Cookie header of the seat."""
    door.http.cookies.clear()
    door.join(code)
    return "; ".join(f"{name}={value}" for name, value in door.http.cookies.items())


@dataclass
class Device:
    """A child who changes their mind as fast as each change is acknowledged, and keeps a journal of that."""

    lesson: Lesson
    index: int
    address: str = ""
    change: int = 0
    acked: int = 0
    """The greatest change that was acknowledged."""
    acks: int = 0
    busy: int = 0
    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    is_connected: bool = False
    _awaited: dict[str, Any] | None = None
    _sent_at: float = 0.0

    @property
    def participant_id(self) -> int:
        return self.lesson.participants[self.index]

    def letter(self, change: int) -> str:
        return LETTERS[(change + self.index) % len(LETTERS)]

    def dial(self) -> connect:
        server = self.lesson.server
        return dial(self.address or server.address, self.lesson.cookies[self.index], server.address)

    async def tap(self) -> None:
        """Until cancelled, through every cut."""
        while True:
            try:
                async with self.dial() as socket:
                    self.is_connected = True
                    await self._tap_on(socket)
            except (OSError, EOFError, WebSocketException):
                pass
            finally:
                self.is_connected = False
            await asyncio.sleep(0.1)

    async def _tap_on(self, socket: ClientConnection) -> None:
        asking, round = await asked(socket)
        left, at = BURST, time.monotonic()
        while True:
            now = time.monotonic()
            left, at = min(BURST, left + (now - at) * PER_SECOND), now
            if left < 1:
                await asyncio.sleep((1 - left) / PER_SECOND)
                continue
            left -= 1
            if self._awaited is None:
                self.change += 1
                self._awaited = message(asking, round, self.letter(self.change), self.change, self.index)
                self._sent_at = now
            await socket.send(json.dumps(self._awaited))
            await self._hear_reply(socket)

    async def _hear_reply(self, socket: ClientConnection) -> None:
        assert self._awaited is not None
        try:
            async with asyncio.timeout(RESEND):
                reply = await until(socket, id=self._awaited["id"])
        except TimeoutError:
            return  # no word of it: it is sent again
        if reply["kind"] == "busy":
            self.busy += 1
            await asyncio.sleep(0.5)
            return
        if reply["kind"] == "ack":
            self.acks += 1
            self.acked = max(self.acked, reply["change"])
            self.waits.append(time.monotonic() - self._sent_at)
        else:
            self.refused.append(str(reply))
        self._awaited = None


class tapping:  # noqa: N801 - reads as a phrase in a with statement
    """All devices of a lesson tap; each has had an answer acknowledged before the block begins."""

    def __init__(self, lesson: Lesson) -> None:
        self._devices = [Device(lesson, index) for index in range(len(lesson.cookies))]

    async def __aenter__(self) -> list[Device]:
        self._tasks = [asyncio.create_task(device.tap()) for device in self._devices]
        await everyone_is_acked_again(self._devices)
        return self._devices

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def everyone_is_acked_again(devices: list[Device]) -> None:
    had = [device.acks for device in devices]
    await eventually(lambda: all(device.acks > before for device, before in zip(devices, had, strict=True)), SETTLES)


def message(asking: str, round: int, choice: str, change: int, device: int) -> dict[str, Any]:
    name = f"device-{device:04d}-{change:06d}"
    return {"kind": "answer", "id": name, "asking": asking, "round": round, "choice": choice, "change": change}


def dial(address: str, cookie: str, origin: str, *, path: str = "/play/socket", **options: Any) -> connect:
    return connect(
        f"ws{address.removeprefix('http')}{path}",
        origin=origin,  # type: ignore[arg-type]  # a NewType of str
        additional_headers={"Cookie": cookie},
        open_timeout=5,
        close_timeout=1,
        ping_interval=None,
        compression=None,
        proxy=None,
        **options,
    )


async def until(socket: ClientConnection, **wanted: Any) -> dict[str, Any]:
    """The next message that has all these members."""
    while True:
        found: dict[str, Any] = json.loads(await socket.recv())
        if all(found.get(name) == value for name, value in wanted.items()):
            return found


async def asked(socket: ClientConnection) -> tuple[str, int]:
    """The asking and round of the question that is open, or will be."""
    while True:
        stage = await until(socket, kind="panel", panel="stage")
        if stage["phase"] == "open":
            return str(stage["asking"]), int(stage["round"])


async def eventually(is_so: Callable[[], bool], within: float) -> None:
    """Wait until this is so. Raises AssertionError when it is not within so many seconds."""
    until = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < until, f"not so within {within} s"
        await asyncio.sleep(0.005)


def losses(database: Database, lesson: Lesson, devices: Sequence[Device]) -> list[str]:
    """What was acknowledged and is not in this store, or is in it wrongly."""
    with database.reading() as db:
        run = runs.read(db, lesson.run_id)
        here = (run.stage.module, run.stage.step_key, run.stage.round)
        rows = db.exec(select(AnswerRow).where(AnswerRow.run_id == run.id)).all()
    meanings = next(
        offered.meanings
        for offered in offered_askings(run.plan, run.seed).values()
        if (offered.module, offered.step_key) == here[:2]
    )
    found = []
    for device in devices:
        mine = [
            row
            for row in rows
            if row.participant_id == device.participant_id and (row.module_position, row.step_key, row.round) == here
        ]
        if len(mine) > 1:
            found.append(f"device {device.index} is counted {len(mine)} times")
        change = mine[0].change_no if mine else 0
        if change < device.acked:
            found.append(f"device {device.index}: change {device.acked} was acknowledged, {change} is stored")
        if mine and mine[0].choice != meanings[device.letter(change)]:
            found.append(f"device {device.index}: change {change} is stored with another choice")
    return found


def is_whole(database: Database) -> bool:
    """What SQLite's own check says of the file."""
    with database.reading() as db:
        return db.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
