"""Writes files in the shapes in which teachers and officers really have them."""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

KAHOOT_HEADINGS = (
    "Question - max 120 characters",
    "Answer 1 - max 75 characters",
    "Answer 2 - max 75 characters",
    "Answer 3 - max 75 characters",
    "Answer 4 - max 75 characters",
    "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
    "Correct answer(s) - choose at least one",
)
KAHOOT_LEAD = (
    ("", "Quiz template"),
    ("", "Add questions, at least two answer alternatives, time limit and choose correct answers (at least one)."),
    ("", "Have fun creating your awesome quiz!"),
    (),
    ("", "Remember: questions have a limit of 120 characters and answers can have 75 characters max."),
    ("", "If several answers are correct, separate them with a comma."),
    (),
)
"""The seven rows above the headings in the template that is downloaded today."""

ALARM = ("How often do we test a smoke alarm?", "Once a year", "Once a week", "Never", "When it beeps", 20, 2)
SMOKE = ("Where is the cleaner air?", "Near the floor", "Near the ceiling", "", "", 30, 1)


def kahoot_rows(*questions: Sequence[object], heading_row: int = 8, numbered: bool = True) -> list[Sequence[object]]:
    lead: list[Sequence[object]] = [*KAHOOT_LEAD[: heading_row - 1]]
    rows: list[Sequence[object]] = [KAHOOT_HEADINGS, *questions]
    return lead + ([[place or "", *row] for place, row in enumerate(rows)] if numbered else rows)


def workbook(*sheets: Iterable[Sequence[object]]) -> bytes:
    """As Excel saves it: texts in a part of their own, a text that starts with = as a formula."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "dd/mm/yyyy"}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, [None if value == "" else value for value in row])
    return content.getvalue()


def semicolons(rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> bytes:
    """As a spreadsheet program saves CSV where the comma is the decimal sign."""
    return "\r\n".join(";".join(str(value) for value in row) for row in rows).encode(encoding)
