"""Checking again: offered on the class page when it is due, and asked as the class was asked then."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import func, select

from app.domain.lesson import Asking
from app.main import keep_house
from app.store import participation, runs
from app.store.runs import OpenRun
from app.store.tables import AnswerRow, AskingResultRow, ParticipantRow
from tests.cast import World
from tests.classroom import Classroom, choice_of

HAD = dict.fromkeys(range(12), (1, 4))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def tess(world: World) -> TestClient:
    """A teacher whose class of twelve devices had the fire lesson six weeks ago: 12 of 60 right before, 48 after."""
    school = Classroom(world.parts.database, world.clock)
    run = school.start()
    school.teach(run, {school.seat(run): score for score in HAD.values()})
    school.finish(run)
    world.clock.forward(weeks=6)
    return world.teacher()


def due(world: World) -> int:
    with world.parts.database.reading() as db:
        return runs.of_class(db, 1)[-1].version_ids[0]


def begin(tess: TestClient, world: World) -> OpenRun:
    answer = tess.post("/class/recheck", data={"version_id": due(world), "present": "26"})
    assert answer.status_code == 303, words(answer.text)
    return world.run_of(tess)


def ask_all(world: World, run: OpenRun, right: int = 3) -> None:
    """Every question, of eleven devices; each pupil has so many right."""
    school = Classroom(world.parts.database, world.clock)
    here = [school.seat(run.id) for _ in range(11)]
    for place, at in enumerate(one for one in run.plan.places if one.is_asking):
        assert isinstance(at.step, Asking)
        school.go_to(run.id, at.step.key)
        school.record(*(school.answer(run.id, who, choice_of(at.step, right=place < right)) for who in here))
        school.go_to(run.id, at.step.key, "closed")


def test_the_class_page_says_from_when_and_offers_it_when_its_time_has_come(world: World, tess: TestClient) -> None:
    world.clock.forward(days=-1)
    early = words(tess.get("/class").text)
    assert "From 15 Dec 2026. Until 26 Jan 2027 you start it on this page." in early
    assert "Start the recheck" not in early
    world.clock.forward(days=1)
    page = words(tess.get("/class").text)
    assert "Recheck, due 15 Dec 2026" in page
    assert "5 questions. Your class had it on 3 Nov 2026; it can be checked until 26 Jan 2027." in page


@pytest.mark.parametrize(
    ("days", "form", "sentence"),
    [
        (-1, {}, "can be checked again from 15 December 2026, not before"),
        (43, {}, "could be checked again until 26 January 2027. That time is over"),
        (0, {"version_id": "999"}, "Choose at least one lesson to check again"),
        (0, {"present": "many"}, "Type the number of pupils"),
    ],
)
def test_a_recheck_out_of_its_time_is_refused_with_a_sentence(
    world: World, tess: TestClient, days: int, form: dict[str, str], sentence: str
) -> None:
    world.clock.forward(days=days)
    answer = tess.post("/class/recheck", data={"version_id": str(due(world))} | form)
    assert answer.status_code >= 400
    assert sentence in words(answer.text)


def test_it_asks_the_key_questions_of_the_version_that_the_class_saw(world: World, tess: TestClient) -> None:
    school = Classroom(world.parts.database, world.clock)
    school.publish(school.fire.model_copy(update={"title": "Another version"}))
    run = begin(tess, world)
    assert run.version_ids == (due(world),)
    assert run.plan.lessons[0].title == "Get out, stay out"
    assert [place.step.key for place in run.plan.places] == ["quiz", *(f"quiz.F{n}" for n in range(1, 6))]
    assert "What do you still know?" in words(tess.get("/class/run/screen").text)
    assert "has a lesson open already" in words(tess.post("/class/recheck", data={"version_id": due(world)}).text)


def test_its_teacher_reads_before_after_and_now_and_it_is_asked_once(world: World, tess: TestClient) -> None:
    run = begin(tess, world)
    ask_all(world, run)
    Classroom(world.parts.database, world.clock).finish(run.id, 26)
    page = words(tess.get(f"/class/run/report?run={run.id}").text)
    assert re.findall(r"(\d+|0) of 12 (\d+) of 12 (\d+) of 11", page) == [
        ("12", "12", "11"),
        ("0", "12", "11"),
        ("0", "12", "11"),
        ("0", "12", "0"),
        ("0", "0", "0"),
    ]
    assert "Certificate" not in page
    assert "How useful" not in page
    assert tess.get(f"/class/run/certificate.pdf?run={run.id}").status_code == 409
    assert "was asked about" in words(tess.post("/class/recheck", data={"version_id": due(world)}).text)
    assert "Start the recheck" not in tess.get("/class").text


def test_one_that_was_broken_off_may_be_done_once_more(world: World, tess: TestClient) -> None:
    run = begin(tess, world)
    Classroom(world.parts.database, world.clock).go_to(run.id, "quiz.F2", "closed")
    Classroom(world.parts.database, world.clock).finish(run.id, 26)
    assert "Start the recheck" in tess.get("/class").text


def test_its_counts_stay_and_what_was_a_pupils_is_gone_after_a_day(world: World, tess: TestClient) -> None:
    run = begin(tess, world)
    ask_all(world, run)
    Classroom(world.parts.database, world.clock).finish(run.id, 26)
    world.clock.forward(hours=24, minutes=1)
    keep_house(world.parts)
    with world.parts.database.reading() as db:
        left = [db.exec(select(func.count()).select_from(table)).one() for table in (AnswerRow, ParticipantRow)]
        results = db.exec(select(AskingResultRow).where(AskingResultRow.run_id == run.id)).all()
        [record] = participation.records_of(db, run.id)
    assert left == [0, 0]
    assert [(one.answered, one.right) for one in results] == [(11, 11)] * 3 + [(11, 0)] * 2
    assert (record.kind, record.present, record.matched) == ("recheck", 26, 0)
