"""A Redis of their own for tests of several workers, to be hung and killed."""

from collections.abc import Iterator

import pytest

from tests.servers import OwnRedis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path_factory.mktemp("redis"))
    yield own
    own.end()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
