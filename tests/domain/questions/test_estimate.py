"""A guess is right within a range, and the tally has a column for each number."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.domain.questions.estimate import Estimate
from app.domain.questions.option import Scale
from tests.questions import ESTIMATE


@pytest.mark.parametrize(("guess", "is_right"), [(9, False), (10, True), (12, True), (15, True), (16, False)])
def test_a_guess_is_right_within_the_range(guess: int, is_right: bool) -> None:
    assert ESTIMATE.is_right(str(guess)) == is_right


def test_each_number_has_its_column_and_its_unit() -> None:
    bars = ESTIMATE.bars({"5": 2, "12": 7}, {})
    assert len(bars) == 26
    assert [(bar.letter, bar.text, bar.n) for bar in bars if bar.n] == [("5", "5 °C", 2), ("12", "12 °C", 7)]


def test_only_numbers_of_the_scale_are_taken() -> None:
    by_fives = ESTIMATE.model_copy(update={"scale": Scale(first=5, last=30, step=5)})
    assert by_fives.choices({}) == ("5", "10", "15", "20", "25", "30")
    assert by_fives.meant("12", {}) is None


def test_the_mistake_is_the_side_on_which_more_guessed() -> None:
    low = ESTIMATE.mistake({"5": 3, "12": 9, "20": 2})
    high = ESTIMATE.mistake({"5": 3, "20": 4})
    assert low is not None
    assert high is not None
    assert (low.n, low.words) == (3, "less than 10 °C")
    assert (high.n, high.words) == (4, "more than 15 °C")
    assert ESTIMATE.mistake({"12": 9}) is None


def test_without_devices_the_scale_is_cut_into_pieces() -> None:
    asked = ESTIMATE.without_devices()
    assert [(option.text, option.is_correct) for option in asked.options] == [
        ("5 to 9 °C", False),
        ("10 to 15 °C", True),
        ("16 to 30 °C", False),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"low": 4},
        {"high": 31},
        {"low": 16},
        {"low": 5, "high": 30},
        {"scale": Scale(first=5, last=100)},
        {"scale": Scale(first=5, last=30, step=2)},
        {"scale": Scale(first=5, last=30, step=25)},
    ],
)
def test_a_scale_that_makes_no_question_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Estimate.model_validate(dict(ESTIMATE) | change)
