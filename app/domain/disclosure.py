"""Small-number rules for what pupils knew, thought or promised, wherever it leaves a school. Reach is exact.

Results are given out in *groups*: one class, or several classes together when one of them is too small. A group is
made once, for a programme and topic over all its classes, when its round of three weeks is over; it never changes.
Every total of every page, filter and file is a sum over whole groups, so whatever is solved from them, now or by
comparing two files of different days, is again a sum over whole groups: never one hidden class.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

Mark = Literal["shown", "counts", "small", "beside", "waiting", "none"]
ALONE: tuple[Mark, ...] = ("shown", "counts")
"""A class with one of these is given out by itself."""
"""How an outcome stands: with percentages; as counts (10 to 19 pupils); hidden, for fewer than 10 pupils; hidden with
another; not given out yet; nothing was measured."""
FEWEST_PUPILS = 10
FEWEST_FOR_SHARES = 20
FIRST_ROUND = date(2026, 8, 31)
"""A Monday; rounds are counted from it, whatever the dates of a programme."""
WEEKS_OF_A_ROUND = 3
DAYS_TO_TAKE_BACK = 2
"""A lesson's end can be taken back for 24 hours: it counts in the round in which that is over."""

WHY: Mapping[Mark, str] = {
    "shown": "",
    "counts": "Fewer than 20 pupils, so no percentages",
    "small": "Hidden: fewer than 10 matched pupils",
    "beside": "Hidden, so that no smaller class can be worked out",
    "waiting": "Not given out yet",
    "none": "Not measured before and after",
}


class CellKey(NamedTuple):
    """One class group's results in one topic and round: they are hidden or given out as a whole."""

    class_group_id: int
    round: int


Sums = Mapping[str, tuple[int, int]]
"""Each figure that is given out: how many it is, and how many it could be at most."""


@dataclass(frozen=True)
class Cell:
    key: CellKey
    n: int
    """Pupils behind its figures."""
    sums: Sums = field(default_factory=dict)
    finer: Sums = field(default_factory=dict)
    """The parts of these: single questions."""
    is_telling: bool = False
    """All pupils answered a sensitive question alike, so that question's figure would tell of each of them."""

    @property
    def is_risky(self) -> bool:
        """Whether it may not be given out alone."""
        tells_all = self.is_telling and any(value in (0, most) for value, most in self.sums.values())
        return self.n < FEWEST_PUPILS or tells_all or _has_few(self.sums)

    @property
    def has_risky_parts(self) -> bool:
        return self.is_telling or _has_few(self.finer)


def _has_few(sums: Sums) -> bool:
    return any(0 < most < FEWEST_PUPILS for _, most in sums.values())


@dataclass(frozen=True)
class Decision:
    """What may be given out of one topic of one programme."""

    groups: tuple[frozenset[CellKey], ...]
    finer_groups: tuple[frozenset[CellKey], ...]
    """Those of the groups whose single questions may be given out too."""
    marks: Mapping[CellKey, Mark]

    def countable(self, view: Set[CellKey]) -> frozenset[CellKey]:
        """The cells of a view that may be in its totals: those of whole groups."""
        return frozenset(key for group in self.groups if group <= view for key in group)

    def finely_countable(self, view: Set[CellKey]) -> frozenset[CellKey]:
        """Those that may be in the totals of single questions."""
        return frozenset(key for group in self.finer_groups if group <= view for key in group)

    @cached_property
    def alone_finely(self) -> frozenset[CellKey]:
        """The classes that are given out by themselves, and their single questions too."""
        return self.finely_countable({key for key, mark in self.marks.items() if mark in ALONE})


NOTHING = Decision((), (), {})


def round_of(taught_on: date) -> int:
    return (taught_on + timedelta(days=DAYS_TO_TAKE_BACK) - FIRST_ROUND).days // (7 * WEEKS_OF_A_ROUND)


def current_round(today: date) -> int:
    return (today - FIRST_ROUND).days // (7 * WEEKS_OF_A_ROUND)


def given_out_on(number: int) -> date:
    """The Monday on which the results of a round are given out."""
    return FIRST_ROUND + timedelta(weeks=WEEKS_OF_A_ROUND * (number + 1))


def decide(cells: Iterable[Cell], current: int) -> Decision:
    """Which classes' results are given out, and which of them only together. `current` is the round that still runs.

    Round after round, so that nothing that was given out is decided anew: a later class never joins an earlier group.
    """
    found = list(cells)
    groups: list[tuple[Cell, ...]] = []
    held: tuple[Cell, ...] = ()
    over = [cell for cell in found if cell.n and cell.key.round < current]
    for number in sorted({cell.key.round for cell in over}):
        made, held = _groups([*held, *(cell for cell in over if cell.key.round == number)])
        groups += made
    return Decision(
        groups=_keys(groups),
        finer_groups=_keys(group for group in groups if _may_be_finer(group)),
        marks={cell.key: _alone(cell, current) for cell in found}
        | {cell.key: _mark(cell, group) for group in groups for cell in group},
    )


def _keys(groups: Iterable[Sequence[Cell]]) -> tuple[frozenset[CellKey], ...]:
    return tuple(frozenset(cell.key for cell in group) for group in groups)


def _groups(cells: Sequence[Cell]) -> tuple[list[tuple[Cell, ...]], tuple[Cell, ...]]:
    """The groups of one round, and the classes that wait for the next because no group is safe for them."""
    risky = tuple(cell for cell in cells if cell.is_risky)
    others = sorted((cell for cell in cells if not cell.is_risky), key=lambda cell: (cell.n, cell.key))
    if not risky:
        return [(cell,) for cell in others], ()
    for hidden in range(len(others) + 1):  # the smallest classes that would be shown are hidden with them
        together = (*risky, *others[:hidden])
        if stands_together(together):
            return [together, *((cell,) for cell in others[hidden:])], ()
    return [(cell,) for cell in others], risky


def stands_together(group: Sequence[Cell]) -> bool:
    """Whether the sums of several classes may be given out, and none of theirs alone."""
    if len(group) < 2 or sum(cell.n for cell in group) < FEWEST_PUPILS:
        return False
    return _tell_of_none([cell.sums for cell in group])


def _may_be_finer(group: Sequence[Cell]) -> bool:
    """Whether the same holds of single questions. If of one it does not, all of them stay back: what is left of the
    sum would be that one."""
    if len(group) == 1:
        return not group[0].has_risky_parts
    return _tell_of_none([cell.finer for cell in group])


def _tell_of_none(each: Sequence[Sums]) -> bool:
    """Two classes or more and ten pupils stand behind each sum, and none is nothing or all: that would tell of every
    class in it."""
    for name in {name for sums in each for name in sums}:
        behind = [sums[name] for sums in each if sums.get(name, (0, 0))[1]]
        total, most = sum(value for value, _ in behind), sum(most for _, most in behind)
        if behind and (len(behind) < 2 or most < FEWEST_PUPILS or total in (0, most)):
            return False
    return True


def joined(groups: Iterable[frozenset[CellKey]]) -> list[frozenset[CellKey]]:
    """Groups put together where they have a class in common, as of two rounds: each class is then in one of them."""
    stands_for: dict[int, int] = {}

    def first_of(class_group_id: int) -> int:
        while (other := stands_for.get(class_group_id, class_group_id)) != class_group_id:
            class_group_id = other
        return class_group_id

    each = [(group, sorted({key.class_group_id for key in group})) for group in groups]
    for _, (first, *others) in each:
        for other in others:
            stands_for[first_of(other)] = first_of(first)
    found: dict[int, frozenset[CellKey]] = {}
    for group, (first, *_) in each:
        found[first_of(first)] = found.get(first_of(first), frozenset()) | group
    return list(found.values())


def mark_of(n: int) -> Mark:
    """How figures of so many pupils stand by themselves."""
    if not n:
        return "none"
    if n < FEWEST_PUPILS:
        return "small"
    return "counts" if n < FEWEST_FOR_SHARES else "shown"


def _mark(cell: Cell, group: Sequence[Cell]) -> Mark:
    if len(group) == 1:
        return mark_of(cell.n)
    return "small" if cell.n < FEWEST_PUPILS else "beside"


def mark_of_several(marks: Iterable[Mark]) -> Mark:
    """How figures stand when none of these could be counted."""
    found = set(marks)
    order: tuple[Mark, ...] = ("waiting", "small", "beside")
    return next((mark for mark in order if mark in found), "beside" if found - {"none"} else "none")


def _alone(cell: Cell, current: int) -> Mark:
    """How a class stands that is in no group."""
    if not cell.n:
        return "none"
    if cell.key.round < current and cell.n < FEWEST_PUPILS:
        return "small"
    return "waiting"
