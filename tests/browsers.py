"""Real Chromium, driven as people use it."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from app.store.runs import OpenRun
from tests.faults.proxy import Proxy
from tests.live_server import LiveServer
from tests.servers import CHROMIUM_FLAGS, chromium_path

WAIT_MS = 20_000
FRAMES = {"laptop": (1366, 768), "projector": (1024, 768), "tablet": (768, 1024), "phone": (360, 640)}


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser. Without Chromium the test is skipped, or fails where REQUIRE_BROWSER=1."""
    path = chromium_path()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("Chromium is needed: install the package chromium")
        pytest.skip("Chromium is not installed (package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def held_back(page: Page, address: str) -> list[Route]:
    """What this page asks for at the address, and does not get yet: computers are slow, and people type at once."""
    asked: list[Route] = []

    def keep(route: Route) -> None:
        asked.append(route)

    page.route(address, keep)
    return asked


def window(browser: Browser, frame: str = "laptop", *, moves: bool = False) -> BrowserContext:
    """A browser profile of its own: its cookies, its storage. What moves is drawn all the time, so little does."""
    width, height = FRAMES[frame]
    motion: Literal["no-preference", "reduce"] = "no-preference" if moves else "reduce"
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", reduced_motion=motion)
    context.set_default_timeout(WAIT_MS)
    return context


def open_class(context: BrowserContext, server: LiveServer) -> Page:
    """A teacher opens the class link; ends on Today."""
    page = context.new_page()
    page.goto(server.class_link)
    page.get_by_role("button").first.click()
    page.wait_for_url("**/class")
    return page


def start_lesson(
    page: Page, *, present: int = 30, rehearsal: bool = False, topic: str = "", questions: int = 8
) -> str:
    """From Today to the classroom screen, with the first lesson or that of a topic. Returns the join code."""
    page.locator(f"input[name=questions][value='{questions}']").check()
    if topic:
        page.locator("label.lesson input:checked").uncheck()
        page.locator(f"label.topic-{topic} input").check()
    page.get_by_role("spinbutton").or_(page.locator("input[name=present]")).first.fill(str(present))
    page.locator(f"button[name=kind][value={'rehearsal' if rehearsal else 'lesson'}]").click()
    page.wait_for_url("**/class/run/screen")
    return code_on(page)


def code_on(screen: Page) -> str:
    """The join code in the lobby of a classroom screen."""
    found = re.search(r"\b([C-Y]{3}) ([C-Y]{3})\b", screen.locator("#panel-stage").inner_text())
    assert found, "no code on the classroom screen"
    return found[1] + found[2]


def join(context: BrowserContext, server: LiveServer | Proxy, code: str, *, start: bool = True) -> Page:
    """A pupil types the code; ends on the page of the lesson."""
    page = context.new_page()
    page.goto(f"{server.address}/join")
    page.locator("input[name=code]").fill(code.lower())
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/play**")
    if start:
        page.locator("#start").click()
    return page


def phase(page: Page) -> str:
    return page.locator("#panel-stage .stage").get_attribute("data-phase") or ""


def asking(page: Page) -> str:
    return page.locator("#panel-stage .stage").get_attribute("data-asking") or ""


def press_next(screen: Page) -> None:
    """One press of Next, and the stage that follows from it."""
    screen.wait_for_timeout(260)  # two touches within 250 ms are one
    before = _stage_mark(screen)
    screen.locator("#order-next").click()
    until = time.monotonic() + WAIT_MS / 1000
    while _stage_mark(screen) == before:
        assert time.monotonic() < until, f"Next changed nothing at {before}"
        screen.wait_for_timeout(30)


def _stage_mark(screen: Page) -> tuple[str, str, str]:
    place = screen.locator(".bar-controls .place")
    return phase(screen), asking(screen), place.inner_text() if place.count() else ""


def expect_phase(page: Page, wanted: str, asked: str | None = None) -> None:
    expect(page.locator("#panel-stage .stage")).to_have_attribute("data-phase", wanted, timeout=WAIT_MS)
    if asked is not None:
        expect(page.locator("#panel-stage .stage")).to_have_attribute("data-asking", asked, timeout=WAIT_MS)


def choose(page: Page, letter: str) -> None:
    """Tap a tile, or a thing in a list, and wait for the words that it is saved."""
    tile, thing = f"button[data-choice='{letter}']", f"label:has(input[data-choice='{letter}'])"
    page.locator(f"#panel-stage form :is({tile}, {thing})").click()
    expect(page.locator("#status")).to_contain_text("Answer saved", timeout=WAIT_MS)


def expect_reports(*pages: Page) -> None:
    """Each has loaded what the end of its lesson sends it to: a Chromium window closed on its way hangs for ever."""
    for page in pages:
        page.wait_for_url("**/class/run/report**")


@dataclass
class OpenLesson:
    """A run and its classroom screen. Orders go by plain request, for where clicking is not the point."""

    browser: Browser
    server: LiveServer
    teacher: BrowserContext
    screen: Page
    code: str

    @property
    def run(self) -> OpenRun:
        return self.server.run(self.code)

    def give(self, order: str = "next") -> OpenRun:
        now = self.run
        self.post("run/cue", order=order, seq=str(now.stage.seq), epoch=str(now.epoch))
        return self.run

    def go_to(self, step_key: str, phase: str = "open") -> OpenRun:
        """Give *next* until this step is in this phase."""
        for _ in range(200):
            now = self.run
            if (now.stage.step_key, now.stage.phase) == (step_key, phase):
                return now
            self.give()
        raise AssertionError(f"never came to {step_key} {phase}")

    def post(self, address: str, **form: str) -> None:
        """One of the teacher's forms."""
        server = self.server.address
        sent: dict[str, str | float | bool] = {**form}
        answer = self.teacher.request.post(f"{server}/class/{address}", form=sent, headers={"Origin": server})
        assert answer.ok, f"{address}: {answer.status}"

    def finish(self) -> None:
        """The head-count ends the lesson, and the end takes its screen and its controls to the report."""
        led = [page for page in self.teacher.pages if re.search(r"/run/(screen|controls)\b", page.url)]
        self.post("run/finish", present="30")
        expect_reports(*led)

    def pupil(self, frame: str = "laptop", context: BrowserContext | None = None) -> Page:
        """A pupil in a browser of its own; stands on the stage of the lesson."""
        is_asked = self.run.stage.phase == "open"  # who comes late finds the question, without a welcome
        page = join(context or window(self.browser, frame), self.server, self.code, start=not is_asked)
        expect(page.locator("#link")).to_contain_text("Connected", timeout=WAIT_MS)
        return page


@contextmanager
def open_lesson(
    browser: Browser, server: LiveServer, *, rehearsal: bool = False, topic: str = "fire", questions: int = 8
) -> Iterator[OpenLesson]:
    """A lesson of the demo's class, standing in its lobby; finished at the end, its browsers closed."""
    teacher = window(browser)
    screen = open_class(teacher, server)
    code = start_lesson(screen, rehearsal=rehearsal, topic=topic, questions=questions)
    lesson = OpenLesson(browser, server, teacher, screen, code)
    try:
        yield lesson
    finally:
        # Windows first: see expect_reports.
        for context in [one for one in browser.contexts if one is not teacher]:
            context.close()
        for page in teacher.pages:
            page.close()
        if "open-run" in teacher.request.get(f"{server.address}/class").text():
            lesson.post("run/finish", present="30")
        lesson.post("sign-out")  # a class link serves five browsers at most
        teacher.close()


SAME_STAGE = """html => {
  const wanted = document.createElement("template");
  wanted.innerHTML = html;
  const mark = (root) => {
    const stage = root.querySelector(".stage");
    const { phase, asking } = stage.dataset;
    return JSON.stringify([phase, asking, stage.querySelector("h1")?.textContent]);
  };
  return mark(wanted.content) === mark(document.querySelector("#panel-stage"));
}"""
LOADED = """async () => {
  await document.fonts.ready;
  const late = [...document.images].filter((image) => !image.complete);
  await Promise.all(late.map((image) => new Promise((done) => (image.onload = image.onerror = done))));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def catch_up(page: Page) -> None:
    """Wait until a live page shows the stage that its server has now, with its fonts and pictures."""
    body = page.locator("body")
    panel = f"{body.get_attribute('data-panels')}/stage?as={body.get_attribute('data-audience')}"
    html = page.request.get(f"{page.url.partition('/class')[0].partition('/play')[0]}{panel}").json()["html"]
    until = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(SAME_STAGE, html):
        assert time.monotonic() < until, f"{page.url} did not follow"
        page.wait_for_timeout(20)
    page.evaluate(LOADED)
