"""Invitations: a link that is good once, for the first coordinator or for one person."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, delete, update
from sqlmodel import col, select

from app.domain.errors import Conflict, NotFound
from app.domain.people import Member
from app.store import accounts
from app.store.database import Db
from app.store.directory import hashed
from app.store.tables import InvitationRow

SET_UP = timedelta(minutes=30)
GOOD_FOR = timedelta(days=7)
NEW_PASSWORD, NEW_PASSWORD_FOR = "new password", timedelta(days=1)
"""In place of a role: the link by which an account gets another password."""


# The first start


def invite_first_coordinator(db: Db, token: str, now: datetime) -> None:
    """A one-time set-up link; a later one ends the earlier."""
    for earlier in db.exec(select(InvitationRow).where(col(InvitationRow.used_at).is_(None))).all():
        earlier.used_at = now
    db.add(InvitationRow(token_hash=hashed(token), role="coordinator", expires_at=now + SET_UP))


def must_be_invited(db: Db, token: str, now: datetime) -> InvitationRow:
    row = _open(db, token, now)
    if row is None or row.email:
        raise NotFound("This set-up link has been used or is too old. Start the server again for a new one.")
    return row


# One person


def invite(db: Db, token: str, email: str, member: Member, by: int, now: datetime) -> None:
    """An invitation to this role; a later one ends the earlier. Raises Conflict for somebody who has the role."""
    address = email.strip().lower()
    account = accounts.account_by_email(db, address)
    if account is not None and member in accounts.memberships(db, account.id or 0):
        raise Conflict(f"{account.name} ({address}) is in already.")
    same = (col(InvitationRow.email) == address, *_for(member))
    db.connection().execute(delete(InvitationRow).where(*same, col(InvitationRow.used_at).is_(None)))
    db.add(
        InvitationRow(
            token_hash=hashed(token), email=address, invited_by=by, expires_at=now + GOOD_FOR, **member.model_dump()
        )
    )


def allow_new_password(db: Db, token: str, email: str, now: datetime) -> None:
    """A link for somebody who has an account and no password any more; a later one ends the earlier."""
    same = (col(InvitationRow.email) == email, col(InvitationRow.role) == NEW_PASSWORD)
    db.connection().execute(delete(InvitationRow).where(*same, col(InvitationRow.used_at).is_(None)))
    ends_at = now + NEW_PASSWORD_FOR
    db.add(InvitationRow(token_hash=hashed(token), role=NEW_PASSWORD, email=email, expires_at=ends_at))


def waiting(db: Db, member: Member, now: datetime) -> Sequence[InvitationRow]:
    """Invitations to this role that can still be taken up."""
    found = select(InvitationRow).where(
        *_for(member),
        col(InvitationRow.email) != "",
        col(InvitationRow.used_at).is_(None),
        col(InvitationRow.expires_at) > now,
    )
    return db.exec(found.order_by(col(InvitationRow.email))).all()


def one(db: Db, invitation_id: int) -> InvitationRow:
    row = db.get(InvitationRow, invitation_id)
    if row is None or row.used_at or not row.email or row.role == NEW_PASSWORD:
        raise NotFound("We could not find that invitation.")
    return row


def of_token(db: Db, token: str, now: datetime) -> InvitationRow:
    """Raises NotFound for a wrong, used or outlived link."""
    row = _open(db, token, now)
    if row is None or not row.email:
        raise NotFound("This invitation has been used, taken back or is too old. Ask whoever sent it for a new one.")
    return row


def member_of(row: InvitationRow) -> Member:
    """The role to which it invites."""
    return Member(role=row.role, programme_id=row.programme_id, agency_id=row.agency_id)  # type: ignore[arg-type]


def use(db: Db, row: InvitationRow, now: datetime) -> None:
    """Of two who press at once, one is refused."""
    used: CursorResult[object] = db.connection().execute(
        update(InvitationRow)
        .where(col(InvitationRow.id) == row.id, col(InvitationRow.used_at).is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:
        raise Conflict("This invitation has just been used.")


def withdraw(db: Db, row: InvitationRow) -> None:
    db.delete(row)


def _open(db: Db, token: str, now: datetime) -> InvitationRow | None:
    row = db.exec(select(InvitationRow).where(InvitationRow.token_hash == hashed(token))).one_or_none()
    return None if row is None or row.used_at or now >= row.expires_at else row


def _for(member: Member) -> tuple[ColumnElement[bool], ...]:
    return (
        col(InvitationRow.role) == member.role,
        col(InvitationRow.programme_id) == member.programme_id,
        col(InvitationRow.agency_id) == member.agency_id,
    )
