"""Draws the pages as pictures, in a real browser: python -m tests.screenshots [OUT] [--readme]."""

import io
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app import demo
from app.domain.lesson import Asking, Pledge
from app.domain.quiz import NOT_SURE, ChooseOne, Question, shown_choice
from app.domain.shown import marks_of
from app.main import create_app
from app.settings import Settings
from app.store import runs
from app.store.answers import Answer
from app.store.database import Database
from app.store.runs import OpenRun
from tests.browsers import (
    FRAMES,
    LOADED,
    WAIT_MS,
    catch_up,
    choose,
    chromium,
    code_on,
    expect_phase,
    press_next,
    window,
)
from tests.cast import message_id
from tests.classroom import Classroom
from tests.live_screenshots import LiveVisit
from tests.questions import sendable
from tests.served import ServedWorld

ALL = ("laptop", "projector", "tablet", "phone")
README = {
    ("lobby", "laptop"),
    ("slide-hook", "laptop"),
    ("question", "laptop"),
    ("reveal", "laptop"),
    ("pupil-question", "tablet"),
    ("pupil-reveal-other", "tablet"),
    ("today", "laptop"),
    ("summary", "laptop"),
    ("agency-report", "laptop"),
    ("author-step", "laptop"),
    ("console", "laptop"),
}
LESSON = "/author/lessons/fire"
PROGRAMME = (
    ("/programmes", "staff-home"),
    ("/programmes/demo", "programme"),
    ("/reports/programmes/demo", "programme-report"),
    ("/programmes/demo/agencies", "programme-agencies"),
    ("/programmes/demo/schools", "programme-schools"),
    ("/programmes/demo/class-groups", "programme-classes"),
    ("/programmes/demo/class-groups/1", "programme-class"),
)
AUTHOR = (
    ("/author", "author-room"),
    (LESSON, "author-lesson"),
    (f"{LESSON}/steps/scenario", "author-step"),
    (f"{LESSON}/steps/hook", "author-spot"),
    (f"{LESSON}/quiz", "author-quiz"),
    (f"{LESSON}/questions/F1", "author-question"),
    (f"{LESSON}/facts", "author-facts"),
    (f"{LESSON}/details", "author-details"),
    (f"{LESSON}/walk?place=9", "author-walk"),
    (f"{LESSON}/review", "author-review"),
)
LARGEST = 120_000
ADDRESS, REPORT = "http://sia.example", "/reports/agencies/kent-fire-and-rescue-service"
SIMULATED, PRESENT = 27, 30


@dataclass
class Camera:
    """Writes one picture per page and frame."""

    folder: Path
    readme_only: bool = False
    taken: list[Path] = field(default_factory=list)

    def take(self, page: Page, name: str, frames: Sequence[str] = ALL, *, whole: bool = False) -> None:
        before = page.viewport_size
        for frame in frames:
            if self.readme_only and (name, frame) not in README:
                continue
            width, height = FRAMES[frame]
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(LOADED)
            page.wait_for_timeout(60)
            self._write(name, frame, page.screenshot(full_page=whole and not self.readme_only))
        if before:
            page.set_viewport_size(before)

    def _write(self, name: str, frame: str, png: bytes) -> None:
        path = self.folder / (f"{name}.png" if self.readme_only else f"{name}-{frame}.png")
        if self.readme_only:
            png = small(png)
        path.write_bytes(png)
        self.taken.append(path)


def small(png: bytes) -> bytes:
    """The same picture in as many colours as fit into a small file."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (128, 64, 32, 16):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < LARGEST:
            break
    return out.getvalue()


SCENES = {
    "before/content": "slide-precheck",
    "before.F1/ready": "question-ready",
    "hook/content": "slide-hook",
    "facts.4/content": "facts-card",
    "scenario.ask/revealed": "scenario-reveal",
    "poll.ask/revealed": "poll-revealed",
    "quiz.F3/open": "question",
    "quiz.F3/closed": "question-closed",
    "quiz.F3/revealed": "reveal",
    "quiz.know/open": "confidence",
    "pledge/open": "pledge",
    "pledge/revealed": "pledge-revealed",
    "take-home/content": "take-home",
    "take-home/finished": "finished",
}


def _weight(question: Question, choice: str, place: int, knowing: int) -> float:
    """How likely a child chooses this: of an opinion the first, else what is right or nearly so."""
    if not question.is_marked:
        return (3, 2, 2, 1)[place]
    if question.is_right(choice):
        return knowing
    return 1 if question.form == "one" else 0.2 + choice.count(",")


@dataclass
class Visit:
    """One lesson of class 6H, and everybody who looks at it."""

    world: ServedWorld
    browser: Browser
    camera: Camera
    links: demo.Links

    def walk(self) -> None:
        self.pages_for_everyone()
        screen = self.start()
        self.code = code_on(screen)
        self.ways_in()
        self.right, self.other = self.join("pupil-welcome"), self.join()
        self.fill_the_room(screen)
        self.controls = self.page("/class/run/controls", screen.context)
        self.lesson(screen)
        self.finish(screen)
        self.staff()
        self.author()

    def page(self, address: str, context: BrowserContext | None = None) -> Page:
        page = (context or window(self.browser)).new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(self.world.address + address)
        return page

    def pages_for_everyone(self) -> None:
        for name, address in (
            ("home", "/"),
            ("join", "/join"),
            ("sign-in", "/sign-in"),
            ("privacy", "/privacy"),
            ("accessibility", "/accessibility"),
            ("help", "/help"),
            ("error", "/there-is-no-such-page"),
            ("class-link", f"/c/{self.links['class_token']}"),
        ):
            page = self.page(address)
            self.camera.take(page, name, whole=True)
            page.context.close()

    def start(self) -> Page:
        """Today, and from there the classroom screen."""
        page = self.page(f"/c/{self.links['class_token']}")
        page.get_by_role("button", name="Open my class").click()
        page.wait_for_url("**/class")
        page.locator("input[name=present]").fill(str(PRESENT))
        page.evaluate("scrollTo(0, 0)")  # the field has taken the page down with it
        self.camera.take(page, "today", whole=True)
        page.locator("button[name=kind][value=lesson]").click()
        page.wait_for_url("**/class/run/screen")
        self.camera.take(page, "lobby-empty", ("laptop",))
        return page

    def ways_in(self) -> None:
        page = self.page(f"/J/{self.code}")
        self.camera.take(page, "join-by-picture-code")
        page.goto(f"{self.world.address}/join")
        page.locator("input[name=code]").fill("CDF GHJ")
        page.get_by_role("button", name="Join").click()
        self.camera.take(page, "join-wrong-code")

    def join(self, name: str = "") -> Page:
        page = self.page("/join")
        page.locator("input[name=code]").fill(self.code)
        page.get_by_role("button", name="Join").click()
        page.wait_for_url("**/play**")
        if name:
            self.camera.take(page, name)
        page.locator("#start").click()
        return page

    def fill_the_room(self, screen: Page) -> None:
        """Children without a browser, straight into the store: the simulated class does not know what is safe."""
        self.school = Classroom(self.world.parts.database, self.world.clock)
        self.crowd = [self.school.seat(self.open_run.id) for _ in range(SIMULATED)]
        self.world.parts.rooms.changed(self.open_run.id)
        expect(screen.locator("#panel-crowd")).to_contain_text(f"{SIMULATED + 2} of {PRESENT}", timeout=WAIT_MS)

    def answers_of_the_crowd(self) -> None:
        """Before the lesson about half know the safest answer, after it most."""
        run, chance = self.open_run, random.Random(self.open_run.stage.seq)
        here = run.plan.at(run.stage)
        assert here is not None
        assert isinstance(here.step, Asking | Pledge)
        question = here.step.question
        sent = sendable(question, marks_of(here, run.seed))
        choices = [stored for one in sent if (stored := question.meant(one, marks_of(here, run.seed)))]
        knowing = 4 if here.step.part == "precheck" else 16
        weights = [_weight(question, choice, place, knowing) for place, choice in enumerate(choices)]
        batch = []
        for who in self.crowd:
            choice = chance.choices(choices, weights)[0]
            if question.is_marked and chance.random() < 0.06:
                choice = NOT_SURE
            batch.append(
                Answer(
                    run_id=run.id,
                    participant_id=who,
                    module=here.module,
                    step_key=here.step.key,
                    round=run.stage.round,
                    choice=choice,
                    change=1,
                    message_id=message_id(who),
                    tally_only=here.step.tally_only,
                    received_at=self.world.clock.now,
                )
            )
        self.school.record(*batch)
        self.world.parts.rooms.changed(run.id, ("tally",))

    def lesson(self, screen: Page) -> None:
        """Presses Next to the end and takes each of SCENES, as class, teacher and pupils see it."""
        while True:
            for page in (screen, self.controls, self.right, self.other):
                catch_up(page)
            run = self.open_run
            step, phase = run.stage.step_key, run.stage.phase
            if phase == "open":
                self.answer(step, screen)
            if phase == "lobby":
                self.pictures("lobby", screen)
            elif name := SCENES.get(f"{step}/{phase}"):
                self.pictures(name, screen)
            if step == "hook":
                self.calm(screen)
            if phase == "finished":
                return
            self.world.clock.forward(seconds=15)
            press_next(screen)

    @property
    def open_run(self) -> OpenRun:
        with self.world.parts.database.reading() as db:
            return runs.by_code(db, self.code)

    def answer(self, step: str, screen: Page) -> None:
        """One pupil is right, the other is not; the picture of the open question has one unsaid answer."""
        letters = ("A", "B")
        here = self.open_run.plan.at(self.open_run.stage)
        if here and isinstance(here.step, Asking) and isinstance(here.step.question, ChooseOne):
            question = here.step.question
            where = f"{here.module}/{step}"
            wrong = next(option for option in question.options if not option.is_correct)
            letters = (
                shown_choice(question, self.open_run.seed, where, question.correct.key),
                shown_choice(question, self.open_run.seed, where, wrong.key),
            )
        self.answers_of_the_crowd()
        if step in ("quiz.F3", "pledge"):
            self.camera.take(self.other, "pupil-question" if step == "quiz.F3" else "pupil-pledge")
        for page, letter in zip((self.right, self.other), letters, strict=True):
            choose(page, letter)
        expect(screen.locator("#panel-tally")).to_contain_text(f"{SIMULATED + 2} of", timeout=WAIT_MS)

    def pictures(self, name: str, screen: Page) -> None:
        self.camera.take(screen, name)
        self.camera.take(self.controls, f"controls-{name}", ("laptop", "phone"), whole=True)
        pupils = {"reveal": (("right", self.right), ("other", self.other)), "question": (("saved", self.other),)}
        for word, page in pupils.get(name, (("", self.other),)):
            self.camera.take(page, f"pupil-{name}{f'-{word}' if word else ''}")
        if name == "question":
            screen.locator("#order-more").click()
            self.camera.take(screen, "more-drawer", ("laptop",))
            screen.locator("#order-more").click()
            self.other.locator(".foot a.tell").click()
            self.camera.take(self.other, "pupil-who-can-i-tell")
            self.other.get_by_role("link", name="Back to the lesson").click()

    def calm(self, screen: Page) -> None:
        screen.locator("#order-calm").click()
        expect_phase(self.other, "calm")
        self.pictures("calm", screen)
        screen.wait_for_timeout(260)  # two touches within 250 ms are one
        screen.locator("#order-resume").click()
        expect_phase(screen, "content")

    def finish(self, screen: Page) -> None:
        pair = self.page("/class/run/pair", screen.context)
        self.camera.take(pair, "pairing")
        pair.get_by_role("button", name="Show the picture code").click()
        self.camera.take(pair, "pairing-code")
        phone = self.page(urlsplit(pair.locator("a[href*='/pair/']").first.inner_text()).path)
        self.camera.take(phone, "pairing-phone", ("phone",))
        phone.get_by_role("button").click()
        self.camera.take(phone, "pairing-phone-number", ("phone",))
        pair.goto(f"{self.world.address}/class/run/pair")
        self.camera.take(pair, "pairing-number", ("laptop",))
        screen.locator("#order-finish").click()
        screen.wait_for_url("**/class/run/finish")
        self.camera.take(screen, "finish")
        screen.locator("input[name=present]").fill(str(PRESENT))
        screen.get_by_role("button", name="Finish the lesson").click()
        screen.wait_for_url("**/class/run/report**")
        self.camera.take(screen, "summary", whole=True)
        expect_phase(self.other, "ended")
        self.camera.take(self.other, "pupil-done")

    def staff(self) -> None:
        for email, password, address, name in (
            (demo.PRESENTER[0], self.links["presenter_password"], "/programmes", "staff-home-presenter"),
            (demo.PRESENTER[0], self.links["presenter_password"], REPORT, "agency-report"),
            *((demo.COORDINATOR[0], self.links["coordinator_password"], *pair) for pair in PROGRAMME),
        ):
            page = self.signed_in(email, password)
            page.goto(self.world.address + address)
            self.camera.take(page, name, whole=True)
            page.context.close()

    def author(self) -> None:
        page = self.signed_in(demo.PRESENTER[0], self.links["presenter_password"])
        for address, name in AUTHOR:
            page.goto(self.world.address + address)
            page.wait_for_load_state("networkidle")  # the frames
            self.camera.take(page, name, whole=True)

    def signed_in(self, email: str, password: str) -> Page:
        page = self.page("/sign-in")
        page.locator("input[name=email]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/programmes")
        return page


def teach_before(world: ServedWorld) -> None:
    """Lessons of other classes on the days before, so that reports have something to tell."""
    school = Classroom(world.parts.database, world.clock)
    for class_group, present, minutes in ((2, 28, 19.5), (3, 29, 21), (5, 22, 18)):
        run_id = school.start(class_group, present=present)
        seats = [school.seat(run_id) for _ in range(present - class_group)]
        school.teach(run_id, {seat: (place % 4, 2 + place % 4) for place, seat in enumerate(seats)})
        world.clock.forward(minutes=minutes)
        school.finish(run_id, present)
        world.clock.forward(hours=24)


def main(folder: Path, readme_only: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, readme_only)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "data"
        settings = Settings(data_dir=place, demo=True)
        create_app(settings).state.parts.database.close()
        database = Database(settings.database)
        demo.seed(database, settings)
        database.close()
        with (
            ServedWorld(place, options={"address": ADDRESS, "presenter_gone_seconds": 4}) as world,
            chromium() as browser,
        ):
            world.parts.demo_links = lambda: demo.home_page_links(settings)
            teach_before(world)
            Visit(world, browser, camera, demo.read_links(settings)).walk()
            LiveVisit(world, browser, camera, demo.read_links(settings)).walk()
    for path in camera.taken:
        sys.stdout.write(f"{path} {path.stat().st_size // 1000} KB\n")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    main(Path(words[0] if words else "docs/pictures"), "--readme" in sys.argv)
