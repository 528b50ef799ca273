"""What was done in one's programmes: the newest entries of the audit log, for coordinators."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.domain.audit import Entry
from app.domain.errors import NotAllowed
from app.domain.people import may
from app.store import audit
from app.web.deps import LARGEST_ID, App, SignedIn
from app.web.pages import Pages

NOT_YOURS = "Only a coordinator sees what was done in a programme."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/people/audit")
    def entries(
        app: App, who: SignedIn, before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None
    ) -> Response:
        if not may(who, "read_audit"):
            raise NotAllowed(NOT_YOURS)
        with app.database.reading() as db:
            found = audit.seen_by(db, who, before)
            names = audit.names(db, who, found)
        shown = found[: audit.A_PAGE]
        return pages.page(
            "people/audit.html",
            who=who.name,
            entries=[_face(one, names) for one in shown],
            earlier=shown[-1].seq if len(found) > len(shown) else None,
            is_newest=before is None,
        )

    return router


def _face(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    """A thing by its name where it is one of the own programmes, else by its number, and nobody twice in one row."""
    thing = "" if entry.thing == entry.actor else names.get(entry.thing, entry.thing)
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": names.get(entry.actor, entry.actor),
        "act": entry.act,
        "thing": thing,
    }
