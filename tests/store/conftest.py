"""A seeded database for each test, on SQLite and on PostgreSQL."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from app.main import publish_shipped
from app.settings import Settings
from app.store.database import Database
from tests.cast import Clock, fire_alone, seed_cast
from tests.classroom import Classroom


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


@pytest.fixture
def fresh_postgres_url(postgres_template: tuple[str, str]) -> Iterator[str]:
    """A database of its own for one test."""
    server, template = postgres_template
    name = f"test_{secrets.token_hex(6)}"
    _order(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server, name)
    _order(server, f"DROP DATABASE {name} WITH (FORCE)")


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


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Classroom]:
    """For what only a file can show."""
    database = Database(sqlite_url)
    database.open()
    yield Classroom(database)
    database.close()


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _order(url: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
