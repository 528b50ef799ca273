"""What the class takes away after its lesson, and what it prints before."""

import re

from app.domain.lesson import TakeHome
from app.main import keep_house
from app.store import lessons
from tests.cast import PRIYA, TESS_LINK, World
from tests.papers import faults_for_screen_readers, words_of


def version_of(world: World) -> int:
    with world.parts.database.reading() as db:
        return lessons.offered(db, 1)[0][0]


def test_the_certificate_names_class_day_and_agencies_and_waits_for_the_head_count(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess, present="")
    world.go_to(tess, run, "before", "content")
    world.clock.forward(hours=5)
    keep_house(world.parts)  # nobody has ended it
    address = f"/class/run/certificate.pdf?run={run.id}"
    assert "head-count" in tess.get(address).text
    tess.post("/class/run/attendance", data={"run": run.id, "present": "27"})
    made = tess.get(address)
    assert made.headers["content-type"] == "application/pdf"
    assert faults_for_screen_readers(made.content) == []
    words = words_of(made.content)
    for said in ("Class 6H", "Harrowmarsh Primary School (demo)", "Get out, stay out", "Tuesday 3 November 2026"):
        assert said in words
    assert "with Kent Fire and Rescue Service" in words


def test_the_summary_offers_what_there_is_to_take_away(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    world.go_to(tess, run, "before", "content")
    world.finish(tess)
    page = tess.get(f"/class/run/report?run={run.id}").text
    offered = re.findall(r'href="(/class/[\w./-]+(?:\?run=\d+)?)" download', page)
    assert len(offered) == 5
    assert [tess.get(address).status_code for address in offered] == [200] * 5


def test_a_class_prints_its_worksheets_before_the_lesson(world: World) -> None:
    tess = world.teacher()
    address = f"/class/papers/{version_of(world)}/worksheet.pdf"
    assert address in tess.get("/class").text
    assert "class 6H, Harrowmarsh" in words_of(tess.get(address).content)


def test_a_lesson_that_is_not_the_classes_own_gives_no_sheets(world: World) -> None:
    assert world.teacher().get("/class/papers/999/worksheet.pdf").status_code == 404
    assert world.browser().get(f"/class/papers/{version_of(world)}/worksheet.pdf").status_code == 403


def test_the_recheck_is_six_weeks_later_on_a_school_day_and_holds_no_class_link(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    world.finish(tess)
    entry = tess.get(f"/class/run/recheck.ics?run={run.id}").text
    assert "DTSTART;TZID=Europe/London:20261215T100000" in entry
    assert TESS_LINK not in entry
    assert "/c/" not in entry


def test_an_author_takes_the_same_sheets_away(world: World) -> None:
    priya = world.staff(PRIYA)
    page = priya.get("/author/lessons/fire/files").text
    assert "Escape plan" in page
    with world.parts.database.reading() as db:
        step = next(one for one in lessons.version(db, version_of(world)).steps if isinstance(one, TakeHome))
    made = priya.get("/author/lessons/fire/files/worksheet.pdf")
    assert step.title in words_of(made.content)
    assert priya.get("/author/lessons/fire/files/nothing.pdf").status_code == 404
