"""Classes that a presenter leads: teachers without a browser, classroom screens, simulated pupils, their journals."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.domain.shown import asking_name, marks_of
from app.simulated_class import Acknowledged, ClassRecord, run_class
from app.store import runs
from app.store.database import Database
from app.store.runs import OpenRun
from tests.cast import code_on
from tests.served import Visitor

A_LONG_LESSON = 1500


class Change(NamedTuple):
    """When something was asked of the server, and when it was acknowledged."""

    asked_at: float
    done_at: float


@dataclass
class LedClass:
    """One class of a live session. `said` holds what others than its simulated pupils were told is saved."""

    database: Database
    teacher: Visitor
    pupils: int
    speed: float
    """How fast its pupils are."""
    has_screen: bool = True
    """Else somebody opens a classroom screen in a real browser."""
    code: str = ""
    run_id: int = 0
    present: int = 0
    record: ClassRecord | None = None
    said: list[Acknowledged] = field(default_factory=list)

    # Its teacher

    def check_in(self, session_id: int) -> Change:
        change = self._post("/class/live", live_session_id=session_id, present=self.pupils)
        self.know_run()
        return change

    def know_run(self) -> None:
        self.code = code_on(self.teacher.http.get("/class/run/screen"))
        self.run_id = self.run.id

    @property
    def run(self) -> OpenRun:
        with self.database.reading() as db:
            return runs.by_code(db, self.code)

    @property
    def place(self) -> tuple[str, str]:
        """Step and phase of the stage that it sees."""
        stage = self.run.stage
        return stage.step_key, stage.phase

    def order(self, name: str) -> Change:
        """A teacher's order, as the screen shows it now."""
        now = self.run
        return self._post("/class/run/cue", order=name, seq=now.stage.seq, epoch=now.epoch)

    def finish(self) -> Change:
        self.present = self.pupils - 1  # one has gone home: the head-count is no count of devices
        return self._post("/class/run/finish", present=self.present)

    def _post(self, address: str, **form: object) -> Change:
        asked_at = time.monotonic()
        answer = self.teacher.http.post(address, data=form)
        assert answer.status_code == 303, f"{address} {form}: {answer.status_code}"
        return Change(asked_at, time.monotonic())

    # Its room

    async def attend(self, seed: int) -> None:
        """Pupils and screen, until the run ends."""
        self._loop = asyncio.get_running_loop()
        if self.has_screen:
            await self._show()
        self.record = await run_class(
            self.teacher.address, self.code, self.pupils, seed, speed=self.speed, at_most=A_LONG_LESSON
        )
        if self.has_screen:
            await self._hide()

    def lose_screen(self) -> Change:
        """Its tab is closed."""
        return self._in_the_room(self._hide())

    def dial_again(self) -> Change:
        return self._in_the_room(self._show())

    def _in_the_room(self, work: Coroutine[Any, Any, None]) -> Change:
        asked_at = time.monotonic()
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
        return Change(asked_at, time.monotonic())

    async def _show(self) -> None:
        is_seated = asyncio.Event()
        self._screen = asyncio.create_task(self._keep_screen(is_seated))
        await asyncio.wait_for(is_seated.wait(), 10)

    async def _hide(self) -> None:
        self._screen.cancel()
        await asyncio.gather(self._screen, return_exceptions=True)

    async def _keep_screen(self, is_seated: asyncio.Event) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in self.teacher.http.cookies.items())
        address = f"ws{self.teacher.address.removeprefix('http')}/class/run/socket?as=screen"
        async with connect(
            address,
            origin=self.teacher.address,  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": cookies},
            ping_interval=None,
            max_size=2**20,
        ) as socket:
            with suppress(ConnectionClosed):
                async for _ in socket:
                    is_seated.set()

    # What the store must have of it

    def acknowledged(self, run: OpenRun) -> tuple[Counter[tuple[str, str]], int]:
        """Newest acknowledged answers by step and choice as the store writes them, and how many were tally-only."""
        assert self.record is not None, f"class {self.code} did not come home"
        places = {asking_name(run.seed, place): place for place in run.plan.places if place.is_asking}
        told: Counter[tuple[str, str]] = Counter()
        secret = 0
        for (_, asked, _), choice in ClassRecord(journal=self.record.journal + self.said).last_choices().items():
            place = places[asked]
            if getattr(place.step, "tally_only", False):
                secret += 1
            else:
                question = place.step.question  # type: ignore[union-attr]
                told[place.step.key, str(question.meant(choice, marks_of(place, run.seed)))] += 1
        return told, secret


def attend(classes: Sequence[LedClass]) -> threading.Thread:
    """All rooms at once, in a thread of their own, until every run has ended."""

    async def everybody() -> None:
        await asyncio.gather(*(one.attend(seed) for seed, one in enumerate(classes)))

    thread = threading.Thread(target=lambda: asyncio.run(everybody()), name="classes", daemon=True)
    thread.start()
    return thread
