"""The versions of a lesson, and what changed from one to another."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.errors import NotFound
from app.domain.lesson_changes import changes, is_reordered
from app.store import lessons
from app.store.database import Db
from app.store.lessons import Published
from app.web.author import colleagues
from app.web.author.desk import Desk, open_desk
from app.web.author.page import frame
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/lessons/{key}/versions")
    def listed(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/versions.html", **_list_page(db, app, desk))

    @router.get("/author/lessons/{key}/versions/{pair}")
    def compared(key: str, pair: str, app: App, who: SignedIn) -> Response:
        """`1..2`: what changed from version 1 to version 2."""
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/difference.html", **_difference_page(db, app, desk, pair))

    return router


def _list_page(db: Db, app: Parts, desk: Desk) -> dict[str, Any]:
    lesson_id = desk.draft.lesson_id
    newest, taught = lessons.newest_version(db, lesson_id), lessons.taught(db, lesson_id)
    offered_in = colleagues.offered_in(db, desk)
    return frame(db, app, desk, "versions") | {
        "versions": [
            {"one": one, "state": _state(one, newest, is_taught=one.id in taught, is_offered=bool(offered_in))}
            for one in lessons.versions_of(db, lesson_id)
        ],
        "may_retire": desk.may("retire_lesson") and newest is not None,
        "newest": newest,
        "offered_in": offered_in,
    }


def _state(one: Published, newest: int | None, *, is_taught: bool, is_offered: bool) -> str:
    """A version is taught once a class has begun with it, and not before."""
    if one.id == newest:
        return "taught" if is_taught else "on offer" if is_offered else "not on offer"
    return "retired" if one.retired_at else "earlier"


def _difference_page(db: Db, app: Parts, desk: Desk, pair: str) -> dict[str, Any]:
    numbers = re.fullmatch(r"(\d{1,6})\.\.(\d{1,6})", pair, re.ASCII)
    found = {one.number: one.id for one in lessons.versions_of(db, desk.draft.lesson_id)}
    if not numbers or not {int(numbers[1]), int(numbers[2])} <= set(found):
        raise NotFound("We could not find those versions.")
    old, new = (lessons.version(db, found[int(number)]) for number in numbers.groups())
    return frame(db, app, desk, "versions") | {
        "old": int(numbers[1]),
        "new": int(numbers[2]),
        "changes": changes(old, new),
        "is_reordered": is_reordered(old, new),
    }
