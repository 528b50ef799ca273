"""The socket of one seat: accepted, handed over to a line, and from then on nobody's task."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from app.live.inbox import Inbox
from app.live.line import DOOR, POLICY, Door
from app.live.rooms import Rooms
from app.live.seat import Audience, Seat

__all__ = ["POLICY", "open_seat", "take_seat", "turn_away"]


async def open_seat(websocket: WebSocket, audience: Audience, participant_id: int | None = None) -> Seat:
    """Accept the socket and give it to a seat."""
    door = websocket.scope.get("extensions", {}).get(DOOR)
    if not isinstance(door, Door):
        raise RuntimeError("serve with uvicorn and ws=app.live.line.Door")
    await websocket.accept()
    line = door.hand_over()  # nothing is awaited in between, so nothing can have been read
    seat = Seat(line, audience, participant_id)
    line.listener = seat
    return seat


def take_seat(seat: Seat, rooms: Rooms, run_id: int, hear: Callable[[str], None], inbox: Inbox) -> None:
    """Sit down in a room that is known already."""
    seat.heard = lambda text: inbox.put(hear, text)
    seat.left = lambda: rooms.leave(run_id, seat)
    rooms.take(run_id, seat)


async def turn_away(websocket: WebSocket, last_words: str, code: int) -> None:
    """Accept, say why, and hang up: a browser can read no reason of a socket that was never accepted."""
    seat = await open_seat(websocket, "pupil")
    seat.close(last_words, code)
