"""A report as a file: of an agency's part, or of a whole programme, with the filters of its page."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.documents.report_files import TYPES, Kind, extent_of, report_file
from app.domain.impact import Filters, Report
from app.domain.people import Staff
from app.web.deps import App, Parts, SignedIn
from app.web.exports import KEPT_SECONDS
from app.web.pages import Pages
from app.web.programme_page import own_programme
from app.web.reports import (
    FiltersOfAgency,
    FiltersOfProgramme,
    agency_of_report,
    report_of_agency,
    report_of_programme,
)

ASK_AGAIN_SECONDS = 10


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/reports/agencies/{agency}.{kind}")
    def of_agency(
        agency: str, kind: Kind, request: Request, app: App, who: SignedIn, filters: FiltersOfAgency
    ) -> Response:
        with app.database.reading() as db:
            agency_of_report(db, who, agency)

        def make() -> bytes:
            with app.database.reading() as db:
                report = report_of_agency(db, app, who, agency, filters, extent_of(kind))
            return file_of(app, kind, report)

        made = app.exports.make((who.account_id, "agency", agency, kind, filters), make)
        return _download(made, agency, kind, filters) if made is not None else _being_made(pages, request, who, kind)

    @router.get("/reports/programmes/{slug}.{kind}")
    def of_programme(
        slug: str, kind: Kind, request: Request, app: App, who: SignedIn, filters: FiltersOfProgramme
    ) -> Response:
        with app.database.reading() as db:
            own_programme(db, who, slug)

        def make() -> bytes:
            with app.database.reading() as db:
                report = report_of_programme(db, app, who, slug, filters, extent_of(kind))
            return file_of(app, kind, report)

        made = app.exports.make((who.account_id, "programme", slug, kind, filters), make)
        return _download(made, slug, kind, filters) if made is not None else _being_made(pages, request, who, kind)

    return router


def file_of(app: Parts, kind: Kind, report: Report) -> bytes:
    return report_file(kind, report, product=app.settings.product_name, now=app.clock())


def _download(made: bytes, name: str, kind: Kind, filters: Filters) -> Response:
    """A part has another name than the whole: both may lie in one folder."""
    if filters.any:
        name += "-part"
    named = {"Content-Disposition": f'attachment; filename="{name}-participation.{kind}"'}
    return Response(made, media_type=TYPES[kind], headers=named)


def _being_made(pages: Pages, request: Request, who: Staff, kind: Kind) -> Response:
    """What to do about a file that is not ready; the page asks again, also without a script."""
    query = f"?{request.url.query}" if request.url.query else ""
    page = pages.page(
        "reports/being_made.html",
        status=202,
        who=who.name,
        address=f"{request.url.path}{query}",
        back=f"{request.url.path.removesuffix(f'.{kind}')}{query}",
        seconds=ASK_AGAIN_SECONDS,
        minutes=KEPT_SECONDS // 60,
    )
    page.headers["Refresh"] = str(ASK_AGAIN_SECONDS)
    return page
