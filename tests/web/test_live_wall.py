"""The live wall: where each class is, who needs help, what is not counted; and nothing of a pupil."""

import re

from fastapi.testclient import TestClient

from tests.cast import CORA, PRIYA, THEO_LINK, World
from tests.planning import book, go_to_the_day, plan

WALL = "/programmes/town/wall"


def wall(client: TestClient) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(f"{WALL}/panel").text))


def test_a_session_shows_its_countdown_then_its_classes_with_light_and_place(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1, 2)
    go_to_the_day(world)
    cora, priya, tess = world.staff(CORA), world.staff(PRIYA), world.teacher()
    assert "10:00, in 10 minutes. 2 classes are booked" in wall(cora)
    priya.post(f"/present/{session_id}/open")
    tess.post("/class/live", data={"live_session_id": session_id, "present": "28"})
    shown = wall(cora)
    assert re.search(r"getting ready 6H Harrowmarsh .* in the lobby 0 joined of 28", shown)
    assert "not opened 6A Saltern Wharf" in shown


def test_after_the_end_it_still_shows_who_took_part_and_who_was_booked_and_never_came(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1, 2)
    go_to_the_day(world)
    cora, priya, tess = world.staff(CORA), world.staff(PRIYA), world.teacher()
    priya.post(f"/present/{session_id}/open")
    tess.post("/class/live", data={"live_session_id": session_id, "present": "28"})
    world.finish(tess)
    assert priya.post(f"/present/{session_id}/end", data={"holder_epoch": 0}).status_code == 303
    shown = wall(cora)
    assert "took part 6H Harrowmarsh" in shown
    assert "booked, never opened 6A Saltern Wharf" in shown
    assert re.search(r"to look at 0", shown)


def test_a_class_by_itself_shows_its_step_and_that_it_stands_still(world: World) -> None:
    cora, tess = world.staff(CORA), world.teacher()
    run = world.go_to(tess, world.start(tess), "before.F1")
    pupil = world.pupil(run)
    shown = wall(cora)
    assert re.search(r"by itself 6H .* answering, step \d+ of \d+ 0 of 1 answered", shown)
    assert re.search(r"to look at 0", shown)
    alias = re.search(r'data-alias="([^"]+)"|<b>([A-Z]\w+ [A-Z]\w+)</b>', pupil.get("/play").text)
    assert alias is not None
    assert (alias[1] or alias[2]) not in shown
    world.clock.forward(minutes=16)
    assert "no step for 16 min" in wall(cora)


def test_questions_that_wait_and_head_counts_that_are_missing_are_told(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    go_to_the_day(world)
    cora, priya, tess, theo = world.staff(CORA), world.staff(PRIYA), world.teacher(), world.teacher(THEO_LINK)
    priya.post(f"/present/{session_id}/open")
    tess.post("/class/live", data={"live_session_id": session_id})
    tess.post("/class/run/questions", data={"text": "Is steam hot?"})
    world.go_to(theo, world.start(theo), "before.F1")
    theo.post("/class/run/finish", data={"without_count": "1"})
    shown = wall(cora)
    assert "questions waiting 1" in shown
    assert "6H Harrowmarsh Primary School (demo) asks: “Is steam hot?”" in shown
    assert "head-counts missing 1" in shown
    assert "6A Saltern Wharf" in shown.partition("Head-count missing")[2]


def test_the_wall_is_sent_again_only_when_it_has_changed_and_to_its_coordinator_alone(world: World) -> None:
    cora, tess = world.staff(CORA), world.teacher()
    tag = cora.get(f"{WALL}/panel").headers["etag"]
    assert cora.get(f"{WALL}/panel", headers={"if-none-match": tag}).status_code == 304
    world.start(tess)
    assert cora.get(f"{WALL}/panel", headers={"if-none-match": tag}).status_code == 200
    for address in (WALL, f"{WALL}/panel"):
        assert world.staff(PRIYA).get(address).status_code == 404
    assert "Live wall" in cora.get(WALL).text
