"""Rooms: opens, finds and closes them. Everything here may be lost at any moment and is rebuilt from the store."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.domain.shown import OfferedAsking, offered_askings
from app.live import messages
from app.live.line import text_frame
from app.live.room import COUNTS, EVERYTHING, PANELS, Room
from app.live.seat import Audience, Seat
from app.live.shared import Shared
from app.live.snapshot import Render, Snapshot, look, shown_key
from app.store.answers import Answer
from app.store.database import Database
from app.store.participants import Seated
from app.store.runs import OpenRun

log = logging.getLogger(__name__)
SWEEP_SECONDS = 1.0
EMPTY_SECONDS = 30.0
ASK_AFTER, PATIENCE = 10.0, 8.0
"""A device that says nothing is asked whether it is there, and let go within 20 seconds (REL-10)."""


class Rooms:
    """Its methods run on the event loop, but for `changed`, `dismiss` and `forget`, which any thread may call."""

    def __init__(self, database: Database, render: Render, *, tally_seconds: float, stuck_seconds: float) -> None:
        self._database = database
        self._render = render
        self._tally_seconds = tally_seconds
        self._stuck_seconds = stuck_seconds
        self._rooms: dict[int, Room] = {}
        self._stages: Shared[bytes] = Shared()
        self._askings: Shared[Mapping[str, OfferedAsking]] = Shared(1024)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        for room in list(self._rooms.values()):
            self._close(room)

    # What has changed; only committed work may say so

    def changed(self, run_id: int, panels: Iterable[str] = EVERYTHING) -> None:
        """A run's panels are out of date, and only the store can tell how."""
        self._on_loop(self._mark, run_id, tuple(panels))

    def dismiss(self, run_id: int, participant_id: int) -> None:
        """Let one seat go."""
        self._on_loop(self._dismiss, run_id, participant_id)

    def forget(self, run_id: int) -> None:
        """A run's pupil-level rows are gone: memory keeps none of them either."""
        self._on_loop(self._forget, run_id)

    def saved(self, batch: Sequence[Answer]) -> None:
        """Answers that have just been committed."""
        touched = set()
        for answer in batch:
            if room := self._rooms.get(answer.run_id):
                room.note(answer)
                touched.add(room)
        for room in touched:
            room.outdate(("tally",))

    def joined(self, seated: Iterable[Seated]) -> None:
        """Devices that have just been seated."""
        for run_id, guest in seated:
            if room := self._rooms.get(run_id):
                room.note(guest)
                room.outdate(COUNTS)

    # What is known

    def fresh(self, run_id: int) -> Snapshot | None:
        """What the room knows without asking the store; None while that may be out of date."""
        room = self._rooms.get(run_id)
        return room.snapshot if room is not None and room.is_fresh else None

    async def known(self, run_id: int) -> Snapshot:
        """What the room knows; one look at the store serves all who come while it may be out of date."""
        room = self._rooms.get(run_id) or self._open(run_id)
        room.used_at = time.monotonic()
        if room.snapshot is None or room.needs_look:
            await self._look_once(room)
        assert room.snapshot is not None
        return room.snapshot

    def offered(self, run: OpenRun) -> Mapping[str, OfferedAsking]:
        """The askings of a run by their public names; runs that follow one live session share them."""
        key = (run.version_ids, run.plan.left_out, run.seed)
        return self._askings.of(key, lambda: offered_askings(run.plan, run.seed))

    # Seats

    def take(self, run_id: int, seat: Seat) -> None:
        """Seat a browser in a room that is known, and send it the present panels. A newer tab wins."""
        room = self._rooms[run_id]
        assert room.snapshot is not None
        if seat.participant_id is not None:
            earlier = room.by_participant.get(seat.participant_id)
            if earlier is not None:
                earlier.close(messages.elsewhere())
                room.seats["pupil"].discard(earlier)
            room.by_participant[seat.participant_id] = seat
        room.seats[seat.audience].add(seat)
        for panel in PANELS[seat.audience]:
            seat.offer(panel, self._frame(room, seat.audience, panel))
        if room.snapshot.run.ended_at is not None:
            seat.close(messages.ended())

    def leave(self, run_id: int, seat: Seat) -> None:
        room = self._rooms.get(run_id)
        if room is None:
            return
        room.seats[seat.audience].discard(seat)
        if seat.participant_id is not None and room.by_participant.get(seat.participant_id) is seat:
            del room.by_participant[seat.participant_id]
        room.used_at = time.monotonic()

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

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
        if room := self._rooms.get(run_id):
            room.needs_look = True
            room.needs_crowd |= "crowd" in panels
            room.outdate(panels)

    def _dismiss(self, run_id: int, participant_id: int) -> None:
        room = self._rooms.get(run_id)
        seat = room.by_participant.get(participant_id) if room else None
        if seat is not None:
            seat.close(messages.removed())

    def _forget(self, run_id: int) -> None:
        if room := self._rooms.get(run_id):
            for seat in room.everybody:
                seat.close(messages.ended())
            self._close(room)

    # Drawing

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
            except Exception:  # the room must live on: the next change draws these panels too
                room.dirty |= panels
                log.exception("a panel could not be drawn")

    async def _draw(self, room: Room, panels: set[str]) -> None:
        if room.needs_look or room.snapshot is None:
            await self._look_once(room)
        assert room.snapshot is not None
        for panel in EVERYTHING:
            if panel not in panels:
                continue
            for audience, seats in room.seats.items():
                room.frames.pop((audience, panel), None)
                if panel in PANELS[audience] and seats:
                    frame = self._frame(room, audience, panel)
                    for seat in seats:
                        seat.offer(panel, frame)
        if room.snapshot.run.ended_at is not None:
            for seat in room.everybody:
                seat.close(messages.ended())

    async def _look_once(self, room: Room) -> None:
        """One look serves all who wait for it."""
        async with room.opening:
            if room.needs_look or room.snapshot is None:
                await self._look(room)

    async def _look(self, room: Room) -> None:
        keeps_crowd = room.snapshot is not None and not room.needs_crowd
        crowd = room.snapshot.crowd if room.snapshot is not None and keeps_crowd else None
        room.revision += 1
        room.needs_look = room.needs_crowd = False
        room.is_looking = True
        try:
            snapshot = await asyncio.to_thread(look, self._database, room.run_id, room.revision, crowd=crowd)
        except Exception:
            room.needs_look, room.needs_crowd = True, not keeps_crowd
            raise
        finally:
            room.is_looking = False
            noted, room.noted = room.noted, []
        room.snapshot = snapshot
        for news in noted:
            room.note(news)

    def _frame(self, room: Room, audience: Audience, panel: str) -> bytes:
        """Rendered, encoded and framed once, whoever and however many it is for."""
        snapshot = room.snapshot
        assert snapshot is not None
        if (audience, panel) not in room.frames:

            def draw() -> bytes:
                return text_frame(self._render(audience, panel, snapshot))

            # A pupil's stage holds nothing of one run alone: all that show the same, as all that follow one live
            # session do, share one frame.
            is_shared = audience == "pupil"
            room.frames[audience, panel] = self._stages.of(shown_key(snapshot.run), draw) if is_shared else draw()
        return room.frames[audience, panel]

    async def _sweep(self) -> None:
        """Let stuck and silent devices go, and rooms in which nobody has sat for a while."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for room in list(self._rooms.values()):
                for seat in room.everybody:
                    if seat.drop_if_stuck(now, self._stuck_seconds):
                        log.warning("a device took nothing for %s s and was let go", self._stuck_seconds)
                    elif seat.drop_if_silent(now, ASK_AFTER, PATIENCE):
                        log.info("a device said nothing for %s s and was let go", ASK_AFTER + PATIENCE)
                if room.is_empty and now - room.used_at > EMPTY_SECONDS:
                    self._close(room)


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
