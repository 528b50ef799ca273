"""The audit log: acts are noted in their own transaction and chained as the last thing before its commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, and_, cast, delete, func, literal, or_, select, union_all
from sqlmodel import Session, col

from app.domain import audit as rules
from app.domain.audit import Act, Entry
from app.domain.people import Staff
from app.domain.retention import AUDIT_LOG
from app.store.tables import (
    AccountRow,
    AgencyRow,
    AuditEntryRow,
    BookingRow,
    ClassGroupRow,
    LiveSessionRow,
    MembershipRow,
    ProgrammeAgencyRow,
    ProgrammeRow,
    RunRow,
    SchoolRow,
)

NOTED = "noted"
A_PAGE = 50


class Noted(NamedTuple):
    """An act that is written when its transaction ends."""

    at: datetime
    actor: str
    act: Act
    thing: str


def note(db: Session, now: datetime, actor: str, act: Act, thing: str = "") -> None:
    """Call it inside the transaction of the act: both are committed, or neither is. No words that were typed."""
    db.info.setdefault(NOTED, []).append(Noted(now, actor, act, thing))


def has_noted(db: Session) -> bool:
    return bool(db.info.get(NOTED))


def write(db: Session) -> None:
    """Chain what was noted. `Database` calls it, one worker at a time."""
    last = db.execute(select(AuditEntryRow).order_by(col(AuditEntryRow.seq).desc()).limit(1)).scalar_one_or_none()
    seq, previous_hash = (last.seq, last.hash) if last is not None else (0, rules.BEGIN)
    for one in db.info.pop(NOTED):
        seq += 1
        entry = rules.follow(seq, previous_hash, **one._asdict())
        db.add(AuditEntryRow(**entry.model_dump()))
        previous_hash = entry.hash


def check(db: Session) -> tuple[int | None, int, str]:
    """Where the chain is broken, how many entries there are, and the hash of the last one."""
    rows = db.execute(select(AuditEntryRow).order_by(col(AuditEntryRow.seq))).scalars().all()
    return rules.broken_at(_entry(row) for row in rows), len(rows), rows[-1].hash if rows else ""


def forget(db: Session, now: datetime) -> None:
    """Delete what is older than a year, by whole days; that this was done is an entry itself. The newest stays."""
    before = (now - AUDIT_LOG).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = select(func.max(AuditEntryRow.seq)).scalar_subquery()
    old = (col(AuditEntryRow.at) < before, col(AuditEntryRow.seq) < newest)
    last = db.execute(select(func.max(AuditEntryRow.seq)).where(*old)).scalar()
    if last is not None:
        db.execute(delete(AuditEntryRow).where(col(AuditEntryRow.seq) <= last))
        note(db, now, rules.SERVER, "forgot entries", rules.entries_to(last))


def seen_by(db: Session, who: Staff, before: int | None = None) -> list[Entry]:
    """The newest entries, or those before one, of what was done by the people of one's programmes, or to them.

    Of somebody who counts in another programme too, only what was done to something of one's own.
    """
    seen = select(AuditEntryRow).where(
        or_(col(AuditEntryRow.actor).in_(_people(who)), col(AuditEntryRow.thing).in_(_things(who)))
    )
    if before is not None:
        seen = seen.where(col(AuditEntryRow.seq) < before)
    found = db.execute(seen.order_by(col(AuditEntryRow.seq).desc()).limit(A_PAGE + 1)).scalars()
    return [_entry(row) for row in found]


def names(db: Session, who: Staff, entries: Sequence[Entry]) -> dict[str, str]:
    """What to call the accounts, classes, agencies and programmes of these entries that are of one's programmes."""
    asked = {one for entry in entries for one in (entry.actor, entry.thing)}
    accounts = select(_word("account", AccountRow.id), col(AccountRow.name)).where(
        col(AccountRow.id).in_(_accounts(who))
    )
    classes = (
        select(_word("class group", ClassGroupRow.id), col(SchoolRow.name) + ", " + col(ClassGroupRow.label))
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(col(ClassGroupRow.programme_id).in_(who.programme_ids))
    )
    agencies = select(_word("agency", AgencyRow.id), col(AgencyRow.name))
    programmes = select(_word("programme", ProgrammeRow.id), col(ProgrammeRow.name)).where(
        col(ProgrammeRow.id).in_(who.programme_ids)
    )
    known = union_all(accounts, classes, agencies, programmes).subquery()
    thing, name = known.c
    return {row[0]: row[1] for row in db.execute(select(thing, name).where(thing.in_(asked)))}


def _word(kind: str, number: Any) -> Any:
    return (literal(f"{kind} ") + cast(col(number), String)).label("thing")


def _accounts(who: Staff) -> Any:
    """Everybody with a role in one's programmes, or in an agency that takes part in them."""
    agencies = select(col(ProgrammeAgencyRow.agency_id)).where(
        col(ProgrammeAgencyRow.programme_id).in_(who.programme_ids), col(ProgrammeAgencyRow.accepted_at).is_not(None)
    )
    return select(col(MembershipRow.account_id)).where(
        or_(col(MembershipRow.programme_id).in_(who.programme_ids), col(MembershipRow.agency_id).in_(agencies))
    )


def _people(who: Staff) -> Any:
    """Accounts that count in one's programmes and nowhere else, and the class groups."""
    others = select(col(ProgrammeAgencyRow.agency_id)).where(
        col(ProgrammeAgencyRow.programme_id).not_in(who.programme_ids),
        col(ProgrammeAgencyRow.accepted_at).is_not(None),
    )
    elsewhere = select(col(MembershipRow.account_id)).where(
        or_(col(MembershipRow.programme_id).not_in(who.programme_ids), col(MembershipRow.agency_id).in_(others))
    )
    within = and_(col(AccountRow.id).in_(_accounts(who)), col(AccountRow.id).not_in(elsewhere))
    accounts = select(_word("account", AccountRow.id)).where(or_(within, col(AccountRow.id) == who.account_id))
    classes = select(_word("class group", ClassGroupRow.id)).where(
        col(ClassGroupRow.programme_id).in_(who.programme_ids)
    )
    return union_all(accounts, classes)


def _things(who: Staff) -> Any:
    """What belongs to one's programmes."""
    classes = select(col(ClassGroupRow.id)).where(col(ClassGroupRow.programme_id).in_(who.programme_ids))
    return union_all(
        select(_word("programme", ProgrammeRow.id)).where(col(ProgrammeRow.id).in_(who.programme_ids)),
        select(_word("class group", ClassGroupRow.id)).where(col(ClassGroupRow.id).in_(classes)),
        select(_word("live session", LiveSessionRow.id)).where(
            col(LiveSessionRow.programme_id).in_(who.programme_ids)
        ),
        select(_word("booking", BookingRow.id)).where(col(BookingRow.class_group_id).in_(classes)),
        select(_word("run", RunRow.id)).where(col(RunRow.class_group_id).in_(classes)),
    )


def _entry(row: AuditEntryRow) -> Entry:
    return Entry(**row.model_dump(exclude={"id"}))
