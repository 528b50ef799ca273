"""Duplicates, the last millisecond, clocks that jump, two tabs of one seat, and a cookie of yesterday."""

import asyncio
import json
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from app.domain.shown import offered_askings
from app.store import runs
from app.store.tables import AnswerRow, SecretVoteRow
from tests.cast import World, answer, message_id
from tests.faults.bad_messages import wire_to
from tests.faults.figures import tell
from tests.served import ServedWorld, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
DUPLICATES, SEATS, TRIES, MANY_TRIES = 50, 12, 8, 30


@pytest.fixture
def teacher(served: ServedWorld) -> Visitor:
    return served.visitor().open_class()


def open_question(served: ServedWorld, teacher: Visitor, step: str = "before.F1") -> str:
    """The class stands at this open question; returns its join code."""
    run = World.start(served, teacher.http)  # type: ignore[arg-type]
    return World.go_to(served, teacher.http, run, step).code  # type: ignore[arg-type]


def give(served: ServedWorld, teacher: Visitor, order: str) -> None:
    with served.parts.database.reading() as db:
        run = runs.open_of_class(db, 1)
    assert run is not None
    form = {"order": order, "seq": run.stage.seq, "epoch": run.epoch}
    assert teacher.http.post("/class/run/cue", data=form).status_code == 303


def stored(served: ServedWorld) -> list[AnswerRow]:
    with served.parts.database.reading() as db:
        return list(db.exec(select(AnswerRow)).all())


def asking_of(pupil: Visitor) -> str:
    found: str = pupil.http.get("/play/panels/stage").json()["asking"]
    return found


def cookie_of(pupil: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in pupil.http.cookies.items())


def test_fifty_duplicates_at_once_count_once(served: ServedWorld, teacher: Visitor) -> None:
    """Half of them by one socket after another, half by POST, all of one seat."""
    pupil = served.visitor().join(open_question(served, teacher))
    sent = answer(asking_of(pupil), "C", change=1)
    headers = {"Cookie": cookie_of(pupil), "Origin": served.address}

    async def by_socket() -> int:
        acked = 0
        while acked < DUPLICATES // 2:
            async with wire_to(served.address, "/play/socket", cookie_of(pupil)) as wire:
                for _ in range(min(15, DUPLICATES // 2 - acked)):
                    wire.send(sent)
                for _ in range(min(15, DUPLICATES // 2 - acked)):
                    assert await wire.reply() == sent | {"kind": "ack"}
                    acked += 1
        return acked

    async def by_post(client: httpx2.AsyncClient) -> int:
        reply = await client.post("/play/answers", json=sent, headers=headers)
        return int(reply.json() == sent | {"kind": "ack"})

    async def at_once() -> int:
        async with httpx2.AsyncClient(base_url=served.address, timeout=30) as client:
            return sum(await asyncio.gather(by_socket(), *(by_post(client) for _ in range(DUPLICATES // 2))))

    assert asyncio.run(at_once()) == DUPLICATES
    assert [(row.change_no, row.message_id) for row in stored(served)] == [(1, message_id(1))]
    tally = teacher.http.get("/class/run/panels/tally?as=screen").json()["html"]
    assert "1 of 1" in re.sub(r"<[^>]*>", "", tally)


def answers_around_the_close(served: ServedWorld, teacher: Visitor, tries: int) -> Counter[str]:
    """Every seat answers at the very moment at which the teacher closes, again and again."""
    code = open_question(served, teacher)
    pupils = [served.visitor().join(code) for _ in range(SEATS)]
    outcomes: Counter[str] = Counter()
    with ThreadPoolExecutor(SEATS + 1) as pool:
        for turn in range(tries):
            asking, round = next_question(served, teacher, pupils[0])
            gate = threading.Barrier(SEATS + 1)
            sent = [answer(asking, "B", round=round, number=turn * SEATS + seat) for seat in range(SEATS)]
            tapping = [
                pool.submit(tap, gate, one, message, seat)
                for seat, (one, message) in enumerate(zip(pupils, sent, strict=True))
            ]
            gate.wait()
            give(served, teacher, "close")
            said = [one.result() for one in tapping]
            outcomes.update(one.get("why", one["kind"]) for one in said)
            acked = {one["id"] for one in said if one["kind"] == "ack"}
            ids = {str(message["id"]) for message in sent}
            assert saved(served, asking, round, ids) == len(acked), f"turn {turn}"
            assert acked >= {row.message_id for row in stored(served)} & ids, f"turn {turn}"
    assert outcomes.keys() <= {"ack", "closed"}
    return outcomes


def saved(served: ServedWorld, asking: str, round: int, ids: set[str]) -> int:
    """How many of these messages are stored; of a tally-only question only how many voted is known."""
    with served.parts.database.reading() as db:
        run = runs.open_of_class(db, 1)
        assert run is not None
        offered = offered_askings(run.plan, run.seed)[asking]
        voted = db.exec(select(SecretVoteRow).where(SecretVoteRow.step_key == offered.step_key)).all()
    if offered.tally_only:
        return sum(vote.round == round for vote in voted)
    return len({row.message_id for row in stored(served)} & ids)


def tap(gate: threading.Barrier, pupil: Visitor, message: dict[str, object], seat: int) -> dict[str, Any]:
    """A little before, at, or a little after the close."""
    gate.wait()
    time.sleep(seat * 0.002)
    found: dict[str, Any] = pupil.http.post("/play/answers", json=message).json()
    return found


def next_question(served: ServedWorld, teacher: Visitor, pupil: Visitor) -> tuple[str, int]:
    for _ in range(60):
        stage = pupil.http.get("/play/panels/stage").json()
        if stage["phase"] == "open":
            return stage["asking"], stage["round"]
        if stage["phase"] == "finished":
            teacher.http.post("/class/run/finish", data={"present": "12"})
            raise AssertionError("the lesson has no more questions")
        give(served, teacher, "reopen" if stage["phase"] == "closed" and stage["round"] == 1 else "next")
    raise AssertionError("no question is opened")


def test_an_answer_at_the_close_is_stored_exactly_when_it_is_acknowledged(
    served: ServedWorld, teacher: Visitor
) -> None:
    outcomes = answers_around_the_close(served, teacher, TRIES)
    tell(f"answers at the close: {dict(outcomes)}")
    assert min(outcomes["ack"], outcomes["closed"]) > 0


@pytest.mark.soak
def test_hundreds_of_answers_at_the_close_are_stored_exactly_when_acknowledged(
    served: ServedWorld, teacher: Visitor
) -> None:
    answers_around_the_close(served, teacher, MANY_TRIES)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_changes_nothing_in_an_open_question(
    served: ServedWorld, teacher: Visitor, hours: int
) -> None:
    pupil = served.visitor().join(open_question(served, teacher))
    socket = pupil.socket()
    asking = socket.until(kind="panel", panel="stage")["asking"]
    socket.send(**answer(asking, "A", change=1, number=1))
    assert socket.until(kind="ack")["change"] == 1
    served.clock.forward(hours=hours)
    socket.send(**answer(asking, "B", change=2, number=2))
    assert socket.until(kind="ack")["change"] == 2
    again = pupil.socket()
    assert again.until(kind="panel", panel="stage")["phase"] == "open"
    late = served.visitor().join(World.run_of(served, teacher.http).code).socket()  # type: ignore[arg-type]
    late.send(**answer(late.until(kind="panel", panel="stage")["asking"], "C"))
    assert late.until(kind="ack")
    give(served, teacher, "close")
    assert again.until(kind="panel", panel="stage", phase="closed")
    assert sorted(row.change_no for row in stored(served)) == [1, 2]
    World.finish(served, teacher.http)  # type: ignore[arg-type]


def test_of_two_tabs_with_one_seat_the_newer_counts_and_one_answer_is_stored(
    served: ServedWorld, teacher: Visitor
) -> None:
    pupil = served.visitor().join(open_question(served, teacher))
    older = pupil.socket()
    asking = older.until(kind="panel", panel="stage")["asking"]
    older.send(**answer(asking, "A", change=1, number=1))
    assert older.until(kind="ack")
    newer = pupil.socket()
    assert older.until(kind="bye")["why"] == "elsewhere"
    assert older.closed_code() == 1000
    assert re.search('data-choice="A" data-change="1"', newer.until(kind="panel", panel="me")["html"])
    newer.send(**answer(asking, "D", change=2, number=2))
    assert newer.until(kind="ack")["choice"] == "D"
    assert [row.change_no for row in stored(served)] == [2]


@pytest.fixture
def yesterday(served: ServedWorld, teacher: Visitor) -> Visitor:
    """A pupil whose lesson was yesterday; its rows are gone."""
    pupil = served.visitor().join(open_question(served, teacher))
    World.finish(served, teacher.http)  # type: ignore[arg-type]
    served.clock.forward(hours=25)
    with served.parts.database.transaction() as db:
        assert runs.purge(db, served.clock.now, served.clock.now)
    with served.parts.database.reading() as db:
        gone = runs.open_of_class(db, 1)
    assert gone is None
    served.parts.rooms.forget(1)
    return pupil


def test_a_cookie_of_yesterday_leads_to_the_join_page(yesterday: Visitor) -> None:
    page = yesterday.http.get("/play", follow_redirects=True)
    assert page.url.path == "/join"
    assert "Type the code on the big screen" in page.text


def test_a_cookie_of_yesterday_is_told_goodbye_by_socket_and_by_post(yesterday: Visitor) -> None:
    socket = yesterday.socket()
    goodbye = socket.next()
    assert (goodbye["kind"], goodbye["why"]) == ("bye", "removed")
    assert goodbye["say"]
    assert socket.closed_code()
    for reply in (
        yesterday.http.post("/play/answers", json=answer("0" * 16)),
        yesterday.http.get("/play/panels/stage"),
    ):
        assert reply.status_code == 410
        assert json.loads(reply.text)["kind"] == "bye"
