"""Rooms: opens, finds and closes them. Everything here may be lost at any moment and is rebuilt from the store."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.domain.run import Stage
from app.domain.shown import OfferedAsking, offered_askings
from app.live import messages, presence, pulse
from app.live.hints import Hint
from app.live.looker import Looker
from app.live.painter import Painter
from app.live.pulse import Pulse
from app.live.room import COUNTS, EVERYTHING, PANELS, Room
from app.live.seat import Seat
from app.live.shared import Shared
from app.live.snapshot import Render, Snapshot
from app.store import live_sessions
from app.store.answers import Answer
from app.store.database import Database
from app.store.open_runs import OpenRun
from app.store.participants import Seated
from app.store.signatures import signatures

log = logging.getLogger(__name__)
SWEEP_SECONDS = 1.0
EMPTY_SECONDS = 30.0
ASK_AFTER, PATIENCE = 10.0, 8.0
"""A device that says nothing is asked whether it is there, and let go within 20 seconds (REL-10)."""


class Rooms:
    """Its methods run on the event loop, but for those that say what has changed, which any thread may call."""

    def __init__(
        self,
        database: Database,
        render: Render,
        *,
        tally_seconds: float,
        stuck_seconds: float,
        tell: Callable[[Hint], None] = lambda hint: None,
        is_slow: Callable[[], bool] = lambda: False,
        listens: Pulse | None = None,
    ) -> None:
        self._database = database
        self.pulse = listens or Pulse()
        self.on_run: Callable[[int], None] = lambda run_id: None
        """Told, on the event loop, of each run of which something has changed."""
        self.on_session: Callable[[int], None] = lambda live_session_id: None
        """Told the same of live sessions."""
        self._tell = tell
        self._is_slow = is_slow
        self._was_slow = False
        self._tally_seconds = tally_seconds
        self._stuck_seconds = stuck_seconds
        self._looker = Looker(database, lambda rooms: self._painter.show(rooms))
        self._painter = Painter(render, self._looker.ask, tally_seconds=tally_seconds)
        self._rooms: dict[int, Room] = {}
        self._askings: Shared[Mapping[str, OfferedAsking]] = Shared(1024)
        self._leading: set[asyncio.Task[None]] = set()
        self.were_used = False
        self._news: dict[int, set[str]] = {}
        self._checking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._looker.start()
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        self._looker.stop()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for room in list(self._rooms.values()):
            self._close(room)

    # What has changed; only committed work may say so

    def changed(self, run_id: int, panels: Iterable[str] = EVERYTHING) -> None:
        """A run's panels are out of date, and only the store can tell how."""
        panels = tuple(panels)
        self._on_loop(self._mark, run_id, panels)
        self._on_loop(self._tell, Hint("changed", run_id, panels))

    def session_changed(self, live_session_id: int, stage: Stage | None = None) -> None:
        """A live session has moved, and with it the runs that follow. Whoever gave the order knows the stage."""
        self._on_loop(self._lead, live_session_id, stage)
        self._on_loop(self._tell, Hint("led", live_session_id=live_session_id))

    def session_news(self, live_session_id: int) -> None:
        """Something of a live session has changed, but not its stage."""
        self._on_loop(self._mark_session, live_session_id)
        self._on_loop(self._tell, Hint("news", live_session_id=live_session_id))

    def dismiss(self, run_id: int, participant_id: int) -> None:
        """Let one seat go."""
        self._on_loop(self._dismiss, run_id, participant_id)
        self._on_loop(self._tell, Hint("dismiss", run_id, participant_id=participant_id))

    def sign_out(self, run_id: int) -> None:
        """Somebody who led this run may do so no longer: adults' browsers dial again, and whoever may is let in."""
        self._on_loop(self._sign_out, run_id)
        self._on_loop(self._tell, Hint("signed_out", run_id))

    def forget(self, run_id: int) -> None:
        """A run's pupil-level rows are gone: memory keeps none of them either."""
        self._on_loop(self._forget, run_id)
        self._on_loop(self._tell, Hint("forget", run_id))

    def saved(self, batch: Sequence[Answer]) -> None:
        """Answers that have just been committed."""
        for answer in batch:
            if room := self._rooms.get(answer.run_id):
                room.note(answer)
        for run_id in {answer.run_id for answer in batch}:
            self._spread(run_id, ("tally",))

    def joined(self, seated: Iterable[Seated]) -> None:
        """Devices that have just been seated."""
        for run_id, guest in seated:
            if room := self._rooms.get(run_id):
                room.note(guest)
            self._spread(run_id, COUNTS)

    # What other workers tell

    def hear(self, hint: Hint) -> None:
        match hint.kind:
            case "changed":
                self._mark(hint.run_id, hint.panels)
            case "led":
                self._lead(hint.live_session_id, None)
            case "news":
                self._mark_session(hint.live_session_id)
            case "dismiss":
                self._dismiss(hint.run_id, hint.participant_id)
            case "seated":
                self._seated_elsewhere(hint)
            case "signed_out":
                self._sign_out(hint.run_id)
            case "forget":
                self._forget(hint.run_id)

    def look_again(self) -> None:
        """Hints may have been lost: ask the store which rooms have changed."""
        if self._was_slow != self._is_slow():
            self._was_slow = not self._was_slow
            for room in self._rooms.values():
                room.outdate(("stage",))  # teachers are told that updates are slow, or no longer
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(), name="look-again")

    async def _check(self) -> None:
        def ask() -> dict[int, tuple[object, ...]]:
            with self._database.reading() as db:
                return signatures(db, open_ids)

        open_ids = list(self._rooms)
        try:
            found = await asyncio.to_thread(ask) if open_ids else {}
        except Exception:
            log.exception("the store could not be asked what has changed; it is asked again")
            return
        for run_id, signature in found.items():
            room = self._rooms.get(run_id)
            if room is not None and room.signature != signature:
                room.signature = signature
                self._mark(run_id, EVERYTHING)

    def _seated_elsewhere(self, hint: Hint) -> None:
        """A newer tab wins, also at another worker."""
        room = self._rooms.get(hint.run_id)
        seat = room.by_participant.get(hint.participant_id) if room else None
        if seat is None:
            return
        if seat.taken_at < hint.at:
            seat.close(messages.elsewhere())
        elif seat.taken_at > hint.at:  # it sat down there after our word had come: say it again
            self._tell_seated(hint.run_id, seat)

    def _tell_seated(self, run_id: int, seat: Seat) -> None:
        self._tell(Hint("seated", run_id, participant_id=seat.participant_id or 0, at=seat.taken_at))

    def _spread(self, run_id: int, panels: tuple[str, ...]) -> None:
        """Counts have changed: here at once, for other workers as often as they are drawn."""
        if room := self._rooms.get(run_id):
            room.outdate(panels)
        self.on_run(run_id)
        if not self._news:
            asyncio.get_running_loop().call_later(self._tally_seconds, self._tell_news)
        self._news.setdefault(run_id, set()).update(panels)

    def _tell_news(self) -> None:
        news, self._news = self._news, {}
        for run_id, panels in news.items():
            self._tell(Hint("changed", run_id, tuple(sorted(panels))))

    # What is known

    def fresh(self, run_id: int) -> Snapshot | None:
        """What the room knows without asking the store; None while that may be out of date."""
        room = self._rooms.get(run_id)
        return room.snapshot if room is not None and room.is_fresh else None

    def following(self, live_session_id: int) -> list[Snapshot]:
        """What rooms know of a live session's classes without asking the store. May be called from any thread."""
        rooms = [room for room in list(self._rooms.values()) if room.is_fresh]
        known = [room.snapshot for room in rooms if room.snapshot is not None]
        return [snapshot for snapshot in known if snapshot.run.live_session_id == live_session_id]

    async def known(self, run_id: int) -> Snapshot:
        """What the room knows; opens the room. Raises NotFound, or what went wrong when the store failed."""
        room = self._rooms.get(run_id) or self._open(run_id)
        room.used_at = time.monotonic()
        for _ in range(2):  # a look under way may have begun before the latest change
            if room.is_fresh:
                break
            await self._looker.look(room)
        assert room.snapshot is not None
        return room.snapshot

    @property
    def are_empty(self) -> bool:
        """Whether nobody has sat in a room for a while, and nobody is on the way to one."""
        return not self._rooms

    def newest(self, run_id: int) -> tuple[int, int]:
        """(epoch, seq) of the stage that the room's seats were sent last."""
        room = self._rooms.get(run_id)
        return room.shown if room is not None else (0, 0)

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
            self._tell_seated(run_id, seat)
        room.seats[seat.audience].add(seat)
        if seat.audience == "screen" and room.snapshot.session is not None:
            self.pulse.heard(pulse.screens(run_id))  # the console sees it now, not at the next sweep
            self.on_run(run_id)
        for panel in PANELS[seat.audience]:
            seat.offer(panel, self._painter.frame(room, seat.audience, panel))
        if room.snapshot.run.ended_at is not None:
            seat.close(messages.ended())

    def leave(self, run_id: int, seat: Seat) -> None:
        room = self._rooms.get(run_id)
        if room is None:
            return
        room.seats[seat.audience].discard(seat)
        if seat.audience == "screen" and not room.seats["screen"]:
            self.pulse.left(pulse.screens(run_id))
            self.on_run(run_id)
        if seat.participant_id is not None and room.by_participant.get(seat.participant_id) is seat:
            del room.by_participant[seat.participant_id]
        room.used_at = time.monotonic()

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _open(self, run_id: int) -> Room:
        self.were_used = True
        room = Room(run_id)
        room.task = asyncio.create_task(self._painter.keep_drawn(room), name=f"room-{run_id}")
        self._rooms[run_id] = room
        return room

    def _close(self, room: Room) -> None:
        if room.task is not None:
            room.task.cancel()
        self._rooms.pop(room.run_id, None)

    def _mark_session(self, live_session_id: int) -> None:
        for room in self._of_session(live_session_id):
            self._mark(room.run_id, ("live",))
        self.on_session(live_session_id)

    def _of_session(self, live_session_id: int) -> list[Room]:
        """Its rooms here, and those that nobody has looked at yet."""
        rooms = list(self._rooms.values())
        return [room for room in rooms if room.snapshot is None or room.live_session_id == live_session_id]

    def _mark(self, run_id: int, panels: tuple[str, ...]) -> None:
        self.on_run(run_id)
        if room := self._rooms.get(run_id):
            room.needs_look = True
            room.needs_crowd |= "crowd" in panels
            room.outdate(panels)
            if "stage" in panels:
                self._looker.ask(room)  # counts are looked at when they are drawn, not each time they change

    def _lead(self, live_session_id: int, stage: Stage | None) -> None:
        leading = asyncio.create_task(self._show_led(live_session_id, stage), name=f"led-{live_session_id}")
        self._leading.add(leading)
        leading.add_done_callback(self._leading.discard)

    async def _show_led(self, live_session_id: int, stage: Stage | None) -> None:
        """Pupils see the session's stage at once; then all that follow are looked at."""

        def ask() -> tuple[Stage, bool] | None:
            with self._database.reading() as db:
                return live_sessions.stage_of(db, live_session_id)

        self.on_session(live_session_id)
        led = self._of_session(live_session_id)
        try:
            # An order takes the pause away (`live_sessions.give`).
            if led and (found := (stage, False) if stage is not None else await asyncio.to_thread(ask)):
                await self._painter.show_led(led, found[0], paused=found[1])
        except Exception:  # the look that comes now is tried until it succeeds
            log.exception("a live session's stage could not be shown ahead")
        for room in led:
            self._mark(room.run_id, ("stage", "tally"))

    def _dismiss(self, run_id: int, participant_id: int) -> None:
        room = self._rooms.get(run_id)
        seat = room.by_participant.get(participant_id) if room else None
        if seat is not None:
            seat.close(messages.removed())

    def _sign_out(self, run_id: int) -> None:
        if room := self._rooms.get(run_id):
            for seat in [*room.seats["screen"], *room.seats["controls"]]:
                seat.hang_up()

    def _forget(self, run_id: int) -> None:
        if room := self._rooms.get(run_id):
            for seat in room.everybody:
                seat.close(messages.ended())
            self._close(room)

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
            presence.listen(self._rooms.values(), self.pulse, now, SWEEP_SECONDS)
            await self.pulse.share()
            presence.show(self._rooms.values(), self.pulse)
