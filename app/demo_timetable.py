"""A live session in the demo's timetable, next week: some classes are booked, and one asks for a place."""

import secrets
from datetime import UTC, datetime, time, timedelta

from app.domain.school_days import why_no_school
from app.domain.timetable import HOME
from app.store import bookings, directory, presenters, timetable
from app.store.database import Db

BOOKED = ("Tidegate", "Wherrywood", "Marlpit Rise")
ASKS = "Bargewell"
"""Schools by how their names begin. The classes whose links the demo gives away are free."""
TOPIC, TUESDAY, BEGINS, MINUTES, ROOM = "fire", 1, time(10), 45, 6


def plan_next_week(db: Db, programme_id: int, now: datetime) -> None:
    """An officer of the agency that leads the lesson presents it. Without that lesson there is no session."""
    modules = [one for one in timetable.modules(db, programme_id) if one.topic_key == TOPIC]
    officers = [
        one.model_copy(update={"leads_all": True})
        for one in presenters.candidates(db, programme_id)
        if modules and one.agency_key in modules[0].agency_keys
    ]
    if not modules:
        return
    wish = timetable.Wish(
        starts_at=_next_week(now),
        minutes=MINUTES,
        capacity=ROOM,
        video_url="",
        questions=8,
        module_ids=(modules[0].module_id,),
        presenters=tuple(officers[:1]),
    )
    session_id = timetable.plan(db, programme_id, wish, secrets.token_urlsafe(32))
    groups = directory.class_groups(db, programme_id)
    bookings.book(db, session_id, [group.id for group in groups if group.school.startswith(BOOKED)])
    for group in groups:
        if group.school.startswith(ASKS):
            bookings.request(db, session_id, group.id)


def _next_week(now: datetime) -> datetime:
    """Tuesday, or the first day after it on which schools teach."""
    today = now.astimezone(HOME).date()
    day = today + timedelta(days=7 - today.weekday() + TUESDAY)
    while why_no_school(day, ()):
        day += timedelta(days=1)
    return datetime.combine(day, BEGINS, tzinfo=HOME).astimezone(UTC)
