"""The main job, end to end: a class runs the whole fire lesson by Next alone, and nothing acknowledged is lost.

One classroom screen, one controls window, three pupil browsers and 27 simulated pupils. One pupil reloads in
mid-question, one closes the tab and comes back, and the server is killed (kill -9) during an open question.
"""

import asyncio
import csv
import io
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from app.domain.lesson import Asking, Pledge
from app.domain.quiz import shown_choice
from app.domain.run import Place
from app.domain.shown import asking_name
from app.simulated_class import ClassRecord, run_class
from app.store import participation
from app.store.runs import OpenRun
from app.store.tables import AnswerRow, ParticipantRow, ParticipationRecordRow, SecretCountRow
from tests.browsers import (
    WAIT_MS,
    asking,
    choose,
    chromium,
    expect_phase,
    join,
    open_class,
    phase,
    press_next,
    start_lesson,
    window,
)
from tests.faults.workers import database_of_its_own
from tests.live_server import LiveServer, live_server
from tests.servers import redis

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
SIMULATED, PRESENT = 27, 30


@dataclass
class SimulatedClass:
    """27 pupils in a thread of their own."""

    server: LiveServer
    code: str
    record: ClassRecord | None = None
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.record = asyncio.run(run_class(self.server.address, self.code, SIMULATED, seed=7, speed=24, at_most=380))

    def after(self) -> ClassRecord:
        """What the class saw, once the run has ended."""
        self._thread.join(60)
        assert self.record is not None, "the simulated class did not come home"
        return self.record


def test_a_class_runs_the_whole_lesson(tmp_path: Path) -> None:
    runs_the_whole_lesson(tmp_path)


@pytest.mark.soak
@pytest.mark.postgres
def test_a_class_runs_the_whole_lesson_on_two_workers(postgres_url: str, tmp_path: Path) -> None:
    """The same, with all of them cut off at once, and started again, in the middle."""
    with database_of_its_own(postgres_url) as url, redis(tmp_path) as hints:
        runs_the_whole_lesson(tmp_path, DATABASE_URL=url, REDIS_URL=hints, SIA_WORKERS="2")


def runs_the_whole_lesson(folder: Path, **environment: str) -> None:
    with live_server(folder, **environment) as server, chromium() as browser:
        teacher = window(browser)
        today = open_class(teacher, server)
        code = start_lesson(today, present=PRESENT)
        screen = today
        controls = teacher.new_page()
        controls.goto(f"{server.address}/class/run/controls")
        simulated = SimulatedClass(server, code)
        pupils = [
            join(window(browser, frame, moves=frame == "phone"), server, code)
            for frame in ("laptop", "tablet", "phone")
        ]
        expect(screen.locator("#panel-crowd")).to_contain_text(f"{PRESENT} of {PRESENT}", timeout=WAIT_MS)
        aliases = [alias_of(page) for page in pupils]
        screen.bring_to_front()

        saved = walk_the_lesson(browser, server, screen, controls, pupils)

        expect_phase(controls, "finished")
        run = server.run(code)
        finish(screen)
        record = simulated.after()
        assert len(record.journal) > 300
        assert record.reconnects >= SIMULATED - 3  # the server was killed under them
        everything_acknowledged_is_stored(server, run, aliases, saved, record)
        counts_agree(browser, server, screen, run)


def walk_the_lesson(
    browser: Browser, server: LiveServer, screen: Page, controls: Page, pupils: list[Page]
) -> dict[tuple[int, str], str]:
    """Presses Next until the lesson is over. Returns (browser, asking) -> the letter it was told is saved."""
    saved: dict[tuple[int, str], str] = {}
    opened = 0
    while True:
        now = phase(screen)
        if now == "finished":
            return saved
        if now == "open":
            opened += 1
            if opened == 3:
                pupils[0].reload()
            if opened == 5:
                pupils[1] = come_back_in_a_new_tab(pupils[1], server)
            answer_all(pupils, asking(screen), opened, saved)
            if opened == 7:
                kill_and_restart(server, screen, controls, pupils, saved)
            expect(screen.locator("#panel-tally")).to_contain_text(re.compile(r"(2[3-9]|30) of 30"), timeout=WAIT_MS)
        press_next(screen)
        expect_phase(controls, phase(screen), asking(screen))


def answer_all(pupils: list[Page], asked: str, opened: int, saved: dict[tuple[int, str], str]) -> None:
    for number, page in enumerate(pupils):
        expect_phase(page, "open", asked)
        letter = "AB"[(opened + number) % 2]
        choose(page, letter)
        saved[number, asked] = letter


def come_back_in_a_new_tab(page: Page, server: LiveServer) -> Page:
    alias = alias_of(page)
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(f"{server.address}/play")
    assert alias_of(again) == alias
    return again


def kill_and_restart(
    server: LiveServer, screen: Page, controls: Page, pupils: list[Page], saved: dict[tuple[int, str], str]
) -> None:
    """kill -9 during an open question; an answer tapped while the server is down is kept and saved later."""
    asked = asking(screen)
    server.cut_the_power()
    pupils[2].locator("#panel-stage button[data-choice='C']").click()
    expect(pupils[2].locator("#status")).not_to_contain_text("Answer saved")
    server.start()
    for page in (screen, controls, *pupils):
        expect(page.locator("#link")).to_contain_text("Connected", timeout=WAIT_MS)
        expect_phase(page, "open", asked)
    expect(pupils[2].locator("#status")).to_contain_text("Answer saved", timeout=WAIT_MS)
    saved[2, asked] = "C"


def alias_of(page: Page) -> str:
    return page.locator("#panel-me .me").get_attribute("data-alias") or ""


def finish(screen: Page) -> None:
    screen.locator("#order-finish").click()
    screen.wait_for_url("**/class/run/finish")
    screen.locator("input[name=present]").fill(str(PRESENT))
    screen.get_by_role("button", name="Finish the lesson").click()
    screen.wait_for_url("**/class/run/report**")


def everything_acknowledged_is_stored(
    server: LiveServer, run: OpenRun, aliases: list[str], saved: dict[tuple[int, str], str], record: ClassRecord
) -> None:
    """Each acknowledged answer is in the store, once; of a changed one the last. Tally-only askings by count."""
    places = {asking_name(run.seed, place): place for place in run.plan.places if place.is_asking}
    secret = {name for name, place in places.items() if getattr(place.step, "tally_only", False)}
    database = server.database()
    with database.reading() as db:
        named = {p.id: p.alias for p in db.exec(select(ParticipantRow).where(ParticipantRow.run_id == run.id)).all()}
        rows = db.exec(select(AnswerRow).where(AnswerRow.run_id == run.id)).all()
        counted = db.exec(select(SecretCountRow.n).where(SecretCountRow.run_id == run.id)).all()
    database.close()
    stored = Counter(
        (
            aliases.index(alias) if (alias := named[row.participant_id]) in aliases else "simulated",
            *_seen(row, places, run),
        )
        for row in rows
    )
    expected: Counter[tuple[object, str, str]] = Counter(
        (number, asked, letter) for (number, asked), letter in saved.items() if asked not in secret
    )
    for (_, asked, _), choice in record.last_choices().items():
        if asked not in secret:
            expected["simulated", asked, choice] += 1
    assert stored == expected
    voted = {(pupil, asked) for pupil, asked, _ in record.last_choices() if asked in secret}
    assert sum(counted) == len(voted) + sum(asked in secret for _, asked in saved)


def _seen(row: AnswerRow, places: dict[str, Place], run: OpenRun) -> tuple[str, str]:
    """A stored answer as its device saw it: the asking's public name and the shown letter."""
    for name, place in places.items():
        if (place.module, place.step.key) == (row.module_position, row.step_key):
            assert isinstance(place.step, Asking | Pledge)
            where = f"{place.module}/{place.step.key}"
            return name, shown_choice(place.step.question, run.seed, where, row.choice)
    raise AssertionError(f"an answer to {row.step_key}, which was not asked")


def counts_agree(browser: Browser, server: LiveServer, screen: Page, run: OpenRun) -> None:
    """Summary, record, agency's page and CSV say the same."""
    database = server.database()
    with database.reading() as db:
        record = db.exec(select(ParticipationRecordRow).where(ParticipationRecordRow.run_id == run.id)).one()
        counted = participation.of_run(db, run.id)
    database.close()
    assert record.present == PRESENT
    assert record.devices_joined == PRESENT
    assert record.questions_served == len({one.step_key for one in counted})
    assert record.answers_counted == sum(one.answered for one in counted)
    summary = screen.locator("main").inner_text()
    for one in counted:
        if one.step_key == "quiz.F1":
            assert f"{one.right} of {one.answered}" in summary
    staff = window(browser)
    page = staff.new_page()
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill("kfrs.officer@sia.example")
    page.locator("input[name=password]").fill(str(server.links["presenter_password"]))
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{server.address}/reports/agencies/kent-fire-and-rescue-service")
    row = page.locator(".lessons tbody tr").first.inner_text()
    text = page.request.get(f"{server.address}/reports/agencies/kent-fire-and-rescue-service.csv").text()
    line = next(iter(csv.DictReader(io.StringIO(text.lstrip("\ufeff")))))
    assert line["school"] == "Harrowmarsh Primary School (demo)"
    assert line["role"] == "leads"
    assert line["pupils present"] == str(PRESENT)
    assert line["questions answered"] == str(record.answers_counted)
    assert line["matched before and after"] == str(record.matched)
    for value in (line["school"], line["class"], line["pupils present"]):
        assert value in row
