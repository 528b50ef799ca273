"""Whom an author may ask: who reviews, and who signs facts. And where teachers find the lesson."""

from typing import Any

from app.domain.lesson import Lesson
from app.domain.people import Staff, may
from app.store import accounts, facts, lessons
from app.store.database import Db
from app.store.tables import AgencyRow
from app.web.author.desk import Desk

COORDINATOR = "Coordinator"


def reviewers(db: Db, desk: Desk) -> list[dict[str, Any]]:
    """By agency, then the coordinators: the names of those who may review the draft as it is."""
    found: dict[str, list[str]] = {}
    for one in accounts.colleagues(db, desk.agency_ids, desk.programme_ids):
        if one.account_id != desk.who.account_id and may(
            one,
            "review_lesson",
            agency_ids=desk.agency_ids,
            programme_ids=desk.programme_ids,
            edited_by=desk.draft.edited_by,
        ):
            found.setdefault(_place(desk, one), []).append(one.name)
    return [{"place": place, "names": found[place]} for place in sorted(found, key=lambda name: name == COORDINATOR)]


def _place(desk: Desk, colleague: Staff) -> str:
    own = [
        agency.name for agency in desk.known.values() if (agency.id or 0) in colleague.agency_ids & desk.agency_ids
    ]
    return own[0] if own else COORDINATOR


def awaiting(db: Db, desk: Desk, lesson: Lesson) -> list[dict[str, Any]]:
    """How many facts wait for each agency, whether whoever reads this may sign them, and else who may."""
    return [_signing(db, desk, desk.known[agency.key], count) for agency, count in facts.awaiting(db, lesson)]


def _signing(db: Db, desk: Desk, agency: AgencyRow, count: int) -> dict[str, Any]:
    agency_id = agency.id or 0
    members = accounts.colleagues(db, frozenset({agency_id}), frozenset())
    return {
        "agency": agency.name,
        "count": count,
        "is_mine": may(desk.who, "sign_fact", agency_id=agency_id),
        "members": [one.name for one in members],
    }


def offered_in(db: Db, desk: Desk) -> list[dict[str, str]]:
    """The programmes that offer the lesson; a coordinator of one goes there."""
    return [
        {
            "name": programme.name,
            "href": f"/programmes/{programme.slug}#modules" if programme.id in desk.who.programme_ids else "",
        }
        for programme in lessons.programmes_offering(db, desk.draft.lesson_id)
    ]
