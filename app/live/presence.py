"""What rooms give the pulse, and take from it."""

from collections.abc import Iterable

from app.live import pulse
from app.live.pulse import Pulse
from app.live.room import Room


def listen(rooms: Iterable[Room], to: Pulse, now: float, patience: float) -> None:
    """Classroom screens of live sessions that take what they are sent are there, though they have nothing to say."""
    for room in rooms:
        if room.snapshot is None or room.snapshot.session is None:
            continue
        if any(seat.lag(now) < patience for seat in room.seats["screen"]):
            to.heard(pulse.screens(room.run_id))


def show(rooms: Iterable[Room], known: Pulse) -> None:
    """Teachers are told when their presenter is gone, and when there is one again."""
    for room in rooms:
        session = room.snapshot.session if room.snapshot is not None else None
        if session is None or not session.is_open or not room.is_watched:
            continue
        now = known.presenter(session.id, session.holder)
        if room.presence != now:
            room.presence = now
            room.outdate(("stage",))
