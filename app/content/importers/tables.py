"""Reads the sheets of a spreadsheet, XLSX or CSV, into rows of plain text."""

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from app.content.importers.archives import check_archive
from app.content.importers.imported import LONGEST_TEXT, Unreadable, clean

MOST_SHEETS = 20
MOST_ROWS = 2_000
MOST_COLUMNS = 40
LARGEST_XML = 25_000_000  # bytes of XML in a workbook: room for 2,000 full rows many times over
DELIMITERS = ",;\t|"
FORMULA = "\ue000"  # marks a formula among texts; no sign of any language, because a text may well start with "="

DAMAGED = Unreadable(
    "This spreadsheet is damaged.",
    "Open it in your spreadsheet program and save it again as .xlsx.",
)


@dataclass(frozen=True)
class Row:
    """One row by the number that a spreadsheet program shows; `remarks` go on after "Row 7"."""

    number: int
    cells: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One sheet; `is_cut` when it has more rows than are read."""

    name: str
    rows: tuple[Row, ...]
    is_cut: bool = False


def read_workbook(content: bytes, *, columns: int = MOST_COLUMNS) -> list[Sheet]:
    """Values as they were last shown; a formula is never worked out. Raises Unreadable."""
    check_archive(content, largest_xml=LARGEST_XML)
    try:
        sheets = _open_sheets(content, columns, with_results=False)
        if any(_is_formula(text) for sheet in sheets for row in sheet.rows for text in row.cells):
            return [
                _told(*pair) for pair in zip(sheets, _open_sheets(content, columns, with_results=True), strict=True)
            ]
        return sheets
    except Exception as error:  # the library raises whatever a damaged file makes it stumble over
        raise DAMAGED from error


def read_text_table(text: str, *, columns: int = MOST_COLUMNS) -> Iterator[Sheet]:
    """A sheet for each sign that may separate the cells; the caller knows which one makes sense."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # the whole process has one: never lower it
    for delimiter in DELIMITERS:
        if delimiter in text:
            rows: list[Row] = []
            try:
                for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1):
                    if number > MOST_ROWS:
                        break
                    rows.append(_row(number, map(_harmless, cells[:columns])))
            except csv.Error:  # a NUL, or nonsense that is no table at all
                continue
            yield Sheet("", tuple(rows), is_cut=number > MOST_ROWS)


def _open_sheets(content: bytes, columns: int, *, with_results: bool) -> list[Sheet]:
    import openpyxl  # when the first spreadsheet comes: a server must start fast

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and checks that a workbook has and we do not read
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=with_results)
        try:
            return [_sheet(sheet, columns, with_results) for sheet in book.worksheets[:MOST_SHEETS]]
        finally:
            book.close()


def _sheet(sheet: Any, columns: int, with_results: bool) -> Sheet:
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    rows: list[Row] = []
    is_cut = False
    for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=columns), start=1):
        if number > MOST_ROWS:
            is_cut = True
            break
        rows.append(_row(number, [_shown(cell, with_results) for cell in cells], _dates(cells)))
    return Sheet(sheet.title, tuple(rows), is_cut)


def _row(number: int, texts: Iterable[str], remarks: tuple[str, ...] = ()) -> Row:
    cells = []
    for text in texts:
        if len(text) > LONGEST_TEXT:
            shown = f"{len(text):,} characters in one cell, and only the first {LONGEST_TEXT:,} were kept."
            remarks = (*remarks, f"has {shown}")
        cells.append(clean(text))
    while cells and not cells[-1]:
        cells.pop()
    return Row(number, tuple(cells), remarks)


def _harmless(text: str) -> str:
    """Takes off the ' that our own CSV puts before what a spreadsheet would run as a formula."""
    return text[1:] if re.match(r"'+[=+\-@\t\r\0]", text) else text


def _is_formula(text: str) -> bool:
    return text.startswith(FORMULA)


def _shown(cell: Any, with_results: bool) -> str:
    """The text that a person sees in the cell."""
    value = cell.value
    if not with_results and cell.data_type == "f":
        return FORMULA
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case int() | float() if "%" in str(cell.number_format):
            return f"{value * 100:g}%"
        case float():
            return str(int(value)) if value.is_integer() else f"{value:.12g}"
        case datetime() if value.time() == time():
            return f"{value.day} {value:%B %Y}"
        case date():
            return f"{value.day} {value:%B %Y}"
        case _:
            return str(value).replace("_x000D_", " ")


def _dates(cells: Iterable[Any]) -> tuple[str, ...]:
    """A spreadsheet makes 3 April of an answer such as 3/4, unasked."""
    if any(isinstance(cell.value, date) for cell in cells):
        return ("has a date in a cell. If you typed something else, such as 3/4, type it again as text.",)
    return ()


def _told(plain: Sheet, shown: Sheet) -> Sheet:
    """The rows with the last results of their formulas, and a remark where there was a formula."""
    rows = []
    for before, after in zip(plain.rows, shown.rows, strict=True):
        if any(_is_formula(text) for text in before.cells):
            remark = "has a formula. Its last result was taken; type the words instead to be sure."
            after = replace(after, remarks=(*after.remarks, remark))
        rows.append(after)
    return Sheet(shown.name, tuple(rows), shown.is_cut)
