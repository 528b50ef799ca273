"""The demo's simulated classes check in, get ready, answer and finish like any class."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping

import pytest

from app.live.answer_writer import AnswerWriter
from app.live.demo_classes import DemoClasses
from app.live.joiner import Joiner
from app.live.rehearsals import Rehearsals, Tap
from app.live.rooms import Rooms
from app.store import live_sessions, runs
from app.store.runs import OpenRun
from tests.classroom import NAMES, Classroom
from tests.live.test_rooms import Drawing

pytestmark = pytest.mark.anyio


def at_once(_seed: int, _pupil: int, told: Mapping[str, object]) -> list[Tap]:
    choices = told["choices"]
    assert isinstance(choices, list)
    return [Tap(0, str(choices[0]))]


async def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < ends, "it never came to that"
        await asyncio.sleep(0.1)


async def test_simulated_classes_take_part_in_a_live_session_from_the_first_minute_to_the_last(
    classroom: Classroom,
) -> None:
    session = classroom.lead()
    rooms = Rooms(classroom.database, Drawing(), tally_seconds=0.25, stuck_seconds=10)
    writer = AnswerWriter(classroom.database, rooms.saved, queue_size=100, batch_size=100)
    joiner = Joiner(
        classroom.database, rooms.joined, names=NAMES, spare=3, clock=classroom.clock, choose=secrets.choice,
        queue_size=100, batch_size=100,
    )  # fmt: skip
    rehearsals = Rehearsals(classroom.database, joiner, writer, rooms.offered, at_once, classroom.clock, 0.1)
    classes = DemoClasses(classroom.database, rooms, rehearsals, classroom.clock, secrets.choice, 0.1, (0.2, 0.3))
    for part in (rooms, writer, joiner, rehearsals, classes):
        part.start()
    classes.begin(session)
    classes.begin(session)

    def found() -> list[OpenRun]:
        with classroom.database.reading() as db:
            return list(runs.read_many(db, live_sessions.checked_in(db, session)).values())

    await until(lambda: [run.following for run in found()] == [True, True])
    classroom.cue_to(session, "before.F1")
    rooms.session_changed(session)
    here = found()
    await until(lambda: all(sum(classroom.tally(run.id).values()) > 20 for run in here))
    classroom.end_session(session)
    await until(lambda: all(run.ended_at is not None and run.present_confirmed for run in found()))
    await classes.stop()
    await rehearsals.stop()
    await rooms.stop()
    joiner.stop()
    writer.stop()
