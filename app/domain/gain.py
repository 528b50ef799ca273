"""Knowledge gain: before and after in percent, in points and as a part of what could still be gained."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from app.domain.disclosure import ALONE, Mark, mark_of
from app.domain.impact import Knowledge, share

CEILING = 85
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Scores:
    """Sums over matched pupils: enough for every figure and its interval after their answers are gone."""

    n: int = 0
    answers: int = 0
    """To the key questions, each time."""
    before: int = 0
    after: int = 0
    change: float = 0
    """Sum over pupils of the change of their share of right answers."""
    change_squared: float = 0

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(
            n=self.n + other.n,
            answers=self.answers + other.answers,
            before=self.before + other.before,
            after=self.after + other.after,
            change=self.change + other.change,
            change_squared=self.change_squared + other.change_squared,
        )


def add_up(scores: Iterable[Scores]) -> Scores:
    found = list(scores)
    return sum(found[1:], found[0]) if found else Scores()


def knowledge(scores: Scores, mark: Mark | None = None) -> Knowledge:
    """What may be said of these pupils; `mark` where it was decided for them as a class."""
    stands = mark or mark_of(scores.n)
    if stands not in ALONE or not scores.answers:
        return Knowledge(mark=stands, n=scores.n)
    low, high = interval(scores) if stands == "shown" else (None, None)
    return _known(stands, scores.n, scores.answers, scores.before, scores.after, low, high)


def of_question(n: int, before: int, after: int) -> Knowledge:
    """The same of one question, which each pupil answered once each time; without an interval."""
    mark = mark_of(n)
    return _known(mark, n, n, before, after) if mark in ALONE else Knowledge(mark=mark, n=n)


def _known(
    mark: Mark, n: int, of: int, right: int, right_after: int, low: float | None = None, high: float | None = None
) -> Knowledge:
    """With percentages where the mark allows them."""
    if mark == "counts":
        return Knowledge(mark, n, of, right, right_after)
    before, after = 100 * right / of, 100 * right_after / of
    return Knowledge(
        mark=mark,
        n=n,
        answers=of,
        before=right,
        after=right_after,
        before_share=share(right, of),
        after_share=share(right_after, of),
        points=round(after - before, 1),
        gain=normalised(before, after),
        low=low,
        high=high,
        at_ceiling=before > CEILING,
    )


def normalised(before: float, after: float) -> float | None:
    """Hake's g, the part of the possible gain that was made; None where all was known before."""
    return round((after - before) / (100 - before), 2) if before < 100 else None


def interval(scores: Scores) -> tuple[float | None, float | None]:
    """95 % interval of the gain in points: a paired t interval over pupils' own changes.

    It says how far the gain of these pupils could be chance. It takes pupils as independent, and classmates are not.
    """
    if scores.n < 2:
        return None, None
    mean = scores.change / scores.n
    spread = max(scores.change_squared - scores.n * mean * mean, 0) / (scores.n - 1)
    half = 100 * _quantile(scores.n - 1) * math.sqrt(spread / scores.n)
    points = 100 * (scores.after - scores.before) / scores.answers
    return round(points - half, 1), round(points + half, 1)


@lru_cache(maxsize=1000)
def _quantile(freedom: int) -> float:
    """Of the t distribution, for both ends of the interval."""
    from scipy.special import stdtrit  # here, for it takes a moment to import

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
