"""What a run gave, computed from its cues and answers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Invalid
from app.domain.lesson import Agency, Asking
from app.domain.participation import (
    anchor_pairs,
    anchors_served,
    began_at,
    contributions,
    matched,
    minutes_delivered,
    read_head_count,
    score_pairs,
    steps_shown,
)
from app.domain.quiz import NOT_SURE, ChooseOne
from app.domain.run import CueKind, Shift
from tests.classroom import anchors
from tests.domain.test_run import FIRE

TEN = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
ANCHORS = anchors_served(FIRE, [step.key for step in FIRE.steps])


def shift(kind: CueKind, minute: float, step: str = "hook", module: int = 0) -> Shift:
    at = TEN + timedelta(minutes=minute)
    return Shift(kind=kind, module=module, step_key=step, phase="content", round=1, at=at)


def minutes(shifts: list[Shift], ended: float, module: int = 0) -> float:
    return minutes_delivered(shifts, module, TEN + timedelta(minutes=ended))


@pytest.mark.parametrize(("typed", "present"), [("28", 28), (" 1 ", 1), ("60", 60), ("07", 7)])
def test_a_head_count_is_a_number_of_pupils(typed: str, present: int) -> None:
    assert read_head_count(typed) == present


@pytest.mark.parametrize("typed", ["", " ", "many", "28 pupils", "28.0", "1e1", "9" * 5000])
def test_what_is_no_number_gets_an_example(typed: str) -> None:
    with pytest.raises(Invalid, match="Type the number of pupils in the room"):
        read_head_count(typed)


@pytest.mark.parametrize("typed", ["0", "-1", "61", "1000000"])
def test_a_head_count_that_no_class_has_is_asked_again(typed: str) -> None:
    with pytest.raises(Invalid, match="One class has between 1 and 60 pupils"):
        read_head_count(typed)


def test_time_in_the_lobby_is_no_lesson_time() -> None:
    assert minutes([shift("next", 10)], ended=30) == 20.0


def test_calm_pauses_are_taken_out() -> None:
    history = [shift("next", 0), shift("calm", 5), shift("resume", 12), shift("calm", 20), shift("resume", 21)]
    assert minutes(history, ended=30) == 22.0


def test_a_calm_screen_at_the_end_is_no_lesson_time() -> None:
    assert minutes([shift("next", 0), shift("calm", 5), shift("end", 25)], ended=25) == 5.0


def test_a_calm_pause_in_one_module_takes_nothing_from_the_other() -> None:
    history = [shift("next", 0), shift("calm", 5), shift("resume", 8), shift("next", 20, module=1)]
    assert (minutes(history, 50), minutes(history, 50, module=1)) == (17.0, 30.0)


def test_the_time_between_an_end_and_its_taking_back_is_no_lesson_time() -> None:
    history = [shift("next", 0), shift("end", 20), shift("back", 50), shift("end", 60)]
    assert minutes(history, ended=60) == 30.0


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 40), st.booleans()), min_size=1, max_size=30))
def test_the_minutes_of_all_modules_add_up_to_the_length_without_pauses(steps: list[tuple[int, int, bool]]) -> None:
    history, minute, played = [], 0, 0
    for module, length, pause in steps:
        history.append(shift("next", minute, module=module))
        minute += length
        played += length
        if pause:
            history += [shift("calm", minute, module=module), shift("resume", minute + 7, module=module)]
            minute += 7
    both = minutes(history, minute) + minutes(history, minute, module=1)
    assert both == pytest.approx(played)


def test_steps_are_listed_in_the_order_of_their_first_showing() -> None:
    history = [shift("next", 0, "a"), shift("next", 1, "b"), shift("back", 2, "a"), shift("next", 3, "c", module=1)]
    assert (steps_shown(history, 0), steps_shown(history, 1), steps_shown(history, 2)) == (("a", "b"), ("c",), ())


def test_a_module_begins_with_its_first_step() -> None:
    history = [shift("next", 3), shift("next", 9, module=1)]
    begun = [began_at(history, module) for module in (0, 1, 2)]
    assert begun == [TEN + timedelta(minutes=3), TEN + timedelta(minutes=9), None]


# Agencies


def test_the_lead_of_a_step_that_was_shown_leads_and_the_named_support() -> None:
    police, rnli = Agency(key="police", name="Police"), Agency(key="rnli", name="RNLI")
    steps = tuple(step.model_copy(update={"lead": police}) if step.key == "scenario" else step for step in FIRE.steps)
    lesson = FIRE.model_copy(update={"steps": steps, "supports": (rnli, police)})
    fire = FIRE.lead.key
    assert contributions(lesson, ["hook"]) == {fire: ("leads",), "police": ("supports",), "rnli": ("supports",)}
    assert contributions(lesson, ["scenario"]) == {fire: ("supports",), "police": ("leads",), "rnli": ("supports",)}
    assert contributions(lesson, ["hook", "scenario"]) == {
        fire: ("leads",),
        "police": ("leads",),
        "rnli": ("supports",),
    }


def test_an_agency_presents_beside_leading_and_supports_only_when_it_does_neither() -> None:
    rnli = Agency(key="rnli", name="RNLI")
    lesson = FIRE.model_copy(update={"supports": (rnli,)})
    fire = FIRE.lead.key
    assert contributions(lesson, ["hook"], [fire]) == {"rnli": ("supports",), fire: ("leads", "presents")}
    assert contributions(lesson, ["hook"], ["rnli", "police"]) == {
        "rnli": ("presents",),
        fire: ("leads",),
        "police": ("presents",),
    }


# Before and after


def answers(before: str, after: str) -> dict[str, str]:
    """One pupil's choices: a letter each for the anchors; r right, w wrong, ? not sure, - no answer."""
    given = {}
    for purpose, letters in (("before", before), ("quiz", after)):
        for step, letter in zip(anchors(FIRE, purpose), letters, strict=True):
            assert isinstance(step.question, ChooseOne)
            right = step.question.correct.key
            wrong = next(option.key for option in step.question.options if not option.is_correct)
            if letter != "-":
                given[step.key] = {"r": right, "w": wrong, "?": NOT_SURE}[letter]
    return given


def test_anchors_count_only_when_they_were_opened_before_and_after() -> None:
    assert len(ANCHORS) == 5
    served = anchors_served(FIRE, ["before.F1", "quiz.F1", "before.F2", "quiz.F3", "quiz.F6"])
    assert served == {"F1": ("before.F1", "quiz.F1")}
    assert anchors_served(FIRE, []) == {}


def test_a_pupil_is_matched_who_answered_every_anchor_twice_not_sure_included() -> None:
    choices = {
        1: answers("rrrrr", "rrrrr"),
        2: answers("?????", "?????"),
        3: answers("rrrr-", "rrrrr"),
        4: answers("rrrrr", "-rrrr"),
        5: {},
    }
    assert matched(choices, ANCHORS) == (1, 2)


def test_nobody_is_matched_where_no_anchor_was_served() -> None:
    assert matched({1: answers("rrrrr", "rrrrr")}, {}) == ()
    assert score_pairs(FIRE, {1: answers("rrrrr", "rrrrr")}, {}) == []


def test_pairs_of_scores_are_counted() -> None:
    choices = {1: answers("rrwww", "rrrrr"), 2: answers("wwrr?", "rrrrr"), 3: answers("?????", "r????")}
    pairs = [(pair.before_right, pair.after_right, pair.n) for pair in score_pairs(FIRE, choices, ANCHORS)]
    assert pairs == [(0, 1, 1), (2, 5, 2)]


def test_each_anchor_says_who_was_right_when() -> None:
    choices = {
        1: answers("rwwww", "rrwww"),
        2: answers("rww?w", "wrwww"),
        3: answers("wwwww", "r?www"),
        4: answers("rrrr-", "rrrrr"),
    }
    found = {
        pair.question_key: (pair.both, pair.before_only, pair.after_only, pair.neither)
        for pair in anchor_pairs(FIRE, choices, ANCHORS)
    }
    assert found == {
        "F1": (1, 1, 1, 0),
        "F2": (0, 0, 2, 1),
        "F3": (0, 0, 0, 3),
        "F4": (0, 0, 0, 3),
        "F5": (0, 0, 0, 3),
    }


ONE = st.tuples(st.text("rw?", min_size=5, max_size=5), st.text("rw?-", min_size=5, max_size=5))


@given(st.lists(ONE, max_size=12))
def test_pairs_of_scores_and_anchors_speak_of_the_same_pupils(class_of: list[tuple[str, str]]) -> None:
    choices = {place: answers(*given) for place, given in enumerate(class_of)}
    who = len(matched(choices, ANCHORS))
    scores, pairs = score_pairs(FIRE, choices, ANCHORS), anchor_pairs(FIRE, choices, ANCHORS)
    assert sum(pair.n for pair in scores) == who
    assert {pair.both + pair.before_only + pair.after_only + pair.neither for pair in pairs} == {who}
    assert sum(p.before_right * p.n for p in scores) == sum(p.both + p.before_only for p in pairs)
    assert sum(p.after_right * p.n for p in scores) == sum(p.both + p.after_only for p in pairs)


def test_every_anchor_of_the_fire_lesson_is_asked_twice() -> None:
    asked = [step.question.key for step in FIRE.steps if isinstance(step, Asking) and step.is_anchor]
    assert sorted(asked) == sorted(["F1", "F2", "F3", "F4", "F5"] * 2)
