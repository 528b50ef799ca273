"""Fixtures: a world with the cast in it, on SQLite and, where asked, on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import World
from tests.made_once import made_once
from tests.served import ServedWorld
from tests.servers import postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: a file is one process's, and the last must not be a long one."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", autouse=True)
def _what_every_app_has_is_made_once() -> Iterator[None]:
    with made_once():
        yield


@pytest.fixture(scope="session")
def seeded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the cast in it, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("seeded")
    with World(folder):
        pass
    return folder


@pytest.fixture
def world(seeded_folder: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(seeded_folder, tmp_path / "data", symlinks=True)
    with World(tmp_path / "data") as world:
        yield world


@pytest.fixture
def served(seeded_folder: Path, tmp_path: Path) -> Iterator[ServedWorld]:
    shutil.copytree(seeded_folder, tmp_path / "data", symlinks=True)
    with ServedWorld(tmp_path / "data") as world:
        yield world


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url
