"""What every page of a lesson shows, and problems as links to the fields where they can be put right."""

from datetime import timedelta
from typing import Any

from app.content.drafts import Finding
from app.store import drafts, lessons
from app.store.database import Db
from app.web.author import desk as desks
from app.web.author.desk import STATES, Desk, kind_and_title
from app.web.deps import Parts

CHANGED = {
    "shipped": "the text of the release",
    "order": "the steps",
    "details": "about the lesson",
    "quiz": "the quiz",
    "whole": "the whole lesson",
}
"""Places of a change in words, for the button that undoes it."""


def frame(db: Db, app: Parts, desk: Desk, tab: str) -> dict[str, Any]:
    """What every page of a lesson shows: its title and state, who saved last, what can be undone."""
    last = next((one for one in drafts.changes(db, desk.draft) if desk.may_undo(one.place)), None)
    newest = lessons.newest_version(db, desk.draft.lesson_id)
    return {
        "who": desk.who.name,
        "tab": tab,
        "key": desk.key,
        "address": desk.address,
        "title": desk.draft.title,
        "topic_key": desk.draft.topic_key,
        "topic_name": str(desk.front.get("topic") or desk.draft.topic_key),
        "owner": desk.owner.name,
        "state": STATES[desk.draft.state],
        "version": lessons.version_number(db, newest) if newest else 0,
        "revision": desk.draft.revision,
        "edited_at": desk.draft.edited_at,
        "is_today": app.clock() - desk.draft.edited_at < timedelta(hours=12),
        "edited_by": drafts.name_of(db, desk.draft.edited_by) if desk.draft.edited_by else "",
        "shipped_has_changed": has_shipped_change(app, desk),
        "last_change": {"what": place_words(desk, last.place), "who": last.who, "at": last.at} if last else None,
    }


def has_shipped_change(app: Parts, desk: Desk) -> bool:
    """Whether a release has brought another text of a lesson that is now written here (ruling 16)."""
    known = desk.draft.shipped_hash
    return bool(desk.draft.id and known) and desks.hash_of(desks.shipped_texts(app, desk.key)) != known


def place_words(desk: Desk, place: str) -> str:
    """What a change was about, for the button that undoes it."""
    area, _, key = place.partition("/")
    if area == "steps":
        text = desk.sketch.part(key)
        return kind_and_title(text)[0] if text else key.capitalize()
    return CHANGED[area] if area in CHANGED else f"{area.removesuffix('s')} {key}"


def finding_face(desk: Desk, finding: Finding) -> dict[str, Any]:
    """A problem as a link to the field where it can be put right."""
    places = {
        "lesson": ("About the lesson", f"{desk.address}/details"),
        "steps": (_step_name(desk, finding.key), f"{desk.address}/steps/{finding.key}"),
        "facts": (f"Fact {finding.key}".strip(), f"{desk.address}/facts/{finding.key}".rstrip("/")),
        "quiz": ("Quiz", f"{desk.address}/quiz"),
        "questions": (f"Question {finding.key}", f"{desk.address}/questions/{finding.key}"),
    }
    where, address = places[finding.area]
    return {
        "where": where,
        "href": f"{address}#{finding.field}" if finding.field else address,
        "field": finding.field,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
        "is_warning": finding.is_warning,
    }


def told_findings(desk: Desk, area: str, key: str, *, is_new: bool, is_asked: bool) -> dict[str, Any]:
    """What is wrong, beside the fields; of what nobody has written into yet only when it is asked for."""
    is_untouched = is_new and not is_asked
    found = () if is_untouched else desk.checked.of(area, key)
    return {"is_untouched": is_untouched, "findings": [finding_face(desk, one) for one in found]}


def _step_name(desk: Desk, key: str) -> str:
    kind, title = kind_and_title(desk.sketch.part(key) or key)
    return f"{kind}: {title}" if title else kind
