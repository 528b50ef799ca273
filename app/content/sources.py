"""Reads the last section of a lesson file: the facts behind it and where each of them comes from."""

import re
from datetime import date

from app.content.fields import Words
from app.content.problems import ProblemList, did_you_mean, quoted
from app.content.sections import FACT_SETTINGS, Section
from app.domain.lesson import Fact

DATES = ("checked on", "review by")  # below "Sources" for all facts, or below one fact
CONFIDENCE = {"high": "H", "medium": "M", "low": "L"}
AUDIENCE = {"pupils": "pupils", "teachers": "teachers"}


def read_facts(sections: list[Section], problems: ProblemList) -> dict[str, Fact | None]:
    """Every named fact; None for one whose own lines have problems, so that uses of it are still known."""
    facts: dict[str, Fact | None] = {}
    seen: dict[str, int] = {}
    for sources in sections:
        sources.settings.allow(DATES)
        usual = {name: sources.settings.day(name) for name in DATES if name in sources.settings.values}
        for section in sources.sections:
            name = section.heading.text
            if name in seen:
                told = f"The fact {quoted(name)} is written twice, first in line {seen[name]}."
                problems.report(section.line, told, "Give one of them another name.")
                continue
            seen[name] = section.line
            facts[name] = _read_fact(section, usual, problems)
    return facts


def check_uses(uses: tuple[Words, ...], known: dict[str, Fact | None], problems: ProblemList) -> None:
    for use in uses:
        if use.text not in known and not problems.is_full:
            told = f"There is no fact {quoted(use.text)} in the lesson's sources."
            remedy = did_you_mean(use.text, known) if known else 'Write it below "## Sources".'
            problems.report(use.line, told, remedy)


def _read_fact(section: Section, usual: dict[str, date | None], problems: ProblemList) -> Fact | None:
    settings, name = section.settings, section.heading.text
    settings.allow(FACT_SETTINGS)
    if not re.fullmatch(r"[A-Z]{2,5}-\d{1,3}", name, re.ASCII):
        problems.report(section.line, f"{quoted(name)} cannot name a fact.", "Use letters and a number: FIR-01.")
    if section.sections or not section.text:
        problems.report(section.line, f"The fact {quoted(name)} has no words.", "Write it below its source.")
    unseen = 'Say who published it; otherwise "own knowledge, to be confirmed by" and the agency.'
    source = settings.text("source", needed=unseen)
    confidence = settings.one_of("confidence", CONFIDENCE)
    audience = settings.one_of("for", AUDIENCE)
    checked_on, review_by = (settings.day(name, usual.get(name)) for name in DATES)
    if checked_on and review_by and review_by <= checked_on:
        told = f"{quoted(name)} is to be reviewed on {review_by}, before it was checked on {checked_on}."
        problems.report(section.line, told, "Give a review date after the day on which it was checked.")
    if not (source and confidence and audience and checked_on and review_by):
        return None
    return Fact.model_validate(
        {
            "key": name,
            "text": " ".join(section.text.split()),
            "source": source,
            "checked_on": checked_on,
            "review_by": review_by,
            "confidence": confidence,
            "audience": audience,
        }
    )
