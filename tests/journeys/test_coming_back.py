"""A pupil who reloads, closes the tab or opens two comes back to the same seat; and who must go is told kindly."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from app.store.runs import OpenRun
from app.store.tables import AnswerRow, ParticipantRow, ParticipationRecordRow
from tests.browsers import OpenLesson, choose, chromium, expect_phase, open_lesson, phase, window
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
STORED = """async () => ({
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map((one) => one.name),
  caches: window.caches ? await caches.keys() : [],
  workers: (await navigator.serviceWorker?.getRegistrations() ?? []).length,
})"""
NOTHING = {"local": [], "session": [], "databases": [], "caches": [], "workers": 0}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("coming-back")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def lesson(browser: Browser, server: LiveServer) -> Iterator[OpenLesson]:
    with open_lesson(browser, server) as lesson:
        yield lesson


def alias(page: Page) -> str:
    found = page.locator("#panel-me .me").get_attribute("data-alias")
    assert found
    return found


def expect_choice(page: Page, letter: str) -> None:
    chosen = page.locator("#panel-stage button[aria-pressed=true]")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_attribute("data-choice", letter)


def participants(server: LiveServer, run: OpenRun) -> list[ParticipantRow]:
    database = server.database()
    with database.reading() as db:
        found = list(db.exec(select(ParticipantRow).where(ParticipantRow.run_id == run.id)).all())
    database.close()
    return found


def answers(server: LiveServer, run: OpenRun) -> list[AnswerRow]:
    database = server.database()
    with database.reading() as db:
        found = list(db.exec(select(AnswerRow).where(AnswerRow.run_id == run.id)).all())
    database.close()
    return found


def test_an_answer_that_was_never_sent_outlives_a_refresh(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    lesson.go_to("quiz.F1")
    expect_phase(page, "open")
    page.route("**/play/answers", lambda route: route.abort())
    page.route_web_socket("**/play/socket", lambda socket: socket.close())
    page.reload()
    page.locator("#panel-stage button[data-choice=B]").click()
    expect(page.locator("#status")).to_contain_text("Saving")
    assert answers(lesson.server, lesson.run) == []
    again = page.context.new_page()
    page.close()
    again.goto(f"{lesson.server.address}/play")
    expect_choice(again, "B")
    expect(again.locator("#status")).to_contain_text("Answer saved")
    assert len(answers(lesson.server, lesson.run)) == 1


def test_the_back_button_comes_back_to_the_same_seat(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    name = alias(page)
    lesson.go_to("before.F1")
    expect_phase(page, "open")
    choose(page, "B")
    page.goto(f"{lesson.server.address}/privacy")
    lesson.go_to("before.F2")
    page.go_back()
    expect_phase(page, "open", None)
    expect(page.locator("#link")).to_contain_text("Connected")
    expect(page.locator("#panel-stage button[aria-pressed=true]")).to_have_count(0)
    assert alias(page) == name
    choose(page, "A")
    assert len(answers(lesson.server, lesson.run)) == 2
    assert len(participants(lesson.server, lesson.run)) == 1


def test_a_closed_tab_comes_back_from_the_join_page(lesson: OpenLesson) -> None:
    """The child opens the browser again and types the code once more."""
    page = lesson.pupil()
    name, context = alias(page), page.context
    lesson.go_to("before.F1")
    expect_phase(page, "open")
    choose(page, "B")
    page.close()
    again = lesson.pupil(context=context)
    assert alias(again) == name
    expect_choice(again, "B")
    assert len(participants(lesson.server, lesson.run)) == 1


def test_a_second_tab_takes_over_and_a_tap_takes_it_back(lesson: OpenLesson) -> None:
    first = lesson.pupil()
    second = first.context.new_page()
    second.goto(f"{lesson.server.address}/play")
    expect(second.locator("#link")).to_contain_text("Connected")
    back = first.get_by_role("button", name="open in another tab")
    expect(back).to_be_visible()
    lesson.go_to("before.F1")
    expect_phase(second, "open")
    assert phase(first) == "lobby"
    back.click()
    expect_phase(first, "open")
    choose(first, "C")
    expect(second.get_by_role("button", name="open in another tab")).to_be_visible()
    first.wait_for_timeout(1500)  # the two do not fight over the seat
    expect(first.locator("#link")).to_contain_text("Connected")
    assert len(answers(lesson.server, lesson.run)) == 1


def test_the_seat_is_one_cookie_that_scripts_cannot_read(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    (seat,) = page.context.cookies()
    assert seat["name"] == "sia_seat"
    assert seat["httpOnly"]
    assert seat["sameSite"] == "Lax"
    assert seat["path"] == "/"
    assert page.evaluate("() => document.cookie") == ""
    hours = (seat["expires"] - page.evaluate("() => Date.now() / 1000")) / 3600
    assert 1 < hours <= 12


def test_after_leaving_the_browser_keeps_nothing(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    lesson.go_to("before.F1")
    expect_phase(page, "open")
    page.route_web_socket("**/play/socket", lambda socket: socket.close())
    page.route("**/play/answers", lambda route: route.abort())
    page.reload()
    page.locator("#panel-stage button[data-choice=A]").click()
    assert page.evaluate(STORED)["local"] != []  # the unsent answer: what leaving must wipe
    lesson.finish()
    expect_phase(page, "ended")
    page.get_by_role("button", name="Leave").click()
    page.wait_for_url(f"{lesson.server.address}/")
    assert page.evaluate(STORED) == NOTHING
    assert page.context.cookies() == []


def test_what_another_lesson_left_on_the_device_goes(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    page.evaluate("() => localStorage.setItem('sia:another', '{}')")
    page.reload()
    expect(page.locator("#link")).to_contain_text("Connected")
    assert page.evaluate(STORED)["local"] == []


def test_a_removed_pupil_is_told_kindly_and_may_join_again(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    name = alias(page)
    controls = lesson.teacher.new_page()
    controls.goto(f"{lesson.server.address}/class/run/controls")
    controls.get_by_role("button", name=f"Remove {name}").click()
    expect(controls.locator("#panel-crowd")).to_contain_text("0 of 30 joined")
    page.wait_for_url(re.compile(rf"{lesson.server.address}/(join.*)?$"))
    expect(page.locator("body")).to_contain_text("This seat is closed")
    again = lesson.pupil(context=page.context)
    assert alias(again)


def test_a_removed_pupil_who_reloads_is_asked_for_the_code(lesson: OpenLesson) -> None:
    page = lesson.pupil()
    row = participants(lesson.server, lesson.run)[0]
    lesson.post("run/seats/remove", participant_id=str(row.id))
    page.wait_for_url(re.compile(rf"{lesson.server.address}/(join.*)?$"))
    page.goto(f"{lesson.server.address}/play")
    expect(page.get_by_label("Type the code on the big screen")).to_be_visible()


def test_a_locked_door_lets_nobody_in_but_those_who_were_there(lesson: OpenLesson) -> None:
    inside = lesson.pupil()
    lesson.screen.locator("#order-more").click()
    lesson.screen.get_by_role("button", name="Lock the door").click()
    expect(lesson.screen.locator("#panel-stage")).to_contain_text("The door is locked")
    outside = window(lesson.browser).new_page()
    outside.goto(f"{lesson.server.address}/join")
    outside.locator("input[name=code]").fill(lesson.code)
    outside.get_by_role("button", name="Join").click()
    expect(outside.locator(".problem")).to_have_text("Your teacher has locked the door.")
    assert outside.locator("input[name=code]").input_value().replace(" ", "").upper() == lesson.code
    inside.reload()
    expect(inside.locator("#link")).to_contain_text("Connected")
    assert len(participants(lesson.server, lesson.run)) == 1


def test_the_picture_code_shows_the_code_and_one_button(lesson: OpenLesson) -> None:
    page = window(lesson.browser).new_page()
    page.goto(f"{lesson.server.address}/J/{lesson.code}")
    expect(page.locator(".code-card")).to_have_text(f"{lesson.code[:3]} {lesson.code[3:]}")
    expect(page.get_by_role("button")).to_have_count(1)
    assert participants(lesson.server, lesson.run) == []  # looking takes no seat
    page.get_by_role("button", name="Yes, join").click()
    page.wait_for_url("**/play**")
    expect(page.locator("#welcome")).to_contain_text(alias(page))


def test_a_finished_lesson_says_so_at_the_door(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        code = lesson.code
        lesson.finish()
        page = window(browser).new_page()
        page.goto(f"{server.address}/j/{code}")
        page.get_by_role("button", name="Yes, join").click()
        expect(page.locator(".problem")).to_contain_text("finished")


def test_a_rehearsal_says_so_everywhere_and_leaves_no_record(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server, rehearsal=True) as lesson:
        pupil = lesson.pupil()
        controls = lesson.teacher.new_page()
        controls.goto(f"{server.address}/class/run/controls")
        for step, reached in (("", "lobby"), ("before.F1", "open"), ("scenario.ask", "revealed")):
            if step:
                lesson.go_to(step, reached)
            for page in (lesson.screen, pupil, controls):
                expect_phase(page, reached)
                expect(page.get_by_text("Rehearsal - nothing is recorded").first).to_be_visible()
            if reached == "open":
                choose(pupil, "A")
        run = lesson.run
        lesson.finish()
        page = lesson.teacher.new_page()
        page.goto(f"{server.address}/class/run/report?run={run.id}")
        expect(page.locator("main")).to_contain_text("Rehearsal - nothing is recorded")
        database = server.database()
        with database.reading() as db:
            records = db.exec(select(ParticipationRecordRow).where(ParticipationRecordRow.run_id == run.id)).all()
        database.close()
        assert list(records) == []
