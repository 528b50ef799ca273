"""What a lesson says about itself: title, topic, supporting agencies, and what a teacher reads before the day."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.content.parts import read_agency
from app.content.sketch import lines_of, one_line
from app.content.yaml_pieces import Value, changed
from app.domain.errors import Conflict
from app.store.database import Db
from app.web.author import desk as desks
from app.web.author.desk import Desk, Typed, open_desk, save
from app.web.author.lessons import LONGEST_TITLE
from app.web.author.page import finding_face, frame
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/lessons/{key}/details")
    def details(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/details.html", **_details(db, app, desk))

    @router.post("/author/lessons/{key}/details")
    def save_details(key: str, request: Request, app: App, who: SignedIn, form: Typed) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            head = desk.sketch.front or ""
            if form.get("read") != desks.fingerprint(head) and typed_front(form, desk) != head:
                raise Conflict("Somebody has changed these details meanwhile. Go back, and look at them again.")
            desk = save(db, app, desk, "details", lesson=desk.sketch.with_front(typed_front(form, desk)).text)
            faces = [finding_face(desk, one) for one in desk.checked.of("lesson")]
            read = desks.fingerprint(desk.sketch.front or "")
            return desks.saved(request, desk, f"{desk.address}/details", read=read, findings=faces)

    return router


def _details(db: Db, app: Parts, desk: Desk) -> dict[str, Any]:
    supports = desk.front.get("supports", ())
    supporting = {read_agency(name).key for name in (supports if isinstance(supports, tuple) else (str(supports),))}
    objectives = desk.front.get("objectives", ())
    return frame(db, app, desk, "details") | {
        "may_edit": desk.may("edit_lesson"),
        "read": desks.fingerprint(desk.sketch.front or ""),
        "front_title": desk.front.get("title", ""),
        "topic": desk.front.get("topic", ""),
        "objectives": "\n".join(objectives) if isinstance(objectives, tuple) else str(objectives),
        "before_you_start": desk.front.get("before you start", ""),
        "you_need": desk.front.get("you need", ""),
        "supports": supporting,
        "agencies": [one for one in desk.known.values() if one.id != desk.draft.owner_agency_id],
        "findings": [finding_face(desk, one) for one in desk.checked.of("lesson")],
    }


def typed_front(form: dict[str, str], desk: Desk) -> str:
    """The head of the lesson as typed. Its leader and its quiz stay."""
    chosen = [agency.name for agency in desk.known.values() if f"supports-{agency.slug}" in form]
    values: dict[str, Value | None] = {
        "title": one_line(form.get("title", ""))[:LONGEST_TITLE],
        "topic": one_line(form.get("topic", ""))[:40],
        "supports": tuple(chosen),
        "objectives": tuple(one_line(line) for line in lines_of(form.get("objectives", "")).split("\n") if line),
        "before you start": lines_of(form.get("before-you-start", "")),
        "you need": lines_of(form.get("you-need", "")),
    }
    return changed(desk.sketch.front or "", values)
