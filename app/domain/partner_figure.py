"""A figure of an agency's other work, which stands beside a report: reported by it, not measured here."""

from pydantic import BaseModel

from app.domain.errors import Invalid
from app.domain.programme import one_line

LONGEST_LABEL, LONGEST_MEASURE, LONGEST_PERIOD, LONGEST_SOURCE = 80, 30, 60, 160
LARGEST = 10_000_000


class PartnerFigure(BaseModel, frozen=True):
    """For example: 124 homes visited, November 2026, from the agency's own records."""

    label: str
    amount: float
    measure: str = ""
    period: str
    source: str

    @property
    def in_words(self) -> str:
        """*1,240* or *3.5 tonnes*."""
        number = f"{self.amount:,.2f}".rstrip("0").rstrip(".")
        return f"{number} {self.measure}".rstrip()


class Reported(PartnerFigure, frozen=True):
    """A figure that stands, and whose it is."""

    id: int
    agency_id: int
    agency: str


def read_figure(label: str, amount: str, measure: str, period: str, source: str) -> PartnerFigure:
    """As somebody typed it. Raises Invalid with what is missing."""
    figure = PartnerFigure(
        label=one_line(label, LONGEST_LABEL),
        amount=_amount(amount),
        measure=one_line(measure, LONGEST_MEASURE),
        period=one_line(period, LONGEST_PERIOD),
        source=one_line(source, LONGEST_SOURCE),
    )
    if not figure.label:
        raise Invalid("Say what was counted, for example “Homes visited”.")
    if not figure.period:
        raise Invalid("Say for which time, for example “September to November 2026”.")
    if not figure.source:
        raise Invalid("Say where the figure comes from, for example “Home visit records of the fire service”.")
    return figure


def _amount(typed: str) -> float:
    try:
        amount = round(float(typed.strip().replace(",", "")), 2)
    except ValueError:
        raise Invalid("Type the figure as a number, for example 124 or 3.5.") from None
    if not 0 <= amount <= LARGEST:  # also refuses what is no number at all
        raise Invalid(f"The figure must be between 0 and {LARGEST:,}.")
    return amount
