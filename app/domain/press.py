"""One sentence about a programme, ready for the press: true as it stands, and no rounder than it must be."""

from app.domain.impact import Report, names_of
from app.domain.timetable import HOME

EXACT_UNDER = 1000
ROUND_TO = 100


def press_sentence(report: Report) -> str:
    """Names what was taught and every agency that took part; empty while no class has been counted."""
    reach = report.reach
    if not reach.pupils:
        return ""
    topics = names_of(sorted(topic.name.lower() for topic in report.topics))
    return (
        f"{_children(reach.pupils)} in {_many(reach.classes, 'class', 'classes')} at "
        f"{_many(reach.schools, 'school', 'schools')} took part in {topics} safety lessons with "
        f"{names_of(line.name for line in report.agencies)}{_when(report)}."
    )


def around(number: int) -> str:
    """Exact under a thousand, then to the nearest hundred: *374*, *around 1,300*."""
    if number < EXACT_UNDER:
        return str(number)
    return f"around {int(number / ROUND_TO + 0.5) * ROUND_TO:,}"


def _children(pupils: int) -> str:
    said = around(pupils)
    return f"{said[0].upper()}{said[1:]} Year 6 {'child' if pupils == 1 else 'children'}"


def _many(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _when(report: Report) -> str:
    if report.first_on is None or report.last_on is None:
        return ""
    first, last = report.first_on.astimezone(HOME), report.last_on.astimezone(HOME)
    if (first.year, first.month) == (last.year, last.month):
        return f" in {first:%B %Y}"
    if first.year == last.year:
        return f" from {first:%B} to {last:%B %Y}"
    return f" from {first:%B %Y} to {last:%B %Y}"
