"""Calendar files as calendars read them: right times, one identity, and each change after the one before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from app.documents import calendar
from app.documents.letters import calendar_words
from app.domain.timetable import Planned, read_start
from tests.domain.test_timetable import booked, session

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def read(*entries: calendar.Entry) -> tuple[Any, list[Any]]:
    found = Calendar.from_ical(calendar.write(entries, name="Lessons", now=NOW))
    return found, list(found.walk("VEVENT"))


def of_session(planned: Planned) -> calendar.Entry:
    return calendar.of_session(planned, "words")


@pytest.mark.parametrize(
    ("on", "utc"),
    [
        ("2026-10-23", datetime(2026, 10, 23, 9, tzinfo=UTC)),
        ("2026-10-26", datetime(2026, 10, 26, 10, tzinfo=UTC)),
        ("2027-03-26", datetime(2027, 3, 26, 10, tzinfo=UTC)),
        ("2027-03-29", datetime(2027, 3, 29, 9, tzinfo=UTC)),
    ],
)
def test_ten_oclock_is_ten_oclock_on_both_sides_of_the_clock_change(on: str, utc: datetime) -> None:
    whole, [event] = read(of_session(session(starts_at=read_start(on, "10:00"))))
    begins, ends = event["DTSTART"].dt, event["DTEND"].dt
    assert (begins.hour, begins, ends) == (10, utc, utc + timedelta(minutes=45))
    assert event["DTSTART"].params["TZID"] == "Europe/London"
    [zone] = whole.walk("VTIMEZONE")
    assert begins.replace(tzinfo=zone.to_tz()).utcoffset() == begins.utcoffset()


def test_a_session_and_each_booking_keep_an_identity_of_their_own() -> None:
    planned = session()
    moved = session(starts_at=planned.starts_at + timedelta(days=1), ics_sequence=1)
    of_booking = [calendar.of_booking(planned, booked(number), "words") for number in (1, 2)]
    uids = {of_session(planned).uid, *(entry.uid for entry in of_booking)}
    assert len(uids) == 3
    assert of_session(moved).uid == of_session(planned).uid
    assert not any(planned.seed in uid for uid in uids)


def test_a_booking_changes_with_its_session_and_with_its_own_place() -> None:
    planned, moved = session(), session(ics_sequence=1)
    first = calendar.of_booking(planned, booked(1), "words")
    second = calendar.of_booking(moved, booked(1), "words")
    third = calendar.of_booking(moved, booked(1, "cancelled", ics_sequence=1), "words")
    _, events = read(first, second, third)
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_what_is_cancelled_is_sent_as_a_cancellation() -> None:
    cancelled = session(cancelled_at=NOW)
    assert read(of_session(cancelled))[0]["METHOD"] == "CANCEL"
    assert read(of_session(cancelled), of_session(session(id=2, seed="other")))[0]["METHOD"] == "PUBLISH"
    assert read()[0]["METHOD"] == "PUBLISH"


def test_words_with_commas_and_lines_come_back_as_they_were_and_hold_no_class_link() -> None:
    planned = session(video_url="https://video.example/room")
    words = calendar_words(planned)
    _, [event] = read(calendar.of_session(planned, words))
    assert str(event["DESCRIPTION"]) == words
    assert "https://video.example/room The lesson works without any video." in words
    assert "/c/" not in words
