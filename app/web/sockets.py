"""The socket of one seat: what waits goes out, what comes in is heard, and nobody waits for a stuck device."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from app.live.line import LINE, LiveSocket
from app.live.rooms import Rooms
from app.live.seat import Seat

POLICY = 1008


def line_of(websocket: WebSocket) -> LiveSocket:
    """The direct line that our protocol class hands to the route; without it nothing live can be served."""
    line = websocket.scope.get("extensions", {}).get(LINE)
    if not isinstance(line, LiveSocket):
        raise RuntimeError("serve with uvicorn and ws=app.live.line.LiveSocket")
    return line


async def serve_seat(
    websocket: WebSocket, line: LiveSocket, rooms: Rooms, run_id: int, seat: Seat, hear: Callable[[str], None]
) -> None:
    """Run one accepted socket until either side lets go. The room must be known already.

    Messages are heard by the protocol itself, so all that comes to this task is the end.
    """
    line.hear, line.drained = hear, seat.drained
    try:
        rooms.take(run_id, seat)
        while (await websocket.receive())["type"] != "websocket.disconnect":
            seat.refuse(POLICY)  # arrived before the line was ours
    finally:
        line.hear = line.drained = None
        rooms.leave(run_id, seat)
