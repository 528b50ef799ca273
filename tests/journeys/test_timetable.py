"""From the coordinator's plan to the teacher's calendar, and a room behind a filter that cuts sockets."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app import demo
from tests.browsers import FRAMES, LOADED, chromium, open_class, window
from tests.faults.proxy import Fate, proxy_to
from tests.journeys.test_accessibility import violations
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("timetable"), SIA_NETWORK_CHECK_SECONDS="1") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def next_school_day() -> date:
    """A Tuesday in a week or two: the demo's clock is the machine's."""
    day = date.today() + timedelta(days=8)
    return day + timedelta(days=(1 - day.weekday()) % 7)


def coordinator(browser: Browser, server: LiveServer) -> Page:
    page = window(browser).new_page()
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill(demo.COORDINATOR[0])
    page.locator("input[name=password]").fill(server.links["coordinator_password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/programmes")
    return page


def must_be_sound(page: Page) -> None:
    """No fault for axe, and nothing wider than the window, from a phone to a laptop."""
    for name in ("laptop", "tablet", "phone"):
        width, height = FRAMES[name]
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(LOADED)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} on a {name}"
        if name != "tablet":
            assert violations(page) == [], f"{page.url} on a {name}"
    width, height = FRAMES["laptop"]
    page.set_viewport_size({"width": width, "height": height})


def press_until(page: Page, key: str, wanted: str) -> None:
    for _ in range(60):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} is not reached with {key}")


def test_a_session_is_planned_by_keys_booked_and_stands_in_the_teachers_calendar(
    browser: Browser, server: LiveServer
) -> None:
    cora = coordinator(browser, server)
    day = next_school_day()
    cora.goto(f"{server.address}/programmes/demo/timetable?week={day}")
    must_be_sound(cora)
    press_until(cora, "Tab", f'a[href$="on={day}"]')
    cora.keyboard.press("Enter")
    cora.wait_for_url("**/timetable/new**")
    must_be_sound(cora)
    assert cora.locator("#on").input_value() == str(day)
    cora.locator("select[name=place]").first.select_option("1")
    cora.locator("select[name=part]").first.select_option("all")
    cora.locator("#capacity").fill("6")
    press_until(cora, "Tab", ".plan-form .btn.go")
    cora.keyboard.press("Enter")
    cora.wait_for_url(re.compile(r"/timetable/\d+$"))
    cora.get_by_label("Class 6H", exact=False).first.check()
    cora.get_by_role("button", name="Book the ticked classes").click()
    expect(cora.locator("table.bookings")).to_contain_text("Confirmed")
    must_be_sound(cora)
    for place in ("bookings", "wall"):
        cora.goto(f"{server.address}/programmes/demo/{place}")
        must_be_sound(cora)

    with_link = window(browser)
    tess = open_class(with_link, server)
    expect(tess.locator(".booked")).to_contain_text("Booked: in")
    must_be_sound(tess)
    tess.get_by_label("Our safeguarding lead knows the date").check()
    tess.get_by_role("button", name="Save the ticks").click()
    expect(tess.get_by_label("Our safeguarding lead knows the date")).to_be_checked()
    assert starts(with_link, server) == [(day, 10)]


def starts(context: BrowserContext, server: LiveServer) -> list[tuple[date, int]]:
    downloaded = context.request.get(f"{server.address}/class/calendar.ics").body()
    events: list[Any] = Calendar.from_ical(downloaded).walk("VEVENT")
    return [(event["DTSTART"].dt.date(), event["DTSTART"].dt.hour) for event in events]


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("ok", "Everything that a lesson needs gets through."),
        ("refuse_upgrade", "Lessons work without it"),
        ("black_hole", "Lessons work without it"),
    ],
)
def test_a_room_whose_filter_cuts_sockets_is_ready_all_the_same(
    browser: Browser, server: LiveServer, fate: Fate, words: str
) -> None:
    with proxy_to(server.port) as proxy:
        proxy.mode = fate
        page = window(browser).new_page()
        page.goto(f"{proxy.address}/network-check")
        expect(page.locator("#verdict")).to_contain_text("You are ready", timeout=20_000)
        expect(page.locator("#verdict")).to_contain_text(words)
        assert page.locator("#check-socket").get_attribute("data-state") == ("good" if fate == "ok" else "slow")
        assert page.locator("#check-poll").get_attribute("data-state") == "good"
        if fate == "ok":
            must_be_sound(page)
        page.context.close()
