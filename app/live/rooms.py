"""Rooms: the open side of each run. Everything here may be lost at any moment and is rebuilt from the store."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.live import messages
from app.live.seat import Audience, Seat
from app.store import answers, runs
from app.store.answers import Tally
from app.store.database import Database
from app.store.runs import OpenRun

log = logging.getLogger(__name__)

PANELS: dict[Audience, tuple[str, ...]] = {
    "pupil": ("stage",),
    "screen": ("stage", "crowd", "tally"),
    "controls": ("stage", "crowd", "tally"),
}
COUNTS = ("crowd", "tally")
"""Panels that are redrawn a few times a second at most, however many children answer."""


@dataclass(frozen=True)
class Guest:
    """One seated participant as the classroom screen names it."""

    id: int
    alias: str


@dataclass(frozen=True)
class Snapshot:
    """All that a panel is drawn from, read in one look at the store."""

    run: OpenRun
    crowd: tuple[Guest, ...]
    tally: Tally
    revision: int


Render = Callable[[Audience, str, Snapshot], str]
"""(audience, panel, snapshot) -> the whole message that puts the panel on that audience's screens."""


def look(database: Database, run_id: int, revision: int = 0) -> Snapshot:
    """Read what a run's panels show now."""
    with database.reading() as db:
        run = runs.read(db, run_id)
        here = run.plan.at(run.stage)
        tally_only = bool(here and getattr(here.step, "tally_only", False))
        return Snapshot(
            run=run,
            crowd=tuple(Guest(id=row.id or 0, alias=row.alias or "") for row in runs.crowd(db, run_id)),
            tally=answers.tally(db, run_id, run.stage, tally_only=tally_only),
            revision=revision,
        )


@dataclass(eq=False)
class Room:
    """The seats of one run, and the newest frame of each of its panels."""

    run_id: int
    seats: set[Seat] = field(default_factory=set)
    frames: dict[tuple[Audience, str], str] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    revision: int = 0
    dirty: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def seat_of(self, participant_id: int) -> Seat | None:
        return next((seat for seat in self.seats if seat.participant_id == participant_id), None)


class Rooms:
    """Opens, finds and closes rooms. Its methods run on the event loop, but for `changed`."""

    def __init__(self, database: Database, render: Render, *, tally_seconds: float) -> None:
        self._database = database
        self._render = render
        self._tally_seconds = tally_seconds
        self._rooms: dict[int, Room] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        for room in list(self._rooms.values()):
            self._close(room)

    def changed(self, run_id: int, panels: Iterable[str] = ("stage", *COUNTS)) -> None:
        """Say from any thread that a run's panels are out of date; only committed work may say so."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._mark, run_id, tuple(panels))

    def dismiss(self, run_id: int, participant_id: int) -> None:
        """Let one seat go, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._dismiss, run_id, participant_id)

    async def take(self, run_id: int, seat: Seat) -> Snapshot:
        """Seat a browser and offer it the present panels. A newer tab of one participant wins."""
        room = self._rooms.get(run_id) or self._open(run_id)
        if seat.participant_id is not None:
            earlier = room.seat_of(seat.participant_id)
            if earlier is not None:
                earlier.close(messages.elsewhere())
                room.seats.discard(earlier)
        room.seats.add(seat)
        if room.snapshot is None:
            await self._draw(room, {"stage", *COUNTS})
        for panel in PANELS[seat.audience]:
            if (seat.audience, panel) not in room.frames:
                self._draw_frames(room, seat.audience)
            seat.offer(panel, room.frames[seat.audience, panel])
        assert room.snapshot is not None
        if room.snapshot.run.ended_at is not None:
            seat.finish(messages.ended())
        return room.snapshot

    def leave(self, run_id: int, seat: Seat) -> None:
        room = self._rooms.get(run_id)
        if room is None:
            return
        room.seats.discard(seat)
        if not room.seats:
            self._close(room)

    def snapshot(self, run_id: int) -> Snapshot | None:
        """What the room knows without asking the store; only a first filter for answers."""
        room = self._rooms.get(run_id)
        return room.snapshot if room else None

    def _open(self, run_id: int) -> Room:
        room = Room(run_id)
        room.task = asyncio.create_task(self._keep_drawn(room), name=f"room-{run_id}")
        self._rooms[run_id] = room
        return room

    def _close(self, room: Room) -> None:
        if room.task is not None:
            room.task.cancel()
        self._rooms.pop(room.run_id, None)

    def _mark(self, run_id: int, panels: tuple[str, ...]) -> None:
        room = self._rooms.get(run_id)
        if room is not None:
            room.dirty.update(panels)
            room.wake.set()

    def _dismiss(self, run_id: int, participant_id: int) -> None:
        room = self._rooms.get(run_id)
        seat = room.seat_of(participant_id) if room else None
        if seat is not None:
            seat.close(messages.removed())

    async def _keep_drawn(self, room: Room) -> None:
        """Redraw what is out of date: the stage at once, counts at most four times a second."""
        last_counts = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await room.wake.wait()
            if "stage" not in room.dirty:
                await _until(room, last_counts + self._tally_seconds - loop.time())
            room.wake.clear()
            panels, room.dirty = room.dirty, set()
            if panels & set(COUNTS):
                last_counts = loop.time()
            try:
                await self._draw(room, panels)
            except Exception:  # the room must live on: the next change draws it again
                log.exception("a panel could not be drawn")

    async def _draw(self, room: Room, panels: set[str]) -> None:
        room.revision += 1
        room.snapshot = await asyncio.to_thread(look, self._database, room.run_id, room.revision)
        # The stage of screen and controls holds bars once it is revealed, so a count may redraw it too.
        for audience in {seat.audience for seat in room.seats}:
            self._draw_frames(room, audience, panels)
        if room.snapshot.run.ended_at is not None:
            for seat in room.seats:
                seat.finish(messages.ended())

    def _draw_frames(self, room: Room, audience: Audience, panels: Iterable[str] | None = None) -> None:
        assert room.snapshot is not None
        for panel in PANELS[audience]:
            if panels is not None and panel not in panels and (audience, panel) in room.frames:
                continue
            frame = self._render(audience, panel, room.snapshot)
            if room.frames.get((audience, panel)) == frame:
                continue
            room.frames[audience, panel] = frame
            for seat in room.seats:
                if seat.audience == audience:
                    seat.offer(panel, frame)


async def _until(room: Room, seconds: float) -> None:
    """Wait out the pause between two counts, unless the stage moves meanwhile."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while "stage" not in room.dirty and (left := ends - loop.time()) > 0:
        room.wake.clear()
        try:
            await asyncio.wait_for(room.wake.wait(), left)
        except TimeoutError:
            room.wake.set()
