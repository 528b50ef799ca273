"""A report on paper, and the funder's page: tagged PDFs with the same figures as every other file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.documents.typesetting import typeset
from app.domain.report_tables import Figure, ReportTables, Table, Value, said

PRINTED = (
    "topics",
    "classes",
    "questions",
    "confidence",
    "promises",
    "hands",
    "recall",
    "agencies",
    "teachers",
    "costs",
)
MOST_ROWS = 150
"""So many classes stand on paper; the spreadsheet has all."""
LEFT_OUT = {
    "topics": ("topic_key", "answers"),
    "questions": ("question", "answers", "low", "high", "gain", "before", "after"),
    "promises": ("asked",),
    "agencies": ("minutes",),
    "recall": ("topic_key", "classes", "waiting", "answers", "before", "after", "again_answers", "again"),
}
"""Columns for which a page has no room."""
NUMBERS = ("number", "decimal", "percent", "points", "gain", "money")
BIG = ("schools", "classes", "pupils", "attendances", "pupil_hours", "matched")


def report_pdf(tables: ReportTables, *, product: str, now: datetime) -> bytes:
    content = {
        "product": product,
        "title": tables.title,
        "headline": tables.headline,
        "basis": tables.basis,
        "about": [_figure(one) for one in tables.about],
        "big": [_figure(one) for one in tables.reach if one.key in BIG],
        "reach": [_figure(one) for one in tables.reach if one.key not in BIG],
        "bars": _bars(tables.table("topics")),
        "tables": [
            _by_class(tables.table(key)) if key == "classes" else _table(tables.table(key))
            for key in PRINTED
            if tables.table(key).rows
        ],
        "notes": list(tables.notes),
        "limits": list(tables.limits),
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
        "columns": [_column(one.label, one.key, one.kind in NUMBERS) for one in columns],
        "rows": [
            [said(row[place], one.kind) for place, one in zip(kept, columns, strict=True)]
            for row in table.rows[:MOST_ROWS]
        ],
        "more": max(len(table.rows) - MOST_ROWS, 0),
    }


def _column(label: str, key: str, is_number: bool = False) -> dict[str, Any]:
    return {"label": label, "key": key, "is_number": is_number}


def _by_class(table: Table) -> dict[str, Any]:
    """One line a class: what it knew before and after in each topic, or why that is not said."""
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    topics = list(dict.fromkeys(row["topic"] for row in rows))
    classes: dict[tuple[Value, ...], dict[Value, str]] = {}
    for row in rows:
        classes.setdefault((row["school"], row["class"], row["present"]), {})[row["topic"]] = _outcome(row)
    return {
        "title": "By class",
        "explains": "Right answers of matched pupils before and after, and the gain in points.",
        "columns": [
            _column("School", "school"),
            _column("Class", "class"),
            _column("Present", "present", is_number=True),
            *(_column(str(topic), "outcome") for topic in topics),
        ],
        "rows": [
            [str(school), str(label), said(present, "number"), *(there.get(topic, "–") for topic in topics)]
            for (school, label, present), there in list(classes.items())[:MOST_ROWS]
        ],
        "more": max(len(classes) - MOST_ROWS, 0),
    }


def _outcome(row: Mapping[str, Value]) -> str:
    if row["before_share"] is not None:
        shares = f"{said(row['before_share'], 'percent')} to {said(row['after_share'], 'percent')}"
        return f"{shares}, {said(row['points'], 'points')}"
    if row["before"] is not None:
        return f"{row['before']} to {row['after']} of {row['answers']}"
    return str(row["note"] or "–")
