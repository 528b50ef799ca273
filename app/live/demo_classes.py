"""Simulated classes of the demo: they check in to a live session and follow it, so that its console has life.

Their pupils are those of a rehearsal. One class holds for a while, one asks, and one carries on when the presenter is
gone.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.errors import DomainError
from app.domain.joining import Choose
from app.live import pulse
from app.live.rehearsals import Rehearsals
from app.live.rooms import Rooms
from app.store import class_lines, live_sessions, participation, runs, teacher_questions
from app.store.database import Database, Db
from app.store.open_runs import OpenRun

log = logging.getLogger(__name__)
CLASSES = 6
LOOK_SECONDS = 1.0
READY_AFTER = (2, 3, 4, 6, 8, 14)
"""Seconds after which each class is ready."""
PUPILS = (24, 27, 19, 22, 12, 26)
HOLDS, ASKS, ASKS_TOO, CARRIES_ON = 2, 1, 3, 4
HOLD_AFTER, CATCH_UP_AFTER, ASK_AFTER = 45, 75, 20
QUESTION = "What if the front door is locked?"


@dataclass
class DemoClasses:
    """Of all live sessions that asked for them."""

    database: Database
    rooms: Rooms
    rehearsals: Rehearsals
    clock: Callable[[], datetime]
    choose: Choose
    look_seconds: float = LOOK_SECONDS
    ready_after: Sequence[float] = READY_AFTER
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Must be called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def begin(self, session_id: int) -> None:
        """Some classes check in; from any thread, and once for a session."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._open, session_id)

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _open(self, session_id: int) -> None:
        if session_id not in self._tasks:
            self._tasks[session_id] = asyncio.get_running_loop().create_task(self._attend(session_id))

    async def _attend(self, session_id: int) -> None:
        try:
            run_ids = await asyncio.to_thread(self._check_in, session_id)
            self.rooms.session_news(session_id)
            began = time.monotonic()
            while True:
                if not await asyncio.to_thread(self._look, session_id, run_ids, time.monotonic() - began):
                    return
                await asyncio.sleep(self.look_seconds)
        except Exception:  # the demo goes on without them
            log.exception("the demo's simulated classes went home")

    def _check_in(self, session_id: int) -> list[int]:
        with self.database.transaction() as db:
            session = live_sessions.read(db, session_id)
            free = [group for group in class_lines.may_come(db, session) if runs.open_of_class(db, group) is None]
            run_ids = [self._check_in_one(db, session, group) for group in free[:CLASSES]]
        with self.database.reading() as db:
            found = runs.read_many(db, run_ids)
        for run_id, pupils in zip(run_ids, PUPILS, strict=False):
            self.rehearsals.begin(found[run_id], pupils)
        return run_ids

    def _check_in_one(self, db: Db, session: live_sessions.OpenSession, group: int) -> int:
        return live_sessions.check_in(db, session, group, present=28, now=self.clock(), choose=self.choose)

    def _look(self, session_id: int, run_ids: list[int], seconds: float) -> bool:
        """What each teacher does now; False once the session has ended and every class has finished."""
        with self.database.reading() as db:
            session = live_sessions.read(db, session_id)
            found = runs.read_many(db, run_ids)
        is_over = session.ended_at is not None or session.stage.phase == "finished"
        presence = self.rooms.pulse.presenter(session_id, session.holder_account_id or 0)
        for place, run_id in enumerate(run_ids):
            run = found[run_id]
            if run.ended_at is not None:
                continue
            self.rooms.pulse.heard(pulse.screens(run_id))
            with contextlib.suppress(DomainError):  # somebody else was first: at the next look
                if self._act(run, place, seconds, is_over=is_over, is_gone=presence == "gone"):
                    self.rooms.changed(run_id)
                    self.rooms.session_news(session_id)
        return any(run.ended_at is None for run in found.values())

    def _act(self, run: OpenRun, place: int, seconds: float, *, is_over: bool, is_gone: bool) -> bool:
        """Whether a teacher did something."""
        by, now = "teacher", self.clock()
        with self.database.transaction() as db:
            if is_over:
                runs.confirm_present(db, run.id, run.present or 28, now)
                db.flush()
                participation.finish(db, runs.read(db, run.id), by=by, now=now)
            elif run.is_waiting and seconds >= self.ready_after[place]:
                runs.rejoin(db, run, epoch=run.epoch, by=by, now=now)
            elif is_gone and run.following and place == CARRIES_ON:
                runs.carry_on(db, run, seq=run.stage.seq, epoch=run.epoch, by=by, now=now)
            elif run.following and place == HOLDS and HOLD_AFTER <= seconds < CATCH_UP_AFTER:
                runs.hold(db, run, epoch=run.epoch, by=by, now=now)
            elif not run.following and not run.is_waiting and not is_gone and seconds >= CATCH_UP_AFTER:
                runs.rejoin(db, run, epoch=run.epoch, by=by, now=now)
            elif place in (ASKS, ASKS_TOO) and seconds >= ASK_AFTER:
                return self._ask(db, run, place)
            else:
                return False
        return True

    def _ask(self, db: Db, run: OpenRun, place: int) -> bool:
        asked = teacher_questions.of_session(db, run.live_session_id or 0)
        if place == ASKS and not asked:
            teacher_questions.ask(db, run, QUESTION, self.clock())
            return True
        theirs = next((one for one in asked if one.text == QUESTION and run.id not in {one.run_id, *one.also}), None)
        if place == ASKS_TOO and theirs is not None:
            teacher_questions.ask_too(db, run, theirs.id)
            return True
        return False
