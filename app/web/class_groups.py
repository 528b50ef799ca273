"""The class groups of a programme: listed, typed in, changed, removed."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app.domain.audit import account, class_group
from app.domain.class_group import MODES, read_label, read_mode, read_roll, read_school_name, read_year
from app.domain.errors import Conflict, DomainError, Invalid, NotAllowed
from app.domain.people import Staff
from app.domain.school_list import Listed
from app.store import audit, class_links, directory, schools
from app.web.class_links import address_of
from app.web.deps import LARGEST_ID, App, Parts, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.panels import qr
from app.web.programme_page import Id, frame, own_programme
from app.web.schools import draw

Words = Annotated[str, Form()]


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes/{slug}/class-groups")
    def listed(slug: str, app: App, who: SignedIn, made: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0) -> Response:
        return pages.page("programmes/class_groups.html", **_listed(app, who, slug) | {"done": _told(made)})

    @router.post("/programmes/{slug}/class-groups")
    def add(
        slug: str,
        app: App,
        who: SignedIn,
        school: Words = "",
        label: Words = "",
        year: Words = "",
        on_roll: Words = "",
        mode: Words = "",
    ) -> Response:
        typed = {"school": school, "label": label, "year": year, "on_roll": on_roll}
        try:
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                said = _read(label, year, on_roll, mode)
                school_id = schools.add(db, programme_id, Listed(row=0, school=read_school_name(school)), draw)
                schools.add_class(db, programme_id, school_id, **said)
        except (Invalid, Conflict) as refusal:
            face = _listed(app, who, slug, refusal.sentence, typed)
            return pages.page("programmes/class_groups.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}/class-groups")

    _add_one(router, pages)
    return router


def _add_one(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/class-groups/{class_group_id}")
    def one(slug: str, class_group_id: Id, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/class_group.html", **_one(app, who, slug, class_group_id))

    @router.post("/programmes/{slug}/class-groups/{class_group_id}")
    def change(
        slug: str,
        class_group_id: Id,
        app: App,
        who: SignedIn,
        label: Words = "",
        year: Words = "",
        on_roll: Words = "",
        mode: Words = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                schools.change_class(db, programme_id, class_group_id, **_read(label, year, on_roll, mode))
        except (Invalid, Conflict) as refusal:
            face = _one(app, who, slug, class_group_id, refusal)
            return pages.page("programmes/class_group.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}/class-groups")

    @router.post("/programmes/{slug}/class-groups/{class_group_id}/remove")
    def remove(slug: str, class_group_id: Id, app: App, who: SignedIn) -> Response:
        try:
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                if directory.has_class_link(db, class_group_id, app.clock()):
                    audit.note(
                        db, app.clock(), account(who.account_id), "ended a class link", class_group(class_group_id)
                    )
                schools.remove_class(db, programme_id, class_group_id)
        except NotAllowed as refusal:
            face = _one(app, who, slug, class_group_id, refusal)
            return pages.page("programmes/class_group.html", status=403, **face)
        return see_other(f"/programmes/{slug}/class-groups")


def _told(made: int) -> str:
    """What was made just now."""
    if not made:
        return ""
    links = "The class link was" if made == 1 else f"{made} class links were"
    return f"{links} made. Print {'the letter' if made == 1 else 'the letters'} and give each to its teacher."


def _read(label: str, year: str, on_roll: str, mode: str) -> dict[str, Any]:
    return {
        "label": read_label(label),
        "year": read_year(year),
        "on_roll": read_roll(on_roll),
        "mode": read_mode(mode),
    }


def _listed(
    app: Parts, who: Staff, slug: str, sentence: str = "", typed: dict[str, str] | None = None
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        programme_id = programme.id or 0
        groups = schools.class_groups(db, programme_id)
        links = class_links.of_programme(db, programme_id, secret=app.settings.secret(), now=app.clock())
        names = [school.name for school in schools.of_programme(db, programme_id)]
    shown = {field: text[:120] for field, text in (typed or {}).items()}
    return frame(
        programme,
        who,
        "classes",
        groups=groups,
        links=links,
        printable=sum(bool(link.token) for link in links.values()),
        without=sum(group.id not in links for group in groups),
        schools=names,
        modes=MODES,
        typed=dict.fromkeys(("school", "label", "year", "on_roll"), "") | shown,
        is_open=bool(sentence),
        sentence=sentence,
    )


def _one(
    app: Parts, who: Staff, slug: str, class_group_id: int, refusal: DomainError | None = None
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        programme_id = programme.id or 0
        group = schools.class_group(db, programme_id, class_group_id)
        links = class_links.of_programme(db, programme_id, secret=app.settings.secret(), now=app.clock())
    link = links.get(class_group_id)
    address = address_of(app, link.token) if link and link.token else ""
    return frame(
        programme,
        who,
        "classes",
        group=group,
        link=link,
        link_address=address,
        picture=qr(address.upper()) if address else "",
        modes=MODES,
        sentence=refusal.sentence if refusal else "",
    )
