"""Options are mixed by a stored seed and by nothing that tells which is right."""

from collections import Counter

import pytest
from pydantic import ValidationError

from app.domain.errors import Invalid
from app.domain.quiz import (
    LETTERS,
    NOT_SURE,
    ChooseOne,
    Opinion,
    Option,
    Quiz,
    is_right,
    letter_of,
    meanings,
    most_chosen_misconception,
    must_offer,
    shown_order,
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


OPINION = Opinion(
    key="plan", text="Have you a plan?", options=(Option(key="1", text="Yes"), Option(key="2", text="No"))
)
SECRET = OPINION.model_copy(update={"offers_not_sure": False})


def test_the_same_seed_and_place_show_the_same_order() -> None:
    assert shown_order(question(), "seed", "0/quiz.F1") == shown_order(question(), "seed", "0/quiz.F1")


def test_the_order_tells_nothing_of_which_option_is_right_nor_where_it_stands_in_the_file() -> None:
    one, other = question(right=0), question(right=2)
    turned = one.model_copy(update={"options": one.options[::-1]})
    for seed in range(50):
        orders = [[option.text for option in shown_order(q, str(seed), "0/quiz.F1")] for q in (one, other, turned)]
        assert orders[0] == orders[1] == orders[2]


def test_the_same_question_stands_in_another_order_elsewhere() -> None:
    orders = {tuple(option.text for option in shown_order(question(), "seed", f"0/{place}")) for place in range(60)}
    assert len(orders) > 12


@pytest.mark.parametrize(("options", "limit"), [(2, 10.8), (3, 13.8), (4, 16.3)])
def test_the_safest_answer_stands_under_every_letter_equally_often(options: int, limit: float) -> None:
    one = question(options=options)
    found = Counter(letter_of(one, f"seed {number}", "0/quiz.F1", "1") for number in range(500))
    expected = 500 / options
    chi_square = sum((found[letter] - expected) ** 2 / expected for letter in LETTERS[:options])
    assert chi_square < limit  # one in a thousand, and the seeds are fixed


def test_an_opinion_keeps_the_order_of_its_author() -> None:
    assert [option.text for option in shown_order(OPINION, "seed", "0/poll")] == ["Yes", "No"]


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_a_letter_means_the_option_that_is_shown_under_it(seed: str) -> None:
    one = question()
    for place, option in enumerate(shown_order(one, seed, "p")):
        assert must_offer(one, seed, "p", LETTERS[place]) == option.key
        assert letter_of(one, seed, "p", option.key) == LETTERS[place]


@pytest.mark.parametrize("choice", ["E", "AB", "", "a", "1", "not sure", "D ", "is_correct"])
def test_what_is_not_on_the_screen_is_refused(choice: str) -> None:
    with pytest.raises(Invalid, match="not one of the answers on the screen"):
        must_offer(question(), "seed", "p", choice)


def test_the_fourth_letter_is_refused_where_three_are_shown() -> None:
    with pytest.raises(Invalid):
        must_offer(question(options=3), "seed", "p", "D")


def test_not_sure_is_taken_where_it_is_offered_only() -> None:
    assert must_offer(question(), "seed", "p", NOT_SURE) == NOT_SURE
    assert must_offer(OPINION, "seed", "p", NOT_SURE) == NOT_SURE
    with pytest.raises(Invalid):
        must_offer(SECRET, "seed", "p", NOT_SURE)
    assert NOT_SURE not in meanings(SECRET, "seed", "p")


def test_only_the_safest_answer_is_right() -> None:
    assert [is_right(question(right=1), choice) for choice in ("1", "2", "3", NOT_SURE, "")] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert not is_right(OPINION, "1")


def test_the_misconception_that_most_chose_is_named_and_the_first_of_two() -> None:
    one = question()
    found = most_chosen_misconception(one, {"1": 20, "3": 4, "2": 4, NOT_SURE: 9})
    assert found is not None
    assert found.key == "2"
    assert most_chosen_misconception(one, {"1": 20, NOT_SURE: 9}) is None
    assert most_chosen_misconception(one, {}) is None


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
