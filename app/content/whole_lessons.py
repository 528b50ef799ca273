"""A draft as the files of a package, and a package as a draft, letter by letter."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.content import lesson_files, quiz_files
from app.content.drafts import DraftTexts
from app.content.importers.imported import Imported
from app.content.parts import read_agency
from app.content.problems import ProblemList
from app.content.text_files import LARGEST_FILE
from app.content.yaml_pieces import changed, read_values
from app.domain.lesson import Draft
from app.domain.media import OwnMedia
from app.domain.quiz import Quiz

FILMS = (".mp4", ".webm")
LARGEST_PACKAGE = 45_000_000  # bytes: it can be brought back, for which 50 MB are the limit
Find = Callable[[str], tuple[str, Callable[[], bytes], int] | None]
"""For a picture or film as a lesson names it: its path in a package, its content and size; None if it is nowhere."""


def files_of(texts: DraftTexts, find: Find) -> dict[str, bytes]:
    """All that a package holds. A lesson leaves in whatever state it is.

    What it names and nobody has stays away, and so do films for which there is no room.
    """
    files = {f"lessons/{texts.key}.md": texts.lesson.encode(), _quiz_path(texts): texts.quiz.encode()}
    room = LARGEST_PACKAGE
    found = [one for name in needed_by(texts) if (one := find(name))]
    for path, content, size in sorted(found, key=lambda one: (one[0].endswith(FILMS), one[2])):
        if size <= room:
            files[path] = content()
            room -= size
    return files


def texts_of(found: Imported) -> DraftTexts | None:
    """The lesson of a package and its quiz, letter by letter; None when one of them is missing or no text."""
    for path in sorted(found.files):
        name = re.fullmatch(r"lessons/([a-z0-9]+(?:-[a-z0-9]+)*)\.md", path)
        lesson = _decoded(found.files[path])
        if name is None or lesson is None:
            continue
        texts = DraftTexts(key=name[1], lesson=lesson, quiz="")
        quiz = _decoded(found.files.get(_quiz_path(texts), b"\xff"))
        if quiz is not None:
            return replace(texts, quiz=quiz)
    return None


def led_by(texts: DraftTexts, agency: str) -> DraftTexts:
    """The same lesson under this agency; letter by letter the same where it leads it already."""
    front = texts.sketch.front or ""
    if read_agency(str((read_values(front) or {}).get("lead", ""))).key == read_agency(agency).key:
        return texts
    return replace(texts, lesson=texts.sketch.with_front(changed(front, {"lead": agency})).text)


def parsed(texts: DraftTexts, pictures: Path, own: OwnMedia) -> tuple[Draft | None, Quiz | None]:
    """The lesson and its quiz, each when nothing in it blocks it."""
    lesson = lesson_files.read(texts.key, texts.lesson, pictures, ProblemList("lesson"), own)
    return lesson.draft, quiz_files.read(texts.key, texts.quiz, pictures, ProblemList("quiz"), own).quiz


def needed_by(texts: DraftTexts) -> tuple[str, ...]:
    """All that may name a picture, film or captions; those that are nowhere, such as in a comment, do not count."""
    text = f"{texts.lesson}\n{texts.quiz}"
    named = re.findall(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.(?:svg|png|webp|jpg|mp4|webm|vtt)\b", text)
    return tuple(sorted(set(named)))


def _quiz_path(texts: DraftTexts) -> str:
    named = str((read_values(texts.sketch.front or "") or {}).get("quiz", ""))
    return f"quizzes/{named if re.fullmatch(r'[a-z0-9-]+', named) else texts.key}.yaml"


def _decoded(content: bytes) -> str | None:
    if len(content) > LARGEST_FILE:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
