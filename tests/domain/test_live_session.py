"""What a class sees of a live session, and what it has seen when it ends."""

from datetime import timedelta

import pytest

from app.domain.live_session import as_left, cover, is_left_out, taken_over, timeline
from app.domain.participation import asked, minutes_delivered, presenting, steps_shown
from app.domain.run import CueKind, Phase, Shift, Stage, plan, reached
from tests.domain.test_participation import TEN
from tests.domain.test_run import FIRE

FIRE_SERVICE, POLICE = 1, 2


def cue(
    kind: CueKind, minute: float, seq: int, step: str = "hook", phase: Phase = "content", *, agency: int | None = None
) -> Shift:
    at = TEN + timedelta(minutes=minute)
    return Shift(kind=kind, module=0, step_key=step, phase=phase, round=1, at=at, seq=seq, agency_id=agency)


LED = (
    cue("next", 0, 1, "before", agency=FIRE_SERVICE),
    cue("next", 5, 2, "hook", agency=FIRE_SERVICE),
    cue("take", 8, 3, "hook", agency=POLICE),
    cue("next", 10, 4, "facts.1", agency=POLICE),
    cue("next", 15, 5, "facts.2", agency=POLICE),
)


def minutes(history: tuple[Shift, ...], ended: float = 20) -> float:
    return minutes_delivered(history, 0, TEN + timedelta(minutes=ended))


# What it sees


@pytest.mark.parametrize(
    ("led", "left", "sees"),
    [
        (("open", 1), ("closed", 1), ("closed", 1)),
        (("open", 1), ("revealed", 1), ("revealed", 1)),
        (("ready", 1), ("closed", 1), ("closed", 1)),
        (("revealed", 1), ("closed", 1), ("revealed", 1)),
        (("open", 2), ("closed", 1), ("open", 2)),
        (("open", 2), ("closed", 2), ("closed", 2)),
        (("open", 2), ("revealed", 1), ("revealed", 1)),
        (("revealed", 1), ("closed", 2), ("revealed", 1)),
        (("finished", 1), ("closed", 1), ("finished", 1)),
    ],
)
def test_what_a_class_closed_by_itself_stays_as_it_left_it(
    led: tuple[Phase, int], left: tuple[Phase, int], sees: tuple[Phase, int]
) -> None:
    stage = Stage(step_key="quiz.F1", phase=led[0], round=led[1], seq=9)
    found = as_left(stage, {(0, "quiz.F1"): left})
    assert ((found.phase, found.round), found.seq) == (sees, 9)


def test_only_the_question_that_was_closed_stays_closed() -> None:
    stage = Stage(step_key="quiz.F2", phase="open")
    assert as_left(stage, {(0, "quiz.F1"): ("closed", 1), (1, "quiz.F2"): ("closed", 1)}) == stage


def test_what_covers_the_stage_is_said_by_name() -> None:
    short = plan([FIRE], [(0, "hook")])
    at_hook, at_before = Stage(step_key="hook", phase="content"), Stage(step_key="before", phase="content")
    assert cover(at_hook, short, calm=False, paused=False) == "left_out"
    assert cover(at_hook, short, calm=True, paused=True) == "calm"
    assert cover(at_before, short, calm=False, paused=True) == "paused"
    assert cover(at_before, short, calm=False, paused=False) == ""
    assert not any(is_left_out(stage, short) for stage in (Stage(), Stage(step_key="hook", phase="finished")))


def test_a_class_that_takes_over_at_a_step_it_left_out_finds_its_own_step_before_as_it_was() -> None:
    short = plan([FIRE], [(0, "hook")])
    stage = Stage(step_key="hook", phase="content", seq=30)
    assert taken_over(stage, short, {(0, "before.tell"): ("closed", 2)}) == Stage(
        step_key="before.tell", phase="closed", round=2, seq=30
    )


# What it has seen


def test_a_class_that_followed_all_the_time_has_seen_what_was_led() -> None:
    history = timeline([cue("follow", 0, 0, "", "lobby")], LED)
    assert steps_shown(history, 0) == ("before", "hook", "facts.1", "facts.2")
    assert minutes(history) == 20.0
    assert presenting(history, 0) == {FIRE_SERVICE, POLICE}


def test_a_class_that_came_late_has_seen_the_rest() -> None:
    history = timeline([cue("follow", 12, 4, "facts.1")], LED)
    assert steps_shown(history, 0) == ("facts.1", "facts.2")
    assert minutes(history) == 8.0
    assert presenting(history, 0) == {POLICE}


def test_while_a_class_holds_its_own_cues_count_and_the_presenters_do_not() -> None:
    own = [cue("follow", 0, 0, "", "lobby"), cue("hold", 6, 2), cue("next", 9, 3, "scenario"), cue("end", 16, 4)]
    history = timeline(own, LED)
    assert [(s.kind, s.step_key) for s in history] == [
        *(("follow", ""), ("next", "before"), ("next", "hook")),
        *(("hold", "hook"), ("next", "scenario"), ("end", "hook")),
    ]
    assert minutes(history, 16) == 16.0
    assert presenting(history, 0) == {FIRE_SERVICE}


def test_of_a_hold_and_a_cue_in_the_same_moment_the_seq_says_which_was_first() -> None:
    own = [cue("follow", 0, 0, "", "lobby"), cue("hold", 10, 3)]
    assert steps_shown(timeline(own, LED), 0) == ("before", "hook")
    own = [cue("follow", 0, 0, "", "lobby"), cue("hold", 10, 4, "facts.1")]
    assert steps_shown(timeline(own, LED), 0) == ("before", "hook", "facts.1")


def test_what_the_presenter_showed_under_the_classs_calm_screen_was_not_shown_and_is_no_lesson_time() -> None:
    own = [cue("follow", 0, 0, "", "lobby"), cue("calm", 9, 3, "hook"), cue("resume", 16, 5, "facts.2")]
    history = timeline(own, LED)
    assert steps_shown(history, 0) == ("before", "hook", "facts.2")
    assert minutes(history) == 13.0


def test_a_calm_screen_outlives_a_hold_and_catching_up() -> None:
    own = [
        *(cue("follow", 0, 0, "", "lobby"), cue("calm", 2, 1, "before"), cue("hold", 4, 1, "before")),
        *(cue("follow", 6, 2, "hook"), cue("resume", 11, 4, "facts.1")),
    ]
    assert minutes(timeline(own, LED)) == 11.0


def test_a_pause_of_the_presenter_and_a_hand_over_in_it_are_no_lesson_time() -> None:
    led = (cue("next", 0, 1), cue("pause", 5, 2), cue("take", 6, 3, agency=POLICE), cue("resume", 9, 4))
    history = timeline([cue("follow", 0, 0, "", "lobby")], led)
    assert minutes(history) == 16.0
    late = timeline([cue("follow", 7, 3)], led)
    assert minutes(late) == 11.0


def test_a_step_that_was_left_out_was_not_shown_and_is_no_lesson_time() -> None:
    history = timeline([cue("follow", 0, 0, "", "lobby")], LED, [(0, "hook")])
    assert steps_shown(history, 0) == ("before", "facts.1", "facts.2")
    assert minutes(history) == 15.0


def test_a_question_was_asked_when_it_was_open_before_the_class() -> None:
    led = (cue("open", 0, 1, "before.F1", "open"), cue("close", 4, 2, "before.F1", "closed"))
    follow = cue("follow", 0, 0, "", "lobby")
    assert asked(timeline([follow], led), 0) == {("before.F1", 1)}
    assert asked(timeline([cue("follow", 2, 1, "before.F1", "open")], led), 0) == {("before.F1", 1)}
    assert asked(timeline([follow, cue("calm", 0, 0, "", "lobby")], led), 0) == frozenset()
    assert asked(timeline([follow], led, [(0, "before.F1")]), 0) == frozenset()


def test_a_second_round_that_the_class_did_not_see_was_not_asked() -> None:
    led = (
        cue("open", 1, 1, "quiz.F1", "open"),
        cue("close", 2, 2, "quiz.F1", "closed"),
        cue("reopen", 3, 3, "quiz.F1", "open").model_copy(update={"round": 2}),
    )
    own = [
        *(cue("follow", 0, 0, "", "lobby"), cue("hold", 2, 2, "quiz.F1", "closed")),
        *(cue("reveal", 2, 3, "quiz.F1", "revealed"), cue("follow", 2, 2, "quiz.F1", "revealed")),
    ]
    history = timeline(own, led)
    assert asked(history, 0) == {("quiz.F1", 1)}
    assert reached(history) == {(0, "quiz.F1"): ("revealed", 1)}
