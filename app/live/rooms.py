"""Rooms: the open side of each run. Everything here may be lost at any moment and is rebuilt from the store."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.domain.shown import OfferedAsking, offered_askings
from app.live import messages
from app.live.line import text_frame
from app.live.seat import Audience, Seat
from app.store import answers, runs
from app.store.answers import Answer, Sheet
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
EVERYTHING = ("stage", *COUNTS)
SWEEP_SECONDS = 1.0
EMPTY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Guest:
    """One seated participant, as rooms know it without asking the store."""

    id: int
    alias: str
    key_hash: str
    deals: int


@dataclass(frozen=True)
class Snapshot:
    """All that a run's panels are drawn from, read in one look at the store."""

    run: OpenRun
    crowd: tuple[Guest, ...]
    sheet: Sheet
    revision: int

    @cached_property
    def guests(self) -> dict[str, Guest]:
        """Seated participants by the hash of their key: a returning seat costs no query."""
        return {guest.key_hash: guest for guest in self.crowd}

    @cached_property
    def askings(self) -> dict[str, OfferedAsking]:
        return offered_askings(self.run.plan, self.run.seed)


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
            crowd=tuple(
                Guest(id=row.id or 0, alias=row.alias or "", key_hash=row.key_hash, deals=row.deals)
                for row in runs.crowd(db, run_id)
            ),
            sheet=answers.sheet(db, run_id, run.stage, tally_only=tally_only),
            revision=revision,
        )


@dataclass(eq=False)
class Room:
    """The seats of one run, and the newest frame of each of its panels."""

    run_id: int
    seats: dict[Audience, set[Seat]] = field(
        default_factory=lambda: {"pupil": set(), "screen": set(), "controls": set()}
    )
    by_participant: dict[int, Seat] = field(default_factory=dict)
    frames: dict[tuple[Audience, str], bytes] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    revision: int = 0
    dirty: set[str] = field(default_factory=set)
    noted: list[Answer] = field(default_factory=list)
    is_looking: bool = False
    needs_look: bool = False
    used_at: float = field(default_factory=time.monotonic)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.seats.values())

    def note(self, answer: Answer) -> None:
        """Enter a committed answer in what the room knows, so that counting needs no query."""
        if self.is_looking:
            self.noted.append(answer)  # the look may have begun before this commit
        if self.snapshot is None:
            return
        stage = self.snapshot.run.stage
        if (answer.module, answer.step_key, answer.round) != (stage.module, stage.step_key, stage.round):
            return
        if answer.tally_only:
            self.needs_look = True  # a resend cannot be told from a first tap here, only in the store
        else:
            self.snapshot.sheet.note(answer)


class Rooms:
    """Opens, finds and closes rooms. Its methods run on the event loop, but for `changed` and `dismiss`."""

    def __init__(self, database: Database, render: Render, *, tally_seconds: float, stuck_seconds: float) -> None:
        self._database = database
        self._render = render
        self._tally_seconds = tally_seconds
        self._stuck_seconds = stuck_seconds
        self._rooms: dict[int, Room] = {}
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

    def changed(self, run_id: int, panels: Iterable[str] = EVERYTHING) -> None:
        """Say from any thread that a run's panels are out of date; only committed work may say so."""
        self._on_loop(self._mark, run_id, tuple(panels))

    def dismiss(self, run_id: int, participant_id: int) -> None:
        """Let one seat go, from any thread."""
        self._on_loop(self._dismiss, run_id, participant_id)

    def forget(self, run_id: int) -> None:
        """Say from any thread that a run's pupil-level rows are gone: memory keeps none of them either."""
        self._on_loop(self._forget, run_id)

    def saved(self, batch: Sequence[Answer]) -> None:
        """Answers that have just been committed."""
        for answer in batch:
            room = self._rooms.get(answer.run_id)
            if room is not None:
                room.note(answer)
                room.dirty.add("tally")
                room.wake.set()

    def fresh(self, run_id: int) -> Snapshot | None:
        """What the room knows without asking the store; None while that may be out of date."""
        room = self._rooms.get(run_id)
        return None if room is None or room.needs_look or room.is_looking else room.snapshot

    async def known(self, run_id: int) -> Snapshot:
        """What the room knows, be it a moment old; opens the room, with one look at the store for all who come."""
        room = self._rooms.get(run_id) or self._open(run_id)
        room.used_at = time.monotonic()
        if room.snapshot is None:
            async with room.opening:
                if room.snapshot is None:
                    await self._look(room)
        assert room.snapshot is not None
        return room.snapshot

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
        room = self._rooms.get(run_id)
        if room is not None:
            room.dirty.update(panels)
            room.needs_look = True
            room.wake.set()

    def _dismiss(self, run_id: int, participant_id: int) -> None:
        room = self._rooms.get(run_id)
        seat = room.by_participant.get(participant_id) if room else None
        if seat is not None:
            seat.close(messages.removed())

    def _forget(self, run_id: int) -> None:
        room = self._rooms.get(run_id)
        if room is not None:
            for seat in [seat for seats in room.seats.values() for seat in seats]:
                seat.close(messages.ended())
            self._close(room)

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
            await self._look(room)
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
            for seat in [seat for seats in room.seats.values() for seat in seats]:
                seat.close(messages.ended())

    async def _look(self, room: Room) -> None:
        room.revision += 1
        room.needs_look = False
        room.is_looking = True
        try:
            snapshot = await asyncio.to_thread(look, self._database, room.run_id, room.revision)
        except Exception:
            room.needs_look = True
            raise
        finally:
            room.is_looking = False
            noted, room.noted = room.noted, []
        room.snapshot = snapshot
        for answer in noted:
            room.note(answer)

    def _frame(self, room: Room, audience: Audience, panel: str) -> bytes:
        """Rendered, encoded and framed once, whoever and however many it is for."""
        assert room.snapshot is not None
        if (audience, panel) not in room.frames:
            room.frames[audience, panel] = text_frame(self._render(audience, panel, room.snapshot))
        return room.frames[audience, panel]

    async def _sweep(self) -> None:
        """Let stuck devices go, and rooms in which nobody has sat for a while."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for room in list(self._rooms.values()):
                for seats in room.seats.values():
                    for seat in [seat for seat in seats if seat.drop_if_stuck(now, self._stuck_seconds)]:
                        log.warning("a device took nothing for %s s and was let go", self._stuck_seconds)
                        seats.discard(seat)
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
