"""Accounts of staff: their roles, their sign-ins, and the invitations by which they come."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.errors import Conflict, NotFound
from app.domain.people import Member, Staff
from app.store.database import Db
from app.store.directory import hashed
from app.store.tables import AccountRow, InvitationRow, MembershipRow, SignInRow

STAFF_IDLE = timedelta(minutes=60)
STAFF_ABSOLUTE = timedelta(hours=12)
SET_UP = timedelta(minutes=30)


# Accounts and sign-ins


def add_account(db: Db, email: str, name: str, password_hash: str) -> int:
    row = AccountRow(email=email.strip().lower(), name=name.strip(), password_hash=password_hash)
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict("There is an account with this e-mail address already.") from None
    return _id(row.id)


def add_membership(db: Db, account_id: int, member: Member) -> None:
    db.add(MembershipRow(account_id=account_id, **member.model_dump()))


def account_by_email(db: Db, email: str) -> AccountRow | None:
    return db.exec(select(AccountRow).where(AccountRow.email == email.strip().lower())).one_or_none()


def has_accounts(db: Db) -> bool:
    return db.exec(select(AccountRow).limit(1)).first() is not None


def sign_in(db: Db, account_id: int, key: str, now: datetime) -> None:
    db.add(SignInRow(key_hash=hashed(key), account_id=account_id, seen_at=now, ends_at=now + STAFF_ABSOLUTE))


def staff_by_key(db: Db, key: str, now: datetime) -> Staff | None:
    """Who holds this sign-in; None when it is unknown, ended, idle for an hour or the account is disabled."""
    row = db.exec(
        select(SignInRow, AccountRow)
        .join(AccountRow, col(AccountRow.id) == SignInRow.account_id)
        .where(SignInRow.key_hash == hashed(key))
    ).one_or_none()
    if row is None:
        return None
    held, account = row
    if account.disabled_at or now >= held.ends_at or now - held.seen_at > STAFF_IDLE:
        return None
    return Staff(account_id=_id(account.id), name=account.name, memberships=tuple(_memberships(db, held.account_id)))


def is_stale_sign_in(db: Db, key: str, now: datetime) -> bool:
    """Whether its last use was noted over a minute ago; a report need not wait for a write each time."""
    held = db.exec(select(SignInRow).where(SignInRow.key_hash == hashed(key))).one_or_none()
    return held is not None and now - held.seen_at > timedelta(minutes=1)


def touch_sign_in(db: Db, key: str, now: datetime) -> None:
    """Note that the sign-in is in use."""
    held = db.exec(select(SignInRow).where(SignInRow.key_hash == hashed(key))).one_or_none()
    if held is not None:
        held.seen_at = now


def sign_out(db: Db, key: str) -> None:
    held = db.exec(select(SignInRow).where(SignInRow.key_hash == hashed(key))).one_or_none()
    if held is not None:
        db.delete(held)


def _memberships(db: Db, account_id: int) -> list[Member]:
    rows = db.exec(select(MembershipRow).where(MembershipRow.account_id == account_id)).all()
    return [Member(role=row.role, programme_id=row.programme_id, agency_id=row.agency_id) for row in rows]  # type: ignore[arg-type]


# First start


def invite_first_coordinator(db: Db, token: str, now: datetime) -> None:
    """A one-time set-up link; a later one ends the earlier."""
    for earlier in db.exec(select(InvitationRow).where(col(InvitationRow.used_at).is_(None))).all():
        earlier.used_at = now
    db.add(InvitationRow(token_hash=hashed(token), role="coordinator", expires_at=now + SET_UP))


def must_be_invited(db: Db, token: str, now: datetime) -> InvitationRow:
    row = db.exec(select(InvitationRow).where(InvitationRow.token_hash == hashed(token))).one_or_none()
    if row is None or row.used_at or now >= row.expires_at:
        raise NotFound("This set-up link has been used or is too old. Start the server again for a new one.")
    return row


def _id(value: int | None) -> int:
    assert value is not None  # a flushed row has one
    return value
