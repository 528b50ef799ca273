"""A school's filter between browser and server: plain requests pass, websockets meet one of eight fates.

The `Host` and `Origin` that a browser sends both name the proxy's own port. They pass unchanged, so the server sees
one and the same address in each, as behind any proxy that keeps them.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Fate = Literal[
    "ok", "refuse_upgrade", "redirect_upgrade", "html_page", "hang_upgrade", "black_hole", "cut_after", "drop_acks"
]
Mode = Fate | Literal["refuse"]
"""What a websocket meets; `refuse` resets every connection, plain requests too."""
PAGE = b"<!doctype html><title>Blocked</title><h1>This page is blocked by your school</h1>"
REPLIES: dict[Mode, bytes] = {
    "refuse_upgrade": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "redirect_upgrade": b"HTTP/1.1 302 Found\r\nLocation: /blocked\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "html_page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    % (len(PAGE), PAGE),
}
CHUNK = 65_536
EXTENDED = {126: 2, 127: 8}
"""How many bytes hold the length of a frame that is too long for its own seven bits."""


class Proxy:
    """Forwards to a port of the loopback. `mode` may change at any time and counts for the next websocket."""

    def __init__(self, target: int) -> None:
        self.mode: Mode = "ok"
        self.seconds = 1.0
        """After this long `cut_after` cuts a websocket."""
        self.share = 0.3
        """Of all acks so many vanish in `drop_acks`, chosen by chance, as long as `most_dropped` allows."""
        self.loses = b'"kind":"ack"'
        """What marks an ack; another mark makes other messages vanish in their place."""
        self.most_dropped: int | None = None
        self.dropped = 0
        self.upgrades = 0
        self.port = 0
        self._swallowed = 0
        self._chance = random.Random(5)
        self._target = target
        self._open: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Cut every open connection at once, from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._open])

    def swallow(self) -> None:
        """All connections that are open now are half-open from here: they pass no word, and do not end."""
        self._swallowed += 1

    async def serve(self, ready: threading.Event, told_to_end: asyncio.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await told_to_end.wait()
        server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._handle(reader, writer)
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "refuse":
            return
        head = await reader.readuntil(b"\r\n\r\n")
        # Browsers open a connection of its own for each websocket, so its first request tells.
        is_upgrade = b"\r\nupgrade: websocket" in head.lower()
        mode: Mode = self.mode if is_upgrade else "ok"
        self.upgrades += is_upgrade
        if mode in REPLIES:
            writer.write(REPLIES[mode])
            await writer.drain()
            return
        if mode == "hang_upgrade":
            await reader.read()  # until the browser gives up
            return
        await self._forward(mode, head, reader, writer)

    async def _forward(
        self, mode: Mode, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            server_writer.write(head)
            if mode == "black_hole":  # the handshake succeeds, and then no word passes
                writer.write(await server_reader.readuntil(b"\r\n\r\n"))
                await reader.read()
                return
            pour_back = self._pour_frames if mode == "drop_acks" else self._pour
            both = asyncio.gather(self._pour(reader, server_writer), pour_back(server_reader, writer))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(both, self.seconds if mode == "cut_after" else None)
        finally:
            server_writer.transport.abort()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        born = self._swallowed
        while chunk := await reader.read(CHUNK):
            if born == self._swallowed:
                writer.write(chunk)
                await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def _pour_frames(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What the server says, frame by frame (RFC 6455, 5.2: a server's frames are not masked)."""
        writer.write(await reader.readuntil(b"\r\n\r\n"))
        while True:
            head = await reader.readexactly(2)
            more = await reader.readexactly(EXTENDED.get(head[1], 0))
            payload = await reader.readexactly(int.from_bytes(more, "big") if more else head[1])
            if not (self.loses in payload and self._drops_this()):
                writer.write(head + more + payload)
                await writer.drain()

    def _drops_this(self) -> bool:
        if self.most_dropped is not None and self.dropped >= self.most_dropped:
            return False
        is_unlucky = self._chance.random() < self.share
        self.dropped += is_unlucky
        return is_unlucky


@contextmanager
def proxy_to(
    port: int, new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
) -> Iterator[Proxy]:
    """A proxy in a thread of its own."""
    proxy, ready = Proxy(port), threading.Event()
    loop = new_loop()
    told_to_end = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(proxy.serve(ready, told_to_end)), name="proxy", daemon=True
    )
    thread.start()
    assert ready.wait(10), "the proxy did not start"
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(told_to_end.set)
        thread.join(10)
        loop.close()
