"""The database is opened only where a saved answer survives a crash, and is left as it was where it is refused."""

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from app.domain.errors import NotAllowed
from app.store import participants
from app.store.database import Database
from app.store.tables import ClassSignInRow, ProgrammeRow
from tests.classroom import Classroom


def pragma(classroom: Classroom, name: str) -> object:
    with classroom.database.engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
def test_every_connection_to_sqlite_is_durable_checked_and_forgets_what_is_deleted(
    on_sqlite: Classroom, name: str, value: object
) -> None:
    first = pragma(on_sqlite, name)
    on_sqlite.database.engine.dispose()
    assert (first, pragma(on_sqlite, name)) == (value, value)


def test_what_is_in_the_block_is_committed_together_or_not_at_all(classroom: Classroom) -> None:
    def half_done() -> None:
        with classroom.database.transaction() as db:
            db.get_one(ProgrammeRow, 1).name = "Half done"
            db.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    with classroom.database.reading() as db:
        assert db.exec(select(col(ProgrammeRow.name))).all() == ["Safety in Action, the town (demo)"]


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_opening_again_changes_nothing(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.database.open()
    classroom.database.open()
    assert classroom.run(run).stage.phase == "lobby"


def test_a_new_file_is_made_with_all_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.open()
    with database.engine.connect() as connection:
        tables = set(sqlalchemy.inspect(connection).get_table_names())
    database.close()
    assert tables == {*SQLModel.metadata.tables, "alembic_version"}


def test_a_database_of_a_newer_release_is_refused_and_stays_byte_for_byte_as_it_was(
    on_sqlite: Classroom, sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "safety-in-action.db"
    on_sqlite.database.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    database = Database(sqlite_url)
    with pytest.raises(NotAllowed, match=r"made by a newer release.*Nothing was changed"):
        database.open()
    database.close()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


@pytest.mark.postgres
def test_a_postgresql_of_a_newer_release_is_refused(fresh_postgres_url: str) -> None:
    database = Database(fresh_postgres_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NotAllowed, match="made by a newer release"):
        database.open()
    database.close()


def test_a_database_that_may_only_be_read_is_refused_with_the_remedy(on_sqlite: Classroom, tmp_path: Path) -> None:
    file = tmp_path / "safety-in-action.db"
    on_sqlite.database.close()
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    database = Database(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(NotAllowed, match=r"cannot be opened for writing.*read-only"):
        database.open()
    database.close()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_file_without_the_right_to_write_is_refused(on_sqlite: Classroom, sqlite_url: str, tmp_path: Path) -> None:
    on_sqlite.database.close()
    (tmp_path / "safety-in-action.db").chmod(0o400)
    database = Database(sqlite_url)
    with pytest.raises(NotAllowed, match="cannot be opened for writing"):
        database.open()
    database.close()


def test_a_missing_folder_is_refused_and_not_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'safety-in-action.db'}")
    with pytest.raises(NotAllowed, match="Check that its folder exists"):
        database.open()
    database.close()
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "safety-in-action.db"
    file.write_bytes(b"The register of class 6H\n" * 200)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(NotAllowed):
        database.open()
    database.close()
    assert file.read_bytes().startswith(b"The register of class 6H")


@pytest.mark.postgres
def test_a_postgresql_that_acknowledges_before_it_has_written_is_refused(fresh_postgres_url: str) -> None:
    database = Database(f"{fresh_postgres_url}?options=-csynchronous_commit%3Doff")
    with pytest.raises(NotAllowed, match="synchronous_commit on"):
        database.open()
    database.close()


def test_a_row_that_points_at_nothing_is_refused(classroom: Classroom) -> None:
    row = ClassSignInRow(key_hash="a-key", class_link_id=999, opened_at=classroom.clock.now)
    with pytest.raises(IntegrityError), classroom.database.transaction() as db:
        db.add(row)


def test_deleted_rows_are_gone_from_the_file_and_its_log(on_sqlite: Classroom, tmp_path: Path) -> None:
    run = on_sqlite.start()
    pupils = [on_sqlite.seat(run) for _ in range(30)]
    on_sqlite.go_to(run, "before.F1")
    canaries = [f"canary-choice-{place:04d}" for place in range(30)]
    on_sqlite.record(*(on_sqlite.answer(run, pupil, c) for pupil, c in zip(pupils, canaries, strict=True)))
    with on_sqlite.database.reading() as db:
        canaries += [row.alias for row in participants.crowd(db, run)]
        canaries += [row.key_hash for row in participants.crowd(db, run)]
    assert all(found(tmp_path, canary) for canary in canaries)
    with on_sqlite.database.transaction() as db:
        db.connection().exec_driver_sql("DELETE FROM answer")
        db.connection().exec_driver_sql("DELETE FROM participant")
    on_sqlite.database.forget_deleted()
    assert [canary for canary in canaries if found(tmp_path, canary)] == []


def found(folder: Path, canary: str) -> bool:
    return any(canary.encode() in file.read_bytes() for file in folder.glob("safety-in-action.db*"))
