"""The wire of a page (`static/live_link.js`): when it dials, what outlives a cut, and what can never stop it."""

import json
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlmodel import select

from app.store.tables import AnswerRow
from tests.browsers import WAIT_MS, OpenLesson, choose, chromium, expect_phase, join, open_lesson, window
from tests.faults.figures import tell
from tests.faults.proxy import Proxy, proxy_to
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
AWAKE_AGAIN = 2.0
MARGIN = 5  # machines that test are slow and busy

# Every dial fails at once and every wait is over at once, and is noted: hours of reconnecting in a moment.
DIALS = """
  window.waits = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor() { window.dials = (window.dials || 0) + 1; throw new Error("no network"); }
  };
  const plain = window.setTimeout;
  window.setTimeout = (act, wait, ...rest) => {
    const isRedial = act.name === "dial";
    if (isRedial) waits.push(wait);
    return isRedial && waits.length < 1200 ? queueMicrotask(act) : plain(act, wait, ...rest);
  };
"""
SLEEP = """() => {
  const now = Date.now;
  Date.now = () => now() + 60_000;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("link")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def proxy(server: LiveServer) -> Iterator[Proxy]:
    with proxy_to(server.port) as proxy:
        yield proxy


@pytest.fixture
def lesson(browser: Browser, server: LiveServer) -> Iterator[OpenLesson]:
    with open_lesson(browser, server) as lesson:
        yield lesson


def pupil_behind(proxy: Proxy, lesson: OpenLesson) -> Page:
    """A pupil whose page and socket go through the proxy."""
    page = join(window(lesson.browser), proxy, lesson.code, start=lesson.run.stage.phase != "open")
    expect(page.locator("#link")).to_contain_text("Connected", timeout=WAIT_MS)
    return page


def wait_until(page: Page, condition: str, argument: str | None = None) -> None:
    """The page's own policy forbids what wait_for_function does."""
    until = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(condition, argument):
        assert time.monotonic() < until, f"never so: {condition}"
        page.wait_for_timeout(50)


def stored(lesson: OpenLesson) -> list[AnswerRow]:
    database = lesson.server.database()
    with database.reading() as db:
        found = list(db.exec(select(AnswerRow).where(AnswerRow.run_id == lesson.run.id)).all())
    database.close()
    return found


def test_devices_dial_again_at_evenly_spread_moments(lesson: OpenLesson) -> None:
    """Full jitter: between 0 and min(5 s, 0.5 s x 2^n), so that a class that was cut never comes back as one."""
    page = lesson.pupil()
    page.add_init_script(DIALS)
    page.route("**/play/panels/**", lambda route: route.abort())
    page.reload()
    wait_until(page, "() => waits.length >= 1200")
    waits = page.evaluate("waits")[:1200]
    for turn, most in enumerate((1000, 2000, 4000)):
        assert 0 <= waits[turn] < most
    later = waits[4:]
    assert max(later) < 5000
    bins = Counter(int(wait // 100) for wait in later)
    tell(f"{len(later)} waits: {len(bins)} bins of 100 ms, the fullest holds {max(bins.values()) / len(later):.1%}")
    assert len(bins) == 50
    assert max(bins.values()) / len(later) < 0.05


def test_a_page_that_was_put_away_and_shown_again_dials_at_once(lesson: OpenLesson) -> None:
    """The back-forward cache, by its events: Safari keeps our pages there, Chromium none that say no-store."""
    page = lesson.pupil()
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    lesson.go_to("before.F1")
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect_phase(page, "open")
    choose(page, "C")
    assert len(stored(lesson)) == 1


@pytest.mark.parametrize("event", ["clock", "visibilitychange"])
def test_a_device_that_wakes_to_a_dead_link_stands_where_the_class_stands(
    proxy: Proxy, lesson: OpenLesson, event: str
) -> None:
    page = pupil_behind(proxy, lesson)
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    proxy.swallow()  # its socket will never say another word, nor end
    lesson.go_to("before.F1")
    session.send("Page.setWebLifecycleState", {"state": "active"})
    began = time.monotonic()
    page.evaluate(SLEEP if event == "clock" else "() => document.dispatchEvent(new Event('visibilitychange'))")
    expect_phase(page, "open")
    took = time.monotonic() - began
    tell(f"woken by {event}: on the open question after {took:.1f} s")
    assert took < AWAKE_AGAIN * MARGIN
    expect(page.locator("#link")).to_contain_text("Connected")


def test_a_swap_keeps_the_very_tile_that_a_child_is_about_to_press(proxy: Proxy, lesson: OpenLesson) -> None:
    lesson.go_to("before.F1")
    page = pupil_behind(proxy, lesson)
    tile = page.locator("#panel-stage button[data-choice=B]")
    tile.focus()
    tile.evaluate("tile => { tile.isTheSame = true; }")
    before = proxy.upgrades
    proxy.cut()
    while proxy.upgrades == before:
        page.wait_for_timeout(50)
    expect(page.locator("#link")).to_contain_text("Connected")
    page.wait_for_timeout(500)
    assert tile.evaluate("tile => [tile.isTheSame, document.activeElement === tile]") == [True, True]
    lesson.give("close")
    lesson.give("reopen")  # all tiles are new, and the focus is where it was or on their panel
    expect_phase(page, "open")
    assert page.evaluate("() => document.querySelector('#panel-stage').contains(document.activeElement)")


def test_a_filter_that_answers_with_other_json_does_not_end_the_polling(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    said: list[str] = []

    def other_json(route: Route) -> None:
        said.append(route.request.url)
        if len(said) > 2:
            route.continue_()
        else:
            route.fulfill(content_type="application/json", body="null" if len(said) % 2 else '"blocked"')

    page.route_web_socket("**/play/socket", lambda socket: socket.close())
    page.route("**/play/panels/**", other_json)
    page.reload()
    lesson.go_to("before.F1")
    expect_phase(page, "open")
    assert len(said) > 2


def test_a_message_that_the_server_cannot_read_is_not_sent_for_ever(lesson: OpenLesson) -> None:
    """As when a page from before an upgrade has an answer left."""
    page = lesson.pupil()
    lesson.go_to("before.F1")
    expect_phase(page, "open")
    key = page.evaluate("""() => {
      const run = `sia:${document.body.dataset.run}`;
      const old = { kind: "vote", id: "left-over-message", asking: "?", round: 1, choice: "B", change: 1 };
      localStorage.setItem(run, JSON.stringify({ "?/1": old }));
      return run;
    }""")
    page.reload()
    wait_until(page, "key => !JSON.parse(localStorage.getItem(key) || '{}')['?/1']", key)
    choose(page, "A")
    expect(page.locator("#link")).to_contain_text("Connected")
    assert [row.change_no for row in stored(lesson)] == [1]


def test_a_tap_in_the_older_tab_takes_the_lesson_back_and_never_hides_the_way(lesson: OpenLesson) -> None:
    """The two tabs count one row of changes, though each has changed its mind without the other."""
    first = lesson.pupil()
    lesson.go_to("before.F1")
    expect_phase(first, "open")
    choose(first, "A")
    second = first.context.new_page()
    second.goto(f"{lesson.server.address}/play")
    choose(second, "B")
    expect(first.get_by_role("button", name="open in another tab")).to_be_visible()
    first.locator("#panel-stage button[data-choice=C]").click()
    expect(second.get_by_role("button", name="open in another tab")).to_be_visible()
    expect(first.locator("#panel-stage button[aria-pressed=true]")).to_have_attribute("data-choice", "B")
    choose(first, "C")
    expect(first.locator("#panel-stage button[aria-pressed=true]")).to_have_attribute("data-choice", "C")
    assert [row.change_no for row in stored(lesson)] == [3]


def test_an_answer_whose_acks_are_lost_is_sent_again_and_stored_once(proxy: Proxy, lesson: OpenLesson) -> None:
    proxy.mode, proxy.share, proxy.most_dropped = "drop_acks", 1.0, 2
    sent: list[str] = []
    lesson.go_to("before.F1")
    page = window(lesson.browser).new_page()
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.goto(f"{proxy.address}/join")
    page.locator("input[name=code]").fill(lesson.code)
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#link")).to_contain_text("Connected")
    page.locator("#panel-stage button[data-choice=C]").click()
    expect(page.locator("#status")).to_contain_text("Saving")
    expect(page.locator("#status")).to_contain_text("Answer saved", timeout=WAIT_MS)
    answers = [json.loads(one) for one in sent if '"answer"' in one]
    assert len(answers) >= 3
    assert len({one["id"] for one in answers}) == 1
    assert [row.change_no for row in stored(lesson)] == [1]
