"""A simulated class answers like children, always the same way for the same seed."""

import asyncio
import math
from collections import Counter

import pytest

from app.domain.errors import Invalid, NotAllowed
from app.domain.quiz import NOT_SURE, Question
from app.simulated_class import Acknowledged, ClassRecord, offered, run_class, taps
from tests.questions import EACH, name_of
from tests.servers import free_port

CHOICES = ["A", "B", "C", "D", "not_sure"]
ASKED = ("5f1c0a9be2d34c77", 1)
MANY = range(1000)


def test_the_same_seed_makes_the_same_children() -> None:
    assert [taps(7, pupil, ASKED, CHOICES, 1.0) for pupil in MANY] == [
        taps(7, pupil, ASKED, CHOICES, 1.0) for pupil in MANY
    ]
    assert [taps(7, pupil, ASKED, CHOICES, 1.0) for pupil in MANY] != [
        taps(8, pupil, ASKED, CHOICES, 1.0) for pupil in MANY
    ]


def test_a_class_answers_in_many_ways() -> None:
    plans = [taps(7, pupil, ASKED, CHOICES, 1.0) for pupil in MANY]
    how_often = Counter(len(plan) for plan in plans)
    assert how_often[1] > how_often[2] > how_often[0] > 0
    assert any(tap.after == math.inf for plan in plans for tap in plan)
    assert all(first.choice != second.choice for first, second in (plan for plan in plans if len(plan) == 2))
    assert {plan[-1].choice for plan in plans if plan} == set(CHOICES)


def test_a_class_has_a_favourite_and_is_not_of_one_mind() -> None:
    chosen = Counter(plan[-1].choice for pupil in MANY if (plan := taps(7, pupil, ASKED, CHOICES, 1.0)))
    (_, most), (_, second) = chosen.most_common(2)
    assert 2 * second < most < 700


def test_only_what_is_offered_is_chosen() -> None:
    for choices in (["A"], ["A", "B"], ["not_sure"], []):
        chosen = {tap.choice for pupil in MANY for tap in taps(7, pupil, ASKED, choices, 1.0)}
        assert chosen == set(choices)


@pytest.mark.parametrize("question", EACH, ids=name_of)
def test_what_a_child_chooses_is_an_answer_to_every_kind_of_question(question: Question) -> None:
    marks = question.marks("seed", "0/facts")
    form = {} if question.form == "one" else {"form": question.form}
    made = offered({"asking": "5f1c0a9be2d34c77", "choices": [*question.choices(marks), NOT_SURE], **form})
    assert len(made) > 2
    assert [choice for choice in made if question.meant(choice, marks) is None] == []


def test_speed_only_shortens_the_thinking() -> None:
    slow, fast = taps(7, 0, ASKED, CHOICES, 1.0), taps(7, 0, ASKED, CHOICES, 4.0)
    assert [tap.choice for tap in fast] == [tap.choice for tap in slow]
    assert [4 * tap.after for tap in fast] == pytest.approx([tap.after for tap in slow])


def test_the_greatest_change_is_the_last_choice() -> None:
    record = ClassRecord(
        journal=[Acknowledged(3, *ASKED, "B", 2), Acknowledged(3, *ASKED, "A", 1), Acknowledged(4, *ASKED, "C", 1)]
    )
    assert record.acked == 3
    assert record.last_choices() == {(3, *ASKED): "B", (4, *ASKED): "C"}


@pytest.mark.parametrize("pupils", [0, 61])
def test_a_class_has_between_1_and_60_pupils(pupils: int) -> None:
    with pytest.raises(Invalid):
        asyncio.run(run_class("http://127.0.0.1:9", "KMTPVX", pupils))


def test_nobody_joins_where_nobody_answers() -> None:
    with pytest.raises(NotAllowed, match="KMTPVX"):
        asyncio.run(run_class(f"http://127.0.0.1:{free_port()}", "KMTPVX", 2, speed=100))
