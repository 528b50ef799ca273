"""What is measured, server by server; each server starts anew, and alone has sockets while it is measured."""

import asyncio
import contextlib
import gc
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import Settings
from tests.bench.client import Client, Crowd
from tests.bench.generator import FanOut, Storm, Swarm, answer, percentile
from tests.bench.joins import join_all
from tests.bench.machine import server
from tests.bench.prepared import LARGEST_CLASS, Prepared, PreparedSeat

PUPILS, CLASSES, LOBBIES = 10_000, 350, 45
FEW, SOME = 300, 1_300
FIRST_OTHER = 1_305  # the class after those of the 1,300
TURNS, PACE = 10, 0.002


@dataclass(frozen=True)
class Times:
    """How often each thing is done in one round."""

    rounds: int = 2
    small_storms: int = 5
    big_storms: int = 3
    fan_outs: int = 9
    others: int = 3
    joins: int = 1_300
    spread: float = 4.0
    """Seconds over which 1,300 answers are spread."""
    more: bool = True
    """Whether to measure what no goal is set for."""


QUICK = Times(rounds=1, small_storms=3, big_storms=2, fan_outs=3, others=1, joins=600, spread=1.0, more=False)


@dataclass
class Readings:
    """Everything measured of one server, over all rounds."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lag: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sent: int = 0
    lost: int = 0

    def storm(self, name: str, storm: Storm) -> None:
        self.values[f"{name}_rate"].append(storm.rate)
        self.values[f"{name}_cpu_us"].append(storm.cpu_per_answer * 1e6)
        self.values[f"{name}_p99_ms"].append(storm.p99() * 1e3)

    def fan_out(self, name: str, one: FanOut) -> None:
        self.values[f"{name}_ms"].append(one.last * 1e3)
        self.values[f"{name}_p99_ms"].append(one.p99 * 1e3)
        self.values[f"{name}_cpu_us"].append(one.cpu * 1e6 / PUPILS)

    def check(self, storm: Storm, stored: set[str]) -> None:
        """An answer is lost when it was not acknowledged, or acknowledged and not stored."""
        self.sent += len(storm.sent)
        self.lost += len(storm.sent - storm.acked) + len(storm.acked - stored)


async def measure_raw(core: int, prepared: Prepared, times: Times, readings: Readings) -> None:
    """Storms, then fan-outs."""
    async with _raw(core, prepared) as swarm:
        await _storms(swarm, times, readings)
        await _raw_fan_outs(swarm, times, readings)


async def measure_raw_fan_out(core: int, prepared: Prepared, times: Times, readings: Readings) -> None:
    """Fan-outs alone, right before ours and right after: they swing by half from one minute to the next.

    The sockets have had storms of answers as ours have: what those leave behind in the kernel makes a write dearer.
    """
    async with _raw(core, prepared) as swarm:
        await swarm.grow(PUPILS)
        for _ in range(times.big_storms):
            await swarm.storm(PUPILS)
            await _rest()
        await _raw_fan_outs(swarm, times, readings)


@contextlib.asynccontextmanager
async def _raw(core: int, prepared: Prepared) -> AsyncIterator[Swarm]:
    told = {"ack": _ack_like_ours(prepared.seats[0]), "stage": prepared.stage}
    async with server("tests.bench.bare_raw", core, **told) as process:
        swarm = Swarm(process, prepared.seats)
        yield swarm
        swarm.leave()


async def _raw_fan_outs(swarm: Swarm, times: Times, readings: Readings) -> None:
    for _ in range(times.fan_outs):
        readings.fan_out("fan_out", await swarm.fan_out("fan_out"))
        await _rest()


async def measure_fastapi(core: int, prepared: Prepared, times: Times, readings: Readings) -> None:
    async with server("tests.bench.bare_fastapi", core, ack=_ack_like_ours(prepared.seats[0])) as process:
        swarm = Swarm(process, prepared.seats)
        await _storms(swarm, times, readings)
        swarm.leave()


async def _storms(swarm: Swarm, times: Times, readings: Readings) -> None:
    before = swarm.server.memory()
    for size, name, count in ((SOME, "storm_1300", times.small_storms), (PUPILS, "storm_10000", times.big_storms)):
        await swarm.grow(size)
        await _note_lag(swarm, readings, "joining with a cookie")
        for _ in range(count):
            readings.storm(name, await swarm.storm(size))
            await _note_lag(swarm, readings, "answers")
            await _rest()
        if size == SOME:
            await _spread(swarm, times, readings)
    readings.values["memory_kb_per_seat"].append((swarm.server.memory() - before) / PUPILS)


async def _spread(swarm: Swarm, times: Times, readings: Readings) -> None:
    """1,300 answers that come evenly, as children's do."""
    late = await swarm.spread(SOME, times.spread)
    readings.sent += SOME
    readings.lost += SOME - len(late)
    readings.values["spread_1300_p99_ms"].append(percentile(late, 99) * 1e3)
    await _note_lag(swarm, readings, "answers")


async def measure_ours(core: int, settings: Settings, prepared: Prepared, times: Times, readings: Readings) -> None:
    """Storms, another run beside a storm, fan-outs; every answer is looked up in the database afterwards."""
    prepared.back_to_first_question()
    told = {"folder": str(settings.data_dir), "database_url": settings.database}
    async with server("tests.bench.ours", core, **told) as process:
        swarm = Swarm(process, prepared.seats, is_greeted=True)
        before = process.memory()

        async def storms(size: int, name: str, count: int) -> None:
            await swarm.grow(size)
            await _note_lag(swarm, readings, "joining with a cookie")
            for _ in range(count):
                storm = await swarm.storm(size)
                readings.storm(name, storm)
                readings.check(storm, prepared.take_answers())
                await _note_lag(swarm, readings, "answers")
                await _rest()

        await storms(FEW, "storm_300", times.small_storms)
        await storms(SOME, "storm_1300", times.small_storms)
        await _spread(swarm, times, readings)
        prepared.take_answers()
        await swarm.grow(FIRST_OTHER + times.others * LARGEST_CLASS)
        for number in range(times.others):
            await _measure_other_run(swarm, FIRST_OTHER + number * LARGEST_CLASS, prepared, readings)
        await storms(PUPILS, "storm_10000", times.big_storms)
        readings.values["memory_kb_per_seat"].append((process.memory() - before) / PUPILS)
        if times.more:
            await _measure_with_screens(swarm, prepared, readings)
        await _measure_fan_out(swarm, prepared, times, readings)
        swarm.leave()


async def _measure_fan_out(swarm: Swarm, prepared: Prepared, times: Times, readings: Readings) -> None:
    """Cues to the live session that all 350 runs follow, to and fro between two questions."""
    led = {"session_id": prepared.session_id, "holder": prepared.holder}
    await swarm.fan_out("cue", **led, order="close")
    for number in range(times.fan_outs):
        order = "back" if number % 2 else "next"
        readings.fan_out("fan_out", await swarm.fan_out("cue", **led, order=order))
        await _note_lag(swarm, readings, "fan-out")
        await asyncio.sleep(0.8)  # the look at all runs that follows a cue is over: no presenter is faster
        await _rest()
    if times.more:
        for _ in range(times.fan_outs):
            readings.fan_out("share_one", await swarm.fan_out("share_one", run_ids=prepared.run_ids))
            await _note_lag(swarm, readings, "fan-out, share_one")
            await _rest()


async def _measure_other_run(swarm: Swarm, first: int, prepared: Prepared, readings: Readings) -> None:
    """One class answers at an even pace: alone, then while 1,300 others answer at one moment."""
    last = first + LARGEST_CLASS

    async def storm() -> Storm:
        await asyncio.sleep(0.1)
        return await swarm.storm(SOME)

    alone = await swarm.trickle(first, last, TURNS, PACE)
    beside: Awaitable[tuple[list[float], Storm]] = asyncio.gather(swarm.trickle(first, last, TURNS, PACE), storm())
    late, beside_storm = await beside
    readings.check(beside_storm, prepared.take_answers())
    readings.sent += 2 * TURNS * LARGEST_CLASS
    readings.lost += 2 * TURNS * LARGEST_CLASS - len(alone) - len(late)
    readings.values["other_alone_p99_ms"].append(percentile(alone, 99) * 1e3)
    readings.values["other_beside_p99_ms"].append(percentile(late, 99) * 1e3)
    await _note_lag(swarm, readings, "answers")
    await _rest()


async def _measure_with_screens(swarm: Swarm, prepared: Prepared, readings: Readings) -> None:
    """The same storm while a classroom screen and the controls look on in every run."""
    teachers = await _open_teachers_screens(swarm, prepared, prepared.run_ids)
    await _note_lag(swarm, readings, "opening 700 teachers' sockets")
    storm = await swarm.storm(PUPILS)
    readings.check(storm, prepared.take_answers())
    readings.storm("storm_10000_with_screens", storm)
    await _note_lag(swarm, readings, "answers, with 700 teachers' sockets")
    for client in teachers:
        client.leave()
    await asyncio.sleep(0.5)
    await _note_lag(swarm, readings, "closing 700 teachers' sockets")


async def _open_teachers_screens(swarm: Swarm, prepared: Prepared, run_ids: list[int]) -> list[Client]:
    nobody = Crowd()
    door = asyncio.Semaphore(50)

    async def one(cookie: str, audience: str) -> None:
        async with door:
            client = await swarm.open_socket(cookie, f"/class/run/socket?as={audience}", nobody, nobody)
            teachers.append(client)

    teachers: list[Client] = []
    pages = [
        (cookie, who)
        for cookie in (prepared.teachers[run_id] for run_id in run_ids)
        for who in ("screen", "controls")
    ]
    await asyncio.gather(*(one(cookie, who) for cookie, who in pages))
    await asyncio.sleep(1)
    return teachers


async def measure_joins(
    core: int, settings: Settings, prepared: Prepared, times: Times, readings: Readings, *, with_screens: bool = False
) -> None:
    """Pupils come in by code, into 45 lobbies; with screens: while classroom screen and controls look on."""
    prepared.empty_lobbies()
    told = {"folder": str(settings.data_dir), "database_url": settings.database}
    async with server("tests.bench.ours", core, **told) as process:
        swarm = Swarm(process, [], is_greeted=True)
        if with_screens:
            await _open_teachers_screens(swarm, prepared, prepared.lobby_ids)
            joined = await join_all(swarm, prepared.lobby_codes, LARGEST_CLASS, times.joins)
            await _note_lag(swarm, readings, "joining by code, with 90 teachers' sockets")
            readings.values["joins_per_s_with_screens"].append(joined.rate)
            swarm.leave()
            return
        before = process.memory()
        joined = await join_all(swarm, prepared.lobby_codes, LARGEST_CLASS, times.joins)
        await _note_lag(swarm, readings, "joining by code")
        readings.lost += joined.refused
        readings.values["joins_per_s"].append(joined.rate)
        readings.values["join_p99_ms"].append(joined.p99() * 1e3)
        readings.values["join_cpu_us"].append(joined.cpu * 1e6 / times.joins)
        readings.values["join_memory_kb_per_seat"].append((process.memory() - before) / times.joins)
        swarm.leave()


async def _note_lag(swarm: Swarm, readings: Readings, what: str) -> None:
    readings.lag[what] += await swarm.server.call("lag")


async def _rest() -> None:
    gc.collect()
    await asyncio.sleep(0.2)


def _ack_like_ours(seat: PreparedSeat) -> str:
    """The bare servers' one ack: of the size of ours."""
    return answer(seat, 1).decode().replace('"answer"', '"ack"', 1)


def settings_in(folder: Path, database_url: str) -> Settings:
    return Settings(data_dir=folder, demo=True).model_copy(update={"database_url": database_url})
