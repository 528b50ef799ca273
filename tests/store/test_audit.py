"""The audit log in the store: noted with its act or not at all, one chain for all workers, gone after a year."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from app.domain.errors import NotFound
from app.store import accounts, audit
from app.store.database import Database
from app.store.tables import AuditEntryRow

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)


def note(database: Database, thing: str, at: datetime = NOW) -> None:
    with database.transaction() as db:
        audit.note(db, at, "account 1", "gave a role", thing)


def things(database: Database) -> list[tuple[int, str]]:
    with database.reading() as db:
        rows = db.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.seq))).all()
        return [(row.seq, row.thing) for row in rows]


def broken_at(database: Database) -> int | None:
    with database.reading() as db:
        return audit.check(db)[0]


def give_a_role_to_nobody(database: Database) -> None:
    with database.transaction() as db:
        audit.note(db, NOW, "account 1", "gave a role", "account 999")
        accounts.one(db, 999)


def test_what_is_noted_in_one_transaction_is_chained_in_its_order(database: Database) -> None:
    with database.transaction() as db:
        audit.note(db, NOW, "account 1", "gave a role", "account 2")
        audit.note(db, NOW, "account 1", "gave a role", "account 3")
    note(database, "account 4")
    assert things(database) == [(1, "account 2"), (2, "account 3"), (3, "account 4")]
    assert broken_at(database) is None


def test_an_act_that_is_refused_leaves_no_entry(database: Database) -> None:
    with pytest.raises(NotFound):
        give_a_role_to_nobody(database)
    assert things(database) == []


def test_a_row_that_is_changed_or_deleted_in_the_database_breaks_the_chain(database: Database) -> None:
    for number in (1, 2, 3, 4):
        note(database, f"account {number}")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET thing = 'account 9' WHERE seq = 3")
    assert broken_at(database) == 3
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET thing = 'account 3' WHERE seq = 3")
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE seq = 2")
    assert broken_at(database) == 3


def test_writers_at_once_keep_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: note(database, f"account {number}"), range(40)))
    assert [seq for seq, _ in things(database)] == list(range(1, 41))
    assert len({thing for _, thing in things(database)}) == 40
    assert broken_at(database) is None


def test_entries_go_after_a_year_by_whole_days_and_the_chain_holds(database: Database) -> None:
    for number, days in enumerate((400, 366, 365, 1)):
        note(database, f"account {number}", NOW - timedelta(days=days))
    for hour in (0, 1):
        with database.transaction() as db:
            audit.forget(db, NOW + timedelta(hours=hour))
    assert things(database) == [(3, "account 2"), (4, "account 3"), (5, "entries to 2")]
    assert broken_at(database) is None


def test_the_newest_entry_stays_so_that_the_chain_goes_on(database: Database) -> None:
    note(database, "account 1", NOW - timedelta(days=500))
    with database.transaction() as db:
        audit.forget(db, NOW)
    assert things(database) == [(1, "account 1")]
