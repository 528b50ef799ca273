"""Calendar files: a class's places, a presenter's live sessions, a programme's timetable."""

from fastapi import APIRouter
from starlette.responses import Response

from app.documents import calendar, letters
from app.documents.calendar import Entry
from app.domain.timetable import Planned
from app.store import bookings, timetable
from app.web.deps import App, ClassTeacher, Parts, SignedIn
from app.web.programme_page import own_programme

CALENDAR = "text/calendar; charset=utf-8"


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/class/calendar.ics")
    def of_class(app: App, teacher: ClassTeacher) -> Response:
        with app.database.reading() as db:
            own = {one.live_session_id: one for one in bookings.of_class(db, teacher.class_group_id)}
            found = timetable.of_ids(db, list(own))
        entries = [
            calendar.of_booking(one, own[one.id], letters.calendar_words(one))
            for one in found
            if own[one.id].state != "requested"
        ]
        return _file(app, entries, "class")

    @router.get("/present/calendar.ics")
    def of_presenter(app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            found = timetable.of_presenter(db, who)
        return _file(app, [entry_of(app, one) for one in found], "live-sessions")

    @router.get("/programmes/{slug}/calendar.ics")
    def of_programme(slug: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            found = timetable.all_of_programme(db, own_programme(db, who, slug).id or 0)
        return _file(app, [entry_of(app, one) for one in found], "timetable")

    return router


def entry_of(app: Parts, planned: Planned) -> Entry:
    """A live session for whoever presents it or looks after it."""
    booked = sum(one.is_to_come for one in planned.bookings)
    lines = [
        f"{booked} {'class' if booked == 1 else 'classes'} booked.",
        f"Console: {app.settings.base_address}/present",
    ]
    if planned.presenters:
        lines.insert(0, f"Led by {letters.led_by(planned)}.")
    lines += letters.of_programme(planned)
    return calendar.of_session(planned, "\n".join(lines))


def _file(app: Parts, entries: list[Entry], name: str) -> Response:
    written = calendar.write(entries, name=app.settings.product_name, now=app.clock())
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(written, media_type=CALENDAR, headers=headers)
