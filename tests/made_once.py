"""What every app has is made once: the shipped files and two hundred routes are most of its start."""

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app import main
from app.content import library
from app.domain.media import OwnMedia
from app.settings import ROOT, Settings
from app.web import author
from app.web.pages import Pages


@contextmanager
def made_once() -> Iterator[None]:
    """While the block runs, apps of this process share the shipped library, the pages and the routes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "load", _read_once())
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
