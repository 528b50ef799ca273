"""The protocol against a model of ten lines: whatever happens in whatever order, the store agrees (REL-31).

The same steps on one process with SQLite, and on two workers with PostgreSQL and Redis, where each step goes to
either of the two.
"""

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client, Response
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select
from websockets.sync.client import connect

from app.domain.run import Order
from app.domain.shown import offered_askings
from app.store import answers, lessons, runs
from app.store.runs import OpenRun
from app.store.tables import AnswerRow, ParticipantRow
from tests.cast import TESS_LINK
from tests.faults.workers import database_of_its_own
from tests.served import ServedWorld
from tests.servers import OwnRedis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STEP, LETTERS, SEATS, ROUNDS = "scenario.ask", "ABC", 4, 2
MOST_RESTARTS = 1  # they take longest
SEAT, CHANGE, LETTER = st.integers(0, SEATS - 1), st.integers(1, 5), st.sampled_from(LETTERS)
WORKER = st.integers(0, 1)
ALONE, ON_TWO, UNTIL_CAUGHT, LONG = 12, 6, 25, 500


@dataclass
class Model:
    """What must be so. Of each seat's answers in a round the greatest change stays."""

    phase: str = "open"
    round: int = 1
    is_locked: bool = False
    removed: set[int] = field(default_factory=set)
    saved: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)

    def answer(self, seat: int, round: int, change: int, letter: str) -> str:
        had, _ = self.saved.get((seat, round), (0, ""))
        if seat in self.removed:
            return "removed"
        if (self.phase, self.round) != ("open", round):
            return "ack" if had >= change else "closed"
        if change > had:
            self.saved[seat, round] = (change, letter)
        return "ack"


class TheLastToArriveWins(Model):
    """Known bad: a late older message replaces a newer one."""

    def answer(self, seat: int, round: int, change: int, letter: str) -> str:
        said = super().answer(seat, round, change, letter)
        if said == "ack" and (self.phase, self.round) == ("open", round):
            self.saved[seat, round] = (change, letter)
        return said


@dataclass
class Worker:
    """One process, as far as anybody outside can tell: it is started anew and all that was in its memory is lost."""

    folder: Path
    database_url: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self.world = ServedWorld(self.folder, self.database_url, {"wrong_codes_per_address": 10**6} | self.options)
        self.world.__enter__()
        self.client = Client(base_url=self.world.address, headers={"origin": self.world.address}, timeout=20)

    def stop(self) -> None:
        self.client.close()
        self.world.__exit__()

    def post(self, path: str, cookies: str = "", **content: Any) -> Response:
        self.client.cookies.clear()
        return self.client.post(path, headers={"cookie": cookies}, **content)

    def socket(self, cookies: str) -> Any:
        own = self.world.address
        headers = {"Cookie": cookies, "Origin": own}
        return connect(f"ws{own.removeprefix('http')}/play/socket", additional_headers=headers, proxy=None)


def cookies_of(reply: Response) -> str:
    return "; ".join(f"{name}={value}" for name, value in reply.cookies.items())


@contextmanager
def at_work(*workers: Worker) -> Iterator[list[Worker]]:
    with ExitStack() as running:
        for worker in workers:
            worker.start()
            running.callback(worker.stop)
        yield list(workers)


class Protocol(RuleBasedStateMachine):
    """Tess's class at one question, in a run that is new for each example; each step goes to one of the workers."""

    def __init__(self, workers: list[Worker], teacher: str, model: Model) -> None:
        super().__init__()
        self.workers, self.teacher, self.model = workers, teacher, model
        self.seats: list[str] = []
        self.restarts = 0
        self.sent: list[tuple[int, int, int, str]] = []
        self.run = self.at_the_question()
        offered = offered_askings(self.run.plan, self.run.seed)
        self.asking, self.meanings = next((n, o.meanings) for n, o in offered.items() if o.step_key == STEP)

    @property
    def database(self) -> Any:
        return self.workers[0].world.parts.database

    def worker(self, at: int) -> Worker:
        return self.workers[at % len(self.workers)]

    def at_the_question(self) -> OpenRun:
        now = self.workers[0].world.clock.now
        with self.database.transaction() as db:
            version_id = lessons.offered(db, 1)[0][0]
            run_id = runs.start(
                db,
                1,
                [version_id],
                questions=8,
                kind="lesson",
                present=28,
                seed=secrets.token_hex(16),
                now=now,
                choose=secrets.choice,
            )
            while True:
                run = runs.read(db, run_id)
                if (run.stage.step_key, run.stage.phase) == (STEP, "open"):
                    return run
                runs.give(db, run, "next", seq=run.stage.seq, epoch=run.epoch, by="teacher", now=now)

    def teardown(self) -> None:
        assert self.workers[0].post("/class/run/finish", self.teacher, data={"present": "28"}).status_code == 303

    @initialize()
    def first_pupil(self) -> None:
        self.join(0)

    @precondition(lambda self: len(self.seats) < SEATS)
    @rule(at=WORKER)
    def join(self, at: int) -> None:
        reply = self.worker(at).post("/join", data={"code": self.run.code})
        assert reply.status_code == (200 if self.model.is_locked else 303)
        if not self.model.is_locked:
            self.seats.append(cookies_of(reply))

    @rule(at=WORKER)
    def lock_or_unlock(self, at: int) -> None:
        assert self.worker(at).post("/class/run/lock", self.teacher).status_code == 303
        self.model.is_locked = not self.model.is_locked

    @rule(at=WORKER, seat=SEAT, round=st.integers(1, ROUNDS), change=CHANGE, letter=LETTER)
    def answer(self, at: int, seat: int, round: int, change: int, letter: str) -> None:
        self.sent.append((seat % len(self.seats), round, change, letter))
        self.send(at, *self.sent[-1])

    @precondition(lambda self: self.sent)
    @rule(at=WORKER, which=st.integers(0, 99))
    def resend(self, at: int, which: int) -> None:
        self.send(at, *self.sent[which % len(self.sent)])

    @rule(at=WORKER, seat=SEAT, change=CHANGE, letter=LETTER)
    def drop(self, at: int, seat: int, change: int, letter: str) -> None:
        """The socket is lost with the ack unread; the device asks again, at the other worker."""
        seat %= len(self.seats)
        sent = (seat, self.model.round, change, letter)
        if self.model.answer(*sent) == "ack":  # else nothing is sent twice
            with self.worker(at).socket(self.seats[seat]) as socket:
                socket.send(json.dumps(self.message(*sent)))
                socket.socket.shutdown(2)
        self.sent.append(sent)
        self.send(at + 1, *sent)

    def message(self, seat: int, round: int, change: int, letter: str) -> dict[str, Any]:
        message: dict[str, Any] = {"kind": "answer", "id": f"seat-{seat}-{round}-{change}-{letter}"}
        return message | {"asking": self.asking, "round": round, "choice": letter, "change": change}

    def send(self, at: int, *sent: Any) -> None:
        message = self.message(*sent)
        expected = self.model.answer(*sent)
        said = self.worker(at).post("/play/answers", self.seats[sent[0]], json=message).json()
        assert said.get("why", said["kind"]) == expected
        if expected == "ack":
            assert said == message | {"kind": "ack"}

    def give(self, at: int, order: Order) -> None:
        with self.database.reading() as db:
            run = runs.read(db, self.run.id)
        form = {"order": order, "seq": run.stage.seq, "epoch": run.epoch}
        assert self.worker(at).post("/class/run/cue", self.teacher, data=form).status_code == 303

    @precondition(lambda self: self.model.phase == "open")
    @rule(at=WORKER)
    def close(self, at: int) -> None:
        self.give(at, "close")
        self.model.phase = "closed"

    @precondition(lambda self: self.model.phase == "closed")
    @rule(at=WORKER)
    def reveal(self, at: int) -> None:
        self.give(at, "reveal")
        self.model.phase = "revealed"

    @precondition(lambda self: (self.model.phase, self.model.round) == ("closed", 1))
    @rule(at=WORKER)
    def reopen(self, at: int) -> None:
        self.give(at, "reopen")
        self.model.phase, self.model.round = "open", 2

    @precondition(lambda self: len(self.model.removed) < len(self.seats) - 1)
    @rule(at=WORKER, seat=SEAT)
    def remove(self, at: int, seat: int) -> None:
        seat %= len(self.seats)
        form = {"participant_id": self.participants()[seat]}
        assert self.worker(at).post("/class/run/seats/remove", self.teacher, data=form).status_code == 303
        self.model.removed.add(seat)

    @precondition(lambda self: self.restarts < MOST_RESTARTS)
    @rule(at=WORKER)
    def restart(self, at: int) -> None:
        """All that one worker has in memory is lost: rooms and writer."""
        self.restarts += 1
        self.worker(at).stop()
        self.worker(at).start()

    def participants(self) -> list[int]:
        """In the order in which they joined."""
        with self.database.reading() as db:
            ids = db.exec(select(ParticipantRow.id).where(ParticipantRow.run_id == self.run.id)).all()
        return sorted(one for one in ids if one is not None)

    @invariant()
    def the_store_agrees(self) -> None:
        participants = self.participants()
        with self.database.reading() as db:
            stage = runs.read(db, self.run.id).stage
            rows = db.exec(select(AnswerRow).where(AnswerRow.run_id == self.run.id)).all()
            tally = answers.sheet(db, self.run.id, stage, tally_only=False).counts
        assert (stage.step_key, stage.phase, stage.round) == (STEP, self.model.phase, self.model.round)
        stored = [((participants.index(row.participant_id), row.round), (row.change_no, row.choice)) for row in rows]
        kept = {where: (change, self.meanings[letter]) for where, (change, letter) in self.model.saved.items()}
        assert sorted(stored) == sorted(kept.items())
        here = [
            choice
            for (seat, round), (_, choice) in kept.items()
            if round == stage.round and seat not in self.model.removed
        ]
        assert tally == Counter(here)


def hold_against(workers: list[Worker], model: type[Model], examples: int) -> None:
    teacher = cookies_of(workers[0].post(f"/c/{TESS_LINK}"))

    class Here(Protocol):
        def __init__(self) -> None:
            super().__init__(workers, teacher, model())

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            report_multiple_bugs=False,
            database=None,
            phases=[Phase.generate],  # the steps of a failure are told as they were: to shorten them takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture(params=["alone", pytest.param("two workers", marks=pytest.mark.postgres)])
def workers(request: pytest.FixtureRequest, seeded_folder: Path, tmp_path: Path) -> Iterator[list[Worker]]:
    """One process with SQLite, or two with PostgreSQL and Redis."""
    folder = tmp_path / "data"
    with ExitStack() as things:
        if request.param == "alone":
            shutil.copytree(seeded_folder, folder, symlinks=True)
            yield things.enter_context(at_work(Worker(folder)))
            return
        redis: OwnRedis = request.getfixturevalue("redis")
        url = things.enter_context(database_of_its_own(request.getfixturevalue("postgres_url")))
        both = [Worker(folder, url, {"REDIS_URL": redis.url}) for _ in range(2)]
        yield things.enter_context(at_work(*both))


def test_the_store_agrees_with_the_model(workers: list[Worker]) -> None:
    hold_against(workers, Model, ALONE if len(workers) == 1 else ON_TWO)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_store_agrees_with_the_model_in_five_hundred_examples(workers: list[Worker]) -> None:
    hold_against(workers, Model, LONG)


def test_a_model_in_which_the_last_to_arrive_wins_is_caught(workers: list[Worker]) -> None:
    with pytest.raises(AssertionError):
        hold_against(workers, TheLastToArriveWins, UNTIL_CAUGHT)
