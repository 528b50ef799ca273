"""Every kind of question from the classroom screen to the store and back, by plain requests."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.quiz import Question
from app.domain.shown import asking_name, marks_of
from app.store import answers, lessons, runs
from app.store.runs import OpenRun
from app.web.answering import typed_choice
from tests.cast import World, answer, stage_of
from tests.questions import MARKED, name_of, sendable, with_every_kind

each = pytest.mark.parametrize("question", MARKED, ids=name_of)


class Lesson:
    """A class that is asked every kind of question, its teacher and one pupil."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.teacher = world.teacher()
        with world.parts.database.transaction() as db:
            fire = lessons.offered(db, 1)[0][1]
            short = fire.model_copy(update={"steps": tuple(step for step in fire.steps if step.part == "facts")})
            asks_sure = tuple(one.model_copy(update={"asks_sure": one.kind == "match"}) for one in MARKED)
            version_id = lessons.publish(db, with_every_kind(short, asks_sure), world.clock.now)
            self.run_id = runs.start(
                db,
                1,
                [version_id],
                questions=8,
                kind="lesson",
                present=28,
                seed="every kind",
                now=world.clock.now,
                choose=min,
            )
        self.pupil = world.pupil(self.run)
        self.change = 0

    @property
    def run(self) -> OpenRun:
        with self.world.parts.database.reading() as db:
            return runs.read(db, self.run_id)

    def come_to(self, question: Question, phase: str) -> None:
        """Forward, or back to the question and forward again."""
        for _ in range(80):
            stage = self.run.stage
            if (stage.step_key, stage.phase) == (f"facts.ask.{question.key}", phase):
                return
            self.world.give(self.teacher, self.run)
        raise AssertionError(f"never came to {question.key} {phase}")

    def marks(self) -> dict[str, str]:
        run = self.run
        here = run.plan.at(run.stage)
        assert here is not None
        return marks_of(here, run.seed)

    def asking(self) -> str:
        run = self.run
        here = run.plan.at(run.stage)
        assert here is not None
        return asking_name(run.seed, here)

    def send(self, choice: str) -> dict[str, Any]:
        self.change += 1
        message = answer(self.asking(), choice, change=self.change, number=self.change)
        found: dict[str, Any] = self.pupil.post("/play/answers", json=message).json()
        return found

    def counts(self) -> dict[str, int]:
        run = self.run
        with self.world.parts.database.reading() as db:
            return answers.sheet(db, run.id, run.stage, tally_only=False).counts

    def screen(self, panel: str = "stage", audience: str = "screen") -> str:
        html: str = self.teacher.get(f"/class/run/panels/{panel}?as={audience}").json()["html"]
        return html


@pytest.fixture(scope="module")
def lesson(seeded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    """One lesson for all tests of this file: each kind has its turn, in the order of MARKED."""
    folder = tmp_path_factory.mktemp("kinds") / "data"
    shutil.copytree(seeded_folder, folder)
    with World(folder) as world:
        yield Lesson(world)


@each
def test_a_question_goes_from_the_screen_to_the_store_and_back(lesson: Lesson, question: Question) -> None:
    lesson.come_to(question, "open")
    panel = stage_of(lesson.pupil)
    _is_announced(panel, question, lesson)
    marks = lesson.marks()
    right, wrong = _right_and_wrong(question, marks)

    assert lesson.send(wrong)["kind"] == "ack"
    assert lesson.send("Z1" if question.form != "number" else "999")["kind"] in ("refused",)
    ack = lesson.send(right)
    assert (ack["kind"], ack["choice"]) == ("ack", right)
    stored = question.meant(right, marks)
    assert lesson.counts() == {stored: 1}
    me = lesson.pupil.get("/play/panels/me").json()["html"]
    assert f'data-choice="{right}"' in me

    told = [words for words in (question.explanation, question.talk) if words]
    before = (
        lesson.screen() + lesson.screen("tally") + stage_of(lesson.pupil)["html"] + lesson.pupil.get("/play").text
    )
    assert [words for words in told if words in before] == []
    assert "data-safest" not in before

    lesson.come_to(question, "closed")
    assert "1 of 1 answered" in lesson.screen("tally", "controls")
    lesson.come_to(question, "revealed")
    shown = stage_of(lesson.pupil)["html"]
    assert f'data-safest="{question.answer(marks)}"' in shown
    assert question.explanation in shown
    assert question.explanation in lesson.screen()
    _says_what_is_right(lesson.screen(), question)
    _says_what_is_right(shown, question)


def _is_announced(panel: dict[str, Any], question: Question, lesson: Lesson) -> None:
    """A client that has read only the protocol knows what it may send."""
    marks = lesson.marks()
    assert panel["choices"] == [*question.choices(marks), "not_sure"]
    assert panel.get("form", "one") == question.form
    assert panel.get("sure") == (["1", "2", "3"] if question.kind == "match" else None)
    assert set("".join(sendable(question, marks))) <= set("".join(panel["choices"]))


def _right_and_wrong(question: Question, marks: dict[str, str]) -> tuple[str, str]:
    sent = sendable(question, marks)
    right = [choice for choice in sent if question.is_right(question.meant(choice, marks) or "")]
    return right[0], next(choice for choice in sent if choice not in right)


def _says_what_is_right(html: str, question: Question) -> None:
    words = {
        "choose_one": "Get out",
        "true_or_false": "False",
        "choose_all": "A teacher",
        "estimate": "10 to 15 °C",
        "put_in_order": "Find",
        "match": "Do not go in",
        "spot": "A phone charging on the bed",
    }
    assert words[question.kind] in html


def test_how_sure_is_stored_with_the_choice_and_told_apart(world: World) -> None:
    lesson = Lesson(world)
    match = next(one for one in MARKED if one.kind == "match")
    lesson.come_to(match, "open")
    assert "How sure are you?" in stage_of(lesson.pupil)["html"]
    choice = _right_and_wrong(match, lesson.marks())[0]
    assert lesson.send(f"{choice}+3")["choice"] == f"{choice}+3"
    assert lesson.counts() == {"1,2,3+3": 1}
    lesson.come_to(match, "revealed")
    assert "<b>1</b> very" in lesson.screen()
    assert f'data-choice="{choice}+3"' in lesson.pupil.get("/play/panels/me").json()["html"]


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({"choice": "B"}, "B"),
        ({"choice": ["C", "A"]}, "AC"),
        ({"choice": "12", "sure": "2"}, "12+2"),
        ({"turn-A": "2", "turn-B": "3", "turn-C": "1"}, "CAB"),
        ({"with-B": "1", "with-A": "3"}, "A3B1"),
        ({"with-B": "1", "with-A": "3", "choice": "not_sure", "sure": "1"}, "not_sure"),
        ({"choice": ""}, ""),
        ({}, ""),
    ],
)
def test_a_page_without_scripts_says_the_same_by_its_form(fields: dict[str, Any], choice: str) -> None:
    items = [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    assert typed_choice(items) == choice


def fields_of(html: str, form: str) -> set[str]:
    return set(re.findall(rf'<(?:input|select|button)[^>]* name="({form}[^"]*)"', html))


def _page_that_asks(lesson: Lesson) -> str:
    """A room hears of an order a moment after whoever gave it."""
    for _ in range(200):
        page: str = lesson.pupil.get("/play").text
        if f'value="{lesson.asking()}"' in page and 'data-phase="open"' in page:
            return page
        time.sleep(0.02)
    raise AssertionError("the page does not ask")


def test_each_kind_can_be_answered_without_scripts(world: World) -> None:
    lesson = Lesson(world)
    for question in MARKED:
        lesson.come_to(question, "open")
        page = _page_that_asks(lesson)
        marks = lesson.marks()
        right = _right_and_wrong(question, marks)[0]
        assert ('http-equiv="refresh" content="60"' in page) == (question.form != "one")
        form: dict[str, Any] = {"asking": lesson.asking(), "round": "1"}
        match question.form:
            case "order":
                form |= {f"turn-{letter}": str(place) for place, letter in enumerate(right, start=1)}
            case "pairs":
                form |= {f"with-{right[place]}": right[place + 1] for place in range(0, len(right), 2)}
            case "some" | "areas":
                form["choice"] = list(right)
            case _:
                form["choice"] = right
        assert set(form) - {"asking", "round"} <= fields_of(page, "(?:choice|turn-|with-)") | {"choice"}, (
            question.kind
        )
        assert lesson.pupil.post("/play/answers", data=form).status_code == 303
        assert lesson.counts() == {question.meant(right, marks): 1}, question.kind
        answered = lesson.pupil.get("/play").text
        assert "Your answer:" in answered
        assert 'http-equiv="refresh" content="5"' in answered
