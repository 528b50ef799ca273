"""The timetable for its coordinator, and planned sessions on the presenter's page."""

import html
from typing import Any

import pytest

from tests.cast import CORA, PAUL, PRIYA, RITA, World
from tests.planning import TIMETABLE, book, go_to_the_day, plan, plan_form, planned, presenter_value, send_plan


def test_a_planned_session_stands_in_its_week_and_in_no_other(world: World) -> None:
    cora = world.staff(CORA)
    plan(world, cora)
    there = cora.get(f"{TIMETABLE}?week=2026-11-12").text
    assert "Priya" in there
    assert "10:00" in there
    assert "of 2 places taken" in there
    assert "Priya" not in cora.get(TIMETABLE).text
    for odd in ("", "2026-13-01", "9999-12-31", "0001-01-01", "never"):
        assert cora.get(TIMETABLE, params={"week": odd}).status_code == 200


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "soon"}, "date and the time"),
        ({"place": [""]}, "at least one lesson"),
        ({"video_url": "http://video.example"}, "https://"),
        ({"minutes": "500"}, "between 10 and 240"),
        ({"capacity": "0"}, "between 1 and 500"),
    ],
)
def test_a_wrong_plan_is_told_beside_what_was_typed(world: World, changed: dict[str, Any], sentence: str) -> None:
    answer = send_plan(world, **{"at": "11:20", **changed})
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.text)
    assert 'value="11:20"' in answer.text


def test_two_agencies_do_not_both_lead_everything(world: World) -> None:
    both = [presenter_value(world, PRIYA), presenter_value(world, RITA)]
    assert send_plan(world, presenter=both, part=["all", "all"]).status_code == 422
    session_id = plan(world, presenter=both, part=["own", "all"])
    parts = [(one.name, one.leads_all) for one in planned(world, session_id).presenters]
    assert parts == [("Rita", True), ("Priya", False)]


def test_what_is_odd_is_warned_of_beside_the_plan_and_stops_nothing(world: World) -> None:
    cora = world.staff(CORA)
    first = plan(world, cora)
    second = plan(world, cora, at="10:30")
    book(world, cora, first, 1)
    book(world, cora, second, 1)
    page = cora.get(f"{TIMETABLE}/{second}").text
    assert "Priya also presents" in page
    assert "Also booked for" in page


def test_an_agency_that_is_not_vetted_is_warned_of_until_its_vetting_is_noted(world: World) -> None:
    cora = world.staff(CORA)
    address = f"{TIMETABLE}/{plan(world, cora)}"
    assert "is not noted as vetted yet" in cora.get(address).text
    agencies = cora.get("/programmes/town/agencies").text
    assert 'href="/people#invite"' in agencies
    fire = agencies.partition("Kent Fire")[0].rpartition("agencies/")[2].partition('"')[0]
    cora.post(f"/programmes/town/agencies/{fire}", data={"vetted": "yes", "vetted_on": "2026-11-02"})
    assert "is not noted as vetted yet" not in cora.get(address).text


def test_a_calendar_entry_names_the_programme_and_the_town(world: World) -> None:
    cora = world.staff(CORA)
    book(world, cora, plan(world, cora), 1)
    for client, address in ((cora, "/present/calendar.ics"), (world.teacher(), "/class/calendar.ics")):
        written = client.get(address).text.replace("\r\n ", "")
        assert "Safety in Action\\, the town (demo)\\, The town (demo)." in written


def test_school_holidays_of_the_programme_warn_in_the_week(world: World) -> None:
    cora = world.staff(CORA)
    plan(world, cora)
    assert cora.post(f"{TIMETABLE}/holidays", data={"holidays": "2026-11-09 to 2026-11-13"}).status_code == 303
    assert "It is in the school holidays." in cora.get(f"{TIMETABLE}?week=2026-11-10").text
    assert cora.post(f"{TIMETABLE}/holidays", data={"holidays": "half-term"}).status_code == 422


def test_a_session_is_changed_and_cancelled_until_it_is_open(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    form = plan_form(world, at="13:15", part=["own"])
    assert cora.post(f"{TIMETABLE}/{session_id}/plan", data=form).status_code == 303
    assert 'value="13:15"' in cora.get(f"{TIMETABLE}/{session_id}/plan").text
    assert cora.post(f"{TIMETABLE}/{session_id}/cancel").status_code == 303
    assert cora.post(f"{TIMETABLE}/{session_id}/cancel").status_code == 403
    assert "Cancelled" in cora.get(f"{TIMETABLE}/{session_id}").text
    assert "Rehearse" not in world.staff(PRIYA).get("/present").text.partition("Safety in Action, the town")[0]


def test_the_presenter_sees_a_countdown_and_opens_the_console_half_an_hour_before(world: World) -> None:
    session_id = plan(world)
    priya = world.staff(PRIYA)
    early = priya.get("/present").text
    assert "In 7 days" in early
    assert f"/present/{session_id}/open" not in early
    assert priya.get(f"/present/{session_id}").status_code == 404
    assert priya.post(f"/present/{session_id}/open").status_code == 403
    go_to_the_day(world, minutes_before=30)
    priya = world.staff(PRIYA)
    assert f"/present/{session_id}/open" in priya.get("/present").text
    opened = priya.post(f"/present/{session_id}/open")
    assert (opened.status_code, opened.headers["location"]) == (303, f"/present/{session_id}")
    assert priya.get(f"/present/{session_id}").status_code == 200
    assert world.staff(CORA).post(f"/present/{session_id}/open").status_code == 303


def test_a_planned_session_can_be_rehearsed_any_day_and_no_class_is_offered_it(world: World) -> None:
    session_id = plan(world)
    rehearsal = world.staff(PRIYA).post(f"/present/{session_id}/rehearse")
    assert rehearsal.status_code == 303
    assert rehearsal.headers["location"] != f"/present/{session_id}"
    assert "Join the live session</button>" not in world.teacher().get("/class").text


def test_others_find_neither_the_timetable_nor_its_sessions(world: World) -> None:
    session_id = plan(world)
    go_to_the_day(world)
    for address in (TIMETABLE, f"{TIMETABLE}/new", f"{TIMETABLE}/{session_id}", f"{TIMETABLE}/{session_id}/plan"):
        assert world.staff(PRIYA).get(address).status_code == 404, address
    paul = world.staff(PAUL)
    assert paul.post(f"/present/{session_id}/open").status_code == 404
    assert paul.post(f"/present/{session_id}/rehearse").status_code == 404
    assert "In 10 minutes" not in paul.get("/present").text
    assert world.browser().get(TIMETABLE).headers["location"] == "/sign-in"
