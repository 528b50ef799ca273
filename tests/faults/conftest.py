"""Workers of one programme on a PostgreSQL and a Redis of their own, for tests that leave them well."""

from collections.abc import Iterator

import pytest

from tests.faults.lesson import Server
from tests.faults.workers import workers
from tests.servers import OwnRedis


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path_factory.mktemp("redis"))
    yield own
    own.end()


@pytest.fixture(scope="session")
def three(postgres_url: str, redis: OwnRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    with workers(postgres_url, redis, tmp_path_factory.mktemp("three"), 3) as some:
        yield some


@pytest.fixture
def two(three: list[Server]) -> list[Server]:
    return three[:2]
