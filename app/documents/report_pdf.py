"""A report on paper, and the funder's page: tagged PDFs with the same figures as every other file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.documents.typesetting import typeset
from app.domain.report_tables import Figure, ReportTables, Table, said

PRINTED = ("topics", "questions", "confidence", "promises", "hands", "classes", "agencies")
MOST_ROWS = 150
"""So many classes stand on paper; the spreadsheet has all."""
LEFT_OUT = {
    "topics": ("topic_key", "answers"),
    "questions": ("answers", "low", "high", "gain", "before", "after"),
    "classes": ("on_roll", "answers", "low", "high", "gain", "before", "after"),
    "agencies": (),
}
"""Columns for which a page has no room."""
NUMBERS = ("number", "decimal", "percent", "points", "gain")
BIG = ("schools", "classes", "pupils", "attendances", "pupil_hours", "matched")


def report_pdf(tables: ReportTables, limits: Sequence[str], *, product: str, headline: str, now: datetime) -> bytes:
    content = {
        "product": product,
        "title": tables.title,
        "headline": headline,
        "about": [_figure(one) for one in tables.about],
        "big": [_figure(one) for one in tables.reach if one.key in BIG],
        "reach": [_figure(one) for one in tables.reach if one.key not in BIG],
        "bars": _bars(tables.table("topics")),
        "tables": [_table(tables.table(key)) for key in PRINTED if tables.table(key).rows],
        "limits": list(limits),
    }
    return typeset("report", content, now)


def _figure(one: Figure) -> dict[str, str]:
    return {"label": one.label, "value": said(one.value, one.kind)}


def _bars(topics: Table) -> list[dict[str, Any]]:
    """Before and after of each topic that may be drawn."""
    keys = [column.key for column in topics.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in topics.rows]
    return [
        {
            "name": row["topic"],
            "before": row["before_share"],
            "after": row["after_share"],
            "gain": said(row["points"], "points"),
        }
        for row in rows
        if row["before_share"] is not None
    ]


def _table(table: Table) -> dict[str, Any]:
    left_out = LEFT_OUT.get(table.key, ())
    kept = [place for place, column in enumerate(table.columns) if column.key not in left_out]
    kept = [place for place in kept if any(row[place] not in (None, "") for row in table.rows)]
    columns = [table.columns[place] for place in kept]
    return {
        "title": table.title,
        "explains": table.explains,
        "columns": [{"label": one.label, "is_number": one.kind in NUMBERS, "key": one.key} for one in columns],
        "rows": [
            [said(row[place], one.kind) for place, one in zip(kept, columns, strict=True)]
            for row in table.rows[:MOST_ROWS]
        ],
        "more": max(len(table.rows) - MOST_ROWS, 0),
    }
