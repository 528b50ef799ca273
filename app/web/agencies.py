"""The agencies of a programme: brought in, described, removed while they have contributed nothing."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from app.domain.people import Staff
from app.domain.programme import one_line, read_day
from app.store import agencies, consent
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.programme_page import Id, frame, own_programme

KINDS = ("Fire and rescue", "Police", "Council", "Lifesaving and water", "Charity", "Transport", "Other")
LONGEST_NAME, LONGEST_CONTACT = 80, 200
Words = Annotated[str, Form()]


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes/{slug}/agencies")
    def listed(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/agencies.html", **_listed(app, who, slug))

    @router.post("/programmes/{slug}/agencies")
    def bring_in(slug: str, app: App, who: SignedIn, agency_id: RowId) -> Response:
        """One that is known already: it is asked, unless there is nobody to ask."""
        with app.database.transaction() as db:
            takes_part = agencies.bring_in(db, own_programme(db, who, slug).id or 0, agency_id, app.clock())
        return see_other(f"/programmes/{slug}/agencies{f'/{agency_id}' if takes_part else ''}")

    @router.post("/programmes/{slug}/agencies/new")
    def add(slug: str, app: App, who: SignedIn, name: Words = "", kind: Words = "") -> Response:
        try:
            with app.database.transaction() as db:
                programme = own_programme(db, who, slug)
                agency_id = agencies.add(db, programme.id or 0, _read_name(name), _read_kind(kind), app.clock())
        except (Invalid, Conflict) as refusal:
            face = _listed(app, who, slug, refusal, typed=name)
            return pages.page("programmes/agencies.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}/agencies/{agency_id}")

    _add_one(router, pages)
    return router


def _add_one(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/agencies/{agency_id}")
    def one(slug: str, agency_id: Id, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/agency.html", **_one(app, who, slug, agency_id))

    @router.post("/programmes/{slug}/agencies/{agency_id}")
    def describe(
        slug: str,
        agency_id: Id,
        app: App,
        who: SignedIn,
        contact: Words = "",
        vetted: Words = "",
        vetted_on: Words = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                agencies.describe(
                    db,
                    own_programme(db, who, slug).id or 0,
                    agency_id,
                    contact=one_line(contact, LONGEST_CONTACT),
                    vetted_on=_read_vetting(vetted, vetted_on, app.clock().date()),
                )
        except Invalid as refusal:
            return pages.page("programmes/agency.html", status=422, **_one(app, who, slug, agency_id, refusal))
        return see_other(f"/programmes/{slug}/agencies")

    @router.post("/programmes/{slug}/agencies/{agency_id}/remove")
    def remove(slug: str, agency_id: Id, app: App, who: SignedIn) -> Response:
        try:
            with app.database.transaction() as db:
                agencies.remove(db, own_programme(db, who, slug).id or 0, agency_id)
        except NotAllowed as refusal:
            return pages.page("programmes/agency.html", status=403, **_one(app, who, slug, agency_id, refusal))
        return see_other(f"/programmes/{slug}/agencies")


def _listed(app: Parts, who: Staff, slug: str, refusal: DomainError | None = None, typed: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        return frame(
            programme,
            who,
            "agencies",
            partners=agencies.partners(db, programme.id or 0),
            asked=consent.asked_by(db, programme.id or 0),
            known=agencies.known_elsewhere(db, programme.id or 0),
            kinds=KINDS,
            typed=typed[:LONGEST_NAME],
            sentence=refusal.sentence if refusal else "",
        )


def _one(app: Parts, who: Staff, slug: str, agency_id: int, refusal: DomainError | None = None) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        found = [one for one in agencies.partners(db, programme.id or 0) if one.id == agency_id]
    if not found:
        raise NotFound("We could not find that agency.")
    return frame(
        programme,
        who,
        "agencies",
        partner=found[0],
        today=app.clock().date(),
        sentence=refusal.sentence if refusal else "",
    )


def _read_name(typed: str) -> str:
    name = one_line(typed, LONGEST_NAME)
    if not name:
        raise Invalid("Please give the name of the agency.")
    return name


def _read_kind(typed: str) -> str:
    if typed and typed not in KINDS:
        raise Invalid("Please choose what kind of agency it is.")
    return typed


def _read_vetting(ticked: str, typed: str, today: date) -> date | None:
    """Without the tick there is no date, whatever stands beside it."""
    if not ticked:
        return None
    vetted_on = read_day(typed, "Please say on which day the agency was vetted, for example 02/11/2026.")
    if vetted_on > today:
        raise Invalid("The day of the vetting lies in the future. Look at the date again.")
    return vetted_on
