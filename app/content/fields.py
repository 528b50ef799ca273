"""The `name: value` pairs of a content file with their lines, read as the kind of value that is expected."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app.content.problems import ProblemList, did_you_mean, quoted

LONGEST_PART = 60  # minutes


@dataclass(frozen=True)
class Words:
    """Some text and the line on which it starts."""

    line: int
    text: str


@dataclass(frozen=True)
class Items:
    """A list and the line on which it starts."""

    line: int
    items: "tuple[Node, ...]"


class Fields:
    """Named values under one heading; what is missing or unreadable is reported with its line."""

    def __init__(self, line: int, problems: ProblemList) -> None:
        self.line = line
        self.problems = problems
        self.values: dict[str, Node] = {}
        self._lines: dict[str, int] = {}

    def put(self, name: Words, value: "Node") -> None:
        key = plain_name(name.text)
        if key in self.values:
            sentence = f"{quoted(name.text)} is written twice here, first in line {self._lines[key]}."
            self.problems.report(name.line, sentence, "Take one of them out.")
            return
        self.values[key] = value
        self._lines[key] = name.line

    def allow(self, known: Collection[str]) -> None:
        for name in self.values:
            if name not in known and not self.problems.is_full:
                sentence = f"{quoted(name)} is not a name we know here."
                self.problems.report(self._lines[name], sentence, did_you_mean(name, known))

    def words(self, name: str, *, needed: str = "") -> Words | None:
        """The text called `name`; `needed` is the remedy when it has to be there."""
        match self.values.get(name):
            case Words(text=text) as found if text.strip():
                return Words(found.line, text.strip())
            case None | Words():
                if needed:
                    line = self._lines.get(name, self.line)
                    self.problems.report(line, f"{quoted(name)} is missing.", needed)
            case Items() | Fields():
                self.problems.report(self._lines[name], f"{quoted(name)} is not plain text.", "Write words.")
        return None

    def text(self, name: str, *, needed: str = "") -> str:
        found = self.words(name, needed=needed)
        return found.text if found else ""

    def listed(self, name: str) -> tuple[Words, ...]:
        """A list in lines of its own (`- one`), or names separated by commas."""
        match self.values.get(name):
            case Words(line=line, text=text):
                return tuple(Words(line, word.strip()) for word in text.split(",") if word.strip())
            case Items(items=items):
                for item in items:
                    if not isinstance(item, Words):
                        remedy = 'Write one "- text" in each line; put text that holds a colon in "quotes".'
                        self.problems.report(item.line, "This is not plain text.", remedy)
                return tuple(item for item in items if isinstance(item, Words) and item.text.strip())
            case Fields() as fields:
                self.problems.report(fields.line, f"{quoted(name)} is not a list.", "Start each line with -.")
        return ()

    def is_yes(self, name: str, *, usually: bool = False) -> bool:
        found = self.words(name)
        if found is None:
            return usually
        if found.text.casefold() not in ("yes", "no"):
            self.problems.report(found.line, f"{quoted(name)} is neither yes nor no.", "Write yes or no.")
        return found.text.casefold() == "yes"

    def minutes(self) -> float:
        found = self.words("minutes", needed='Add a line such as "minutes: 3" under the heading.')
        if found is None:
            return 0
        try:
            minutes = float(found.text)
        except ValueError:
            minutes = math.nan
        if not 0 < minutes <= LONGEST_PART:
            remedy = f'Write a number above 0 and up to {LONGEST_PART}, such as "1.5".'
            self.problems.report(found.line, f"{quoted(found.text)} is not a number of minutes.", remedy)
        return minutes

    def day(self, name: str, usual: date | None = None) -> date | None:
        """A date; `usual` when this place does not name its own."""
        remedy = "Write it as year-month-day, for example 2027-11-22."
        found = self.words(name, needed="" if usual else remedy)
        if found is None:
            return usual
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found.text, re.ASCII):
                return date.fromisoformat(found.text)
        except ValueError:
            pass
        self.problems.report(found.line, f"{quoted(found.text)} is not a date.", remedy)
        return None

    def one_of(self, name: str, meanings: dict[str, str]) -> str:
        """The meaning of one of a few words."""
        found = self.words(name, needed=f"Use one of: {', '.join(meanings)}.")
        if found is None:
            return ""
        if found.text.casefold() not in meanings:
            remedy = did_you_mean(found.text, meanings)
            self.problems.report(found.line, f"{quoted(found.text)} is no {quoted(name)} we know.", remedy)
        return meanings.get(found.text.casefold(), "")


Node = Words | Items | Fields


def plain_name(name: str) -> str:
    """`Review_by` and `review-by` are the name `review by`."""
    return " ".join(re.split(r"[\s_-]+", name.strip().casefold()))
