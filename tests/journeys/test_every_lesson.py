"""Each shipped lesson, by *Next* alone from the lobby to the summary, in every frame that a school may have."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from app.settings import Settings
from tests.browsers import chromium
from tests.live_server import LiveServer, live_server
from tests.sizes import Size, Walk, faults, walk_through

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(1200)]
TOPICS = sorted(path.stem for path in Settings().lessons_dir.glob("*.md"))
SCREENS: tuple[Size, ...] = ((1920, 1080), (1280, 720), (1280, 800), (1024, 768), (1366, 657), (1024, 690))
"""A tablet held upright is a pupil's, never the classroom screen."""
DEVICES: tuple[Size, ...] = (*SCREENS, (768, 1024), (360, 640), (320, 568))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("every-lesson")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("topic", TOPICS)
def test_every_step_and_phase_of_a_lesson_fits_every_frame(browser: Browser, server: LiveServer, topic: str) -> None:
    walk = Walk(SCREENS, DEVICES)
    walk_through(browser, server, walk, topic, presses=True)
    seen = {place for place, _ in walk.classroom}
    assert walk.planned - seen == set()
    assert {"/lobby", "summary"} <= seen
    found = [f"{size} {fault}" for size in SCREENS for fault in faults(walk.classroom, size)]
    found += [f"{size} pupil {fault}" for size in DEVICES for fault in faults(walk.devices, size)]
    assert found == []
    assert walk.witness.complaints == []
