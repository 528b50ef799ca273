"""A report as a spreadsheet: a page that says how to read it, then a sheet for each table. No cell is a formula."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain.labelled import Figure, Kind, Table, Value
from app.domain.report_tables import ReportTables
from app.domain.report_words import MARKS, explained
from app.domain.timetable import HOME

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

PLAIN = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
OPTIONS = {
    "default_format_properties": PLAIN,  # a text needs no format of its own then: a quarter of a million cells
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
FORMATS: dict[Kind, str] = {
    "number": "#,##0",
    "decimal": "#,##0.0",
    "percent": '0.0"%"',
    "points": "+0.0;-0.0;0.0",
    "gain": "0.00",
    "money": "£#,##0.00",
    "day": "yyyy-mm-dd",
}
READ_ME_WIDTHS = (28, 26, 92)
WIDEST, NARROWEST = 48, 9
LINE = 15
"""Height of one line of text."""


def report_xlsx(tables: ReportTables, now: datetime) -> bytes:
    import xlsxwriter  # when the first spreadsheet is wanted: a server must start fast

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, OPTIONS)
    looks = _looks(book)
    shown = [table for table in tables.tables if table.rows or table.key in ("records", "topics")]
    _ReadMe(book.add_worksheet("Read me"), looks).write(tables, shown, now)
    _totals(book.add_worksheet("Totals"), tables.reach, looks)
    for table in shown:
        _sheet(book.add_worksheet(table.title[:31]), table, looks)
    told = "Hidden figures are empty; the note in their row says why, and the sheet Read me what that means."
    book.set_properties({"title": tables.title, "subject": tables.headline, "comments": told, "created": now})
    book.close()
    return file.getvalue()


def _looks(book: "Workbook") -> dict[str, Any]:
    looks = {kind: book.add_format(PLAIN | {"num_format": format}) for kind, format in FORMATS.items()}
    return looks | {
        "text": None,
        "head": book.add_format(PLAIN | {"bold": True, "bottom": 2, "text_wrap": True}),
        "title": book.add_format(PLAIN | {"bold": True, "font_size": 16}),
        "part": book.add_format(PLAIN | {"bold": True, "font_size": 12, "bottom": 1}),
        "wrapped": book.add_format(PLAIN | {"text_wrap": True}),
    }


class _ReadMe:
    """The first sheet: what was found, what each sheet and column is, what each mark means, and the limits."""

    def __init__(self, sheet: "Worksheet", looks: dict[str, Any]) -> None:
        self.sheet, self.looks, self.row = sheet, looks, 0

    def write(self, tables: ReportTables, shown: Sequence[Table], now: datetime) -> None:
        for place, width in enumerate(READ_ME_WIDTHS):
            self.sheet.set_column(place, place, width)
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.write_string(0, 0, tables.title, self.looks["title"])
        self.row = 2
        for figure in (*tables.about, Figure("made_on", "Made on", now.astimezone(HOME).date(), "day")):
            self.sheet.write_string(self.row, 0, figure.label, self.looks["text"])
            _column(self.sheet, 1, [figure.value], self.looks[figure.kind], self.looks, self.row)
            self.row += 1
        self._part("In short")
        self._lines([tables.headline, tables.basis, *tables.notes])
        self._part("The sheets")
        self._pairs(
            [("Totals", "Who was reached: each figure with its name."), *((t.title, t.explains) for t in shown)]
        )
        self._part("The columns")
        for table in shown:
            for number, column in enumerate(table.columns):
                self._cells(table.title if not number else "", column.label, explained(table.key, column.key))
        self._part("Marks: why a figure is hidden, or what to know of it")
        self._pairs(MARKS)
        self._part("What this can and cannot show")
        self._lines(tables.limits)

    def _part(self, title: str) -> None:
        self.row += 1
        for place, words in enumerate((title, "", "")):
            self.sheet.write_string(self.row, place, words, self.looks["part"])
        self.row += 1

    def _lines(self, lines: Iterable[str]) -> None:
        for line in filter(None, lines):
            self.sheet.merge_range(self.row, 0, self.row, 2, "", self.looks["wrapped"])
            self.sheet.write_string(self.row, 0, line, self.looks["wrapped"])
            self._next(len(line), sum(READ_ME_WIDTHS))

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        for first, second in pairs:
            self.sheet.merge_range(self.row, 0, self.row, 1, "", self.looks["wrapped"])
            self.sheet.write_string(self.row, 0, first, self.looks["wrapped"])
            self.sheet.write_string(self.row, 2, second, self.looks["wrapped"])
            self._next(len(second), READ_ME_WIDTHS[2])

    def _cells(self, first: str, second: str, third: str) -> None:
        for place, words in enumerate((first, second, third)):
            self.sheet.write_string(self.row, place, words, self.looks["wrapped"])
        self._next(len(third), READ_ME_WIDTHS[2])

    def _next(self, letters: int, width: int) -> None:
        """A row as high as its words need: spreadsheets do not see to it for cells that are put together."""
        self.sheet.set_row(self.row, LINE * (1 + letters // width))
        self.row += 1


def _totals(sheet: "Worksheet", figures: Sequence[Figure], looks: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 14)
    sheet.write_string(0, 0, "Reach", looks["head"])
    sheet.write_string(0, 1, "", looks["head"])
    for row, figure in enumerate(figures, start=1):
        sheet.write_string(row, 0, figure.label, looks["text"])
        _column(sheet, 1, [figure.value], looks[figure.kind], looks, row)


def _sheet(sheet: "Worksheet", table: Table, looks: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        lengths = [len(str(row[place] or "")) for row in table.rows[:200]]
        width = max([NARROWEST, *lengths, *(len(word) for word in column.label.split())])
        sheet.set_column(place, place, min(width + 1, WIDEST))
        sheet.write_string(0, place, column.label, looks["head"])
        _column(sheet, place, [row[place] for row in table.rows], looks[column.kind], looks)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _column(
    sheet: "Worksheet", place: int, values: Iterable[Value], look: Any, looks: dict[str, Any], first: int = 1
) -> None:
    """A text stays a text whatever it begins with (SEC-30). By columns, for there are half a million cells."""
    for line, value in enumerate(values, start=first):
        match value:
            case None | "":
                pass
            case str():
                sheet.write_string(line, place, value)
            case int() | float():
                sheet.write_number(line, place, value, look)
            case _:
                sheet.write_datetime(line, place, value, looks["day"])
