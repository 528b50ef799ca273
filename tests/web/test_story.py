"""The class votes how a story goes on: its teacher sees the way that most chose, and may take another."""

import re

import pytest

from app.domain.lesson import Lesson
from app.store import lessons, live_sessions, participation, runs
from app.store.runs import OpenRun
from tests.cast import World, answer, stage_of
from tests.classroom import Classroom
from tests.content.test_stories import story_lesson

OUTSIDE, SMOKE, SLEEP = "scenario.scene.4", "scenario.scene.1", "scenario.scene.2"


class Story:
    """A class that stands at the vote of a story, with so many pupils."""

    def __init__(self, world: World, lesson: Lesson, votes: str) -> None:
        self.world, self.teacher = world, world.teacher()
        with world.parts.database.transaction() as db:
            self.run_id = runs.start(
                db,
                1,
                [lessons.publish(db, lesson, world.clock.now)],
                questions=8,
                kind="lesson",
                present=28,
                seed="story",
                now=world.clock.now,
                choose=min,
            )
        world.go_to(self.teacher, self.run, "scenario.ask", "open")
        for letter in votes:
            pupil = world.pupil(self.run)
            asking = stage_of(pupil)["asking"]
            assert pupil.post("/play/answers", json=answer(asking, letter)).json()["kind"] == "ack"
        world.go_to(self.teacher, self.run, "scenario.ask", "revealed")

    @property
    def run(self) -> OpenRun:
        with self.world.parts.database.reading() as db:
            return runs.read(db, self.run_id)

    def panel(self, audience: str) -> str:
        html: str = self.teacher.get(f"/class/run/panels/stage?as={audience}").json()["html"]
        return html

    def buttons(self, audience: str) -> dict[str, str]:
        """Id of each button that goes on -> its way."""
        forms = re.findall(
            r'<form method="post" action="/class/run/cue">(.*?)</form>', self.panel(audience), re.DOTALL
        )
        found = [
            (re.search(r'name="way" value="(\w)"', form), re.search(r'button id="([\w-]+)"', form)) for form in forms
        ]
        return {name[1]: way[1] for way, name in found if way and name}

    def go_on(self, way: str) -> int:
        now = self.run
        form = {"order": "next", "seq": now.stage.seq, "epoch": now.epoch, "way": way}
        status: int = self.teacher.post("/class/run/cue", data=form).status_code
        return status


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return story_lesson(tmp_path_factory.mktemp("story"))


def test_next_goes_the_way_that_most_chose(world: World, lesson: Lesson) -> None:
    story = Story(world, lesson, "ABBC")
    assert "Our class chose B" in story.panel("screen")
    for audience in ("screen", "controls"):
        buttons = story.buttons(audience)
        assert buttons["order-next"] == "B"
        assert {name: way for name, way in buttons.items() if name != "order-next"} == {
            "order-way-A": "A",
            "order-way-C": "C",
        }
    assert story.go_on("B") == 303
    assert (story.run.stage.step_key, story.run.stage.phase) == (SMOKE, "content")


def test_the_teacher_may_take_another_way(world: World, lesson: Lesson) -> None:
    story = Story(world, lesson, "BB")
    assert story.go_on("C") == 303
    assert story.run.stage.step_key == SLEEP


def test_when_the_vote_is_level_each_of_them_is_offered(world: World, lesson: Lesson) -> None:
    story = Story(world, lesson, "AC")
    assert "The vote is level: A and C" in story.panel("screen")
    assert "Choose how the story goes on." in story.panel("controls")
    assert list(story.buttons("screen").values()) == ["A", "C", "B"]


def test_nobody_has_voted_and_the_story_goes_on_all_the_same(world: World, lesson: Lesson) -> None:
    story = Story(world, lesson, "")
    assert len(story.buttons("controls")) == 3
    world.give(story.teacher, story.run)  # a page that knows no ways
    assert story.run.stage.step_key == OUTSIDE


@pytest.mark.parametrize("way", ["D", "1", "x"])
def test_a_way_that_is_not_on_the_screen_moves_nothing(world: World, lesson: Lesson, way: str) -> None:
    story = Story(world, lesson, "A")
    assert story.go_on(way) == 422
    assert story.run.stage.phase == "revealed"


def test_no_device_is_told_where_an_answer_leads(world: World, lesson: Lesson) -> None:
    story = Story(world, lesson, "A")
    pupil = world.pupil(story.run)
    sent = stage_of(pupil)["html"] + pupil.get("/play").text + story.panel("screen")
    assert "scenario." not in sent
    assert "Everyone is outside" not in sent


def test_the_record_has_the_way_that_was_shown_and_no_other(world: World, lesson: Lesson) -> None:
    story = Story(world, lesson, "BB")
    story.go_on("B")
    world.go_to(story.teacher, story.run, "scenario.ask.1", "revealed")
    story.go_on("A")
    world.go_to(story.teacher, story.run, "poll.ask", "ready")
    world.finish(story.teacher)
    with world.parts.database.reading() as db:
        [record] = participation.records_of(db, story.run_id)
    shown = [key for key in record.steps_shown if key.startswith("scenario")]
    assert shown == ["scenario", "scenario.ask", SMOKE, "scenario.ask.1", "scenario.scene.3"]
    report = story.teacher.get("/class/run/report").text
    assert "What does Mo do?" in report


def test_all_who_follow_go_the_presenters_way(world: World, lesson: Lesson) -> None:
    school = Classroom(world.parts.database, world.clock)
    with world.parts.database.transaction() as db:
        version_id = lessons.publish(db, lesson.model_copy(update={"key": "fire"}), world.clock.now)
    session_id = school.lead([version_id])
    followers = [school.follow(session_id, group) for group in (1, 2)]
    session = school.cue_to(session_id, "scenario.ask", "revealed")
    with world.parts.database.transaction() as db:
        live_sessions.give(
            db,
            live_sessions.read(db, session_id),
            "next",
            seq=session.stage.seq,
            holder_epoch=session.holder_epoch,
            by=session.holder_account_id or 0,
            now=world.clock.now,
            to=SLEEP,
        )
    assert [school.run(run_id).stage.step_key for run_id in followers] == [SLEEP, SLEEP]
    school.hold(followers[0])
    assert school.give(followers[0]).stage.step_key == "poll.ask"
    assert school.give(followers[0], "back").stage.step_key == "scenario.ask"
