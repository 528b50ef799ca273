"""A world served by a real uvicorn in a thread: real sockets, and the test can still reach inside."""

import asyncio
import json
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.live.line import Door
from tests.cast import PASSWORD, TESS_LINK, World
from tests.servers import free_port


class ServedWorld(World):
    """Like World; its app answers on a port of the loopback."""

    def _begin(self) -> None:
        self.port = free_port()
        config = uvicorn.Config(
            self.app,
            port=self.port,
            ws=Door,
            ws_max_size=4096,
            ws_per_message_deflate=False,
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(20), "the server did not start"

    def _serve(self, ready: threading.Event) -> None:
        async def main() -> None:
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            ready.set()
            await serving

        asyncio.run(main())

    def _end(self) -> None:
        self._stack.close()
        self._server.should_exit = True
        self._thread.join(15)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def visitor(self) -> "Visitor":
        return Visitor(self.address, self._stack)


@dataclass
class Visitor:
    """A browser without a screen: plain requests with cookies, and sockets."""

    address: str
    open_things: ExitStack

    def __post_init__(self) -> None:
        # Reading the certificates that it never needs would cost more than all that it asks for.
        client = httpx2.Client(base_url=self.address, headers={"origin": self.address}, timeout=20, verify=False)
        self.http = self.open_things.enter_context(client)

    def open_class(self, token: str = TESS_LINK) -> "Visitor":
        assert self.http.post(f"/c/{token}").status_code == 303
        return self

    def sign_in(self, email: str) -> "Visitor":
        assert self.http.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
        return self

    def join(self, code: str) -> "Visitor":
        assert self.http.post("/join", data={"code": code}).status_code == 303
        return self

    def socket(self, path: str = "/play/socket", **options: Any) -> "Socket":
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        headers = {"Cookie": cookies} | options.pop("headers", {})
        origin = options.pop("origin", self.address)
        opening = connect(
            self.address.replace("http", "ws") + path,
            origin=origin,
            additional_headers=headers,
            compression=None,
            max_size=2**20,
            open_timeout=10,
            **options,
        )
        return Socket(self.open_things.enter_context(opening))


@dataclass
class Socket:
    """One open socket that speaks the protocol."""

    connection: ClientConnection

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def next(self, timeout: float = 10) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.connection.recv(timeout=timeout))
        return found

    def until(self, timeout: float = 10, **wanted: Any) -> dict[str, Any]:
        """The next message that has all these members."""
        while True:
            found = self.next(timeout)
            if all(found.get(name) == value for name, value in wanted.items()):
                return found

    def closed_code(self) -> int | None:
        """Reads until the server closes; the code it gave."""
        while True:
            try:
                self.next()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None

    def close(self) -> None:
        self.connection.close()
