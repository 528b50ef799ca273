"""Class links: one alive for each class, who holds it, and taking it away again."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.domain.class_links import token_of
from app.domain.errors import NotFound
from app.store.database import Db
from app.store.directory import ClassGroup, end_class_links, hashed
from app.store.tables import ClassGroupRow, ClassLinkRow, ClassSignInRow, PairingRow, RunRow


class Browser(NamedTuple):
    """One that holds a class link."""

    id: int
    opened_at: datetime


class Link(NamedTuple):
    """A link that is alive. Its token is empty when it was made by an earlier release: only its holder knows it."""

    class_group_id: int
    token: str
    browsers: tuple[Browser, ...]


def make(db: Db, group: ClassGroup, *, secret: str, seed: str, now: datetime) -> None:
    """A new link. The old one ends, and with it what is signed in by it (ruling 10)."""
    end_class_links(db, group.id, now)
    forget_phones(db, group.id)
    token_hash = hashed(token_of(secret, seed))
    db.add(ClassLinkRow(token_hash=token_hash, class_group_id=group.id, seed=seed, expires_on=group.ends_on))


def of_programme(db: Db, programme_id: int, *, secret: str, now: datetime) -> dict[int, Link]:
    """Class group -> its newest link that is alive and can be printed, with all browsers that hold one."""
    theirs = select(ClassGroupRow.id).where(ClassGroupRow.programme_id == programme_id)
    return _alive(db, col(ClassLinkRow.class_group_id).in_(theirs), secret=secret, now=now)


def of_class(db: Db, class_group_id: int, *, secret: str, now: datetime) -> Link | None:
    return _alive(db, ClassLinkRow.class_group_id == class_group_id, secret=secret, now=now).get(class_group_id)


def _alive(db: Db, which: Any, *, secret: str, now: datetime) -> dict[int, Link]:
    rows = db.exec(
        select(ClassLinkRow)
        .where(which, col(ClassLinkRow.revoked_at).is_(None), ClassLinkRow.expires_on >= now.date())
        .order_by(col(ClassLinkRow.id))
    ).all()
    holders = _browsers(db, [row.id or 0 for row in rows])
    found: dict[int, Link] = {}
    for row in rows:
        earlier = found.get(row.class_group_id)
        browsers = (*(earlier.browsers if earlier else ()), *holders.get(row.id or 0, ()))
        token = _token(row, secret) or (earlier.token if earlier else "")
        found[row.class_group_id] = Link(row.class_group_id, token, browsers)
    return found


def remove_browser(db: Db, class_group_id: int, sign_in_id: int, now: datetime) -> None:
    """One browser holds the link no longer. Raises NotFound for one of another class."""
    row = db.exec(
        select(ClassSignInRow)
        .join(ClassLinkRow, col(ClassLinkRow.id) == ClassSignInRow.class_link_id)
        .where(ClassSignInRow.id == sign_in_id, ClassLinkRow.class_group_id == class_group_id)
    ).one_or_none()
    if row is None:
        raise NotFound("We could not find that browser. It may have signed out.")
    row.revoked_at = row.revoked_at or now
    forget_phones(db, class_group_id)


def forget_phones(db: Db, class_group_id: int) -> None:
    """Which browser paired a phone is not stored, so all phones of the class's open lesson are paired anew."""
    db.connection().execute(delete(PairingRow).where(col(PairingRow.run_id).in_(_open_runs(class_group_id))))


def open_runs(db: Db, class_group_id: int) -> list[int]:
    """Whose sockets have to be looked at when a link ends."""
    return [run_id or 0 for run_id in db.exec(_open_runs(class_group_id)).all()]


def _open_runs(class_group_id: int) -> SelectOfScalar[int | None]:
    return select(col(RunRow.id)).where(RunRow.class_group_id == class_group_id, col(RunRow.ended_at).is_(None))


def _token(row: ClassLinkRow, secret: str) -> str:
    """Empty, too, when the server's secret is another one than when the link was made."""
    token = token_of(secret, row.seed) if row.seed else ""
    return token if token and hashed(token) == row.token_hash else ""


def _browsers(db: Db, link_ids: list[int]) -> dict[int, list[Browser]]:
    found: dict[int, list[Browser]] = {}
    rows = db.exec(
        select(ClassSignInRow)
        .where(col(ClassSignInRow.class_link_id).in_(link_ids), col(ClassSignInRow.revoked_at).is_(None))
        .order_by(col(ClassSignInRow.opened_at), col(ClassSignInRow.id))
    ).all()
    for row in rows:
        found.setdefault(row.class_link_id, []).append(Browser(row.id or 0, row.opened_at))
    return found
