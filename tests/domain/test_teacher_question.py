"""What a teacher types for the class is one line of plain words before anybody sees it."""

import pytest

from app.domain.errors import Invalid
from app.domain.teacher_question import LONGEST, clean


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  What if the front\n\tdoor  is locked? ", "What if the front door is locked?"),
        ("Is 5 & 6 o'clock “too late”?", "Is 5 & 6 o'clock “too late”?"),
        ("turn\u202e it round\u0000 now\u200b", "turn it round now"),
        ("ŵ and ŷ", "ŵ and ŷ"),
    ],
)
def test_words_are_kept_and_what_cannot_be_seen_is_not(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Type the question"),
        ("  ?! 12 ", "Type the question"),
        ("a" * (LONGEST + 1), "at most 140 letters"),
        ("<b>Is it safe?</b>", "without the signs"),
        ("see www.example.org", "Leave out web"),
        ("write to me@example.org", "Leave out web"),
    ],
)
def test_what_is_no_plain_question_is_refused_with_what_to_change(typed: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        clean(typed)


def test_the_longest_question_fits() -> None:
    assert clean("a" * LONGEST) == "a" * LONGEST
