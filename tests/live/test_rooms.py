"""Rooms: everyone in a run sees the present stage, counts come four times a second, one fault stops nobody."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from app.live.hints import Hint
from app.live.rooms import Rooms
from app.live.seat import Audience, Seat
from app.live.snapshot import Snapshot
from app.store.answers import Answer
from tests.classroom import Classroom
from tests.live.wire import Wire

pytestmark = pytest.mark.anyio
TALLY_SECONDS = 0.25


class Drawing:
    """Draws a panel as a line of facts, and fails when it is told to."""

    def __init__(self) -> None:
        self.fails = 0
        self.drawn: list[tuple[float, str, str]] = []

    def __call__(self, audience: Audience, panel: str, snapshot: Snapshot) -> str:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("this panel cannot be drawn")
        self.drawn.append((time.monotonic(), audience, panel))
        stage = snapshot.run.stage
        return json.dumps(
            {
                "panel": panel,
                "step": stage.step_key,
                "phase": stage.phase,
                "ended": snapshot.run.ended_at is not None,
                "answered": snapshot.sheet.answered,
                "crowd": len(snapshot.crowd),
            }
        )


class Browser:
    """A connected browser: a seat whose frames are kept as they arrive."""

    def __init__(self, rooms: Rooms, run_id: int, audience: Audience, participant_id: int | None = None) -> None:
        self._rooms, self._run_id = rooms, run_id
        self.wire = Wire()
        self.seat = Seat(self.wire, audience, participant_id)

    async def connect(self) -> "Browser":
        await self._rooms.known(self._run_id)
        self._rooms.take(self._run_id, self.seat)
        return self

    def leave(self) -> None:
        self._rooms.leave(self._run_id, self.seat)

    @property
    def got(self) -> list[tuple[float, dict[str, Any]]]:
        return [(at, json.loads(text)) for at, text in zip(self.wire.times, self.wire.got, strict=True)]

    def newest(self, panel: str) -> dict[str, Any]:
        return next((frame for _, frame in reversed(self.got) if frame.get("panel") == panel), {})

    def of(self, panel: str) -> list[float]:
        return [at for at, frame in self.got if frame.get("panel") == panel]

    def byes(self) -> list[str]:
        return [frame["why"] for _, frame in self.got if frame.get("kind") == "bye"]

    async def sees(self, panel: str, within: float = 2, **facts: object) -> None:
        """Wait until the newest frame of a panel says so."""
        ends = time.monotonic() + within
        while time.monotonic() < ends:
            newest = self.newest(panel)
            if newest and all(newest[name] == value for name, value in facts.items()):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"expected {facts}, got {self.newest(panel)}")

    async def hears(self, why: str) -> None:
        ends = time.monotonic() + 2
        while why not in self.byes():
            assert time.monotonic() < ends, f"never heard {why}: {self.got}"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def open_rooms(classroom: Classroom, drawing: Drawing | None = None, **ways: Any) -> AsyncIterator[Rooms]:
    drawing = drawing or Drawing()
    rooms = Rooms(classroom.database, drawing, tally_seconds=TALLY_SECONDS, stuck_seconds=10, **ways)
    rooms.start()
    try:
        yield rooms
    finally:
        await rooms.stop()


def save(classroom: Classroom, rooms: Rooms, sent: Answer) -> None:
    """An answer is committed, and the room is told as the answer writer tells it."""
    assert classroom.record(sent) == ["saved"]
    rooms.saved([sent])


async def test_whoever_comes_sees_the_present_panels_of_their_kind(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "before.F1")
    async with open_rooms(classroom) as rooms:
        pupil = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        screen = await Browser(rooms, run, "screen").connect()
        await pupil.sees("stage", step="before.F1", phase="open")
        await screen.sees("crowd", crowd=1)
        await screen.sees("tally", answered=0)
        assert pupil.newest("crowd") == pupil.newest("tally") == {}


async def test_an_order_reaches_everyone_in_the_run_and_nobody_in_another(classroom: Classroom) -> None:
    run, other = classroom.start(), classroom.start(2)
    async with open_rooms(classroom) as rooms:
        pupil = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        screen = await Browser(rooms, run, "screen").connect()
        elsewhere = await Browser(rooms, other, "pupil", classroom.seat(other)).connect()
        classroom.give(run)
        rooms.changed(run)
        await pupil.sees("stage", phase="content")
        await screen.sees("stage", phase="content")
        assert elsewhere.newest("stage")["step"] == ""


async def test_a_screen_that_was_away_comes_back_to_the_present_stage(classroom: Classroom) -> None:
    run = classroom.start()
    async with open_rooms(classroom) as rooms:
        await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        screen = await Browser(rooms, run, "screen").connect()
        await screen.sees("stage", step="")
        screen.leave()
        classroom.give(run)
        rooms.changed(run)
        await asyncio.sleep(0.2)
        again = await Browser(rooms, run, "screen").connect()
        await again.sees("stage", phase="content")


async def test_a_pupil_who_was_alone_and_away_comes_back_to_the_present_stage(classroom: Classroom) -> None:
    run = classroom.start()
    async with open_rooms(classroom) as rooms:
        await Browser(rooms, run, "screen").connect()
        pupil = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        await pupil.sees("stage", step="")
        pupil.leave()
        classroom.give(run)
        rooms.changed(run)
        await asyncio.sleep(0.2)
        again = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        await again.sees("stage", phase="content")


async def test_a_room_that_was_lost_is_rebuilt_from_the_store(classroom: Classroom) -> None:
    run = classroom.start()
    async with open_rooms(classroom) as rooms:
        first = await Browser(rooms, run, "screen").connect()
        first.leave()
        await rooms.stop()
        rooms.start()
        classroom.give(run)
        again = await Browser(rooms, run, "screen").connect()
        await again.sees("stage", phase="content")


async def test_a_burst_of_answers_redraws_the_tally_at_most_four_times_a_second(classroom: Classroom) -> None:
    run = classroom.start()
    pupils = [classroom.seat(run) for _ in range(5)]
    classroom.go_to(run, "before.F1")
    async with open_rooms(classroom) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        await screen.sees("tally", answered=0)
        started, change = time.monotonic(), 0
        while time.monotonic() - started < 1.2:
            change += 1
            save(classroom, rooms, classroom.answer(run, pupils[change % 5], "12"[change % 2], change=change))
            await asyncio.sleep(0.01)
        await screen.sees("tally", answered=5)
        times = [at for at in screen.of("tally") if at > started]
        assert max(len([at for at in times if start <= at < start + 1]) for start in times) <= 5


async def test_a_lone_answer_reaches_the_screen_within_a_third_of_a_second(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    async with open_rooms(classroom) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        await screen.sees("tally", answered=0)
        save(classroom, rooms, classroom.answer(run, pupil, "1"))
        await screen.sees("tally", within=0.35, answered=1)


async def test_a_secret_vote_reaches_the_screen_too(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "poll.ask")
    async with open_rooms(classroom) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        save(classroom, rooms, classroom.answer(run, pupil, "1"))
        await screen.sees("tally", answered=1)


async def test_a_screen_that_was_away_comes_back_to_the_present_tally(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    async with open_rooms(classroom) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        await screen.sees("tally", answered=0)
        screen.leave()
        save(classroom, rooms, classroom.answer(run, pupil, "1"))
        await asyncio.sleep(0.4)
        again = await Browser(rooms, run, "screen").connect()
        await again.sees("tally", answered=1)


async def test_what_a_room_counts_by_itself_is_what_the_store_counts(classroom: Classroom) -> None:
    run = classroom.start()
    pupils = [classroom.seat(run) for _ in range(4)]
    classroom.go_to(run, "before.F1")
    async with open_rooms(classroom) as rooms:
        await Browser(rooms, run, "screen").connect()
        for place, (pupil, choice, change) in enumerate(
            [(0, "1", 1), (1, "2", 1), (0, "3", 3), (0, "2", 2), (2, "1", 1), (2, "1", 1)]
        ):
            save(classroom, rooms, classroom.answer(run, pupils[pupil], choice, change=change))
            if place == 3:
                rooms.changed(run)
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        known = rooms.fresh(run)
        assert known is not None
        assert known.sheet.counts == classroom.tally(run) == {"3": 1, "2": 1, "1": 1}


async def test_an_answer_to_a_question_that_has_left_the_stage_is_in_no_tally(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    sent = classroom.answer(run, pupil, "1")
    async with open_rooms(classroom) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        classroom.record(sent)
        classroom.go_to(run, "before.F2")
        rooms.changed(run)
        await screen.sees("stage", step="before.F2")
        rooms.saved([sent])  # the news of it comes late
        await asyncio.sleep(0.3)
        assert screen.newest("tally")["answered"] == 0


async def test_the_stage_does_not_wait_for_the_pause_between_two_tallies(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "before.F1")
    rooms = Rooms(classroom.database, Drawing(), tally_seconds=30, stuck_seconds=10)
    rooms.start()
    screen = await Browser(rooms, run, "screen").connect()
    for _ in range(3):
        rooms.changed(run, ("tally",))
        await asyncio.sleep(0.05)
    classroom.give(run)
    rooms.changed(run)
    await screen.sees("stage", within=1, phase="closed")
    await rooms.stop()


async def test_a_second_tab_of_one_seat_ends_the_first(classroom: Classroom) -> None:
    run = classroom.start()
    child = classroom.seat(run)
    async with open_rooms(classroom) as rooms:
        first = await Browser(rooms, run, "pupil", child).connect()
        await first.sees("stage", step="")
        second = await Browser(rooms, run, "pupil", child).connect()
        other = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        await first.hears("elsewhere")
        first.leave()
        classroom.give(run)
        rooms.changed(run)
        await second.sees("stage", phase="content")
        assert second.byes() == other.byes() == []
        assert first.newest("stage")["step"] == ""


async def test_a_removed_pupil_is_let_go_and_sees_nothing_more(classroom: Classroom) -> None:
    run = classroom.start()
    child = classroom.seat(run)
    async with open_rooms(classroom) as rooms:
        pupil = await Browser(rooms, run, "pupil", child).connect()
        await pupil.sees("stage", step="")
        rooms.dismiss(run, child)
        rooms.changed(run)
        await pupil.hears("removed")
        classroom.give(run)
        rooms.changed(run)
        await asyncio.sleep(0.2)
        assert pupil.got[-1][1]["kind"] == "bye"


async def test_a_pupil_whose_removal_was_not_told_is_let_go_by_the_next_look(classroom: Classroom) -> None:
    run = classroom.start()
    child, other = classroom.seat(run), classroom.seat(run)
    async with open_rooms(classroom) as rooms:
        pupil = await Browser(rooms, run, "pupil", child).connect()
        sibling = await Browser(rooms, run, "pupil", other).connect()
        rooms.look_again()
        await pupil.sees("stage", step="")
        classroom.remove(run, child)
        rooms.look_again()
        await pupil.hears("removed")
        late = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        rooms.look_again()
        await asyncio.sleep(0.2)
        assert sibling.byes() == late.byes() == []


async def test_a_seat_that_another_worker_took_later_wins_and_an_earlier_one_is_told_again(
    classroom: Classroom,
) -> None:
    run = classroom.start()
    child, told = classroom.seat(run), list[Hint]()
    async with open_rooms(classroom, tell=told.append) as rooms:
        pupil = await Browser(rooms, run, "pupil", child).connect()
        mine = Hint("seated", run, participant_id=child, at=pupil.seat.taken_at)
        rooms.hear(mine)
        rooms.hear(replace(mine, at=mine.at - 1))
        assert told == [mine, mine]
        assert pupil.byes() == []
        rooms.hear(replace(mine, at=mine.at + 1))
        assert pupil.byes() == ["elsewhere"]


async def test_teachers_are_told_when_updates_are_slow_and_when_no_longer(classroom: Classroom) -> None:
    run, drawing, slow = classroom.start(), Drawing(), [False]
    async with open_rooms(classroom, drawing, is_slow=lambda: slow[0]) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        pupil = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        rooms.look_again()
        await asyncio.sleep(0.3)
        drawing.drawn.clear()
        for now in (True, False):
            slow[0] = now
            had = len(screen.of("stage"))
            for _ in range(3):
                rooms.look_again()
                await asyncio.sleep(0.1)
            assert len(screen.of("stage")) == had + 1
        assert {audience for _, audience, _ in drawing.drawn} == {"screen"}
        assert len(pupil.of("stage")) == 1


async def test_at_the_end_everyone_gets_the_last_panel_and_then_the_goodbye(classroom: Classroom) -> None:
    run = classroom.start()
    async with open_rooms(classroom) as rooms:
        pupil = await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        classroom.finish(run)
        rooms.changed(run)
        await pupil.hears("ended")
        assert pupil.newest("stage")["ended"] is True
        assert pupil.got[-1][1]["kind"] == "bye"


async def test_a_panel_that_cannot_be_drawn_does_not_end_the_room(classroom: Classroom) -> None:
    run, drawing = classroom.start(), Drawing()
    async with open_rooms(classroom, drawing) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        await screen.sees("stage", step="")
        drawing.fails = 1
        classroom.give(run)
        rooms.changed(run)
        await asyncio.sleep(0.2)
        classroom.give(run)
        rooms.changed(run)
        await screen.sees("stage", step="before")


async def test_a_stage_that_could_not_be_drawn_comes_with_the_next_change_of_any_panel(classroom: Classroom) -> None:
    run, drawing = classroom.start(), Drawing()
    async with open_rooms(classroom, drawing) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        await screen.sees("stage", step="")
        drawing.fails = 1
        classroom.give(run)
        rooms.changed(run)
        await asyncio.sleep(0.3)
        classroom.seat(run)
        rooms.changed(run, ("crowd", "tally"))
        await screen.sees("crowd", crowd=1)
        await screen.sees("stage", phase="content")


async def test_a_room_that_somebody_is_about_to_enter_is_not_left_by_everybody(classroom: Classroom) -> None:
    """When all have left, old objects are collected, which takes a moment that nobody on the way in must wait."""
    run = classroom.start()
    async with open_rooms(classroom) as rooms:
        assert rooms.are_empty
        await rooms.known(run)
        assert not rooms.are_empty


async def test_a_look_that_failed_is_not_taken_for_fresh(classroom: Classroom) -> None:
    run = classroom.start()
    async with open_rooms(classroom) as rooms:
        await Browser(rooms, run, "pupil", classroom.seat(run)).connect()
        classroom.give(run)
        rename(classroom, "run", "gone")
        rooms.changed(run)
        await asyncio.sleep(0.2)
        rename(classroom, "gone", "run")
        known = rooms.fresh(run)
        assert known is None or known.run.stage.is_rules


async def test_a_stage_that_could_not_be_read_comes_with_the_next_answer(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1", "ready")
    async with open_rooms(classroom) as rooms:
        screen = await Browser(rooms, run, "screen").connect()
        classroom.give(run)
        rename(classroom, "run", "gone")
        rooms.changed(run)
        await asyncio.sleep(0.2)
        rename(classroom, "gone", "run")
        save(classroom, rooms, classroom.answer(run, pupil, "1"))
        await screen.sees("stage", phase="open")
        await screen.sees("tally", answered=1)


def rename(classroom: Classroom, table: str, name: str) -> None:
    """For a moment the database cannot be read."""
    with classroom.database.transaction() as db:
        db.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


async def test_thirty_that_come_at_once_all_see_the_stage(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.give(run)
    async with open_rooms(classroom) as rooms:
        pupils = [Browser(rooms, run, "pupil", classroom.seat(run)) for _ in range(30)]
        await asyncio.gather(*(pupil.connect() for pupil in pupils))
        for pupil in pupils:
            await pupil.sees("stage", phase="content")


async def test_one_picture_of_the_stage_is_drawn_for_all_pupils(classroom: Classroom) -> None:
    run, drawing = classroom.start(), Drawing()
    async with open_rooms(classroom, drawing) as rooms:
        pupils = [await Browser(rooms, run, "pupil", classroom.seat(run)).connect() for _ in range(20)]
        drawing.drawn.clear()
        classroom.give(run)
        rooms.changed(run)
        for pupil in pupils:
            await pupil.sees("stage", phase="content")
        assert [(audience, panel) for _, audience, panel in drawing.drawn] == [("pupil", "stage")]


async def test_news_of_a_run_without_a_room_is_no_news(classroom: Classroom) -> None:
    run, drawing = classroom.start(), Drawing()
    async with open_rooms(classroom, drawing) as rooms:
        rooms.changed(run)
        rooms.dismiss(run, 1)
        await asyncio.sleep(0.05)
        assert drawing.drawn == []
        assert rooms.fresh(run) is None
