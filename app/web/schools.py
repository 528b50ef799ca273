"""The schools of a programme: typed in, changed, removed; and a list of them that was brought."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.content.importers.school_lists import LARGEST_LIST, FoundList, read_list_apart
from app.documents.school_sheets import template_xlsx
from app.domain.class_group import read_label, read_mode, read_reference, read_roll, read_school_name, read_year
from app.domain.errors import Conflict, DomainError, Invalid, NotAllowed
from app.domain.people import Staff
from app.domain.programme import one_line
from app.domain.school_list import Listed
from app.store import schools
from app.store.brought_files import BroughtFiles
from app.web.brought_file import Readers, received
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.programme_page import Id, frame, own_programme
from app.web.security import COUNTED_AS_THEY_COME

BROUGHT = "/programmes/brought"
LARGEST_BROUGHT = LARGEST_LIST + 64 * 1024
LARGEST_SENT = COUNTED_AS_THEY_COME[BROUGHT]
TOO_LARGE = "This list is larger than 5 MB. Keep the rows of your area only, and send that."
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_WORDS = 60
ERASED = "The school is erased. Nothing that is held here leads to it any more."
Words = Annotated[str, Form()]


def draw() -> str:
    """The reference of a school that was typed in without one."""
    return secrets.token_hex(4)


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_bringing(router, pages)
    _add_list(router, pages)
    _add_one(router, pages)
    return router


# The list of schools


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/schools")
    def listed(slug: str, app: App, who: SignedIn, kept: str = "", same: str = "", erased: str = "") -> Response:
        done = ERASED if erased else _told(kept, same)
        return pages.page("programmes/schools.html", **_listed(app, who, slug, done=done))

    @router.post("/programmes/{slug}/schools")
    def add(
        slug: str,
        app: App,
        who: SignedIn,
        school: Words = "",
        reference: Words = "",
        district: Words = "",
        label: Words = "",
        year: Words = "",
        on_roll: Words = "",
        mode: Words = "",
    ) -> Response:
        """A school, with its first class when a label stands there."""
        typed = {"school": school, "reference": reference, "district": district, "label": label, "on_roll": on_roll}
        try:
            one = Listed(
                row=0,
                school=read_school_name(school),
                reference=read_reference(reference),
                district=one_line(district, LONGEST_WORDS),
            )
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                school_id = schools.add(db, programme_id, one, draw)
                if label.strip():
                    schools.add_class(
                        db,
                        programme_id,
                        school_id,
                        label=read_label(label),
                        year=read_year(year),
                        on_roll=read_roll(on_roll),
                        mode=read_mode(mode),
                    )
        except (Invalid, Conflict) as refusal:
            face = _listed(app, who, slug, refusal.sentence, typed)
            return pages.page("programmes/schools.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}/schools/{school_id}")


def _listed(
    app: Parts, who: Staff, slug: str, sentence: str = "", typed: dict[str, str] | None = None, done: str = ""
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        found = schools.of_programme(db, programme.id or 0)
    shown = {field: text[:120] for field, text in (typed or {}).items()}
    return frame(
        programme,
        who,
        "schools",
        schools=found,
        typed=dict.fromkeys(("school", "reference", "district", "label", "on_roll"), "") | shown,
        is_open=bool(sentence),
        sentence=sentence,
        done=done,
    )


def _told(kept: str, same: str) -> str:
    """What came of a list: the address says how many rows were kept, and how many were here already."""
    said = [int(one) if one.isascii() and one.isdigit() and len(one) < 6 else 0 for one in (kept, same)]
    words = [f"{said[0]} {'row was' if said[0] == 1 else 'rows were'} kept."] if said[0] else []
    if said[1]:
        words.append(f"{said[1]} {'row was' if said[1] == 1 else 'rows were'} here already and unchanged.")
    return " ".join(words)


# One school


def _add_one(router: APIRouter, pages: Pages) -> None:
    @router.get("/programmes/{slug}/schools/{school_id}")
    def one(slug: str, school_id: Id, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/school.html", **_one(app, who, slug, school_id))

    @router.post("/programmes/{slug}/schools/{school_id}")
    def change(
        slug: str,
        school_id: Id,
        app: App,
        who: SignedIn,
        school: Words = "",
        kind: Words = "",
        district: Words = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                schools.change(
                    db,
                    own_programme(db, who, slug).id or 0,
                    school_id,
                    name=read_school_name(school),
                    kind=one_line(kind, LONGEST_WORDS),
                    district=one_line(district, LONGEST_WORDS),
                )
        except (Invalid, NotAllowed) as refusal:
            face = _one(app, who, slug, school_id, refusal)
            return pages.page("programmes/school.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}/schools")

    @router.post("/programmes/{slug}/schools/{school_id}/remove")
    def remove(slug: str, school_id: Id, app: App, who: SignedIn) -> Response:
        try:
            with app.database.transaction() as db:
                schools.remove(db, own_programme(db, who, slug).id or 0, school_id)
        except NotAllowed as refusal:
            return pages.page("programmes/school.html", status=403, **_one(app, who, slug, school_id, refusal))
        return see_other(f"/programmes/{slug}/schools")


def _one(app: Parts, who: Staff, slug: str, school_id: int, refusal: DomainError | None = None) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        school = schools.one(db, programme.id or 0, school_id)
        groups = [one for one in schools.class_groups(db, programme.id or 0) if one.school_id == school_id]
    sentence = refusal.sentence if refusal else ""
    return frame(programme, who, "schools", school=school, groups=groups, sentence=sentence)


# A list that is brought


def _add_bringing(router: APIRouter, pages: Pages) -> None:
    readers = Readers()

    @router.get("/programmes/{slug}/schools/list")
    def bring_page(slug: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            programme = own_programme(db, who, slug)
        return pages.page("programmes/bring.html", **frame(programme, who, "schools", slug=slug))

    @router.get("/programmes/{slug}/schools/list.xlsx")
    def template(slug: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            own_programme(db, who, slug)
        named = {"Content-Disposition": 'attachment; filename="schools-and-classes.xlsx"'}
        return Response(template_xlsx(), media_type=XLSX, headers=named)

    @router.post(BROUGHT)
    async def bring(request: Request, app: App, who: SignedIn) -> Response:
        """A refused list leaves nothing behind: what was found is laid by, never the file."""
        async with received(request, "programme", LARGEST_BROUGHT, LARGEST_SENT, TOO_LARGE) as (slug, file):
            programme = await run_in_threadpool(_may_bring, app, who, slug)
            async with readers.turn():
                found = await run_in_threadpool(read_list_apart, await file.read())
        if found.refusal:
            face = frame(programme, who, "schools", slug=slug, sentence=found.refusal)
            return pages.page("programmes/bring.html", status=422, **face)
        laid = {"found.json": found.model_dump_json().encode()}
        name = await run_in_threadpool(BroughtFiles(app.settings.data_dir).lay_by, who.account_id, laid)
        return see_other(f"/programmes/{slug}/schools/brought/{name}")

    @router.get("/programmes/{slug}/schools/brought/{name}")
    def preview(slug: str, name: str, app: App, who: SignedIn) -> Response:
        found = _laid_by(app, who, name)
        with app.database.reading() as db:
            programme = own_programme(db, who, slug)
            changes = schools.plan(db, programme.id or 0, found.listed)
        face = {"found": found, "changes": changes, "name": name, "counts": _counts(found, changes)}
        return pages.page("programmes/brought.html", **frame(programme, who, "schools", **face))

    @router.post("/programmes/{slug}/schools/brought/{name}")
    def keep(slug: str, name: str, app: App, who: SignedIn) -> Response:
        found = _laid_by(app, who, name)
        with app.database.transaction() as db:
            changes = schools.keep(db, own_programme(db, who, slug).id or 0, found.listed, draw)
        BroughtFiles(app.settings.data_dir).remove(who.account_id, name)
        kept = sum(change.effect in ("new", "changed") for change in changes)
        same = sum(change.effect == "same" for change in changes)
        return see_other(f"/programmes/{slug}/schools?kept={kept}{f'&same={same}' if same else ''}")


def _may_bring(app: Parts, who: Staff, slug: str) -> Any:
    with app.database.reading() as db:
        return own_programme(db, who, slug)


def _laid_by(app: Parts, who: Staff, name: str) -> FoundList:
    return FoundList.model_validate_json(BroughtFiles(app.settings.data_dir).read(who.account_id, name, "found.json"))


def _counts(found: FoundList, changes: Any) -> dict[str, Any]:
    """What the preview says first."""
    kept = [change for change in changes if change.effect != "left out"]
    said = [words for change in changes if change.effect != "left out" for words in change.said]
    again = [words for change in changes if change.effect == "left out" for words in change.said]
    return {
        "kept": len(kept),
        "same": sum(one.effect == "same" for one in kept),
        "schools": len({(one.listed.reference or one.listed.school).casefold() for one in kept}),
        "classes": sum(bool(one.listed.label) for one in kept),
        "news": sum(one.effect != "same" for one in kept),
        "left_out": [message.sentence for message in found.messages if message.weight == "left out"] + again,
        "look": [message.sentence for message in found.messages if message.weight == "look"] + said,
        "notes": [f"{one.sentence} {one.remedy}".strip() for one in found.messages if one.weight == "note"],
    }
