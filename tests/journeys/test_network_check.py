"""Check your room: behind a filter that cuts sockets, and without one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browsers import chromium, window
from tests.faults.proxy import Fate, proxy_to
from tests.journeys.looks import Looks
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("network"), SIA_NETWORK_CHECK_SECONDS="1") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


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
            looks = Looks()
            looks.at(page)
            assert looks.faults == []
        page.context.close()
