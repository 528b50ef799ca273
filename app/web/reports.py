"""What each agency reads: the records to which it contributed, on a page and as CSV (reach only)."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.documents.participation_csv import participation_csv
from app.domain.errors import NotFound
from app.domain.people import Staff, may
from app.store import directory, participation
from app.store.participation import ReportRow
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/reports/agencies/{agency}.csv")
    def agency_csv(agency: str, app: App, who: SignedIn) -> Response:
        name, _, rows = _agency_rows(app, who, agency)
        return Response(
            participation_csv(name, rows),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{agency}-participation.csv"'},
        )

    @router.get("/reports/agencies/{agency}")
    def agency_report(agency: str, app: App, who: SignedIn) -> Response:
        name, programme, rows = _agency_rows(app, who, agency)
        context: dict[str, Any] = {
            "agency": name,
            "programme": programme,
            "totals": participation.totals(rows),
            "rows": rows,
            "csv_href": f"/reports/agencies/{agency}.csv",
            "who": who.name,
        }
        return pages.page("reports/agency.html", **context)

    return router


def _agency_rows(app: Parts, who: Staff, slug: str) -> tuple[str, str, list[ReportRow]]:
    """Name, programme and records of an agency, as far as this person may see them; else it is not found."""
    with app.database.reading() as db:
        agency = directory.agency_by_slug(db, slug)
        programme_ids = directory.programmes_of_agency(db, agency.id or 0)
        if not may(who, "read_agency_report", agency_id=agency.id or 0, programme_ids=programme_ids):
            raise NotFound("We could not find that agency.")
        # A coordinator sees the agency's part in the own programmes only; its own members see all of it.
        seen = None if agency.id in who.agency_ids else who.programme_ids & programme_ids
        rows = participation.for_agency(db, agency.id or 0, seen)
        names = [programme.name for programme in directory.programmes_by_id(db, seen or programme_ids)]
    return agency.name, ", ".join(names), rows
