"""What is wrong with a content file, where it is wrong, and what its author can do about it."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import BaseModel

MOST_PROBLEMS = 200


class Problem(BaseModel, frozen=True):
    """One thing wrong in one line of a content file; a warning blocks nothing."""

    file: str
    line: int
    sentence: str
    remedy: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.sentence} {self.remedy}"


class ProblemList:
    """The problems of one file, gathered while it is read, so that its author sees all of them at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def report(self, line: int, sentence: str, remedy: str) -> None:
        self._add(Problem(file=self.file, line=line, sentence=sentence, remedy=remedy))

    def warn(self, line: int, sentence: str, remedy: str) -> None:
        self._add(Problem(file=self.file, line=line, sentence=sentence, remedy=remedy, is_warning=True))

    @property
    def is_full(self) -> bool:
        """A file of nonsense must not fill the screen, nor keep us busy."""
        return len(self.found) >= MOST_PROBLEMS

    @property
    def blocks(self) -> bool:
        return self.blocking > 0

    @property
    def blocking(self) -> int:
        return sum(not problem.is_warning for problem in self.found)

    def _add(self, problem: Problem) -> None:
        if len(self.found) < MOST_PROBLEMS - 1:
            self.found.append(problem)
        elif not self.is_full:
            more = {"sentence": "There are more problems.", "remedy": "Put the others right first."}
            self.found.append(problem.model_copy(update={**more, "is_warning": False}))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest known one, or all of them."""
    names = {name.casefold(): name for name in known}
    nearest = get_close_matches(word[:40].casefold(), names, n=1)
    if nearest:
        return f'Did you mean "{names[nearest[0]]}"?'
    return f"Use one of: {', '.join(names.values())}."


def quoted(text: str) -> str:
    """What the author wrote, short enough to be part of a sentence."""
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'
