"""Recall: what classes still know six to twelve weeks later, beside what they knew before and after.

A class is compared with itself, never a pupil: seats are dealt anew. Nothing of it may give a hidden class away, so
it keeps to the groups in which lessons are given out: before and after are sums over whole groups, and what was known
at the recheck is grouped once more by its own numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain import disclosure
from app.domain.disclosure import ALONE, Cell, CellKey, Decision, Mark, mark_of, mark_of_several
from app.domain.gain import Scores
from app.domain.impact import Recall, share


@dataclass(frozen=True)
class Again:
    """One class at its recheck of one topic: right answers to the key questions that it had before and after."""

    round: int
    """In which the last of them was asked."""
    n: int
    """Pupils behind the least answered question."""
    right: int
    answers: int
    weeks: int
    """Since the lesson."""
    is_telling: bool = False
    """All answered a sensitive question alike."""


Rechecks = Mapping[CellKey, Again]
"""By the class and round of the lesson that is recalled."""


def decide(lessons: Decision, rechecks: Rechecks, current: int) -> Decision:
    """Which recalls are given out, and which only together: groups of whole groups of lessons.

    A group of lessons is recalled when all of its classes were asked again, in the round of the last of them; so what
    was given out is never decided anew.
    """
    whole = sorted(tuple(sorted(group)) for group in lessons.groups if group <= rechecks.keys())
    members = {_key(place, group, rechecks): group for place, group in enumerate(whole)}
    decided = disclosure.decide([_cell(key, group, rechecks) for key, group in members.items()], current)
    marks = {key: _left(lessons.marks.get(key, "none")) for key in rechecks}
    for key, group in members.items():
        marks |= dict.fromkeys(group, decided.marks[key])
    groups = tuple(frozenset(cell for key in group for cell in members[key]) for group in decided.groups)
    return Decision(groups=groups, finer_groups=(), marks=marks)


def _key(place: int, group: Sequence[CellKey], rechecks: Rechecks) -> CellKey:
    """By its place among the groups, which later ones never change for two of them."""
    return CellKey(place, max(max(key.round, rechecks[key].round) for key in group))


def _cell(key: CellKey, group: Sequence[CellKey], rechecks: Rechecks) -> Cell:
    each = [rechecks[one] for one in group]
    sums = {"again": (sum(one.right for one in each), sum(one.answers for one in each))}
    # Where several classes stand together, nothing or all right would tell of each of them.
    is_telling = len(each) > 1 or each[0].is_telling
    return Cell(key, sum(one.n for one in each), sums, is_telling=is_telling)


def _left(of_lesson: Mark) -> Mark:
    """How a recheck stands whose group of lessons is not recalled as a whole."""
    return of_lesson if of_lesson in ("waiting", "none") else "beside"


@dataclass(frozen=True)
class Part:
    """The rechecks of one topic in one programme, and what was decided of them."""

    decided: Decision
    rechecks: Rechecks
    scores: Mapping[CellKey, Scores]
    """Before and after, of the lessons that are recalled."""
    cells: frozenset[CellKey] = frozenset()
    """The lessons that a view sees whole."""

    @property
    def asked(self) -> dict[CellKey, Again]:
        return {key: one for key, one in self.rechecks.items() if key in self.cells}


def of_topic(key: str, name: str, of: int, parts: Iterable[Part]) -> Recall | None:
    """What may be said of a topic's recall; None where no class was asked again. `of`: classes that had the topic."""
    seen = [part for part in parts if part.asked]
    if not seen:
        return None
    counted = [(part, cell) for part in seen for cell in sorted(part.decided.countable(part.cells))]
    then = sum((part.scores[cell] for part, cell in counted), Scores())
    now = [part.rechecks[cell] for part, cell in counted]
    asked = [one for part in seen for one in part.asked.values()]
    marks = [part.decided.marks[cell] for part in seen for cell in part.asked]
    recalled = {cell for _, cell in counted}
    n = sum(one.n for one in now)
    mark = mark_of(min(then.n, n)) if counted else mark_of_several(marks)
    may_count, may_share = mark in ALONE, mark == "shown"
    right, answers = sum(one.right for one in now), sum(one.answers for one in now)
    return Recall(
        key=key,
        name=name,
        classes=of,
        asked_again=len({cell.class_group_id for part in seen for cell in part.asked}),
        measured=len({cell.class_group_id for cell in recalled}),
        waiting=marks.count("waiting"),
        first_weeks=min(one.weeks for one in asked),
        last_weeks=max(one.weeks for one in asked),
        mark=mark,
        matched=then.n if counted else None,
        pupils=n if counted else None,
        answers=then.answers if may_count else None,
        before=then.before if may_count else None,
        after=then.after if may_count else None,
        again_answers=answers if may_count else None,
        again=right if may_count else None,
        before_share=share(then.before, then.answers) if may_share else None,
        after_share=share(then.after, then.answers) if may_share else None,
        again_share=share(right, answers) if may_share else None,
    )
