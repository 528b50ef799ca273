"""Every page that a link leads to asks no other host and complains of nothing."""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext

from app import demo
from tests.browsers import chromium, open_lesson, window
from tests.live_server import LiveServer, live_server
from tests.sizes import Witness

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("links")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_no_page_asks_another_host_or_complains(browser: Browser, server: LiveServer) -> None:
    """Follows every link, as visitor, teacher, presenter and coordinator."""
    witness = Witness()
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        visited = crawl(window(browser), witness, server.address)
        visited |= crawl(lesson.teacher, witness, f"{server.address}/class", f"{server.address}/class/run/screen")
        for email, password in (
            (demo.PRESENTER[0], server.links["presenter_password"]),
            (demo.COORDINATOR[0], server.links["coordinator_password"]),
        ):
            staff = window(browser)
            sign_in(staff, server, email, password)
            visited |= crawl(staff, witness, f"{server.address}/programmes")
    assert visited >= {
        "/", "/help", "/privacy", "/accessibility", "/sign-in", "/class", "/class/run/screen", "/class/run/controls",
        "/class/run/pair", "/class/run/finish", "/programmes", "/author/media", "/reports/agencies/rnli",
    }  # fmt: skip
    assert witness.hosts() == {urlsplit(server.address).netloc}
    assert witness.complaints == []


def sign_in(context: BrowserContext, server: LiveServer, email: str, password: str) -> None:
    page = context.new_page()
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/programmes")
    page.close()


ONE_OF_MANY = re.compile(r"(?<=/)(lessons|steps|questions|facts|versions|present|(?:schools|records)(?=/\d))/[^/]+")


def crawl(context: BrowserContext, witness: Witness, *starts: str) -> set[str]:
    """Opens pages and all that their links lead to; returns the paths. Of pages of one kind two are enough."""
    page = context.new_page()
    witness.watch(page)
    own = urlsplit(starts[0]).netloc
    waiting, visited, kinds = [*starts], set[str](), Counter[str]()
    while waiting:
        path = urlsplit(waiting.pop()).path
        kind = ONE_OF_MANY.sub(r"\1/*", path)
        if path in visited or kinds[kind] == 2 or re.search(r"\.\w{2,4}$|/files/|^/c/", path):
            continue
        visited.add(path)
        kinds[kind] += 1
        page.goto(f"http://{own}{path}")
        if path.endswith("/preview"):
            continue  # a preview's buttons belong to a run that is not there
        links = page.evaluate("() => [...document.links].map((link) => link.href)")
        waiting += [link for link in links if urlsplit(link).scheme == "http" and urlsplit(link).netloc == own]
    page.close()
    return visited


def test_a_complaint_would_be_heard(browser: Browser, server: LiveServer) -> None:
    page = window(browser).new_page()
    witness = Witness()
    witness.watch(page)
    page.goto(server.address)
    page.evaluate(
        "() => { const other = new Image(); other.src = 'http://localhost:9/x.png'; document.body.append(other); }"
    )
    page.wait_for_timeout(200)
    assert any("Content Security Policy" in line for line in witness.complaints)
    page.context.close()
