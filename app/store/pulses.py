"""Beats of consoles and screens, by which several workers know who is connected to any of them."""

from collections.abc import Collection
from typing import Any

import sqlalchemy
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from app.store.database import Db
from app.store.tables import PulseRow


def beat(db: Db, names: Collection[str]) -> dict[str, int]:
    """One beat more for each of them; what each has come to."""
    insert = (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert(PulseRow)
    # Always in the same order, so that two workers never wait for each other.
    values = insert.values([{"name": name, "beats": 1} for name in sorted(names)])
    more = values.on_conflict_do_update(index_elements=["name"], set_={"beats": col(PulseRow.beats) + 1})
    written: Any = db.connection().execute(more.returning(col(PulseRow.name), col(PulseRow.beats))).all()
    return dict(written)


def read(db: Db, names: Collection[str]) -> dict[str, int]:
    found = sqlalchemy.select(col(PulseRow.name), col(PulseRow.beats)).where(col(PulseRow.name).in_(names))
    read: Any = db.connection().execute(found).all()
    return dict(read)


def forget_all(db: Db) -> None:
    """Once nobody leads anybody. What is still heard beats again."""
    db.connection().execute(sqlalchemy.delete(PulseRow))
