"""Knowledge gain: before and after in percent, in points and as a part of what could still be gained."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.domain.disclosure import ALONE, Mark, mark_of
from app.domain.impact import Knowledge, share

CEILING = 85
CONFIDENCE = 0.95
FEWEST_CLASSES = 10
"""From so many on, the interval is taken over classes, for classmates are alike."""


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


def knowledge(scores: Scores, mark: Mark | None = None, classes: Sequence[Scores] = ()) -> Knowledge:
    """What may be said of these pupils; `mark` where it was decided for them as a class.

    `classes`: the same scores by class, or by group where classes are only given out together.
    """
    stands = mark or mark_of(scores.n)
    if stands not in ALONE or not scores.answers:
        return Knowledge(mark=stands, n=scores.n)
    found = _known(stands, scores.n, scores.answers, scores.before, scores.after)
    if stands == "counts":
        return found
    low, high = interval(scores, classes)
    return found._replace(low=low, high=high, interval_over=_over(scores, classes))


def of_question(n: int, before: int, after: int) -> Knowledge:
    """The same of one question, which each pupil answered once each time; without an interval."""
    mark = mark_of(n)
    return _known(mark, n, n, before, after) if mark in ALONE else Knowledge(mark=mark, n=n)


def _known(mark: Mark, n: int, of: int, right: int, right_after: int) -> Knowledge:
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
        at_ceiling=before > CEILING,
    )


def normalised(before: float, after: float) -> float | None:
    """Hake's g, the part of the possible gain that was made; None where all was known before."""
    return round((after - before) / (100 - before), 2) if before < 100 else None


def interval(scores: Scores, classes: Sequence[Scores] = ()) -> tuple[float | None, float | None]:
    """95 % interval of the gain in points, or none.

    From ten classes on it is cluster-robust: pupils of a class learn together, so classes are what is independent.
    With fewer it is a paired t interval over pupils' own changes, which takes classmates as independent.
    """
    if scores.n < 2:
        return None, None
    over_classes = len(classes) >= FEWEST_CLASSES
    error, freedom = _error_over_classes(scores, classes) if over_classes else _error_over_pupils(scores)
    half = 100 * _quantile(freedom) * error
    points = 100 * (scores.after - scores.before) / scores.answers
    return round(points - half, 1), round(points + half, 1)


@lru_cache(maxsize=1000)
def _quantile(freedom: int) -> float:
    """Of the t distribution, for both ends of the interval."""
    from scipy.special import stdtrit  # here, for it takes a moment to import

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def _over(scores: Scores, classes: Sequence[Scores]) -> str:
    """What the interval takes as independent."""
    if scores.n < 2:
        return ""
    return f"{len(classes)} classes" if len(classes) >= FEWEST_CLASSES else f"{scores.n} pupils"


def _error_over_pupils(scores: Scores) -> tuple[float, int]:
    """Standard error of pupils' mean change, and its degrees of freedom."""
    mean = scores.change / scores.n
    spread = max(scores.change_squared - scores.n * mean * mean, 0) / (scores.n - 1)
    return math.sqrt(spread / scores.n), scores.n - 1


def _error_over_classes(scores: Scores, classes: Sequence[Scores]) -> tuple[float, int]:
    """The same from how far each class's sum of changes lies from what the common mean foretells."""
    mean, free = scores.change / scores.n, len(classes) - 1
    squared = sum((one.change - one.n * mean) ** 2 for one in classes)
    return math.sqrt(len(classes) / free * squared) / scores.n, free
