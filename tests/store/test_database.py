"""The database is opened only where a saved answer survives a crash, and is left as it was where it is refused."""

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from app.domain.errors import NotAllowed
from app.domain.run import Stage
from app.store import directory, live_sessions, participants, presenters, runs
from app.store.database import MIGRATIONS, Database
from app.store.tables import ClassSignInRow, ParticipationRecordRow, ProgrammeAgencyRow, ProgrammeRow
from tests.classroom import Classroom

AT = "'2026-11-03 10:00:00'"
OF_0001 = (
    "INSERT INTO programme (id, slug, name, area, starts_on, ends_on, funder, funding_stream, target_classes, "
    "target_pupils) VALUES (1, 'town', 'Town', 'Town', '2026-09-01', '2027-07-23', '', '', 0, 0)",
    "INSERT INTO school (id, reference, name, kind, district, is_demo) VALUES (1, 'D01', 'School', '', '', true)",
    "INSERT INTO class_group (id, programme_id, school_id, label, year_group, usual_mode) "
    "VALUES (1, 1, 1, '6H', 6, 'devices')",
    "INSERT INTO agency (id, slug, name, kind) VALUES (1, 'fire', 'Fire', '')",
    "INSERT INTO topic (key, name) VALUES ('fire', 'Fire')",
    "INSERT INTO lesson (id, key, topic_key, owner_agency_id, title, origin) "
    "VALUES (1, 'fire', 'fire', 1, 'Fire', 'shipped')",
    "INSERT INTO run (id, class_group_id, kind, locked, seed, mode, skipped_steps, epoch, module_position, step_key, "
    f"phase, round, seq, calm, opened_at) VALUES (1, 1, 'lesson', false, 's', 'devices', '[]', 0, 0, '', 'lobby', 1, "
    f"2, false, {AT})",
    "INSERT INTO cue (run_id, epoch, seq, kind, module_position, step_key, phase, round, at, by) VALUES "
    f"(1, 0, 1, 'calm', 0, '', 'lobby', 1, {AT}, 'teacher'), (1, 0, 2, 'resume', 0, '', 'lobby', 1, {AT}, 'teacher')",
)
"""A run and its two cues as the first release kept them."""


OF_0004 = (
    "INSERT INTO account (id, email, name) VALUES (1, 'priya@sia.example', 'Priya')",
    "INSERT INTO live_session (id, programme_id, starts_at, planned_minutes, opened_at, seed, skipped_steps, "
    "module_position, step_key, phase, round, seq, paused, holder_account_id, holder_epoch) "
    f"VALUES (1, 1, {AT}, 45, {AT}, 's', '[]', 0, '', 'lobby', 1, 0, false, 1, 0)",
)
"""A live session in its lobby, as it was kept before classes had lobbies of their own."""


OF_0009 = "INSERT INTO programme_agency (id, programme_id, agency_id, contact) VALUES (1, 1, 1, '')"


OF_0013 = (
    "INSERT INTO version (id, lesson_id, number, document, document_hash, published_by, published_at) "
    """VALUES (1, 1, 1, '{"steps": [{"key": "hook"}, {"key": "quiz"}, {"key": "take-home"}]}', 'h', 1, """
    f"{AT})",
    """UPDATE run SET skipped_steps = '[[0, "take-home"]]', ended_at = opened_at""",
    "INSERT INTO run (id, class_group_id, kind, locked, seed, mode, skipped_steps, epoch, module_position, step_key, "
    f"phase, round, seq, calm, opened_at) VALUES (2, 1, 'lesson', false, 's', 'devices', '[]', 0, 0, '', 'lobby', 1, "
    f"2, false, {AT})",
    *(
        "INSERT INTO participation_record (id, run_id, module_position, programme_id, school_id, class_group_id, "
        "topic_key, version_id, kind, began_at, minutes, devices_joined, modes, questions_served, answers_counted, "
        f"matched, steps_shown, steps_skipped, status) VALUES ({run}, {run}, 0, 1, 1, 1, 'fire', 1, 'lesson', {AT}, "
        """9, 1, 'devices', 0, 0, 0, '["hook", "quiz"]', '[]', 'confirmed')"""
        for run in (1, 2)
    ),
)
"""Two lessons of which the class saw all but the last step."""


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


def test_rows_from_before_live_sessions_keep_working(empty_url: str) -> None:
    database = Database(empty_url)
    migrate(database, "0001")
    with database.engine.begin() as connection:
        for statement in OF_0001:
            connection.exec_driver_sql(statement)
    database.open()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    with database.reading() as db:
        run = runs.read(db, 1)
        history = runs.shifts(db, 1)
    assert (run.stage, run.following, run.live_session_id) == (Stage(step_key="", phase="lobby", seq=2), False, None)
    assert [(shift.kind, shift.agency_id) for shift in history] == [("calm", None), ("resume", None)]
    with database.transaction() as db:
        runs.set_calm(db, run, calm=True, by="teacher", now=run.opened_at)
    with database.reading() as db:
        assert [shift.seq for shift in runs.shifts(db, 1)] == [1, 2, 3]
    neither = (
        "INSERT INTO cue (epoch, seq, kind, module_position, step_key, phase, round, at, by) SELECT 0, 9, kind, "
    )
    neither += "module_position, step_key, phase, round, at, by FROM cue"
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.exec_driver_sql(neither)
    database.close()


def test_a_live_session_from_before_consoles_is_led_on_by_its_holder(empty_url: str) -> None:
    database = Database(empty_url)
    migrate(database, "0004")
    with database.engine.begin() as connection:
        for statement in (*OF_0001[:1], *OF_0004):
            connection.exec_driver_sql(statement)
    database.open()
    with database.reading() as db:
        session = live_sessions.read(db, 1)
        [presenter] = presenters.of_session(db, 1)
    assert session.stage.is_rules
    assert not session.is_rehearsal
    assert (presenter.account_id, presenter.leads_all) == (1, True)
    database.close()


def test_agencies_from_before_they_were_asked_take_part(empty_url: str) -> None:
    database = Database(empty_url)
    migrate(database, "0009")
    with database.engine.begin() as connection:
        for statement in (OF_0001[0], OF_0001[3], OF_0009):
            connection.exec_driver_sql(statement)
    database.open()
    with database.reading() as db:
        partners = directory.agencies_of_programme(db, 1)
        accepted_at = db.get_one(ProgrammeAgencyRow, 1).accepted_at
    assert [agency.slug for agency in partners] == ["fire"]
    assert accepted_at is not None
    assert abs(datetime.now(UTC) - accepted_at) < timedelta(minutes=5)
    database.close()


def test_records_of_lessons_that_were_broken_off_before_say_so_now(empty_url: str) -> None:
    """The first left its last step out, the second never came to it."""
    database = Database(empty_url)
    migrate(database, "0013")
    with database.engine.begin() as connection:
        for statement in (*OF_0001, OF_0004[0], *OF_0013):
            connection.execute(sqlalchemy.text(statement.replace(":", "\\:")))
    database.open()
    with database.reading() as db:
        found = db.exec(select(ParticipationRecordRow).order_by(col(ParticipationRecordRow.id))).all()
    assert [(one.id, one.ended_early) for one in found] == [(1, False), (2, True)]
    database.close()


def migrate(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"old_{secrets.token_hex(6)}"
    order(server, f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    order(server, f"DROP DATABASE {name} WITH (FORCE)")


def order(url: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


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
