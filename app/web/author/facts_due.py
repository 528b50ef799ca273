"""Facts of published lessons: which to look at again soon, and which wait for a signature."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.errors import NotFound
from app.domain.lesson import Fact, Lesson, fact_leaders
from app.domain.people import Staff
from app.store import facts, lessons
from app.store.database import Db
from app.store.facts import Signatures
from app.web.author.desk import Desk, open_desk
from app.web.author.facts import signing_face
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/facts")
    def due(app: App, who: SignedIn) -> Response:
        """Facts of published lessons to look at again, and those that wait for a signature."""
        with app.database.reading() as db:
            return pages.page("author/facts_due.html", **_due_page(db, app, who))

    return router


def _due_page(db: Db, app: Parts, who: Staff) -> dict[str, Any]:
    today, signed = app.clock().date(), facts.signatures(db)
    due, unsigned = [], []
    for row in lessons.rows(db):
        newest = lessons.newest_version(db, row.id or 0)
        try:
            desk = open_desk(db, app, who, row.key)
        except NotFound:
            continue
        lesson = lessons.version(db, newest) if newest else None
        for fact in lesson.facts if lesson else ():
            face = published_fact_face(desk, lesson, fact, signed, today) if lesson else {}
            due += [face] if face["is_due"] else []
            unsigned += [face] if face["awaiting"] else []
    return {
        "who": who.name,
        "due": sorted(due, key=lambda face: face["review_by"]),
        "unsigned": unsigned,
        "today": today,
    }


def published_fact_face(desk: Desk, lesson: Lesson, fact: Fact, signed: Signatures, today: date) -> dict[str, Any]:
    leaders = {agency.key for agency in fact_leaders(lesson, fact.key)}
    return {
        "key": fact.key,
        "text": fact.text,
        "lesson": lesson.title,
        "href": f"{desk.address}/facts",
        "is_past": fact.review_by < today,
        **signing_face(desk, fact, leaders, signed, today),
    }
