"""Check your room: whether this browser, behind this school's filter, can take part. Open to anyone, and bounded."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocketDisconnect

from app.settings import Settings
from app.web import deps
from app.web.deps import App
from app.web.pages import Pages

MOST_PER_ADDRESS, MOST_AT_ONCE = 80, 400
"""Checks that may be held at a time: a school's whole computer suite has one address."""
LONGEST_POLL = 10.0
SPARE_SECONDS = 15.0
LONGEST_WORD, FASTEST_WORDS = 16, 1
TOO_MANY, POLICY = 1013, 1008


class Held:
    """How many checks each address holds open just now. On the event loop alone, so it needs no lock."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    @contextlib.contextmanager
    def one_of(self, address: str) -> Iterator[bool]:
        """Whether there is room for one more."""
        is_room = self._held[address] < MOST_PER_ADDRESS and self._held.total() < MOST_AT_ONCE
        self._held[address] += is_room
        try:
            yield is_room
        finally:
            self._held[address] -= is_room
            if not self._held[address]:
                del self._held[address]


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    held = Held()

    @router.get("/network-check")
    def check(app: App) -> Response:
        return pages.page(
            "pages/network_check.html", seconds=app.settings.network_check_seconds, **_for_it(app.settings)
        )

    @router.get("/network-check/now")
    def now(app: App) -> Response:
        """The server's clock, in milliseconds since 1970."""
        return JSONResponse({"now": round(app.clock().timestamp() * 1000)})

    @router.get("/network-check/poll")
    async def poll(request: Request) -> Response:
        """An answer that comes late, as when a device waits for the next question without a socket."""
        app = deps.parts(request)
        with held.one_of(deps.address_of(request)) as is_room:
            if not is_room:
                return JSONResponse({"say": "Too many checks at once. Try again in a minute."}, status_code=429)
            await asyncio.sleep(min(LONGEST_POLL, app.settings.network_check_seconds / 2))
        return JSONResponse({"polled": True})

    @router.websocket("/network-check/socket")
    async def socket(websocket: WebSocket) -> None:
        """Answers each short word, as long as the check takes and a little longer."""
        seconds = deps.parts(websocket).settings.network_check_seconds + SPARE_SECONDS
        with held.one_of(deps.address_of(websocket)) as is_room:
            await websocket.accept()
            if not is_room:
                await websocket.close(TOO_MANY)
                return
            with contextlib.suppress(WebSocketDisconnect, TimeoutError):
                await asyncio.wait_for(_answer(websocket, round(seconds * FASTEST_WORDS)), seconds)
            with contextlib.suppress(RuntimeError):  # it has gone already
                await websocket.close()

    return router


async def _answer(websocket: WebSocket, most: int) -> None:
    for _ in range(most):
        word = await websocket.receive_text()
        if len(word) > LONGEST_WORD:
            await websocket.close(POLICY)
            return
        await websocket.send_text("here")


def _for_it(settings: Settings) -> dict[str, Any]:
    """Host and port, for the text that goes to the school's IT."""
    found = urlsplit(settings.base_address)
    is_secure = found.scheme == "https"
    return {
        "address": settings.base_address,
        "host": found.hostname or "",
        "port": found.port or (443 if is_secure else 80),
        "scheme": "HTTPS" if is_secure else "HTTP",
        "sockets": "wss" if is_secure else "ws",
    }
