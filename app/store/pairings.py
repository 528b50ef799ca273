"""A teacher's phone becomes the controls of one run: asked for by a code, confirmed on the signed-in screen."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from app.domain.errors import NotAllowed, NotFound
from app.store import directory
from app.store.database import Db
from app.store.tables import PairingRow


def start(db: Db, run_id: int, token: str, now: datetime, seconds: float) -> None:
    db.add(PairingRow(run_id=run_id, token_hash=directory.hashed(token), expires_at=now + timedelta(seconds=seconds)))


def by_token(db: Db, token: str) -> PairingRow:
    row = db.exec(select(PairingRow).where(PairingRow.token_hash == directory.hashed(token))).one_or_none()
    if row is None:
        raise NotFound("This code pairs nothing. Ask for a new one on the classroom screen.")
    return row


def claim(db: Db, token: str, phone_key: str, number: int, now: datetime) -> None:
    """A phone asks to be paired; once, within its minute. It controls nothing until the teacher confirms."""
    row = by_token(db, token)
    if row.phone_key_hash is not None or now >= row.expires_at:
        raise NotAllowed("This code has been used or is too old. Ask for a new one on the classroom screen.")
    row.phone_key_hash, row.confirm_number = directory.hashed(phone_key), number


def newest(db: Db, run_id: int) -> PairingRow | None:
    return db.exec(select(PairingRow).where(PairingRow.run_id == run_id).order_by(col(PairingRow.id).desc())).first()


def confirm(db: Db, run_id: int, number: int, now: datetime) -> None:
    """The teacher picks the number that the phone shows. A wrong pick ends the pairing."""
    row = newest(db, run_id)
    if row is None or row.confirm_number is None or row.confirmed_at is not None or now >= row.expires_at:
        raise NotAllowed("This pairing is over. Start again on the classroom screen.")
    if row.confirm_number != number:
        row.expires_at = now
        row.phone_key_hash = None
        return
    row.confirmed_at = now


def of_phone(db: Db, phone_key: str) -> PairingRow | None:
    """The pairing that this phone asked for; it controls nothing until it is confirmed."""
    return db.exec(select(PairingRow).where(PairingRow.phone_key_hash == directory.hashed(phone_key))).one_or_none()
