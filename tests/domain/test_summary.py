"""What a class learned, for its own teacher."""

import pytest

from app.domain.participation import ScorePair
from app.domain.quiz import NOT_SURE
from app.domain.summary import Counted, ModuleSummary, Share, summarise
from tests.domain.test_run import FIRE


def counted(step: str, counts: dict[str, int], *, right: int | None = None, round: int = 1) -> Counted:
    answered = sum(counts.values())
    right = counts.get("1", 0) if right is None else right
    return Counted(module=0, step_key=step, round=round, joined=30, answered=answered, right=right, counts=counts)


def summary(*counts: Counted, pairs: tuple[ScorePair, ...] = (), anchors: int = 5) -> ModuleSummary:
    return summarise(FIRE, counts, pairs, anchors)


def test_a_question_stands_once_with_its_answers_before_after_and_after_talking() -> None:
    found = summary(
        counted("before.F1", {"1": 5, "2": 15}),
        counted("quiz.F1", {"1": 18, "3": 2}),
        counted("quiz.F1", {"1": 20}, round=2),
    ).questions
    assert [(q.text, q.before, q.after, q.after_talking) for q in found] == [
        (
            "The smoke alarm sounds at night and you smell smoke. What do you do first?",
            Share(5, 20),
            Share(18, 20),
            Share(20, 20),
        )
    ]


def test_the_most_chosen_misconception_is_that_of_the_newest_answers() -> None:
    one = summary(counted("before.F1", {"2": 9}), counted("quiz.F1", {"1": 10, "3": 4, NOT_SURE: 9})).questions[0]
    assert one.mistake is not None
    assert (one.mistake.words, one.mistake.n) == ("Find it or fight it first", 4)


def test_a_question_asked_only_before_stands_with_what_there_is() -> None:
    found = summary(counted("before.F1", {"2": 9, "1": 1}))
    assert [(q.before, q.after, q.mistake and q.mistake.n) for q in found.questions] == [(Share(1, 10), None, 9)]


def test_a_question_that_was_never_asked_is_not_listed() -> None:
    assert summary().questions == ()


def test_shares_are_of_matched_pupils_only() -> None:
    pairs = (ScorePair(before_right=1, after_right=4, n=2), ScorePair(before_right=5, after_right=5, n=1))
    found = summary(counted("quiz.F1", {"2": 30}), pairs=pairs)
    assert (found.matched, found.before_share, found.after_share, found.gain) == (3, 47, 87, 40)


@pytest.mark.parametrize(("pairs", "anchors"), [((), 5), ((ScorePair(before_right=0, after_right=0, n=3),), 0)])
def test_without_matched_pupils_or_anchors_there_is_no_share_and_no_gain(
    pairs: tuple[ScorePair, ...], anchors: int
) -> None:
    found = summary(pairs=pairs, anchors=anchors)
    assert (found.before_share, found.after_share, found.gain) == (None, None, None)


def test_a_class_may_know_less_after_than_before() -> None:
    assert summary(pairs=(ScorePair(before_right=5, after_right=3, n=4),)).gain == -40


def test_what_to_talk_about_again_is_the_question_least_known_and_the_best_the_most() -> None:
    found = summary(
        counted("quiz.F1", {"1": 18, "2": 2}), counted("quiz.F2", {"1": 4, "2": 16}), counted("quiz.F3", {"1": 20})
    )
    assert found.talk_again is not None
    assert found.best is not None
    assert found.talk_again.text.startswith("You are safe outside.")
    assert found.best.text.startswith("There is smoke")


def test_what_all_know_need_not_be_talked_about_again() -> None:
    found = summary(counted("quiz.F1", {"1": 20}))
    assert found.talk_again is None
    assert found.best is not None


def test_a_question_that_nobody_answered_is_neither_best_nor_worst() -> None:
    found = summary(counted("quiz.F1", {}))
    assert (found.best, found.talk_again) == (None, None)
    assert found.questions[0].after == Share(0, 0)
    assert Share(0, 0).share == 0


def test_polls_and_promises_are_counted_by_option() -> None:
    found = summary(counted("poll.ask", {"1": 3, "3": 1}, right=0), counted("pledge", {"2": 4}, right=0)).opinions
    assert [[(option.n, option.share) for option in one.options] for one in found] == [
        [(3, 75), (0, 0), (1, 25), (0, 0)],
        [(0, 0), (4, 100), (0, 0), (0, 0)],
    ]


def test_confidence_stands_before_and_after_and_is_never_marked() -> None:
    found = summary(counted("before.know", {"1": 10}), counted("quiz.know", {"4": 8, NOT_SURE: 2}))
    assert [(one.text, [o.n for o in one.before], [o.n for o in one.after]) for one in found.confidence] == [
        ("I know what to do.", [10, 0, 0, 0], [0, 0, 0, 8])
    ]
    assert found.questions == ()
