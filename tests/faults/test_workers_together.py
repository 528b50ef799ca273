"""Pupils, screen and orders at different workers: everybody sees the same class, at once (REL-31, REL-35)."""

import asyncio
import json
import os
import random
import signal
import ssl
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import WebSocketException

from app.demo import PRESENTER
from app.store import lessons, live_sessions, participants, runs
from app.web.deps import now_utc
from tests.cast import Clock
from tests.classroom import Classroom
from tests.faults.figures import tell
from tests.faults.lesson import (
    Lesson,
    Server,
    asked,
    dial,
    everyone_is_acked_again,
    losses,
    message,
    new_seat,
    tapping,
    until,
)
from tests.faults.workers import MARGIN, Watcher, a_class, finish, joined, screen_at, so_within, watching, workers
from tests.served import ServedWorld, Visitor
from tests.servers import OwnRedis

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
SOON = 1.5 * MARGIN
PUPILS = 4
NO_TLS = ssl.create_default_context()  # to make one for each of so many browsers takes seconds
COUNTED_WITHIN = 20.0
"""So long after a storm every screen must show the truth."""


@pytest.fixture
def seen(three: list[Server]) -> Iterator[list[Lesson]]:
    """One class at an open question, as seen at each of the three workers."""
    with a_class(three, PUPILS) as lessons:
        yield lessons


@pytest.mark.anyio
async def test_a_pupil_who_joins_at_one_worker_is_counted_on_screens_at_others(seen: list[Lesson]) -> None:
    with ExitStack() as things:
        door = Visitor(seen[0].server.address, things)
        async with screen_at(seen[1]) as screen, screen_at(seen[2], "controls") as controls:
            await asyncio.to_thread(new_seat, door, seen[0].code)
            for one in (screen, controls):
                await one.shows("crowd", f'data-joined="{PUPILS + 1}"', SOON)


@pytest.mark.anyio
async def test_an_order_at_one_worker_reaches_pupils_and_screens_at_all(seen: list[Lesson]) -> None:
    async with AsyncExitStack() as open_sockets:
        everybody = [await open_sockets.enter_async_context(watching(at, at.cookies[n])) for n, at in enumerate(seen)]
        everybody += [await open_sockets.enter_async_context(screen_at(at)) for at in seen]
        for order, phase in (("close", "closed"), ("next", "ready")):
            assert await asyncio.to_thread(seen[1].give, order) == 204  # type: ignore[arg-type]
            took = [await one.stands_at(phase, SOON) for one in everybody]
        tell(f"an order reached all three workers within {max(took) * 1000:.0f} ms")


@pytest.mark.anyio
async def test_an_answer_at_one_worker_is_in_the_tally_at_another(seen: list[Lesson]) -> None:
    async with screen_at(seen[1]) as screen:
        took = []
        for number in range(3):
            address = seen[0].server.address
            async with dial(address, seen[0].cookies[number], address) as device:
                asking, round = await asked(device)
                await device.send(json.dumps(message(asking, round, "B", 1, number)))
                await until(device, kind="ack")
            took.append(await screen.shows("tally", f'data-answered="{number + 1}"', SOON))
    tell(f"an answer stood in the tally at another worker after {max(took) * 1000:.0f} ms")


@pytest.mark.anyio
async def test_a_seat_removed_at_one_worker_is_closed_at_another(seen: list[Lesson]) -> None:
    async with watching(seen[0], seen[0].cookies[0]) as pupil, watching(seen[0], seen[0].cookies[1]) as other:
        form = {"participant_id": seen[0].participants[0]}
        reply = await asyncio.to_thread(seen[1].teacher.http.post, "/class/run/seats/remove", data=form)
        assert reply.status_code == 303
        await pupil.hears("removed", SOON)
        assert not other.is_closed
        reply = httpx2.get(f"{seen[2].server.address}/play/panels/me", headers={"cookie": seen[0].cookies[0]})
        assert (reply.status_code, reply.json()["why"]) == (410, "removed")


@pytest.mark.anyio
async def test_of_the_tabs_of_one_seat_the_newest_stays_open_wherever_it_is(seen: list[Lesson]) -> None:
    cookie = seen[0].cookies[2]
    ways = [(0, 1), (1, 0, 1), *([0, 1, 0, 2, 0],) * 4, *(random.sample((0, 1, 2, 0, 1), 5) for _ in range(4))]
    for way in ways:
        async with AsyncExitStack() as open_sockets:
            tabs = [await open_sockets.enter_async_context(watching(seen[at], cookie)) for at in way]
            for older in tabs[:-1]:
                await older.hears("elsewhere", SOON)
            await asyncio.sleep(0.1)
            assert not tabs[-1].is_closed


@pytest.mark.anyio
async def test_tabs_that_open_at_the_same_moment_leave_one(seen: list[Lesson]) -> None:
    cookie = seen[0].cookies[3]
    for _ in range(10):
        async with AsyncExitStack() as open_sockets:
            opening = [open_sockets.enter_async_context(watching(at, cookie)) for at in seen[:2]]
            tabs = await asyncio.gather(*opening)
            await so_within(lambda tabs=tabs: sum(tab.is_closed for tab in tabs) == 1, SOON)  # type: ignore[misc]
            await asyncio.sleep(0.1)
            assert sorted(tab.bye for tab in tabs) == ["", "elsewhere"]


@pytest.mark.anyio
async def test_the_end_of_a_run_lets_everybody_go_at_every_worker(seen: list[Lesson]) -> None:
    async with AsyncExitStack() as open_sockets:
        everybody = [await open_sockets.enter_async_context(watching(at, at.cookies[n])) for n, at in enumerate(seen)]
        everybody += [await open_sockets.enter_async_context(screen_at(at)) for at in seen]
        await asyncio.to_thread(finish, seen[2])
        for one in everybody:
            await one.hears("ended", SOON)
            assert one.phase == "ended"


# Live sessions


@pytest.mark.anyio
async def test_a_cue_of_a_live_session_reaches_the_classes_that_follow_at_every_worker(three: list[Server]) -> None:
    urls = three[0].environment
    own = ServedWorld(three[0].folder, urls["DATABASE_URL"], {"REDIS_URL": urls["REDIS_URL"]}, seeds_cast=False)
    with own as leads, ExitStack() as things:
        classroom = Classroom(leads.parts.database, Clock(now_utc()))
        session = classroom.lead(email=PRESENTER[0])
        both = [classroom.run(classroom.follow(session, class_group)) for class_group in (1, 2)]
        async with AsyncExitStack() as open_sockets:
            pupils = []
            for run in both:
                for at in three:
                    cookie = await asyncio.to_thread(new_seat, Visitor(at.address, things), run.code)
                    at_worker = Lesson(at, Visitor(at.address, things), run.code, run.id, [cookie], [])
                    pupils.append(await open_sockets.enter_async_context(watching(at_worker, cookie)))
            assert {pupil.phase for pupil in pupils} == {"content"}
            classroom.cue_to(session, "before.F1", "open")
            leads.parts.rooms.session_changed(session)
            took = [await pupil.stands_at("open", SOON) for pupil in pupils]
        for run in both:
            classroom.finish(run.id)
        tell(f"a live session's cue reached six pupils at three other workers within {max(took) * 1000:.0f} ms")


@pytest.mark.anyio
async def test_a_console_at_one_worker_shows_the_classes_of_another_and_is_missed_there(three: list[Server]) -> None:
    with ExitStack() as things:
        home, away = three[0], three[1]
        priya = sign_in(Visitor(home.address, things), str(home.links["presenter_password"]))
        session = start_session(home, priya)
        teacher = Visitor(away.address, things).open_class(str(away.links["class_token"]))
        assert teacher.http.post("/class/live", data={"live_session_id": session}).status_code == 303
        with closing(away.database()) as database, database.reading() as db:
            run = runs.read(db, live_sessions.checked_in(db, session)[0])
        lesson = Lesson(away, teacher, run.code, run.id, [], [])
        console = Lesson(home, priya, run.code, run.id, [], [])
        cookies = "; ".join(f"{name}={value}" for name, value in priya.http.cookies.items())
        async with screen_at(lesson) as screen:
            async with watching(console, cookies, f"/present/{session}/socket") as shown:
                await shown.shows("classes", 'data-light="getting_ready"', SOON)
                orders = (("ready", "with_you"), ("hold", "holding"), ("catch_up", "with_you"))
                took = [await order(lesson, shown, name, light) for name, light in orders]
                await screen.shows("stage", "starts soon", SOON)
            await screen.shows("stage", "Your teacher can carry on", 15 + MARGIN)
        finish(lesson)
        assert teacher.http.post("/class/sign-out").status_code == 303
        tell(f"a console showed changes of a class at another worker within {max(took) * 1000:.0f} ms")


def sign_in(visitor: Visitor, password: str) -> Visitor:
    form = {"email": PRESENTER[0], "password": password}
    assert visitor.http.post("/sign-in", data=form).status_code == 303
    return visitor


def start_session(server: Server, presenter: Visitor) -> int:
    with closing(server.database()) as database, database.reading() as db:
        version_id = lessons.offered(db, 1)[0][0]
    started = presenter.http.post("/present", data={"programme_id": 1, "version_id": version_id})
    return int(started.headers["location"].rpartition("/")[2])


async def order(lesson: Lesson, console: Watcher, name: str, light: str) -> float:
    """A teacher's order; how long until the console shows the light that follows from it."""
    with closing(lesson.server.database()) as database, database.reading() as db:
        now = runs.read(db, lesson.run_id)
    form = {"order": name, "seq": now.stage.seq, "epoch": now.epoch}
    done = await asyncio.to_thread(lesson.teacher.http.post, "/class/run/cue", data=form)
    assert done.status_code == 303
    return await console.shows("classes", f'data-light="{light}"', SOON)


# A storm


@pytest.mark.anyio
async def test_after_a_storm_of_joins_every_screen_shows_the_truth(
    postgres_url: str, redis: OwnRedis, tmp_path: Path
) -> None:
    with workers(postgres_url, redis, tmp_path) as two:
        await storm(two, joins=80, seconds=3)


@pytest.mark.soak
@pytest.mark.anyio
async def test_after_a_storm_of_three_hundred_joins_every_screen_shows_the_truth(
    postgres_url: str, redis: OwnRedis, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        with workers(postgres_url, redis, tmp_path / str(number)) as two:
            await storm(two, joins=300, seconds=5)


async def storm(two: list[Server], *, joins: int, seconds: float) -> None:
    """Children come, come back and are removed through both workers; one of the two is killed in the middle."""
    with a_class(two, 1) as (at_first, at_second):
        cookies: list[str] = []
        killing = asyncio.create_task(_kill(two[0], seconds * 0.7))
        coming = [_come(at, cookies, random.random() * seconds) for at in (at_first, at_second) * (joins // 2)]
        leaving = [_remove_one(at_second, random.random() * seconds) for _ in range(joins // 10)]
        async with screen_at(at_second) as screen:
            await asyncio.gather(*coming, *leaving)
            ended_at = asyncio.get_running_loop().time()
            await killing
            await asyncio.to_thread(two[0].start)
            async with screen_at(at_first) as other:
                truth = joined(at_second)
                left = COUNTED_WITHIN - (asyncio.get_running_loop().time() - ended_at)
                for one in (screen, other):
                    await one.shows("crowd", f'data-joined="{truth}"', left)
                assert len(cookies) > joins / 2
        tell(f"{len(cookies)} of {joins} joined, {truth} seats were left, and both screens said so")


async def _come(lesson: Lesson, cookies: list[str], after: float) -> None:
    """Join, open the socket, lose it."""
    await asyncio.sleep(after)
    address = lesson.server.address
    try:
        async with httpx2.AsyncClient(headers={"origin": address}, timeout=20, verify=NO_TLS) as browser:
            reply = await browser.post(f"{address}/join", data={"code": lesson.code})
            assert reply.status_code == 303
            cookies.append("; ".join(f"{name}={value}" for name, value in browser.cookies.items()))
        async with dial(address, cookies[-1], address) as socket:
            await until(socket, kind="panel", panel="stage")
            await asyncio.sleep(random.random())
    except (OSError, EOFError, httpx2.HTTPError, WebSocketException):
        pass  # its worker was killed


async def _remove_one(lesson: Lesson, after: float) -> None:
    """The teacher removes the newest seat."""
    await asyncio.sleep(after)
    with closing(lesson.server.database()) as database, database.reading() as db:
        crowd = participants.crowd(db, lesson.run_id)
    if not crowd:
        return
    form = {"participant_id": crowd[0].id}
    reply = await asyncio.to_thread(lesson.teacher.http.post, "/class/run/seats/remove", data=form)
    assert reply.status_code in (303, 404)


async def _kill(server: Server, after: float) -> None:
    await asyncio.sleep(after)
    server.kill()


# The workers of one server


@pytest.mark.anyio
async def test_three_workers_behind_one_address_lose_nothing_when_two_are_killed(
    postgres_url: str, redis: OwnRedis, tmp_path: Path
) -> None:
    with workers(postgres_url, redis, tmp_path, 1, SIA_WORKERS="3") as (server,), a_class([server], 12) as (lesson,):
        await so_within(lambda: len(server.workers) == 3, 30)
        async with tapping(lesson) as devices, screen_at(lesson) as screen:
            await asyncio.sleep(1)
            for victim in server.workers[:2]:
                os.kill(victim, signal.SIGKILL)
                await everyone_is_acked_again(devices)
            await asyncio.sleep(0.5)
            reconnects = screen.is_closed
        async with screen_at(lesson) as screen:
            await screen.shows("tally", 'data-answered="12"', SOON)
        with closing(server.database()) as database:
            assert losses(database, lesson, devices) == []
        assert not any(device.refused for device in devices)
        tell(f"{sum(device.acks for device in devices)} answers through three workers, two killed; {reconnects=}")
