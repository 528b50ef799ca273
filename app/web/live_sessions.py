"""A presenter's live sessions: the list of them, starting one, sharing it with others, ending it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.errors import Conflict, DomainError, Invalid, NotFound
from app.domain.people import Staff
from app.domain.timetable import OPENS_BEFORE, Planned, countdown
from app.store import directory, lessons, live_sessions, lobbies, presenters, timetable
from app.store.database import Db
from app.web.deps import App, ConsoleOf, Parts, RowId, SessionId, SignedIn
from app.web.pages import Pages, see_other
from app.web.security import new_key

LONGEST_PLAN = 240


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/present")
    def dashboard(app: App, who: SignedIn) -> Response:
        return pages.page("present/dashboard.html", **_dashboard(app, who))

    @router.post("/present")
    def start(
        app: App,
        who: SignedIn,
        programme_id: RowId,
        version_id: Annotated[list[int] | None, Form()] = None,
        questions: Annotated[int, Form()] = 8,
        kind: Annotated[Literal["lesson", "rehearsal"], Form()] = "lesson",
    ) -> Response:
        try:
            session_id = _start(app, who, programme_id, version_id or [], questions, is_rehearsal=kind == "rehearsal")
        except Invalid as refusal:
            context = _dashboard(app, who, refusal.sentence)
            return pages.page("present/dashboard.html", status=422, **context)
        return see_other(f"/present/{session_id}")

    @router.get("/present/{session_id}/presenters")
    def presenters_page(app: App, here: ConsoleOf) -> Response:
        return pages.page("present/presenters.html", **_presenters(app, here.session_id))

    @router.post("/present/{session_id}/presenters")
    def add_presenter(app: App, here: ConsoleOf, account_id: RowId, part: Annotated[str, Form()] = "own") -> Response:
        """Another presenter, and what they lead: everything, one module, or the steps of their own agency."""
        try:
            with app.database.transaction() as db:
                _add_presenter(db, here, account_id, part)
        except DomainError as refusal:
            context = _presenters(app, here.session_id, refusal.sentence)
            return pages.page("present/presenters.html", status=422, **context)
        app.rooms.session_news(here.session_id)
        return see_other(f"/present/{here.session_id}/presenters")

    @router.post("/present/{session_id}/end")
    def end(app: App, here: ConsoleOf, holder_epoch: Annotated[int, Form()]) -> Response:
        """Each class goes on by itself from where it stands."""
        with app.database.transaction() as db:
            session = live_sessions.read(db, here.session_id)
            by = here.presenter.account_id
            live_sessions.end(db, session, holder_epoch=holder_epoch, by=by, now=app.clock())
        app.rooms.session_changed(here.session_id)
        app.rooms.session_news(here.session_id)
        return see_other(f"/present/{here.session_id}/ended")

    @router.get("/present/{session_id}/ended")
    def ended(app: App, here: ConsoleOf) -> Response:
        """What a live session reached, as far as its classes have counted."""
        with app.database.reading() as db:
            session = live_sessions.read(db, here.session_id)
            if session.ended_at is None:
                return see_other(f"/present/{here.session_id}")
            reach = live_sessions.reach_of(db, session)
        title = " and ".join(lesson.title for lesson in session.plan.lessons)
        return pages.page("present/ended.html", session=session, title=title, reach=reach, me=here.presenter)

    @router.post("/present/{session_id}/open")
    def open_console(app: App, who: SignedIn, session_id: SessionId) -> Response:
        """Open the lobby of a planned session: the newest versions stay, and its classes may check in."""
        try:
            with app.database.transaction() as db:
                lobbies.open_lobby(db, session_id, who.account_id, app.clock())
        except Conflict:  # somebody else was a moment quicker: its console is what both want
            return see_other(f"/present/{session_id}")
        app.rooms.session_news(session_id)
        return see_other(f"/present/{session_id}")

    @router.post("/present/{session_id}/rehearse")
    def rehearse(app: App, who: SignedIn, session_id: SessionId) -> Response:
        """A rehearsal of what a planned session will be, as it is now; it is offered to no class."""
        with app.database.transaction() as db:
            rehearsal_id = _rehearse(app, db, who, session_id)
        return see_other(f"/present/{rehearsal_id}")

    return router


def _rehearse(app: Parts, db: Db, who: Staff, session_id: int) -> int:
    presenters.one(db, session_id, who.account_id)
    found = timetable.of_ids(db, [session_id])
    if not found:
        raise NotFound("We could not find that live session.")
    planned = found[0]
    return live_sessions.start(
        db,
        planned.programme_id,
        lobbies.newest_versions(db, planned),
        questions=planned.questions,
        account_id=who.account_id,
        planned_minutes=planned.minutes,
        seed=new_key(),
        now=app.clock(),
        is_rehearsal=True,
    )


def _programmes(db: Db, who: Staff) -> frozenset[int]:
    """Programmes in which somebody may lead: those of the own agencies, and those they coordinate."""
    of_agencies = [directory.programmes_of_agency(db, agency_id) for agency_id in who.agency_ids]
    return frozenset(who.programme_ids).union(*of_agencies)


def _dashboard(app: Parts, who: Staff, sentence: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        sessions = [_face(app, db, session_id, who) for session_id in presenters.open_sessions(db, who)]
        planned = [planned_face(one, app.clock()) for one in timetable.of_presenter(db, who, app.clock())]
        programmes = [
            {
                "id": programme.id,
                "name": programme.name,
                "modules": [
                    {
                        "version_id": version_id,
                        "title": lesson.title,
                        "topic_key": lesson.topic.key,
                        "topic_name": lesson.topic.name,
                        "lead": lesson.lead.name,
                        "minutes": lesson.minutes,
                        "is_own": _is_own(db, who, lesson.lead.key),
                    }
                    for version_id, lesson in lessons.offered(db, programme.id or 0)
                ],
            }
            for programme in directory.programmes_by_id(db, _programmes(db, who))
        ]
    return {"who": who.name, "sessions": sessions, "planned": planned, "programmes": programmes, "sentence": sentence}


def planned_face(planned: Planned, now: datetime) -> dict[str, Any]:
    """A live session of the timetable for whoever presents it; `may_open` from half an hour before."""
    return {
        "id": planned.id,
        "programme_id": planned.programme_id,
        "title": planned.title,
        "topic_key": planned.modules[0].topic_key,
        "topics": list(dict.fromkeys((module.topic_key, module.topic_name) for module in planned.modules)),
        "starts_at": planned.starts_at,
        "minutes": planned.minutes,
        "countdown": countdown(planned.starts_at, now),
        "may_open": planned.may_open(now),
        "opens_at": planned.starts_at - OPENS_BEFORE,
        "video_url": planned.video_url,
        "questions": planned.questions,
        "classes": sum(one.is_to_come for one in planned.bookings),
        "asking": sum(one.state == "requested" for one in planned.bookings),
        "module_ids": [module.module_id for module in planned.modules],
    }


def _is_own(db: Db, who: Staff, agency_key: str) -> bool:
    return any(agency.slug == agency_key for agency in directory.agencies_by_id(db, who.agency_ids))


def _face(app: Parts, db: Db, session_id: int, who: Staff) -> dict[str, Any]:
    session = live_sessions.read(db, session_id)
    taught = session.plan.lessons
    holder = presenters.of_session(db, session_id)
    return {
        "id": session_id,
        "title": " and ".join(one.title for one in taught),
        "topic_key": taught[0].topic.key,
        "topics": list(dict.fromkeys((one.topic.key, one.topic.name) for one in taught)),
        "opened_at": session.opened_at,
        "is_rehearsal": session.is_rehearsal,
        "has_begun": session.began_at is not None,
        "classes": len(live_sessions.checked_in(db, session_id)),
        "holder": next((one.name for one in holder if one.account_id == session.holder_account_id), "Somebody else")
        if session.holder_account_id
        else "Nobody",
        "is_mine": session.holder_account_id == who.account_id,
    }


def _start(
    app: Parts, who: Staff, programme_id: int, wanted: list[int], questions: int, *, is_rehearsal: bool
) -> int:
    with app.database.transaction() as db:
        if programme_id not in _programmes(db, who):
            raise NotFound("We could not find that programme.")
        offered = lessons.offered(db, programme_id)
        chosen = [(version_id, lesson) for version_id, lesson in offered if version_id in wanted]
        if not chosen:
            raise Invalid("Choose at least one lesson.")
        if questions not in (8, 10):
            raise Invalid("A quiz has eight or ten questions.")
        return live_sessions.start(
            db,
            programme_id,
            [version_id for version_id, _ in chosen],
            questions=questions,
            account_id=who.account_id,
            planned_minutes=min(round(sum(lesson.minutes for _, lesson in chosen)), LONGEST_PLAN),
            seed=new_key(),
            now=app.clock(),
            is_rehearsal=is_rehearsal,
        )


def _presenters(app: Parts, session_id: int, sentence: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        session = live_sessions.read(db, session_id)
        here = presenters.of_session(db, session_id)
        known = {one.account_id for one in here}
        others = [one for one in presenters.candidates(db, session.programme_id) if one.account_id not in known]
    return {
        "session": session,
        "here": here,
        "own_agency": here[0].agency if here else "",
        "own_agency_id": here[0].agency_id if here else None,
        "others": others,
        "modules": [lesson.title for lesson in session.plan.lessons],
        "sentence": sentence,
    }


def _add_presenter(db: Db, here: ConsoleOf, account_id: int, part: str) -> None:
    session = live_sessions.read(db, here.session_id)
    if session.holder_account_id != here.presenter.account_id or not here.presenter.leads_all:
        raise Invalid("Only whoever holds the console, and leads everything, can add a presenter.")
    found = [one for one in presenters.candidates(db, session.programme_id) if one.account_id == account_id]
    if not found:
        raise NotFound("We could not find that presenter.")
    module = int(part) if part.isdigit() else None
    if module is not None and module >= len(session.plan.lessons):
        raise NotFound("We could not find that lesson.")
    agencies = {one.agency_id for one in found}
    own = next((one for one in presenters.of_session(db, here.session_id)), None)
    agency_id = own.agency_id if own is not None and own.agency_id in agencies else found[0].agency_id
    presenters.add(db, here.session_id, account_id, agency_id=agency_id, leads_all=part == "all", module=module)
