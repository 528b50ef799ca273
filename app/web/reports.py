"""What each agency and each programme reads: participation and impact on a page."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from app.domain import impact_words, recall_words
from app.domain.disclosure import WHY
from app.domain.errors import NotFound
from app.domain.feedback import ASKED
from app.domain.impact import Choice, Extent, Filters, Report
from app.domain.people import Staff, may
from app.domain.report_tables import cost_basis, early_words
from app.store import directory, impact, report_rows
from app.store.database import Db
from app.store.tables import AgencyRow
from app.web.deps import LARGEST_ID, App, Parts, SignedIn
from app.web.pages import HOME, Pages
from app.web.programme_page import own_programme
from app.web.report_links import file_links

PAGE = Extent(classes=100, records=100)
"""The spreadsheet has all."""
Wanted = Annotated[str, Query(max_length=80)]


async def _filters_of_agency(
    term: Wanted = "", school: Wanted = "", topic: Wanted = "", programme: Wanted = ""
) -> Filters:
    return _filters(term=term, school=school, topic=topic, programme=programme)


async def _filters_of_programme(
    term: Wanted = "", school: Wanted = "", topic: Wanted = "", agency: Wanted = ""
) -> Filters:
    return _filters(term=term, school=school, topic=topic, agency=agency)


FiltersOfAgency = Annotated[Filters, Depends(_filters_of_agency)]
FiltersOfProgramme = Annotated[Filters, Depends(_filters_of_programme)]


def _filters(*, term: str, school: str, topic: str, agency: str = "", programme: str = "") -> Filters:
    """As an address names them. A school that is none finds nothing."""
    school_id = int(school) if school.isdecimal() and int(school) <= LARGEST_ID else -1
    return Filters(
        term=term,
        school_id=school_id if school else 0,
        topic_key=topic,
        agency_slug=agency,
        programme_slug=programme,
    )


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/reports/agencies/{agency}")
    def agency_report(agency: str, app: App, who: SignedIn, filters: FiltersOfAgency) -> Response:
        with app.database.reading() as db:
            report = report_of_agency(db, app, who, agency, filters, PAGE)
        address = f"/reports/agencies/{agency}"
        return pages.page("reports/report.html", **_face(app, report, who, address, file_links(address, filters)))

    @router.get("/reports/programmes/{slug}")
    def programme_report(slug: str, app: App, who: SignedIn, filters: FiltersOfProgramme) -> Response:
        with app.database.reading() as db:
            report = report_of_programme(db, app, who, slug, filters, PAGE)
        address = f"/reports/programmes/{slug}"
        return pages.page("reports/report.html", **_face(app, report, who, address, file_links(address, filters)))

    return router


def report_of_programme(
    db: Db,
    app: Parts,
    who: Staff,
    slug: str,
    filters: Filters,
    extent: Extent,
) -> Report:
    """A programme as far as this person may see it; else it is not found."""
    programme = own_programme(db, who, slug)
    programme_ids, now = frozenset({programme.id or 0}), app.clock()
    return impact.report(db, programme_ids, now, filters=filters, extent=extent)


def report_of_agency(
    db: Db,
    app: Parts,
    who: Staff,
    slug: str,
    filters: Filters,
    extent: Extent,
) -> Report:
    """An agency's part as far as this person may see it; else it is not found."""
    agency, seen = agency_of_report(db, who, slug)
    programme_ids = report_rows.programmes_with(db, agency.id or 0) if seen is None else seen
    return impact.report(db, programme_ids, app.clock(), agency_id=agency.id, filters=filters, extent=extent)


def _face(app: Parts, report: Report, who: Staff, address: str, files: list[dict[str, str]]) -> Mapping[str, Any]:
    chosen, today = report.filters, app.clock().astimezone(HOME).date()
    return {
        "report": report,
        "who": who.name,
        "address": address,
        "files": files,
        "headline": impact_words.headline(report),
        "basis": impact_words.basis(report),
        "again": impact_words.talk_again(report),
        "best": impact_words.known_best(report),
        "notes": (*impact_words.notes(report, today), *recall_words.notes(report, today)),
        "limits": (*impact_words.LIMITS, *recall_words.limits(report)),
        "beside_reach": (*early_words(report.reach), *cost_basis(report), *_part_without_cost(report)),
        "recall_says": recall_words.EXPLAINS,
        "legend": impact_words.LEGEND,
        "told": {"confidence": impact_words.CONFIDENCE_BASIS},
        "why": WHY,
        "modes": impact_words.MODES,
        "asked": ASKED,
        "kinds": impact_words.KINDS,
        "choices": [
            _choice("programme", "Programme", "All programmes", report.choices.programmes, chosen.programme_slug),
            _choice("term", "Term", "All terms", report.choices.terms, chosen.term),
            _choice("school", "School", "All schools", report.choices.schools, str(chosen.school_id or "")),
            _choice("topic", "Topic", "All topics", report.choices.topics, chosen.topic_key),
            *([] if report.agency else [_agency_choice(report)]),
        ],
    }


def _part_without_cost(report: Report) -> tuple[str, ...]:
    is_part = report.filters.any and not report.agency
    return ("What the programme cost is told of the whole programme only.",) if is_part else ()


def _agency_choice(report: Report) -> dict[str, Any]:
    return _choice("agency", "Agency", "All agencies", report.choices.agencies, report.filters.agency_slug)


def _choice(name: str, label: str, whole: str, offered: Sequence[Choice], value: str) -> dict[str, Any]:
    """A filter, what it offers, and in words what was chosen."""
    said = next((one.name for one in offered if one.value == value), "what is not here") if value else ""
    return {"name": name, "label": label, "whole": whole, "offered": offered, "value": value, "said": said}


def agency_of_report(db: Db, who: Staff, slug: str) -> tuple[AgencyRow, frozenset[int] | None]:
    """An agency and the programmes of it that this person may see; None: all, for it is the own one."""
    agency = directory.agency_by_slug(db, slug)
    programme_ids = directory.programmes_of_agency(db, agency.id or 0)
    if not may(who, "read_agency_report", agency_id=agency.id or 0, programme_ids=programme_ids):
        raise NotFound("We could not find that agency.")
    # A coordinator sees the agency's part in the own programmes only; its own members see all of it.
    return agency, None if agency.id in who.agency_ids else who.programme_ids & programme_ids
