"""The timetable of a programme: its weeks, and planning, changing and cancelling a live session."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app.domain.audit import account
from app.domain.errors import Invalid
from app.domain.people import Staff
from app.domain.presenter import Presenter
from app.domain.school_days import read_holidays, why_no_school
from app.domain.timetable import (
    HOME,
    Planned,
    Season,
    warnings,
)
from app.store import agencies, audit, directory, timetable
from app.web import plans, post
from app.web.deps import App, Parts, SessionId, SignedIn
from app.web.pages import Pages, see_other
from app.web.plans import PlanForm
from app.web.programme_page import frame, own_programme
from app.web.security import new_key

WEEK = timedelta(days=7)
AROUND = timedelta(hours=6)
"""Longer than any session takes: what lies further away cannot clash."""


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_weeks(router, pages)
    _add_plans(router, pages)
    return router


def _add_weeks(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/timetable")
    def week(slug: str, app: App, who: SignedIn, week: Annotated[str, Query(max_length=10)] = "") -> Response:
        return pages.page("timetable/week.html", **_week(app, who, slug, week))

    @router.post("/programmes/{slug}/timetable/holidays")
    def holidays(slug: str, app: App, who: SignedIn, holidays: Annotated[str, Form()] = "") -> Response:
        try:
            with app.database.transaction() as db:
                timetable.set_holidays(db, own_programme(db, who, slug), read_holidays(holidays))
        except Invalid as refusal:
            context = _week(app, who, slug, "", refusal.sentence) | {"holidays": holidays}
            return pages.page("timetable/week.html", status=422, **context)
        return see_other(f"/programmes/{slug}/timetable")


def _add_plans(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/timetable/new")
    def new(slug: str, app: App, who: SignedIn, on: Annotated[str, Query(max_length=10)] = "") -> Response:
        return pages.page("timetable/plan.html", **_form(app, who, slug, PlanForm(on=on, at="10:00", minutes="45")))

    @router.post("/programmes/{slug}/timetable/new")
    def plan(slug: str, app: App, who: SignedIn, form: Annotated[PlanForm, Form()]) -> Response:
        try:
            with app.database.transaction() as db:
                programme = own_programme(db, who, slug)
                session_id = timetable.plan(db, programme.id or 0, plans.wish_of(db, programme, form), new_key())
                planned = timetable.one(db, programme.id or 0, session_id)
        except Invalid as refusal:
            return pages.page("timetable/plan.html", status=422, **_form(app, who, slug, form, refusal.sentence))
        post.tell_presenters(app, planned)
        return see_other(f"/programmes/{slug}/timetable/{session_id}")

    @router.get("/programmes/{slug}/timetable/{session_id}")
    def session(slug: str, app: App, who: SignedIn, session_id: SessionId) -> Response:
        return pages.page("timetable/session.html", **session_page(app, who, slug, session_id))

    @router.get("/programmes/{slug}/timetable/{session_id}/plan")
    def change_form(slug: str, app: App, who: SignedIn, session_id: SessionId) -> Response:
        with app.database.reading() as db:
            planned = timetable.one(db, own_programme(db, who, slug).id or 0, session_id)
        return pages.page("timetable/plan.html", **_form(app, who, slug, plans.typed_of(planned), planned=planned))

    @router.post("/programmes/{slug}/timetable/{session_id}/plan")
    def change(
        slug: str, app: App, who: SignedIn, session_id: SessionId, form: Annotated[PlanForm, Form()]
    ) -> Response:
        """Move or change it. Whoever has it in a calendar is sent the change, where letters go by e-mail."""
        with app.database.reading() as db:
            before = timetable.one(db, own_programme(db, who, slug).id or 0, session_id)
        try:
            with app.database.transaction() as db:
                is_news = timetable.change(db, before, plans.wish_of(db, own_programme(db, who, slug), form))
                planned = timetable.one(db, before.programme_id, session_id)
        except Invalid as refusal:
            context = _form(app, who, slug, form, refusal.sentence, before)
            return pages.page("timetable/plan.html", status=422, **context)
        if is_news:
            post.tell(app, [one.id for one in before.bookings if one.is_to_come])
        post.tell_presenters(app, planned, before=before, is_news=is_news)
        return see_other(f"/programmes/{slug}/timetable/{session_id}")

    @router.post("/programmes/{slug}/timetable/{session_id}/cancel")
    def cancel(slug: str, app: App, who: SignedIn, session_id: SessionId) -> Response:
        with app.database.transaction() as db:
            planned = timetable.one(db, own_programme(db, who, slug).id or 0, session_id)
            timetable.cancel(db, planned, app.clock())
            for one in planned.bookings:
                if one.state != "cancelled":
                    audit.note(db, app.clock(), account(who.account_id), "cancelled a booking", f"booking {one.id}")
            cancelled = timetable.one(db, planned.programme_id, session_id)
        post.tell(app, [one.id for one in planned.bookings if one.is_to_come])
        post.tell_presenters(app, cancelled)
        return see_other(f"/programmes/{slug}/timetable/{session_id}")


# A week


def _week(app: Parts, who: Staff, slug: str, asked: str, sentence: str = "") -> dict[str, Any]:
    today = app.clock().astimezone(HOME).date()
    monday = _monday(asked, today)
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        season = timetable.season(programme)
        unvetted = agencies.unvetted(db, programme.id or 0)
        found = timetable.of_programme(db, programme.id or 0, _midnight(monday), _midnight(monday + WEEK))
    days = [monday + timedelta(days=number) for number in range(7)]
    return {
        **frame(programme, who, "timetable", sentence=sentence),
        "monday": monday,
        "friday": monday + timedelta(days=4),
        "earlier": monday - WEEK,
        "later": monday + WEEK,
        "is_this_week": monday == _monday("", today),
        "days": [_day(day, found, season, unvetted, today) for day in days if day.weekday() < 5 or _on(found, day)],
        "count": len(found),
        "holidays": "\n".join(f"{one.first} to {one.last}" for one in season.holidays),
    }


def _monday(asked: str, today: date) -> date:
    try:
        day = date.fromisoformat(asked)
        day = day if 2000 <= day.year <= 2100 else today
    except ValueError:
        day = today
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=HOME).astimezone(UTC)


def _on(found: list[Planned], day: date) -> list[Planned]:
    return [one for one in found if one.on == day]


def _day(day: date, found: list[Planned], season: Season, unvetted: frozenset[int], today: date) -> dict[str, Any]:
    return {
        "on": day,
        "name": f"{day:%A}",
        "is_today": day == today,
        "no_school": why_no_school(day, season.holidays),
        "sessions": [face(one, warnings(one, found, season, unvetted)) for one in _on(found, day)],
    }


def face(planned: Planned, warned: list[str]) -> dict[str, Any]:
    """A live session as the timetable shows it."""
    return {
        "id": planned.id,
        "title": planned.title,
        "topics": [(module.topic_key, module.topic_name) for module in planned.modules],
        "starts_at": planned.starts_at,
        "ends_at": planned.ends_at,
        "minutes": planned.minutes,
        "presenters": [one.name for one in planned.presenters],
        "places": planned.places_taken,
        "capacity": planned.capacity,
        "asking": sum(one.state == "requested" for one in planned.bookings),
        "state": _state(planned),
        "warnings": warned,
    }


def _state(planned: Planned) -> str:
    if planned.cancelled_at is not None:
        return "cancelled"
    if planned.ended_at is not None:
        return "ended"
    return "open" if planned.opened_at is not None else "planned"


# One session


def session_page(app: Parts, who: Staff, slug: str, session_id: int, sentence: str = "") -> dict[str, Any]:
    """A live session with its warnings, its bookings and the classes that are not booked."""
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        planned = timetable.one(db, programme.id or 0, session_id)
        around = timetable.of_programme(db, programme.id or 0, planned.starts_at - AROUND, planned.starts_at + AROUND)
        groups = directory.class_groups(db, programme.id or 0)
        unvetted = agencies.unvetted(db, programme.id or 0)
    booked = {one.class_group_id for one in planned.bookings if one.has_a_place}
    free: dict[str, list[Any]] = {}
    for group in groups:
        if group.id not in booked:
            free.setdefault(group.school, []).append(group)
    return {
        **frame(programme, who, "timetable", sentence=sentence),
        "session": face(planned, warnings(planned, around, timetable.season(programme), unvetted)),
        "planned": planned,
        "modules": planned.modules,
        "presenters": [
            {"name": one.name, "agency": one.agency, "part": _part(planned, one)} for one in planned.presenters
        ],
        "bookings": planned.bookings,
        "free": free,
        "may_change": planned.is_to_come,
        "may_open": planned.may_open(app.clock()),
        "takes_classes": planned.cancelled_at is None and planned.ended_at is None,
        "sends_mail": app.mail is not None,
    }


def _part(planned: Planned, presenter: Presenter) -> str:
    if presenter.leads_all:
        return "everything"
    if presenter.module is not None:
        return planned.modules[presenter.module].title
    return f"the steps of {presenter.agency}"


def _form(
    app: Parts, who: Staff, slug: str, typed: PlanForm, sentence: str = "", planned: Planned | None = None
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        face = plans.face_of(db, programme, typed, planned)
    return frame(programme, who, "timetable", sentence=sentence, **face)
