"""A match is right when each thing has its own words."""

import pytest
from pydantic import ValidationError

from app.domain.questions.match import Match
from tests.questions import MATCH

MARKS = {"A": "2", "B": "3", "C": "1", "1": "1", "2": "2", "3": "3"}


def test_pairs_are_stored_by_the_order_of_the_file() -> None:
    assert MATCH.meant("A2B3C1", MARKS) == "1,2,3"
    assert MATCH.meant("A1B3C2", MARKS) == "2,1,3"
    assert MATCH.is_right("1,2,3")
    assert not MATCH.is_right("2,1,3")


@pytest.mark.parametrize("part", ["A2", "A2B3", "A2B2C1", "B3A2C1", "A2B3C1D4", "2A3B1C", "ABC", "123"])
def test_only_a_whole_match_in_the_order_of_the_letters_is_an_answer(part: str) -> None:
    assert MATCH.meant(part, MARKS) is None


def test_things_and_words_are_mixed_each_by_itself() -> None:
    orders = {(tuple(MATCH.marks(str(seed), "p").values())) for seed in range(60)}
    assert len({order[:3] for order in orders}) == len({order[3:] for order in orders}) == 6
    assert any(order[:3] != order[3:] for order in orders)


def test_the_tally_tells_how_many_found_each_pair() -> None:
    bars = MATCH.bars({"1,2,3": 5, "2,1,3": 2}, MARKS)
    assert [(bar.letter, bar.text, bar.n) for bar in bars] == [
        ("A", "Red and yellow", 5),
        ("B", "Black and white", 7),
        ("C", "Red", 5),
    ]


def test_a_match_reads_as_pairs() -> None:
    assert MATCH.said("2,1,3") == "Red: Swim here; Red and yellow: Do not go in; Black and white: Boards only"


def test_without_devices_the_class_is_asked_for_one_pair() -> None:
    asked = MATCH.without_devices()
    assert asked.text == "What goes with this: Red?"
    assert asked.correct.text == "Do not go in"


@pytest.mark.parametrize("count", [1, 5])
def test_two_to_four_pairs_are_matched(count: int) -> None:
    pairs = tuple(MATCH.pairs[0].model_copy(update={"key": str(n)}) for n in range(count))
    with pytest.raises(ValidationError, match="two to four"):
        Match(key="x", text="?", pairs=pairs)
