"""Bookings: the coordinator's list, a teacher's place in a live session, and their calendars."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from app.documents import letters
from app.documents.letters import Pack
from app.domain.audit import Act, account
from app.domain.booking import Booked, is_pack_due
from app.domain.errors import Invalid, NotFound
from app.domain.people import Staff, Teacher
from app.domain.timetable import HOME, Planned, Season, countdown
from app.store import audit, bookings, directory, timetable
from app.store.database import Db
from app.store.tables import ProgrammeRow
from app.web import post
from app.web.deps import LARGEST_ID, App, ClassTeacher, Parts, RowId, SessionId, SignedIn
from app.web.pages import Pages, see_other
from app.web.programme_page import frame, own_programme
from app.web.timetable import session_page

BookingId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
NOTED: dict[str, Act] = {"confirm": "confirmed a booking", "cancel": "cancelled a booking"}


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_lists(router, pages)
    _add_places(router, pages)
    _add_teacher(router)
    return router


# The coordinator


def _add_lists(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/bookings")
    def chase_list(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("bookings/list.html", **_list(app, who, slug))

    @router.post("/programmes/{slug}/bookings/packs")
    def send_packs(slug: str, app: App, who: SignedIn) -> Response:
        """All packs that are due: by e-mail where there is an address, and the others on paper."""
        with app.database.reading() as db:
            programme = own_programme(db, who, slug)
            due = _packs_due(
                timetable.all_of_programme(db, programme.id or 0), timetable.season(programme), app.clock()
            )
        printed, sent, failed = post.send_packs(app, due, by=account(who.account_id))
        return _packs(pages, programme, who, printed, sent, failed)

    @router.post("/programmes/{slug}/bookings/{booking_id}/pack")
    def print_pack(slug: str, app: App, who: SignedIn, booking_id: BookingId) -> Response:
        """One pack on paper, whenever it is wanted, with the class link of the letter."""
        with app.database.transaction() as db:
            programme = own_programme(db, who, slug)
            booked = bookings.one(db, programme.id or 0, booking_id)
            planned = timetable.one(db, programme.id or 0, booked.live_session_id)
            bookings.note_pack_sent(db, booked, app.clock())
            pack = post.pack_of(app, db, planned, booked, by=account(who.account_id))
        return _packs(pages, programme, who, [pack])


def _packs(
    pages: Pages, programme: ProgrammeRow, who: Staff, printed: list[Pack], sent: int = 0, failed: int = 0
) -> Response:
    shown = frame(programme, who, "bookings", packs=printed, sent=sent, failed=failed)
    return pages.page("bookings/packs.html", **shown)


def _list(app: Parts, who: Staff, slug: str) -> dict[str, Any]:
    now = app.clock()
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        season = timetable.season(programme)
        found = timetable.all_of_programme(db, programme.id or 0)
        uncounted = bookings.without_head_count(db, programme.id or 0)
        not_booked = bookings.not_booked(db, programme.id or 0)
    to_come = [(one, booked) for one in found if one.ended_at is None for booked in one.bookings]
    return {
        **frame(programme, who, "bookings"),
        "asking": [pair for pair in to_come if pair[1].state == "requested"],
        "packs_due": _packs_due(found, season, now),
        "not_ticked": [(one, booked) for one, booked in to_come if _is_late(one, booked, season, now)],
        "mail_trouble": [pair for pair in to_come if pair[1].mail_trouble],
        "uncounted": uncounted,
        "not_booked": not_booked,
        "sends_mail": app.mail is not None,
        "counts": _counts(found),
    }


def _packs_due(found: list[Planned], season: Season, now: datetime) -> list[tuple[Planned, Booked]]:
    today = now.astimezone(HOME).date()
    return [
        (planned, booked)
        for planned in found
        for booked in planned.bookings
        if planned.is_to_come and is_pack_due(booked, planned.on, today, season.holidays)
    ]


def _is_late(planned: Planned, booked: Booked, season: Season, now: datetime) -> bool:
    """The pack is out, or the day is near, and the teacher has not ticked everything."""
    today = now.astimezone(HOME).date()
    is_near = booked.pack_was_sent or is_pack_due(booked, planned.on, today, season.holidays)
    return booked.is_to_come and planned.on >= today and is_near and bool(booked.not_ticked)


def _counts(found: list[Planned]) -> list[tuple[str, int]]:
    booked = [one for planned in found for one in planned.bookings]
    return [
        ("classes booked", sum(one.has_a_place for one in booked)),
        ("still to come", sum(one.is_to_come for one in booked)),
        ("attended", sum(one.state == "attended" for one in booked)),
        ("did not come", sum(one.state == "no_show" for one in booked)),
    ]


def _add_places(router: APIRouter, pages: Pages) -> None:
    @router.post("/programmes/{slug}/timetable/{session_id}/bookings")
    def book(
        slug: str,
        app: App,
        who: SignedIn,
        session_id: SessionId,
        class_group_id: Annotated[list[int] | None, Form()] = None,
        school: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        """Give places to classes, or to all classes of a school."""
        try:
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                timetable.one(db, programme_id, session_id)
                wanted = [
                    group.id
                    for group in directory.class_groups(db, programme_id)
                    if group.id in (class_group_id or []) or group.school in (school or [])
                ]
                if not wanted:
                    raise Invalid("Tick at least one class.")
                booked = bookings.book(db, session_id, wanted)
                for booking_id in booked:
                    audit.note(db, app.clock(), account(who.account_id), NOTED["confirm"], f"booking {booking_id}")
        except Invalid as refusal:
            context = session_page(app, who, slug, session_id, refusal.sentence)
            return pages.page("timetable/session.html", status=422, **context)
        post.tell(app, booked)
        app.rooms.session_news(session_id)
        return see_other(f"/programmes/{slug}/timetable/{session_id}")

    @router.post("/programmes/{slug}/bookings/{booking_id}")
    def change(
        slug: str,
        app: App,
        who: SignedIn,
        booking_id: BookingId,
        order: Annotated[Literal["confirm", "cancel", "address", "again"], Form()],
        send_to: Annotated[str, Form()] = "",
    ) -> Response:
        """Confirm or cancel a place, say where its letters go, or send the last one again."""
        try:
            with app.database.transaction() as db:
                booked = bookings.one(db, own_programme(db, who, slug).id or 0, booking_id)
                _change(db, booked, order, send_to)
                if order in NOTED:
                    audit.note(db, app.clock(), account(who.account_id), NOTED[order], f"booking {booking_id}")
        except Invalid as refusal:
            context = session_page(app, who, slug, booked.live_session_id, refusal.sentence)
            return pages.page("timetable/session.html", status=422, **context)
        if order != "address" and (order != "cancel" or booked.is_to_come):
            post.tell(app, [booking_id])
        app.rooms.session_news(booked.live_session_id)
        return see_other(f"/programmes/{slug}/timetable/{booked.live_session_id}")


def _change(db: Db, booked: Booked, order: str, send_to: str) -> None:
    match order:
        case "confirm":
            bookings.confirm(db, booked)
        case "cancel":
            bookings.cancel(db, booked)
        case "address":
            bookings.set_send_to(db, booked, post.read_address(send_to))


# The teacher


def _add_teacher(router: APIRouter) -> None:
    @router.post("/class/bookings")
    def request(app: App, teacher: ClassTeacher, live_session_id: RowId) -> Response:
        """Ask for a place. The last one goes to whoever asks first."""
        with app.database.transaction() as db:
            if not timetable.of_ids(db, [live_session_id]):
                raise NotFound("We could not find that live session.")
            bookings.request(db, live_session_id, teacher.class_group_id)
        return see_other("/class")

    @router.post("/class/bookings/ticks")
    def tick(
        app: App, teacher: ClassTeacher, booking_id: RowId, ticked: Annotated[list[str] | None, Form()] = None
    ) -> Response:
        """What is done for the day, with its date; never by whom."""
        said = set(ticked or [])
        with app.database.transaction() as db:
            bookings.tick(
                db,
                teacher.class_group_id,
                booking_id,
                app.clock().astimezone(HOME).date(),
                dsl="dsl" in said,
                pupils="pupils" in said,
                room="room" in said,
            )
        return see_other("/class")


def for_today(db: Db, teacher: Teacher, programme_id: int, now: datetime) -> dict[str, Any]:
    """A class's places in live sessions to come, and those for which it may ask. An open one it may join instead."""
    own = {one.live_session_id: one for one in bookings.of_class(db, teacher.class_group_id)}
    known = timetable.of_ids(db, list(own))
    places = [
        _place(one, own[one.id], now)
        for one in known
        if one.is_to_come and (own[one.id].is_to_come or own[one.id].state == "requested")
    ]
    taken = {session_id for session_id, one in own.items() if one.state != "cancelled"}
    with_room = [one for one in timetable.with_room(db, programme_id, now) if one.id not in taken]
    return {
        "places": places,
        "with_room": [_offer(one) for one in with_room],
        "has_calendar": bool(own),
    }


def _place(planned: Planned, booked: Booked, now: datetime) -> dict[str, Any]:
    return _offer(planned) | {
        "booking_id": booked.id,
        "is_confirmed": booked.is_to_come,
        "countdown": countdown(planned.starts_at, now),
        "video_url": planned.video_url,
        "ticks": (
            ("dsl", "Our safeguarding lead knows the date", booked.dsl_told_on),
            (
                "pupils",
                "We have thought of pupils for whom this topic may be close to home",
                booked.pupils_thought_of_on,
            ),
            ("room", "We have checked our room", booked.room_checked_on),
        ),
    }


def _offer(planned: Planned) -> dict[str, Any]:
    return {
        "id": planned.id,
        "title": planned.title,
        "topic_key": planned.modules[0].topic_key,
        "topics": list(dict.fromkeys((module.topic_key, module.topic_name) for module in planned.modules)),
        "when": letters.when(planned),
        "led_by": letters.led_by(planned),
        "places_left": None if planned.capacity is None else planned.capacity - planned.places_taken,
    }
