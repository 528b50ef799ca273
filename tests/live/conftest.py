"""A seeded SQLite file for each test of the live side."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import publish_shipped
from app.settings import Settings
from app.store.database import Database
from tests.cast import Clock, fire_alone, seed_cast
from tests.classroom import Classroom
from tests.live.wire import Wire


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "safety-in-action.db"


@pytest.fixture
def classroom(file: Path) -> Iterator[Classroom]:
    database = Database(f"sqlite:///{file}")
    database.open()
    publish_shipped(database, Settings(**fire_alone(file.parent / "content")), Clock().now)
    with database.transaction() as db:
        seed_cast(db, Clock().now)
    yield Classroom(database)
    database.close()


@pytest.fixture
def wire() -> Wire:
    return Wire()
