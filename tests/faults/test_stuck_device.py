"""One device that reads nothing delays nobody, and is let go (REL-12)."""

import asyncio
import socket
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect

from tests.faults.altered_server import NARROW_BYTES
from tests.faults.figures import percentile, tell
from tests.faults.lesson import Lesson, Server, dial, eventually, running, until
from tests.faults.workers import a_class
from tests.servers import free_port

pytestmark = pytest.mark.slow
PUPILS, PAIRS = 30, 5
FACTOR, FLOOR = 1.5, 0.020
GROWTH = 8 * 2**20
SLACK = 6.0


class StuckDevice:
    """Opens a pupil's socket and never reads from it."""

    def __init__(self, address: str, path: str, cookie: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        self._socket.connect(("127.0.0.1", urlsplit(address).port))
        lines = (
            *(f"GET {path} HTTP/1.1", f"Host: {urlsplit(address).netloc}", f"Origin: {address}", f"Cookie: {cookie}"),
            *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
            *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""),
        )
        self._socket.sendall("\r\n".join(lines).encode())
        assert self._socket.recv(12) == b"HTTP/1.1 101"

    def was_let_go(self) -> bool:
        """Reads what is left: whether it ends."""
        self._socket.settimeout(0.5)
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        self._socket.close()


@contextmanager
def stuck_device(address: str, path: str = "/play/socket", cookie: str = "") -> Iterator[StuckDevice]:
    device = StuckDevice(address, path, cookie)
    try:
        yield device
    finally:
        device.close()


@asynccontextmanager
async def all_but_one(lesson: Lesson) -> AsyncIterator[list["Watcher"]]:
    watchers = [Watcher() for _ in lesson.cookies[1:]]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(watcher.watch(lesson, cookie))
            for watcher, cookie in zip(watchers, lesson.cookies[1:], strict=True)
        ]
        await eventually(lambda: all(watcher.seen for watcher in watchers), 20)
        yield watchers
        for task in tasks:
            task.cancel()


class Watcher:
    """A device that notes when each stage came."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}

    async def watch(self, lesson: Lesson, cookie: str) -> None:
        async with dial(lesson.server.address, cookie, lesson.server.address) as link:
            while True:
                stage = await until(link, panel="stage")
                self.seen.setdefault(stage["seq"], time.monotonic())


async def from_cue_to_panel(lesson: Lesson, cues: int) -> list[float]:
    """Seconds from each cue until each device has its panel; back and forth between two closed questions."""
    waits: list[float] = []
    async with all_but_one(lesson) as watchers:
        for number in range(cues):
            run = lesson.run()
            began = time.monotonic()
            status = await asyncio.to_thread(lesson.give, "next" if number % 2 else "back", run=run)
            assert status == 204
            seq = run.stage.seq + 1
            await eventually(lambda seq=seq: all(seq in one.seen for one in watchers), 30)  # type: ignore[misc]
            waits += [one.seen[seq] - began for one in watchers]
    return waits


@contextmanager
def warm_lesson(server: Server) -> Iterator[Lesson]:
    with a_class([server], PUPILS) as (lesson,):
        lesson.go_to("before.F2", "closed")
        asyncio.run(from_cue_to_panel(lesson, 10))
        yield lesson


def side_by_side(
    folder: Path, *, pairs: int, cues: int, stuck_seconds: float, of_pairs: Callable[[list[float]], float]
) -> None:
    """Each half of a pair has a lesson of its own: a look reads all cues of its run, so a later half would be slower.
    What memory grows from pair to pair is never given back."""
    environment = {"SIA_STUCK_SECONDS": str(stuck_seconds)}
    server = Server(folder / "data", environment=environment, alteration="narrow")
    without, beside, memory, meanwhile = [], [], [], []
    with running(server):
        for pair in range(1, pairs + 1):
            with warm_lesson(server) as lesson:
                without.append(percentile(asyncio.run(from_cue_to_panel(lesson, cues)), 0.99))
            with warm_lesson(server) as lesson:
                before = server.memory
                with stuck_device(server.address, cookie=lesson.cookies[0]) as device:
                    beside.append(percentile(asyncio.run(from_cue_to_panel(lesson, cues)), 0.99))
                    asyncio.run(eventually(lambda pair=pair: let_go(server) == pair, stuck_seconds + SLACK))  # type: ignore[misc]
                    assert device.was_let_go()
                meanwhile.append(server.memory - before)
            memory.append(server.memory)
    growth = memory[-1] - memory[0]
    tell(
        f"{pairs} pairs of {cues} cues, p99 from cue to panel: {statistics.median(without) * 1000:.0f} ms without, "
        f"{statistics.median(beside) * 1000:.0f} ms beside a stuck device; memory {growth / 2**20:+.1f} MB, "
        f"{max(meanwhile[1:]) / 2**20:+.1f} MB at most in one lesson"
    )
    assert of_pairs([held / max(free, FLOOR) for held, free in zip(beside, without, strict=True)]) < FACTOR
    assert growth < GROWTH
    assert max(meanwhile[1:]) < GROWTH  # the first lesson warms the server up


def let_go(server: Server) -> int:
    """How many stuck devices the server says that it let go."""
    return server.log.count("and was let go")


def test_a_stuck_device_delays_nobody_and_is_let_go(tmp_path: Path) -> None:
    # A hold-up would be in every pair; what a busy machine adds is not.
    side_by_side(tmp_path, pairs=PAIRS, cues=40, stuck_seconds=2, of_pairs=min)


@pytest.mark.soak
def test_a_stuck_device_delays_nobody_for_as_long_as_it_stays(tmp_path: Path) -> None:
    side_by_side(tmp_path, pairs=PAIRS, cues=400, stuck_seconds=10, of_pairs=statistics.median)


# --- Known bad ---


class NarrowSocket(WebSocketsSansIOProtocol):
    def connection_made(self, transport: Any) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NARROW_BYTES)
        super().connection_made(transport)


class AwaitedSends:
    """Known bad: one loop that awaits each device's send."""

    def __init__(self) -> None:
        self.port = free_port()
        self._sends: list[Any] = []
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._serve,
                port=self.port,
                ws=NarrowSocket,
                lifespan="off",
                interface="asgi3",
                log_level="error",
                ws_per_message_deflate=False,
            )
        )

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._sends.append(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._sends.remove(send)

    async def push(self, text: str) -> None:
        for send in list(self._sends):
            await send({"type": "websocket.send", "text": text})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        serving = asyncio.create_task(self._server.serve())
        await eventually(lambda: self._server.started, 10)
        try:
            yield
        finally:
            self._server.should_exit = self._server.force_exit = True
            await serving


async def until_everyone_has_it(is_beside_stuck: bool, at_most: float) -> float:
    """Seconds until all others have the last of 60 panels, waiting for so long at most."""
    app = AwaitedSends()
    address = f"http://127.0.0.1:{app.port}"
    async with app.running(), AsyncExitStack() as stack:
        if is_beside_stuck:
            stuck = await asyncio.to_thread(StuckDevice, address, "/", "")
            stack.callback(stuck.close)
        others = [
            await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{app.port}/", compression=None, close_timeout=0.1)
            )
            for _ in range(PUPILS - 1)
        ]
        began = time.monotonic()
        reading = [asyncio.create_task(read_to(socket, "59")) for socket in others]
        pushing = asyncio.create_task(push_all(app))
        await asyncio.wait(reading, timeout=at_most)
        took = time.monotonic() - began
        for task in (pushing, *reading):
            task.cancel()
        await asyncio.gather(pushing, *reading, return_exceptions=True)
    return took


async def push_all(app: AwaitedSends) -> None:
    for number in range(60):
        await app.push(f"{number:<3000}")


async def read_to(link: ClientConnection, last: str) -> None:
    while str(await link.recv()).strip() != last:
        pass


def in_a_thread(at_most: float, *, beside_stuck: bool) -> float:
    """uvicorn takes over the signals of a main thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, until_everyone_has_it(beside_stuck, at_most)).result()


def a_stuck_device_holds_everyone_up(at_most: float) -> None:
    without = in_a_thread(at_most, beside_stuck=False)
    beside = in_a_thread(at_most, beside_stuck=True)
    tell(f"awaited sends: 60 panels in {without:.2f} s; beside a stuck device not within {beside:.0f} s")
    assert without < at_most / 2
    assert beside >= at_most


def test_awaited_sends_are_held_up_by_a_stuck_device() -> None:
    a_stuck_device_holds_everyone_up(3)


@pytest.mark.soak
def test_awaited_sends_are_held_up_for_more_than_ten_seconds() -> None:
    a_stuck_device_holds_everyone_up(11)
