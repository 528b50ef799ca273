"""A story goes on as the class votes, and after every ending the lesson goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Invalid, NotAllowed
from app.domain.lesson import Lesson
from app.domain.run import Phase, Plan, Stage, after_order, next_words, plan
from app.domain.shown import show, way_of
from tests.content.test_stories import story_lesson

SLEEP, OUTSIDE, SMOKE = "scenario.scene.2", "scenario.scene.4", "scenario.scene.1"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return story_lesson(tmp_path_factory.mktemp("story"))


class Walk:
    """A run in memory, with the way that each vote takes."""

    def __init__(self, of: Plan, ways: dict[str, str] | None = None) -> None:
        self.plan = of
        self.ways = ways or {}
        self.stage = Stage()
        self.reached: dict[tuple[int, str], tuple[Phase, int]] = {}
        self.shown: list[str] = []

    def give(self, order: str, to: str = "") -> Stage:
        self.stage, kind = after_order(self.stage, order, self.plan, self.reached, to)  # type: ignore[arg-type]
        if kind in ("close", "reveal"):
            self.reached[0, self.stage.step_key] = (self.stage.phase, 1)
        if not self.shown or self.shown[-1] != self.stage.step_key:
            self.shown.append(self.stage.step_key)
        return self.stage

    def to(self, step_key: str, phase: str) -> "Walk":
        for _ in range(200):
            if (self.stage.step_key, self.stage.phase) == (step_key, phase):
                return self
            way = self.ways.get(self.stage.step_key, "") if self.stage.phase == "revealed" else ""
            self.give("next", way)
        raise AssertionError(f"never came to {step_key} {phase}")


def test_next_goes_the_way_that_is_named_and_then_past_the_other_endings(lesson: Lesson) -> None:
    walk = Walk(plan([lesson]), {"scenario.ask": SLEEP}).to("poll.ask", "ready")
    story = [key for key in walk.shown if key.startswith("scenario")]
    assert story == ["scenario", "scenario.ask", SLEEP]


def test_a_way_may_lead_to_another_vote(lesson: Lesson) -> None:
    walk = Walk(plan([lesson]), {"scenario.ask": SMOKE, "scenario.ask.1": OUTSIDE}).to("poll.ask", "ready")
    story = [key for key in walk.shown if key.startswith("scenario")]
    assert story == ["scenario", "scenario.ask", SMOKE, "scenario.ask.1", OUTSIDE]


def test_without_a_way_the_first_answer_leads_on(lesson: Lesson) -> None:
    walk = Walk(plan([lesson])).to("scenario.ask", "revealed")
    assert next_words(walk.stage, walk.plan) == "See what happens"
    assert walk.give("next").step_key == OUTSIDE
    assert next_words(walk.stage, walk.plan) == "Next"


def test_a_way_that_does_not_lead_from_here_is_refused(lesson: Lesson) -> None:
    walk = Walk(plan([lesson])).to("scenario.ask", "revealed")
    with pytest.raises(NotAllowed, match="does not go on there"):
        walk.give("next", "scenario.scene.3")
    walk.to("poll.ask", "revealed")
    with pytest.raises(NotAllowed):
        walk.give("next", OUTSIDE)


def test_back_leads_to_the_vote_and_from_there_another_way_can_be_taken(lesson: Lesson) -> None:
    walk = Walk(plan([lesson]), {"scenario.ask": SMOKE}).to(SMOKE, "content")
    assert (walk.give("back").step_key, walk.stage.phase) == ("scenario.ask", "revealed")
    assert walk.give("next", SLEEP).step_key == SLEEP
    after = walk.give("next").step_key
    assert after == "poll.ask"
    assert walk.give("back").step_key == "scenario.ask"


def test_where_the_story_is_the_last_part_its_ending_is_the_end(lesson: Lesson) -> None:
    only = lesson.model_copy(update={"steps": tuple(step for step in lesson.steps if step.part == "scenario")})
    walk = Walk(plan([only]), {"scenario.ask": SLEEP}).to(SLEEP, "content")
    assert next_words(walk.stage, walk.plan) == "Say thank you"
    assert walk.give("next").phase == "finished"
    assert walk.give("back").step_key == "scenario.ask"


def test_a_way_to_a_scene_that_the_class_left_out_leads_past_the_story(lesson: Lesson) -> None:
    walk = Walk(plan([lesson], [(0, SLEEP)]), {"scenario.ask": SLEEP}).to("scenario.ask", "revealed")
    assert walk.give("next", SLEEP).step_key == "poll.ask"


@given(st.data())
def test_whatever_the_class_votes_the_story_ends_and_the_lesson_goes_on(lesson: Lesson, data: st.DataObject) -> None:
    walk = Walk(plan([lesson]))
    walk.to("scenario", "content")
    for _ in range(40):
        place = walk.plan.at(walk.stage)
        ways = getattr(place.step, "ways", ()) if place and walk.stage.phase == "revealed" else ()
        walk.give("next", data.draw(st.sampled_from([way.to for way in ways])) if ways else "")
        if walk.stage.step_key == "poll.ask":
            break
    endings = [key for key in walk.shown if getattr(lesson.step(key) if key else None, "ends_story", False)]
    assert walk.stage.step_key == "poll.ask"
    assert len(endings) == 1


def test_a_shown_letter_leads_where_its_answer_does(lesson: Lesson) -> None:
    story = plan([lesson])
    stage = Stage(step_key="scenario.ask", phase="revealed")
    shown = show(stage, story, "seed").question
    assert shown is not None
    assert [option.letter for option in shown.options] == ["A", "B", "C"]
    assert [way_of(story, stage, "seed", letter) for letter in ("A", "B", "C", "")] == [OUTSIDE, SMOKE, SLEEP, ""]
    for letter in ("D", "1", "not_sure"):
        with pytest.raises(Invalid):
            way_of(story, stage, "seed", letter)
    with pytest.raises(Invalid):
        way_of(story, Stage(step_key="scenario"), "seed", "A")


def test_a_vote_is_not_numbered_since_how_many_come_depends_on_the_way(lesson: Lesson) -> None:
    shown = show(Stage(step_key="scenario.ask", phase="open"), plan([lesson]), "seed").question
    assert shown is not None
    assert (shown.number, shown.of) == (1, 1)
