"""Only the whole right order is right, and the tally tells how many put each thing into its place."""

import pytest
from pydantic import ValidationError

from app.domain.questions.put_in_order import PutInOrder
from tests.questions import PUT_IN_ORDER, options

MARKS = {"A": "3", "B": "1", "C": "4", "D": "2"}


def test_the_letters_are_stored_as_the_things_they_stand_for() -> None:
    assert PUT_IN_ORDER.meant("BDAC", MARKS) == "1,2,3,4"
    assert PUT_IN_ORDER.is_right("1,2,3,4")
    assert not PUT_IN_ORDER.is_right("1,2,4,3")


@pytest.mark.parametrize("part", ["B", "BDA", "BDAA", "BDACA"])
def test_a_part_of_an_order_is_no_answer(part: str) -> None:
    assert PUT_IN_ORDER.meant(part, MARKS) is None


def test_the_tally_tells_how_many_put_each_thing_into_its_place() -> None:
    bars = PUT_IN_ORDER.bars({"1,2,3,4": 5, "1,2,4,3": 3}, MARKS)
    assert [(bar.letter, bar.text, bar.n) for bar in bars] == [
        ("A", "Look", 5),
        ("B", "Find", 8),
        ("C", "Wait", 5),
        ("D", "Stop", 8),
    ]


def test_an_order_reads_as_a_numbered_list() -> None:
    assert PUT_IN_ORDER.said("1,3,2,4") == "1. Find; 2. Look; 3. Stop; 4. Wait"


def test_the_mistake_is_the_thing_that_fewest_placed() -> None:
    found = PUT_IN_ORDER.mistake({"1,2,3,4": 5, "1,2,4,3": 3})
    assert found is not None
    assert (found.n, found.did, found.words) == (3, "put in another place", "Look")


def test_without_devices_the_class_is_asked_what_comes_first() -> None:
    asked = PUT_IN_ORDER.without_devices()
    assert asked.text == "Which comes first?"
    assert asked.correct.text == "Find"


@pytest.mark.parametrize("count", [2, 6])
def test_three_to_five_things_are_put_in_order(count: int) -> None:
    with pytest.raises(ValidationError, match="three to 5"):
        PutInOrder(key="x", text="?", things=options(*"abcdef"[:count]))
