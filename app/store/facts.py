"""Agencies' signatures under facts."""

import contextlib
import hashlib
from collections import Counter, defaultdict
from datetime import date
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.lesson import Agency, Fact, Lesson, fact_leaders
from app.store.database import Db
from app.store.tables import AccountRow, AgencyRow, FactApprovalRow


class Signature(NamedTuple):
    agency_id: int
    agency_key: str
    agency: str
    by: str
    on: date


Signatures = dict[tuple[str, str], tuple[Signature, ...]]
"""(fact key, hash of its words) -> who has signed them."""


def text_hash(fact: Fact) -> str:
    """What is signed: the words and their source. Other words need another signature; other dates do not."""
    return hashlib.sha256(f"{fact.text}\n{fact.source}".encode()).hexdigest()


def sign(db: Db, fact: Fact, *, agency_id: int, account_id: int, on: date) -> None:
    """Signing twice is signing once."""
    row = FactApprovalRow(
        fact_key=fact.key, text_hash=text_hash(fact), agency_id=agency_id, account_id=account_id, approved_on=on
    )
    with contextlib.suppress(IntegrityError), db.begin_nested():
        db.add(row)


def signatures(db: Db) -> Signatures:
    rows = db.exec(
        select(FactApprovalRow, AgencyRow.slug, AgencyRow.name, AccountRow.name)
        .join(AgencyRow, col(AgencyRow.id) == FactApprovalRow.agency_id)
        .join(AccountRow, col(AccountRow.id) == FactApprovalRow.account_id)
        .order_by(col(FactApprovalRow.id))
    ).all()
    found: dict[tuple[str, str], list[Signature]] = defaultdict(list)
    for row, key, agency, name in rows:
        found[row.fact_key, row.text_hash].append(Signature(row.agency_id, key, agency, name, row.approved_on))
    return {key: tuple(signed) for key, signed in found.items()}


def awaiting(db: Db, lesson: Lesson) -> list[tuple[Agency, int]]:
    """(agency, how many facts of this lesson wait for its signature)."""
    signed = signatures(db)
    missing = [
        agency
        for fact in lesson.facts
        for agency in fact_leaders(lesson, fact.key)
        if agency.key not in {one.agency_key for one in signed.get((fact.key, text_hash(fact)), ())}
    ]
    return list(Counter(missing).items())
