"""What every page of one programme begins with, and who may open it."""

from typing import Annotated, Any

from fastapi import Path

from app.domain.errors import NotFound
from app.domain.people import Staff, may
from app.store import directory
from app.store.database import Db
from app.store.tables import ProgrammeRow
from app.web.deps import LARGEST_ID

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
"""A row as an address names it."""


def own_programme(db: Db, who: Staff, slug: str) -> ProgrammeRow:
    """A programme that this person coordinates. What is somebody else's is not found."""
    programme = directory.programme_by_slug(db, slug)
    if not may(who, "run_programme", programme_ids=frozenset({programme.id or 0})):
        raise NotFound("We could not find that programme.")
    return programme


def frame(programme: ProgrammeRow, who: Staff, tab: str, **face: Any) -> dict[str, Any]:
    """The head of the page, its tabs, and `face`."""
    return {
        "address": f"/programmes/{programme.slug}",
        "programme": programme.name,
        "area": programme.area,
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
        "who": who.name,
        "tab": tab,
        "sentence": "",
        "done": "",
        **face,
    }
