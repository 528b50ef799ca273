"""A run's stage: every order moves it once or is refused with a reason, and nothing that was asked is asked anew."""

from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.content import library
from app.domain.errors import NotAllowed
from app.domain.lesson import Asking, Lesson, Pledge, skipped_for
from app.domain.run import (
    LAST_ROUND,
    Order,
    Phase,
    Plan,
    Stage,
    accepts,
    after_order,
    has_feedback,
    next_words,
    plan,
)
from app.settings import Settings
from tests.classroom import water_lesson

SHIPPED = Settings()
FIRE = next(one for one in library.load(SHIPPED.lessons_dir, SHIPPED.quizzes_dir).lessons if one.key == "fire")
LESSON = plan([FIRE])


class Walk:
    """A run in memory: its stage, and how far each question came."""

    def __init__(self, of: Plan = LESSON) -> None:
        self.plan = of
        self.stage = Stage()
        self.reached: dict[tuple[int, str], tuple[Phase, int]] = {}
        self.kinds: list[str] = []

    def give(self, order: Order) -> Stage:
        stage, kind = after_order(self.stage, order, self.plan, self.reached)
        if kind in ("close", "reveal"):
            self.reached[stage.module, stage.step_key] = (stage.phase, stage.round)
        self.kinds.append(kind)
        self.stage = stage
        return stage

    def to(self, step_key: str, phase: str, module: int = 0) -> "Walk":
        for _ in range(400):
            if (self.stage.module, self.stage.step_key, self.stage.phase) == (module, step_key, phase):
                return self
            self.give("next")
        raise AssertionError(f"never came to {step_key} {phase}")


def refused(walk: Walk, order: Order) -> str:
    """The sentence with which an order is refused; nothing has changed."""
    before = walk.stage
    with pytest.raises(NotAllowed) as refusal:
        walk.give(order)
    assert walk.stage == before
    return refusal.value.sentence


def test_next_alone_walks_a_whole_lesson_and_opens_every_question() -> None:
    walk = Walk()
    while walk.stage.phase != "finished":
        walk.give("next")
        assert len(walk.kinds) < 300
    asked = [place.step for place in LESSON.places if isinstance(place.step, Asking | Pledge)]
    assert walk.kinds.count("open") == walk.kinds.count("close") == len(asked)
    assert walk.kinds.count("reveal") == sum(step.has_feedback for step in asked)
    assert walk.kinds.count("next") == 1 + len(LESSON.places)  # the ground rules come first
    assert walk.kinds[-1] == "finish"


def test_every_run_opens_with_the_ground_rules_and_does_not_go_back_to_them() -> None:
    walk = Walk()
    assert walk.give("next").is_rules
    assert LESSON.at(walk.stage) is None
    assert walk.give("next").step_key == "before"
    assert refused(walk, "back") == "This is the beginning."


def test_next_after_the_last_screen_is_refused() -> None:
    walk = Walk().to(FIRE.steps[-1].key, "content")
    walk.give("next")
    assert refused(walk, "next") == "The lesson is over. Count the class and finish."


def test_two_modules_follow_one_another_in_one_walk() -> None:
    walk = Walk(plan([FIRE, water_lesson(FIRE)]))
    walk.to("before", "content", module=1)
    walk.to("take-home", "content", module=1)
    assert walk.give("next").phase == "finished"


def test_a_question_is_ready_then_open_then_closed_then_revealed() -> None:
    walk = Walk().to("quiz.F1", "ready")
    assert [walk.give("next").phase for _ in range(3)] == ["open", "closed", "revealed"]
    assert walk.give("next").step_key == "quiz.F2"


def test_a_precheck_question_goes_on_without_a_reveal() -> None:
    walk = Walk().to("before.F1", "closed")
    assert not has_feedback(LESSON, walk.stage)
    assert refused(walk, "reveal") == "This question has no answer to show."
    assert walk.give("next").step_key == "before.F2"


def test_the_buttons_by_name_do_what_next_does() -> None:
    walk = Walk().to("quiz.F1", "ready")
    phases = [walk.give(order).phase for order in ("open", "close", "reveal")]
    assert phases == ["open", "closed", "revealed"]


@pytest.mark.parametrize(
    ("phase", "order", "sentence"),
    [
        ("open", "open", "This question has been asked already."),
        ("closed", "open", "This question has been asked already."),
        ("revealed", "open", "This question has been asked already."),
        ("ready", "close", "No question is open."),
        ("closed", "close", "No question is open."),
        ("ready", "reveal", "Close the question first."),
        ("open", "reveal", "Close the question first."),
        ("open", "back", "Close the question first, so that no answer is lost."),
        ("ready", "reopen", "A question can be opened again only after it is closed and before its answer is shown."),
        (
            "revealed",
            "reopen",
            "A question can be opened again only after it is closed and before its answer is shown.",
        ),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_the_reason(phase: str, order: Order, sentence: str) -> None:
    assert refused(Walk().to("quiz.F1", phase), order) == sentence


@pytest.mark.parametrize("order", ["open", "close", "reveal", "reopen", "back"])
def test_in_the_lobby_only_next_moves(order: Order) -> None:
    assert refused(Walk(), order)


def test_back_from_the_first_step_is_the_beginning() -> None:
    assert refused(Walk().to("before", "content"), "back") == "This is the beginning."


@pytest.mark.parametrize(("phase", "left"), [("closed", "closed"), ("revealed", "revealed")])
def test_back_finds_a_question_as_it_was_left_and_never_reopens_it(phase: str, left: str) -> None:
    walk = Walk().to("quiz.F1", phase)
    if phase == "closed":
        walk.give("back")  # leave it without a reveal
        walk.give("next")
    else:
        walk.give("next")
        walk.give("back")
    assert (walk.stage.step_key, walk.stage.phase, walk.stage.round) == ("quiz.F1", left, 1)


def test_a_question_left_in_its_second_round_is_found_in_it() -> None:
    walk = Walk().to("quiz.F1", "closed")
    for order in ("reopen", "close", "reveal", "next", "back"):
        walk.give(order)
    assert (walk.stage.phase, walk.stage.round) == ("revealed", 2)


def test_the_step_after_a_second_round_begins_with_the_first() -> None:
    walk = Walk().to("quiz.F1", "closed")
    for order in ("reopen", "close", "reveal", "next"):
        walk.give(order)
    assert (walk.stage.step_key, walk.stage.phase, walk.stage.round) == ("quiz.F2", "ready", 1)


def test_a_question_that_was_only_read_is_ready_again_on_coming_back() -> None:
    walk = Walk().to("quiz.F1", "ready")
    walk.give("back")
    assert walk.give("next").phase == "ready"


def test_a_question_is_opened_again_once_and_not_twice() -> None:
    walk = Walk().to("quiz.F1", "closed")
    assert (walk.give("reopen").phase, walk.stage.round) == ("open", 2)
    walk.give("close")
    assert refused(walk, "reopen") == "This question has been opened twice already."


def test_coming_back_does_not_allow_a_third_round() -> None:
    walk = Walk().to("before.F1", "closed")
    for order in ("reopen", "close", "next", "back"):
        walk.give(order)
    assert walk.stage.round == LAST_ROUND
    assert refused(walk, "reopen") == "This question has been opened twice already."


def test_back_from_the_thank_you_finds_the_last_step() -> None:
    walk = Walk().to(FIRE.steps[-1].key, "content")
    walk.give("next")
    assert walk.give("back").step_key == FIRE.steps[-1].key


def test_what_was_left_out_is_never_shown() -> None:
    skipped = [(0, key) for key in skipped_for(FIRE, 8)]
    walk = Walk(plan([FIRE], skipped))
    seen = set()
    while walk.stage.phase != "finished":
        seen.add(walk.give("next").step_key)
    assert skipped == [(0, "quiz.F9"), (0, "quiz.F10")]
    assert {step.key for step in FIRE.steps} - seen == {"quiz.F9", "quiz.F10"}


@pytest.mark.parametrize("questions", [0, 1, 5, 8, 10, 100])
def test_however_short_the_quiz_its_anchors_stay(questions: int) -> None:
    skipped = set(skipped_for(FIRE, questions))
    assert not skipped & {step.key for step in FIRE.steps if isinstance(step, Asking) and step.is_anchor}
    assert len(skipped) == min(max(10 - questions, 0), 5)


def test_the_next_button_says_what_it_will_do() -> None:
    walk, said = Walk(), []
    for step, phase in (
        ("", "lobby"),
        ("", "content"),
        ("before", "content"),
        ("before.F1", "ready"),
        ("before.F1", "open"),
        ("before.F1", "closed"),
        ("poll.ask", "closed"),
        ("quiz.F1", "closed"),
        ("quiz.F1", "revealed"),
        ("pledge", "closed"),
        ("take-home", "content"),
        ("take-home", "finished"),
    ):
        walk.to(step, phase)
        said.append(next_words(walk.stage, LESSON))
    assert said == [
        "Show the ground rules",
        "Start the lesson",
        "Next",
        "Open the question",
        "Close the question",
        "Next",
        "Show our answers",
        "Show the answer",
        "Next",
        "Show our answers",
        "Say thank you",
        "Finish",
    ]


def test_an_answer_counts_for_the_open_asking_and_round_only() -> None:
    stage = Stage(module=1, step_key="quiz.F1", phase="open", round=2, seq=9)
    assert accepts(stage, 1, "quiz.F1", 2)
    assert not accepts(stage, 0, "quiz.F1", 2)
    assert not accepts(stage, 1, "before.F1", 2)
    assert not accepts(stage, 1, "quiz.F1", 1)
    for phase in get_args(Phase):
        assert accepts(stage.model_copy(update={"phase": phase}), 1, "quiz.F1", 2) is (phase == "open")


def test_questions_are_numbered_within_their_part_and_confidence_apart() -> None:
    numbers = {}
    for key in ("before.F1", "before.F5", "before.know", "quiz.F8", "quiz.tell", "scenario.ask", "hook"):
        numbers[key] = LESSON.asking_number(Stage(step_key=key))
    assert numbers == {
        "before.F1": (1, 5),
        "before.F5": (5, 5),
        "before.know": (1, 2),
        "quiz.F8": (8, 10),
        "quiz.tell": (2, 2),
        "scenario.ask": (1, 1),
        "hook": (0, 0),
    }


# Whatever is ordered


def small(lesson: Lesson) -> Lesson:
    """A few steps of every kind, so that orders soon reach all of them."""
    keys = ("before", "before.F1", "poll.ask", "quiz.F1", "pledge", "take-home")
    return lesson.model_copy(update={"steps": tuple(step for step in lesson.steps if step.key in keys)})


ORDERS: Sequence[Order] = get_args(Order)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from([*ORDERS, "next", "next", "next"]), max_size=60))
def test_whatever_is_ordered_the_run_can_go_on_and_nothing_revealed_is_open_again(orders: list[Order]) -> None:
    walk = Walk(plan([small(FIRE), small(water_lesson(FIRE))]))
    revealed: set[tuple[int, str]] = set()
    rounds: set[tuple[int, str, int]] = set()
    for order in orders:
        before = walk.stage
        try:
            after = walk.give(order)
        except NotAllowed:
            assert walk.stage == before
            continue
        where = (after.module, after.step_key)
        assert after.seq == before.seq + 1
        assert 1 <= after.round <= LAST_ROUND
        if after.phase == "open":
            assert where not in revealed
            assert (*where, after.round) not in rounds, "a round is opened once"
            rounds.add((*where, after.round))
        if after.phase == "revealed":
            revealed.add(where)
    for _ in range(60):
        if walk.stage.phase == "finished":
            break
        walk.give("next")
    assert walk.stage.phase == "finished"
