"""Consoles: a presenter sees each class as it is, at most four times a second, and nobody who may not."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.live import consoles
from app.live.console_view import ConsoleView
from app.live.consoles import Consoles
from app.live.pulse import Pulse
from app.live.rooms import Rooms
from app.live.seat import Seat
from app.store import accounts, teacher_questions
from tests.cast import PAUL, PRIYA
from tests.classroom import THEO_CLASS, Classroom
from tests.live.test_rooms import Browser, Drawing
from tests.live.wire import Wire

pytestmark = pytest.mark.anyio


def drawn(view: ConsoleView, account_id: int) -> dict[str, str]:
    """Each panel as a line of facts."""
    classes = {line.label: (line.light, line.answered) for line in view.lines}
    facts: dict[str, object] = {
        "stage": {"step": view.session.stage.step_key, "phase": view.session.stage.phase},
        "head": {"holds": view.session.holder_account_id == account_id},
        "classes": classes,
        "questions": [question.text for question in view.questions],
        "tally": sum(line.answered for line in view.lines),
    }
    return {panel: json.dumps({"panel": panel, "shows": shows}) for panel, shows in facts.items()}


@dataclass
class Presenter:
    """A connected console of one account."""

    consoles: Consoles
    session_id: int
    account_id: int
    key: str
    wire: Wire = field(default_factory=Wire)

    def __post_init__(self) -> None:
        self.seat = Seat(self.wire, "console")
        self.consoles.heard(self.session_id, self.account_id)
        self.consoles.take(self.session_id, self.seat, self.account_id, self.key)

    @property
    def got(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.wire.got]

    def newest(self, panel: str) -> Any:
        return next((frame["shows"] for frame in reversed(self.got) if frame.get("panel") == panel), None)

    async def sees(self, panel: str, shows: object, within: float = 2) -> float:
        """Wait until a panel shows this; returns how long that took."""
        began = time.monotonic()
        while self.newest(panel) != shows:
            assert time.monotonic() - began < within, f"expected {shows}, got {self.newest(panel)}"
            await asyncio.sleep(0.01)
        return time.monotonic() - began

    async def hears(self, why: str) -> None:
        ends = time.monotonic() + 3
        while why not in [frame.get("why") for frame in self.got]:
            assert time.monotonic() < ends, f"never heard {why}"
            await asyncio.sleep(0.01)


@dataclass
class Studio:
    """Rooms and consoles of one worker."""

    classroom: Classroom
    rooms: Rooms
    consoles: Consoles
    pulse: Pulse

    def presenter(self, session_id: int, email: str = PRIYA) -> Presenter:
        account, key = self.classroom.account(email), f"key-of-{email}"
        with self.classroom.database.transaction() as db:
            if accounts.staff_by_key(db, key, self.classroom.clock.now) is None:
                accounts.sign_in(db, account, key, self.classroom.clock.now)
        return Presenter(self.consoles, session_id, account, key)


@asynccontextmanager
async def studio(classroom: Classroom, *, gone_seconds: float = 10) -> AsyncIterator[Studio]:
    pulse = Pulse(gone_seconds=gone_seconds)
    rooms = Rooms(classroom.database, Drawing(), tally_seconds=0.25, stuck_seconds=10, listens=pulse)
    consoles = Consoles(classroom.database, rooms, drawn, clock=classroom.clock, seconds=0.25)
    rooms.start()
    try:
        yield Studio(classroom, rooms, consoles, pulse)
    finally:
        consoles.stop()
        await rooms.stop()


async def test_each_class_is_shown_as_it_is_within_a_second_of_its_change(classroom: Classroom) -> None:
    session = classroom.lead()
    tess = classroom.check_in(session)
    pupil = classroom.seat(tess)
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await Browser(live.rooms, tess, "screen").connect()
        await priya.sees("classes", {"6H": ["getting_ready", 0], "6A": ["not_opened", 0]})
        classroom.rejoin(tess)
        live.rooms.changed(tess)
        took = [await priya.sees("classes", {"6H": ["with_you", 0], "6A": ["not_opened", 0]})]
        classroom.check_in(session, THEO_CLASS)
        live.rooms.session_news(session)
        took.append(await priya.sees("classes", {"6H": ["with_you", 0], "6A": ["getting_ready", 0]}))
        classroom.cue_to(session, "before.F1")
        live.rooms.session_changed(session)
        took.append(await priya.sees("stage", {"step": "before.F1", "phase": "open"}))
        sent = classroom.answer(tess, pupil)
        classroom.record(sent)
        live.rooms.saved([sent])
        took.append(await priya.sees("classes", {"6H": ["with_you", 1], "6A": ["getting_ready", 0]}))
        classroom.hold(tess)
        live.rooms.changed(tess)
        took.append(await priya.sees("classes", {"6H": ["holding", 1], "6A": ["getting_ready", 0]}))
        assert max(took) < 1


async def test_a_console_is_drawn_at_most_four_times_a_second_and_sends_only_what_is_new(
    classroom: Classroom,
) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupils = [classroom.seat(run) for _ in range(4)]
    classroom.cue_to(session, "before.F1")
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await Browser(live.rooms, run, "screen").connect()
        await priya.sees("tally", 0)
        began, change = time.monotonic(), 0
        while time.monotonic() - began < 1.2:
            change += 1
            sent = classroom.answer(run, pupils[change % 4], change=change)
            classroom.record(sent)
            live.rooms.saved([sent])
            await asyncio.sleep(0.02)
        await priya.sees("tally", 4)
        times = [
            at
            for at, text in zip(priya.wire.times, priya.wire.got, strict=True)
            if json.loads(text).get("panel") == "tally" and at > began
        ]
        assert max((len([at for at in times if start <= at < start + 1]) for start in times), default=0) <= 5
        assert len([frame for frame in priya.got if frame.get("panel") == "stage"]) == 1


async def test_a_class_whose_screen_goes_is_lost_and_comes_back(
    classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consoles, "CHECK_SECONDS", 30)  # so that a console is drawn for news alone
    session = classroom.lead()
    run = classroom.follow(session)
    async with studio(classroom) as live:
        priya = live.presenter(session)
        screen = await Browser(live.rooms, run, "screen").connect()
        await priya.sees("classes", {"6H": ["with_you", 0], "6A": ["not_opened", 0]})
        screen.leave()
        assert await priya.sees("classes", {"6H": ["lost", 0], "6A": ["not_opened", 0]}) < 1
        await Browser(live.rooms, run, "screen").connect()
        assert await priya.sees("classes", {"6H": ["with_you", 0], "6A": ["not_opened", 0]}) < 1


async def test_two_presenters_see_the_same_classes_and_who_holds_the_console(classroom: Classroom) -> None:
    session = classroom.lead()
    classroom.give_module(session, PAUL)
    async with studio(classroom) as live:
        priya, paul = live.presenter(session), live.presenter(session, PAUL)
        await priya.sees("head", {"holds": True})
        await paul.sees("head", {"holds": False})
        classroom.take_console(session, PAUL)
        live.rooms.session_changed(session)
        assert await paul.sees("head", {"holds": True}) < 1
        assert await priya.sees("head", {"holds": False}) < 1


async def test_a_question_of_a_class_reaches_the_console(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await priya.sees("questions", [])
        with classroom.database.transaction() as db:
            teacher_questions.ask(db, classroom.run(run), "What if the door is locked?", classroom.clock.now)
        live.rooms.session_news(session)
        assert await priya.sees("questions", ["What if the door is locked?"]) < 1


async def test_a_presenter_whose_account_is_disabled_in_mid_session_is_let_go(classroom: Classroom) -> None:
    session = classroom.lead()
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await priya.sees("head", {"holds": True})
        with classroom.database.transaction() as db:
            accounts.disable(db, classroom.account(PRIYA), classroom.clock.now)
        live.consoles.check()
        began = time.monotonic()
        await priya.hears("signed_out")
        assert priya.seat.is_closing
        assert time.monotonic() - began < 1


async def test_a_presenter_who_is_at_the_console_stays_signed_in_for_the_whole_session(classroom: Classroom) -> None:
    session = classroom.lead()
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await priya.sees("head", {"holds": True})
        for _ in range(2):
            classroom.clock.forward(minutes=50)
            await asyncio.sleep(1.4)
        with classroom.database.reading() as db:
            assert accounts.staff_by_key(db, priya.key, classroom.clock.now) is not None
        assert not priya.seat.is_closing


async def test_at_the_end_of_the_session_its_consoles_are_closed(classroom: Classroom) -> None:
    session = classroom.lead()
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await priya.sees("head", {"holds": True})
        classroom.end_session(session)
        live.rooms.session_changed(session)
        await priya.hears("ended")
        await asyncio.sleep(1.4)
        names = [task.get_name() for task in asyncio.all_tasks()]
        assert f"console-{session}" not in names, "nobody draws it any longer"


async def test_a_browser_of_a_presenter_that_says_nothing_is_asked_and_let_go(classroom: Classroom) -> None:
    session = classroom.lead()
    async with studio(classroom) as live:
        priya = live.presenter(session)
        await priya.sees("head", {"holds": True})
        priya.wire.heard_at -= 11
        await asyncio.sleep(1.3)
        assert priya.wire.pings == 1
        priya.seat.pinged_at -= 9
        await asyncio.sleep(1.3)
        assert priya.wire.was_aborted


async def test_teachers_are_told_when_the_presenter_is_gone_and_when_there_is_one_again(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "before.F1")
    async with studio(classroom, gone_seconds=1.2) as live:
        account = classroom.account(PRIYA)
        live.consoles.heard(session, account)
        screen = await Browser(live.rooms, run, "screen").connect()
        pupil = await Browser(live.rooms, run, "pupil", classroom.seat(run)).connect()
        await screen.sees("stage", phase="open")
        shown = len(screen.of("stage")), len(pupil.of("stage"))
        await asyncio.sleep(3)
        assert len(screen.of("stage")) == shown[0] + 1, "the teacher's screen is drawn anew"
        live.consoles.heard(session, account)
        await asyncio.sleep(1.2)
        assert len(screen.of("stage")) >= shown[0] + 2
        assert len(pupil.of("stage")) == shown[1], "pupils are not told, nor moved"
        assert classroom.run(run).following, "nobody is moved by the return"
