"""What a report says of recall: its table, when it comes, and what it cannot show."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from app.domain.disclosure import WHY
from app.domain.impact import Recall, Report

TITLE = "Recall, weeks later"
EXPLAINS = (
    "The same key questions and the same classes, before and after the lesson and again at their recheck. "
    "Classes are compared, not pupils."
)
LIMIT = (
    "Recall is of classes. Before and after are of matched pupils; at the recheck, it is whoever answered in the "
    "same classes: seats are not the same, so no pupil is compared with last time. What the classes learnt elsewhere "
    "in the weeks between is not known. Rechecks are in no total of reach; their small groups are hidden by the same "
    "rules."
)
COLUMNS: tuple[tuple[str, str, Literal["text", "number", "percent"]], ...] = (
    ("topic_key", "Topic key", "text"),
    ("topic", "Topic", "text"),
    ("classes", "Classes", "number"),
    ("asked_again", "Classes asked again", "number"),
    ("measured", "Classes measured", "number"),
    ("waiting", "Classes waiting", "number"),
    ("first_weeks", "Weeks after, from", "number"),
    ("last_weeks", "Weeks after, to", "number"),
    ("matched", "Pupils before and after", "number"),
    ("answers", "Answers each time", "number"),
    ("before", "Right before", "number"),
    ("after", "Right after", "number"),
    ("pupils", "Pupils at recheck", "number"),
    ("again_answers", "Answers at recheck", "number"),
    ("again", "Right at recheck", "number"),
    ("before_share", "Before %", "percent"),
    ("after_share", "After %", "percent"),
    ("again_share", "At recheck %", "percent"),
    ("note", "Note", "text"),
)


def rows(report: Report) -> tuple[tuple[str | int | float | None, ...], ...]:
    """A line for each topic of which a class was asked again."""
    return tuple(
        (one.key, one.name, *(getattr(one, key) for key, *_ in COLUMNS[2:-1]), WHY[one.mark])
        for one in report.recalls
    )


def notes(report: Report, today: date) -> Iterator[str]:
    """When there is no recall yet, when the first comes."""
    day = report.first_recheck_on
    if not report.recalls and day is not None:
        said = f"{day.day} {day:%B %Y}"
        if today < day:
            yield f"What classes still know weeks later is not here yet: the first recheck is due on {said}."
        else:
            yield f"No class has been asked again yet. Rechecks are due from {said}."


def limits(report: Report) -> tuple[str, ...]:
    return (LIMIT,) if report.recalls else ()


def sentences(report: Report) -> tuple[str, ...]:
    """For the funder's page: the topics whose recall is shown in percent."""
    return tuple(_sentence(one) for one in report.recalls if one.mark == "shown")


def _sentence(one: Recall) -> str:
    classes = "1 class" if one.measured == 1 else f"{one.measured} classes"
    return (
        f"{one.name}: {one.before_share}% before, {one.after_share}% after, {one.again_share}% at the recheck "
        f"{one.weeks} weeks later, in {classes}."
    )
