"""A seeded database for each test, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from app.main import publish_shipped
from app.settings import Settings
from app.store import lessons
from app.store.database import Database
from tests.cast import Clock, fire_alone, seed_cast
from tests.classroom import Classroom
from tests.past_lessons import TOPICS, demo_season


def seed(database: Database, folder: Path) -> None:
    now = Clock().now
    database.open()
    publish_shipped(database, Settings(**fire_alone(folder / "content")), now)
    with database.transaction() as db:
        seed_cast(db, now)
    database.close()


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the cast in it, copied for each test."""
    place = tmp_path_factory.mktemp("seeded-file") / "seeded.db"
    database = Database(f"sqlite:///{place}")
    seed(database, place.parent)
    return place


def teach_season(database: Database) -> None:
    """The demo's whole season on top of the cast."""
    database.open()
    publish_shipped(database, Settings(), Clock().now)
    with database.transaction() as db:
        newest = {row.topic_key: lessons.newest_version(db, row.id or 0) or 0 for row in lessons.rows(db)}
        demo_season(db, [newest[topic] for topic in TOPICS])
    database.close()


@pytest.fixture(scope="session")
def season_file(seeded_file: Path) -> Path:
    place = seeded_file.with_name("season.db")
    shutil.copy(seeded_file, place)
    teach_season(Database(f"sqlite:///{place}"))
    return place


@pytest.fixture
def sqlite_url(seeded_file: Path, tmp_path: Path) -> str:
    shutil.copy(seeded_file, tmp_path / "safety-in-action.db")
    return f"sqlite:///{tmp_path / 'safety-in-action.db'}"


class Kept:
    """A PostgreSQL database that has for each test the rows which it has now. To copy one, the server writes a
    thousand files and waits for the disk; to fill one anew takes a tenth of that."""

    def __init__(self, url: str) -> None:
        self._url = url
        with _connected(url) as connection:
            named = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = list(named.scalars())
            numbers = connection.exec_driver_sql(
                "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences"
            ).all()
            orders = ["SET LOCAL session_replication_role = replica"]  # in any order, whatever refers to what
            connection.exec_driver_sql("CREATE SCHEMA kept")
            for table in tables:
                connection.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
                orders += [f"DELETE FROM public.{table}", f"INSERT INTO public.{table} TABLE kept.{table}"]
        orders += [f"SELECT setval('{name}', {last}, {str(is_called).lower()})" for name, last, is_called in numbers]
        self._orders = "; ".join(["BEGIN", *orders, "COMMIT"])

    def anew(self) -> str:
        """Its address. Whoever is still connected, as a test that failed may be, is let go."""
        with _connected(self._url) as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.exec_driver_sql(self._orders)
        return self._url


@pytest.fixture(scope="session")
def postgres_seeded(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """With the cast in it."""
    url = _made(postgres_url, "seeded")
    seed(Database(url), tmp_path_factory.mktemp("seeded-postgres"))
    return Kept(url)


@pytest.fixture(scope="session")
def postgres_season(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    url = _made(postgres_url, "season")
    seed(Database(url), tmp_path_factory.mktemp("season-postgres"))
    teach_season(Database(url))
    return Kept(url)


@pytest.fixture
def fresh_postgres_url(postgres_seeded: Kept) -> str:
    """A database that has the cast in it and nothing else."""
    return postgres_seeded.anew()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The real database, opened; each test has its own."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "fresh_postgres_url")
    database = Database(url)
    database.open()
    yield database
    database.close()


@pytest.fixture
def classroom(database: Database) -> Classroom:
    return Classroom(database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def season(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Classroom]:
    """The classroom when the demo's whole season has been taught, on a day of the test's own choice."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("season_file"), tmp_path / "season.db")
        database = Database(f"sqlite:///{tmp_path / 'season.db'}")
    else:
        database = Database(request.getfixturevalue("postgres_season").anew())
    database.open()
    yield Classroom(database)
    database.close()


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Classroom]:
    """For what only a file can show."""
    database = Database(sqlite_url)
    database.open()
    yield Classroom(database)
    database.close()


def _made(server: str, name: str) -> str:
    """The address of an empty database."""
    with _connected(server) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _connected(url: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
