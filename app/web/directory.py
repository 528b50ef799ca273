"""The programme's home for staff: agencies' reports, class groups and their links."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.errors import Invalid, NotFound
from app.domain.people import Staff, may
from app.store import directory, participation
from app.store.database import Db
from app.store.directory import ClassGroup
from app.store.tables import ProgrammeRow, SchoolRow
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import Pages, see_other
from app.web.security import new_key

LARGEST_ROLL = 60


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes")
    def home(app: App, who: SignedIn) -> Response:
        return pages.page("staff/home.html", **_home(app, who))

    @router.post("/programmes/{slug}/class-groups")
    def add_class_group(
        slug: str,
        app: App,
        who: SignedIn,
        school: Annotated[str, Form()] = "",
        label: Annotated[str, Form()] = "",
        on_roll: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                programme = _own_programme(db, who, slug)
                _add_class_group(db, programme, school, label, on_roll)
        except Invalid as refusal:
            return pages.page("staff/home.html", status=422, **_home(app, who, sentence=refusal.sentence))
        return see_other("/programmes")

    @router.post("/programmes/{slug}/class-links")
    def make_class_link(slug: str, app: App, who: SignedIn, class_group_id: RowId) -> Response:
        """A new link, shown this once; the store keeps only its hash."""
        token = new_key()
        with app.database.transaction() as db:
            programme = _own_programme(db, who, slug)
            group = directory.class_group(db, class_group_id)
            if group.programme_id != programme.id:
                raise NotFound("We could not find that class.")
            directory.make_class_link(db, group, token)
        link = {"address": f"{app.settings.base_address}/c/{token}", "group": group}
        return pages.page("staff/home.html", **_home(app, who, new_link=link))

    return router


def _own_programme(db: Db, who: Staff, slug: str) -> ProgrammeRow:
    programme = directory.programme_by_slug(db, slug)
    if not may(who, "run_programme", programme_ids=frozenset({programme.id or 0})):
        raise NotFound("We could not find that programme.")
    return programme


def _add_class_group(db: Db, programme: ProgrammeRow, school: str, label: str, on_roll: str) -> None:
    if not school.strip() or not label.strip():
        raise Invalid("Please give the school and the class, for example 6H.")
    number = _read_roll(on_roll)
    found = [group for group in directory.class_groups(db, programme.id or 0) if group.school == school.strip()]
    reference = directory.school_reference(db, found[0].id) if found else f"own-{secrets.token_hex(4)}"
    school_id = directory.add_school(db, programme.id or 0, SchoolRow(reference=reference, name=school.strip()[:120]))
    directory.add_class_group(db, programme.id or 0, school_id, label.strip()[:20], number)


def _read_roll(typed: str) -> int | None:
    """Pupils on roll; None when the field was left empty."""
    if not typed.strip():
        return None
    try:
        number = int(typed)
    except ValueError:
        number = 0
    if not 1 <= number <= LARGEST_ROLL:
        raise Invalid(f"One class has between 1 and {LARGEST_ROLL} pupils on roll.")
    return number


def _home(app: Parts, who: Staff, sentence: str = "", new_link: dict[str, Any] | None = None) -> dict[str, Any]:
    with app.database.reading() as db:
        runs_of = participation.runs_per_class(db)
        if who.programme_ids:
            programmes = directory.programmes_by_id(db, who.programme_ids)
            shown = [_programme_face(db, programme, runs_of) for programme in programmes]
        else:
            agencies = directory.agencies_by_id(db, who.agency_ids)
            shown = [
                {
                    "slug": "",
                    "name": "",
                    "area": "",
                    "agencies": _agency_links(agencies),
                    "class_groups": [],
                    "may_run": False,
                }
            ]
    return {"programmes": shown, "new_link": new_link, "sentence": sentence, "who": who.name}


def _programme_face(db: Db, programme: ProgrammeRow, runs_of: dict[int, int]) -> dict[str, Any]:
    links = directory.links_per_class(db, programme.id or 0)
    groups: list[ClassGroup] = directory.class_groups(db, programme.id or 0)
    return {
        "slug": programme.slug,
        "name": programme.name,
        "area": programme.area,
        "agencies": _agency_links(directory.agencies_of_programme(db, programme.id or 0)),
        "class_groups": [
            {
                "id": group.id,
                "school": group.school,
                "label": group.label,
                "on_roll": group.on_roll,
                "runs": runs_of.get(group.id, 0),
                "links": links.get(group.id, 0),
            }
            for group in groups
        ],
        "may_run": True,
    }


def _agency_links(agencies: list[Any]) -> list[dict[str, str]]:
    return [{"name": agency.name, "href": f"/reports/agencies/{agency.slug}"} for agency in agencies]
