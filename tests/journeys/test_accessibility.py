"""axe finds nothing on any page, in any phase of a lesson (WCAG 2.2 A and AA, and its best practices)."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from app import demo
from tests.browsers import (
    OpenLesson,
    catch_up,
    choose,
    chromium,
    expect_phase,
    expect_reports,
    open_class,
    open_lesson,
    window,
)
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
STAGES = (
    ("before", "content"),
    ("before.F1", "ready"),
    ("before.F1", "open"),
    ("hook", "content"),
    ("scenario.ask", "revealed"),
    ("poll.ask", "open"),
    ("poll.ask", "revealed"),
    ("quiz.F3", "closed"),
    ("quiz.know", "open"),
    ("pledge", "open"),
    ("pledge", "revealed"),
    ("take-home", "content"),
    ("take-home", "finished"),
)
Found = dict[str, list[str]]
Look = Callable[..., None]
AUDIENCES = ("pupil", "screen", "controls")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("accessibility")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def violations(page: Page) -> list[str]:
    """One line for each element that axe finds fault with."""
    page.wait_for_timeout(50)
    if not page.evaluate("() => 'axe' in window"):  # a live page keeps it from look to look
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(({ violations }) => violations)", OPTIONS)
    return [f"{rule['id']} at {' '.join(node['target'])}" for rule in found for node in rule["nodes"]]


@pytest.fixture(scope="module")
def in_the_lesson(browser: Browser, server: LiveServer) -> Found:
    """What axe finds while a class goes through the lesson: audience -> "stage: fault"."""
    found: Found = {audience: [] for audience in AUDIENCES}

    def look(place: str, *pages: Page) -> None:
        for page in pages:
            audience = page.locator("body").get_attribute("data-audience") or ""
            found[audience] += [f"{place}: {fault}" for fault in violations(page)]

    with open_lesson(browser, server) as lesson:
        screen, pupil = lesson.screen, lesson.pupil("tablet")
        controls = lesson.teacher.new_page()
        controls.goto(f"{server.address}/class/run/controls")
        look("lobby", screen, pupil, controls)
        pupil.goto(f"{server.address}/play?new=1")
        look("welcome", pupil)
        pupil.locator("#start").click()
        for step, phase in STAGES:
            lesson.go_to(step, phase)
            for page in (screen, pupil, controls):
                catch_up(page)
            look(f"{step} {phase}", screen, pupil)
            if step in ("before.F1", "scenario.ask", "take-home"):
                look(f"{step} {phase}", controls)
            if phase == "open":
                choose(pupil, "B")
            if step in ("before.F1", "poll.ask") and phase == "open":
                look(f"{step} answered", pupil)
            if (step, phase) == ("quiz.know", "open"):
                look_aside(lesson, pupil, controls, look)
        lesson.finish()
        expect_phase(pupil, "ended")
        look("ended", pupil)
    return found


def look_aside(lesson: OpenLesson, pupil: Page, controls: Page, look: Look) -> None:
    """States that may come at any step: the drawer, the calm screen, who can I tell, another tab."""
    lesson.screen.locator("#order-more").click()
    look("drawer", lesson.screen)
    lesson.screen.locator("#order-more").click()
    pupil.locator(".foot a.tell").click()
    look("who can I tell", pupil)
    pupil.get_by_role("link", name="Back to the lesson").click()
    other_tab = pupil.context.new_page()
    other_tab.goto(pupil.url.partition("?")[0].partition("#")[0])
    expect(pupil.locator("#status")).to_contain_text("another tab")
    look("opened elsewhere", pupil)
    pupil.locator("#status button").click()
    other_tab.close()
    lesson.give("calm")
    for page in (lesson.screen, pupil, controls):
        expect_phase(page, "calm")
    look("calm", lesson.screen, pupil, controls)
    lesson.give("resume")
    expect_phase(pupil, "open")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_axe_finds_nothing_in_any_phase(in_the_lesson: Found, audience: str) -> None:
    assert in_the_lesson[audience] == []


def test_axe_finds_nothing_on_pages_for_everyone(browser: Browser, server: LiveServer) -> None:
    page = window(browser).new_page()
    found = []
    for address in (
        "/",
        "/join",
        "/join?code=CDF",
        "/j/CDFGHJ",
        "/help",
        "/privacy",
        "/accessibility",
        "/sign-in",
        "/x",
    ):
        page.goto(server.address + address)
        found += [f"{address}: {fault}" for fault in violations(page)]
    page.goto(f"{server.address}/join")
    page.locator("input[name=code]").fill("CDFGHJ")
    page.get_by_role("button", name="Join").click()
    expect(page.locator(".problem")).to_be_visible()
    found += [f"wrong code: {fault}" for fault in violations(page)]
    page.context.close()
    assert found == []


def test_axe_finds_nothing_on_the_teachers_pages(browser: Browser, server: LiveServer) -> None:
    found: list[str] = []

    def look(page: Page, name: str) -> None:
        found.extend(f"{name}: {fault}" for fault in violations(page))

    with open_lesson(browser, server) as lesson:
        page = lesson.teacher.new_page()
        page.goto(server.class_link)
        look(page, "class link")
        page.goto(f"{server.address}/class")
        look(page, "Today with an open lesson")
        page.goto(f"{server.address}/class/run/pair")
        look(page, "pairing")
        page.get_by_role("button", name="Show the picture code").click()
        look(page, "pairing code")
        lesson.go_to("before.F1")
        choose(lesson.pupil(), "A")
        lesson.go_to("quiz.F1")
        page.goto(f"{server.address}/class/run/finish")
        look(page, "finish")
        page.locator("main form").evaluate("form => (form.noValidate = true)")
        page.locator("input[name=present]").fill("0")
        page.get_by_role("button", name="Finish the lesson").click()
        expect(page.locator(".problem")).to_be_visible()
        look(page, "finish with a wrong count")
        page.locator("input[name=present]").fill("")
        page.get_by_role("button", name="Finish without a head-count").click()
        look(page, "summary without a head-count")
        page.locator("input[name=present]").fill("28")
        page.get_by_role("button", name="Save the head-count").click()
        look(page, "summary")
        for name in ("useful", "age_right", "would_rebook"):
            page.locator(f"input[name={name}][value='4']").check()
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#feedback")).to_contain_text("Thank you")
        look(page, "summary with feedback")
        page = open_class(lesson.teacher, server)
        look(page, "Today")
    page = window(browser).new_page()
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill(demo.COORDINATOR[0])
    page.locator("input[name=password]").fill(server.links["coordinator_password"])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{server.address}/programmes/demo/records")
    look(page, "records")
    page.get_by_role("link", name="Correct the head-count").first.click()
    look(page, "record")
    for address in ("/programmes/demo/schools/1", "/programmes/demo/schools/1/erase"):
        page.goto(server.address + address)
        look(page, address)
    page.context.close()
    assert found == []


def test_axe_finds_nothing_on_staff_pages(browser: Browser, server: LiveServer) -> None:
    found = []
    for email, password in (
        (demo.PRESENTER[0], server.links["presenter_password"]),
        (demo.COORDINATOR[0], server.links["coordinator_password"]),
    ):
        page = window(browser).new_page()
        page.goto(f"{server.address}/sign-in")
        page.locator("input[name=email]").fill(email)
        page.locator("input[name=password]").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".problem")).to_be_visible()
        found += [f"wrong password: {fault}" for fault in violations(page)]
        page.locator("input[name=password]").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/programmes")
        found += [f"home of {email}: {fault}" for fault in violations(page)]
        page.goto(f"{server.address}/reports/agencies/kent-fire-and-rescue-service")
        found += [f"report: {fault}" for fault in violations(page)]
        beside = ("/reports/programmes/demo/funder", "/reports/programmes/demo/figures", "/reports/keys")
        account = ("/people", "/people/audit", "/account", "/account/second-factor")
        for address in ("/reports/programmes/demo", *beside, *account):
            page.goto(server.address + address)
            found += [f"{address}: {fault}" for fault in violations(page)]
        page.context.close()
    assert found == []


def test_axe_finds_nothing_in_a_live_session(browser: Browser, server: LiveServer) -> None:
    found: list[str] = []

    def look(page: Page, name: str) -> None:
        found.extend(f"{name}: {fault}" for fault in violations(page))

    def press(page: Page, button: str, panel: str, words: str) -> None:
        page.wait_for_timeout(260)
        page.locator(button).click()
        expect(page.locator(panel)).to_contain_text(words)

    console = window(browser).new_page()
    console.goto(f"{server.address}/sign-in")
    console.locator("input[name=email]").fill(demo.PRESENTER[0])
    console.locator("input[name=password]").fill(server.links["presenter_password"])
    console.get_by_role("button", name="Sign in").click()
    console.get_by_role("link", name="Lead a live session").click()
    look(console, "live sessions")
    console.get_by_role("button", name="Start a live session now").click()
    look(console, "empty console")
    screen = open_class(window(browser), server)
    look(screen, "Today with a live session")
    screen.get_by_role("button", name="Join the live session").click()
    screen.wait_for_url("**/class/run/screen")
    press(screen, "#order-next", "#panel-stage", "Our ground rules")
    look(screen, "ground rules")
    press(screen, "#order-ready", ".bar-controls", "You are ready")
    controls = screen.context.new_page()
    controls.goto(f"{server.address}/class/run/controls")
    controls.locator("#ask-text").fill("What if the door is locked?")
    controls.locator("#ask-send").click()
    expect(controls.locator("#panel-live")).to_contain_text("Yours")
    for words in ("Step 1 of", "Next: open", "Next: close"):
        press(console, "#order-next", "#panel-stage", words)
    look(console, "console")
    look(controls, "controls that follow")
    press(console, "#order-next", "#panel-stage", "closed")
    console.locator("button", has_text="Put on screens").click()
    expect(screen.locator("#panel-live")).to_contain_text("A class asks")
    look(screen, "a question on the screens")
    console.locator("#head-more-open").click()
    look(console, "console with its drawer")
    console.locator("#order-end").click()
    look(console, "console that asks before the end")
    console.locator("#order-end-sure").click()
    console.wait_for_url("**/ended")
    look(console, "what a live session reached")
    ended = {"Origin": server.address}
    screen.request.post(f"{server.address}/class/run/finish", form={"present": "30"}, headers=ended)
    expect_reports(screen, controls)
    screen.request.post(f"{server.address}/class/sign-out", headers=ended)
    for page in (controls, screen, console):
        page.context.close()
    assert found == []


def test_axe_finds_nothing_in_forced_colours_without_movement(browser: Browser, server: LiveServer) -> None:
    found = []
    with open_lesson(browser, server) as lesson:
        pupil = lesson.pupil("phone")
        pages = (lesson.screen, pupil)
        for page in pages:
            page.emulate_media(forced_colors="active", reduced_motion="reduce", contrast="more")
        for step, phase in (("before.F1", "open"), ("scenario.ask", "revealed")):
            lesson.go_to(step, phase)
            for page in pages:
                catch_up(page)
                found += [f"{step} {phase}: {fault}" for fault in violations(page)]
            if phase == "open":
                choose(pupil, "A")
                found += [f"{step} answered: {fault}" for fault in violations(pupil)]
    assert found == []


def test_nothing_moves_for_who_wants_no_movement(browser: Browser, server: LiveServer) -> None:
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    with open_lesson(browser, server) as lesson:
        pupil = lesson.pupil(context=window(browser, moves=True))
        assert pupil.evaluate(moving) > 0  # the waiting dot breathes
        pupil.emulate_media(reduced_motion="reduce")
        assert pupil.evaluate(moving) == 0


def test_each_answer_says_its_letter_shape_and_words(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        pupil = lesson.pupil()
        words = pupil.locator(".tile[data-choice='B'] .words").inner_text()
        tile = pupil.get_by_role("button", name=re.compile(f"^B, circle: {re.escape(words)}"), pressed=False)
        expect(tile).to_be_visible()
        choose(pupil, "B")
        expect(pupil.get_by_role("button", name="B, circle", pressed=True)).to_be_visible()


def test_a_new_stage_is_told_once_and_takes_no_focus(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        pupil = lesson.pupil()
        pupil.evaluate(
            """() => {
              window.told = [];
              const tell = (region) => () => region.textContent && window.told.push(region.textContent);
              const all = { childList: true, characterData: true, subtree: true };
              for (const region of document.querySelectorAll("#news, #status"))
                new MutationObserver(tell(region)).observe(region, all);
            }"""
        )
        tell = pupil.locator(".foot a.tell")
        tell.focus()
        lesson.go_to("scenario.ask")
        catch_up(pupil)
        pupil.evaluate("() => (window.told = [])")
        choose(pupil, "A")
        lesson.give()
        expect_phase(pupil, "closed")
        lesson.give()
        expect_phase(pupil, "revealed")
        expect(pupil.locator("#news")).to_have_text("The answer is on the screen.")
        told = pupil.evaluate("() => window.told")
        for words in ("The question is closed.", "The answer is on the screen."):
            assert told.count(words) == 1, told
        assert [words for words in told if words.startswith("Answer saved. You can")] == [
            told[told.index("Saving…") + 1]
        ]


def test_axe_would_find_a_field_without_a_label(browser: Browser, server: LiveServer) -> None:
    page = window(browser).new_page()
    page.goto(f"{server.address}/join")
    page.locator("label").evaluate("label => label.remove()")
    assert any("label at" in fault for fault in violations(page))
    page.context.close()
