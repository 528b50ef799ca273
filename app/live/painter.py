"""Draws rooms and sends what is drawn: pupils' stages at once and shared, teachers' screens after them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.live_session import FIRST_FOLLOWED
from app.domain.run import Stage
from app.live import messages
from app.live.line import text_frame
from app.live.room import COUNTS, EVERYTHING, Room
from app.live.seat import Audience
from app.live.shared import Shared
from app.live.snapshot import Render, Snapshot, shown_key
from app.live.turns import Turns

log = logging.getLogger(__name__)
AT_ONCE = 1000
"""Frames that are written before the event loop looks at its sockets again: some ten milliseconds."""


class Painter:
    """`ask` has a room looked at, when it turns out to be out of date while it is drawn."""

    def __init__(self, render: Render, ask: Callable[[Room], None], *, tally_seconds: float) -> None:
        self._render = render
        self._ask = ask
        self._tally_seconds = tally_seconds
        self._stages: Shared[bytes] = Shared()
        self._turns = Turns()

    async def show(self, rooms: Sequence[Room]) -> None:
        """Rooms have been looked at: pupils get a new stage at once, teachers' screens after them."""
        written = 0
        for room in rooms:
            for seat in room.removed():  # the word of it may have been lost
                seat.close(messages.removed())
            written += self._show_pupils(room)
            if written >= AT_ONCE:
                written = 0
                await asyncio.sleep(0)
        for room in rooms:
            if room.dirty and room.is_watched:
                room.wake.set()

    async def show_led(self, rooms: Sequence[Room], stage: Stage, *, paused: bool) -> None:
        """A live session's stage for the pupils of all who follow, before anything else is looked at.

        Only for runs that have always followed: what others see depends on what they did by themselves. The look
        that comes after it finds the same and sends it to nobody again.
        """
        written = 0
        drawn: dict[int, tuple[object, bytes]] = {}
        for room in rooms:
            face, snapshot = room.led_face, room.snapshot
            if face is None or snapshot is None or (FIRST_FOLLOWED, stage.seq) <= room.shown:
                continue
            if id(face) not in drawn:  # classes that saw the same see the same again
                led = replace(snapshot, run=replace(snapshot.run, stage=stage, paused=paused))
                drawn[id(face)] = face, self._stage_of(led)
            _, frame = drawn[id(face)]
            room.frames["pupil", "stage"] = frame  # also for whoever comes before the look
            written += self._send_stage(room, frame, FIRST_FOLLOWED, stage.seq)
            if written >= AT_ONCE:
                written = 0
                await asyncio.sleep(0)

    def _send_stage(self, room: Room, frame: bytes, epoch: int, seq: int) -> int:
        """To the pupils of a room, unless it is what they have; returns to how many."""
        now = epoch, seq
        if now < room.shown:  # a look that began before the cue; the next one is sent, whatever it finds
            room.sent = b""
            return 0
        is_news = frame is not room.sent
        room.sent, room.shown = frame, now
        if not is_news:
            return 0
        for seat in room.seats["pupil"]:
            if (straight := seat.straight) is not None:
                straight(frame)
            else:
                seat.offer("stage", frame)
        return len(room.seats["pupil"])

    def _stage_of(self, snapshot: Snapshot) -> bytes:
        """A pupil's stage holds nothing of one run alone: all that show the same, as all that follow one live session
        do, share one frame."""
        return self._stages.of(shown_key(snapshot.run), lambda: text_frame(self._render("pupil", "stage", snapshot)))

    def _show_pupils(self, room: Room) -> int:
        """Sends the stage, unless it is what they have; returns to how many."""
        assert room.snapshot is not None
        try:
            frame = self.frame(room, "pupil", "stage")
        except Exception:  # one stage that cannot be drawn stops no other
            log.exception("a panel could not be drawn")
            return 0
        run = room.snapshot.run
        sent = self._send_stage(room, frame, run.epoch, run.stage.seq)
        if run.ended_at is not None and not room.is_watched:
            _let_go(room)
        return sent

    async def keep_drawn(self, room: Room) -> None:
        """Redraw teachers' screens: the stage at once, counts at most four times a second."""
        last_counts = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await room.wake.wait()
            if "stage" not in room.dirty:
                await _until(room, last_counts + self._tally_seconds - loop.time())
            room.wake.clear()
            if not room.is_fresh:
                if room.needs_look:
                    self._ask(room)
                continue  # woken again when it has been looked at
            panels, room.dirty = room.dirty, set()
            if panels & set(COUNTS):
                last_counts = loop.time()
            try:
                await self._turns.next()
                self._draw(room, panels)
            except Exception:  # the room must live on: the next change draws these panels too
                room.dirty |= panels
                log.exception("a panel could not be drawn")

    def _draw(self, room: Room, panels: set[str]) -> None:
        assert room.snapshot is not None
        for panel in EVERYTHING:
            if panel not in panels:
                continue
            for audience in ("screen", "controls"):
                room.frames.pop((audience, panel), None)
                if room.seats[audience]:
                    frame = self.frame(room, audience, panel)
                    for seat in room.seats[audience]:
                        seat.offer(panel, frame)
        if room.snapshot.run.ended_at is not None:
            _let_go(room)

    def frame(self, room: Room, audience: Audience, panel: str) -> bytes:
        """Rendered, encoded and framed once, whoever and however many it is for."""
        snapshot = room.snapshot
        assert snapshot is not None
        if (audience, panel) not in room.frames:
            is_shared = audience == "pupil"
            room.frames[audience, panel] = (
                self._stage_of(snapshot) if is_shared else text_frame(self._render(audience, panel, snapshot))
            )
        return room.frames[audience, panel]


def _let_go(room: Room) -> None:
    for seat in room.everybody:
        seat.close(messages.ended())


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
