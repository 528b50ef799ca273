"""On which days schools in England teach: weekends, bank holidays, and the holidays that a programme gives."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from pydantic import BaseModel

from app.domain.errors import Invalid

BANK_HOLIDAYS = {
    date.fromisoformat(day): name
    for day, name in (
        ("2026-08-31", "the summer bank holiday"),
        ("2026-12-25", "Christmas Day"),
        ("2026-12-28", "the Boxing Day bank holiday"),
        ("2027-01-01", "New Year's Day"),
        ("2027-03-26", "Good Friday"),
        ("2027-03-29", "Easter Monday"),
        ("2027-05-03", "the early May bank holiday"),
        ("2027-05-31", "the spring bank holiday"),
        ("2027-08-30", "the summer bank holiday"),
        ("2027-12-27", "the Christmas Day bank holiday"),
        ("2027-12-28", "the Boxing Day bank holiday"),
        ("2028-01-03", "the New Year bank holiday"),
        ("2028-04-14", "Good Friday"),
        ("2028-04-17", "Easter Monday"),
        ("2028-05-01", "the early May bank holiday"),
        ("2028-05-29", "the spring bank holiday"),
        ("2028-08-28", "the summer bank holiday"),
        ("2028-12-25", "Christmas Day"),
        ("2028-12-26", "Boxing Day"),
    )
}
"""England and Wales, as gov.uk/bank-holidays lists them; what lies further ahead is not known here."""
LONGEST_LIST = 40
FIRST_RECHECK, LAST_RECHECK = 6, 12  # weeks


class Term(BaseModel, frozen=True):
    """A school term, by its months: schools differ by days."""

    key: str
    name: str


@lru_cache(maxsize=2000)
def term_of(day: date) -> Term:
    season = "spring" if day.month < 4 else "summer" if day.month < 9 else "autumn"
    return Term(key=f"{season}-{day.year}", name=f"{season.capitalize()} term {day.year}")


class Holiday(BaseModel, frozen=True):
    """Days without school, both ends included."""

    first: date
    last: date


def read_holidays(typed: str) -> tuple[Holiday, ...]:
    """One holiday a line: a date, or two. Raises Invalid with the line that cannot be read."""
    found = []
    for line in filter(None, (line.strip() for line in typed.splitlines())):
        days = re.findall(r"\d{4}-\d{2}-\d{2}", line)
        try:
            first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        except (IndexError, ValueError):
            raise Invalid(f"We could not read “{line[:40]}”. Write for example: 2026-12-21 to 2027-01-01") from None
        if last < first:
            raise Invalid(f"In “{line[:40]}” the last day comes before the first.")
        found.append(Holiday(first=first, last=last))
    if len(found) > LONGEST_LIST:
        raise Invalid(f"At most {LONGEST_LIST} holidays can be listed.")
    return tuple(sorted(found, key=lambda one: one.first))


def why_no_school(day: date, holidays: Sequence[Holiday]) -> str:
    """Why no school teaches on this day; empty when they do."""
    if day.weekday() >= 5:
        return "It is at the weekend."
    if name := BANK_HOLIDAYS.get(day):
        return f"It is on {name}."
    if any(one.first <= day <= one.last for one in holidays):
        return "It is in the school holidays."
    return ""


def school_days_before(day: date, number: int, holidays: Sequence[Holiday]) -> date:
    """The school day that lies so many school days before; a year back at most."""
    found = day
    for _ in range(366):
        if number == 0:
            break
        found -= timedelta(days=1)
        number -= not why_no_school(found, holidays)
    return found


def recheck_day(taught_on: date, holidays: Sequence[Holiday]) -> date:
    """Six weeks later, or a week more for each week without school; twelve weeks later at most."""
    weeks = (taught_on + timedelta(weeks=number) for number in range(FIRST_RECHECK, LAST_RECHECK + 1))
    return next(
        (day for day in weeks if not why_no_school(day, holidays)), taught_on + timedelta(weeks=FIRST_RECHECK)
    )
