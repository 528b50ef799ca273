"""What a programme cost, as its coordinator states it, and what that is for each pupil."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel

from app.domain.errors import Invalid
from app.domain.programme import one_line

LONGEST_COVERS, LONGEST_PERIOD, LONGEST_SOURCE = 120, 60, 160
LARGEST_POUNDS = 10_000_000
POUNDS = re.compile(r"(?:£ ?)?((?:[0-9]{1,3}(?:,[0-9]{3})+)|[0-9]+)(?:\.([0-9]{1,2}))?", re.ASCII)


class Cost(BaseModel, frozen=True):
    """For example: £4,500, presenters' time and travel, November 2026, from the budget of the partnership."""

    pence: int
    covers: str
    period: str
    source: str


class Stated(Cost, frozen=True):
    """A cost that stands: when the coordinator stated it, and which agency bore it where one did."""

    id: int
    stated_at: datetime
    agency: str = ""

    @property
    def pounds(self) -> float:
        return self.pence / 100

    @property
    def in_words(self) -> str:
        return in_pounds(self.pence)


def read_cost(amount: str, covers: str, period: str, source: str) -> Cost:
    """As somebody typed it. Raises Invalid with what is missing."""
    cost = Cost(
        pence=_pence(amount),
        covers=one_line(covers, LONGEST_COVERS),
        period=one_line(period, LONGEST_PERIOD),
        source=one_line(source, LONGEST_SOURCE),
    )
    if not cost.covers:
        raise Invalid("Say what the amount covers, for example “Presenters’ time and travel”.")
    if not cost.period:
        raise Invalid("Say for which time, for example “September to November 2026”.")
    if not cost.source:
        raise Invalid("Say where the amount comes from, for example “Budget of the partnership, October 2026”.")
    return cost


def _pence(typed: str) -> int:
    text = typed.strip()
    if re.match(r"(£ ?)?[-−]|[-−]", text):
        raise Invalid("A cost is not less than nothing. Type what was paid, for example 4,500.")
    found = POUNDS.fullmatch(text)
    if found is None:
        raise Invalid("Type the amount in pounds, for example 4,500 or 1,249.50.")
    pounds, pence = int(found[1].replace(",", "")), int((found[2] or "").ljust(2, "0"))
    if not pounds and not pence:
        raise Invalid("The amount is nothing. A programme without a cost needs no line here.")
    if pounds >= LARGEST_POUNDS:
        raise Invalid(f"That is £{LARGEST_POUNDS:,} or more. Look again: the amount is in pounds, not in pence.")
    return 100 * pounds + pence


def in_pounds(pence: int) -> str:
    """*£4,500* or *£12.43*."""
    return f"£{pence / 100:,.2f}".removesuffix(".00")


def total(costs: Sequence[Cost]) -> int:
    return sum(one.pence for one in costs)


def per_pupil(costs: Sequence[Cost], pupils: int) -> int | None:
    """In pence; None where nothing was stated or nobody was counted."""
    return round(total(costs) / pupils) if costs and pupils else None


def basis(costs: Sequence[Stated], pupils: int, on: date) -> str:
    """What stands behind the cost per pupil, in one sentence; empty where there is none. `on`: the newest day."""
    each = per_pupil(costs, pupils)
    if each is None:
        return ""
    who = "1 pupil" if pupils == 1 else f"{pupils:,} pupils"
    return (
        f"Cost per pupil is {in_pounds(each)}: {in_pounds(total(costs))} over {who}, each counted once, "
        f"as stated by the coordinator on {on.day} {on:%B %Y}."
    )
