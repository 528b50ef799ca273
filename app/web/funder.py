"""The funder's page: one sheet of A4 and a sentence for the press; beside it, what agencies report of other work."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain import impact_words, recall_words
from app.domain.audit import account
from app.domain.disclosure import WHY
from app.domain.errors import Conflict, DomainError, Invalid, NotFound
from app.domain.impact import TOTALS, Report
from app.domain.partner_figure import read_figure
from app.domain.people import Staff, may
from app.domain.press import press_sentence
from app.domain.report_tables import cost_basis
from app.store import audit, directory, impact, partner_figures
from app.store.database import Db
from app.store.tables import ProgrammeRow
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import HOME, Pages, see_other, status_of

Words = Annotated[str, Form(max_length=400)]
OF = "/reports/programmes/{slug}"
MISUNDERSTANDINGS = 3


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get(f"{OF}/funder")
    def page(slug: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            programme = programme_for(db, who, slug)
            report = impact.report(db, frozenset({programme.id or 0}), app.clock(), extent=TOTALS)
            figures = partner_figures.of_programme(db, programme.id or 0)
        return pages.page("reports/funder.html", **_face(app, who, programme, report), figures=figures)

    @router.get(f"{OF}/figures")
    def listed(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("reports/figures.html", **_figures(app, who, slug))

    @router.post(f"{OF}/figures")
    def enter(
        slug: str,
        app: App,
        who: SignedIn,
        agency_id: RowId,
        label: Words = "",
        amount: Words = "",
        measure: Words = "",
        period: Words = "",
        source: Words = "",
    ) -> Response:
        typed = {"label": label, "amount": amount, "measure": measure, "period": period, "source": source}
        try:
            with app.database.transaction() as db:
                programme = programme_for(db, who, slug)
                _must_report_for(db, who, programme, agency_id)
                me, now = who.account_id, app.clock()
                figure_id = partner_figures.add(db, programme.id or 0, agency_id, read_figure(**typed), me, now)
                audit.note(db, now, account(me), "entered a partner figure", f"partner figure {figure_id}")
        except (Invalid, Conflict) as refusal:
            face = _figures(app, who, slug, refusal, typed | {"agency_id": agency_id})
            return pages.page("reports/figures.html", status=status_of(refusal), **face)
        return see_other(OF.format(slug=slug) + "/figures")

    @router.post(f"{OF}/figures/remove")
    def remove(slug: str, app: App, who: SignedIn, figure_id: RowId) -> Response:
        with app.database.transaction() as db:
            programme = programme_for(db, who, slug)
            figure = partner_figures.one(db, programme.id or 0, figure_id)
            _must_report_for(db, who, programme, figure.agency_id)
            partner_figures.remove(db, figure_id)
            me = account(who.account_id)
            audit.note(db, app.clock(), me, "removed a partner figure", f"partner figure {figure_id}")
        return see_other(OF.format(slug=slug) + "/figures")

    return router


def programme_for(db: Db, who: Staff, slug: str) -> ProgrammeRow:
    """A programme that this person coordinates, or whose agency takes part in it. Raises NotFound."""
    programme = directory.programme_by_slug(db, slug)
    agencies = frozenset(one.id or 0 for one in directory.agencies_of_programme(db, programme.id or 0))
    if not may(who, "read_funders_page", programme_ids=frozenset({programme.id or 0}), agency_ids=agencies):
        raise NotFound("We could not find that programme.")
    return programme


def _must_report_for(db: Db, who: Staff, programme: ProgrammeRow, agency_id: int) -> None:
    taking_part = {one.id for one in directory.agencies_of_programme(db, programme.id or 0)}
    programme_ids = frozenset({programme.id or 0})
    if agency_id not in taking_part or not may(
        who, "report_figures", agency_id=agency_id, programme_ids=programme_ids
    ):
        raise NotFound("We could not find that agency.")


def _face(app: Parts, who: Staff, programme: ProgrammeRow, report: Report) -> dict[str, Any]:
    wrong = [
        (topic.name, item.wrong_before, item.knowledge)
        for topic in report.topics
        for item in topic.items
        if item.wrong_before and item.knowledge.before_share is not None
    ]
    wrong.sort(key=lambda one: one[2].before_share or 0)
    return {
        "report": report,
        "programme": programme,
        "address": OF.format(slug=programme.slug),
        "may_see_report": may(who, "run_programme", programme_ids=frozenset({programme.id or 0})),
        "who": who.name,
        "sentence": press_sentence(report),
        "headline": impact_words.headline(report),
        "basis": impact_words.basis(report),
        "notes": impact_words.notes(report, app.clock().astimezone(HOME).date()),
        "cost_basis": cost_basis(report),
        "recalled": recall_words.sentences(report),
        "misunderstandings": wrong[:MISUNDERSTANDINGS],
        "why": WHY,
        "made_on": app.clock(),
    }


def _figures(
    app: Parts, who: Staff, slug: str, refusal: DomainError | None = None, typed: dict[str, Any] | None = None
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = programme_for(db, who, slug)
        programme_ids = frozenset({programme.id or 0})
        reporting = [
            one
            for one in directory.agencies_of_programme(db, programme.id or 0)
            if may(who, "report_figures", agency_id=one.id or 0, programme_ids=programme_ids)
        ]
        figures = partner_figures.of_programme(db, programme.id or 0)
    own = {one.id for one in reporting}
    return {
        "programme": programme,
        "address": OF.format(slug=slug),
        "who": who.name,
        "agencies": reporting,
        "figures": [(one, one.agency_id in own) for one in figures],
        "typed": {"label": "", "amount": "", "measure": "", "period": "", "source": "", "agency_id": 0}
        | (typed or {}),
        "sentence": refusal.sentence if refusal else "",
    }
