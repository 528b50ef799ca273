"""Reads one text file of unknown origin: its text, or a plain sentence about why not."""

import re
from pathlib import Path

from app.content.problems import ProblemList

LARGEST_FILE = 1_000_000

# Control characters, and those that turn the direction of text so that a reader sees other words.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def shown_name(path: Path) -> str:
    """How problems name a file: its folder and its name, the same on every machine."""
    return f"{path.parent.name}/{path.name}"


def read_text(path: Path, problems: ProblemList) -> str | None:
    """The text with plain line ends, or None when a problem was reported."""
    try:
        content = _content(path, problems)
    except OSError:
        problems.report(1, "This file cannot be opened.", "Check that it exists and that you may read it.")
        return None
    if content is None:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.report(line, "A letter here is not saved as UTF-8.", 'Save the file again as "UTF-8" text.')
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        problems.report(1, "This file is empty.", "Write it, or take it out of the folder.")
        return None
    return text if _is_visible(text, problems) else None


def _content(path: Path, problems: ProblemList) -> bytes | None:
    if not path.is_file():
        problems.report(1, "This is not a file.", "Take it out of the folder, or put a text file in its place.")
        return None
    if path.stat().st_size > LARGEST_FILE:
        problems.report(1, "This file is larger than 1 MB.", "Split it, or take out what is not text.")
        return None
    return path.read_bytes()


def _is_visible(text: str, problems: ProblemList) -> bool:
    found = _INVISIBLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        problems.report(line, "There is an invisible character in this line.", "Type the line again.")
    return found is None


def has_invisible(text: str) -> bool:
    return _INVISIBLE.search(text) is not None


def visible(text: str) -> str:
    """The text without invisible characters, which a file may not hold."""
    return _INVISIBLE.sub("", text)
