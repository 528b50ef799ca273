"""The shipped lessons, read once for all tests of this folder."""

import pytest

from app.content import library
from app.settings import Settings


@pytest.fixture(scope="session")
def shipped() -> library.Library:
    return library.load(Settings().lessons_dir, Settings().quizzes_dir)
