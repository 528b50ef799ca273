"""Figures that agencies report of their other work."""

from datetime import datetime

from sqlalchemy import CursorResult, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.errors import Conflict, NotFound
from app.domain.partner_figure import PartnerFigure, Reported
from app.store.database import Db
from app.store.tables import AgencyRow, PartnerFigureRow

THERE = "That agency has this figure for this time already. Remove it first to correct it."


def of_programme(db: Db, programme_id: int) -> list[Reported]:
    """By agency, then in the order in which they were entered."""
    found = (
        select(PartnerFigureRow, AgencyRow.name)
        .join(AgencyRow, col(AgencyRow.id) == PartnerFigureRow.agency_id)
        .where(PartnerFigureRow.programme_id == programme_id)
        .order_by(col(AgencyRow.name), col(PartnerFigureRow.id))
    )
    return [
        Reported(agency=name, **row.model_dump(include={"id", "agency_id", *PartnerFigure.model_fields}))
        for row, name in db.exec(found).all()
    ]


def add(db: Db, programme_id: int, agency_id: int, figure: PartnerFigure, by: int, now: datetime) -> int:
    """Raises Conflict when the agency has it already."""
    row = PartnerFigureRow(
        programme_id=programme_id, agency_id=agency_id, entered_by=by, entered_at=now, **figure.model_dump()
    )
    try:
        db.add(row)
        db.flush()
    except IntegrityError:
        raise Conflict(THERE) from None
    return row.id or 0


def one(db: Db, programme_id: int, figure_id: int) -> PartnerFigureRow:
    row = db.get(PartnerFigureRow, figure_id)
    if row is None or row.programme_id != programme_id:
        raise NotFound("We could not find that figure.")
    return row


def remove(db: Db, figure_id: int) -> None:
    gone: CursorResult[tuple[()]] = db.connection().execute(
        delete(PartnerFigureRow).where(col(PartnerFigureRow.id) == figure_id)
    )
    if not gone.rowcount:
        raise NotFound("We could not find that figure.")
