"""The socket of one seat: what waits goes out, what comes in is heard, and nobody waits for a stuck device."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.live.rooms import Rooms
from app.live.seat import Seat

Hear = Callable[[str], Awaitable[bool]]
"""Takes one message; False ends the connection as misbehaved."""

POLICY = 1008
NORMAL = 1000


async def serve_seat(websocket: WebSocket, rooms: Rooms, run_id: int, seat: Seat, hear: Hear, stuck: float) -> None:
    """Run one accepted socket until either side lets go. The seat must have been taken already."""
    sending = asyncio.create_task(seat.deliver(websocket.send_text, stuck))
    hearing = asyncio.create_task(_hear_all(websocket, hear))
    try:
        await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        code = hearing.result() if hearing.done() and not hearing.exception() else NORMAL
        if websocket.application_state == WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                await asyncio.wait_for(websocket.close(code), 1)
    finally:
        rooms.leave(run_id, seat)
        for task in (sending, hearing):
            task.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)


async def _hear_all(websocket: WebSocket, hear: Hear) -> int:
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return NORMAL
        text = event.get("text")
        if text is None or not await hear(text):  # binary is never ours
            return POLICY
