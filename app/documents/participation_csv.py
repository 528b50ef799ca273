"""An agency's participation as CSV: one row per record, the seven facts that a funder asks for first."""

import csv
import io
from zoneinfo import ZoneInfo

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
    """RFC 4180 with a byte-order mark, so that spreadsheets read it as UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
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
        writer.writerow([harmless(value) for value in (*facts, present, row.minutes, *counts)])
    reach = totals(rows)
    writer.writerow([])
    for words, value in (
        ("runs", reach.runs),
        ("schools", reach.schools),
        ("classes", reach.classes),
        ("pupils, counted once", reach.pupils),
        ("attendances", reach.attendances),
        ("minutes", reach.minutes),
        ("pupil-hours", reach.pupil_hours),
    ):
        writer.writerow([words, value])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def harmless(value: object) -> object:
    """Text that a spreadsheet would run as a formula is made text again (SEC-30)."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\0")):
        return f"'{value}"
    return value
