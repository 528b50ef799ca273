"""Looks at a zip before anything of it is unpacked: how many files, how large, and where they want to go."""

import io
import zipfile

from app.content.importers.imported import Unreadable

MOST_FILES = 3_000  # a long talk with many layouts has about 1,000
LARGEST_CONTENT = 150_000_000
LARGEST_RATIO = 200  # plain XML reaches about 50
SMALL = 1_000_000  # below this a high ratio harms nobody

BOMB = Unreadable(
    "This file unpacks to far more than it should.",
    "Open it in the program that made it, save it again, and send that.",
)
DAMAGED = Unreadable("This file is damaged: it cannot be unpacked.", "Save it again, and send that.")


def check_archive(content: bytes, *, largest_xml: int) -> list[zipfile.ZipInfo]:
    """The entries of a harmless zip. Python reads no more of an entry than it says it has, so these sizes hold."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise DAMAGED from error
    if len(entries) > MOST_FILES:
        raise Unreadable(f"There are more than {MOST_FILES:,} files in this one.", "Split it, and send the parts.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("This file is locked with a password.", "Save it again without one.")
    if sum(entry.file_size for entry in entries) > LARGEST_CONTENT or any(map(_is_bomb, entries)):
        raise BOMB
    if sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels"))) > largest_xml:
        raise Unreadable("There is too much in this file.", "Split it, and send the parts.")
    return entries


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > SMALL and entry.file_size > LARGEST_RATIO * max(entry.compress_size, 1)
