"""Labelled figures and tables, and how a value reads to a person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from app.domain.timetable import HOME

Kind = Literal["text", "number", "decimal", "percent", "points", "gain", "day"]
Value = str | int | float | date | None


class Column(NamedTuple):
    key: str
    label: str
    kind: Kind = "text"


class Figure(NamedTuple):
    """One labelled number."""

    key: str
    label: str
    value: Value
    kind: Kind = "number"


@dataclass(frozen=True)
class Table:
    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    explains: str = ""
    legend: tuple[str, ...] = ()
    """What its figures mean, where a reader meets them first."""


def day_of(at: datetime | None) -> date | None:
    """By British clocks."""
    return at.astimezone(HOME).date() if at else None


def said(value: Value, kind: Kind) -> str:
    """As a person reads it: 1,496, 63.6%, +17.1, 3 Nov 2026; a dash where there is nothing."""
    match kind, value:
        case _, None | "":
            return "–"
        case "day", datetime() | date():
            return f"{value.day} {value:%b %Y}"
        case "percent", int() | float():
            return f"{value:.1f}%"
        case "points", int() | float():
            return f"{value:+.1f}".replace("-", "−")
        case "gain", int() | float():
            return f"{value:.2f}".replace("-", "−")
        case _, int():
            return f"{value:,}"
        case _, float():
            return f"{value:,.1f}".removesuffix(".0")
        case _:
            return str(value)
