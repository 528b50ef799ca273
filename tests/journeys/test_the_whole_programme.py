"""The whole programme, from a spreadsheet to the records: one presenter, many classes, a link lost in mid-question.

A coordinator, a presenter, a teacher and a pupil in real Chromium; the other teachers and pupils are simulated. The
presenter's link is cut while a question is open: three classes go on alone, two hold, the others wait. She comes
back, and nobody is moved until the teacher says so. At the end every class has its own record, with what its own
pupils were told is saved, and each agency its part. The soak has 45 classes of 29 pupils.
"""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect

from app import demo
from app.demo import PRESENTER
from app.simulated_class import Acknowledged
from app.store.live_sessions import OpenSession
from tests.browsers import WAIT_MS, asking, catch_up, choose, chromium, code_on, expect_phase, join, phase, window
from tests.cast import PASSWORD
from tests.faults.figures import percentile, tell
from tests.faults.proxy import proxy_to
from tests.journeys.console_watch import ConsoleWatch
from tests.journeys.led_classes import LedClass, attend
from tests.journeys.led_hour import (
    Hour,
    account_of,
    each_agency_has_its_part,
    every_class_has_its_own_answers_and_record,
)
from tests.journeys.looks import Looks
from tests.journeys.setting_up import ADDRESS, Coordinator, sign_in
from tests.live_server import LiveServer, live_server
from tests.served import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
POLICE = ("police.officer@sia.example", "Police Demo Officer")
MARGIN = 5
FEWEST_CHANGES = 100
FEW = 4
"""Answers of the real pupil where there is little time."""


@pytest.mark.timeout(240)
def test_a_programme_is_set_up_and_led_through_a_lost_link(tmp_path: Path) -> None:
    the_whole_programme(tmp_path, classes=9, pupils=6, in_full=False)


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_forty_five_classes_are_led_through_a_lost_link(tmp_path: Path) -> None:
    the_whole_programme(tmp_path, classes=45, pupils=29, in_full=True)


def the_whole_programme(folder: Path, *, classes: int, pupils: int, in_full: bool) -> None:
    gone_seconds, speed = (10, 12) if in_full else (4, 24)
    with ExitStack() as things:
        server = things.enter_context(live_server(folder, SIA_PRESENTER_GONE_SECONDS=str(gone_seconds)))
        browser = things.enter_context(chromium())
        proxy = things.enter_context(proxy_to(server.port))
        looks = Looks()

        cora = window(browser).new_page()
        sign_in(cora, server.address, demo.COORDINATOR[0], server.links["coordinator_password"])
        office = Coordinator(cora, server.address, looks)
        office.begin_programme()
        presenter = window(browser).new_page()
        sign_in(presenter, proxy.address, PRESENTER[0], server.links["presenter_password"])
        take_part(presenter, looks)
        office.bring_list(folder)
        letters = office.make_letters()
        office.look_around()
        police = take_up(server, things, office.invite(POLICE[0], "Presenter for Kent Police"))
        begins = office.plan(PRESENTER[1], POLICE[1], classes)
        office.book(classes)
        screen = open_letter(browser, server, letters[classes - 1], begins, looks)

        teachers = [Visitor(server.address, things).open_class(each.partition("/")[2]) for each in letters[:classes]]
        database = things.enter_context(closing(server.database()))
        led = [LedClass(database, teacher, pupils, speed) for teacher in teachers]
        led[-1].has_screen = False
        session_id = open_console(presenter)
        hour = Hour(database, proxy, led, in_full, presenter, session_id, police, screen)
        hour.watch = ConsoleWatch(police, session_id, MARGIN)
        hour.watch.open()

        check_in(hour)
        attending = attend(led)
        hour.pupil = join(window(browser, "tablet"), server, hour.real.code)
        everybody_is_ready(hour)
        lead_to_open_question(hour)
        lost_in_mid_question(hour, gone_seconds)
        come_back(hour)
        screens_come_and_go(hour)
        cora.goto(f"{server.address}{ADDRESS}/wall")
        looks.at(cora)
        lead_to_the_end(hour, fire_officer(server, things))
        everybody_finishes(hour)
        attending.join(120)

        cora.goto(f"{server.address}{ADDRESS}/bookings")
        looks.at(cora)
        assert looks.faults == []
        every_class_has_its_own_answers_and_record(hour)
        each_agency_has_its_part(hour)
        p99 = percentile(hour.watch.took, 0.99)
        tell(f"{classes} classes: the console showed {len(hour.watch.took)} changes within {p99:.2f} s (p99)")
        assert len(hour.watch.took) >= FEWEST_CHANGES
        assert p99 < MARGIN  # wanted is one second; machines that test are slow and busy


# Before


def take_part(presenter: Page, looks: Looks) -> None:
    """A new programme asks the agency; its presenter says yes."""
    expect(presenter.locator(".asks")).to_contain_text("Safety in Action, Sandbay")
    looks.at(presenter)
    presenter.get_by_role("button", name="Take part").click()
    expect(presenter.locator(".asks")).to_have_count(0)


def take_up(server: LiveServer, things: ExitStack, invitation: str) -> Visitor:
    visitor = Visitor(server.address, things)
    path = invitation[invitation.index("/people/invited/") :]
    assert visitor.http.post(path, data={"name": POLICE[1], "password": PASSWORD}).status_code == 303
    return visitor


def fire_officer(server: LiveServer, things: ExitStack) -> Visitor:
    """The presenter once more, for plain orders."""
    visitor = Visitor(server.address, things)
    form = {"email": PRESENTER[0], "password": server.links["presenter_password"]}
    assert visitor.http.post("/sign-in", data=form).status_code == 303
    return visitor


def open_letter(browser: Browser, server: LiveServer, typed: str, begins: datetime, looks: Looks) -> Page:
    """A teacher types what is printed, ticks what is done, and has the hour in the calendar."""
    context = window(browser)
    page = context.new_page()
    page.goto(f"{server.address}/{typed.upper()}")
    page.get_by_role("button").first.click()
    page.wait_for_url("**/class")
    expect(page.locator(".booked")).to_contain_text("Booked: in")
    looks.at(page)
    page.get_by_label("Our safeguarding lead knows the date").check()
    page.get_by_role("button", name="Save the ticks").click()
    expect(page.get_by_label("Our safeguarding lead knows the date")).to_be_checked()
    downloaded = context.request.get(f"{server.address}/class/calendar.ics").body()
    events: list[Any] = Calendar.from_ical(downloaded).walk("VEVENT")
    assert [event["DTSTART"].dt.astimezone(UTC) for event in events] == [begins.astimezone(UTC)]
    return page


def open_console(presenter: Page) -> int:
    presenter.get_by_role("link", name="Lead a live session").click()
    presenter.get_by_role("button", name="Open console").click()
    presenter.wait_for_url("**/present/*")
    expect(presenter.locator("#link")).to_contain_text("Connected", timeout=WAIT_MS)
    return int(presenter.url.rpartition("/")[2])


def check_in(hour: Hour) -> None:
    for one in hour.simulated:
        hour.watch.expect(one, "getting_ready", one.check_in(hour.session_id))
    hour.screen.reload()
    hour.screen.get_by_role("button", name="Join the live session").click()
    hour.screen.wait_for_url("**/class/run/screen")
    hour.real.know_run()
    assert hour.real.code == code_on(hour.screen)
    hour.watch.must_show_all()


def everybody_is_ready(hour: Hour) -> None:
    console, screen, number = hour.console, hour.screen, len(hour.classes)
    expect(console.locator('tr[data-light="getting_ready"]')).to_have_count(number, timeout=WAIT_MS)
    screen.locator("#order-next").click()  # the ground rules
    expect(screen.locator("#panel-stage")).to_contain_text("Our ground rules", timeout=WAIT_MS)
    screen.wait_for_timeout(260)
    screen.locator("#order-ready").click()
    for one in hour.simulated:
        hour.watch.expect(one, "with_you", one.order("ready"))
    hour.watch.must_show_all()
    expect(console.locator('tr[data-light="with_you"]')).to_have_count(number, timeout=WAIT_MS)
    expect(console.locator(".classes")).to_contain_text(f"{number} of {number}")


# The lesson


def press(console: Page, wanted: str = "") -> None:
    """The presenter's Next, and the phase that comes of it."""
    console.wait_for_timeout(260)  # two touches within 250 ms are one
    seq = "form:has(#order-next) input[name=seq]"
    before = console.locator(seq).input_value()
    console.locator("#order-next").click()
    # Two stages in a row may be in one phase, and the last has no Next.
    expect(console.locator(f"{seq}[value='{before}']")).to_have_count(0, timeout=WAIT_MS)
    if wanted:
        expect(console.locator("#panel-stage .stage")).to_have_attribute("data-phase", wanted, timeout=WAIT_MS)


def answer(hour: Hour) -> None:
    """The real pupil taps where one tap is an answer, and is told that it is saved."""
    catch_up(hour.pupil)
    if phase(hour.pupil) == "open" and hour.pupil.locator("#panel-stage form button[data-choice='B']").count():
        choose(hour.pupil, "B")
        hour.real.said.append(Acknowledged(hour.real.pupils, asking(hour.pupil), 1, "B", 1))


def lead_to_open_question(hour: Hour) -> None:
    for wanted in ("content", "ready", "open"):
        press(hour.console, wanted)
    expect_phase(hour.screen, "open")
    answer(hour)
    assert len(hour.real.said) == 1
    expect(hour.console.locator("#panel-tally")).to_contain_text("answered", timeout=WAIT_MS)


def lost_in_mid_question(hour: Hour, gone_seconds: int) -> None:
    """Her link is cut while the question is open. After the time everybody may carry on; three do, two hold."""
    hour.proxy.mode = "refuse"
    hour.proxy.cut()
    lost_at = time.monotonic()
    controls = hour.screen.locator(".bar-controls")
    expect(controls).to_contain_text("Your teacher can carry on", timeout=WAIT_MS + 10_000)
    assert time.monotonic() - lost_at >= gone_seconds - 3.5  # its last beat came up to three seconds earlier
    expect(hour.screen.locator("#order-next")).to_contain_text("Carry on: close the question")
    for one in hour.alone:
        hour.watch.expect(one, "holding", one.order("carry_on"))
    for one in hour.holding:
        hour.watch.expect(one, "holding", one.order("hold"))
    hour.watch.must_show_all()
    for one in hour.alone:
        one.order("next")
        one.order("next")
    expect_phase(hour.screen, "open")
    assert {one.run.following for one in hour.waiting} == {True}


def come_back(hour: Hour) -> None:
    """She is back, and nobody has jumped. All but one that went their own way catch up when their teachers say so."""
    own_way = [*hour.alone, *hour.holding]
    stood = [one.place for one in own_way]
    hour.proxy.mode = "ok"
    expect(hour.console.locator("#link")).to_contain_text("Connected", timeout=WAIT_MS)
    expect(hour.console.locator('tr[data-light="holding"]')).to_have_count(len(stood), timeout=WAIT_MS)
    expect(hour.screen.locator(".bar-controls")).to_contain_text("leads", timeout=WAIT_MS)
    assert "The officer is back" in hour.alone[0].teacher.http.get("/class/run/controls").text
    press(hour.console, "closed")
    expect_phase(hour.screen, "closed")
    expect_phase(hour.pupil, "closed")
    assert [one.place for one in own_way] == stood
    for one in own_way[1:]:
        hour.watch.expect(one, "with_you", one.order("catch_up"))
    hour.watch.must_show_all()
    assert {one.place for one in hour.classes[1:]} == {("before.F1", "closed")}
    press(hour.console, "ready")


def screens_come_and_go(hour: Hour) -> None:
    """Screens are closed and opened, classes hold and catch up, until there is enough to measure."""
    some = hour.simulated[1:21]
    ways: Sequence[tuple[str, Callable[[LedClass], Any]]] = (
        ("lost", LedClass.lose_screen),
        ("with_you", LedClass.dial_again),
        ("holding", lambda one: one.order("hold")),
        ("with_you", lambda one: one.order("catch_up")),
    )
    is_enough = False
    while not is_enough:
        for light, change in ways:
            for one in some:
                hour.watch.expect(one, light, change(one))
            hour.watch.must_show_all()
        is_enough = len(hour.watch.took) + len(hour.classes) > FEWEST_CHANGES  # at the end each class ends


def lead_to_the_end(hour: Hour, fire: Visitor) -> None:
    """From the scenario to the poll a police officer holds the console; one class goes on alone to its end."""
    by_itself, who = hour.alone[0], fire
    while (now := hour.session).stage.phase != "finished":
        if now.stage.step_key == "scenario" and who is fire:
            hand_over(hour, fire, POLICE[0])
            who = hour.police
        elif now.stage.step_key == "quiz" and who is hour.police:
            hand_over(hour, hour.police, PRESENTER[0])
            who = fire
        else:
            is_level = by_itself.place == (now.stage.step_key, now.stage.phase)
            give_next(hour, who, now)
            if is_level:
                by_itself.order("next")
            if now.stage.phase == "ready":
                if hour.in_full or len(hour.real.said) < FEW:
                    answer(hour)
                time.sleep(hour.thinks)
    assert {one.place[1] for one in hour.classes} == {"finished"}
    assert [one.run.following for one in hour.classes] == [one is not by_itself for one in hour.classes]


def give_next(hour: Hour, who: Visitor, now: OpenSession) -> None:
    """At the presenter's console when there is time, else by a plain order."""
    if hour.in_full and who is not hour.police:
        press(hour.console)
        return
    form = {"order": "next", "seq": now.stage.seq, "holder_epoch": now.holder_epoch}
    assert who.http.post(f"/present/{hour.session_id}/cue", data=form).status_code == 303


def hand_over(hour: Hour, who: Visitor, to: str) -> None:
    form = {"holder_epoch": hour.session.holder_epoch, "to": account_of(hour, to)}
    assert who.http.post(f"/present/{hour.session_id}/console", data=form).status_code == 303


def everybody_finishes(hour: Hour) -> None:
    """Teachers count and finish, then the presenter ends the session."""
    for one in hour.simulated:
        hour.watch.expect(one, "ended", one.finish())
    screen = hour.screen
    screen.locator("#order-finish").click()
    screen.wait_for_url("**/class/run/finish")
    screen.locator("input[name=present]").fill(str(hour.real.pupils))
    screen.get_by_role("button", name="Finish the lesson").click()
    screen.wait_for_url("**/class/run/report**")
    hour.real.present = hour.real.pupils
    hour.watch.must_show_all()
    expect(hour.console.locator('tr[data-light="ended"]')).to_have_count(len(hour.classes), timeout=WAIT_MS)
    hour.console.locator("#head-more-open").click()
    hour.console.locator("#order-end").click()
    hour.console.locator("#order-end-sure").click()
    hour.console.wait_for_url(re.compile(r"/present/\d+/ended$"))
