"""The bus over a real Redis: hints reach the others, a loss is noticed, and no fault of Redis holds anybody up."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from app.live.bus import GONE_BEATS, LoneBus, RedisBus
from app.live.hints import Hint, Message, encode
from tests.servers import OwnRedis

pytestmark = pytest.mark.anyio
BEAT = 0.3
MARGIN = 5
CHANNEL = "sia-test"
STAGE = Hint("changed", 1, panels=("stage",))
TALLY = Hint("changed", 2, panels=("tally",))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.end()


class Worker:
    """One worker's end of the bus, and what came out of it."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.bus = RedisBus(url, CHANNEL, beat_seconds=BEAT, **settings)
        self.hints: list[Hint] = []
        self.looks: list[float] = []
        self.slowest_tell = 0.0

    def start(self) -> None:
        self.bus.start(self.hints.append, lambda: self.looks.append(time.monotonic()))

    def tell(self, hint: Hint) -> None:
        began_at = time.perf_counter()
        self.bus.tell(hint)
        self.slowest_tell = max(self.slowest_tell, time.perf_counter() - began_at)

    def looks_since(self, moment: float) -> int:
        return len([look for look in self.looks if look >= moment])


@asynccontextmanager
async def workers(url: str, count: int = 2, **settings: Any) -> AsyncIterator[list[Worker]]:
    """Workers that hear each other."""
    some = [Worker(url, **settings) for _ in range(count)]
    for one in some:
        one.start()
    try:
        await until(lambda: all(one.looks for one in some))
        await asyncio.sleep(2 * BEAT)  # each has heard every other
        yield some
    finally:
        await asyncio.gather(*(one.bus.stop() for one in some))


async def until(holds: Callable[[], bool], seconds: float = 10 * MARGIN * BEAT) -> None:
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "it never came to be"
        await asyncio.sleep(0.01)


# Telling


async def test_a_hint_reaches_all_others_and_not_the_one_who_told_it(server: OwnRedis) -> None:
    async with workers(server.url, 3) as (ann, ben, cat):
        ann.tell(STAGE)
        ann.tell(Hint("dismiss", 1, participant_id=7))
        await until(lambda: len(ben.hints) == len(cat.hints) == 2)
        assert ben.hints == cat.hints == [STAGE, Hint("dismiss", 1, participant_id=7)]
        await asyncio.sleep(2 * BEAT)
        assert ann.hints == []


async def test_what_is_told_arrives_at_once_and_not_with_the_next_beat(server: OwnRedis) -> None:
    async with workers(server.url) as (ann, ben):
        took = []
        for run_id in range(1, 21):
            began_at = time.monotonic()
            ann.tell(Hint("forget", run_id))
            await until(lambda run_id=run_id: len(ben.hints) == run_id)  # type: ignore[misc]
            took.append(time.monotonic() - began_at)
        assert sorted(took)[10] < BEAT / 3


async def test_a_hint_that_already_waits_is_sent_once(server: OwnRedis) -> None:
    async with workers(server.url) as (ann, ben):
        for _ in range(1000):
            ann.tell(TALLY)
        ann.tell(STAGE)
        await until(lambda: STAGE in ben.hints)
        assert ben.hints == [TALLY, STAGE]


async def test_workers_on_a_quiet_bus_do_not_look_again(server: OwnRedis) -> None:
    async with workers(server.url, 3) as some:
        since = time.monotonic()
        await asyncio.sleep(8 * BEAT)
        assert [one.looks_since(since) for one in some] == [0, 0, 0]
        assert [one.bus.state for one in some] == ["ok", "ok", "ok"]


async def test_another_channel_of_the_same_redis_is_another_programme(server: OwnRedis) -> None:
    stranger = RedisBus(server.url, "another", beat_seconds=BEAT)
    async with workers(server.url, 1) as (ann,):
        stranger.start(lambda hint: None, lambda: None)
        stranger.tell(STAGE)
        await stranger.stop()
        await asyncio.sleep(2 * BEAT)
        assert ann.hints == []


# What is lost is noticed


async def test_a_gap_in_the_numbers_makes_the_others_look_once(server: OwnRedis) -> None:
    async with workers(server.url, 3) as (ann, ben, cat):
        since = time.monotonic()
        ann.bus._number += 1  # a message that never came through
        ann.tell(STAGE)
        await until(lambda: bool(ben.hints and cat.hints))
        await asyncio.sleep(4 * BEAT)
        assert [one.looks_since(since) for one in (ann, ben, cat)] == [0, 1, 1]


async def test_what_a_full_queue_drops_is_the_oldest_and_is_noticed(server: OwnRedis) -> None:
    async with workers(server.url, most_waiting=5) as (ann, ben):
        since = time.monotonic()
        for run_id in range(1, 9):
            ann.tell(Hint("forget", run_id))
        await until(lambda: len(ben.hints) == 5)
        await until(lambda: ben.looks_since(since) > 0)
        assert [hint.run_id for hint in ben.hints] == [4, 5, 6, 7, 8]


async def test_a_worker_that_comes_is_noticed_and_one_that_goes_in_good_order_costs_nothing(server: OwnRedis) -> None:
    async with workers(server.url, 1) as (ann,):
        since = time.monotonic()
        ben = Worker(server.url)
        ben.start()
        await until(lambda: ann.looks_since(since) == 1)
        ben.tell(STAGE)
        await ben.bus.stop()
        since = time.monotonic()
        await asyncio.sleep(6 * BEAT)
        assert ann.hints == [STAGE]
        assert ann.looks_since(since) == 0


async def test_a_worker_that_falls_silent_may_have_told_something_in_vain(server: OwnRedis) -> None:
    """As when Redis is out of its reach alone: the others are not degraded, and yet miss what it tells."""
    async with workers(server.url) as (ann, ben):
        for task in ann.bus._tasks:
            task.cancel()
        since = time.monotonic()
        await until(lambda: ben.looks_since(since) >= 4)
        assert not ben.bus.is_degraded
        assert GONE_BEATS > 60


async def test_nonsense_on_the_channel_hurts_nobody(server: OwnRedis) -> None:
    async with workers(server.url) as (ann, ben):
        with Redis.from_url(server.url) as client:
            for raw in (b"", b"hello", b"{}", b"[" * 10_000, b"\x00" * 100_000, b'{"sender": "x", "number": -1}'):
                client.publish(CHANNEL, raw)
        ann.tell(STAGE)
        await until(lambda: ben.hints == [STAGE])
        assert ben.bus.state == "ok"


async def test_a_hint_that_cannot_be_followed_stops_no_other(server: OwnRedis) -> None:
    async with workers(server.url) as (ann, ben):

        def follow(hint: Hint) -> None:
            ben.hints.append(hint)
            if hint == STAGE:
                raise RuntimeError("this hint cannot be followed")

        ben.bus._hear = follow
        ann.tell(STAGE)
        ann.tell(TALLY)
        await until(lambda: ben.hints == [STAGE, TALLY])


# Faults of Redis


async def degraded_within_time(some: list[Worker], since: float) -> None:
    await until(lambda: all(one.bus.is_degraded for one in some), 4 * MARGIN * BEAT)
    assert time.monotonic() - since > BEAT, "a moment's silence is no fault yet"


async def looks_each_beat(some: list[Worker], beats: int = 6) -> None:
    since = time.monotonic()
    await asyncio.sleep(beats * BEAT)
    for one in some:
        assert beats / 2 <= one.looks_since(since) <= beats + 1


async def well_again(some: list[Worker]) -> None:
    """Not degraded, one look more, and then quiet: what is told arrives."""
    before = [len(one.looks) for one in some]
    await until(lambda: not any(one.bus.is_degraded for one in some))
    since = time.monotonic()
    await until(lambda: all(len(one.looks) > looks for one, looks in zip(some, before, strict=True)))
    await asyncio.sleep(5 * BEAT)
    quiet_since = time.monotonic()
    await asyncio.sleep(5 * BEAT)
    for one in some:
        assert one.looks_since(quiet_since) == 0, "it still looks"
        assert one.looks_since(since) <= 1 + len(some), "it looked again and again"
        one.hints.clear()
    fresh = Hint("changed", 99, panels=("crowd",))
    some[0].tell(fresh)
    await until(lambda: all(one.hints == [fresh] for one in some[1:]))


async def keep_telling(some: list[Worker]) -> None:
    number = 0
    while True:
        for one in some:
            number += 1
            one.tell(Hint("changed", number, panels=("tally",)))
        await asyncio.sleep(0.005)


def hang(server: OwnRedis) -> None:
    server.signal(signal.SIGSTOP)


def wake(server: OwnRedis) -> None:
    server.signal(signal.SIGCONT)


def kill(server: OwnRedis) -> None:
    server.signal(signal.SIGKILL)


@pytest.mark.parametrize(("fault", "remedy"), [(hang, wake), (kill, OwnRedis.start)], ids=["hung", "killed"])
async def test_without_redis_each_worker_looks_each_second_until_it_is_back_and_once_more(
    server: OwnRedis,
    fault: Callable[[OwnRedis], None],
    remedy: Callable[[OwnRedis], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "app.live.bus")
    async with workers(server.url) as some:
        telling = asyncio.create_task(keep_telling(some))
        since = time.monotonic()
        fault(server)
        try:
            await degraded_within_time(some, since)
            await looks_each_beat(some)
        finally:
            await asyncio.to_thread(remedy, server)
            telling.cancel()
        await well_again(some)
        assert max(one.slowest_tell for one in some) < 0.1, "telling had to wait"
    said = [record.getMessage() for record in caplog.records]
    assert len([line for line in said if "does not pass on" in line]) == len(some)
    assert len([line for line in said if "passes on" in line]) == len(some)
    assert len(said) == 2 * len(some)


async def test_a_worker_that_starts_before_redis_is_degraded_and_then_well(tmp_path: Path) -> None:
    server = OwnRedis(tmp_path)
    server.end()
    ann, ben = Worker(server.url), Worker(server.url)
    ann.start()
    ben.start()
    try:
        await until(lambda: ann.bus.is_degraded and ben.bus.is_degraded)
        await asyncio.to_thread(server.start)
        await well_again([ann, ben])
    finally:
        await asyncio.gather(ann.bus.stop(), ben.bus.stop())
        server.end()


async def test_a_flushed_redis_loses_nothing(server: OwnRedis) -> None:
    async with workers(server.url) as (ann, ben):
        since = time.monotonic()
        server.order("FLUSHALL")
        ann.tell(STAGE)
        await until(lambda: ben.hints == [STAGE])
        await asyncio.sleep(4 * BEAT)
        assert ben.looks_since(since) == 0
        assert ben.bus.state == "ok"


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
async def test_connections_that_redis_cuts_are_dialled_again_and_the_gap_is_looked_after(
    server: OwnRedis, kind: str
) -> None:
    async with workers(server.url) as some:
        since = time.monotonic()
        server.order("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        some[0].tell(STAGE)
        if kind == "pubsub":
            await until(lambda: all(one.looks_since(since) for one in some))
        await asyncio.sleep(6 * BEAT)
        await well_again_after_a_cut(some)


async def well_again_after_a_cut(some: list[Worker]) -> None:
    await until(lambda: not any(one.bus.is_degraded for one in some))
    some[1].hints.clear()
    some[0].tell(TALLY)
    await until(lambda: some[1].hints == [TALLY])


async def test_a_listener_that_nobody_redials_would_stay_deaf(server: OwnRedis) -> None:
    """Why the connection is supervised: a client's listener ends with its connection."""
    async with workers(server.url) as (ann, ben):
        listening = next(task for task in ben.bus._tasks if task.get_name() == "bus-listens")
        listening.cancel()
        ann.tell(STAGE)
        await asyncio.sleep(4 * BEAT)
        assert ben.hints == []
        assert ben.bus.is_degraded


async def test_stopping_takes_no_longer_than_a_beat_when_redis_hangs(server: OwnRedis) -> None:
    ann = Worker(server.url)
    ann.start()
    await until(lambda: bool(ann.looks))
    hang(server)
    try:
        ann.tell(STAGE)
        began_at = time.monotonic()
        await ann.bus.stop()
        assert time.monotonic() - began_at < MARGIN * 2 * BEAT
    finally:
        wake(server)


# Alone


async def test_one_process_alone_has_nobody_to_tell() -> None:
    bus = LoneBus()
    bus.start(lambda hint: None, lambda: None)
    bus.tell(STAGE)
    await bus.stop()
    assert (bus.state, bus.is_degraded) == ("lone", False)


async def test_a_message_of_the_bus_is_what_the_others_understand(server: OwnRedis) -> None:
    async with workers(server.url, 1) as (ann,):
        with Redis.from_url(server.url) as client:
            client.publish(CHANNEL, encode(Message("somebody", 1, (STAGE,))))
        await until(lambda: ann.hints == [STAGE])
