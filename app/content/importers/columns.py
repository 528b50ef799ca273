"""Finds the heading row of a sheet and what each column holds: columns are known by name, never by place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.content.importers.imported import Messages, Unreadable
from app.content.importers.tables import Row, Sheet

MOST_ROWS_ABOVE = 25
ROLES = {
    "pupil": r"(player|nickname|pupil|student|first name|last name|surname|e-?mail)\b.*",
    "question": r"questions?( text)?|question ?[-–—(:].*",
    "answer": r"(?:answer|option|choice) ?([1-8a-h])\b.*",
    "wrong": r"wrong(?: answer)? ?([1-8])?\b.*",
    "right": r"(?:right|correct)(?: answer)? ?([2-3])?\b.*",
    "time": r"time\b.*",
    "why": r"(?:why|explanation|feedback)\b.*",
    "talk": r"(?:to )?talk\b.*",
    "facts": r"facts?\b.*",
    "anchor": r"before and after\b.*",
    "reserve": r"for later\b.*",
    "sure": r"how sure\b.*",
    "key": r"(?:name|id)",
}
NUMBERED = ("answer", "wrong", "right")


@dataclass(frozen=True)
class Columns:
    """The columns of one sheet by role, and its rows below the headings."""

    places: Mapping[str, int]  # "question", "answer 1" ... -> column, from 0
    names: Mapping[str, str]  # the same roles -> the heading as it is written
    rows: tuple[Row, ...]

    def text(self, row: Row, role: str) -> str:
        place = self.places.get(role)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def numbered(self, row: Row, role: str) -> list[tuple[int, str]]:
        """All of "answer 1", "answer 2" ..., empty ones too."""
        roles = [name for name in self.places if name.startswith(f"{role} ")]
        return sorted((int(name.split()[1]), self.text(row, name)) for name in roles)

    def named(self, role: str) -> str:
        """The heading, short: "Answer 1" for "Answer 1 - max 75 characters"."""
        return re.split(r" ?[-–—(:] ?", self.names.get(role, role))[0].strip()

    def filled(self) -> Iterator[Row]:
        """Rows that hold more than a number and a time, which templates write ahead."""
        roles = [role for role in self.places if role not in ("time", "key")]
        return (row for row in self.rows if any(self.text(row, role) for role in roles))


def find_columns(sheet: Sheet) -> Columns | None:
    """None when this sheet has no row of headings with a question and its answers."""
    for place, row in enumerate(sheet.rows[:MOST_ROWS_ABOVE]):
        names: dict[str, str] = {}
        places: dict[str, int] = {}
        for column, heading in enumerate(row.cells):
            role = _role(heading)
            if role and role not in places:
                places[role], names[role] = column, heading
        if "question" in places and ("answer 1" in places or "right" in places):
            if "pupil" in places:
                raise Unreadable(
                    "This is a report with people's names in it, so nothing of it was read.",
                    "Send the quiz itself.",
                )
            return Columns(places, names, sheet.rows[place + 1 :])
    return None


def _role(heading: str) -> str:
    for role, pattern in ROLES.items():
        if found := re.fullmatch(pattern, heading.casefold()):
            if role not in NUMBERED or (role == "right" and not found[1]):
                return role
            number = found[1] or "1"
            return f"{role} {number if number.isdigit() else ord(number) - ord('a') + 1}"
    return ""


def tell_remarks(columns: Columns, sheet: Sheet, messages: Messages) -> None:
    for row in columns.filled():
        for remark in row.remarks:
            messages.look(row.number, remark)
    if sheet.is_cut:
        messages.note(f"Only the first {len(sheet.rows):,} rows were read.", "Split the spreadsheet.")
