"""Every step of the fire lesson, and every slide of the others, fits every screen; a pupil's page is light."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Request

from app.settings import Settings
from tests.browsers import catch_up, chromium, open_lesson, window
from tests.live_server import LiveServer, live_server
from tests.sizes import (
    CLASSROOM,
    CLASSROOM_FAULTS,
    DEVICE_FAULTS,
    DEVICES,
    Size,
    Walk,
    faults,
    walk_through,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OTHERS = sorted(path.stem for path in Settings().lessons_dir.glob("*.md") if path.stem != "fire")
LIGHTEST, FEWEST = 120_000, 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("sizes")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def walk(browser: Browser, server: LiveServer) -> Walk:
    walk = Walk()
    walk_through(browser, server, walk)
    return walk


def shares(walk: Walk, size: Size, name: str) -> dict[str, list[float]]:
    """place -> font sizes in per cent of the screen's height, where the place has any."""
    return {place: sight[name] for (place, at), sight in walk.classroom.items() if at == size and sight[name]}


@pytest.mark.parametrize("size", CLASSROOM, ids=str)
def test_everything_fits_on_the_classroom_screen(walk: Walk, size: Size) -> None:
    assert faults(walk.classroom, size) == []


@pytest.mark.parametrize("size", CLASSROOM, ids=str)
def test_a_question_is_7_answers_5_and_the_code_18_hundredths_of_the_height(walk: Walk, size: Size) -> None:
    questions, options, code = (shares(walk, size, name) for name in ("question", "options", "code"))
    assert len(questions) >= 50
    assert [f"{place}: {one}" for place, all in questions.items() for one in all if abs(one - 7) > 0.14] == []
    assert [f"{place}: {one}" for place, all in options.items() for one in all if one < 4.99] == []
    assert code["/lobby"] == [pytest.approx(18, rel=0.02)]


@pytest.mark.parametrize("size", DEVICES, ids=str)
def test_everything_fits_on_a_pupils_device(walk: Walk, size: Size) -> None:
    assert faults(walk.devices, size) == []


@pytest.mark.parametrize("topic", OTHERS)
def test_every_slide_of_the_other_lessons_fits(browser: Browser, server: LiveServer, topic: str) -> None:
    """The short form of `test_every_lesson`: questions keep to the lengths that the walk above has measured."""
    walk = Walk()
    with open_lesson(browser, server, topic=topic) as lesson:
        pupil = lesson.pupil()
        for page in (lesson.screen, pupil):
            page.emulate_media(reduced_motion="reduce")
        while (stage := lesson.give().stage).phase != "finished":
            if stage.phase == "content" or (stage.step_key, stage.phase) == ("pledge", "open"):
                catch_up(lesson.screen)
                catch_up(pupil)
                walk.look(stage.step_key, lesson.screen, pupil)
    assert len({place for place, _ in walk.devices}) >= 14
    assert [fault for size in CLASSROOM for fault in faults(walk.classroom, size)] == []
    assert [fault for size in DEVICES for fault in faults(walk.devices, size)] == []


def test_the_walk_saw_every_step_and_every_phase(walk: Walk) -> None:
    places = {place for place, _ in walk.devices}
    assert len([place for place in places if place.endswith("/open")]) >= 19
    assert {place.rpartition("/")[2] for place in places if "/" in place} >= {
        "lobby", "content", "ready", "open", "closed", "revealed", "finished",
    }  # fmt: skip


def test_a_lesson_asks_no_other_host_and_the_console_stays_quiet(walk: Walk, server: LiveServer) -> None:
    assert len(walk.witness.requests) > 20
    assert walk.witness.hosts() == {urlsplit(server.address).netloc}
    assert walk.witness.complaints == []


def test_text_that_is_too_small_or_cut_off_is_found(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        catch_up(lesson.screen)
        assert lesson.screen.evaluate(CLASSROOM_FAULTS)["faults"] == []
        # The page's own rules forbid a style attribute, not a script's style property.
        lesson.screen.locator(".ask .words").first.evaluate("words => (words.style.fontSize = '20px')")
        lesson.screen.locator(".ask h1").evaluate("title => (title.style.marginTop = '60vh')")
        found = " ".join(lesson.screen.evaluate(CLASSROOM_FAULTS)["faults"])
        assert "vh: span.words" in found
        assert "cut off" in found


def test_targets_that_are_too_small_and_words_over_words_are_found(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        pupil = lesson.pupil("phone")
        pupil.evaluate(
            """() => {
              document.querySelector(".foot .tell").style.cssText = "min-height: 20px; padding: 0";
              document.querySelector(".question").style.transform = "translateY(140px)";
              document.querySelector(".tile .words").style.fontSize = "12px";
            }"""
        )
        found = " ".join(pupil.evaluate(DEVICE_FAULTS)["faults"])
        assert "12 px: span.words" in found
        assert " over " in found
        assert re.search(r"x \d\d px: a\.", found)


def test_the_first_load_of_an_open_question_is_light(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        seat = window(browser)
        page = lesson.pupil(context=seat)
        cold = browser.new_context(storage_state=seat.storage_state(), viewport={"width": 768, "height": 1024})
        page.close()
        loaded, requests = load_cold(cold, f"{server.address}/play")
        icon = cold.pages[0].locator("link[rel=icon]").evaluate("link => link.href")
    own = urlsplit(server.address).netloc
    assert [url for url in requests if urlsplit(url).netloc != own] == []
    assert 10_000 < loaded < LIGHTEST
    needed = {*requests, icon}  # the tab's icon too; what is kept for good is asked for once
    assert len(needed) < FEWEST, "\n".join(sorted(needed))


def load_cold(context: BrowserContext, address: str) -> tuple[int, list[str]]:
    """Bytes on the wire, and the addresses asked for, until the page rests."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    requests: list[Request] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.on("request", lambda request: requests.append(request))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert len(sizes) >= len(requests) - 1
    return sum(sizes), [request.url for request in requests]
