"""Who is there: the console of a live session and the screens of its classes, at this worker or at another.

Clocks of several machines need not agree: each worker writes beats for what it hears, and takes the time at which it
saw another's beat by its own clock. With one worker nothing is written, for a lost connection dials again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.domain.console import Silence
from app.store import pulses
from app.store.database import Database

log = logging.getLogger(__name__)
Presence = Literal["here", "gone", "back"]
FORGOTTEN_AFTER = 3600.0
ASKED_FOR = 60.0
"""Whom nobody has asked after for so long, no other worker is asked about."""


def console(live_session_id: int, account_id: int) -> str:
    """The console as this presenter has it open; which of them counts is in the store."""
    return f"console {live_session_id} {account_id}"


def screens(run_id: int) -> str:
    return f"screens {run_id}"


@dataclass
class _Known:
    heard_at: float
    asked_at: float = 0.0
    beats: int | None = None
    has_left: bool = False
    is_news: bool = False
    """Heard here since the last beat."""


class Pulse:
    """Its methods may be called from any thread; `share` is awaited once a second."""

    def __init__(
        self,
        database: Database | None = None,
        *,
        gone_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._gone_seconds = gone_seconds
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._were_gone: set[int] = set()

    def heard(self, name: str) -> None:
        """Something was heard of it here, just now."""
        now = self._clock()
        known = self._known.setdefault(name, _Known(now))
        known.heard_at, known.has_left, known.is_news = now, False, True

    def left(self, name: str) -> None:
        """Its last connection here has ended."""
        if known := self._known.get(name):
            known.has_left, known.is_news = True, False

    def silence(self, name: str) -> Silence:
        """How long nothing was heard of it; of what was never heard, since somebody first asked."""
        now = self._clock()
        known = self._known.setdefault(name, _Known(now))
        known.asked_at = now
        return Silence(now - known.heard_at, known.has_left)

    def presenter(self, live_session_id: int, holder: int) -> Presence:
        """Whether classes are led. *Back* is whoever is there after the console had been gone."""
        if self.silence(console(live_session_id, holder)).seconds >= self._gone_seconds:
            self._were_gone.add(live_session_id)
            return "gone"
        return "back" if live_session_id in self._were_gone else "here"

    async def share(self) -> None:
        """Tell other workers whom this one hears, and learn whom they hear."""
        self._forget()
        if self._database is None:
            return
        news = [name for name, known in list(self._known.items()) if known.is_news]
        since = self._clock() - ASKED_FOR
        wanted = [name for name, known in list(self._known.items()) if known.asked_at > since and name not in news]
        if not news and not wanted:
            return
        try:
            written, read = await asyncio.to_thread(self._exchange, self._database, news, wanted)
        except Exception:
            log.exception("who is connected elsewhere could not be asked; it is asked again in a second")
            return
        for name in news:
            self._known[name].is_news = False
        for name, beats in (written | read).items():
            self._learn(name, beats, own=name in written)

    def _forget(self) -> None:
        before = self._clock() - FORGOTTEN_AFTER
        for name, known in list(self._known.items()):
            if max(known.heard_at, known.asked_at) < before:
                del self._known[name]

    @staticmethod
    def _exchange(database: Database, news: list[str], wanted: list[str]) -> tuple[dict[str, int], dict[str, int]]:
        written: dict[str, int] = {}
        if news:
            with database.transaction() as db:
                written = pulses.beat(db, news)
        with database.reading() as db:
            return written, pulses.read(db, wanted) if wanted else {}

    def _learn(self, name: str, beats: int, *, own: bool) -> None:
        known = self._known[name]
        # The first number that is read tells nothing of when it was written.
        expected = known.beats is None or beats == known.beats + own
        known.beats = beats
        if not expected and not own:
            known.heard_at, known.has_left = self._clock(), False
