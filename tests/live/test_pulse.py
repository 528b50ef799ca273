"""Who is there, by one clock for each worker and beats in the store between them."""

import pytest

from app.live import pulse
from app.live.pulse import Pulse
from tests.classroom import Classroom

pytestmark = pytest.mark.anyio
SCREENS = pulse.screens(7)


class Ticks:
    """A clock that a test moves."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_silence_grows_from_what_was_heard_last_or_from_the_first_question() -> None:
    clock = Ticks()
    known = Pulse(clock=clock)
    assert known.silence(SCREENS).seconds == 0
    clock.now += 5
    assert known.silence(SCREENS).seconds == 5
    known.heard(SCREENS)
    assert known.silence(SCREENS) == (0, False)
    known.left(SCREENS)
    clock.now += 1
    assert known.silence(SCREENS) == (1, True)
    known.heard(SCREENS)
    assert known.silence(SCREENS) == (0, False)


def test_a_presenter_is_gone_after_ten_seconds_and_then_back() -> None:
    clock = Ticks()
    known = Pulse(clock=clock)
    known.heard(pulse.console(1, 2))
    clock.now += 9.9
    assert known.presenter(1, 2) == "here"
    clock.now += 0.1
    assert known.presenter(1, 2) == "gone"
    known.heard(pulse.console(1, 2))
    assert known.presenter(1, 2) == "back"
    assert known.presenter(3, 2) == "here", "of another session nothing is known yet"


def test_only_the_holders_console_counts() -> None:
    clock = Ticks()
    known = Pulse(clock=clock)
    known.presenter(1, 2)
    clock.now += 10
    known.heard(pulse.console(1, 9))
    assert known.presenter(1, 2) == "gone"


async def test_workers_hear_through_the_store_whom_others_hear_whatever_their_clocks_say(
    classroom: Classroom,
) -> None:
    here, there = Ticks(1000.0), Ticks(5.0)
    mine, theirs = Pulse(classroom.database, clock=here), Pulse(classroom.database, clock=there)
    mine.presenter(1, 2)
    for _ in range(12):
        theirs.heard(pulse.console(1, 2))
        await theirs.share()
        await mine.share()
        here.now += 1
        there.now += 3600  # a clock that was set means nothing
    assert mine.presenter(1, 2) == "here"
    for _ in range(10):
        await theirs.share()
        await mine.share()
        here.now += 1
    assert mine.presenter(1, 2) == "gone"
    theirs.heard(pulse.console(1, 2))
    await theirs.share()
    await mine.share()
    assert mine.presenter(1, 2) == "back"


async def test_what_a_worker_wrote_itself_is_no_news_to_it(classroom: Classroom) -> None:
    clock = Ticks()
    known = Pulse(classroom.database, clock=clock)
    known.heard(SCREENS)
    await known.share()
    clock.now += 3
    known.silence(SCREENS)
    await known.share()
    assert known.silence(SCREENS).seconds == 3


async def test_a_screen_that_left_here_and_came_to_another_worker_is_there(classroom: Classroom) -> None:
    mine, theirs = Pulse(classroom.database), Pulse(classroom.database)
    mine.heard(SCREENS)
    await mine.share()
    mine.left(SCREENS)
    assert mine.silence(SCREENS).has_left
    theirs.heard(SCREENS)
    await theirs.share()
    await mine.share()
    assert not mine.silence(SCREENS).has_left
