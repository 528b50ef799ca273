"""Redis hung, killed, emptied or cut off in mid-question: no answer is lost and screens catch up (REL-17)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

import pytest

from tests.faults.figures import tell
from tests.faults.hanging import stopped
from tests.faults.lesson import Device, Lesson, Server, everyone_is_acked_again, losses
from tests.faults.workers import (
    MARGIN,
    Watcher,
    a_class,
    another,
    bus_state,
    screen_at,
    so_within,
    tapping_at,
    watching,
)
from tests.servers import OwnRedis

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.anyio]
TAPPING = 8
NOTICED_WITHIN = 3.0 * MARGIN
ORDERS_WITHIN = 2.0 * MARGIN
SHORT, LONG = 3.0, 30.0
SLOW = "Updates are a little slow just now. Nothing is lost."


@dataclass
class Class:
    """Half of it answers through each worker, and both have a screen and a pupil who only looks."""

    lessons: list[Lesson]
    devices: list[Device]
    screens: list[Watcher]
    pupils: list[Watcher]

    async def obeys(self, order: str, phase: str, *, at: int = 0) -> float:
        """An order at one worker; returns after how many seconds the last of all shows it."""
        assert await asyncio.to_thread(self.lessons[at].give, order) == 204  # type: ignore[arg-type]
        everybody = (*self.screens, *self.pupils)
        return max([await one.stands_at(phase, ORDERS_WITHIN) for one in everybody])

    async def bus_is(self, state: str) -> None:
        for lesson in self.lessons:
            until = asyncio.get_running_loop().time() + NOTICED_WITHIN
            while await asyncio.to_thread(bus_state, lesson.server) != state:
                assert asyncio.get_running_loop().time() < until, f"the bus is never {state}"
                await asyncio.sleep(0.1)

    async def teachers_are_told(self) -> None:
        for screen in self.screens:
            await screen.shows("stage", SLOW, NOTICED_WITHIN)

    async def is_whole(self) -> None:
        """All are acknowledged again, nothing is lost or doubled, both screens count all, nobody is warned."""
        await everyone_is_acked_again(self.devices)
        for screen in self.screens:
            await screen.shows("tally", f'data-answered="{TAPPING}"', ORDERS_WITHIN)
            await so_within(lambda screen=screen: not screen.has("stage", SLOW), ORDERS_WITHIN)  # type: ignore[misc]
        with closing(self.lessons[0].server.database()) as database:
            assert losses(database, self.lessons[0], self.devices) == []
        assert not any(device.refused for device in self.devices)
        assert not any(SLOW in stage["html"] for pupil in self.pupils for stage in pupil.stages)


@asynccontextmanager
async def in_class(servers: list[Server]) -> AsyncIterator[Class]:
    with a_class(servers, TAPPING + 2) as (ann, ben):
        async with (
            tapping_at([ann, ben], range(TAPPING)) as devices,
            screen_at(ann) as a_screen,
            screen_at(ben, "controls") as b_screen,
            watching(ann, ann.cookies[TAPPING]) as a_pupil,
            watching(ben, ben.cookies[TAPPING + 1]) as b_pupil,
        ):
            yield Class([ann, ben], devices, [a_screen, b_screen], [a_pupil, b_pupil])


async def goes_on_without(redis: OwnRedis, everybody: Class, seconds: float) -> None:
    """While Redis is away: orders arrive, teachers are told, answers are taken."""
    acks = [device.acks for device in everybody.devices]
    first = await everybody.obeys("calm", "calm")
    await everybody.bus_is("degraded")
    await everybody.teachers_are_told()
    second = await everybody.obeys("resume", "open", at=1)
    await asyncio.sleep(seconds)
    assert all(device.acks > before for device, before in zip(everybody.devices, acks, strict=True))
    tell(f"without Redis an order reached the other worker after {first:.1f} s, later after {second:.1f} s")


async def test_nothing_is_lost_while_redis_hangs(two: list[Server], redis: OwnRedis) -> None:
    await hangs(two, redis, SHORT)


@pytest.mark.soak
async def test_nothing_is_lost_while_redis_hangs_for_half_a_minute(two: list[Server], redis: OwnRedis) -> None:
    await hangs(two, redis, LONG)


async def hangs(two: list[Server], redis: OwnRedis, seconds: float) -> None:
    async with in_class(two) as everybody:
        with stopped([redis.process]):
            await goes_on_without(redis, everybody, seconds)
        await everybody.bus_is("ok")
        await everybody.is_whole()


async def test_nothing_is_lost_while_redis_is_dead_and_after_it_starts_again(
    two: list[Server], redis: OwnRedis
) -> None:
    async with in_class(two) as everybody:
        redis.kill()
        try:
            await goes_on_without(redis, everybody, 1)
        finally:
            await asyncio.to_thread(redis.start)
        await everybody.bus_is("ok")
        await everybody.is_whole()
        tell(
            f"with Redis again an order reached the other worker after {await everybody.obeys('calm', 'calm'):.2f} s"
        )


def flush(redis: OwnRedis) -> None:
    redis.order("FLUSHALL")


def cut_everybody_off(redis: OwnRedis) -> None:
    for kind in ("pubsub", "normal"):
        redis.order("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")


@pytest.mark.parametrize("fault", [flush, cut_everybody_off], ids=["emptied", "cut off"])
async def test_nothing_is_lost_when_redis_is(
    two: list[Server], redis: OwnRedis, fault: Callable[[OwnRedis], None]
) -> None:
    async with in_class(two) as everybody:
        for order, phase in (("calm", "calm"), ("resume", "open")) * 3:
            await asyncio.to_thread(fault, redis)
            await everybody.obeys(order, phase)
        await everybody.bus_is("ok")
        await everybody.is_whole()


async def test_a_seat_removed_while_redis_is_away_is_closed_at_the_other_worker(
    two: list[Server], redis: OwnRedis
) -> None:
    async with in_class(two) as everybody:
        ann, ben = everybody.lessons
        with stopped([redis.process]):
            form = {"participant_id": ben.participants[TAPPING + 1]}
            reply = await asyncio.to_thread(ann.teacher.http.post, "/class/run/seats/remove", data=form)
            assert reply.status_code == 303
            await everybody.pupils[1].hears("removed", NOTICED_WITHIN)
            assert not everybody.pupils[0].is_closed
        await everybody.bus_is("ok")


async def test_a_worker_that_does_not_look_again_stays_behind(two: list[Server], redis: OwnRedis) -> None:
    with another(two[0], "blind") as blind:
        async with in_class([two[0], blind]) as everybody:
            with stopped([redis.process]), pytest.raises(AssertionError, match="it shows open"):
                await everybody.obeys("calm", "calm")
