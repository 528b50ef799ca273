"""Pupils who are not there, for a rehearsal from the authoring room: they join and answer inside this server.

`simulate-class` does the same over the network, as devices do; a server cannot always reach itself by its address.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from app.domain.quiz import NOT_SURE
from app.domain.run import Stage
from app.domain.shown import OfferedAsking, public_name
from app.live.answer_writer import AnswerWriter
from app.live.joiner import Joiner
from app.store import directory, runs
from app.store.answers import Answer
from app.store.database import Database
from app.store.open_runs import OpenRun
from app.store.participants import Seated, Wish

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
LONGEST = 2 * 60 * 60.0


class Tap(NamedTuple):
    """A choice that a child makes this many seconds after the question opened."""

    after: float
    choice: str


Taps = Callable[[int, int, Mapping[str, object]], Sequence[Tap]]
"""(seed, pupil, what its device is told of the question) -> what one child does."""


@dataclass
class Rehearsals:
    """All rehearsals that this server plays the pupils of."""

    database: Database
    joiner: Joiner
    writer: AnswerWriter
    offered: Callable[[OpenRun], Mapping[str, OfferedAsking]]
    taps: Taps
    clock: Callable[[], datetime]
    look_seconds: float = LOOK_SECONDS
    _loop: asyncio.AbstractEventLoop | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Must be called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def begin(self, run: OpenRun, pupils: int) -> None:
        """Fill the seats of a run; from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._open, run, pupils)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _open(self, run: OpenRun, pupils: int) -> None:
        task = asyncio.get_running_loop().create_task(self._attend(run, pupils))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attend(self, run: OpenRun, pupils: int) -> None:
        try:
            wishes = [Wish(run.code, directory.hashed(secrets.token_urlsafe())) for _ in range(pupils)]
            seats = await asyncio.gather(*(self.joiner.write(wish) for wish in wishes))
            pupils_here = _Pupils(self, run.id, [seat.guest.id for seat in seats if isinstance(seat, Seated)])
            until = time.monotonic() + LONGEST
            while time.monotonic() < until and await pupils_here.look_again(self.look_seconds):
                pass
        except Exception:  # a rehearsal without pupils is a rehearsal still
            log.exception("the pupils of a rehearsal went home")


@dataclass
class _Pupils:
    of: Rehearsals
    run_id: int
    seats: list[int]
    met: set[tuple[str, int]] = field(default_factory=set)
    plans: list[tuple[float, Answer]] = field(default_factory=list)

    async def look_again(self, after: float) -> bool:
        """See what is asked, and answer what is due; False once the run has ended."""
        await asyncio.sleep(after)
        run = await asyncio.to_thread(self._read)
        if run.ended_at is not None:
            return False
        if run.stage.phase == "open":
            self._think(run, run.stage)
        now = time.monotonic()
        due = [answer for at, answer in self.plans if at <= now]
        self.plans = [plan for plan in self.plans if plan[0] > now]
        for answer in due:
            self.of.writer.submit(answer, lambda _: None)
        return True

    def _read(self) -> OpenRun:
        with self.of.database.reading() as db:
            return runs.read(db, self.run_id)

    def _think(self, run: OpenRun, stage: Stage) -> None:
        name = public_name(run.seed, f"{stage.module}/{stage.step_key}")
        asked = (name, stage.round)
        offered = self.of.offered(run).get(name)
        if offered is None or asked in self.met:
            return
        self.met.add(asked)
        question, now = offered.question, time.monotonic()
        choices = [*question.choices(offered.marks), *([NOT_SURE] if question.offers_not_sure else [])]
        told = {"asking": name, "round": stage.round, "choices": choices, "form": question.form}
        for pupil, participant_id in enumerate(self.seats):
            for change, tap in enumerate(self.of.taps(self.run_id, pupil, told), start=1):
                if stored := offered.meant(tap.choice):
                    answer = self._answer(offered, participant_id, stage.round, stored, change)
                    self.plans.append((now + tap.after, answer))

    def _answer(self, offered: OfferedAsking, participant_id: int, round: int, choice: str, change: int) -> Answer:
        return Answer(
            run_id=self.run_id,
            participant_id=participant_id,
            module=offered.module,
            step_key=offered.step_key,
            round=round,
            choice=choice,
            change=change,
            message_id=secrets.token_hex(8),
            tally_only=offered.tally_only,
            received_at=self.of.clock(),
        )
