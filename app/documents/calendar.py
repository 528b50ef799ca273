"""Calendar files (.ics): one entry a live session, or a class's place in it, for any calendar that teachers use."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from app.domain.booking import Booked
from app.domain.timetable import HOME, Planned

MAKER = "-//Safety in Action//Timetable//EN"
RECHECK_MINUTES = 15


@dataclass(frozen=True)
class Entry:
    """What stands in a calendar. The same `uid` with a greater `sequence` takes the place of the earlier one."""

    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    title: str
    words: str
    video_url: str
    is_cancelled: bool


def of_session(planned: Planned, words: str) -> Entry:
    """For whoever leads it or looks after it."""
    return Entry(
        uid=_uid(planned.seed),
        sequence=planned.ics_sequence,
        starts_at=planned.starts_at,
        minutes=planned.minutes,
        title=f"Live session: {planned.title}",
        words=words,
        video_url=planned.video_url,
        is_cancelled=planned.cancelled_at is not None,
    )


def of_booking(planned: Planned, booked: Booked, words: str) -> Entry:
    """For the class: it changes with the session, and with its own place."""
    return Entry(
        uid=_uid(planned.seed, booked.class_group_id),
        sequence=planned.ics_sequence + booked.ics_sequence,
        starts_at=planned.starts_at,
        minutes=planned.minutes,
        title=f"{planned.title} (class {booked.label})",
        words=words,
        video_url=planned.video_url,
        is_cancelled=booked.state == "cancelled" or planned.cancelled_at is not None,
    )


def of_recheck(seed: str, class_group_id: int, label: str, lessons: str, starts_at: datetime) -> Entry:
    """When to look what has stayed. It says where the class link is, and never the link."""
    return Entry(
        uid=_uid(f"recheck {seed}", class_group_id),
        sequence=0,
        starts_at=starts_at,
        minutes=RECHECK_MINUTES,
        title=f"Check again: {lessons} (class {label})",
        words="Ask your class again what it remembers. Open the class link in your letter, and choose the lesson.",
        video_url="",
        is_cancelled=False,
    )


def _uid(seed: str, class_group_id: int | None = None) -> str:
    """Follows from what never changes, and tells nothing of the seed."""
    drawn = hashlib.sha256(f"calendar {seed}".encode()).hexdigest()[:32]
    return f"{drawn}-{class_group_id}@safety-in-action" if class_group_id else f"{drawn}@safety-in-action"


def write(entries: Sequence[Entry], *, name: str, now: datetime) -> bytes:
    """One calendar file. Its method is CANCEL when all that is in it is cancelled."""
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", method(entries))
    calendar.add("x-wr-calname", name)
    for entry in entries:
        calendar.add_component(_event(entry, now))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def method(entries: Sequence[Entry]) -> str:
    return "CANCEL" if entries and all(entry.is_cancelled for entry in entries) else "PUBLISH"


def _event(entry: Entry, now: datetime) -> Event:
    begins = entry.starts_at.astimezone(HOME)
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", begins)
    event.add("dtend", (entry.starts_at + timedelta(minutes=entry.minutes)).astimezone(HOME))
    event.add("summary", entry.title)
    event.add("description", entry.words)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    if entry.video_url:
        event.add("url", entry.video_url)
    return event
