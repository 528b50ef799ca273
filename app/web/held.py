"""What is held of a school: taken out as one file, and erased, once its name was typed."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.documents.school_file import school_zip
from app.domain.audit import account
from app.domain.errors import DomainError, Invalid, NotAllowed
from app.domain.people import Staff
from app.domain.programme import slug_of
from app.store import audit, held, schools
from app.store.held import NAMELESS
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.programme_page import Id, frame, own_programme


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes/{slug}/schools/{school_id}/held.zip")
    def take_out(slug: str, school_id: Id, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            programme_id = own_programme(db, who, slug).id or 0
            name = slug_of(schools.one(db, programme_id, school_id).name)
            packed = school_zip(held.of_school(db, programme_id, school_id))
        return Response(
            packed,
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
        )

    @router.get("/programmes/{slug}/schools/{school_id}/erase")
    def page(slug: str, school_id: Id, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/erase.html", **_page(app, who, slug, school_id))

    @router.post("/programmes/{slug}/schools/{school_id}/erase")
    def erase(slug: str, school_id: Id, app: App, who: SignedIn, name: Annotated[str, Form()] = "") -> Response:
        try:
            with app.database.transaction() as db:
                programme_id = own_programme(db, who, slug).id or 0
                if schools.one(db, programme_id, school_id).name.casefold() != " ".join(name.split()).casefold():
                    raise Invalid("Please type the name of the school as it stands above. Nothing was erased.")
                purged = held.erase(db, programme_id, school_id, app.clock(), lambda: secrets.token_hex(4))
                audit.note(db, app.clock(), account(who.account_id), "erased a school", f"school {school_id}")
        except (Invalid, NotAllowed) as refusal:
            face = _page(app, who, slug, school_id, refusal)
            return pages.page("programmes/erase.html", status=status_of(refusal), **face)
        for run_id in purged:
            app.rooms.forget(run_id)
        app.database.forget_deleted()
        return see_other(f"/programmes/{slug}/schools?erased=yes")

    return router


def _page(app: Parts, who: Staff, slug: str, school_id: int, refusal: DomainError | None = None) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        school = schools.one(db, programme.id or 0, school_id)
        rows = {name: len(found) for name, found in held.of_school(db, programme.id or 0, school_id).items()}
    face: dict[str, Any] = {
        "school": school,
        "nameless": NAMELESS,
        "goes": [
            (rows["class_group"], "class by its label", "classes by their labels"),
            (rows["class_link"], "class link", "class links"),
            (rows["booking"], "booking", "bookings"),
            (rows["teacher_question"], "question that a teacher asked", "questions that teachers asked"),
            (rows["class_feedback"], "word of a teacher on a lesson", "words of teachers on lessons"),
        ],
        "records": rows["participation_record"],
        "sentence": refusal.sentence if refusal else "",
    }
    return frame(programme, who, "schools", **face)
