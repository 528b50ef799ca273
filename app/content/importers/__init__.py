"""Reads a file that somebody brought, whatever it is called: what it is, is seen from its content."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from app.content import packages
from app.content.importers import aiken, gift, kahoot, slides_pdf, slides_pptx, spreadsheet
from app.content.importers.columns import find_columns, tell_remarks
from app.content.importers.imported import FoundQuestion, Imported, Messages, Unreadable, clean, gather, refused
from app.content.importers.tables import Sheet, read_text_table, read_workbook

LARGEST_FILE = 50_000_000  # a talk with photographs
LARGEST_TEXT = 1_000_000

WE_READ = "We read spreadsheets (.xlsx, .csv), Aiken and GIFT text, PowerPoint (.pptx) and PDF."
OTHER_KINDS = {
    "word/document.xml": "a Word document",
    "content.xml": "an OpenDocument file",
    "index/": "an Apple file",
}


def read(name: str, content: bytes) -> Imported:
    """Never raises for what the file holds; nothing is kept by it. The name gives a title and no more."""
    try:
        found = _read(content)
    except Unreadable as unreadable:
        found = refused(unreadable)
    return replace(found, title=_title(name))


def _read(content: bytes) -> Imported:
    if not content.strip():
        raise Unreadable("This file is empty.", "Choose another one.")
    if len(content) > LARGEST_FILE:
        raise Unreadable("This file is larger than 50 MB.", "Make its pictures smaller, or split it.")
    if content.startswith(b"PK"):
        return _read_zip(content)
    if b"%PDF-" in content[:1024]:
        return slides_pdf.read(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "This is an old Office file, or one with a password.",
            "Save it as .xlsx or .pptx, without a password.",
        )
    return _read_text(content)


def _read_zip(content: bytes) -> Imported:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable("This file is damaged.", "Save it again, and send that.") from error
    if "xl/workbook.xml" in names:
        return _read_sheets(read_workbook(content))
    if packages.is_package(names):
        return packages.unpack(content)
    if "ppt/presentation.xml" in names:
        return slides_pptx.read(content)
    for start, kind in OTHER_KINDS.items():
        if any(name.casefold().startswith(start) for name in names):
            raise Unreadable(f"This is {kind}.", WE_READ)
    raise Unreadable("This is not a kind of file that we can read.", WE_READ)


def _read_sheets(sheets: list[Sheet]) -> Imported:
    found = next(((sheet, columns) for sheet in sheets if (columns := find_columns(sheet))), None)
    if found is None:
        raise Unreadable(
            "No row of headings was found in this spreadsheet.",
            'It needs a column "Question" and columns for the answers, as in our template.',
        )
    sheet, columns = found
    messages = Messages("row")
    tell_remarks(columns, sheet, messages)
    if kahoot.claims(columns):
        return _told_when_empty(gather(kahoot.FORM, kahoot.read(columns, messages), messages))
    read = gather(spreadsheet.FORM, spreadsheet.read(columns, messages), messages)
    return _told_when_empty(replace(read, misconceptions=spreadsheet.read_misconceptions(sheets)))


def _read_text(content: bytes) -> Imported:
    if len(content) > LARGEST_TEXT:
        raise Unreadable("This text is larger than 1 MB.", "Split it, or take out what is not text.")
    text, is_guessed = decoded(content)
    if text.lstrip().startswith("<?xml") and "<quiz" in text:
        raise Unreadable("This is Moodle's XML.", "Export the questions from Moodle as GIFT.")
    found = _read_lines(text)
    if is_guessed:
        messages = Messages("line")
        messages.note(
            "This file is not saved as UTF-8; its letters were read as those of Windows.",
            "Look whether £ and é are right.",
        )
        found = replace(found, messages=(*found.messages, *messages.found))
    return found


def _read_lines(text: str) -> Imported:
    for sheet in read_text_table(text):
        if find_columns(sheet):
            return _read_sheets([sheet])
    readers: Iterable[tuple[str, Callable[[str], bool], Callable[[str, Messages], Iterator[FoundQuestion]]]] = (
        (aiken.FORM, aiken.claims, aiken.read),
        (gift.FORM, gift.claims, gift.read),
    )
    for form, claims, read in readers:
        if claims(text):
            messages = Messages("line")
            return _told_when_empty(gather(form, read(text, messages), messages))
    raise Unreadable("No questions were found in this text.", WE_READ)


def _told_when_empty(found: Imported) -> Imported:
    if found.questions or found.messages:
        return found
    raise Unreadable("There are headings in this file, and no questions below them.", "Write some first.")


def decoded(content: bytes) -> tuple[str, bool]:
    """The text, and whether its letters had to be guessed."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, is_guessed = content.decode("utf-16", errors="replace"), False
    else:
        try:
            text, is_guessed = content.decode("utf-8-sig"), False
        except UnicodeDecodeError:
            text, is_guessed = content.decode("cp1252", errors="replace"), True
    if "\0" in text:
        raise Unreadable("This is not a kind of file that we can read.", WE_READ)
    return text.replace("\r\n", "\n").replace("\r", "\n"), is_guessed


def _title(name: str) -> str:
    """`C:\\talks\\Water_safety.pptx` is the title "Water safety"."""
    stem = re.split(r"[/\\]", name[-300:])[-1].rpartition(".")
    return clean((stem[0] or stem[2]).replace("_", " "))[:60]
