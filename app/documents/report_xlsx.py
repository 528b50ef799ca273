"""A report as a spreadsheet: a page that says how to read it, then a sheet for each table. No cell is a formula."""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from app.domain.report_tables import Figure, Kind, ReportTables, Table, Value

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

OPTIONS = {
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
    "day": "yyyy-mm-dd",
}
EMPTY = "A figure that must not leave its school is an empty cell; the note in its row says why."
READ_ME_WIDTH, WIDEST, NARROWEST = 96, 48, 9


def report_xlsx(tables: ReportTables) -> bytes:
    import xlsxwriter  # when the first spreadsheet is wanted: a server must start fast

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, OPTIONS)
    looks = _looks(book)
    shown = [table for table in tables.tables if table.rows or table.key in ("records", "topics")]
    _read_me(book.add_worksheet("Read me"), tables, shown, looks)
    _totals(book.add_worksheet("Totals"), tables.reach, looks)
    for table in shown:
        _sheet(book.add_worksheet(table.title[:31]), table, looks)
    book.set_properties({"title": tables.title, "comments": "Hidden figures are empty; the note says why."})
    book.close()
    return file.getvalue()


def _looks(book: "Workbook") -> dict[str, Any]:
    plain = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
    looks = {kind: book.add_format(plain | {"num_format": format}) for kind, format in FORMATS.items()}
    return looks | {
        "text": book.add_format(plain),
        "head": book.add_format(plain | {"bold": True, "bottom": 2, "text_wrap": True}),
        "title": book.add_format(plain | {"bold": True, "font_size": 16}),
        "part": book.add_format(plain | {"bold": True, "font_size": 12}),
        "wrapped": book.add_format(plain | {"text_wrap": True}),
    }


def _read_me(sheet: "Worksheet", tables: ReportTables, shown: Sequence[Table], looks: dict[str, Any]) -> None:
    sheet.set_column(0, 0, READ_ME_WIDTH // 3)
    sheet.set_column(1, 1, READ_ME_WIDTH)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, tables.title, looks["title"])
    row = 2
    for figure in tables.about:
        sheet.write_string(row, 0, figure.label, looks["text"])
        _write(sheet, row, 1, figure.value, figure.kind, looks, "wrapped")
        row += 1
    row = _part(sheet, row + 1, "The sheets", looks)
    for title, explains in [("Totals", "Who was reached."), *((table.title, table.explains) for table in shown)]:
        sheet.write_string(row, 0, title[:31], looks["text"])
        sheet.write_string(row, 1, explains, looks["wrapped"])
        row += 1
    row = _part(sheet, row + 1, "What this can and cannot show", looks)
    for limit in (*tables.notes, *tables.limits, EMPTY):
        sheet.merge_range(row, 0, row, 1, "", looks["wrapped"])
        sheet.write_string(row, 0, limit, looks["wrapped"])
        sheet.set_row(row, 15 * (1 + len(limit) // (READ_ME_WIDTH + 25)))
        row += 1


def _part(sheet: "Worksheet", row: int, title: str, looks: dict[str, Any]) -> int:
    sheet.write_string(row, 0, title, looks["part"])
    return row + 1


def _totals(sheet: "Worksheet", figures: Sequence[Figure], looks: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 14)
    sheet.write_string(0, 0, "Reach", looks["head"])
    sheet.write_string(0, 1, "", looks["head"])
    for row, figure in enumerate(figures, start=1):
        sheet.write_string(row, 0, figure.label, looks["text"])
        _write(sheet, row, 1, figure.value, figure.kind, looks)


def _sheet(sheet: "Worksheet", table: Table, looks: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        lengths = [len(str(row[place] or "")) for row in table.rows[:200]]
        width = max([NARROWEST, *lengths, *(len(word) for word in column.label.split())])
        sheet.set_column(place, place, min(width + 1, WIDEST))
        sheet.write_string(0, place, column.label, looks["head"])
    kinds = [column.kind for column in table.columns]
    for line, row in enumerate(table.rows, start=1):
        for place, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            _write(sheet, line, place, value, kind, looks)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write(
    sheet: "Worksheet", row: int, place: int, value: Value, kind: Kind, looks: dict[str, Any], text: str = "text"
) -> None:
    """A text stays a text whatever it begins with (SEC-30)."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(row, place, value, looks[text])
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, looks["day"])
    else:
        sheet.write_number(row, place, value, looks[kind])
