"""Opening the lobby of a planned live session: its versions stay, and its classes may come."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, update
from sqlmodel import col, select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import skipped_for
from app.domain.timetable import Planned
from app.store import lessons, presenters, timetable
from app.store.database import Db
from app.store.tables import LiveSessionModuleRow, LiveSessionRow, ModuleRow


def open_lobby(db: Db, session_id: int, account_id: int, now: datetime) -> None:
    """Classes that have a place may check in, and the newest versions stay (ruling 16).

    Raises NotFound for whoever presents nothing here, NotAllowed before its time, Conflict when it is open already.
    """
    presenter = presenters.one(db, session_id, account_id)
    found = timetable.of_ids(db, [session_id])
    if not found or found[0].cancelled_at is not None:
        raise NotFound("We could not find that live session.")
    planned = found[0]
    if planned.opened_at is None and not planned.may_open(now):
        raise NotAllowed("The console can be opened from 30 minutes before the live session begins.")
    skipped = [
        [position, key]
        for position, version_id in enumerate(_keep_versions(db, planned))
        for key in skipped_for(lessons.version(db, version_id), planned.questions)
    ]
    opened: CursorResult[Any] = db.connection().execute(
        update(LiveSessionRow)
        .where(
            col(LiveSessionRow.id) == session_id,
            col(LiveSessionRow.opened_at).is_(None),
            col(LiveSessionRow.cancelled_at).is_(None),
        )
        .values(
            opened_at=now,
            phase="content",  # its classes come with lobbies of their own; it begins at the ground rules
            skipped_steps=skipped,
            holder_account_id=account_id,
            holder_agency_id=presenter.agency_id,
        )
    )
    if opened.rowcount != 1:
        raise Conflict("This live session is open already.")


def _keep_versions(db: Db, planned: Planned) -> list[int]:
    versions = newest_versions(db, planned)
    rows = db.exec(
        select(LiveSessionModuleRow)
        .where(LiveSessionModuleRow.live_session_id == planned.id)
        .order_by(col(LiveSessionModuleRow.position))
    ).all()
    for row, version_id in zip(rows, versions, strict=True):
        row.version_id = version_id
        db.add(row)
    db.flush()
    return versions


def newest_versions(db: Db, planned: Planned) -> list[int]:
    """What would be pinned now, module by module. Raises NotAllowed when one of them has been retired."""
    taught = dict(
        db.exec(
            select(ModuleRow.id, ModuleRow.lesson_id).where(
                col(ModuleRow.id).in_([module.module_id for module in planned.modules])
            )
        ).all()
    )
    found = [lessons.newest_version(db, taught[module.module_id]) for module in planned.modules]
    if None in found:
        raise NotAllowed("A lesson of this live session has been retired. Ask the coordinator to plan another one.")
    return [version_id for version_id in found if version_id is not None]
