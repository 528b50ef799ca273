"""Accounts of staff, their roles, and the browsers in which they are signed in."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.errors import Conflict, NotFound
from app.domain.people import Member, Staff
from app.store.database import Db
from app.store.directory import hashed, programmes_of_agency
from app.store.tables import AccountRow, MembershipRow, SignInRow

STAFF_IDLE = timedelta(minutes=60)
STAFF_ABSOLUTE = timedelta(hours=12)
CODE_WAIT = timedelta(minutes=10)
"""So long a right password waits for its code."""


class Person(NamedTuple):
    """An account as the list of people shows it."""

    account_id: int
    name: str
    email: str
    seen_at: datetime | None
    is_disabled: bool
    has_second_factor: bool


class SignIn(NamedTuple):
    """A browser in which an account is signed in."""

    id: int
    browser: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


# Accounts and roles


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


def one(db: Db, account_id: int) -> AccountRow:
    row = db.get(AccountRow, account_id)
    if row is None:
        raise NotFound("We could not find that account.")
    return row


def addresses(db: Db, account_ids: Collection[int]) -> dict[int, str]:
    """Where each of these accounts gets its letters; a disabled one gets none."""
    found = select(AccountRow.id, AccountRow.email).where(
        col(AccountRow.id).in_(list(account_ids)), col(AccountRow.disabled_at).is_(None)
    )
    return {_id(account_id): email for account_id, email in db.exec(found.order_by(col(AccountRow.id))).all()}


def has_accounts(db: Db) -> bool:
    return db.exec(select(AccountRow).limit(1)).first() is not None


def people(db: Db, member: Member) -> list[Person]:
    """Everybody with this role in this programme or agency."""
    found = (
        select(AccountRow)
        .join(MembershipRow, col(MembershipRow.account_id) == AccountRow.id)
        .where(
            MembershipRow.role == member.role,
            MembershipRow.programme_id == member.programme_id,
            MembershipRow.agency_id == member.agency_id,
        )
        .order_by(col(AccountRow.name), col(AccountRow.id))
    )
    return [
        Person(
            _id(row.id), row.name, row.email, row.seen_at, row.disabled_at is not None, row.factor_seed is not None
        )
        for row in db.exec(found).all()
    ]


def memberships(db: Db, account_id: int) -> list[Member]:
    rows = db.exec(select(MembershipRow).where(MembershipRow.account_id == account_id)).all()
    return [Member(role=row.role, programme_id=row.programme_id, agency_id=row.agency_id) for row in rows]  # type: ignore[arg-type]


def colleagues(db: Db, agency_ids: frozenset[int], programme_ids: frozenset[int]) -> list[Staff]:
    """Everybody who can sign in and has a role in one of these agencies or programmes, by name."""
    within = col(MembershipRow.agency_id).in_(agency_ids) | col(MembershipRow.programme_id).in_(programme_ids)
    member = select(MembershipRow.account_id).where(within)
    found = (
        select(AccountRow)
        .where(col(AccountRow.id).in_(member), col(AccountRow.disabled_at).is_(None))
        .order_by(col(AccountRow.name), col(AccountRow.id))
    )
    return [
        Staff(account_id=_id(row.id), name=row.name, memberships=tuple(memberships(db, _id(row.id))))
        for row in db.exec(found).all()
    ]


def places(db: Db, account_id: int) -> tuple[frozenset[int], ...]:
    """For each role of an account the programmes in which it counts."""
    return tuple(
        programmes_of_agency(db, member.agency_id)
        if member.agency_id is not None
        else frozenset({member.programme_id or 0})
        for member in memberships(db, account_id)
    )


def disable(db: Db, account_id: int, now: datetime) -> None:
    """The account opens nothing any more, and is signed out everywhere."""
    one(db, account_id).disabled_at = now
    end_sign_ins(db, account_id)


def enable(db: Db, account_id: int) -> None:
    one(db, account_id).disabled_at = None


def set_password(db: Db, account_id: int, password_hash: str) -> None:
    one(db, account_id).password_hash = password_hash


# Sign-ins


def sign_in(db: Db, account_id: int, key: str, now: datetime, browser: str = "") -> None:
    """A browser is signed in with this new key; sign-ins of the account whose time is over are tidied away."""
    over = (col(SignInRow.ends_at) <= now) | (col(SignInRow.seen_at) < now - STAFF_IDLE)
    db.connection().execute(delete(SignInRow).where(col(SignInRow.account_id) == account_id, over))
    db.add(
        SignInRow(
            key_hash=hashed(key), account_id=account_id, seen_at=now, ends_at=now + STAFF_ABSOLUTE, browser=browser
        )
    )
    one(db, account_id).seen_at = now


def await_code(db: Db, account_id: int, key: str, now: datetime) -> None:
    """The password was right; this key opens nothing yet but the page that asks for the code."""
    row = SignInRow(
        key_hash=hashed(key), account_id=account_id, seen_at=now, ends_at=now + CODE_WAIT, awaits_code=True
    )
    db.add(row)


def awaiting_code(db: Db, key: str, now: datetime) -> AccountRow | None:
    """Whose code is waited for in the browser with this key."""
    found = _by_key(db, key)
    if found is None or not found.awaits_code or now >= found.ends_at:
        return None
    account = one(db, found.account_id)
    return None if account.disabled_at else account


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
    if held.awaits_code or account.disabled_at or now >= held.ends_at or now - held.seen_at > STAFF_IDLE:
        return None
    return Staff(
        account_id=_id(account.id),
        name=account.name,
        memberships=tuple(memberships(db, held.account_id)),
        email=account.email,
        has_second_factor=account.factor_seed is not None,
    )


def is_stale_sign_in(db: Db, key: str, now: datetime) -> bool:
    """Whether its last use was noted over a minute ago; a report need not wait for a write each time."""
    held = _by_key(db, key)
    return held is not None and now - held.seen_at > timedelta(minutes=1)


def touch_sign_in(db: Db, key: str, now: datetime) -> None:
    """Note that the sign-in is in use."""
    held = _by_key(db, key)
    if held is not None:
        held.seen_at = one(db, held.account_id).seen_at = now


def sign_out(db: Db, key: str) -> None:
    db.connection().execute(delete(SignInRow).where(col(SignInRow.key_hash) == hashed(key)))


def sign_ins(db: Db, account_id: int, key: str, now: datetime) -> list[SignIn]:
    """Where an account is signed in now; `key` is of the browser that asks."""
    found = select(SignInRow).where(
        SignInRow.account_id == account_id,
        col(SignInRow.awaits_code).is_(False),
        col(SignInRow.ends_at) > now,
        col(SignInRow.seen_at) >= now - STAFF_IDLE,
    )
    return [
        SignIn(_id(row.id), row.browser, row.ends_at - STAFF_ABSOLUTE, row.seen_at, row.key_hash == hashed(key))
        for row in db.exec(found.order_by(col(SignInRow.seen_at).desc(), col(SignInRow.id))).all()
    ]


def is_sign_in_of(db: Db, account_id: int, key: str) -> bool:
    """Whether this key is, or lately was, of a sign-in of the account."""
    held = _by_key(db, key)
    return held is not None and held.account_id == account_id


def end_sign_in(db: Db, account_id: int, sign_in_id: int) -> None:
    """Sign one browser of this account out. Raises NotFound for somebody else's."""
    row = db.get(SignInRow, sign_in_id)
    if row is None or row.account_id != account_id:
        raise NotFound("This browser is signed out already.")
    db.delete(row)


def end_sign_ins(db: Db, account_id: int) -> None:
    """Sign an account out everywhere."""
    db.connection().execute(delete(SignInRow).where(col(SignInRow.account_id) == account_id))


def _by_key(db: Db, key: str) -> SignInRow | None:
    return db.exec(select(SignInRow).where(SignInRow.key_hash == hashed(key))).one_or_none()


def _id(value: int | None) -> int:
    assert value is not None  # a flushed row has one
    return value
