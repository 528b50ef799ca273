"""Whatever is sent, by whomever: nothing changes, nothing breaks, and nobody beside it waits (REL-12, SEC-21)."""

import asyncio
import itertools
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, suppress
from typing import Any

import httpx2
import pytest
import uvloop
from sqlmodel import SQLModel, col, select

from app.store.tables import AnswerRow, RunRow
from tests.faults.bad_messages import Target, bad_body, bad_frame, bad_order, good, of_no_use, wire_to
from tests.faults.crowd import Classes, Seat, classes_on
from tests.faults.figures import percentile, tell
from tests.faults.lesson import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
CLASSES, PUPILS = 2, 24
SHORT, LONG = (60, 600), (3_000, 10_000)
"""So many before anything is measured, and so many that are."""
SAVED = 5
"""The change that each pupil of the abused class has saved before."""
AT_ONCE = 6
GROWTH = {SHORT: 48 * 2**20, LONG: 24 * 2**20}
"""What a few thousand closed sockets leave behind is collected late, by intention; then it grows no more."""
PAIRS, FACTOR, FLOOR, MARGIN = 3, 2, 0.05, 5
CLOSED = {0, 1002, 1007, 1008, 1009}
UNFINISHED = 0.5
REFUSED = {303, 400, 403, 404, 409, 410, 413, 422}
SEED = int(os.environ.get("SEED", "9"))


class Abuse:
    """The first class is abused, the second goes on beside it."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.server = classes.server
        self.abused, self.beside = classes.run_ids
        offered = classes.offered()
        open_steps = {offered[seat.prepared.run_id][seat.prepared.asking].step_key for seat in classes.seats}
        (not_open, *_) = [n for n, one in offered[self.abused].items() if one.step_key not in open_steps]
        own, foreign = self.seats(self.abused)[0], self.seats(self.beside)[0]
        self.target = Target(own.prepared.asking, foreign.prepared.asking, not_open, SAVED)
        self.devices = itertools.count()
        self.outcomes: Counter[str] = Counter()

    def seats(self, run_id: int) -> list[Seat]:
        return [seat for seat in self.classes.seats if seat.prepared.run_id == run_id]

    def seat_cookie(self, number: int) -> str:
        seats = self.seats(self.abused)
        return f"sia_seat={seats[number % len(seats)].prepared.cookie}"

    @property
    def teacher(self) -> str:
        return self.classes.teachers[self.abused]

    def place(self) -> tuple[int, int]:
        with closing(self.server.database()) as database, database.reading() as db:
            return db.exec(select(RunRow.seq, RunRow.epoch).where(RunRow.id == self.abused)).one()

    def rows(self) -> dict[str, list[Any]]:
        """Every row of every table, but for the answers of the class beside."""
        with closing(self.server.database()) as database, database.reading() as db:
            found = {
                name: sorted(map(repr, db.connection().execute(table.select()).all()))
                for name, table in SQLModel.metadata.tables.items()
            }
            own = db.exec(select(AnswerRow).where(AnswerRow.run_id == self.abused).order_by(col(AnswerRow.id))).all()
            return found | {"answer": [repr(row.model_dump()) for row in own]}

    async def answer_first(self) -> None:
        """Each pupil of the abused class saves an answer."""
        for number in range(len(self.seats(self.abused))):
            message = good(self.target, id=f"first-answer-{number}", change=SAVED, choice="BCD"[number % 3])
            async with wire_to(self.server.address, "/play/socket", self.seat_cookie(number)) as wire:
                wire.send(message)
                assert await wire.reply() == message | {"kind": "ack"}


# --- Roles ---


async def on_socket(abuse: Abuse, path: str, cookie: str, count: int, chance: random.Random) -> None:
    """Bad frames, each on a socket that was opened for it, since the server closes it."""
    for _ in range(count):
        async with wire_to(abuse.server.address, path, cookie) as wire, asyncio.timeout(20):
            wire.writer.write(bad_frame(chance, abuse.target))
            with suppress(TimeoutError):  # some are but the beginning of a frame: the server waits for more of it
                async with asyncio.timeout(UNFINISHED):
                    code = await wire.reply()
                    assert code in CLOSED, code
                    abuse.outcomes[f"closed {code}"] += 1
                    continue
            abuse.outcomes["hung up"] += 1


async def pupil_socket(abuse: Abuse, count: int, chance: random.Random) -> None:
    number = next(abuse.devices)  # two devices of one seat would end each other's sockets
    await on_socket(abuse, "/play/socket", abuse.seat_cookie(number), count // 2, chance)
    left = count - count // 2
    while left:
        async with wire_to(abuse.server.address, "/play/socket", abuse.seat_cookie(number)) as wire:
            for _ in range(min(left, 15)):
                left -= 1
                wire.send(of_no_use(chance, abuse.target))
                reply = await wire.reply()
                assert isinstance(reply, dict), reply
                assert reply["kind"] == "ack" or (reply["kind"], reply["why"]) == ("refused", "closed"), reply
                abuse.outcomes[reply["kind"]] += 1


async def screen_socket(abuse: Abuse, count: int, chance: random.Random) -> None:
    await on_socket(abuse, "/class/run/socket?as=screen", abuse.teacher, count, chance)


async def controls_socket(abuse: Abuse, count: int, chance: random.Random) -> None:
    await on_socket(abuse, "/class/run/socket?as=controls", abuse.teacher, count, chance)


async def strangers_socket(abuse: Abuse, count: int, chance: random.Random) -> None:
    """From another site, or with a cookie that is no key to this door."""
    own, forged = abuse.seat_cookie(0), abuse.seat_cookie(1)
    for _ in range(count):
        path = chance.choice(("/play/socket", "/class/run/socket?as=screen", "/class/run/socket?as=controls"))
        origin = chance.choice(("https://elsewhere.example", "null", "http://127.0.0.1:1", ""))
        wrong = (
            f"{forged[:-3]}{chance.getrandbits(12):03x}",
            "sia_seat=",
            "sia_seat=\xff",
            f"sia_class={'x' * 43}",
            "",
        )
        own_door = own if path == "/play/socket" else abuse.teacher
        cookie = own_door if origin else chance.choice((*wrong, abuse.teacher if path == "/play/socket" else own))
        async with wire_to(abuse.server.address, path, cookie, origin) as wire, asyncio.timeout(20):
            reply = {"kind": "bye"} if wire.status == 403 else await wire.reply()
            assert isinstance(reply, dict), (path, cookie, reply)
            assert (wire.status, reply["kind"]) == (403 if origin else 101, "bye")
            abuse.outcomes[str(wire.status)] += 1


async def posted_answers(abuse: Abuse, count: int, chance: random.Random) -> None:
    async with httpx2.AsyncClient(base_url=abuse.server.address, timeout=30) as client:
        for number in range(count):
            headers, body = bad_body(chance, abuse.target)
            headers |= {"Cookie": abuse.seat_cookie(number), "Origin": abuse.server.address}
            is_strange = chance.random() < 0.2
            if is_strange:
                headers |= chance.choice(({"Origin": "https://elsewhere.example"}, {"Cookie": "sia_seat=1-x.y"}))
                body, headers["Content-Type"] = json.dumps(good(abuse.target)).encode(), "application/json"
            reply = await client.post("/play/answers", content=body, headers=headers)
            is_reply = reply.status_code == 200 and reply.json()["kind"] in ("ack", "refused")
            assert is_reply or reply.status_code in REFUSED, (reply.status_code, headers, body)
            assert not (is_strange and is_reply)
            abuse.outcomes[str(reply.status_code)] += 1


async def posted_orders(abuse: Abuse, count: int, chance: random.Random) -> None:
    seq, epoch = abuse.place()
    async with httpx2.AsyncClient(base_url=abuse.server.address, timeout=30) as client:
        for number in range(count):
            address, form = bad_order(chance, seq, epoch)
            headers = {"Cookie": abuse.teacher, "Origin": abuse.server.address, "Accept": "application/json"}
            if chance.random() < 0.2:
                headers |= chance.choice(
                    ({"Origin": "https://elsewhere.example"}, {"Cookie": abuse.seat_cookie(number)})
                )
                address, form = "cue", {"order": "next", "seq": str(seq), "epoch": str(epoch)}
            reply = await client.post(f"/class/run/{address}", data=form, headers=headers)
            is_page = address == "finish" and reply.status_code == 200
            assert is_page or reply.status_code in REFUSED, (reply.status_code, address, form)
            abuse.outcomes[str(reply.status_code)] += 1


ROLES: dict[str, Callable[["Abuse", int, random.Random], Coroutine[Any, Any, None]]] = {
    "pupil socket": pupil_socket,
    "screen socket": screen_socket,
    "controls socket": controls_socket,
    "a stranger's socket": strangers_socket,
    "POST of answers": posted_answers,
    "POST of orders": posted_orders,
}


async def all_at_once(abuse: Abuse, role: str, count: int) -> None:
    """So many bad messages from several devices at once."""
    async with asyncio.TaskGroup() as group:
        for device in range(AT_ONCE):
            share = count // AT_ONCE + (device < count % AT_ONCE)
            chance = random.Random(f"{SEED}/{role}/{device}/{count}")
            group.create_task(ROLES[role](abuse, share, chance))


@pytest.fixture(scope="module")
def abuse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abuse]:
    with classes_on(Server(tmp_path_factory.mktemp("abuse") / "data"), CLASSES, PUPILS) as classes:
        abuse = Abuse(classes)
        uvloop.run(abuse.answer_first())
        yield abuse


def abuse_and_compare(abuse: Abuse, role: str, form: tuple[int, int]) -> None:
    first, count = form
    uvloop.run(all_at_once(abuse, role, first))
    before, memory = abuse.rows(), abuse.server.memory
    assert len(before["answer"]) == len(abuse.seats(abuse.abused))
    abuse.outcomes.clear()
    began = time.monotonic()
    uvloop.run(all_at_once(abuse, role, count))
    took = time.monotonic() - began
    after = abuse.rows()
    grown = abuse.server.memory - memory
    tell(f"{role}: {count} in {took:.1f} s, {grown / 2**20:.1f} MiB more; {dict(abuse.outcomes)}")
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert "Traceback" not in abuse.server.log
    assert grown < GROWTH[form]
    assert sum(abuse.outcomes.values()) == count


@pytest.mark.parametrize("role", ROLES)
def test_bad_messages_change_nothing_and_break_nothing(abuse: Abuse, role: str) -> None:
    abuse_and_compare(abuse, role, SHORT)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("role", ROLES)
def test_ten_thousand_bad_messages_change_nothing_and_break_nothing(abuse: Abuse, role: str) -> None:
    abuse_and_compare(abuse, role, LONG)


def test_the_comparison_sees_one_good_answer(abuse: Abuse) -> None:
    """The bite of the tests above."""

    async def one_good() -> None:
        async with wire_to(abuse.server.address, "/play/socket", abuse.seat_cookie(0)) as wire:
            wire.send(good(abuse.target, change=SAVED + 1))
            assert isinstance(await wire.reply(), dict)

    before = abuse.rows()
    uvloop.run(one_good())
    assert [name for name, rows in abuse.rows().items() if rows != before[name]] == ["answer"]


# --- Beside it ---


async def taps(abuse: Abuse, seat: Seat, changes: Iterator[int], seconds: float) -> list[float]:
    """Seconds from answer to ack of a child in the other class."""
    waits = []
    until = time.monotonic() + seconds
    cookie = f"sia_seat={seat.prepared.cookie}"
    async with wire_to(abuse.server.address, "/play/socket", cookie) as wire:
        while time.monotonic() < until:
            change = next(changes)
            message = good(abuse.target, id=f"beside-{change:06d}", asking=seat.prepared.asking, change=change)
            began = time.monotonic()
            wire.send(message)
            assert await wire.reply() == message | {"kind": "ack"}
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.25)
    return waits


async def p99_beside(abuse: Abuse, changes: Iterator[int], seconds: float, *, is_abused: bool) -> float:
    async def go_on(role: str) -> None:
        number = 0
        while True:
            number += 1
            await ROLES[role](abuse, 10, random.Random(f"{SEED}/{role}/{number}"))

    abusers = [asyncio.create_task(go_on(role)) for role in ROLES if is_abused]
    waits = await asyncio.gather(*(taps(abuse, seat, changes, seconds) for seat in abuse.seats(abuse.beside)))
    assert not any(task.done() for task in abusers), [task.exception() for task in abusers if task.done()]
    for task in abusers:
        task.cancel()
    await asyncio.gather(*abusers, return_exceptions=True)
    return percentile([wait for one in waits for wait in one], 0.99)


def test_a_class_beside_an_abused_one_waits_no_longer(abuse: Abuse) -> None:
    changes = itertools.count(1)
    alone, beside = [], []
    abuse.outcomes.clear()
    for _ in range(PAIRS):
        alone.append(uvloop.run(p99_beside(abuse, changes, 1.5, is_abused=False)))
        beside.append(uvloop.run(p99_beside(abuse, changes, 1.5, is_abused=True)))
    tell(
        f"ack p99 alone {statistics.median(alone) * 1000:.0f} ms, beside {sum(abuse.outcomes.values())} bad messages "
        f"{statistics.median(beside) * 1000:.0f} ms (medians of {PAIRS})"
    )
    assert statistics.median(beside) < FACTOR * statistics.median(alone) + FLOOR * MARGIN
