"""Options are mixed by a stored seed and by nothing that tells which is right."""

from collections import Counter

import pytest
from pydantic import ValidationError

from app.domain.quiz import (
    LETTERS,
    NOT_SURE,
    ChooseOne,
    Opinion,
    Option,
    Question,
    Quiz,
    meanings,
    shown_choice,
)


def question(*, right: int = 0, options: int = 4, key: str = "F1", anchor: bool = False) -> ChooseOne:
    texts = ("Get out", "Hide", "Wait", "Jump")[:options]
    made = tuple(
        Option(
            key=str(place + 1), text=text, is_correct=place == right, misconception=None if place == right else "FM1"
        )
        for place, text in enumerate(texts)
    )
    return ChooseOne(key=key, text="What now?", options=made, explanation="Because.", is_anchor=anchor)


def order(of: Question, seed: str, place: str) -> list[str]:
    """The options as they are shown."""
    return [option.text for option in of.face(of.marks(seed, place)).options]


OPINION = Opinion(
    key="plan", text="Have you a plan?", options=(Option(key="1", text="Yes"), Option(key="2", text="No"))
)
SECRET = OPINION.model_copy(update={"offers_not_sure": False})


def test_the_same_seed_and_place_show_the_same_order() -> None:
    assert order(question(), "seed", "0/quiz.F1") == order(question(), "seed", "0/quiz.F1")


def test_the_order_tells_nothing_of_which_option_is_right_nor_where_it_stands_in_the_file() -> None:
    one, other = question(right=0), question(right=2)
    turned = one.model_copy(update={"options": one.options[::-1]})
    for seed in range(50):
        orders = [order(q, str(seed), "0/quiz.F1") for q in (one, other, turned)]
        assert orders[0] == orders[1] == orders[2]


def test_the_same_question_stands_in_another_order_elsewhere() -> None:
    orders = {tuple(order(question(), "seed", f"0/{place}")) for place in range(60)}
    assert len(orders) > 12


@pytest.mark.parametrize(("options", "limit"), [(2, 10.8), (3, 13.8), (4, 16.3)])
def test_the_safest_answer_stands_under_every_letter_equally_often(options: int, limit: float) -> None:
    one = question(options=options)
    found = Counter(shown_choice(one, f"seed {number}", "0/quiz.F1", "1") for number in range(500))
    expected = 500 / options
    chi_square = sum((found[letter] - expected) ** 2 / expected for letter in LETTERS[:options])
    assert chi_square < limit  # one in a thousand, and the seeds are fixed


def test_an_opinion_keeps_the_order_of_its_author() -> None:
    assert order(OPINION, "seed", "0/poll") == ["Yes", "No"]


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_a_letter_means_the_option_that_is_shown_under_it(seed: str) -> None:
    one = question()
    marks = one.marks(seed, "p")
    for tile in one.face(marks).options:
        stored = one.meant(tile.letter, marks)
        assert stored is not None
        assert one.said(stored) == tile.text
        assert shown_choice(one, seed, "p", stored) == tile.letter


@pytest.mark.parametrize("choice", ["E", "AB", "", "a", "1", "not sure", "D ", "is_correct", "A+1", "A+"])
def test_what_is_not_on_the_screen_is_refused(choice: str) -> None:
    assert question().meant(choice, question().marks("seed", "p")) is None


def test_the_fourth_letter_is_refused_where_three_are_shown() -> None:
    three = question(options=3)
    assert three.meant("D", three.marks("seed", "p")) is None


def test_not_sure_is_taken_where_it_is_offered_only() -> None:
    assert question().meant(NOT_SURE, question().marks("seed", "p")) == NOT_SURE
    assert OPINION.meant(NOT_SURE, OPINION.marks("seed", "p")) == NOT_SURE
    assert SECRET.meant(NOT_SURE, SECRET.marks("seed", "p")) is None
    assert NOT_SURE not in meanings(SECRET, SECRET.marks("seed", "p"))


def test_only_the_safest_answer_is_right() -> None:
    assert [question(right=1).is_right(choice) for choice in ("1", "2", "3", NOT_SURE, "")] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert not OPINION.is_right("1")


def test_the_misconception_that_most_chose_is_named_and_the_first_of_two() -> None:
    one = question()
    found = one.mistake({"1": 20, "3": 4, "2": 4, NOT_SURE: 9})
    assert found is not None
    assert (found.n, found.did, found.words, found.misconception) == (4, "thought", "Hide", "FM1")
    assert one.mistake({"1": 20, NOT_SURE: 9}) is None
    assert one.mistake({}) is None


@pytest.mark.parametrize("rights", [(), (0, 1), (0, 1, 2, 3)])
def test_a_question_has_exactly_one_safest_answer(rights: tuple[int, ...]) -> None:
    options = tuple(Option(key=str(n), text=str(n), is_correct=n in rights) for n in range(4))
    with pytest.raises(ValidationError, match="exactly one option"):
        ChooseOne(key="F1", text="?", options=options, explanation=".")


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_question_offers_two_to_four_options(count: int) -> None:
    options = tuple(Option(key=str(n), text=str(n), is_correct=n == 0) for n in range(count))
    with pytest.raises(ValidationError, match="two to four options"):
        ChooseOne(key="F1", text="?", options=options, explanation=".")


def test_reserve_questions_wait_for_the_recheck() -> None:
    reserve = question(key="R", anchor=True).model_copy(update={"is_reserve": True})
    quiz = Quiz(
        key="q", title="Q", misconceptions={}, questions=(question(key="A", anchor=True), question(key="B"), reserve)
    )
    assert [one.key for one in quiz.live] == ["A", "B"]
    assert [one.key for one in quiz.anchors] == ["A"]
