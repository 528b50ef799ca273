"""Full, locked or silent is told apart; a mistake of ours is none of them."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.store.database import BUSY_MS, Database
from app.store.trouble import trouble_of

MARGIN = 5


@pytest.fixture
def hasty(fresh_postgres_url: str) -> Iterator[Database]:
    """It waits for a third of a second."""
    with closing(Database(fresh_postgres_url, seconds=0.3)) as database:
        yield database


def trouble_with(database: Database, sql: str) -> str | None:
    with pytest.raises(SQLAlchemyError) as caught, database.transaction() as db:
        db.connection().exec_driver_sql(sql)
    return trouble_of(caught.value)


def test_a_full_sqlite_is_full_and_a_mistake_is_no_trouble(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'small.db'}")) as database:
        with database.transaction() as db:
            db.connection().exec_driver_sql("CREATE TABLE paper (words)")
            db.connection().exec_driver_sql("PRAGMA max_page_count = 2")
        assert trouble_with(database, "INSERT INTO paper VALUES (zeroblob(20000))") == "full"
        assert trouble_with(database, "INSERT INTO stone VALUES (1)") is None


def test_a_turn_that_does_not_come_is_a_lock(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'busy.db'}")) as database:
        ended = threading.Event()

        def write_for_long() -> None:
            with database.transaction():
                ended.wait(BUSY_MS / 1000 * MARGIN)

        writer = threading.Thread(target=write_for_long)
        writer.start()
        assert trouble_with(database, "SELECT 1") == "locked"
        ended.set()
        writer.join()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("state", "trouble"), [("53100", "full"), ("40P01", "locked"), ("57P01", "silent"), ("42P01", None)]
)
def test_postgresql_says_what_it_is(hasty: Database, state: str, trouble: str | None) -> None:
    assert trouble_with(hasty, f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$") == trouble


@pytest.mark.postgres
def test_a_postgresql_that_refuses_is_silent_at_once() -> None:
    with closing(Database("postgresql+psycopg://nobody@127.0.0.1:1/none")) as database:
        began = time.monotonic()
        for _ in range(3):
            assert trouble_with(database, "SELECT 1") == "silent"
        assert time.monotonic() - began < 0.3 * MARGIN


@pytest.mark.postgres
def test_a_question_that_takes_too_long_ends_alone(hasty: Database) -> None:
    began = time.monotonic()
    assert trouble_with(hasty, "SELECT pg_sleep(30)") == "silent"
    assert time.monotonic() - began < 0.3 * MARGIN
    until = time.monotonic() + 3 * MARGIN
    while True:  # it was the only one that asked, so the server is asked again first
        try:
            with hasty.reading() as db:
                assert db.connection().exec_driver_sql("SELECT 1").scalar() == 1
            return
        except OperationalError:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.mark.postgres
def test_what_may_take_its_time_does(hasty: Database) -> None:
    with hasty.unhurried(), hasty.reading() as db:
        assert db.connection().exec_driver_sql("SELECT 1 FROM pg_sleep(1)").scalar() == 1


@pytest.mark.postgres
def test_who_queues_behind_another_worker_does_not_take_it_for_silence(
    hasty: Database, fresh_postgres_url: str
) -> None:
    with closing(Database(fresh_postgres_url)) as other:
        has_begun = threading.Event()

        def work_for_long() -> None:
            with other.alone("start"):
                has_begun.set()
                time.sleep(1)

        worker = threading.Thread(target=work_for_long)
        worker.start()
        has_begun.wait(10)
        with hasty.alone("start"):
            pass
        worker.join()
