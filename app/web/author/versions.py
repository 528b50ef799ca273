"""The versions of a lesson, and what changed from one to another."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.errors import NotFound
from app.domain.lesson_changes import changes, is_reordered
from app.store import lessons
from app.store.database import Db
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
    return frame(db, app, desk, "versions") | {
        "versions": lessons.versions_of(db, desk.draft.lesson_id),
        "may_retire": desk.may("retire_lesson") and lessons.newest_version(db, desk.draft.lesson_id) is not None,
        "newest": lessons.newest_version(db, desk.draft.lesson_id),
    }


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
