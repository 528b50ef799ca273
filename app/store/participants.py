"""The devices of a run: seated under an alias, many in one commit."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select, text
from sqlmodel import col

from app.domain import joining
from app.domain.errors import DomainError, NotAllowed, NotFound
from app.store.database import Db
from app.store.tables import ClassGroupRow, ParticipantRow, RunRow

CLASS_WITHOUT_NUMBER = 35
Names = tuple[Sequence[str], Sequence[str]]
"""Adjectives and animals of which aliases are dealt."""


class Guest(NamedTuple):
    """One seated participant, as rooms know it without asking the store."""

    id: int
    alias: str
    key_hash: str
    deals: int


class Wish(NamedTuple):
    """A device that wants to join the run of this code."""

    code: str
    key_hash: str


class Seated(NamedTuple):
    """The wish came true."""

    run_id: int
    guest: Guest


@dataclass
class _Door:
    """What decides whether one run takes one more."""

    run_id: int
    locked: bool
    ended: bool
    seats: int
    seated: int = 0

    def must_take_one_more(self) -> None:
        if self.ended:
            raise NotFound("That lesson has finished.")
        if self.locked:
            raise NotAllowed("Your teacher has locked the door.")
        if self.seated >= self.seats:
            raise NotAllowed("Every seat in this lesson is taken. Ask your teacher to make room.")


def join(
    db: Db, wishes: Sequence[Wish], names: Names, *, spare: int, now: datetime, choose: joining.Choose
) -> list[Seated | DomainError]:
    """Seat each device under an alias that nobody in its run has; one outcome each, a refusal in a child's words.

    A handful of queries for all of them together, however many runs they join.
    """
    doors = _doors(db, {wish.code for wish in wishes}, spare)
    take_turns(db, [door.run_id for door in doors.values()])
    taken = _count_seated(db, doors.values())
    outcomes: list[Seated | DomainError | None] = []
    rows: list[dict[str, Any]] = []
    for wish in wishes:
        try:
            door = _must_find(doors, wish.code)
            door.must_take_one_more()
            alias = joining.deal_alias(*names, taken=taken[door.run_id], choose=choose)
        except DomainError as refusal:
            outcomes.append(refusal)
            continue
        door.seated += 1
        taken[door.run_id].add(alias)
        new = {"run_id": door.run_id, "alias": alias, "key_hash": wish.key_hash, "joined_at": now, "last_at": now}
        rows.append(new | {"kind": "device", "deals": 1})
        outcomes.append(None)
    seated = _insert(db, rows)
    return [seated[wish.key_hash] if one is None else one for wish, one in zip(wishes, outcomes, strict=True)]


def take_turns(db: Db, run_ids: Iterable[int]) -> None:
    """Seats and aliases of one run are dealt one after the other (SQLite has one writer anyway)."""
    if db.get_bind().dialect.name == "postgresql":
        # Always in the same order, so that two workers never wait for each other.
        db.connection().execute(_LOCK_EACH, {"ids": sorted(run_ids)})


def crowd(db: Db, run_id: int) -> list[Guest]:
    """The seated participants of a run, the newest first."""
    return crowds(db, [run_id])[run_id]


def crowds(db: Db, run_ids: Collection[int]) -> dict[int, list[Guest]]:
    """The same for many runs in one query."""
    found: dict[int, list[Guest]] = {run_id: [] for run_id in run_ids}
    rows: Any = db.connection().execute(_SEATED, {"ids": list(run_ids)}) if run_ids else ()
    for run_id, *guest in rows:
        found[run_id].append(Guest(*guest))
    return found


def counts(db: Db, run_ids: Collection[int]) -> dict[int, int]:
    """How many seats are taken in each of these runs; a run without any is not there."""
    rows: Any = db.connection().execute(_SEATS, {"ids": list(run_ids)}).all() if run_ids else ()
    return dict(rows)


def _doors(db: Db, codes: set[str], spare: int) -> dict[str, _Door]:
    rows: Any = db.connection().execute(_BY_CODES, {"codes": list(codes)})
    return {
        str(code): _Door(run_id=run_id, locked=locked, ended=ended_at is not None, seats=expected + spare)
        for code, run_id, locked, ended_at, expected in rows
    }


def _count_seated(db: Db, doors: Iterable[_Door]) -> dict[int, set[str]]:
    """Fills in how many seats are taken; returns the aliases, those of removed seats too: no name changes hands."""
    by_run = {door.run_id: door for door in doors}
    rows: Any = db.connection().execute(_ALIASES, {"ids": list(by_run)})
    taken: dict[int, set[str]] = defaultdict(set)
    for run_id, alias, removed_at in rows:
        by_run[run_id].seated += removed_at is None
        taken[run_id].add(alias)
    return taken


def _must_find(doors: dict[str, _Door], code: str) -> _Door:
    if code not in doors:
        raise NotFound(f"We can't find {joining.spaced(code)}. Check each letter.")
    return doors[code]


def _insert(db: Db, rows: list[dict[str, Any]]) -> dict[str, Seated]:
    made: Any = db.connection().execute(_NEW, rows) if rows else ()
    return {
        key_hash: Seated(run_id, Guest(id=one, alias=alias or "", key_hash=key_hash, deals=1))
        for one, run_id, alias, key_hash in made
    }


# Statements that are made once: SQLAlchemy runs them with far less work than the same ones made anew.

_SEATED = (
    select(
        col(ParticipantRow.run_id),
        col(ParticipantRow.id),
        col(ParticipantRow.alias),
        col(ParticipantRow.key_hash),
        col(ParticipantRow.deals),
    )
    .where(col(ParticipantRow.run_id).in_(bindparam("ids", expanding=True)), col(ParticipantRow.removed_at).is_(None))
    .order_by(col(ParticipantRow.id).desc())
)
_SEATS = (
    select(col(ParticipantRow.run_id), func.count())
    .where(col(ParticipantRow.run_id).in_(bindparam("ids", expanding=True)), col(ParticipantRow.removed_at).is_(None))
    .group_by(col(ParticipantRow.run_id))
)
_ALIASES = select(col(ParticipantRow.run_id), col(ParticipantRow.alias), col(ParticipantRow.removed_at)).where(
    col(ParticipantRow.run_id).in_(bindparam("ids", expanding=True))
)
_BY_CODES = (
    select(
        col(RunRow.join_code),
        col(RunRow.id),
        col(RunRow.locked),
        col(RunRow.ended_at),
        func.coalesce(col(RunRow.present), col(ClassGroupRow.on_roll), CLASS_WITHOUT_NUMBER),
    )
    .join(ClassGroupRow, col(ClassGroupRow.id) == RunRow.class_group_id)
    .where(col(RunRow.join_code).in_(bindparam("codes", expanding=True)))
)
_NEW = insert(ParticipantRow).returning(
    *(col(ParticipantRow.id), col(ParticipantRow.run_id)),
    *(col(ParticipantRow.alias), col(ParticipantRow.key_hash)),
)
_LOCK_EACH = text("SELECT pg_advisory_xact_lock(id) FROM unnest(CAST(:ids AS bigint[])) AS id")
