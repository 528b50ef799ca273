"""Class links and their letters: made, printed as a page and as PDF, taken away from a browser or from all."""

from collections import defaultdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.documents.letter import PARTS, Letter, letters_pdf, typed
from app.documents.letters import when
from app.domain.audit import account, class_group
from app.domain.errors import NotFound
from app.domain.people import Staff
from app.domain.timetable import Planned
from app.store import audit, class_links, directory, schools, timetable
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import Pages, day, see_other
from app.web.panels import qr
from app.web.programme_page import Id, frame, own_programme
from app.web.security import new_key

NO_LETTER = "There is no letter to print. Make a new class link first; the old one ends with it."


def address_of(app: Parts, token: str) -> str:
    """What a teacher types, or a camera reads."""
    return f"{app.settings.base_address}/c/{token}"


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_letters(router, pages)
    _add_links(router)
    return router


def _add_letters(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/letters")
    def all_letters(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/letters.html", **_letters(app, who, slug))

    @router.get("/programmes/{slug}/letters.pdf")
    def all_as_pdf(slug: str, app: App, who: SignedIn) -> Response:
        return _pdf(app, _letters(app, who, slug)["letters"], f"class-letters-{slug}")

    @router.get("/programmes/{slug}/letters/{class_group_id}")
    def letter(slug: str, class_group_id: Id, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/letters.html", **_letters(app, who, slug, class_group_id))

    @router.get("/programmes/{slug}/letters/{class_group_id}/letter.pdf")
    def letter_as_pdf(slug: str, class_group_id: Id, app: App, who: SignedIn) -> Response:
        return _pdf(app, _letters(app, who, slug, class_group_id)["letters"], f"class-letter-{class_group_id}")


def _letters(app: Parts, who: Staff, slug: str, class_group_id: int = 0) -> dict[str, Any]:
    """The letters of a programme, or of one class, as far as their links can be printed. Raises NotFound."""
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        groups = schools.class_groups(db, programme.id or 0)
        links = class_links.of_programme(db, programme.id or 0, secret=app.settings.secret(), now=app.clock())
        booked = _booked(timetable.all_of_programme(db, programme.id or 0))
        if class_group_id:
            groups = [schools.class_group(db, programme.id or 0, class_group_id)]
    letters = []
    for group in groups:
        link = links.get(group.id)
        if link is not None and link.token:
            address = address_of(app, link.token)
            letter = Letter(
                school=group.school,
                class_label=group.label,
                programme=programme.name,
                product=app.settings.product_name,
                address=address,
                until=day(programme.ends_on),
                coordinator=f"{who.name} ({who.email})" if who.email else who.name,
                sessions=tuple(booked.get(group.id, ())),
            )
            host, shown = typed(address)
            letters.append({"letter": letter, "picture": qr(address.upper()), "host": host, "token": shown})
    if not letters:
        raise NotFound(NO_LETTER)
    return frame(programme, who, "classes", letters=letters, parts=PARTS, class_group_id=class_group_id)


def _booked(planned: list[Planned]) -> dict[int, list[str]]:
    """Class group -> what is still to come in which it has a place, one line each."""
    found: dict[int, list[str]] = defaultdict(list)
    for one in planned:
        for booking in one.bookings:
            if one.is_to_come and booking.is_to_come:
                found[booking.class_group_id].append(f"{one.title}: {when(one)}")
    return found


def _pdf(app: Parts, letters: list[dict[str, Any]], name: str) -> Response:
    made = letters_pdf([one["letter"] for one in letters], app.clock())
    named = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


def _add_links(router: APIRouter) -> None:
    @router.post("/programmes/{slug}/letters")
    def make_missing(slug: str, app: App, who: SignedIn) -> Response:
        """A link for each class that has none; those that work go on working."""
        now, secret = app.clock(), app.settings.secret()
        with app.database.transaction() as db:
            programme_id = own_programme(db, who, slug).id or 0
            there = class_links.of_programme(db, programme_id, secret=secret, now=now)
            missing = [group for group in directory.class_groups(db, programme_id) if group.id not in there]
            for group in missing:
                class_links.make(db, group, secret=secret, seed=new_key(), now=now)
                audit.note(db, now, account(who.account_id), "made a class link", class_group(group.id))
        return see_other(f"/programmes/{slug}/class-groups?made={len(missing)}")

    @router.post("/programmes/{slug}/class-groups/{class_group_id}/link")
    def make(slug: str, class_group_id: Id, app: App, who: SignedIn) -> Response:
        """A new link; the old one ends at once, also where it is in use."""
        with app.database.transaction() as db:
            programme = own_programme(db, who, slug)
            schools.class_group(db, programme.id or 0, class_group_id)
            group = directory.class_group(db, class_group_id)
            now, me, thing = app.clock(), account(who.account_id), class_group(class_group_id)
            if directory.has_class_link(db, class_group_id, now):
                audit.note(db, now, me, "ended a class link", thing)
            class_links.make(db, group, secret=app.settings.secret(), seed=new_key(), now=now)
            audit.note(db, now, me, "made a class link", thing)
            open_runs = class_links.open_runs(db, class_group_id)
        _look_again(app, open_runs)
        return see_other(f"/programmes/{slug}/class-groups/{class_group_id}")

    @router.post("/programmes/{slug}/class-groups/{class_group_id}/browsers/remove")
    def remove_browser(slug: str, class_group_id: Id, app: App, who: SignedIn, browser_id: RowId) -> Response:
        with app.database.transaction() as db:
            programme = own_programme(db, who, slug)
            schools.class_group(db, programme.id or 0, class_group_id)
            class_links.remove_browser(db, class_group_id, browser_id, app.clock())
            open_runs = class_links.open_runs(db, class_group_id)
        _look_again(app, open_runs)
        return see_other(f"/programmes/{slug}/class-groups/{class_group_id}")


def _look_again(app: Parts, open_runs: list[int]) -> None:
    """Whoever has lost the link loses the sockets too."""
    for run_id in open_runs:
        app.rooms.sign_out(run_id)
