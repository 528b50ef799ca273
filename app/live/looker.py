"""Looks at the store for rooms: one look at a time, for all rooms that need one by then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from app.domain.errors import NotFound
from app.live.room import Room
from app.live.snapshot import Snapshot, look_at_all
from app.store.database import Database

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0


class Looker:
    """As answers share commits, rooms share looks: a cue to 350 classes, a herd that comes back and one class that
    moves on each cost a handful of queries. No two looks overlap, so an older one never overwrites a newer."""

    def __init__(self, database: Database, seen: Callable[[Sequence[Room]], Awaitable[None]]) -> None:
        self._database = database
        self._seen = seen
        self._waiting: set[Room] = set()
        self._has_work = asyncio.Event()
        self._revision = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name="looker")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def ask(self, room: Room) -> None:
        """Look at the store for this room as soon as the present look is over."""
        self._waiting.add(room)
        self._has_work.set()

    async def look(self, room: Room) -> None:
        """Ask, and wait. Raises NotFound when there is no such run, and what went wrong when the store failed."""
        if room.looked is None:
            room.looked = asyncio.get_running_loop().create_future()
            room.looked.add_done_callback(lambda done: done.cancelled() or done.exception())
        if room.needs_look or not room.is_looking:  # else the look under way sees all that is known to have changed
            self.ask(room)
        await asyncio.shield(room.looked)

    async def _work(self) -> None:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            rooms, self._waiting = list(self._waiting), set()
            try:
                await self._look(rooms)
            except Exception:  # looking must go on: the next change draws these rooms too
                log.exception("panels could not be drawn")

    async def _look(self, rooms: list[Room]) -> None:
        self._revision += 1
        wanted = {}
        for room in rooms:
            knows_crowd = room.snapshot is not None and not room.needs_crowd
            wanted[room.run_id] = room.snapshot.crowd if room.snapshot is not None and knows_crowd else None
            room.sat_before = frozenset() if knows_crowd else frozenset(room.by_participant)
            room.needs_look = room.needs_crowd = False
            room.is_looking = True
        try:
            found = await asyncio.to_thread(look_at_all, self._database, wanted, self._revision)
        except Exception as error:
            log.exception("the store could not be looked at; it is tried again in a second")
            for room in rooms:
                self._failed(room, error)
            return
        for room in rooms:
            self._learn(room, found.get(room.run_id))
        await self._seen([room for room in rooms if room.run_id in found])

    def _learn(self, room: Room, snapshot: Snapshot | None) -> None:
        looked, room.looked = room.looked, None
        if snapshot is not None:
            room.learn(snapshot)
            if looked is not None:
                looked.set_result(None)
            return
        room.is_looking = False
        if looked is not None:
            looked.set_exception(NotFound("We could not find that lesson."))

    def _failed(self, room: Room, error: Exception) -> None:
        looked, room.looked = room.looked, None
        room.needs_look = room.needs_crowd = True
        room.is_looking = False
        if looked is not None:
            looked.set_exception(error)
        if not room.is_empty:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.ask, room)
