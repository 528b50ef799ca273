"""A school's filter between browser and server: plain requests pass, websockets meet one of seven fates.

The `Host` and `Origin` that a browser sends both name the proxy's own port. They pass unchanged, so the server sees
one and the same address in each, as behind any proxy that keeps them.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Mode = Literal["ok", "refuse_upgrade", "redirect_upgrade", "html_page", "hang_upgrade", "black_hole", "cut_after"]
PAGE = b"<!doctype html><title>Blocked</title><h1>This page is blocked by your school</h1>"
REPLIES: dict[Mode, bytes] = {
    "refuse_upgrade": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "redirect_upgrade": b"HTTP/1.1 302 Found\r\nLocation: /blocked\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "html_page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    % (len(PAGE), PAGE),
}
CHUNK = 65_536


class Proxy:
    """Forwards to a port of the loopback. `mode` may change at any time and counts for the next websocket."""

    def __init__(self, target: int) -> None:
        self.mode: Mode = "ok"
        self.seconds = 1.0
        """After this long `cut_after` cuts a websocket."""
        self.upgrades = 0
        self.port = 0
        self._target = target
        self._open: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, ready: threading.Event, told_to_end: asyncio.Event) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
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
            both = asyncio.gather(_pour(reader, server_writer), _pour(server_reader, writer))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(both, self.seconds if mode == "cut_after" else None)
        finally:
            server_writer.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy in a thread of its own."""
    proxy, ready = Proxy(port), threading.Event()
    loop = asyncio.new_event_loop()
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
