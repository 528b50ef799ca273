"""A report as a file: of an agency's part, or of a whole programme, with the filters of its page."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from app.documents.report_files import TYPES, Kind, report_file
from app.domain.impact import Filters, Report
from app.web.deps import App, Parts, SignedIn
from app.web.reports import FiltersOfAgency, FiltersOfProgramme, report_of_agency, report_of_programme


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/reports/agencies/{agency}.{kind}")
    def of_agency(agency: str, kind: Kind, app: App, who: SignedIn, filters: FiltersOfAgency) -> Response:

        def make() -> bytes:
            with app.database.reading() as db:
                report = report_of_agency(db, app, who, agency, filters, is_brief=kind == "pdf")
            return file_of(app, kind, report)

        return _download(app, (who.account_id, "agency", agency), kind, filters, make)

    @router.get("/reports/programmes/{slug}.{kind}")
    def of_programme(slug: str, kind: Kind, app: App, who: SignedIn, filters: FiltersOfProgramme) -> Response:

        def make() -> bytes:
            with app.database.reading() as db:
                report = report_of_programme(db, app, who, slug, filters, is_brief=kind == "pdf")
            return file_of(app, kind, report)

        return _download(app, (who.account_id, "programme", slug), kind, filters, make)

    return router


def file_of(app: Parts, kind: Kind, report: Report) -> bytes:
    return report_file(kind, report, product=app.settings.product_name, now=app.clock())


def _download(
    app: Parts, key: tuple[object, ...], kind: Kind, filters: Filters, make: Callable[[], bytes]
) -> Response:
    made = app.exports.make((*key, kind, filters), make)
    named = {"Content-Disposition": f'attachment; filename="{key[-1]}-participation.{kind}"'}
    return Response(made, media_type=TYPES[kind], headers=named)
