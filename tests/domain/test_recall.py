"""Recall: what is given out of rechecks, and the proof that no hidden class can be solved from it."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import disclosure, recall
from app.domain.disclosure import Cell, CellKey, Decision
from app.domain.recall import Again
from tests.domain.test_disclosure import Equation, range_of

LAST_DAY = 7


@dataclass(frozen=True)
class Season:
    lessons: tuple[Cell, ...]
    rechecks: dict[CellKey, Again]
    views: tuple[frozenset[CellKey], ...]


def lesson(group: int, n: int, round: int = 0) -> Cell:
    return Cell(CellKey(group, round), n, {"all": (n // 2, n)})


def again(n: int, right: int | None = None, round: int = 3) -> Again:
    return Again(round=round, n=n, right=n // 2 if right is None else right, answers=n, weeks=6)


def decided_on(today: int, season: Season) -> Decision:
    there = {key: one for key, one in season.rechecks.items() if one.round <= today}
    return recall.decide(disclosure.decide(season.lessons, today), there, today)


def test_a_class_that_is_hidden_with_another_is_recalled_with_it_or_not_at_all() -> None:
    lessons = (lesson(1, 9), lesson(2, 21), lesson(3, 28))
    one, two, three = (each.key for each in lessons)
    alone = decided_on(4, Season(lessons, {one: again(12), three: again(25)}, ()))
    assert (alone.groups, alone.marks[one]) == ((frozenset({three}),), "beside")
    both = decided_on(4, Season(lessons, {one: again(12), two: again(20), three: again(25)}, ()))
    assert set(both.groups) == {frozenset({one, two}), frozenset({three})}
    assert both.countable({one, three}) == {three}


def test_a_recheck_of_few_is_hidden_with_the_smallest_that_would_be_shown() -> None:
    lessons = (lesson(1, 25), lesson(2, 26), lesson(3, 27))
    one, two, three = (each.key for each in lessons)
    decided = decided_on(4, Season(lessons, {one: again(8), two: again(24), three: again(20)}, ()))
    assert decided.marks == {one: "small", two: "shown", three: "beside"}
    assert decided.countable({one, two}) == {two}


def test_two_classes_that_all_knew_everything_take_in_another() -> None:
    lessons = (lesson(1, 9), lesson(2, 21), lesson(3, 28))
    one, two, three = (each.key for each in lessons)
    decided = decided_on(4, Season(lessons, {one: again(10, 10), two: again(20, 20), three: again(25)}, ()))
    assert decided.groups == (frozenset({one, two, three}),)


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    numbers = st.sampled_from((1, 5, 9, 10, 12, 20, 25, 30))
    lessons = tuple(lesson(group, draw(numbers), draw(st.integers(0, 1))) for group in range(draw(st.integers(2, 7))))
    rechecks = {}
    for one in draw(st.lists(st.sampled_from(lessons), min_size=1, unique_by=lambda one: one.key)):
        n = draw(numbers)
        right = draw(st.integers(0, n))
        rechecks[one.key] = again(n, right, draw(st.integers(2, LAST_DAY - 1)))
    keys = [one.key for one in lessons]
    asked = draw(st.lists(st.frozensets(st.sampled_from(keys)), max_size=6))
    return Season(lessons, rechecks, (frozenset(keys), *(frozenset({key}) for key in keys), *asked))


@settings(max_examples=60, deadline=None)
@given(seasons())
def test_no_hidden_recheck_can_be_solved_from_views_and_files_of_other_days(season: Season) -> None:
    """And what stands beside it, before and after, is never more than lessons gave out already."""
    whole = disclosure.decide(season.lessons, LAST_DAY).groups
    cells = [Cell(key, one.n, finer={"again": (one.right, one.answers)}) for key, one in season.rechecks.items()]
    equations: list[Equation] = []
    for today in range(2, LAST_DAY + 1):
        decided = decided_on(today, season)
        for view in season.views:
            counted = decided.countable(view)
            assert counted == {key for group in whole if group <= counted for key in group}
            if counted:
                total = sum(season.rechecks[key].right for key in counted)
                equations.append((frozenset((key, "again") for key in counted), total))
    final = decided_on(LAST_DAY, season)
    shown = {key for group in final.groups if len(group) == 1 for key in group}
    for key in season.rechecks.keys() - shown:
        least, most = range_of(frozenset({(key, "again")}), cells, list(dict.fromkeys(equations)))
        assert most - least > 0.99, f"{key} is {least}"
