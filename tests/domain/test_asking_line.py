"""How a class answered one question: what of it may leave the school."""

import pytest

from app.domain.asking_line import NOT_MATCHED, TOO_FEW, why_hidden
from app.domain.disclosure import WHY, Mark


@pytest.mark.parametrize("mark", ["small", "beside", "waiting", "none"])
def test_a_class_that_is_hidden_elsewhere_is_hidden_here_with_the_same_mark(mark: Mark) -> None:
    assert why_hidden(mark, 25) == WHY[mark]


@pytest.mark.parametrize(
    ("answered", "why"), [(0, WHY["none"]), (1, TOO_FEW), (9, TOO_FEW), (10, ""), (19, ""), (30, "")]
)
def test_the_rule_of_ten_holds_for_each_asking(answered: int, why: str) -> None:
    assert why_hidden("shown", answered) == why


@pytest.mark.parametrize(("matched", "why"), [(28, ""), (27, NOT_MATCHED), (19, NOT_MATCHED), (18, "")])
def test_counts_that_would_tell_of_a_few_who_are_not_matched_stay_back(matched: int, why: str) -> None:
    assert why_hidden("shown", 28, matched=matched) == why


def test_a_sensitive_question_that_all_or_none_chose_stays_back() -> None:
    assert why_hidden("shown", 25, tells_of_each=(10, 15)) == ""
    assert why_hidden("shown", 25, tells_of_each=(25, 0)) == WHY["beside"]


def test_one_of_two_runs_of_a_class_is_not_told_apart_from_the_other() -> None:
    assert why_hidden("shown", 25, is_alone=False) == WHY["beside"]
