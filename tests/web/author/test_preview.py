"""Previews and rehearsals: a draft is drawn by the panels of a run, and tried out by pupils who are not there."""

import re
import time

from app.store import answers, runs
from tests.authors import author
from tests.cast import CORA, PAUL, World


def test_a_preview_is_the_stage_of_a_run_and_may_stand_in_our_own_frame_only(world: World) -> None:
    priya = author(world)
    for audience, mark in (("screen", 'class="stage phase-content'), ("pupil", "Brave Otter")):
        answer = priya.client.get(f"{priya.address}/preview?part=hook&as={audience}")
        assert mark in answer.text
        assert "Spot 6 things to make safer" in answer.text
        assert "<script" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
    page = priya.client.get(f"{priya.address}/steps/hook").headers["content-security-policy"]
    assert "frame-src 'self'" in page
    assert "frame-ancestors 'none'" in page
    elsewhere = priya.client.get("/programmes").headers["content-security-policy"]
    assert "frame-src 'none'" in elsewhere


def test_pictures_of_a_preview_are_there_for_whoever_may_see_the_lesson(world: World) -> None:
    priya = author(world)
    page = priya.page("/preview?part=hook") + priya.page("/preview?part=hook&place=1")  # and one to tap on
    found = re.findall(r'="(/author/lessons/fire/media/\w+)"', page)
    assert len(found) == 2
    assert "/media/" not in page.replace("/author/lessons/fire/media/", "")
    for address in found:
        assert priya.client.get(address).headers["content-type"] == "image/svg+xml"
        assert world.staff(PAUL).get(address).status_code == 404
    assert priya.client.get("/author/lessons/fire/media/nonsense").status_code == 404


def test_a_question_is_looked_at_in_each_of_its_phases(world: World) -> None:
    priya = author(world)
    words = {"ready": "read it together", "open": "of 0 answered", "revealed": "The safest answer is"}
    for phase, said in words.items():
        page = priya.page(f"/preview?question=F1&as=screen&phase={phase}")
        assert (f"phase-{phase}" in page, said in page) == (True, True)
    assert "phase-open" in priya.page("/preview?question=F1&phase=content")


def test_the_whole_lesson_is_walked_through_step_by_step(world: World) -> None:
    priya = author(world)
    at, seen = "?place=0&phase=", []
    for _ in range(6):
        page = priya.page(f"/walk{at}")
        seen.append(re.findall(r"Screen (\d+) of 36([^<]*)</p>", page)[0])
        at = re.findall(r'id="walk-next" href="([^"]+)"', page)[0].replace("&amp;", "&")
    before, while_, closed = ", before it opens", ", while it is open", ", when it is closed"
    assert seen == [("1", ""), ("2", before), ("2", while_), ("2", closed), ("3", before), ("3", while_)]
    last = priya.page("/walk?place=999&see=grey")
    assert "see-grey" in last
    assert "walk-next" not in last
    assert 'id="walk-back"' in last


def test_a_half_written_lesson_is_shown_as_far_as_it_goes(world: World) -> None:
    client = world.staff()
    client.post("/author/lessons", data={"title": "Rail", "topic": "Rail", "agency": "kent-fire-and-rescue-service"})
    priya = author(world, key="rail")
    priya.send("/steps", kind="scenario")
    priya.type("/steps/scenario", title="Sam waits", text="The train comes.", minutes="2")
    assert "The train comes." in priya.page("/preview?part=scenario")
    assert "Screen 1 of" in priya.page("/walk")
    priya.send("/questions")
    assert "Nothing to show yet" in priya.page("/preview?question=R1")


def test_a_draft_is_rehearsed_with_simulated_pupils_and_nothing_is_recorded(world: World) -> None:
    priya = author(world)
    priya.type("/steps/hook", title="Only in the draft")
    world.parts.rehearsals.look_seconds = 0.02
    opened = priya.send("/rehearse")
    assert opened.headers["location"] == "/class/run/screen"
    run = world.run_of(priya.client)
    assert run.is_rehearsal
    assert run.plan.lessons[0].step("hook").title == "Only in the draft"
    until = time.monotonic() + 20
    while world.seated(run) < 12 and time.monotonic() < until:
        time.sleep(0.02)
    for step in ("before.F1", "hook.ask"):  # a tap on a tile, and several in a picture
        world.go_to(priya.client, run, step)
        while answered(world, run.id) < 3 and time.monotonic() < until:
            time.sleep(0.02)
        assert answered(world, run.id) >= 3
    assert "Rehearsal" in priya.client.get("/class/run/screen").text
    world.finish(priya.client, "12")
    cora = world.staff(CORA)
    assert "Rehearsal" not in cora.get("/programmes").text
    assert "No lessons yet" in cora.get("/reports/agencies/kent-fire-and-rescue-service").text
    assert priya.page("/versions").count("came with this release") == 1


def answered(world: World, run_id: int) -> int:
    with world.parts.database.reading() as db:
        return answers.sheet(db, run_id, runs.read(db, run_id).stage, tally_only=False).answered


def test_another_rehearsal_ends_the_one_before(world: World) -> None:
    priya = author(world)
    priya.send("/rehearse")
    first = world.run_of(priya.client)
    priya.send("/rehearse")
    second = world.run_of(priya.client)
    assert first.id != second.id
    assert world.run(first).ended_at is not None
    assert world.run(second).ended_at is None


def test_only_who_may_see_a_lesson_rehearses_it(world: World) -> None:
    assert author(world, CORA).send("/rehearse").status_code == 303
    assert author(world, PAUL).send("/rehearse").status_code == 404
