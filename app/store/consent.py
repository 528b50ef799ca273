"""Agencies that a programme asks to take part, and what they answer."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select

from app.domain.errors import NotFound
from app.domain.people import Staff, may
from app.store import directory
from app.store.database import Db
from app.store.tables import AgencyRow, MembershipRow, ProgrammeAgencyRow, ProgrammeRow


class Asked(NamedTuple):
    """A programme asks an agency."""

    id: int
    programme_id: int
    programme: str
    area: str
    agency_id: int
    agency: str
    asked_at: datetime


def ask(db: Db, programme_id: int, agency_id: int, now: datetime) -> None:
    """An agency that has presenters decides by itself; for one that has none there is nobody to ask yet."""
    presenters = select(MembershipRow.id).where(MembershipRow.agency_id == agency_id)
    if db.exec(presenters).first() is None:
        directory.take_part(db, programme_id, agency_id, now)
        return
    there = select(ProgrammeAgencyRow.id).where(
        ProgrammeAgencyRow.programme_id == programme_id, ProgrammeAgencyRow.agency_id == agency_id
    )
    if db.exec(there).first() is None:
        db.add(ProgrammeAgencyRow(programme_id=programme_id, agency_id=agency_id, asked_at=now))


def asked_by(db: Db, programme_id: int) -> list[Asked]:
    """Whom a programme waits for."""
    return _asked(db, ProgrammeAgencyRow.programme_id == programme_id)


def asking(db: Db, who: Staff) -> list[Asked]:
    """What waits for an answer of somebody's agencies."""
    return _asked(db, col(ProgrammeAgencyRow.agency_id).in_(who.agency_ids))


def answer(db: Db, who: Staff, asked_id: int, now: datetime, *, takes_part: bool) -> int:
    """A yes stays, after a no nothing is left. Returns the programme. Raises NotFound, also when it was answered."""
    row = db.exec(select(ProgrammeAgencyRow).where(ProgrammeAgencyRow.id == asked_id).with_for_update()).one_or_none()
    if row is None or row.accepted_at or not may(who, "answer_for_agency", agency_id=row.agency_id):
        raise NotFound("We could not find that request. Somebody may have answered it, or taken it back.")
    programme_id = row.programme_id
    if takes_part:
        row.accepted_at = now
        db.add(row)
    else:
        db.delete(row)
    return programme_id


def _asked(db: Db, which: Any) -> list[Asked]:
    rows = db.exec(
        select(ProgrammeAgencyRow, ProgrammeRow, AgencyRow)
        .join(ProgrammeRow, col(ProgrammeRow.id) == ProgrammeAgencyRow.programme_id)
        .join(AgencyRow, col(AgencyRow.id) == ProgrammeAgencyRow.agency_id)
        .where(col(ProgrammeAgencyRow.accepted_at).is_(None), which)
        .order_by(col(AgencyRow.name), col(ProgrammeRow.name))
    ).all()
    return [
        Asked(
            id=place.id or 0,
            programme_id=place.programme_id,
            programme=programme.name,
            area=programme.area,
            agency_id=place.agency_id,
            agency=agency.name,
            asked_at=place.asked_at,
        )
        for place, programme, agency in rows
        if place.asked_at
    ]
