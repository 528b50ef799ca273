"""What programmes cost, as their coordinators state it."""

from datetime import datetime

from sqlalchemy import CursorResult, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.cost import Cost, Stated
from app.domain.errors import Conflict, NotFound
from app.store.database import Db
from app.store.tables import AgencyRow, CostRow

THERE = "This cost stands here already for this time. Remove it first to correct it."


def of_programme(db: Db, programme_id: int) -> tuple[Stated, ...]:
    """In the order in which they were stated."""
    found = (
        select(CostRow, AgencyRow.name)
        .outerjoin(AgencyRow, col(AgencyRow.id) == CostRow.agency_id)
        .where(CostRow.programme_id == programme_id)
        .order_by(col(CostRow.id))
    )
    return tuple(
        Stated(agency=name or "", **row.model_dump(include={"id", "stated_at", *Cost.model_fields}))
        for row, name in db.exec(found).all()
    )


def state(db: Db, programme_id: int, agency_id: int | None, cost: Cost, by: int, now: datetime) -> int:
    """Raises Conflict when it stands there already."""
    row = CostRow(programme_id=programme_id, agency_id=agency_id, stated_by=by, stated_at=now, **cost.model_dump())
    try:
        db.add(row)
        db.flush()
    except IntegrityError:
        raise Conflict(THERE) from None
    return row.id or 0


def remove(db: Db, programme_id: int, cost_id: int) -> None:
    gone: CursorResult[tuple[()]] = db.connection().execute(
        delete(CostRow).where(col(CostRow.id) == cost_id, col(CostRow.programme_id) == programme_id)
    )
    if not gone.rowcount:
        raise NotFound("We could not find that cost.")
