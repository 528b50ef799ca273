"""Keys of the read API: each opens one programme's report or one agency's records. Only their hashes are kept."""

from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, or_, update
from sqlmodel import col, select

from app.domain.errors import NotFound
from app.domain.people import Staff
from app.store.database import Db
from app.store.directory import hashed
from app.store.tables import ApiTokenRow


def make(
    db: Db, token: str, name: str, *, programme_id: int | None, agency_id: int | None, by: int, now: datetime
) -> int:
    row = ApiTokenRow(
        name=name,
        token_hash=hashed(token),
        programme_id=programme_id,
        agency_id=agency_id,
        made_by=by,
        made_at=now,
    )
    db.add(row)
    db.flush()
    return row.id or 0


def seen_by(db: Db, who: Staff) -> list[ApiTokenRow]:
    """Those of the programmes that this person coordinates and of the own agencies, newest first."""
    return list(db.exec(select(ApiTokenRow).where(_seen(who)).order_by(col(ApiTokenRow.id).desc())).all())


def revoke(db: Db, who: Staff, token_id: int, now: datetime) -> None:
    """It opens nothing from this moment on. Raises NotFound for what is another's."""
    open_one = (col(ApiTokenRow.id) == token_id, _seen(who), col(ApiTokenRow.revoked_at).is_(None))
    done: CursorResult[tuple[()]] = db.connection().execute(
        update(ApiTokenRow).where(*open_one).values(revoked_at=now)
    )
    if not done.rowcount:
        raise NotFound("We could not find that key.")


def find(db: Db, token: str) -> ApiTokenRow | None:
    """What a key opens; None for one that was never made, or was revoked."""
    return db.exec(
        select(ApiTokenRow).where(ApiTokenRow.token_hash == hashed(token), col(ApiTokenRow.revoked_at).is_(None))
    ).one_or_none()


def note_use(db: Db, token_id: int, now: datetime) -> None:
    """By the day: it shows whether a key is needed any more, and a busy dashboard writes once."""
    db.connection().execute(update(ApiTokenRow).where(col(ApiTokenRow.id) == token_id).values(used_on=now.date()))


def _seen(who: Staff) -> ColumnElement[bool]:
    return or_(col(ApiTokenRow.programme_id).in_(who.programme_ids), col(ApiTokenRow.agency_id).in_(who.agency_ids))
