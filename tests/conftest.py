"""Fixtures: a world with the cast in it, on SQLite and, where asked, on PostgreSQL."""

import functools
import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import main
from app.content import library
from app.domain.media import OwnMedia
from app.settings import ROOT, Settings
from app.web import author
from app.web.pages import Pages
from tests.cast import World
from tests.served import ServedWorld
from tests.servers import postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: a file is one process's, and the last must not be a long one."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", autouse=True)
def _what_every_app_has_is_made_once() -> Iterator[None]:
    """Reading the shipped files and laying out two hundred routes is most of the start of an app in a test."""
    read, pages = library.load, Pages
    kept_libraries: dict[Any, library.Library] = {}
    kept_pages: dict[str, Pages] = {}

    def load(lessons_folder: Path, quizzes_folder: Path, own: OwnMedia | None = None) -> library.Library:
        files = [*lessons_folder.glob("*.md"), *quizzes_folder.glob("*.yaml")]
        name = tuple(sorted(file.resolve() for file in files))
        is_ours = all(file.is_relative_to(ROOT) for file in name)
        if not is_ours or not files or own:
            return read(lessons_folder, quizzes_folder, own)
        if name not in kept_libraries:
            kept_libraries[name] = read(lessons_folder, quizzes_folder, own)
        return kept_libraries[name]

    def same_pages(settings: Settings) -> Pages:
        name = settings.model_dump_json(exclude={"data_dir", "database_url", "lessons_dir", "quizzes_dir"})
        if name not in kept_pages:
            kept_pages[name] = pages(settings)
        return kept_pages[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "load", load)
        patch.setattr(main, "Pages", same_pages)
        for module in (*vars(main).values(), *vars(author).values()):
            routes = getattr(module, "routes", None)
            if inspect.isfunction(routes) and set(inspect.signature(routes).parameters) <= {"pages"}:
                patch.setattr(module, "routes", functools.cache(routes))
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
