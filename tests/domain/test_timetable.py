"""What is wrong with a plan, when its console opens, and times by British clocks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.booking import Booked, is_pack_due
from app.domain.errors import Invalid
from app.domain.presenter import Presenter
from app.domain.school_days import Holiday, read_holidays, school_days_before, why_no_school
from app.domain.timetable import (
    Planned,
    PlannedModule,
    Season,
    countdown,
    read_capacity,
    read_minutes,
    read_start,
    read_video_url,
    warnings,
)

SEASON = Season(
    starts_on=date(2026, 11, 2),
    ends_on=date(2027, 7, 23),
    holidays=(Holiday(first=date(2027, 2, 15), last=date(2027, 2, 19)),),
)
PRIYA = Presenter(account_id=1, name="Priya", agency_key="fire-service", agency="Fire", leads_all=True)
RITA = Presenter(account_id=2, name="Rita", agency_key="rnli", agency="RNLI")
FIRE = PlannedModule(
    module_id=1,
    title="Fire",
    topic_key="fire",
    topic_name="Fire",
    lead="Fire",
    minutes=40,
    agency_keys=frozenset({"fire-service"}),
)


def session(**changed: Any) -> Planned:
    members: dict[str, Any] = {
        "id": 1,
        "programme_id": 1,
        "seed": "seed",
        "starts_at": datetime(2026, 11, 10, 10, tzinfo=UTC),
        "minutes": 45,
        "capacity": 2,
        "video_url": "",
        "questions": 8,
        "opened_at": None,
        "ended_at": None,
        "cancelled_at": None,
        "ics_sequence": 0,
        "modules": (FIRE,),
        "presenters": (PRIYA,),
        "bookings": (),
    }
    return Planned.model_validate(members | changed)


def booked(class_group_id: int, state: str = "confirmed", **changed: Any) -> Booked:
    members: dict[str, Any] = {
        "id": class_group_id,
        "live_session_id": 1,
        "class_group_id": class_group_id,
        "school": "Harrowmarsh",
        "label": f"6{class_group_id}",
        "on_roll": 30,
        "state": state,
        "pack_was_sent": False,
        "room_checked_on": None,
        "dsl_told_on": None,
        "pupils_thought_of_on": None,
        "send_to": "",
        "mail_trouble": "",
        "ics_sequence": 0,
    }
    return Booked.model_validate(members | changed)


def at(*moment: int) -> Planned:
    return session(starts_at=datetime(*moment, tzinfo=UTC))  # type: ignore[misc,arg-type]


def test_a_sound_plan_is_warned_of_nothing() -> None:
    assert warnings(session(bookings=(booked(1), booked(2))), [], SEASON) == []


@pytest.mark.parametrize(
    ("wrong", "warned"),
    [
        (session(presenters=()), "Nobody presents Fire yet."),
        (session(presenters=(RITA,)), "Nobody presents Fire yet."),
        (session(bookings=(booked(1), booked(2, "requested"), booked(3))), "3 classes are booked, and there is room"),
        (at(2026, 10, 20, 10), "outside the dates of the programme"),
        (at(2026, 11, 14, 10), "at the weekend"),
        (at(2027, 2, 16, 10), "in the school holidays"),
        (at(2027, 5, 3, 10), "on the early May bank holiday"),
        (at(2026, 11, 10, 8, 30), "outside school hours (08:45 to 15:30)"),
        (at(2026, 11, 10, 15), "outside school hours"),
    ],
)
def test_each_thing_that_is_odd_is_one_warning(wrong: Planned, warned: str) -> None:
    [found] = warnings(wrong, [], SEASON)
    assert warned in found


def test_a_presenter_of_an_agency_that_is_not_vetted_is_warned_of() -> None:
    planned = session(presenters=(PRIYA.model_copy(update={"agency_id": 7}),))
    assert warnings(planned, [], SEASON, {8}) == []
    assert warnings(planned, [], SEASON, {7}) == [
        "Priya presents, and Fire is not noted as vetted yet: see Agencies."
    ]


def test_a_presenter_and_a_class_in_two_sessions_at_once_are_both_named() -> None:
    here = session(bookings=(booked(1), booked(2, "cancelled")))
    other = session(id=2, starts_at=here.starts_at + timedelta(minutes=44), bookings=(booked(1), booked(2)))
    assert warnings(here, [here, other], SEASON) == [
        "Priya also presents Fire at 10:44.",
        "Also booked for Fire at 10:44: Harrowmarsh, 61.",
    ]


def test_sessions_one_after_the_other_or_cancelled_do_not_clash() -> None:
    here = session()
    after = session(id=2, starts_at=here.starts_at + timedelta(minutes=45))
    cancelled = session(id=3, cancelled_at=here.starts_at)
    assert warnings(here, [after, cancelled], SEASON) == []


def test_a_time_is_read_by_british_clocks_on_both_sides_of_the_change() -> None:
    assert read_start("2026-10-23", "10:00") == datetime(2026, 10, 23, 9, tzinfo=UTC)
    assert read_start("2026-10-26", "10:00") == datetime(2026, 10, 26, 10, tzinfo=UTC)
    assert read_start("2027-03-26", "10:00") == datetime(2027, 3, 26, 10, tzinfo=UTC)
    assert read_start("2027-03-29", "10:00") == datetime(2027, 3, 29, 9, tzinfo=UTC)
    with pytest.raises(Invalid, match="clocks go forward"):
        read_start("2027-03-28", "01:30")


@pytest.mark.parametrize(
    "address",
    [
        "http://video.example/a",
        "javascript:alert(1)",
        "https://",
        "https://u:p@video.example",
        'https://video.example/"x',
        "https://video.example/a b",
        "https://[x",
    ],
)
def test_a_link_to_a_video_call_is_https_or_refused(address: str) -> None:
    with pytest.raises(Invalid, match="https://"):
        read_video_url(address)
    assert read_video_url(" https://video.example/room?x=1 ") == "https://video.example/room?x=1"


@pytest.mark.parametrize("typed", ["", "9", "241", "-45", "4e1", "9" * 5000, "٤٥"])
def test_minutes_that_make_no_sense_are_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="between 10 and 240 minutes"):
        read_minutes(typed)
    assert (read_minutes("45"), read_capacity(" ")) == (45, None)


def test_the_console_opens_half_an_hour_before() -> None:
    planned = session()
    assert not planned.may_open(planned.starts_at - timedelta(minutes=31))
    assert planned.may_open(planned.starts_at - timedelta(minutes=30))
    assert not session(cancelled_at=planned.starts_at).may_open(planned.starts_at)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ((2026, 11, 3, 10), "in 7 days"),
        ((2026, 11, 9, 22), "tomorrow"),
        ((2026, 11, 10, 7, 45), "in 2 hours 15 minutes"),
        ((2026, 11, 10, 9, 59), "in 1 minute"),
        ((2026, 11, 10, 10, 5), "now"),
    ],
)
def test_the_countdown_says_how_long_it_is(now: tuple[int, ...], words: str) -> None:
    assert countdown(session().starts_at, datetime(*now, tzinfo=UTC)) == words  # type: ignore[misc,arg-type]


def test_holidays_are_read_line_by_line_and_a_wrong_line_is_named() -> None:
    assert read_holidays("2027-02-15 to 2027-02-19\n\n2026-12-21") == (
        Holiday(first=date(2026, 12, 21), last=date(2026, 12, 21)),
        Holiday(first=date(2027, 2, 15), last=date(2027, 2, 19)),
    )
    for wrong in ("half-term", "2027-02-30", "2027-02-19 to 2027-02-15"):
        with pytest.raises(Invalid, match=wrong[:10]):
            read_holidays(wrong)


def test_five_school_days_before_leaves_out_weekends_and_holidays() -> None:
    assert school_days_before(date(2026, 11, 10), 5, ()) == date(2026, 11, 3)
    assert school_days_before(date(2027, 2, 23), 5, SEASON.holidays) == date(2027, 2, 9)
    assert why_no_school(date(2027, 2, 19), SEASON.holidays)
    assert not why_no_school(date(2027, 2, 22), SEASON.holidays)


def test_a_pack_is_due_from_five_school_days_before_until_it_is_sent() -> None:
    day = date(2026, 11, 10)
    assert not is_pack_due(booked(1), day, date(2026, 11, 2), ())
    assert is_pack_due(booked(1), day, date(2026, 11, 3), ())
    assert not is_pack_due(booked(1, pack_was_sent=True), day, date(2026, 11, 3), ())
    assert not is_pack_due(booked(1, "requested"), day, date(2026, 11, 3), ())
    assert not is_pack_due(booked(1), day, date(2026, 11, 11), ())
