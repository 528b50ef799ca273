"""A report as a file: spreadsheet, paper, CSV and JSON, all of the labelled figures in `domain/report_tables.py`."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Literal

from app.documents.plain_csv import plain_csv
from app.documents.report_pdf import report_pdf
from app.documents.report_xlsx import report_xlsx
from app.domain.impact import PAPER, WHOLE, Extent, Report
from app.domain.labelled import Figure, Table, Value
from app.domain.report_tables import ReportTables, tables_of
from app.domain.timetable import HOME

Kind = Literal["csv", "xlsx", "pdf", "json"]
TYPES: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def extent_of(kind: Kind) -> Extent:
    """How much of a report such a file shows."""
    return PAPER if kind == "pdf" else WHOLE


def report_file(kind: Kind, report: Report, *, product: str, now: datetime) -> bytes:
    """All of a report, with the same figures in every kind of file."""
    tables = tables_of(report, now.astimezone(HOME).date())
    match kind:
        case "csv":
            return report_csv(tables)
        case "xlsx":
            return report_xlsx(tables, now)
        case "pdf":
            return report_pdf(tables, product=product, now=now)
        case "json":
            return json_bytes(report_json(tables))


def report_csv(tables: ReportTables) -> bytes:
    """The lessons first, as rows that any tool reads; then every other table under its title."""
    return plain_csv(_lines(tables))


def _lines(tables: ReportTables) -> Iterator[tuple[object, ...]]:
    records = tables.table("records")
    yield from _table(records)
    yield ()
    yield ("Totals",)
    yield from ((one.label.lower(), _cell(one.value)) for one in tables.reach)
    for table in tables.tables:
        if table is not records and table.rows:
            yield ()
            yield (table.title,)
            yield from _table(table)
    yield ()
    yield (tables.title,)
    yield from ((one.label, _cell(one.value)) for one in tables.about)
    yield from ((limit,) for limit in (*tables.notes, *tables.limits))


def _table(table: Table) -> Iterator[tuple[object, ...]]:
    yield tuple(column.label.lower() for column in table.columns)
    yield from (tuple(_cell(value) for value in row) for row in table.rows)


def _cell(value: Value) -> object:
    return value.isoformat() if isinstance(value, date) else "" if value is None else value


def report_json(tables: ReportTables) -> dict[str, Any]:
    """What the read API answers: hidden figures are null, and their row's `note` says why."""
    return {
        "title": tables.title,
        "headline": tables.headline,
        "basis": tables.basis,
        "about": _figures(tables.about),
        "reach": _figures(tables.reach),
        **{table.key: [_row(table, row) for row in table.rows] for table in tables.tables},
        "notes": list(tables.notes),
        "limits": list(tables.limits),
    }


def _figures(figures: Sequence[Figure]) -> dict[str, object]:
    return {one.key: _plain(one.value) for one in figures}


def _row(table: Table, row: Sequence[Value]) -> dict[str, object]:
    return {column.key: _plain(value) for column, value in zip(table.columns, row, strict=True)}


def _plain(value: Value) -> object:
    return value.isoformat() if isinstance(value, date) else value


def json_bytes(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
