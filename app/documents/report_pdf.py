"""A report on paper, and the funder's page: tagged PDFs with the same figures as every other file."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.documents.typesetting import typeset
from app.domain.labelled import Figure, Table, Value, said
from app.domain.report_tables import ReportTables
from app.domain.timetable import HOME

PRINTED = ("topics", "classes", "questions", "confidence", "promises", "hands", "agencies", "teachers")
MOST_ROWS = 150
"""So many classes stand on paper; the spreadsheet has all."""
LEFT_OUT = {
    "promises": ("asked",),
    "hands": ("question",),
    "agencies": ("minutes",),
}
"""Columns for which a page has no room."""
NUMBERS = ("number", "decimal", "percent", "points", "gain")
BIG = ("schools", "classes", "pupils", "attendances", "pupil_hours", "matched")


def report_pdf(tables: ReportTables, *, product: str, now: datetime) -> bytes:
    content = {
        "product": product,
        "title": tables.title,
        "made_on": said(now.astimezone(HOME).date(), "day"),
        "headline": tables.headline,
        "basis": tables.basis,
        "about": [_figure(one) for one in tables.about],
        "big": [_figure(one) for one in tables.reach if one.key in BIG],
        "quotes": [str(words) for words, average, _ in tables.table("teachers").rows if average is None],
        "reach": [_figure(one) for one in tables.reach if one.key not in BIG],
        "bars": _bars(tables.table("topics")),
        "tables": [_on_paper(tables.table(key)) for key in PRINTED if tables.table(key).rows],
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
            "gain": _gain(row),
        }
        for row in rows
        if row["before_share"] is not None
    ]


def _gain(row: Mapping[str, Value]) -> str:
    """A fall says so in a word."""
    points = row["points"]
    return said(points, "points") + (" fell" if isinstance(points, float) and points < 0 else "")


def _on_paper(table: Table) -> dict[str, Any]:
    match table.key:
        case "topics":
            return _by_topic(table)
        case "classes":
            return _by_class(table)
        case "questions":
            return _by_question(table)
        case _:
            return _table(table)


def _table(table: Table) -> dict[str, Any]:
    if table.key == "teachers":  # what they are quoted with stands below
        table = replace(table, rows=tuple(row for row in table.rows if row[1] is not None))
    left_out = LEFT_OUT.get(table.key, ())
    kept = [place for place, column in enumerate(table.columns) if column.key not in left_out]
    kept = [place for place in kept if any(row[place] not in (None, "") for row in table.rows)]
    columns = [table.columns[place] for place in kept]
    return {
        "title": table.title,
        "explains": table.explains,
        "legend": list(table.legend),
        "columns": [_column(one.label, one.key, one.kind in NUMBERS) for one in columns],
        "rows": [
            [said(row[place], one.kind) for place, one in zip(kept, columns, strict=True)]
            for row in table.rows[:MOST_ROWS]
        ],
        "more": max(len(table.rows) - MOST_ROWS, 0),
    }


def _column(label: str, key: str, is_number: bool = False) -> dict[str, Any]:
    return {"label": label, "key": key, "is_number": is_number}


def _by_topic(table: Table) -> dict[str, Any]:
    """One line a topic, as on the page."""
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    return {
        "title": table.title,
        "explains": table.explains,
        "legend": list(table.legend),
        "columns": [
            _column("Topic", "topic"),
            _column("Classes measured", "classes_measured"),
            _column("Pupils matched", "matched", is_number=True),
            _column("Right before", "before_share", is_number=True),
            _column("Right after", "after_share", is_number=True),
            _column("Gain, points", "points", is_number=True),
            _column("Likely range (95%)", "range"),
            _column("Gain g", "gain", is_number=True),
            *([_column("Note", "note")] if any(row["note"] for row in rows) else []),
        ],
        "rows": [
            [
                str(row["topic"]),
                f"{row['measured']} of {row['classes']}"
                + (f"\n{row['waiting']} not given out yet" if row["waiting"] else ""),
                said(row["matched"], "number"),
                *_times(row),
                _gain(row),
                "–"
                if row["low"] is None
                else f"{said(row['low'], 'points')} to {said(row['high'], 'points')}\nover {row['over']}",
                said(row["gain"], "gain"),
                *([str(row["note"])] if any(row["note"] for row in rows) else []),
            ]
            for row in rows
        ],
        "more": 0,
    }


def _by_question(table: Table) -> dict[str, Any]:
    """One line a question, with the wrong idea behind it."""
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows]
    return {
        "title": table.title,
        "explains": "What matched pupils answered right before and after, and the wrong idea that most of the others "
        "chose.",
        "legend": [],
        "columns": [
            _column("Topic", "topic"),
            _column("Question", "text"),
            _column("Pupils matched", "matched", is_number=True),
            _column("Before", "before_share", is_number=True),
            _column("After", "after_share", is_number=True),
            _column("Gain, points", "points", is_number=True),
            _column("Most chosen wrong idea", "idea"),
        ],
        "rows": [
            [
                str(row["topic"]),
                f"{row['text']}\n{row['note']}" if row["note"] else str(row["text"]),
                said(row["matched"], "number"),
                *_times(row),
                _gain(row),
                _idea(row),
            ]
            for row in rows[:MOST_ROWS]
        ],
        "more": max(len(rows) - MOST_ROWS, 0),
    }


def _times(row: Mapping[str, Value]) -> tuple[str, str]:
    """In percent, or as counts of so many where they are too few for that."""
    if row["before_share"] is None and row["before"] is not None:
        return f"{row['before']} of {row['answers']}", f"{row['after']} of {row['answers']}"
    return said(row["before_share"], "percent"), said(row["after_share"], "percent")


def _idea(row: Mapping[str, Value]) -> str:
    before, after = row["wrong_before"], row["wrong_after"]
    if before == after:
        return str(before or "–")
    return f"Before: {before or 'none stood out'}\nAfter: {after or 'none stood out'}"


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
        "explains": "Right answers of matched pupils before and after, the gain in points, and how many pupils are "
        "in it.",
        "legend": [],
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
        return f"{shares}\n{_gain(row)}, {row['matched']} matched"
    if row["before"] is not None:
        return f"{row['before']} to {row['after']} of {row['answers']}\n{row['matched']} matched"
    return str(row["note"] or "–")
