"""A seeded database for each test, on SQLite and on PostgreSQL."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The server's address and a database with the cast in it, copied for each test."""
    _order(postgres_url, "CREATE DATABASE seeded")
    seed(Database(_named(postgres_url, "seeded")), tmp_path_factory.mktemp("seeded-postgres"))
    return postgres_url, "seeded"


@pytest.fixture(scope="session")
def postgres_season(postgres_template: tuple[str, str]) -> tuple[str, str]:
    server, seeded = postgres_template
    _order(server, f"CREATE DATABASE season TEMPLATE {seeded}")
    teach_season(Database(_named(server, "season")))
    return server, "season"


@pytest.fixture
def fresh_postgres_url(postgres_template: tuple[str, str]) -> Iterator[str]:
    """A database of its own for one test."""
    with _copy_of(*postgres_template) as url:
        yield url


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
    with ExitStack() as stack:
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("season_file"), tmp_path / "season.db")
            database = Database(f"sqlite:///{tmp_path / 'season.db'}")
        else:
            database = Database(stack.enter_context(_copy_of(*request.getfixturevalue("postgres_season"))))
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


@contextmanager
def _copy_of(server: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _order(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server, name)
    _order(server, f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _order(url: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
