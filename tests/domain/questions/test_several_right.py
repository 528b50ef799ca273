"""Where several answers are right: choose all, and dangers in a picture."""

import pytest
from pydantic import ValidationError

from app.domain.questions.choose_all import ChooseAll
from app.domain.questions.spot import Spot
from app.domain.questions.true_or_false import TrueOrFalse
from tests.questions import CHOOSE_ALL, SPOT, TRUE_OR_FALSE, area, options

MARKS = {"A": "3", "B": "1", "C": "4", "D": "2"}


@pytest.mark.parametrize(("choice", "is_right"), [("BD", True), ("B", False), ("ABD", False), ("AC", False)])
def test_all_right_answers_and_no_other_are_right(choice: str, is_right: bool) -> None:
    stored = CHOOSE_ALL.meant(choice, MARKS)
    assert stored is not None
    assert CHOOSE_ALL.is_right(stored) == is_right


def test_whatever_order_they_are_tapped_in_the_same_is_stored() -> None:
    assert CHOOSE_ALL.meant("BD", MARKS) == "1,2"
    assert CHOOSE_ALL.meant("DB", MARKS) is None


def test_each_tap_is_in_the_bar_of_its_option() -> None:
    bars = CHOOSE_ALL.bars({"1,2": 5, "1": 2, "1,3": 1}, MARKS)
    assert [(bar.letter, bar.shape, bar.n) for bar in bars] == [
        ("A", "triangle", 1),
        ("B", "circle", 8),
        ("C", "square", 0),
        ("D", "diamond", 5),
    ]


def test_the_mistake_is_the_wrong_answer_that_most_tapped() -> None:
    found = CHOOSE_ALL.mistake({"1,2": 5, "1,3": 2, "1,2,3,4": 1})
    assert found is not None
    assert (found.n, found.words) == (3, "Nobody")


@pytest.mark.parametrize(
    ("right", "wrong"), [((), ("a", "b", "c")), (("a",), ("b", "c")), (("a", "b", "c"), ()), (("a", "b"), ())]
)
def test_choose_all_has_two_right_answers_and_a_wrong_one(right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        ChooseAll(key="x", text="?", options=options(*right, wrong=wrong))


def test_all_dangers_and_nothing_harmless_are_right() -> None:
    assert SPOT.is_right("1,2,3")
    assert not SPOT.is_right("1,2")
    assert not SPOT.is_right("1,2,3,4")


def test_the_mistake_is_the_danger_that_most_missed() -> None:
    found = SPOT.mistake({"1,2,3": 5, "1,3": 2, "3": 1})
    assert found is not None
    assert (found.n, found.did, found.words) == (3, "missed", "A phone charging on the bed")
    assert SPOT.mistake({"1,2,3": 5}) is None


def test_areas_have_the_letters_of_the_list() -> None:
    marks = SPOT.marks("seed", "0/hook")
    face = SPOT.face(marks)
    assert [shown.letter for shown in face.options] == [one.letter for one in face.areas] == list("ABCD")
    places = {one.text: (one.x * 12.8, one.y * 5.5) for one in SPOT.options}
    for shown, one in zip(face.options, face.areas, strict=True):
        assert (one.x, one.y) == pytest.approx(places[shown.text])


def test_an_area_knows_what_it_covers_and_whether_it_is_in_the_picture() -> None:
    one = area("1", "x", 10, 10)
    assert one.covers(area("2", "y", 21, 29))
    assert not one.covers(area("2", "y", 22, 10))
    assert one.is_inside
    assert not area("1", "x", 89, 10).is_inside


def test_a_picture_without_a_harmless_thing_is_refused() -> None:
    dangers = tuple(one.model_copy(update={"is_correct": True}) for one in SPOT.options)
    with pytest.raises(ValidationError):
        Spot.model_validate(dict(SPOT) | {"options": dangers})


def test_true_stands_first_for_everybody() -> None:
    for seed in "abcdef":
        face = TRUE_OR_FALSE.face(TRUE_OR_FALSE.marks(seed, "p"))
        assert [tile.text for tile in face.options] == ["True", "False"]
    with pytest.raises(ValidationError):
        TrueOrFalse.model_validate(dict(TRUE_OR_FALSE) | {"options": TRUE_OR_FALSE.options[::-1]})
