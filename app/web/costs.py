"""What a programme cost: stated by its coordinator, for the cost per pupil of its reports."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.audit import account
from app.domain.cost import in_pounds, read_cost, total
from app.domain.errors import Conflict, DomainError, Invalid, NotFound
from app.domain.people import Staff
from app.store import audit, costs, directory
from app.store.database import Db
from app.web.deps import LARGEST_ID, App, Parts, RowId, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.programme_page import frame, own_programme

Words = Annotated[str, Form(max_length=400)]
AgencyId = Annotated[int, Form(ge=0, le=LARGEST_ID)]
OF = "/programmes/{slug}/costs"


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get(OF)
    def listed(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/costs.html", **_face(app, who, slug))

    @router.post(OF)
    def state(
        slug: str,
        app: App,
        who: SignedIn,
        amount: Words = "",
        covers: Words = "",
        period: Words = "",
        source: Words = "",
        agency_id: AgencyId = 0,
    ) -> Response:
        typed = {"amount": amount, "covers": covers, "period": period, "source": source}
        try:
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                _must_take_part(db, programme_id, agency_id)
                me, now = who.account_id, app.clock()
                cost_id = costs.state(db, programme_id, agency_id or None, read_cost(**typed), me, now)
                audit.note(db, now, account(me), "stated a cost", f"cost {cost_id}")
        except (Invalid, Conflict) as refusal:
            face = _face(app, who, slug, refusal, typed | {"agency_id": agency_id})
            return pages.page("programmes/costs.html", status=status_of(refusal), **face)
        return see_other(OF.format(slug=slug))

    @router.post(f"{OF}/remove")
    def remove(slug: str, app: App, who: SignedIn, cost_id: RowId) -> Response:
        with app.database.transaction() as db:
            costs.remove(db, own_programme(db, who, slug).id or 0, cost_id)
            audit.note(db, app.clock(), account(who.account_id), "removed a cost", f"cost {cost_id}")
        return see_other(OF.format(slug=slug))

    return router


def _must_take_part(db: Db, programme_id: int, agency_id: int) -> None:
    if agency_id and agency_id not in {one.id for one in directory.agencies_of_programme(db, programme_id)}:
        raise NotFound("We could not find that agency.")


def _face(
    app: Parts, who: Staff, slug: str, refusal: DomainError | None = None, typed: dict[str, Any] | None = None
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        stated = costs.of_programme(db, programme.id or 0)
        agencies = directory.agencies_of_programme(db, programme.id or 0)
    nothing = {"amount": "", "covers": "", "period": "", "source": "", "agency_id": 0}
    return frame(
        programme,
        who,
        "overview",
        costs=stated,
        total=in_pounds(total(stated)),
        agencies=agencies,
        typed=nothing | (typed or {}),
        refused=refusal.sentence if refusal else "",
    )
