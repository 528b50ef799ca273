"""The same people everywhere.

Cora coordinates, Priya presents for the fire service, Tess teaches 6H at Harrowmarsh Primary School (demo), Theo
teaches 6A at Saltern Wharf Primary School (demo) and must see nothing of hers, Paul presents for the police and must
see nothing of the fire service's. Fay is Priya's colleague, Rita presents for the RNLI.
"""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.demo import AGENCIES, SCHOOLS
from app.domain.people import Member
from app.domain.run import Order
from app.main import create_app
from app.settings import Settings
from app.store import accounts, directory, lessons, participants, runs
from app.store.runs import OpenRun
from app.store.tables import ProgrammeRow, SchoolRow
from app.web.deps import Parts

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "LanternPebbleKettle7"  # a password of nobody
TESS_LINK, THEO_LINK = "tess-class-link-token", "theo-class-link-token"
CORA, PRIYA, PAUL = "cora@sia.example", "priya@sia.example", "paul@sia.example"
FAY, RITA = "fay@sia.example", "rita@sia.example"


@dataclass
class Clock:
    """Time as an argument: it stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class World:
    """A running application with the cast in it. Use as a context manager."""

    folder: Path
    database_url: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    seeds_cast: bool = True
    _portal: BlockingPortal | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        content = fire_alone(self.folder / "content")
        self.settings = Settings(data_dir=self.folder, demo=True, **(content | self.options)).model_copy(
            update={"database_url": self.database_url}
        )
        self.app: FastAPI = create_app(self.settings, clock=self.clock)
        self.parts: Parts = self.app.state.parts
        self._stack = ExitStack()
        with self.parts.database.transaction() as db:
            if self.seeds_cast and not accounts.has_accounts(db):
                seed_cast(db, self.clock.now)
        self._begin()
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def _begin(self) -> None:
        life = self._stack.enter_context(TestClient(self.app, base_url=ADDRESS))
        self._portal = life.portal

    def _end(self) -> None:
        self._stack.close()

    def browser(self) -> TestClient:
        """A browser of its own, with its own cookies, on the one event loop of the application."""
        browser = TestClient(
            self.app,
            base_url=ADDRESS,
            headers={"origin": ADDRESS},
            follow_redirects=False,
            client=("127.0.0.1", 50000),
        )
        browser.portal = self._portal
        return browser

    def teacher(self, token: str = TESS_LINK) -> TestClient:
        """A teacher's browser that has opened the class link."""
        client = self.browser()
        assert client.post(f"/c/{token}").status_code == 303
        return client

    def staff(self, email: str = PRIYA) -> TestClient:
        """A signed-in presenter or coordinator."""
        client = self.browser()
        assert client.post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
        return client

    def start(self, teacher: TestClient, **form: Any) -> OpenRun:
        """Start the fire lesson for this teacher's class."""
        with self.parts.database.reading() as db:
            version_id = lessons.offered(db, 1)[0][0]
        answer = teacher.post("/class/run", data={"version_id": version_id, "questions": 8, "present": "28"} | form)
        assert answer.status_code == 303, answer.text
        return self.run_of(teacher)

    def run_of(self, teacher: TestClient) -> OpenRun:
        code = code_on(teacher.get("/class/run/screen"))
        with self.parts.database.reading() as db:
            return runs.by_code(db, code)

    def pupil(self, run: OpenRun) -> TestClient:
        """A pupil's browser that has joined."""
        client = self.browser()
        assert client.post("/join", data={"code": run.code}).status_code == 303
        return client

    def run(self, run: OpenRun) -> OpenRun:
        """The run as the store has it now."""
        with self.parts.database.reading() as db:
            return runs.read(db, run.id)

    def give(self, teacher: TestClient, run: OpenRun, order: Order = "next") -> OpenRun:
        """One order, as the classroom screen sends it."""
        now = self.run(run)
        form = {"order": order, "seq": now.stage.seq, "epoch": now.epoch}
        answer = teacher.post("/class/run/cue", data=form)
        assert answer.status_code == 303, answer.text
        return self.run(run)

    def go_to(self, teacher: TestClient, run: OpenRun, step_key: str, phase: str = "open") -> OpenRun:
        """Press Next until this step is in this phase."""
        for _ in range(200):
            run = self.run(run)
            if (run.stage.step_key, run.stage.phase) == (step_key, phase):
                return run
            run = self.give(teacher, run)
        raise AssertionError(f"never came to {step_key} {phase}")

    def order(self, teacher: TestClient, run: OpenRun, order: str) -> Response:
        """One order whatever comes of it."""
        now = self.run(run)
        return teacher.post("/class/run/cue", data={"order": order, "seq": now.stage.seq, "epoch": now.epoch})

    def seated(self, run: OpenRun) -> int:
        """How many seats are taken in a run."""
        with self.parts.database.reading() as db:
            return len(participants.crowd(db, run.id))

    def finish(self, teacher: TestClient, present: str = "28") -> None:
        assert teacher.post("/class/run/finish", data={"present": present}).status_code == 303


def fire_alone(folder: Path) -> dict[str, Any]:
    """Content folders that hold the fire lesson only: enough for what is not about which lessons there are."""
    shipped = Settings()
    lessons_dir, quizzes_dir = folder / "lessons", folder / "quizzes"
    if not folder.exists():
        lessons_dir.mkdir(parents=True)
        quizzes_dir.mkdir()
        (lessons_dir / "fire.md").symlink_to(shipped.lessons_dir / "fire.md")
        (lessons_dir / "pictures").symlink_to(shipped.lessons_dir / "pictures")
        (quizzes_dir / "fire.yaml").symlink_to(shipped.quizzes_dir / "fire.yaml")
    return {"lessons_dir": lessons_dir, "quizzes_dir": quizzes_dir}


def seed_cast(db: Any, now: datetime) -> None:
    """One programme with the demo's agencies and schools, and the cast."""
    programme_id = directory.add_programme(
        db,
        ProgrammeRow(
            slug="town",
            name="Safety in Action, the town (demo)",
            area="The town (demo)",
            starts_on=now.date(),
            ends_on=date(2027, 7, 23),
        ),
    )
    for agency in AGENCIES:
        directory.take_part(db, programme_id, directory.agency_of(db, agency), now)
    for position, (lesson_key, _) in enumerate(lessons.all_newest(db)):
        lessons.offer(db, programme_id, lesson_key, position)
    links = {"D01": TESS_LINK, "D02": THEO_LINK}
    for reference, name, kind, classes in SCHOOLS[:2]:
        school_id = directory.add_school(db, programme_id, SchoolRow(reference=reference, name=name, kind=kind))
        label, on_roll = classes[0]
        group_id = directory.add_class_group(db, programme_id, school_id, label, on_roll)
        directory.make_class_link(db, directory.class_group(db, group_id), links[reference])
    add_staff(db, CORA, "Cora", Member(role="coordinator", programme_id=programme_id))
    add_staff(db, PRIYA, "Priya", Member(role="presenter", agency_id=_agency(db, "kent-fire-and-rescue-service")))
    add_staff(db, FAY, "Fay", Member(role="presenter", agency_id=_agency(db, "kent-fire-and-rescue-service")))
    add_staff(db, RITA, "Rita", Member(role="presenter", agency_id=_agency(db, "rnli")))
    add_staff(db, PAUL, "Paul", Member(role="presenter", agency_id=_agency(db, "kent-police")))


_password_hash = PasswordHash((Argon2Hasher(memory_cost=8, time_cost=1, parallelism=1),)).hash(PASSWORD)
"""Checked as a real one is, without the work that a real one makes for guessers: thousands of tests sign in."""


def add_staff(db: Any, email: str, name: str, member: Member) -> None:
    accounts.add_membership(db, accounts.add_account(db, email, name, _password_hash), member)


def _agency(db: Any, slug: str) -> int:
    return directory.agency_by_slug(db, slug).id or 0


def code_on(screen: Response) -> str:
    """The join code that a classroom screen shows."""
    found = re.search(r"\b([C-Y]{3}) ([C-Y]{3})\b", screen.text)
    assert found, "no join code on the screen"
    return found[1] + found[2]


def message_id(number: int) -> str:
    return f"message-{number:08d}"


def answer(asking: str, choice: str = "A", *, change: int = 1, round: int = 1, number: int = 1) -> dict[str, object]:
    """An answer as the protocol writes it."""
    return {
        "kind": "answer",
        "id": message_id(number),
        "asking": asking,
        "round": round,
        "choice": choice,
        "change": change,
    }


def stage_of(client: TestClient) -> dict[str, Any]:
    """The stage panel that this pupil's browser would be shown."""
    found: dict[str, Any] = client.get("/play/panels/stage").json()
    return found


def first(sequence: Sequence[str]) -> str:
    """Chance as an argument: always the first."""
    return sequence[0]
