"""What a coordinator says of a programme: name, area, dates, funder, targets."""

import re
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from app.domain.errors import Invalid

LONGEST_NAME, LONGEST_LINE = 120, 120
LARGEST_TARGET = 100_000
LONGEST_YEARS = 5
RESERVED = ("new", "brought", "asked")
"""Addresses beside those of programmes."""


class Details(BaseModel, frozen=True):
    """The funder and the stream are data: no page or report is named after them."""

    name: str
    area: str
    starts_on: date
    ends_on: date
    funder: str = ""
    funding_stream: str = ""
    target_classes: int = 0
    target_pupils: int = 0


def read_details(
    *,
    name: str,
    area: str,
    starts_on: str,
    ends_on: str,
    funder: str = "",
    funding_stream: str = "",
    target_classes: str = "",
    target_pupils: str = "",
) -> Details:
    """As they were typed. Raises Invalid with what is missing."""
    if not name.strip() or not area.strip():
        raise Invalid("Please give the programme a name and an area.")
    begins = read_day(starts_on, "Please say on which day the programme begins, for example 02/11/2026.")
    ends = read_day(ends_on, "Please say on which day the programme ends, for example 23/07/2027.")
    if ends < begins:
        raise Invalid("The programme ends before it begins. Look at the two dates again.")
    if (ends - begins).days > 366 * LONGEST_YEARS:
        raise Invalid(f"A programme lasts {LONGEST_YEARS} years at most. Look at the two dates again.")
    return Details(
        name=one_line(name, LONGEST_NAME),
        area=one_line(area, LONGEST_LINE),
        starts_on=begins,
        ends_on=ends,
        funder=one_line(funder, LONGEST_LINE),
        funding_stream=one_line(funding_stream, LONGEST_LINE),
        target_classes=_read_target(target_classes, "classes"),
        target_pupils=_read_target(target_pupils, "pupils"),
    )


def one_line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest].rstrip()


def slug_of(name: str) -> str:
    """The short text of an address: lower case, words joined by hyphens."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name.lower()).split()
    return "-".join(words)[:60].strip("-") or "programme"


def slugs_for(name: str) -> list[str]:
    """What the address may be, the best first; which of them is free, only the store knows."""
    first = slug_of(name)
    return [*([first] if first not in RESERVED else []), *(f"{first}-{number}" for number in range(2, 100))]


def share(reached: int, target: int) -> int:
    """How far a target is reached, in whole hundredths, for a bar that never runs over."""
    return min(100, reached * 100 // target) if target else 0


def read_day(typed: str, sentence: str) -> date:
    """As a browser sends it, or as a person types it where the browser has no calendar."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(typed.strip(), form).date()
        except ValueError:
            continue
    raise Invalid(sentence)


def _read_target(typed: str, what: str) -> int:
    text = typed.strip()
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > LARGEST_TARGET:
        raise Invalid(f"The target for {what} is a whole number, for example 40. Leave it empty if there is none.")
    return int(text)


def of_row(row: Any) -> Details:
    """The details that a stored programme has now."""
    return Details(**{field: getattr(row, field) for field in Details.model_fields})
