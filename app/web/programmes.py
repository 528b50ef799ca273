"""A coordinator's programmes: the list, each one's overview, its modules, a new one and a copy for another town."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import Response

from app.domain.audit import Act, account
from app.domain.cost import in_pounds, total
from app.domain.errors import Invalid, NotAllowed
from app.domain.people import Member, Staff
from app.domain.programme import of_row, read_details, share
from app.store import accounts, agencies, audit, consent, costs, directory, programmes
from app.store.database import Db
from app.store.programmes import Reach
from app.store.tables import ProgrammeRow
from app.web.deps import LARGEST_ID, App, Parts, RowId, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.programme_page import frame, own_programme

Words = Annotated[str, Form()]
NOBODY = "Only a coordinator can begin a programme. Ask the coordinator of yours."


def _typed(
    name: Words = "",
    area: Words = "",
    starts_on: Words = "",
    ends_on: Words = "",
    funder: Words = "",
    funding_stream: Words = "",
    target_classes: Words = "",
    target_pupils: Words = "",
) -> dict[str, str]:
    """The form of a programme, word for word."""
    return dict(locals())


Typed = Annotated[dict[str, str], Depends(_typed)]
Chosen = Annotated[list[int] | None, Form()]


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes")
    def home(app: App, who: SignedIn, joined: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0) -> Response:
        return pages.page("programmes/list.html", **_home(app, who, joined))

    _add_new(router, pages)
    _add_overview(router, pages)
    _add_modules(router, pages)
    _add_copy(router, pages)
    return router


# The list


def _home(app: Parts, who: Staff, joined: int) -> dict[str, Any]:
    with app.database.reading() as db:
        shown = [_programme_face(db, one, app.clock()) for one in directory.programmes_by_id(db, who.programme_ids)]
        own = directory.agencies_by_id(db, who.agency_ids)
        asking = consent.asking(db, who)
        theirs = directory.programmes_of_agencies(db, who.agency_ids)
        agreed = directory.programmes_by_id(db, frozenset({joined}) & theirs)
    return {
        "agreed": agreed[0].name if agreed else "",
        "who": who.name,
        "programmes": shown,
        "asking": asking,
        "agencies": [{"name": agency.name, "href": f"/reports/agencies/{agency.slug}"} for agency in own],
        "may_begin": who.is_coordinator,
    }


def _programme_face(db: Db, programme: ProgrammeRow, now: datetime) -> dict[str, Any]:
    return {
        "address": f"/programmes/{programme.slug}",
        "name": programme.name,
        "area": programme.area,
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
        "next": programmes.next_session(db, programme.id or 0, now),
        "aims": _aims(programme, _reach(db, programme)),
    }


def _reach(db: Db, programme: ProgrammeRow) -> tuple[Reach, Reach, Reach]:
    """How many are on the list, booked, and have had a lesson."""
    programme_id = programme.id or 0
    return (
        programmes.listed(db, programme_id),
        programmes.booked(db, programme_id),
        programmes.reached(db, programme_id),
    )


def _aims(programme: ProgrammeRow, reach: tuple[Reach, Reach, Reach]) -> list[dict[str, Any]]:
    """The target and the reach of classes and of pupils."""
    listed, booked, reached = reach
    both = (
        ("classes", programme.target_classes, listed.classes, booked.classes, reached.classes),
        ("pupils", programme.target_pupils, listed.pupils, booked.pupils, reached.pupils),
    )
    return [
        {
            "what": what,
            "target": target,
            "listed": on_list,
            "booked": with_place,
            "reached": done,
            "listed_share": share(on_list, target or on_list),
            "reached_share": share(done, target or on_list),
        }
        for what, target, on_list, with_place, done in both
    ]


# A new one


def _add_new(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/new")
    def new_page(app: App, who: SignedIn) -> Response:
        _must_coordinate(who)
        return pages.page("programmes/new.html", **_new(app, who))

    @router.post("/programmes/new")
    def begin(app: App, who: SignedIn, typed: Typed, lesson_id: Chosen = None) -> Response:
        _must_coordinate(who)
        try:
            details = read_details(**typed)
        except Invalid as refusal:
            face = _new(app, who, typed, lesson_id, refusal.sentence)
            return pages.page("programmes/new.html", status=422, **face)
        with app.database.transaction() as db:
            made = programmes.add(db, details)
            programmes.offer(db, made.id or 0, lesson_id or (), app.clock())
            address = _now_theirs(db, app, who, made, "made a programme")
        return see_other(address)


def _must_coordinate(who: Staff) -> None:
    if not who.is_coordinator:
        raise NotAllowed(NOBODY)


def _now_theirs(db: Db, app: Parts, who: Staff, made: ProgrammeRow, act: Act) -> str:
    """Whoever begins a programme coordinates it."""
    accounts.add_membership(db, who.account_id, Member(role="coordinator", programme_id=made.id))
    audit.note(db, app.clock(), account(who.account_id), act, f"programme {made.id}")
    return f"/programmes/{made.slug}"


def _new(
    app: Parts,
    who: Staff,
    typed: dict[str, str] | None = None,
    chosen: list[int] | None = None,
    sentence: str = "",
) -> dict[str, Any]:
    with app.database.reading() as db:
        lessons = programmes.not_offered(db, 0)
    ticked = {one.lesson_id for one in lessons} if typed is None else set(chosen or ())
    return {
        "who": who.name,
        "typed": typed or dict.fromkeys(_typed(), ""),
        "lessons": lessons,
        "ticked": ticked,
        "sentence": sentence,
    }


# One of them


def _add_overview(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}")
    def overview(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/overview.html", **_overview(app, who, slug))

    @router.get("/programmes/{slug}/details")
    def details_page(slug: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            programme = own_programme(db, who, slug)
            face = frame(programme, who, "overview", typed=_as_typed(programme))
        return pages.page("programmes/details.html", **face)

    @router.post("/programmes/{slug}/details")
    def change(slug: str, app: App, who: SignedIn, typed: Typed) -> Response:
        try:
            with app.database.transaction() as db:
                programmes.change(db, own_programme(db, who, slug), read_details(**typed))
        except Invalid as refusal:
            with app.database.reading() as db:
                programme = own_programme(db, who, slug)
            face = frame(programme, who, "overview", typed=typed, sentence=refusal.sentence)
            return pages.page("programmes/details.html", status=422, **face)
        return see_other(f"/programmes/{slug}")


def _overview(app: Parts, who: Staff, slug: str, sentence: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        programme_id = programme.id or 0
        listed, _, reached = reach = _reach(db, programme)
        return frame(
            programme,
            who,
            "overview",
            funder=programme.funder,
            funding_stream=programme.funding_stream,
            cost=in_pounds(total(stated)) if (stated := costs.of_programme(db, programme_id)) else "",
            aims=_aims(programme, reach),
            schools=listed.schools,
            schools_reached=reached.schools,
            next=programmes.next_session(db, programme_id, app.clock()),
            modules=programmes.modules(db, programme_id),
            offerable=programmes.not_offered(db, programme_id),
            agencies=len(directory.agencies_of_programme(db, programme_id)),
            sentence=sentence,
        )


def _as_typed(programme: ProgrammeRow) -> dict[str, str]:
    details = of_row(programme)
    return {field: str(value or "") for field, value in details}


# Its modules


def _add_modules(router: APIRouter, pages: Pages) -> None:
    @router.post("/programmes/{slug}/modules")
    def offer(slug: str, app: App, who: SignedIn, lesson_id: RowId) -> Response:
        with app.database.transaction() as db:
            programmes.offer(db, own_programme(db, who, slug).id or 0, [lesson_id], app.clock())
        return see_other(f"/programmes/{slug}#modules")

    @router.post("/programmes/{slug}/modules/order")
    def order(
        slug: str, app: App, who: SignedIn, lesson_id: RowId, by: Annotated[int, Form(ge=-1, le=1)] = 0
    ) -> Response:
        with app.database.transaction() as db:
            programmes.move(db, own_programme(db, who, slug).id or 0, lesson_id, by)
        return see_other(f"/programmes/{slug}#modules")

    @router.post("/programmes/{slug}/modules/remove")
    def take_out(slug: str, app: App, who: SignedIn, lesson_id: RowId) -> Response:
        try:
            with app.database.transaction() as db:
                programmes.take_out(db, own_programme(db, who, slug).id or 0, lesson_id)
        except NotAllowed as refusal:
            face = _overview(app, who, slug, refusal.sentence)
            return pages.page("programmes/overview.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}#modules")


# A copy for another town


def _add_copy(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/copy")
    def copy_page(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/copy.html", **_copy(app, who, slug))

    @router.post("/programmes/{slug}/copy")
    def copy(slug: str, app: App, who: SignedIn, typed: Typed, agency_id: Chosen = None) -> Response:
        try:
            with app.database.transaction() as db:
                source = own_programme(db, who, slug)
                wanted = frozenset(agency_id or ())
                made = programmes.copy(db, source, read_details(**typed), wanted, app.clock())
                address = _now_theirs(db, app, who, made, "copied a programme")
        except Invalid as refusal:
            face = _copy(app, who, slug, typed, agency_id, refusal.sentence)
            return pages.page("programmes/copy.html", status=422, **face)
        return see_other(address)


def _copy(
    app: Parts,
    who: Staff,
    slug: str,
    typed: dict[str, str] | None = None,
    chosen: list[int] | None = None,
    sentence: str = "",
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        partners = agencies.partners(db, programme.id or 0)
        modules = programmes.modules(db, programme.id or 0)
    as_it_is = _as_typed(programme) | {"name": "", "area": "", "target_classes": "", "target_pupils": ""}
    ticked = {one.id for one in partners} if typed is None else set(chosen or ())
    return frame(
        programme,
        who,
        "overview",
        typed=typed or as_it_is,
        partners=partners,
        modules=modules,
        ticked=ticked,
        sentence=sentence,
    )
