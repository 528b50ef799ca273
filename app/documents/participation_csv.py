"""An agency's participation as CSV: one row per record, the seven facts that a funder asks for first."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from app.documents.plain_csv import plain_csv
from app.store.participation import ReportRow, totals

COLUMNS = (
    "date",
    "school",
    "class",
    "topic",
    "agency",
    "role",
    "pupils present",
    "minutes",
    "lesson",
    "version",
    "devices joined",
    "questions served",
    "questions answered",
    "matched before and after",
)
HOME = ZoneInfo("Europe/London")


def participation_csv(agency: str, rows: list[ReportRow]) -> bytes:
    return plain_csv(_lines(agency, rows))


def _lines(agency: str, rows: list[ReportRow]) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    for row in rows:
        present = "" if row.present is None else row.present
        facts = (
            f"{row.date.astimezone(HOME):%Y-%m-%d}",
            row.school,
            row.class_label,
            row.topic_name,
            agency,
            row.role,
        )
        counts = (row.lesson, row.version, row.devices, row.served, row.answered, row.matched)
        yield (*facts, present, row.minutes, *counts)
    reach = totals(rows)
    yield ()
    yield "runs", reach.runs
    yield "schools", reach.schools
    yield "classes", reach.classes
    yield "pupils, counted once", reach.pupils
    yield "attendances", reach.attendances
    yield "minutes", reach.minutes
    yield "pupil-hours", reach.pupil_hours
