"""A teacher chooses among the numbers of quiz questions that the lessons have."""

import pytest

from app.content import library
from app.domain.lesson import Asking, Lesson
from app.domain.quiz_length import length_choice, quiz_lengths
from app.settings import Settings

SHIPPED = Settings()
FIRE = next(one for one in library.load(SHIPPED.lessons_dir, SHIPPED.quizzes_dir).lessons if one.key == "fire")


def with_quiz_of(number: int) -> Lesson:
    quiz = [step.key for step in FIRE.steps if isinstance(step, Asking) and step.purpose == "quiz"]
    return FIRE.model_copy(update={"steps": tuple(step for step in FIRE.steps if step.key not in quiz[number:])})


@pytest.mark.parametrize(("has", "lengths"), [(5, (5,)), (8, (8,)), (9, (8, 9)), (10, (8, 10))])
def test_a_lesson_asks_no_more_than_it_has(has: int, lengths: tuple[int, ...]) -> None:
    assert quiz_lengths(with_quiz_of(has)) == lengths


def test_nothing_is_asked_where_no_lesson_has_a_choice() -> None:
    assert length_choice([with_quiz_of(5), with_quiz_of(8)]) == {}
    assert length_choice([with_quiz_of(5), with_quiz_of(9)]) == {8: 8, 10: 9}
