"""A lesson by keyboard alone, from the first page to the report, and the focus is seen at every stop."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import (
    OpenLesson,
    asking,
    catch_up,
    chromium,
    code_on,
    expect_phase,
    open_lesson,
    phase,
    window,
)
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const ring = style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0;
  const points = [[0.5, 0.5], [0.1, 0.3], [0.9, 0.3], [0.1, 0.7], [0.9, 0.7]];
  const isOnTop = points.some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (at.contains(top) || top.contains(at) || top.control === at);
  });
  const words = (at.getAttribute("aria-label") || at.innerText || at.name || at.id || "").trim();
  return { words: words.replace(/\\s+/g, " "), tag: at.tagName.toLowerCase(), ring, isOnTop };
}"""
Stop = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("keyboard")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def lesson(browser: Browser, server: LiveServer) -> Iterator[OpenLesson]:
    with open_lesson(browser, server) as lesson:
        yield lesson


def next_stop(page: Page) -> Stop | None:
    """Presses Tab; where the focus is then, or None when it has left the page. Whatever has it must show it."""
    page.keyboard.press("Tab")
    stop: Stop | None = page.evaluate(STOP)
    if stop:
        assert stop["ring"] >= 3, f"no visible focus on {stop}"
        assert stop["isOnTop"], f"something covers {stop}"
    return stop


def tab_to(page: Page, words: str) -> None:
    """Tab until the stop that begins with these words."""
    seen = []
    for _ in range(60):
        stop = next_stop(page)
        seen.append(stop["words"] if stop else None)
        if stop and stop["words"].lower().startswith(words.lower()):
            return
    raise AssertionError(f"Tab never came to {words!r}, only to {seen}")


def stops(page: Page) -> list[str]:
    """All stops from where the focus is to the end of the page."""
    found: list[str] = []
    for _ in range(80):
        stop = next_stop(page)
        if stop is None:
            return found
        found.append(stop["words"])
    raise AssertionError(f"Tab goes round for ever: {found}")


def test_a_pupil_needs_only_keys(lesson: OpenLesson) -> None:
    page = window(lesson.browser).new_page()
    page.goto(f"{lesson.server.address}/")
    tab_to(page, "code")
    page.keyboard.type(f"{lesson.code[:3]} {lesson.code[3:]}".lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/play**")
    tab_to(page, "Start")
    page.keyboard.press("Enter")
    expect(page.locator("#welcome")).to_be_hidden()
    lesson.go_to("before.F1")
    expect_phase(page, "open")
    tab_to(page, "A, triangle")
    page.keyboard.press("Space")
    expect(page.locator("#status")).to_contain_text("Answer saved")
    chosen = page.locator("#panel-stage button[aria-pressed=true]")
    expect(chosen).to_have_attribute("data-choice", "A")
    for key, letter in (("d", "D"), ("B", "B"), ("3", "C")):
        page.keyboard.press(key)
        expect(chosen).to_have_attribute("data-choice", letter)
    tab_to(page, "I'm not sure")
    page.keyboard.press("Enter")
    expect(chosen).to_have_attribute("data-choice", "not_sure")
    tab_to(page, "Who can I tell")
    page.keyboard.press("Enter")
    tab_to(page, "Back to the lesson")
    page.keyboard.press("Enter")
    expect(page.locator("#tell")).to_be_hidden()
    lesson.finish()
    expect_phase(page, "ended")
    tab_to(page, "Leave")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{lesson.server.address}/")


def test_escape_closes_who_can_i_tell(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    tab_to(page, "Who can I tell")
    page.keyboard.press("Enter")
    expect(page.locator("#tell")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#tell")).to_be_hidden()


def test_letters_outside_the_answers_do_nothing(lesson: OpenLesson) -> None:
    lesson.go_to("before.F1")
    page = lesson.pupil()
    page.evaluate("() => document.activeElement.blur()")
    for key in ("a", "B", "1", "4"):
        page.keyboard.press(key)
    tab_to(page, "Who can I tell")
    page.keyboard.press("b")
    page.wait_for_timeout(300)
    expect(page.locator("#panel-stage button[aria-pressed=true]")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("")


def test_the_focus_comes_back_to_the_stage_after_the_calm_screen(lesson: OpenLesson) -> None:
    lesson.go_to("before.F1")
    page = lesson.pupil()
    tab_to(page, "B, circle")
    lesson.give("calm")
    expect_phase(page, "calm")
    assert page.evaluate("() => document.activeElement.id") == "panel-stage"
    lesson.give("resume")
    expect_phase(page, "open")
    stop = next_stop(page)
    assert stop is not None
    assert stop["words"].startswith("A, triangle")


def test_a_teacher_needs_only_keys(browser: Browser, server: LiveServer) -> None:
    """Class link, Today, each kind of step, the head-count and the report."""
    teacher = window(browser)
    page = teacher.new_page()
    page.goto(server.class_link)
    tab_to(page, "Open my class")
    page.keyboard.press("Enter")
    page.wait_for_url("**/class")
    tab_to(page, "Pupils here")
    page.keyboard.press("Control+A")
    page.keyboard.type("28")
    tab_to(page, "Open classroom screen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/class/run/screen")
    lesson = OpenLesson(browser, server, teacher, page, code_on(page))
    for place in range(18):  # the lobby and the first questions
        press(page, ("PageDown", "n", "ArrowRight", "N")[place % 4])
    assert lesson.run.stage.step_key == "before.know"
    lesson.go_to("quiz.F8", "open")
    catch_up(page)
    while phase(page) != "finished":
        press(page, "PageDown")
    tab_to(page, "Count the class and finish")
    page.keyboard.press("Enter")
    page.wait_for_url("**/class/run/finish")
    tab_to(page, "Pupils who took part")
    assert page.locator("input[name=present]").input_value() == "28"
    tab_to(page, "Finish the lesson")
    page.keyboard.press("Enter")
    page.wait_for_url("**/class/run/report**")
    expect(page.locator(".reach")).to_contain_text("28")
    page.goto(f"{server.address}/class")
    tab_to(page, "Sign out of this class")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.address}/")
    teacher.close()


def mark(page: Page) -> tuple[str, str, str]:
    place = page.locator(".bar-controls .place")
    return phase(page), asking(page), place.text_content() or "" if place.count() else ""


def press(page: Page, key: str) -> None:
    """One key, and the stage that follows from it."""
    page.wait_for_timeout(260)
    before = mark(page)
    page.keyboard.press(key)
    for _ in range(200):
        if mark(page) != before:
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"{key} changed nothing at {before}")


def test_every_stop_of_the_classroom_screen_is_seen(lesson: OpenLesson) -> None:
    page = lesson.screen
    lesson.go_to("quiz.F1", "closed")
    catch_up(page)
    assert stops(page) == ["Show the answer", "Back", "Vote again", "Calm screen", "More"]
    page.locator("#order-more").click()
    assert stops(page) == [
        "Hide numbers",
        "Big text",
        "Full screen",
        "Use a phone",
        "Controls in a new window",
        "Lock the door",
        "Finish",
    ]


def test_every_stop_of_the_controls_is_seen(lesson: OpenLesson) -> None:
    page = lesson.teacher.new_page()
    page.goto(f"{lesson.server.address}/class/run/controls")
    found = stops(page)
    assert found[:3] == ["Back to the classroom screen", "Show the ground rules", "Calm screen"]
    assert "Lock the door" in found


@pytest.mark.parametrize("address", ["/", "/join", "/sign-in", "/help", "/privacy", "/accessibility", "/nowhere"])
def test_every_stop_of_a_page_is_seen(browser: Browser, server: LiveServer, address: str) -> None:
    page = window(browser).new_page()
    page.goto(server.address + address)
    links = page.evaluate(
        "() => document.querySelectorAll('a[href], button, summary, input:not([type=hidden])').length"
    )
    assert len(stops(page)) == links
    page.context.close()


def test_back_and_the_calm_screen_have_keys(lesson: OpenLesson) -> None:
    page = lesson.screen
    lesson.go_to("facts.2", "content")
    catch_up(page)
    for key in ("PageUp", "ArrowLeft", "p", "p"):
        press(page, key)
    assert lesson.run.stage.step_key == "before.tell"
    for key in (".", "b"):
        press(page, key)
        assert phase(page) == "calm"
        press(page, key)
        assert phase(page) == "closed" or phase(page) == "ready"


def test_f5_starts_the_lesson_and_never_reloads(lesson: OpenLesson) -> None:
    page = lesson.screen
    page.evaluate("() => (window.isStillHere = true)")
    press(page, "F5")
    assert lesson.run.stage.is_rules
    page.wait_for_timeout(300)
    seq = lesson.run.stage.seq
    page.keyboard.press("F5")
    page.wait_for_timeout(600)
    assert lesson.run.stage.seq == seq
    assert page.evaluate("() => window.isStillHere") is True


def test_a_key_held_down_or_hit_twice_counts_once(lesson: OpenLesson) -> None:
    page = lesson.screen
    press(page, "PageDown")
    page.wait_for_timeout(300)
    seq = lesson.run.stage.seq
    for _ in range(8):  # the first is a press, the others its repetition
        page.keyboard.down("PageDown")
        page.wait_for_timeout(60)
    page.keyboard.up("PageDown")
    page.wait_for_timeout(500)
    assert lesson.run.stage.seq == seq + 1
    page.keyboard.press("n")
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    assert lesson.run.stage.seq == seq + 2


def test_keys_that_belong_to_the_browser_or_to_a_field_stay_theirs(lesson: OpenLesson) -> None:
    page = lesson.screen
    seq = lesson.run.stage.seq
    for key in ("Control+n", "Alt+ArrowRight", "Shift+N"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    page.evaluate("() => document.querySelector('main').append(document.createElement('input'))")
    page.locator("main > input").focus()
    page.keyboard.type("pn.b", delay=300)
    assert page.locator("main > input").input_value() == "pn.b"
    assert lesson.run.stage.seq == seq
    assert not lesson.run.calm


def test_typing_the_head_count_moves_no_lesson(lesson: OpenLesson) -> None:
    lesson.go_to("hook", "content")
    page = lesson.teacher.new_page()
    page.goto(f"{lesson.server.address}/class/run/finish")
    seq = lesson.run.stage.seq
    field = page.locator("input[name=present]")
    field.fill("")
    field.focus()
    page.keyboard.type("27", delay=50)
    for key in ("PageDown", "ArrowRight", "."):
        page.keyboard.press(key)
        page.wait_for_timeout(260)
    assert field.input_value() == "27"
    assert lesson.run.stage.seq == seq
