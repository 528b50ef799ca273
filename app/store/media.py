"""Pictures and films that agencies have added: what is known of each. Their files: `media_files.py`."""

import re
from collections.abc import Collection, Iterable

import sqlalchemy
from sqlalchemy import Text, cast
from sqlmodel import col, func, select

from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.media import OWN, Medium, must_fit
from app.store.database import Db
from app.store.tables import AgencyRow, DraftRow, LessonRow, MediaRow, VersionRow

NOT_FOUND = "We could not find that picture or film."
_NAMED = re.compile(rf"{OWN}([0-9a-f]{{32}})\.")


def add(db: Db, medium: Medium, *, quota: int) -> None:
    """Raises NotAllowed when the agency's share of the disk is used up."""
    # Two who add at once take turns here, or both would fit where one does.
    db.exec(select(AgencyRow.id).where(AgencyRow.id == medium.agency_id).with_for_update()).one()
    must_fit(used(db, medium.agency_id), medium.size, quota)
    db.add(MediaRow(**medium.model_dump()))


def used(db: Db, agency_id: int) -> int:
    """Bytes of all that an agency has added."""
    total = select(func.sum(MediaRow.size)).where(MediaRow.agency_id == agency_id)
    return db.exec(total).one() or 0


def of_agency(db: Db, agency_id: int) -> list[Medium]:
    """The newest first."""
    rows = db.exec(select(MediaRow).where(MediaRow.agency_id == agency_id).order_by(col(MediaRow.id).desc()))
    return [_medium(row) for row in rows]


def own(db: Db, agency_ids: Collection[int] | None = None) -> dict[str, Medium]:
    """By path, what lessons of these agencies may show, the newest first; None: of any."""
    query = select(MediaRow).order_by(col(MediaRow.id).desc())
    if agency_ids is not None:
        query = query.where(col(MediaRow.agency_id).in_(agency_ids))
    found = (_medium(row) for row in db.exec(query))
    return {medium.path: medium for medium in found}


def one(db: Db, agency_ids: Collection[int], public_name: str) -> Medium:
    """Raises NotFound, also for what is another agency's."""
    return _medium(_row(db, agency_ids, public_name))


def set_captions(db: Db, agency_ids: Collection[int], public_name: str, captions: str) -> Medium:
    """Raises NotFound. Versions that were published keep the captions with which they were."""
    row = _row(db, agency_ids, public_name)
    row.captions = captions
    return _medium(row)


def remove(db: Db, agency_ids: Collection[int], public_name: str) -> Medium:
    """Raises NotFound, or Conflict while a version (which never changes) or a draft shows it."""
    row = _row(db, agency_ids, public_name)
    lessons = used_by(db, [public_name])[public_name]
    if lessons:
        raise Conflict(f"This is shown in {lessons[0]}, so it stays. What was published once is kept as it was.")
    agency = db.get_one(AgencyRow, row.agency_id)
    if agency.logo == public_name:
        agency.logo = ""
    db.delete(row)
    return _medium(row)


def choose_logo(db: Db, agency_id: int, public_name: str) -> None:
    """One of the agency's own pictures, or none with an empty name. Raises NotFound, or Invalid for a film."""
    if public_name and _medium(_row(db, [agency_id], public_name)).is_film:
        raise Invalid("A logo is a picture. Choose one that stands still.")
    db.get_one(AgencyRow, agency_id).logo = public_name


def logo_of(db: Db, agency_id: int) -> str:
    """The public name of its logo, or an empty one."""
    return db.get_one(AgencyRow, agency_id).logo


def used_by(db: Db, public_names: Iterable[str]) -> dict[str, list[str]]:
    """The titles of the lessons in whose versions or draft each is named."""
    found: dict[str, set[str]] = {name: set() for name in public_names}
    document, draft = cast(col(VersionRow.document), Text), col(DraftRow.lesson_text) + col(DraftRow.quiz_text)
    in_versions = (
        sqlalchemy.select(col(LessonRow.title), document)
        .join(VersionRow, col(VersionRow.lesson_id) == col(LessonRow.id))
        .where(document.contains(OWN))
    )
    in_drafts = sqlalchemy.select(col(DraftRow.title), draft).where(draft.contains(OWN))
    for title, text in (*db.connection().execute(in_versions), *db.connection().execute(in_drafts)):
        for name in set(_NAMED.findall(text)) & found.keys():
            found[name].add(title)
    return {name: sorted(titles) for name, titles in found.items()}


def _row(db: Db, agency_ids: Collection[int], public_name: str) -> MediaRow:
    row = db.exec(
        select(MediaRow).where(MediaRow.public_name == public_name, col(MediaRow.agency_id).in_(agency_ids))
    ).one_or_none()
    if row is None:
        raise NotFound(NOT_FOUND)
    return row


def _medium(row: MediaRow) -> Medium:
    known = {name: value for name, value in row.model_dump(exclude={"id"}).items() if value is not None}
    return Medium.model_validate(known)
