"""The console: trouble first, small tallies hidden, and the clock against the plan."""

from typing import Any

import pytest

from app.domain.console import (
    ClassLine,
    Light,
    Silence,
    behind,
    in_order,
    is_trouble,
    planned,
    practice_line,
    together,
    totals,
)
from app.domain.run import Stage, plan
from tests.classroom import water_lesson
from tests.domain.test_run import FIRE, LESSON

ASKED = Stage(step_key="quiz.F1", phase="open", seq=9)
CLOSED = ASKED.model_copy(update={"phase": "closed"})


def line(label: str = "6H", **ways: object) -> ClassLine:
    usual: dict[str, object] = {"run_id": 1, "follows": True, "stage": ASKED, "expected": 28}
    return ClassLine(class_group_id=1, school="School", label=label, **usual | ways)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ways", "light"),
    [
        ({}, "with_you"),
        ({"silence": Silence(3.9)}, "with_you"),
        ({"silence": Silence(4)}, "slow"),
        ({"silence": Silence(10)}, "lost"),
        ({"silence": Silence(0.2, has_left=True)}, "lost"),
        ({"follows": False}, "holding"),
        ({"follows": False, "waits": True}, "getting_ready"),
        ({"follows": False, "silence": Silence(40)}, "lost"),
        ({"has_ended": True, "silence": Silence(40, has_left=True)}, "ended"),
        ({"run_id": None, "follows": False}, "not_opened"),
    ],
)
def test_each_class_has_one_light(ways: dict[str, Any], light: Light) -> None:
    assert line(**ways).light == light


def test_trouble_comes_first_and_the_rest_by_school() -> None:
    lines = [
        line("b"),
        line("a"),
        line("none", run_id=None),
        line("held", follows=False),
        line("lost", silence=Silence(40)),
        line("slow", silence=Silence(5)),
    ]
    assert [one.label for one in in_order(lines)] == ["lost", "slow", "held", "a", "b", "none"]


def test_a_class_that_gets_ready_is_trouble_only_once_the_lesson_has_begun() -> None:
    late = line(follows=False, waits=True)
    assert not is_trouble(late, Stage(phase="content"))
    assert is_trouble(late, ASKED)


def test_the_head_of_the_list_counts_classes_and_devices_that_are_with_the_presenter() -> None:
    held, lost = line(follows=False, expected=20, joined=9), line(joined=30, silence=Silence(40))
    found = totals([line(joined=5), held, lost, line(run_id=None), line(expected=None, joined=7)], ASKED)
    assert (found.with_you, found.classes, found.joined, found.expected, found.to_look_at) == (2, 4, 12, 35, 2)


def test_classes_with_fewer_than_five_answers_are_left_out_of_the_tally_of_all() -> None:
    found = together(
        [line(counts={"1": 4}, joined=5), line(counts={"1": 3, "2": 2}, joined=5), line(counts={"2": 6}, joined=10)],
        ASKED,
    )
    assert found.counts == {"1": 3, "2": 8}
    assert (found.answered, found.joined, found.left_out, found.percent) == (15, 20, 1, 75)


def test_only_classes_that_are_with_the_presenter_and_asked_the_same_count() -> None:
    elsewhere = ASKED.model_copy(update={"step_key": "quiz.F2"})
    again = ASKED.model_copy(update={"round": 2})
    many = {"1": 9}
    found = together(
        [line(counts=many, follows=False), line(counts=many, stage=elsewhere), line(counts=many, stage=again)], ASKED
    )
    assert (found.counts, found.answered) == ({}, 0)


def test_what_one_class_chose_is_told_when_the_question_is_closed_and_five_have_answered() -> None:
    five, four = {"1": 3, "2": 2}, {"1": 2, "2": 2}
    assert line(counts=five).may_be_told(CLOSED)
    assert line(counts=five).may_be_told(CLOSED.model_copy(update={"phase": "revealed"}))
    assert not line(counts=five).may_be_told(ASKED)
    assert not line(counts=four).may_be_told(CLOSED)
    assert not line(counts=five, follows=False).may_be_told(CLOSED)


# The plan


def test_the_plan_begins_with_the_first_step_and_ends_with_the_minutes_of_the_lesson() -> None:
    assert planned(LESSON, Stage(phase="content"))[0] == FIRE.minutes
    first, last = LESSON.places[0].step.key, LESSON.places[-1].step.key
    assert planned(LESSON, Stage(step_key=first, phase="content"))[0] == 0
    assert planned(LESSON, Stage(step_key=last, phase="content"))[1] == pytest.approx(FIRE.minutes)
    both = plan([FIRE, water_lesson(FIRE)])
    assert planned(both, Stage(module=1, step_key=first, phase="content"))[0] == pytest.approx(FIRE.minutes)


def test_steps_of_a_part_share_its_minutes() -> None:
    part = [place.step for place in LESSON.places if place.step.part == "precheck"]
    begins = [planned(LESSON, Stage(step_key=step.key, phase="content"))[0] for step in part]
    assert begins == pytest.approx([number * 2.5 / len(part) for number in range(len(part))])


def test_a_step_is_behind_after_its_time_ahead_before_it_and_else_as_planned() -> None:
    here = Stage(step_key="hook", phase="content")
    begins, ends = planned(LESSON, here)
    assert behind(LESSON, here, ends + 2) == pytest.approx(2)
    assert behind(LESSON, here, begins - 1) == pytest.approx(-1)
    assert behind(LESSON, here, (begins + ends) / 2) == 0


# Rehearsal


def test_the_practice_class_answers_by_the_stored_seed_and_only_what_is_asked() -> None:
    place = LESSON.at(ASKED)
    one = practice_line("seed", place, ASKED, ["1", "2", "3"])
    assert one == practice_line("seed", place, ASKED, ["1", "2", "3"])
    assert one.answered == 5
    assert set(one.counts) <= {"1", "2", "3"}
    assert practice_line("seed", place, ASKED.model_copy(update={"phase": "ready"}), ["1", "2"]).answered == 0
