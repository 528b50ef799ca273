"""The protocol against a model of ten lines: whatever happens in whatever order, the store agrees (REL-31)."""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
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

from app.domain.shown import offered_askings
from app.store import answers
from app.store.tables import AnswerRow, ParticipantRow
from tests.cast import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STEP, LETTERS, SEATS, ROUNDS = "scenario.ask", "ABC", 4, 2
MOST_RESTARTS = 2  # they take longest
SEAT, CHANGE, LETTER = st.integers(0, SEATS - 1), st.integers(1, 5), st.sampled_from(LETTERS)


@dataclass
class Model:
    """What must be so. Of each seat's answers in a round the greatest change stays."""

    phase: str = "open"
    round: int = 1
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


class Protocol(RuleBasedStateMachine):
    """A class at one question; its folder was made once and is copied for each example."""

    def __init__(self, prepared: Path, model: Model) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(prepared, self.folder / "data")
        self.model = model
        self.seats: list[dict[str, str]] = []
        self.class_sign_in: dict[str, str] = {}
        self.restarts = 0
        self.sent: list[tuple[int, int, int, str]] = []
        self.open_world()
        self.run = self.world.run_of(self.teacher)
        offered = offered_askings(self.run.plan, self.run.seed)
        self.asking, self.meanings = next((n, o.meanings) for n, o in offered.items() if o.step_key == STEP)

    def open_world(self) -> None:
        self.world = World(self.folder / "data").__enter__()
        self.pupils = [self.browser(cookies) for cookies in self.seats]
        self.teacher = self.browser(self.class_sign_in) if self.class_sign_in else self.world.teacher()
        self.class_sign_in = dict(self.teacher.cookies.items())

    def browser(self, cookies: dict[str, str]) -> TestClient:
        browser = self.world.browser()
        browser.cookies.update(cookies)
        return browser

    def teardown(self) -> None:
        self.world.__exit__()
        shutil.rmtree(self.folder)

    @initialize()
    def first_pupil(self) -> None:
        self.join()

    @precondition(lambda self: len(self.seats) < SEATS)
    @rule()
    def join(self) -> None:
        pupil = self.world.pupil(self.run)
        self.pupils.append(pupil)
        self.seats.append(dict(pupil.cookies.items()))

    @rule(seat=SEAT, round=st.integers(1, ROUNDS), change=CHANGE, letter=LETTER)
    def answer(self, seat: int, round: int, change: int, letter: str) -> None:
        seat %= len(self.seats)
        self.sent.append((seat, round, change, letter))
        self.send(*self.sent[-1])

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 99))
    def resend(self, which: int) -> None:
        self.send(*self.sent[which % len(self.sent)])

    def send(self, seat: int, round: int, change: int, letter: str) -> None:
        message: dict[str, Any] = {"kind": "answer", "id": f"seat-{seat}-{round}-{change}-{letter}"}
        message |= {"asking": self.asking, "round": round, "choice": letter, "change": change}
        expected = self.model.answer(seat, round, change, letter)
        said = self.pupils[seat].post("/play/answers", json=message).json()
        assert said.get("why", said["kind"]) == expected
        if expected == "ack":
            assert said == message | {"kind": "ack"}

    @precondition(lambda self: self.model.phase == "open")
    @rule()
    def close(self) -> None:
        self.world.give(self.teacher, self.run, "close")
        self.model.phase = "closed"

    @precondition(lambda self: self.model.phase == "closed")
    @rule()
    def reveal(self) -> None:
        self.world.give(self.teacher, self.run, "reveal")
        self.model.phase = "revealed"

    @precondition(lambda self: (self.model.phase, self.model.round) == ("closed", 1))
    @rule()
    def reopen(self) -> None:
        self.world.give(self.teacher, self.run, "reopen")
        self.model.phase, self.model.round = "open", 2

    @precondition(lambda self: len(self.model.removed) < len(self.seats) - 1)
    @rule(seat=SEAT)
    def remove(self, seat: int) -> None:
        seat %= len(self.seats)
        form = {"participant_id": self.participants()[seat]}
        assert self.teacher.post("/class/run/seats/remove", data=form).status_code == 303
        self.model.removed.add(seat)

    @precondition(lambda self: self.restarts < MOST_RESTARTS)
    @rule()
    def restart(self) -> None:
        """All that was in memory is lost: rooms and writer."""
        self.restarts += 1
        self.world.__exit__()
        self.open_world()

    def participants(self) -> list[int]:
        """In the order in which they joined."""
        with self.world.parts.database.reading() as db:
            ids = db.exec(select(ParticipantRow.id).where(ParticipantRow.run_id == self.run.id)).all()
        return sorted(one for one in ids if one is not None)

    @invariant()
    def the_store_agrees(self) -> None:
        stage = self.world.run(self.run).stage
        assert (stage.step_key, stage.phase, stage.round) == (STEP, self.model.phase, self.model.round)
        participants = self.participants()
        with self.world.parts.database.reading() as db:
            rows = db.exec(select(AnswerRow)).all()
            tally = answers.sheet(db, self.run.id, stage, tally_only=False).counts
        stored = [((participants.index(row.participant_id), row.round), (row.change_no, row.choice)) for row in rows]
        kept = {where: (change, self.meanings[letter]) for where, (change, letter) in self.model.saved.items()}
        assert sorted(stored) == sorted(kept.items())
        here = [
            choice
            for (seat, round), (_, choice) in kept.items()
            if round == stage.round and seat not in self.model.removed
        ]
        assert tally == Counter(here)


@pytest.fixture(scope="module")
def prepared(seeded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tess's class stands at an open question."""
    folder = tmp_path_factory.mktemp("model") / "data"
    shutil.copytree(seeded_folder, folder)
    with World(folder) as world:
        teacher = world.teacher()
        world.go_to(teacher, world.start(teacher), STEP)
    return folder


def hold_against(prepared: Path, model: type[Model], examples: int) -> None:
    class Here(Protocol):
        def __init__(self) -> None:
            super().__init__(prepared, model())

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


def test_the_store_agrees_with_the_model(prepared: Path) -> None:
    hold_against(prepared, Model, 40)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_store_agrees_with_the_model_in_five_hundred_examples(prepared: Path) -> None:
    hold_against(prepared, Model, 500)


def test_a_model_in_which_the_last_to_arrive_wins_is_caught(prepared: Path) -> None:
    with pytest.raises(AssertionError):
        hold_against(prepared, TheLastToArriveWins, 40)
