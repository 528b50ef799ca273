"""Where a filter refuses every socket, a whole lesson goes by polling and POST."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from app.store.tables import ParticipationRecordRow
from tests.browsers import OpenLesson, asking, choose, chromium, expect_phase, open_lesson, phase, press_next
from tests.faults.proxy import proxy_to
from tests.journeys.test_network_faults import IN_TIME_MS, School, behind
from tests.live_server import live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_the_whole_lesson_goes_by_polling_and_post_where_sockets_are_refused(tmp_path: Path) -> None:
    with (
        live_server(tmp_path) as server,
        proxy_to(server.port) as proxy,
        chromium() as browser,
        open_lesson(browser, server) as lesson,
    ):
        goes_by_polling(lesson, behind(proxy, "refuse_upgrade", lesson))


def goes_by_polling(lesson: OpenLesson, school: School) -> None:
    """Every step by Next alone on the classroom screen; the pupil answers whatever is asked."""
    answered: list[str] = []
    while phase(school.screen) != "finished":
        if phase(school.screen) == "open":
            asked = asking(school.screen)
            expect_phase(school.pupil, "open", asked)
            choose(school.pupil, "AB"[len(answered) % 2])
            answered.append(asked)
        press_next(school.screen)
        if phase(school.screen) == "closed":
            expect(school.screen.locator("#panel-tally")).to_contain_text("1 of 1 answered", timeout=IN_TIME_MS)
    run = lesson.run
    school.screen.locator("#order-finish").click()
    school.screen.locator("input[name=present]").fill("30")
    school.screen.get_by_role("button", name="Finish the lesson").click()
    school.screen.wait_for_url("**/class/run/report**")
    expect_phase(school.pupil, "ended")
    record = record_of(lesson, run.id)
    steps = [place for place in run.plan.places if place.is_asking]
    assert len(answered) == len(set(answered)) == len(steps)
    assert (record.present, record.devices_joined, record.questions_served) == (30, 1, len(steps))
    assert (record.answers_counted, record.matched) == (len(steps), 1)


def record_of(lesson: OpenLesson, run_id: int) -> ParticipationRecordRow:
    database = lesson.server.database()
    with database.reading() as db:
        found = db.exec(select(ParticipationRecordRow).where(ParticipationRecordRow.run_id == run_id)).one()
    database.close()
    return found
