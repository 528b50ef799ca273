"""A class in a live session, from its teacher's side: joining, ready, hold, carry on, catch up, ask."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.live import pulse
from app.store import directory, live_sessions, runs, teacher_questions
from app.store.runs import OpenRun
from app.store.tables import SchoolRow
from tests.cast import PRIYA, THEO_LINK, World, stage_of
from tests.classroom import Classroom


def school(world: World) -> Classroom:
    return Classroom(world.parts.database, world.clock)


def joined(world: World, token: str = "", **form: Any) -> tuple[int, TestClient, OpenRun]:
    """A class that has come to a live session and is not ready yet."""
    session_id = school(world).lead()
    tess = world.teacher(token) if token else world.teacher()
    answer = tess.post("/class/live", data={"live_session_id": session_id, "present": "28"} | form)
    assert answer.status_code == 303, answer.text
    return session_id, tess, world.run_of(tess)


def order(world: World, teacher: TestClient, run: OpenRun, name: str) -> Response:
    now = world.run(run)
    return teacher.post("/class/run/cue", data={"order": name, "seq": now.stage.seq, "epoch": now.epoch})


def ready(world: World) -> tuple[int, TestClient, OpenRun]:
    session_id, tess, run = joined(world)
    assert order(world, tess, run, "ready").status_code == 303
    return session_id, tess, run


def controls(teacher: TestClient) -> str:
    return teacher.get("/class/run/controls").text


def gone(world: World, session_id: int) -> None:
    """The presenter's console falls silent for ten seconds."""
    heard = world.parts.rooms.pulse
    account = school(world).account(PRIYA)
    heard.heard(pulse.console(session_id, account))
    heard._known[pulse.console(session_id, account)].heard_at -= 10


# Joining


def test_today_offers_the_live_session_of_the_programme_beside_starting_alone(world: World) -> None:
    tess = world.teacher()
    assert "Join the live session" not in tess.get("/class").text
    school(world).lead()
    page = tess.get("/class").text
    assert "Join the live session" in page
    assert "Start by ourselves" in page
    assert "Priya, Kent Fire and Rescue Service, leads it" in page


def test_a_class_that_joins_has_its_own_code_and_waits_until_its_teacher_says_that_it_is_ready(world: World) -> None:
    session_id, tess, run = joined(world)
    assert run.is_waiting
    assert run.present == 28
    page = controls(tess)
    assert "Show the ground rules" in page
    school(world).cue_to(session_id, "hook", "content")
    pupil = world.pupil(run)
    assert stage_of(pupil)["phase"] == "lobby"
    order(world, tess, run, "next")
    assert "We listen" in stage_of(pupil)["html"].replace("<strong>", "").replace("</strong>", "")
    assert "We are ready" in controls(tess)
    order(world, tess, run, "ready")
    assert "Spot 6 things" in stage_of(pupil)["html"]


def test_a_class_joins_once_and_only_what_is_offered_to_it(world: World) -> None:
    session_id, tess, run = joined(world)
    again = tess.post("/class/live", data={"live_session_id": session_id})
    assert (again.status_code, "open already" in again.text) == (409, True)
    assert "Join the live session" not in tess.get("/class").text
    world.finish(tess)
    assert tess.post("/class/live", data={"live_session_id": session_id}).status_code == 404
    assert tess.post("/class/live", data={"live_session_id": 999}).status_code == 404
    assert world.browser().post("/class/live", data={"live_session_id": session_id}).status_code == 403
    assert world.run(run).ended_at is not None


def test_a_class_that_joins_at_the_ninth_step_stands_there_at_once_and_answers(world: World) -> None:
    session_id = school(world).lead()
    ninth = school(world).session(session_id).plan.places[8].step.key
    school(world).cue_to(session_id, ninth, "content" if ninth == "hook" else "ready")
    tess = world.teacher()
    tess.post("/class/live", data={"live_session_id": session_id})
    run = world.run_of(tess)
    order(world, tess, run, "ready")
    assert world.run(run).stage.step_key == ninth
    school(world).cue_to(session_id, "scenario.ask", "open")
    school(world).record(school(world).answer(run.id, school(world).seat(run.id)))
    assert sum(school(world).tally(run.id).values()) == 1


def test_a_class_may_start_by_itself_from_the_ground_rules(world: World) -> None:
    _, tess, run = joined(world)
    order(world, tess, run, "next")
    assert "Start by ourselves" in controls(tess)
    order(world, tess, run, "next")
    assert world.run(run).stage.step_key == "before"
    assert not world.run(run).following
    assert "Catch up" in controls(tess)


# Asking


def test_asking_from_the_classroom_screen_shows_nothing_private_and_comes_back_to_it(world: World) -> None:
    _, tess, run = ready(world)
    pupil = world.pupil(run)
    alias = pupil.get("/play").text.partition('data-alias="')[2].partition('"')[0]
    screen, page = tess.get("/class/run/screen").text, tess.get("/class/run/ask").text
    assert 'href="/class/run/ask"' in screen
    for shown in (screen, page):
        assert 'action="/class/run/questions"' in shown
        assert "What to say when" not in shown
    assert alias not in page
    assert 'href="/class/run/screen"' in page
    sent = tess.post("/class/run/questions", data={"text": "Is steam hot?", "back": "ask"})
    assert sent.headers["location"] == "/class/run/ask"
    assert "Is steam hot?" in tess.get("/class/run/ask").text


def test_the_controls_lead_back_to_the_classroom_screen(world: World) -> None:
    _, tess, _ = ready(world)
    assert 'id="to-screen" class="btn" href="/class/run/screen"' in controls(tess)


# Following


def test_while_the_presenter_leads_the_teacher_holds_but_does_not_move_on(world: World) -> None:
    session_id, tess, run = ready(world)
    school(world).cue_to(session_id, "before.F1", "open")
    world.parts.consoles.heard(session_id, school(world).account(PRIYA))
    for page in (controls(tess), tess.get("/class/run/screen").text):
        assert 'id="order-next"' not in page
        assert 'id="order-hold"' in page
        assert "Priya leads" in page
    assert order(world, tess, run, "next").status_code == 403


def test_a_class_that_holds_goes_on_and_catches_up_when_its_teacher_says_so(world: World) -> None:
    session_id, tess, run = ready(world)
    school(world).cue_to(session_id, "before.F1", "closed")
    assert order(world, tess, run, "hold").status_code == 303
    page = controls(tess)
    assert 'id="order-next"' in page
    assert "Catch up" in page
    school(world).cue_to(session_id, "hook", "content")
    order(world, tess, run, "next")
    assert world.run(run).stage.step_key == "before.F2"
    assert "Catching up leaves out" in controls(tess)
    assert order(world, tess, run, "catch_up").status_code == 303
    assert world.run(run).stage.step_key == "hook"


def test_when_the_presenter_is_gone_the_teacher_gets_next_and_the_screen_says_so(world: World) -> None:
    session_id, tess, run = ready(world)
    school(world).cue_to(session_id, "before.F1", "open")
    gone(world, session_id)
    for page in (controls(tess), tess.get("/class/run/screen").text):
        assert "Your teacher can carry on" in page
        assert "Carry on: close the question" in page
    assert world.run(run).following, "nothing moves by itself"
    assert order(world, tess, run, "carry_on").status_code == 303
    alone = world.run(run)
    assert (alone.following, alone.stage.step_key, alone.stage.phase) == (False, "before.F1", "closed")


def test_the_presenters_return_is_a_banner_and_moves_nobody(world: World) -> None:
    session_id, tess, run = ready(world)
    school(world).cue_to(session_id, "before.F1", "open")
    gone(world, session_id)
    controls(tess)
    order(world, tess, run, "carry_on")
    here = world.run(run).stage
    world.parts.consoles.heard(session_id, school(world).account(PRIYA))
    school(world).cue_to(session_id, "before.F2", "open")
    page = controls(tess)
    assert "The officer is back" in page
    assert 'id="order-catch-up"' in page
    assert world.run(run).stage == here
    order(world, tess, run, "catch_up")
    assert world.run(run).stage.step_key == "before.F2"


def test_a_second_press_of_carry_on_for_one_stage_is_a_conflict(world: World) -> None:
    session_id, tess, run = ready(world)
    school(world).cue_to(session_id, "before.F1", "open")
    now = world.run(run)
    form = {"order": "carry_on", "seq": now.stage.seq, "epoch": now.epoch}
    assert tess.post("/class/run/cue", data=form).status_code == 303
    assert tess.post("/class/run/cue", data=form).status_code == 409
    assert world.run(run).stage.phase == "closed"


def test_once_the_session_has_ended_the_class_is_like_any_other(world: World) -> None:
    session_id, tess, run = ready(world)
    school(world).cue_to(session_id, "before.F1", "open")
    school(world).end_session(session_id)
    page = controls(tess)
    assert 'id="order-next"' in page
    assert "Ask the officer" not in page
    assert "Catch up" not in page
    assert order(world, tess, run, "catch_up").status_code == 403


def test_a_class_alone_is_shown_nothing_of_a_live_session(world: World) -> None:
    tess = world.teacher()
    world.start(tess)
    page = controls(tess) + tess.get("/class/run/screen").text
    for word in ("order-hold", "order-catch-up", "order-ready", "ask-text"):
        assert word not in page


# Asking


def test_a_teacher_asks_for_the_class_and_others_say_us_too(world: World) -> None:
    session_id, tess, run = ready(world)
    theo = world.teacher(THEO_LINK)
    theo.post("/class/live", data={"live_session_id": session_id})
    asked = tess.post("/class/run/questions", data={"text": "What if the door is locked?"})
    assert asked.headers["location"] == "/class/run/controls"
    page = controls(theo)
    assert "What if the door is locked?" in page
    assert "Us too" in page
    with world.parts.database.reading() as db:
        [question] = teacher_questions.of_session(db, session_id)
    assert theo.post("/class/run/questions/also", data={"question_id": question.id}).status_code == 303
    assert "You too" in controls(theo)
    assert "1 more class asks this" in controls(tess)
    assert run.id == question.run_id


@pytest.mark.parametrize("text", ["", "<script>alert(1)</script>", "x" * 141, "see www.example.org"])
def test_what_is_no_plain_question_is_refused(world: World, text: str) -> None:
    session_id, tess, _ = ready(world)
    assert tess.post("/class/run/questions", data={"text": text}).status_code == 422
    with world.parts.database.reading() as db:
        assert teacher_questions.of_session(db, session_id) == []


def test_a_pupil_asks_nobody_and_is_told_nothing(world: World) -> None:
    session_id, _, run = ready(world)
    pupil = world.pupil(run)
    for path, form in (
        ("/class/run/questions", {"text": "Is it me?"}),
        ("/class/run/questions/also", {"question_id": "1"}),
        (f"/present/{session_id}/notes", {"words": "Two more minutes"}),
    ):
        assert pupil.post(path, data=form).status_code in (303, 403)
    with world.parts.database.reading() as db:
        assert teacher_questions.of_session(db, session_id) == []
        assert teacher_questions.newest_notes(db, [session_id]) == {}


def test_sixty_classes_that_arrive_together_all_have_a_code_of_their_own(world: World) -> None:
    session_id = school(world).lead()
    with world.parts.database.transaction() as db:
        school_id = directory.add_school(db, 1, SchoolRow(reference="D99", name="Big Primary School (demo)"))
        groups = [directory.add_class_group(db, 1, school_id, f"6-{number}", 28) for number in range(60)]
        for group_id in groups:
            directory.make_class_link(db, directory.class_group(db, group_id), f"link-{group_id}")
    for group_id in groups:
        teacher = world.teacher(f"link-{group_id}")
        assert teacher.post("/class/live", data={"live_session_id": session_id}).status_code == 303
    with world.parts.database.reading() as db:
        found = runs.read_many(db, live_sessions.checked_in(db, session_id))
    assert len({run.code for run in found.values()}) == 60
    rows = world.staff(PRIYA).get(f"/present/{session_id}").text
    assert rows.count('data-light="getting_ready"') == 60
