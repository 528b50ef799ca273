"""Pictures of a live session for `screenshots.py`: the presenter's console, and a class that follows."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, BrowserContext, Page, expect

from app import demo
from app.domain.lesson import Asking, Pledge
from app.domain.quiz import ChooseOne
from app.live import pulse
from app.store import directory, runs, teacher_questions
from app.store.answers import Answer
from tests.browsers import WAIT_MS, window
from tests.classroom import Classroom
from tests.served import ServedWorld

if TYPE_CHECKING:
    from tests.screenshots import Camera

CONSOLE = ("laptop", "projector", "phone")
CLASSROOM = ("laptop", "projector")
CLASSES, HOLDS, LOST, LATE, FEW = 11, 2, (0,), 9, 4
"""Of the demo's classes the third holds, the first is lost, the tenth is not ready, the fifth hardly answers."""


@dataclass
class LiveVisit:
    """One live session of the fire lesson, with twelve classes of the demo."""

    world: ServedWorld
    browser: Browser
    camera: "Camera"
    links: demo.Links
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def walk(self) -> None:
        self.school = Classroom(self.world.parts.database, self.world.clock)
        console = self.start()
        screen = self.real_class()
        self.check_in()
        self.ready(screen, console)
        self.lead(screen, console)
        self.lost(screen, console)

    def open(self, address: str, context: BrowserContext | None = None) -> Page:
        page = (context or window(self.browser)).new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(self.world.address + address)
        return page

    def start(self) -> Page:
        page = self.open("/sign-in")
        page.locator("input[name=email]").fill(demo.PRESENTER[0])
        page.locator("input[name=password]").fill(self.links["presenter_password"])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Lead a live session").click()
        self.camera.take(page, "present", whole=True)
        page.get_by_role("button", name="Start a live session now").click()
        page.wait_for_url("**/present/*")
        self.session = int(page.url.rpartition("/")[2])
        return page

    def real_class(self) -> Page:
        page = self.open(f"/c/{self.links['class_token']}")
        page.get_by_role("button", name="Open my class").click()
        page.wait_for_url("**/class")
        self.camera.take(page, "today-live", whole=True)
        page.get_by_role("button", name="Join the live session").click()
        page.wait_for_url("**/class/run/screen")
        self.controls = self.open("/class/run/controls", page.context)
        return page

    def check_in(self) -> None:
        with self.world.parts.database.reading() as db:
            groups = [group for group in directory.class_groups(db, 1) if group.label != "6H"]
        self.runs = [self.school.check_in(self.session, group.id) for group in groups[:CLASSES]]
        self.seats = {run: [self.school.seat(run) for _ in range(self.chance.randint(18, 26))] for run in self.runs}
        self.heard()
        self.world.parts.rooms.session_news(self.session)

    def heard(self) -> None:
        """Screens of classes without a browser: all but those that are lost."""
        for place, run in enumerate(self.runs):
            if place not in LOST:
                self.world.parts.rooms.pulse.heard(pulse.screens(run))

    def ready(self, screen: Page, console: Page) -> None:
        self.camera.take(console, "console-lobby", CONSOLE)
        screen.locator("#order-next").click()
        expect(screen.locator("#panel-stage")).to_contain_text("Our ground rules", timeout=WAIT_MS)
        self.camera.take(screen, "ground-rules")
        self.camera.take(self.controls, "controls-ground-rules", ("laptop", "phone"), whole=True)
        screen.wait_for_timeout(260)
        screen.locator("#order-ready").click()
        expect(screen.locator(".bar-controls")).to_contain_text("You are ready", timeout=WAIT_MS)
        for place, run in enumerate(self.runs):
            if place != LATE:
                self.school.rejoin(run)

    def lead(self, screen: Page, console: Page) -> None:
        self.cue_to("hook", "content")
        self.show(console, "console-slide", "Spot 6")
        self.camera.take(screen, "follows-slide", CLASSROOM)
        self.world.clock.forward(minutes=13)
        self.cue_to("quiz.F3", "open")
        self.school.hold(self.runs[HOLDS])
        self.answer()
        asked = [self.ask(3, "What if the front door is locked?"), self.ask(5, "Can you smell smoke when asleep?")]
        for place in (6, 7, 8):
            with self.world.parts.database.transaction() as db:
                teacher_questions.ask_too(db, runs.read(db, self.runs[place]), asked[0])
        self.world.parts.rooms.session_news(self.session)
        self.show(console, "console", "when asleep")
        self.camera.take(self.controls, "controls-follows", ("laptop", "phone"), whole=True)
        screen.locator("#order-more").click()
        screen.locator("#order-ask").click()
        self.camera.take(screen, "ask-the-officer", CLASSROOM)
        screen.locator("#ask-not-now").click()
        console.locator("#order-next").click()
        self.show(console, "console-closed", "Next: show the answer")
        console.locator(f"#question-{asked[0]}-on_air").click()
        expect(screen.locator("#panel-live")).to_contain_text("A class asks", timeout=WAIT_MS)
        self.camera.take(screen, "question-on-air", CLASSROOM)
        self.show(console, "console-on-air", "It stands over")
        console.locator("#head-more-open").click()
        console.locator("#order-end").click()
        self.camera.take(console, "console-ending", CONSOLE)

    def lost(self, screen: Page, console: Page) -> None:
        address = console.url
        context = console.context
        console.close()
        expect(screen.locator(".bar-controls")).to_contain_text("carry on", timeout=WAIT_MS)
        self.camera.take(screen, "presenter-gone", CLASSROOM)
        self.camera.take(self.controls, "controls-presenter-gone", ("laptop", "phone"), whole=True)
        screen.locator("#order-next").click()
        again = self.open(address.removeprefix(self.world.address), context)
        expect(screen.locator(".bar-controls")).to_contain_text("The officer is back", timeout=WAIT_MS)
        self.camera.take(screen, "presenter-back", CLASSROOM)
        self.camera.take(self.controls, "controls-presenter-back", ("laptop", "phone"), whole=True)
        again.goto(f"{address}/presenters")
        self.camera.take(again, "presenters", ("laptop", "phone"), whole=True)

    def show(self, console: Page, name: str, words: str) -> None:
        expect(console.locator("main")).to_contain_text(words, timeout=WAIT_MS)
        self.heard()
        console.wait_for_timeout(1200)
        self.camera.take(console, name, CONSOLE)

    def cue_to(self, step_key: str, phase: str) -> None:
        self.school.cue_to(self.session, step_key, phase)
        self.world.parts.rooms.session_changed(self.session)

    def ask(self, place: int, text: str) -> int:
        with self.world.parts.database.transaction() as db:
            return teacher_questions.ask(db, runs.read(db, self.runs[place]), text, self.world.clock.now)

    def answer(self) -> None:
        """Most know the safest answer; a few in each class have not answered yet."""
        for place, (run, seats) in enumerate(self.seats.items()):
            if place == LATE:
                continue
            answered = seats[:3] if place == FEW else seats[self.chance.randint(0, 4) :]
            self.school.record(*(self.one_answer(run, pupil) for pupil in answered))
            self.world.parts.rooms.changed(run)

    def one_answer(self, run: int, pupil: int) -> Answer:
        here = self.school.run(run).plan.at(self.school.run(run).stage)
        assert here is not None
        assert isinstance(here.step, Asking | Pledge)
        assert isinstance(here.step.question, ChooseOne)
        options = here.step.question.options
        weights = [8 if option.is_correct else 1 for option in options]
        return self.school.answer(run, pupil, self.chance.choices([option.key for option in options], weights)[0])
