"""Knowledge gain and its interval, from sums alone."""

import pytest
from scipy import stats

from app.domain.gain import Scores, add_up, interval, knowledge, normalised


def of_pupils(pairs: list[tuple[int, int]], questions: int = 5) -> Scores:
    """What is kept of these pupils' right answers before and after."""
    return add_up(
        Scores(1, questions, before, after, (after - before) / questions, ((after - before) / questions) ** 2)
        for before, after in pairs
    )


def test_the_interval_is_that_of_the_statistics_library_on_every_pupils_change() -> None:
    pairs = [(1, 4), (2, 2), (3, 5), (0, 1), (4, 3), (2, 5), (1, 1), (3, 4)] * 3
    before, after = ([100 * one[side] / 5 for one in pairs] for side in (0, 1))
    expected = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert interval(of_pupils(pairs)) == (round(float(expected.low), 1), round(float(expected.high), 1))


def test_one_pupil_has_no_interval() -> None:
    assert interval(of_pupils([(1, 4)])) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "g"), [(63.6, 80.7, 0.47), (50, 50, 0.0), (80, 60, -1.0), (100, 100, None)]
)
def test_normalised_gain_is_a_dash_where_all_was_known_before(before: float, after: float, g: float | None) -> None:
    assert normalised(before, after) == g


def test_points_are_rounded_once_and_not_from_rounded_shares() -> None:
    found = knowledge(Scores(60, 300, 100, 149))
    assert (found.before_share, found.after_share, found.points) == (33.3, 49.7, 16.3)


def test_more_than_85_percent_before_is_the_ceiling() -> None:
    assert knowledge(of_pupils([(5, 5)] * 20)).at_ceiling
    assert not knowledge(of_pupils([(4, 5)] * 20)).at_ceiling


@pytest.mark.parametrize(
    ("n", "counts", "shares"), [(9, False, False), (10, True, False), (19, True, False), (20, True, True)]
)
def test_few_pupils_have_counts_without_percentages_or_none(n: int, counts: bool, shares: bool) -> None:
    found = knowledge(of_pupils([(2, 4)] * n))
    assert (found.n, found.before is not None, found.points is not None) == (n, counts, shares)


def of_class(n: int, change: int) -> Scores:
    """Pupils who all had one right before, of five questions, and `change` more of them right in all after."""
    return Scores(n, 5 * n, n, n + change, change / 5, 0)


def test_from_ten_classes_on_the_interval_is_taken_over_classes_as_by_hand() -> None:
    """Ten classes of ten pupils: five gained 10 answers of 50, five 20. The mean is 30 points.

    Each class's sum of changes is 2 or 4, the mean foretells 3: ten squares of 1. The error is
    sqrt(10 / 9 * 10) / 100 = 0.033333, or 3.3333 points; t of 9 degrees is 2.262157, so the half is 7.5405.
    """
    classes = [of_class(10, 10)] * 5 + [of_class(10, 20)] * 5
    found = knowledge(add_up(classes), classes=classes)
    assert (found.points, found.low, found.high) == (30.0, 22.5, 37.5)
    assert found.interval_over == "10 classes"


def test_with_fewer_classes_it_is_taken_over_pupils_and_says_so() -> None:
    pupils = of_pupils([(1, 4), (2, 2), (3, 5), (0, 1)] * 6)
    found = knowledge(pupils, classes=[pupils])
    assert (found.low, found.high) == interval(pupils)
    assert found.interval_over == "24 pupils"


def test_pupils_who_are_alike_in_their_classes_have_a_wider_interval() -> None:
    pairs = [[(1, 2)] * 20] * 6 + [[(1, 4)] * 20] * 6
    classes = [of_pupils(each) for each in pairs]
    over_pupils, over_classes = interval(add_up(classes)), interval(add_up(classes), classes)
    assert over_classes[0] is not None
    assert over_pupils[0] is not None
    assert over_classes[0] < over_pupils[0] - 5
