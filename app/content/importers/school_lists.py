"""Reads a list of schools and classes: our own spreadsheet, or the official list of schools. Never pupils' names.

Run as a program it reads one from its input, in a process of its own (`apart.py`).
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from app.content.importers import decoded
from app.content.importers.apart import limit, run_apart
from app.content.importers.imported import Message, Unreadable
from app.content.importers.tables import MOST_ROWS, Row, Sheet, read_text_table, read_workbook
from app.domain.class_group import (
    MOST_CLASSES,
    read_label,
    read_mode,
    read_reference,
    read_roll,
    read_school_name,
    read_year,
)
from app.domain.errors import Invalid
from app.domain.programme import one_line
from app.domain.school_list import Listed

LARGEST_LIST = 5_000_000
MOST_COLUMNS = 250  # the official list has some 140
MOST_ROWS_ABOVE = 25
MOST_MESSAGES = 100
PEOPLE = 4
"""So many names of people beside one class: that is no list of classes."""

OWN, OFFICIAL = "our spreadsheet", "the official list of schools"
HEADINGS = {
    "reference": "School reference",
    "school": "School",
    "district": "District",
    "label": "Class",
    "year": "Year",
    "on_roll": "On roll",
    "mode": "Usual mode",
}
"""What the template has, in order; columns are known by name, so they may be moved or missing."""
OWN_ROLES: Mapping[str, tuple[str, ...]] = {
    "reference": ("schoolreference", "reference", "schoolcode", "urn", "schoolurn", "schoolid"),
    "school": ("school", "schoolname", "nameofschool"),
    "district": ("district", "area", "town", "la", "localauthority"),
    "label": ("class", "classgroup", "classlabel", "classname"),
    "year": ("year", "yeargroup", "schoolyear"),
    "on_roll": ("onroll", "pupilsonroll", "numberonroll", "numberofpupils", "pupils", "classsize", "roll"),
    "mode": ("usualmode", "mode", "answermode"),
    "kind": ("kind", "type", "schooltype"),
}
OFFICIAL_ROLES: Mapping[str, tuple[str, ...]] = {
    "reference": ("urn",),
    "school": ("establishmentname",),
    "district": ("districtadministrativename", "laname"),
    "phase": ("phaseofeducationname",),
    "kind": ("typeofestablishmentname",),
    "status": ("establishmentstatusname",),
}
READERS: Mapping[str, Callable[[str], object]] = {
    "reference": read_reference,
    "label": read_label,
    "year": read_year,
    "on_roll": read_roll,
    "mode": read_mode,
}
WITHOUT_YEAR_6 = ("nursery", "secondary", "16 plus", "middle deemed secondary")
PUPIL = re.compile(
    r"(pupil|child|student|learner)('?s)?(id|no|number)?"
    r"|(the)?(pupil|child|children|student|learner)s?(full|first|last|fore|sur|given|family|legal|preferred)?names?"
    r"|(full|first|last|fore|sur|given|family|middle|christian|legal|preferred|known)names?"
    r"|names?of(the)?(pupil|child|children|student|learner)s?|initials?"
    r"|upn|uniquepupilnumber|dob|dateofbirth|birthdate|birthday|gender|sex|sen|fsm|pupilpremium"
)
PERSON = re.compile(r"[^\W\d_][\w'’-]+,? (?:[^\W\d_]\.? )?[^\W\d_][\w'’-]+")


class FoundList(BaseModel, frozen=True):
    """What a list gives. Nothing of it is kept until its owner has seen it and said so."""

    form: str = ""
    listed: tuple[Listed, ...] = ()
    messages: tuple[Message, ...] = ()
    refusal: str = ""


def read(content: bytes) -> FoundList:
    """Never raises for what the file holds."""
    try:
        return _read(content)
    except Unreadable as unreadable:
        return FoundList(refusal=f"{unreadable.sentence} {unreadable.remedy}".strip())


def read_list_apart(content: bytes) -> FoundList:
    """As `read`, in a process of its own."""
    try:
        return FoundList.model_validate_json(run_apart(__name__, "", content))
    except Unreadable as unreadable:
        return FoundList(refusal=f"{unreadable.sentence} {unreadable.remedy}".strip())


@dataclass(frozen=True)
class _Table:
    """The columns that we know, by role, and those that we do not."""

    form: str
    places: Mapping[str, tuple[int, ...]]
    unknown: Mapping[int, str]
    rows: tuple[Row, ...]
    is_cut: bool

    def text(self, row: Row, role: str) -> str:
        """Of two columns of one role the first that says something."""
        cells = (row.cells[place] for place in self.places.get(role, ()) if place < len(row.cells))
        return next((cell for cell in cells if cell), "")

    def filled(self) -> Iterator[Row]:
        return (row for row in self.rows if any(self.text(row, role) for role in self.places))


def _read(content: bytes) -> FoundList:
    if not content.strip():
        raise Unreadable("This file is empty.", "Choose another one.")
    if len(content) > LARGEST_LIST:
        raise Unreadable("This list is larger than 5 MB.", "Keep the rows of your area only, and send that.")
    tables = [table for sheet in _sheets(content) if (table := _find_table(sheet))]
    if not tables:
        raise Unreadable(
            "No row of headings was found in this list.",
            "It needs a column “School”, as in our template, or the columns “URN” and “EstablishmentName”.",
        )
    table = tables[0]
    _must_name_nobody(table)
    messages: list[Message] = []
    listed = tuple(_rows(table, messages))
    _must_be_classes(listed)
    if not listed and not messages:
        raise Unreadable("There are headings in this list, and nothing below them.", "Fill it in first.")
    if table.is_cut:
        messages.insert(0, Message("note", f"Only the first {MOST_ROWS:,} rows were read.", "Split the list."))
    return FoundList(form=table.form, listed=listed, messages=tuple(_not_too_many(messages)))


def _sheets(content: bytes) -> Iterable[Sheet]:
    if content.startswith(b"PK"):
        return read_workbook(content, columns=MOST_COLUMNS)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "This is an old Office file, or one with a password.", "Save it as .xlsx or .csv, without a password."
        )
    if content.startswith(b"%PDF"):
        raise Unreadable("This is a PDF.", "We read spreadsheets: .xlsx and .csv.")
    return read_text_table(decoded(content)[0], columns=MOST_COLUMNS)


# Headings


def _find_table(sheet: Sheet) -> _Table | None:
    for place, row in enumerate(sheet.rows[:MOST_ROWS_ABOVE]):
        keys = [_key(cell) for cell in row.cells]
        is_official = {"urn", "establishmentname"} <= set(keys)
        roles = OFFICIAL_ROLES if is_official else OWN_ROLES
        places = {role: found for role, names in roles.items() if (found := _places(keys, names))}
        if "school" in places and len(places) > 1:
            known = {column for found in places.values() for column in found}
            unknown = {column: cell for column, cell in enumerate(row.cells) if column not in known}
            return _Table(
                OFFICIAL if is_official else OWN, places, unknown, sheet.rows[place + 1 :], is_cut=sheet.is_cut
            )
    return None


def _places(keys: list[str], names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(keys.index(name) for name in names if name in keys)


def _key(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.casefold())


# No names of children


def _must_name_nobody(table: _Table) -> None:
    for heading in table.unknown.values():
        is_plain_name = _key(heading) in ("name", "names") and "label" in table.places
        if PUPIL.fullmatch(_key(heading)) or is_plain_name:
            raise _named(heading)
    if table.form == OFFICIAL:
        return
    for column, heading in table.unknown.items():
        beside: Counter[tuple[str, str]] = Counter()
        for row in table.filled():
            if column < len(row.cells) and PERSON.fullmatch(row.cells[column]):
                beside[table.text(row, "school"), table.text(row, "label")] += 1
        if beside and max(beside.values()) >= PEOPLE:
            raise _named(heading)


def _named(heading: str) -> Unreadable:
    column = f"a column “{heading[:40]}”" if heading else "a column without a heading"
    return Unreadable(
        f"This list has {column}, which looks like pupils' names or details, so nothing of it was read or kept.",
        "Take that column out: here a class is a label and a number.",
    )


def _must_be_classes(listed: Iterable[Listed]) -> None:
    """Thirty "classes" in one year of one school are children."""
    labels: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in listed:
        labels[(one.reference or one.school).casefold(), one.year].add(one.label.casefold())
        if len(labels[(one.reference or one.school).casefold(), one.year]) > MOST_CLASSES:
            raise Unreadable(
                f"“{one.school}” has more than {MOST_CLASSES} classes in one year here. That looks like a list "
                "of pupils, so nothing of it was read or kept.",
                "Write one row for each class: a label and a number.",
            )


# Rows


def _rows(table: _Table, messages: list[Message]) -> Iterator[Listed]:
    read_row = _read_official if table.form == OFFICIAL else _read_own
    left_out: Counter[str] = Counter()
    for row in table.filled():
        if why := _not_for_us(table, row):
            left_out[why] += 1
            continue
        try:
            yield read_row(table, row)
        except Invalid as refusal:
            messages.append(Message("left out", _why_left_out(table, row, refusal.sentence), place=row.number))
            continue
        messages += [Message("look", f"Row {row.number} {remark}", place=row.number) for remark in row.remarks]
    for why, number in left_out.items():
        schools = "1 school was" if number == 1 else f"{number} schools were"
        messages.append(Message("note", f"{schools} left out: {why}."))


def _why_left_out(table: _Table, row: Row, sentence: str) -> str:
    """Names the school and what the cell held, so that it is found in a long list; never what may be a person."""
    school, label = table.text(row, "school")[:60], table.text(row, "label")[:20]
    whose = f", {school}{f', class {label}' if label else ''}" if school else ""
    held = next((cell for role, cell in _cells(table, row) if _is_refused(role, cell)), "") if school else ""
    quoted = f" The cell holds “{held[:40]}”." if held and not PERSON.fullmatch(held) else ""
    return f"Row {row.number}{whose}: {sentence}{quoted}"


def _cells(table: _Table, row: Row) -> Iterator[tuple[str, str]]:
    return ((role, cell) for role in READERS if (cell := table.text(row, role)))


def _is_refused(role: str, cell: str) -> bool:
    try:
        READERS[role](cell)
    except Invalid:
        return True
    return False


def _not_for_us(table: _Table, row: Row) -> str:
    if table.form != OFFICIAL:
        return ""
    if table.text(row, "status").casefold() in ("closed", "proposed to open"):
        return "closed, or not open yet"
    if table.text(row, "phase").casefold() in WITHOUT_YEAR_6:
        return "they teach no Year 6"
    return ""


def _read_own(table: _Table, row: Row) -> Listed:
    def said(role: str) -> str:
        return table.text(row, role)

    return Listed(
        row=row.number,
        reference=read_reference(said("reference")),
        school=read_school_name(said("school")),
        kind=one_line(said("kind"), 60),
        district=one_line(said("district"), 60),
        label=read_label(said("label")) if said("label") else "",
        year=read_year(said("year")),
        on_roll=read_roll(said("on_roll")),
        mode=read_mode(said("mode")),
    )


def _read_official(table: _Table, row: Row) -> Listed:
    reference = read_reference(table.text(row, "reference"))
    if not reference:
        raise Invalid("There is no URN.")
    return Listed(
        row=row.number,
        reference=reference,
        school=read_school_name(table.text(row, "school")),
        kind=one_line(table.text(row, "kind"), 60),
        district=one_line(table.text(row, "district"), 60),
    )


def _not_too_many(messages: list[Message]) -> list[Message]:
    if len(messages) <= MOST_MESSAGES:
        return messages
    rest = len(messages) - MOST_MESSAGES
    return [*messages[:MOST_MESSAGES], Message("note", f"There are {rest} more messages.", "Put these right first.")]


def _main() -> None:
    limit()
    sys.stdout.write(read(sys.stdin.buffer.read()).model_dump_json())


if __name__ == "__main__":
    _main()
