"""What every app has is made once: shipped files, two hundred routes and the text of queries cost most of a start."""

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from app import main
from app.content import library
from app.domain.media import OwnMedia
from app.settings import ROOT, Settings
from app.store import database
from app.web import author
from app.web.pages import Pages


@contextmanager
def made_once() -> Iterator[None]:
    """While the block runs, apps of this process share the shipped library, the pages, the routes and their SQL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "load", _read_once())
        patch.setattr(database, "create_engine", _queries_written_once())
        patch.setattr(main, "Pages", _pages_once())
        for module in (*vars(main).values(), *vars(author).values()):
            routes = getattr(module, "routes", None)
            if inspect.isfunction(routes):
                assert set(inspect.signature(routes).parameters) <= {"pages"}, f"{module} asks for more than pages"
                patch.setattr(module, "routes", functools.cache(routes))
        yield


def _read_once() -> Any:
    read = library.load
    kept: dict[Any, library.Library] = {}

    def load(lessons_folder: Path, quizzes_folder: Path, own: OwnMedia | None = None) -> library.Library:
        files = [*lessons_folder.glob("*.md"), *quizzes_folder.glob("*.yaml")]
        name = tuple(sorted(file.resolve() for file in files))
        is_ours = all(file.is_relative_to(ROOT) for file in name)
        if not is_ours or not files or own:
            return read(lessons_folder, quizzes_folder, own)
        if name not in kept:
            kept[name] = read(lessons_folder, quizzes_folder, own)
        return kept[name]

    return load


def _queries_written_once() -> Any:
    """SQLAlchemy writes a query once for each engine, and each test has an engine of its own."""
    first = create_engine("sqlite://")
    first.connect().close()  # its dialect learns what SQLite can do
    first.dispose()
    kept: dict[Any, Any] = {}

    def engine(url: str, **options: Any) -> Engine:
        made = create_engine(url, **options)
        if url.startswith("sqlite"):
            made.dialect = first.dialect
            made.update_execution_options(compiled_cache=kept)
        return made

    return engine


def _pages_once() -> Any:
    kept: dict[Any, Pages] = {}

    def same_pages(settings: Settings) -> Pages:
        name = (
            settings.product_name,
            settings.demo,
            settings.is_secure,
            settings.provider_name,
            settings.provider_issuer,
        )
        if name not in kept:
            kept[name] = Pages(settings)
        return kept[name]

    return same_pages
