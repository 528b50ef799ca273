"""Small groups: what is given out, and the proof that nothing hidden can be solved from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from app.domain import disclosure
from app.domain.disclosure import Cell, CellKey, Decision, Mark, decide

QUESTIONS = ("F1", "F2")


def cell(group: int, n: int, *right: int, round: int = 0, telling: bool = False) -> Cell:
    """A class with so many right answers to each question; to a question of -1 it was never asked."""
    asked = zip(QUESTIONS, right or (n // 2, n * 3 // 4), strict=True)
    finer = {question: (value, n) for question, value in asked if value >= 0}
    whole = (sum(value for value, _ in finer.values()), n * len(finer))
    return Cell(CellKey(group, round), n, {"all": whole}, finer, telling)


def whole_and_parts(decided: Decision) -> tuple[int, int]:
    """How many classes are in totals of all questions, and of single ones."""
    return len([key for group in decided.groups for key in group]), len(
        [key for group in decided.finer_groups for key in group]
    )


def marks(decided: Decision) -> dict[int, Mark]:
    return {key.class_group_id: mark for key, mark in decided.marks.items()}


@pytest.mark.parametrize(
    ("n", "mark"),
    [
        (0, "none"),
        (1, "small"),
        (4, "small"),
        (5, "small"),
        (9, "small"),
        (10, "counts"),
        (19, "counts"),
        (20, "shown"),
    ],
)
def test_a_class_stands_by_its_number_of_pupils(n: int, mark: Mark) -> None:
    assert marks(decide([cell(1, n), cell(2, 25), cell(3, 26)], current=1))[1] == mark


def test_the_smallest_class_that_would_be_shown_is_hidden_with_a_small_one() -> None:
    decided = decide([cell(1, 9), cell(2, 28), cell(3, 21), cell(4, 24)], current=1)
    assert marks(decided) == {1: "small", 2: "shown", 3: "beside", 4: "shown"}


def test_hidden_classes_count_in_a_total_that_has_all_of_their_group() -> None:
    decided = decide([cell(1, 9), cell(2, 28), cell(3, 21)], current=1)
    one, two, three = (CellKey(group, 0) for group in (1, 2, 3))
    assert decided.countable({one, two, three}) == {one, two, three}
    assert decided.countable({one, two}) == decided.countable({two, three}) == {two}


def test_two_small_classes_hide_nobody_else_when_they_are_ten_pupils() -> None:
    assert marks(decide([cell(1, 4), cell(2, 6), cell(3, 21)], current=1)) == {1: "small", 2: "small", 3: "shown"}


def test_a_small_class_without_company_is_in_no_total() -> None:
    assert decide([cell(1, 9)], current=1).groups == ()


def test_a_class_for_which_no_company_is_safe_keeps_nobody_else_hidden() -> None:
    decided = decide([cell(1, 9, 9, 9), cell(2, 21, 21, 21)], current=1)
    assert (marks(decided), len(decided.groups)) == ({1: "small", 2: "shown"}, 1)


def test_a_group_in_which_all_knew_everything_takes_in_another_class() -> None:
    decided = decide([cell(1, 9, 9, 9), cell(2, 21, 21, 21), cell(3, 25)], current=1)
    assert marks(decided) == {1: "small", 2: "beside", 3: "beside"}


def test_a_group_in_which_all_knew_one_answer_has_no_single_questions_given_out() -> None:
    decided = decide([cell(1, 9, 5, 9), cell(2, 21, 10, 21), cell(3, 25)], current=1)
    assert marks(decided) == {1: "small", 2: "beside", 3: "shown"}
    assert whole_and_parts(decided) == (3, 1)


def test_a_question_that_only_one_class_of_a_group_had_is_given_out_of_neither() -> None:
    decided = decide([cell(1, 9, 4, 5), cell(2, 21, 15, -1), cell(3, 28)], current=1)
    assert whole_and_parts(decided) == (3, 1)


def test_a_class_that_answered_a_sensitive_question_alike_has_no_single_questions_given_out() -> None:
    decided = decide([cell(1, 25, 10, 25, telling=True), cell(2, 28), cell(3, 21)], current=1)
    assert (marks(decided)[1], whole_and_parts(decided)) == ("shown", (3, 2))


def test_a_class_that_answered_all_alike_and_one_of_it_sensitive_is_hidden_with_another() -> None:
    decided = decide([cell(1, 25, 25, 25, telling=True), cell(2, 28), cell(3, 21)], current=1)
    assert marks(decided) == {1: "beside", 2: "shown", 3: "beside"}


def test_what_was_given_out_is_never_decided_anew() -> None:
    early = [cell(1, 21), cell(2, 25)]
    later = [cell(3, 9, round=1), cell(4, 28, round=1)]
    assert marks(decide([*early, *later], current=2)) == {1: "shown", 2: "shown", 3: "small", 4: "beside"}


def test_a_small_class_waits_for_the_classes_of_the_next_round() -> None:
    first = [cell(1, 9)]
    assert marks(decide(first, current=1)) == {1: "small"}
    assert marks(decide([*first, cell(2, 24, round=1)], current=2)) == {1: "small", 2: "beside"}


def test_results_are_given_out_on_the_monday_after_their_round() -> None:
    assert disclosure.given_out_on(disclosure.round_of(date(2026, 11, 2))) == date(2026, 11, 23)
    assert disclosure.given_out_on(disclosure.round_of(date(2026, 11, 20))) == date(2026, 11, 23)
    assert disclosure.current_round(date(2026, 11, 22)) == disclosure.round_of(date(2026, 11, 20))
    assert disclosure.current_round(date(2026, 11, 23)) > disclosure.round_of(date(2026, 11, 20))


def test_a_lesson_whose_end_may_still_be_taken_back_waits_a_round_longer() -> None:
    assert disclosure.given_out_on(disclosure.round_of(date(2026, 11, 21))) == date(2026, 12, 14)


# The proof


@dataclass(frozen=True)
class Season:
    """Classes of a topic, and the views that somebody looks at: each is some of the classes."""

    cells: tuple[Cell, ...]
    views: tuple[frozenset[CellKey], ...]


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    cells = []
    for group in range(draw(st.integers(2, 7))):
        n = draw(st.sampled_from((0, 1, 4, 5, 9, 10, 12, 19, 20, 25, 30)))
        first, second = draw(st.integers(0, n)), draw(st.integers(-1, n))
        telling = n > 0 and bool({first, second} & {0, n}) and draw(st.booleans())
        cells.append(cell(group, n, first, second, round=draw(st.integers(0, 2)), telling=telling))
    keys = [one.key for one in cells]
    asked = draw(st.lists(st.frozensets(st.sampled_from(keys)), max_size=6))
    return Season(tuple(cells), (frozenset(keys), *(frozenset({key}) for key in keys), *asked))


Place = tuple[CellKey, str]
"""One class's right answers to one question: what is to be found out."""
Equation = tuple[frozenset[Place], int]


def places(cells: Sequence[Cell]) -> dict[Place, tuple[int, int]]:
    return {(one.key, question): value for one in cells for question, value in one.finer.items() if one.n}


def published(season: Season) -> list[Equation]:
    """Every sum that anybody can have read, on any page, in any file, on any day."""
    value = places(season.cells)
    found: list[Equation] = []
    for today in (1, 2, 3):
        there = [one for one in season.cells if one.key.round <= today]
        known = {one.key for one in there}
        decided = decide(there, today)
        given = frozenset(key for key, mark in decided.marks.items() if mark in ("shown", "counts"))
        for view in (
            *season.views,
            *(frozenset({key}) for key in given),
        ):  # a page's totals, and its lines of classes
            sums = [{at for at in value if at[0] in decided.countable(view & known)}]
            finely = decided.finely_countable(view & known)
            sums += [{at for at in value if at[0] in finely and at[1] == question} for question in QUESTIONS]
            found += [(frozenset(each), sum(value[at][0] for at in each)) for each in sums if each]
    return list(dict.fromkeys(found))


def range_of(wanted: frozenset[Place], cells: Sequence[Cell], equations: Sequence[Equation]) -> tuple[float, float]:
    """The least and the most that a sum can be, for a reader who knows how many pupils each class had."""
    value = places(cells)
    column = {at: number for number, at in enumerate(value)}
    left = np.zeros((len(equations), len(value)))
    for line, (counted, _) in enumerate(equations):
        left[line, [column[at] for at in counted]] = 1
    aim = np.zeros(len(value))
    aim[[column[at] for at in wanted]] = 1
    limits = [(0, most) for _, most in value.values()]
    known = (left, [total for _, total in equations]) if equations else (None, None)
    least, most = (linprog(sign * aim, A_eq=known[0], b_eq=known[1], bounds=limits).fun for sign in (1, -1))
    assert least is not None
    assert most is not None
    return least, -most


def must_not_be_solved(season: Season) -> None:
    """Of a hidden class neither its sum nor a question; of a class that is given out as a whole only, no question."""
    final, equations = decide(season.cells, 3), published(season)
    finely = final.finely_countable({one.key for one in season.cells if final.marks[one.key] in ("shown", "counts")})
    for one in season.cells:
        hidden = [] if one.key in finely else [frozenset({(one.key, question)}) for question in one.finer]
        if final.marks[one.key] not in ("shown", "counts"):
            hidden.append(frozenset((one.key, question) for question in one.finer))
        elif len(one.finer) == 1:  # its only question is its sum
            hidden = []
        for wanted in hidden if one.n else ():
            least, most = range_of(wanted, season.cells, equations)
            assert most - least > 0.99, f"{sorted(wanted)} is {least}"


@settings(max_examples=60, deadline=None)
@given(seasons())
def test_no_hidden_figure_can_be_solved_from_totals_filters_and_files_of_other_days(season: Season) -> None:
    must_not_be_solved(season)


def test_without_the_second_class_a_hidden_figure_is_a_subtraction(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same proof fails as soon as small classes are hidden alone."""
    monkeypatch.setattr(disclosure, "stands_together", lambda group: True)
    cells = (cell(1, 9, 4, 6), cell(2, 28, 14, 20), cell(3, 21, 9, 15))
    with pytest.raises(AssertionError, match="is 10"):
        must_not_be_solved(Season(cells, (frozenset(one.key for one in cells),)))
    with pytest.raises(AssertionError):
        settings(max_examples=60, deadline=None, database=None)(given(seasons())(must_not_be_solved))()


def test_groups_with_a_class_in_common_are_one_so_that_no_class_stands_twice() -> None:
    one, two, three, again = CellKey(1, 0), CellKey(2, 0), CellKey(3, 0), CellKey(2, 1)
    groups = (frozenset({one, two}), frozenset({three}), frozenset({again}))
    assert set(disclosure.joined(groups)) == {frozenset({one, two, again}), frozenset({three})}
