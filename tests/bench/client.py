"""One pupil's socket of the load generator: as little as can open a websocket, so that ten thousand open in seconds.

Whole unmasked text frames under 64 KiB in, masked text frames out with a mask of zeros, and pongs.
"""

import asyncio
import time
from typing import Any

KEY = "c2FmZXR5LWluLWFjdGlvbg=="
NO_MASK = b"\x00\x00\x00\x00"
TEXT, PING = 0x1, 0x9


class Crowd:
    """Waits until everybody has heard what is expected."""

    def __init__(self, longest_wait: float = 60.0) -> None:
        self.missing = 0
        self.anybody = asyncio.Event()
        self.everybody = asyncio.Event()
        self._longest_wait = longest_wait

    def expect(self, count: int) -> None:
        self.missing = count
        self.anybody.clear()
        self.everybody.clear()

    def heard(self) -> None:
        self.missing -= 1
        if self.missing == 0:
            self.everybody.set()
        elif not self.anybody.is_set():
            self.anybody.set()

    async def wait(self) -> None:
        """Whoever is still missing after a minute is lost, and counted so."""
        try:
            await asyncio.wait_for(self.everybody.wait(), self._longest_wait)
        except TimeoutError:
            return

    async def stay_awake(self) -> None:
        """From the first to the last, this process does not sleep.

        On one machine a sender has to wake a receiver that sleeps, which costs it as much as the write itself, and
        a receiver sleeps as often as it is the faster of the two: it would measure itself. Elsewhere nobody pays
        that.
        """
        await self.anybody.wait()
        while not self.everybody.is_set():  # noqa: ASYNC110 - that it does not sleep is the point
            await asyncio.sleep(0)


class Client(asyncio.Protocol):
    """Acks and stages are told by where they stand in the message, so that hearing costs little."""

    def __init__(self, acks: Crowd, stages: Crowd, request: bytes) -> None:
        self.acks, self.stages = acks, stages
        self.sent_at = self.acked_at = self.stage_at = 0.0
        self.ack = b""
        self.acked: list[float] = []
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._request = request
        self._got = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_result(False)

    def say(self, message: bytes) -> None:
        size = len(message)
        length = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        self.sent_at = time.monotonic()
        self._transport.write(length + NO_MASK + message)

    def leave(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        got = self._got + data if self._got else data
        if not self.opened.done():
            head, end, got = got.partition(b"\r\n\r\n")
            if not end:
                self._got = head
                return
            self.opened.set_result(head.startswith(b"HTTP/1.1 101"))
        at, end_at = 0, len(got)
        while end_at - at >= 2:
            size, start = got[at + 1], at + 2
            if size == 126:
                if end_at - at < 4:
                    break
                size, start = int.from_bytes(got[at + 2 : at + 4], "big"), at + 4
            if end_at < start + size:
                break
            self._frame(got[at] & 0x0F, got[start : start + size])
            at = start + size
        self._got = got[at:]

    def _frame(self, kind: int, heard: bytes) -> None:
        if kind == PING:
            self._transport.write(b"\x8a" + bytes((0x80 | len(heard),)) + NO_MASK + heard)
        elif kind == TEXT and heard[9:12] == b"ack":
            self.acked_at = time.monotonic()
            self.ack = heard
            self.acked.append(self.acked_at - self.sent_at)
            self.acks.heard()
        elif kind == TEXT and heard[25:30] == b"stage":
            self.stage_at = time.monotonic()
            self.stages.heard()


def upgrade(port: int, path: str, cookie: str) -> bytes:
    """The request that opens a websocket, as a browser makes it."""
    host = f"127.0.0.1:{port}"
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    ).encode()
