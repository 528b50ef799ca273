"""Recall in reports: the same questions and classes three times, in no total of reach, and hidden where small."""

from datetime import UTC, datetime

import pytest

from app.domain.impact import Recall, Report
from app.store import directory, lessons
from tests.classroom import Classroom
from tests.past_lessons import give, scores
from tests.store.test_impact import read

THEN = datetime(2026, 12, 18, 10, 0, tzinfo=UTC)
AFTERWARDS = datetime(2027, 1, 25, 10, 0, tzinfo=UTC)
"""When results of rechecks before the holidays are given out."""


@pytest.fixture
def season(season: Classroom) -> Classroom:
    season.clock.now = AFTERWARDS
    return season


def ask_again(season: Classroom, school: str, n: int, right: int, *, label: str = "") -> None:
    """The fire lesson's key questions, n pupils, so many right of five times n."""
    with season.database.transaction() as db:
        version = next(version for version, one in lessons.offered(db, 1) if one.topic.key == "fire")
        group = next(
            one
            for one in directory.class_groups(db, 1)
            if one.school.startswith(school) and one.label in (label or one.label)
        )
        give(db, group.id, version, scores(n, right, right), present=n, began_at=THEN, kind="recheck")


def fire(found: Report) -> Recall:
    [recall] = found.recalls
    assert recall.key == "fire"
    return recall


def test_classes_are_compared_over_the_same_questions_and_reach_stays_as_it_was(season: Classroom) -> None:
    reach = read(season).reach
    ask_again(season, "Harrowmarsh", 25, 90)
    ask_again(season, "Tidegate", 28, 110)
    found = read(season)
    one = fire(found)
    assert found.reach == reach
    assert (one.classes, one.asked_again, one.measured, one.weeks) == (14, 2, 2, "6")
    assert (one.matched, one.answers, one.before, one.after) == (57, 285, 77 + 79, 104 + 126)
    assert (one.pupils, one.again_answers, one.again) == (53, 265, 200)
    assert (one.before_share, one.after_share, one.again_share) == (54.7, 80.7, 75.5)


def test_a_hidden_class_is_recalled_only_together_with_the_one_it_is_hidden_with(season: Classroom) -> None:
    ask_again(season, "Oystergreave", 12, 40)
    alone = fire(read(season))
    assert (alone.mark, alone.asked_again, alone.measured, alone.again) == ("beside", 1, 0, None)
    ask_again(season, "Wherrywood", 20, 60)
    both = fire(read(season))
    assert (both.mark, both.measured, both.again, both.before) == ("shown", 2, 100, 24 + 52)
    for school in read(season).choices.schools:
        if school.name.startswith(("Oystergreave", "Wherrywood")):
            assert fire(read(season, school_id=int(school.value))).again is None


def test_results_of_a_recheck_wait_for_their_round(season: Classroom) -> None:
    ask_again(season, "Harrowmarsh", 25, 90)
    season.clock.now = THEN
    waiting = fire(read(season))
    assert (waiting.mark, waiting.waiting, waiting.again_share) == ("waiting", 1, None)


def test_few_at_the_recheck_are_counts_or_nothing(season: Classroom) -> None:
    ask_again(season, "Harrowmarsh", 15, 60)
    assert (fire(read(season)).mark, fire(read(season)).again) == ("counts", 60)
    assert fire(read(season)).again_share is None


def test_without_a_recheck_the_report_says_when_the_first_is_due(season: Classroom) -> None:
    found = read(season)
    assert found.recalls == ()
    assert str(found.first_recheck_on) == "2026-12-14"
