"""Rooms whose runs follow one live session: one cue, one look, one frame for all."""

import asyncio

import pytest

from app.live.snapshot import look, shown_key
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom
from tests.live.test_rooms import Browser, Drawing, open_rooms

pytestmark = pytest.mark.anyio


def two_followers(classroom: Classroom) -> tuple[int, int, int]:
    session = classroom.lead()
    return session, classroom.follow(session, TESS_CLASS), classroom.follow(session, THEO_CLASS)


async def test_a_cue_reaches_every_class_that_follows_and_is_drawn_once(classroom: Classroom) -> None:
    session, tess, theo = two_followers(classroom)
    drawing = Drawing()
    async with open_rooms(classroom, drawing) as rooms:
        pupils = [await Browser(rooms, run, "pupil", classroom.seat(run)).connect() for run in (tess, theo)]
        for pupil in pupils:
            await pupil.sees("stage", phase="content")
        drawn_before = len(drawing.drawn)
        classroom.cue_to(session, "before.F1")
        rooms.session_changed(session)
        for pupil in pupils:
            await pupil.sees("stage", step="before.F1", phase="open")
        assert [audience for _, audience, _ in drawing.drawn[drawn_before:]] == ["pupil"]
    assert pupils[0].wire.got[-1] == pupils[1].wire.got[-1]


async def test_who_comes_while_a_cue_is_on_its_way_sees_what_it_led_to(classroom: Classroom) -> None:
    session, tess, _ = two_followers(classroom)
    seats = [classroom.seat(tess) for _ in range(12)]
    async with open_rooms(classroom) as rooms:
        await Browser(rooms, tess, "pupil", seats[0]).connect()
        for number, step in enumerate(("before.F1", "before.F2", "before.F3")):
            classroom.cue_to(session, step)
            rooms.session_changed(session)
            for place in range(3):
                late = await Browser(rooms, tess, "pupil", seats[1 + 3 * number + place]).connect()
                await asyncio.sleep(0.001 * place)
            await late.sees("stage", step=step, phase="open")


async def test_a_class_that_holds_stays_and_comes_back_when_it_catches_up(classroom: Classroom) -> None:
    session, tess, theo = two_followers(classroom)
    async with open_rooms(classroom) as rooms:
        hers, his = [await Browser(rooms, run, "pupil", classroom.seat(run)).connect() for run in (tess, theo)]
        classroom.cue_to(session, "before.F1")
        rooms.session_changed(session)
        await hers.sees("stage", step="before.F1")
        classroom.hold(tess)
        rooms.changed(tess)
        classroom.cue_to(session, "before.F2")
        rooms.session_changed(session)
        await his.sees("stage", step="before.F2", phase="open")
        await hers.sees("stage", step="before.F1", phase="open")
        classroom.rejoin(tess)
        rooms.changed(tess)
        await hers.sees("stage", step="before.F2", phase="open")


async def test_teachers_screens_are_drawn_for_each_class_of_its_own(classroom: Classroom) -> None:
    session, tess, theo = two_followers(classroom)
    pupil = classroom.seat(tess)
    async with open_rooms(classroom) as rooms:
        hers, his = [await Browser(rooms, run, "screen").connect() for run in (tess, theo)]
        classroom.cue_to(session, "before.F1")
        rooms.session_changed(session)
        await his.sees("stage", step="before.F1")
        sent = classroom.answer(tess, pupil)
        assert classroom.record(sent) == ["saved"]
        rooms.saved([sent])
        await hers.sees("tally", answered=1)
        await his.sees("tally", answered=0)


def test_runs_that_show_the_same_have_one_key_and_others_have_not(classroom: Classroom) -> None:
    session, tess, theo = two_followers(classroom)
    classroom.cue_to(session, "before.F1")

    def key(run_id: int) -> object:
        return shown_key(look(classroom.database, run_id).run)

    assert key(tess) == key(theo)
    classroom.calm(tess, True)
    assert key(tess) != key(theo)
    classroom.calm(tess, False)
    classroom.calm(theo, True)
    classroom.calm(theo, False)
    assert key(tess) == key(theo)
    classroom.hold(theo)
    classroom.give(theo, "close")
    assert key(tess) != key(theo)
