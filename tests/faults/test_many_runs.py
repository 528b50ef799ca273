"""Many runs at once, each by its own teacher's orders: nobody sees another class, and every record is exact."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvloop
from sqlmodel import col, select

from app.domain.shown import OfferedAsking, asking_name
from app.store import participation, runs
from app.store.tables import CueRow, ParticipationRecordRow, RunRow
from tests.faults.crowd import Classes, Crowd, Device, classes_on, crowd_of, unlike_the_store
from tests.faults.figures import tell
from tests.faults.lesson import Server, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PUPILS = 4
ORDERS = ("next",) * 12 + ("back", "calm", "resume", "reopen")
Offered = dict[int, dict[str, OfferedAsking]]
Counts = dict[tuple[str, int], dict[str, int]]


class Pupil:
    """Answers most questions, changes some answers, and notes each stage that was shown."""

    def __init__(self, device: Device) -> None:
        self.seen: set[tuple[int, int, str, str]] = set()
        device.on_stage = self.look

    def look(self, device: Device) -> None:
        stage = device.stage
        self.seen.add((stage["epoch"], stage["seq"], stage["phase"], stage["asking"]))
        asked = (stage["asking"], stage["round"])
        if stage["phase"] == "open" and asked not in device.changes and device.chance.random() < 0.8:
            device.changes[asked] = 0
            for _ in range(1 + (device.chance.random() < 0.3)):
                loop = asyncio.get_running_loop()
                loop.call_later(device.chance.uniform(0, 0.4), self.tap, device, asked)

    def tap(self, device: Device, asked: tuple[str, int]) -> None:
        stage = device.stage
        if device.back_at and (stage["asking"], stage["round"], stage["phase"]) == (*asked, "open"):
            device.choose(device.chance.choice(stage["choices"]))


BRIEF = httpx2.Limits(keepalive_expiry=2)
"""A server lets go of a connection that rests for five seconds: one that is about to end is not used again."""


async def teach(classes: Classes, run_id: int, until: float, client: httpx2.AsyncClient, crowd: Crowd) -> int:
    """One teacher's orders until it is time to finish; returns how many moved the stage."""
    chance = random.Random(run_id)
    headers = {"Cookie": classes.teachers[run_id], "Accept": "application/json", "Origin": classes.server.address}
    given = 0
    with closing(classes.server.database()) as database:
        while time.monotonic() < until:
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            with database.reading() as db:
                seq, epoch = db.exec(select(RunRow.seq, RunRow.epoch).where(RunRow.id == run_id)).one()
            form = {"order": chance.choice(ORDERS), "seq": seq, "epoch": epoch}
            reply = await client.post("/class/run/cue", data=form, headers=headers)
            assert reply.status_code in (204, 403, 409), (reply.status_code, reply.text)
            given += reply.status_code == 204
    own = [device for device in crowd.devices if device.run_id == run_id]
    await eventually(lambda: not any(device.outbox for device in own), 30)
    finished = await client.post("/class/run/finish", data={"present": PUPILS}, headers=headers)
    assert finished.status_code == 303
    return given


@asynccontextmanager
async def taught(classes: Classes, seconds: float) -> AsyncIterator[tuple[Crowd, dict[int, Pupil], list[int]]]:
    pupils: dict[int, Pupil] = {}

    def prepare(device: Device) -> None:
        pupils[device.seat.participant_id] = Pupil(device)

    async with (
        crowd_of(classes, prepare=prepare) as crowd,
        httpx2.AsyncClient(base_url=classes.server.address, timeout=30, limits=BRIEF) as client,
    ):
        until = time.monotonic() + seconds
        orders = await asyncio.gather(*(teach(classes, run, until, client, crowd) for run in classes.run_ids))
        await eventually(lambda: all(device.farewell == "ended" for device in crowd.devices), 30)
        yield crowd, pupils, orders


def shown_of_others(classes: Classes, pupils: dict[int, Pupil]) -> list[str]:
    """Every stage that a pupil was shown and that its own teacher's orders did not make."""
    made = made_by_orders(classes)
    return [
        f"run {seat.prepared.run_id} never stood at {stage}"
        for seat in classes.seats
        for stage in pupils[seat.participant_id].seen - made[seat.prepared.run_id]
    ]


def made_by_orders(classes: Classes) -> dict[int, set[tuple[int, int, str, str]]]:
    """Run -> (epoch, seq, phase, asking) of each stage that its orders made, as devices are told it."""
    made: dict[int, set[tuple[int, int, str, str]]] = {}
    with closing(classes.server.database()) as database, database.reading() as db:
        for run_id in classes.run_ids:
            run, calm = runs.read(db, run_id), False
            names = {
                (one.module, one.step.key): asking_name(run.seed, one) for one in run.plan.places if one.is_asking
            }
            stages = made[run_id] = set()
            for cue in db.exec(select(CueRow).where(CueRow.run_id == run_id).order_by(col(CueRow.seq))).all():
                calm = cue.kind == "calm" or (calm and cue.kind == "end")
                name = names.get((cue.module_position, cue.step_key), "")
                stages.add((cue.epoch, cue.seq, "calm" if calm else cue.phase, name))
                stages.add((cue.epoch, cue.seq, "ended", ""))
    return made


def acknowledged(offered: Offered, devices: list[Device], run_id: int) -> Counts:
    """(step, round) -> how many chose what, by what the devices of this run were told is saved."""
    found: dict[tuple[str, int], Counter[str]] = {}
    for device in devices:
        if device.run_id == run_id:
            for (asking, round), ack in device.acked.items():
                one = offered[run_id][asking]
                found.setdefault((one.step_key, round), Counter())[one.meanings[ack["choice"]]] += 1
    return {where: dict(counts) for where, counts in found.items()}


def wrong_records(classes: Classes, offered: Offered, devices: list[Device]) -> list[str]:
    found = []
    with closing(classes.server.database()) as database, database.reading() as db:
        for run_id in classes.run_ids:
            told = acknowledged(offered, devices, run_id)
            counted = {(one.step_key, one.round): dict(one.counts) for one in participation.of_run(db, run_id)}
            if {where: counts for where, counts in counted.items() if counts} != told:
                found.append(f"run {run_id}: acknowledged {told}, counted {counted}")
            record = db.exec(select(ParticipationRecordRow).where(ParticipationRecordRow.run_id == run_id)).one()
            is_so = (record.present, record.devices_joined, record.questions_served, record.answers_counted)
            must_be: tuple[Any, ...] = (PUPILS, PUPILS, len({step for step, _ in counted}))
            must_be += (sum(sum(counts.values()) for (_, round), counts in told.items() if round == 1),)
            if is_so != must_be:
                found.append(f"run {run_id}: the record says {is_so}, it was {must_be}")
    return found


async def teach_all(classes: Classes, seconds: float) -> None:
    offered = classes.offered()
    secret = {one.step_key for askings in offered.values() for one in askings.values() if one.tally_only}
    async with taught(classes, seconds) as (crowd, pupils, orders):
        devices = crowd.devices
    assert [stray for device in devices for stray in device.strays] == []
    assert shown_of_others(classes, pupils) == []
    assert unlike_the_store(classes, devices, secret) == []
    assert wrong_records(classes, offered, devices) == []
    answers = sum(len(device.acked) for device in devices)
    tell(f"{len(orders)} runs, {sum(orders)} orders, {answers} answers: no cross-talk, every record exact")
    assert min(orders) > 0
    assert answers > len(devices)
    # The bite: one stage of one class in the hands of another would be told.
    first, last = classes.seats[0].participant_id, classes.seats[-1].participant_id
    pupils[first].seen |= pupils[last].seen
    assert shown_of_others(classes, pupils)


def test_many_runs_at_once_never_meet(tmp_path: Path) -> None:
    with classes_on(Server(tmp_path / "data"), 20, 20 * PUPILS) as classes:
        uvloop.run(teach_all(classes, 6))
        assert "Traceback" not in classes.server.log


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_hundred_and_twenty_runs_at_once_never_meet(tmp_path: Path) -> None:
    with classes_on(Server(tmp_path / "data"), 120, 120 * PUPILS) as classes:
        uvloop.run(teach_all(classes, 60))
        assert "Traceback" not in classes.server.log
