"""Consoles of presenters: the open side of a live session. Lost at any moment, and read again from the store."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.errors import NotFound
from app.live import messages, pulse
from app.live.console_view import ConsoleView, view_of
from app.live.line import text_frame
from app.live.rooms import ASK_AFTER, PATIENCE, Rooms
from app.live.seat import Seat
from app.store import accounts, presenters
from app.store.database import Database

log = logging.getLogger(__name__)
PANELS = ("head", "stage", "tally", "questions", "classes")
CHECK_SECONDS = 1.0
"""So often each console is drawn though nothing was told: lights count seconds, and hints may be lost."""

Render = Callable[[ConsoleView, int], Mapping[str, str]]
"""(view, account) -> the whole message of each panel, as this presenter sees it."""


@dataclass(eq=False)
class _Place:
    """One presenter's browser at a console, and the newest frame of each panel that it was sent."""

    seat: Seat
    account_id: int
    key: str
    sent: dict[str, bytes] = field(default_factory=dict)


@dataclass(eq=False)
class _Console:
    session_id: int
    places: list[_Place] = field(default_factory=list)
    run_ids: frozenset[int] = frozenset()
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    checked_at: float = 0.0


class Consoles:
    """Its methods run on the event loop, but for `look`, which any thread may call."""

    def __init__(
        self,
        database: Database,
        rooms: Rooms,
        render: Render,
        *,
        clock: Callable[[], datetime],
        seconds: float,
        stuck_seconds: float = 10,
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._render = render
        self._clock = clock
        self._seconds = seconds
        self._stuck_seconds = stuck_seconds
        self._consoles: dict[int, _Console] = {}
        rooms.on_run, rooms.on_session = self._run_changed, self._session_changed

    def look(self, session_id: int) -> ConsoleView:
        """A live session as its console shows it now. Raises NotFound."""
        return view_of(self._database, self._rooms, session_id, self._clock())

    def heard(self, session_id: int, account_id: int) -> None:
        """A presenter's browser has said something. May be called from any thread."""
        self._rooms.pulse.heard(pulse.console(session_id, account_id))

    def check(self) -> None:
        """Somebody was signed out: see at once who may stay. May be called from any thread."""
        for console in list(self._consoles.values()):
            console.checked_at = 0.0
            self._rooms.session_news(console.session_id)

    def take(self, session_id: int, seat: Seat, account_id: int, key: str) -> None:
        """Seat a browser of a presenter, who has signed in with this key. It is sent every panel at once."""
        console = self._consoles.get(session_id)
        if console is None:
            console = self._consoles[session_id] = _Console(session_id)
            console.task = asyncio.create_task(self._keep_drawn(console), name=f"console-{session_id}")
        console.places.append(_Place(seat, account_id, key))
        console.wake.set()

    def leave(self, session_id: int, seat: Seat) -> None:
        console = self._consoles.get(session_id)
        if console is None:
            return
        console.places = [place for place in console.places if place.seat is not seat]
        if not console.places:
            self._close(console)

    def stop(self) -> None:
        for console in list(self._consoles.values()):
            self._close(console)

    def _close(self, console: _Console) -> None:
        if console.task is not None:
            console.task.cancel()
        self._consoles.pop(console.session_id, None)

    def _run_changed(self, run_id: int) -> None:
        for console in self._consoles.values():
            if run_id in console.run_ids:
                console.wake.set()

    def _session_changed(self, live_session_id: int) -> None:
        if console := self._consoles.get(live_session_id):
            console.wake.set()

    async def _keep_drawn(self, console: _Console) -> None:
        while self._consoles.get(console.session_id) is console:
            began = time.monotonic()
            console.wake.clear()
            try:
                await self._draw(console)
            except NotFound:
                self._end(console)
            except Exception:  # the console must live on: it is drawn again in a second
                log.exception("a console could not be drawn")
            await asyncio.sleep(max(0.0, began + self._seconds - time.monotonic()))
            try:
                await asyncio.wait_for(console.wake.wait(), max(0.0, began + CHECK_SECONDS - time.monotonic()))
            except TimeoutError:
                continue

    async def _draw(self, console: _Console) -> None:
        if time.monotonic() - console.checked_at > CHECK_SECONDS / 2:  # else the next look is a second late
            console.checked_at = time.monotonic()
            self._sweep(console)
            for place in await asyncio.to_thread(self._not_allowed, console.session_id, list(console.places)):
                place.seat.close(messages.signed_out())
        accounts = {place.account_id for place in console.places}
        view, drawn = await asyncio.to_thread(self._drawn, console.session_id, accounts)
        console.run_ids = frozenset(line.run_id for line in view.lines if line.run_id)
        for place in console.places:
            if place.account_id in drawn:
                self._send(place, drawn[place.account_id])
        if view.session.ended_at is not None:
            self._end(console)

    def _sweep(self, console: _Console) -> None:
        """Let stuck and silent browsers go, as rooms do."""
        now = time.monotonic()
        for place in list(console.places):
            if not place.seat.drop_if_stuck(now, self._stuck_seconds):
                place.seat.drop_if_silent(now, ASK_AFTER, PATIENCE)

    def _drawn(self, session_id: int, accounts: set[int]) -> tuple[ConsoleView, dict[int, dict[str, bytes]]]:
        """Looked at and drawn in a thread: a console lists hundreds of classes, and pupils must not wait for it."""
        view = self.look(session_id)
        drawn = {}
        for account_id in accounts:
            messages_of = self._render(view, account_id)
            drawn[account_id] = {panel: text_frame(message) for panel, message in messages_of.items()}
        return view, drawn

    def _send(self, place: _Place, frames: Mapping[str, bytes]) -> None:
        for panel, frame in frames.items():
            if place.sent.get(panel) != frame:  # most of it is what they have
                place.sent[panel] = frame
                place.seat.offer(panel, frame)

    def _end(self, console: _Console) -> None:
        for place in list(console.places):
            place.seat.close(messages.ended())
        self._consoles.pop(console.session_id, None)

    def _not_allowed(self, session_id: int, places: list[_Place]) -> list[_Place]:
        """Whose sign-in has ended or was taken away. Whoever is here keeps it: a lesson may take over an hour."""
        now, gone, stale = self._clock(), [], []
        with self._database.reading() as db:
            for place in places:
                if accounts.staff_by_key(db, place.key, now) is None:
                    gone.append(place)
                    continue
                if accounts.is_stale_sign_in(db, place.key, now):
                    stale.append(place.key)
                try:
                    presenters.one(db, session_id, place.account_id)
                except NotFound:
                    gone.append(place)
        if stale:
            with self._database.transaction() as db:
                for key in stale:
                    accounts.touch_sign_in(db, key, now)
        return gone
