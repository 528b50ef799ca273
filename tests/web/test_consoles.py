"""The presenter's console by plain requests: who may open it, what its orders do, and what it never shows."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.domain.run import Stage
from app.store import live_sessions, presenters, teacher_questions
from app.store.live_sessions import OpenSession
from app.store.tables import AccountRow
from tests.cast import CORA, PAUL, PRIYA, THEO_LINK, World, answer
from tests.classroom import Classroom


def school(world: World) -> Classroom:
    return Classroom(world.parts.database, world.clock)


def start(world: World, presenter: TestClient, **form: Any) -> int:
    """Start a live session from the dashboard; its id."""
    version = school(world).versions()[0][0]
    answer = presenter.post("/present", data={"programme_id": 1, "version_id": version} | form)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def session_of(world: World, session_id: int) -> OpenSession:
    with world.parts.database.reading() as db:
        return live_sessions.read(db, session_id)


def order(world: World, presenter: TestClient, session_id: int, name: str = "next", **other: Any) -> Response:
    now = session_of(world, session_id)
    form = {"order": name, "seq": now.stage.seq, "holder_epoch": now.holder_epoch} | other
    return presenter.post(f"/present/{session_id}/cue", data=form)


def panel(presenter: TestClient, session_id: int, name: str) -> str:
    shown = presenter.get(f"/present/{session_id}/panels/{name}")
    assert shown.status_code == 200, shown.text
    return str(shown.json()["html"])


def stage(world: World, session_id: int) -> Stage:
    return session_of(world, session_id).stage


# Starting


def test_a_presenter_starts_a_live_session_and_holds_its_console(world: World) -> None:
    priya = world.staff(PRIYA)
    assert "None is open" in priya.get("/present").text
    session_id = start(world, priya)
    page = priya.get(f"/present/{session_id}").text
    assert 'id="order-next"' in page
    assert "Our ground rules" in page
    assert f'href="/present/{session_id}"' in priya.get("/present").text


def test_without_a_lesson_nothing_is_started_and_a_sentence_says_so(world: World) -> None:
    priya = world.staff(PRIYA)
    refused = priya.post("/present", data={"programme_id": 1})
    assert refused.status_code == 422
    assert "Choose at least one lesson" in refused.text
    assert priya.post("/present", data={"programme_id": 99, "version_id": 1}).status_code == 404


@pytest.mark.parametrize("path", ["", "/panels/stage", "/presenters"])
def test_nobody_else_finds_the_console(world: World, path: str) -> None:
    session_id = start(world, world.staff(PRIYA))
    address = f"/present/{session_id}{path}"
    assert world.staff(PAUL).get(address).status_code == 404
    assert world.browser().get(address).headers["location"] == "/sign-in"
    assert world.teacher().get(address).headers["location"] == "/sign-in"
    assert world.staff(PRIYA).get(f"/present/999{path}").status_code == 404


@pytest.mark.parametrize("path", ["cue", "console", "presenters", "questions", "notes", "end", "simulated"])
def test_nobody_else_gives_an_order(world: World, path: str) -> None:
    session_id = start(world, world.staff(PRIYA))
    form = {
        **{"order": "next", "seq": 0, "holder_epoch": 0, "question_id": 1},
        **{"state": "on_air", "words": "Two more minutes", "account_id": 2, "part": "0"},
    }
    assert world.staff(PAUL).post(f"/present/{session_id}/{path}", data=form).status_code == 404
    assert stage(world, session_id).seq == 0


# Leading


def test_next_moves_every_class_that_is_ready(world: World) -> None:
    priya, tess, theo = world.staff(PRIYA), world.teacher(), world.teacher(THEO_LINK)
    session_id = start(world, priya)
    for teacher in (tess, theo):
        assert teacher.post("/class/live", data={"live_session_id": session_id}).status_code == 303
    ready, waiting = world.run_of(tess), world.run_of(theo)
    assert tess.post("/class/run/cue", data={"order": "ready", "seq": 0, "epoch": 0}).status_code == 303
    assert order(world, priya, session_id).headers["location"] == f"/present/{session_id}"
    assert world.run(ready).stage.step_key == "before"
    assert world.run(waiting).stage.phase == "lobby"


def test_two_presses_of_next_for_one_stage_move_it_once(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    assert order(world, priya, session_id).status_code == 303
    again = priya.post(
        f"/present/{session_id}/cue",
        data={"order": "next", "seq": 0, "holder_epoch": 0},
        headers={"accept": "application/json"},
    )
    assert (again.status_code, stage(world, session_id).step_key) == (409, "before")
    assert "moved on already" in again.json()["say"]


def test_the_console_shows_the_stage_what_comes_next_and_the_notes(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    school(world).cue_to(session_id, "quiz.F1", "closed")
    shown = panel(priya, session_id, "stage")
    assert "is the safest answer" in shown
    assert "After each answer, say the" in shown
    assert "Next: show the answer" in shown
    assert 'data-phase="closed"' in shown


def test_pause_covers_every_screen_and_carry_on_takes_it_away(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    order(world, priya, session_id)
    order(world, priya, session_id, "pause")
    assert session_of(world, session_id).paused
    assert "Carry on" in panel(priya, session_id, "stage")
    order(world, priya, session_id, "resume")
    assert not session_of(world, session_id).paused


# Two presenters


def shared(world: World) -> tuple[int, TestClient, TestClient]:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    paul = school(world).account(PAUL)
    added = priya.post(f"/present/{session_id}/presenters", data={"account_id": paul, "part": "0"})
    assert added.status_code == 303
    return session_id, priya, world.staff(PAUL)


def test_the_console_is_handed_over_and_taken_back(world: World) -> None:
    session_id, priya, paul = shared(world)
    assert 'id="order-take"' in panel(paul, session_id, "stage")
    account = school(world).account(PAUL)
    handed = priya.post(f"/present/{session_id}/console", data={"holder_epoch": 0, "to": account})
    assert handed.status_code == 303
    assert order(world, priya, session_id).status_code == 403
    assert order(world, paul, session_id).status_code == 303
    assert 'id="order-take"' in panel(priya, session_id, "stage")
    assert priya.post(f"/present/{session_id}/console", data={"holder_epoch": 1}).status_code == 303
    assert order(world, paul, session_id).status_code == 403


def test_an_order_drawn_before_the_console_went_to_somebody_else_is_refused(world: World) -> None:
    session_id, priya, paul = shared(world)
    assert paul.post(f"/present/{session_id}/console", data={"holder_epoch": 0}).status_code == 303
    assert order(world, priya, session_id, holder_epoch=0).status_code == 409
    late = priya.post(f"/present/{session_id}/console", data={"holder_epoch": 0})
    assert late.status_code == 409, "who takes it over has seen who holds it"


def test_only_who_holds_the_console_hands_it_over_and_only_to_a_presenter(world: World) -> None:
    session_id, priya, paul = shared(world)
    accounts = {email: school(world).account(email) for email in (PRIYA, PAUL)}
    taken = paul.post(f"/present/{session_id}/console", data={"holder_epoch": 0, "to": accounts[PAUL]})
    assert taken.status_code == 403
    stranger = priya.post(f"/present/{session_id}/console", data={"holder_epoch": 0, "to": 999})
    assert stranger.status_code == 404
    assert session_of(world, session_id).holder_account_id == accounts[PRIYA]


def test_a_guest_is_told_when_the_next_step_is_not_theirs(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    account = school(world).account(PAUL)
    priya.post(f"/present/{session_id}/presenters", data={"account_id": account, "part": "own"})
    paul = world.staff(PAUL)
    paul.post(f"/present/{session_id}/console", data={"holder_epoch": 0})
    assert "not one of yours" in panel(paul, session_id, "stage")
    refused = order(world, paul, session_id)
    assert (refused.status_code, stage(world, session_id).seq) == (403, 1)


def test_all_of_it_is_not_given_to_another_agency(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    account = school(world).account(PAUL)
    refused = priya.post(f"/present/{session_id}/presenters", data={"account_id": account, "part": "all"})
    assert refused.status_code == 422
    assert "leads a part of the live session" in refused.text
    with world.parts.database.reading() as db:
        assert len(presenters.of_session(db, session_id)) == 1


def test_a_presenter_whose_account_is_disabled_in_mid_session_gives_no_order_more(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    with world.parts.database.transaction() as db:
        db.get_one(AccountRow, school(world).account(PRIYA)).disabled_at = world.clock.now
    assert order(world, priya, session_id).headers["location"] == "/sign-in"
    assert stage(world, session_id).seq == 0


def test_a_coordinator_takes_over_where_an_officer_fell_ill(world: World) -> None:
    session_id = start(world, world.staff(PRIYA))
    cora = world.staff(CORA)
    assert cora.post(f"/present/{session_id}/console", data={"holder_epoch": 0}).status_code == 303
    assert order(world, cora, session_id).status_code == 303


# Classes


def led(world: World, pupils: int) -> tuple[int, TestClient, Any, list[TestClient]]:
    """A class of so many pupils at an open question of a live session."""
    priya, tess = world.staff(PRIYA), world.teacher()
    session_id = start(world, priya)
    tess.post("/class/live", data={"live_session_id": session_id, "present": "28"})
    run = world.run_of(tess)
    tess.post("/class/run/cue", data={"order": "ready", "seq": 0, "epoch": 0})
    seated = [world.pupil(run) for _ in range(pupils)]
    school(world).cue_to(session_id, "quiz.F1")
    world.parts.rooms.session_changed(session_id)
    return session_id, priya, run, seated


def asking(pupil: TestClient) -> str:
    return str(pupil.get("/play/panels/stage").json()["asking"])


def test_a_class_is_listed_with_its_light_its_mode_and_how_many_have_answered(world: World) -> None:
    session_id, priya, _, pupils = led(world, 2)
    pupils[0].post("/play/answers", json=answer(asking(pupils[0])))
    rows = panel(priya, session_id, "classes")
    assert 'data-light="with_you"' in rows
    assert "<b>6H</b> Harrowmarsh Primary School (demo)" in rows
    assert "devices" in rows
    assert "1 / 2<" in rows, "of the devices, for nobody else can answer"
    assert "devices joined, for 28 pupils</dt><dd>2<" in rows
    assert 'data-light="not_opened"' in rows, "Theo's class was invited and has not come"


def test_a_class_that_holds_stands_at_its_own_step_and_not_in_the_count_of_this_question(world: World) -> None:
    session_id, priya, run, pupils = led(world, 2)
    pupils[0].post("/play/answers", json=answer(asking(pupils[0])))
    world.order(world.teacher(), run, "hold")
    for _ in range(3):
        order(world, priya, session_id)
    row = panel(priya, session_id, "classes").partition('data-light="holding"')[2].partition("</tr>")[0]
    assert re.search(r'class="apart">at step \d+<', row)
    assert "1 / " not in row


@pytest.mark.parametrize(("pupils", "told"), [(4, False), (5, True)])
def test_what_fewer_than_five_chose_is_told_to_no_presenter(world: World, pupils: int, told: bool) -> None:
    session_id, priya, _, seated = led(world, pupils)
    for number, pupil in enumerate(seated):
        pupil.post("/play/answers", json=answer(asking(pupil), "A", number=number))
    while_open = panel(priya, session_id, "tally") + panel(priya, session_id, "classes")
    assert ("chose A" in while_open) is told
    assert "small-bars" not in while_open, "one class's choices never while the question is open"
    order(world, priya, session_id, "close")
    closed = panel(priya, session_id, "tally") + panel(priya, session_id, "classes")
    assert (f"{pupils} chose A" in closed) is told
    assert ("small-bars" in closed) is told
    assert f"{pupils} / {pupils}<" in closed


def test_no_alias_and_no_code_of_a_class_is_on_the_console(world: World) -> None:
    session_id, priya, run, seated = led(world, 2)
    alias = seated[0].get("/play").text.partition('data-alias="')[2].partition('"')[0]
    assert alias
    page = priya.get(f"/present/{session_id}").text
    assert alias not in page
    assert run.code not in page.replace(" ", "")


# Questions and messages


def test_a_question_is_put_on_the_screens_of_all_that_follow_and_the_next_cue_takes_it_off(world: World) -> None:
    session_id, priya, run, pupils = led(world, 1)
    with world.parts.database.transaction() as db:
        asked = teacher_questions.ask(db, run, "What if the door is locked?", world.clock.now)
    form = {"question_id": asked, "state": "on_air"}
    order(world, priya, session_id, "close")
    assert priya.post(f"/present/{session_id}/questions", data=form).status_code == 303
    tess = world.teacher()
    assert "What if the door is locked?" in tess.get("/class/run/screen").text
    assert "What if the door is locked?" in panel(priya, session_id, "stage"), "the console shows what is on"
    assert "What if the door is locked?" not in pupils[0].get("/play").text, "nothing of it on a pupil's device"
    order(world, priya, session_id, "reveal")
    assert "What if the door is locked?" not in tess.get("/class/run/screen").text


def test_no_words_of_a_class_cover_a_question_that_pupils_are_answering(world: World) -> None:
    session_id, priya, run, _ = led(world, 1)
    with world.parts.database.transaction() as db:
        asked = teacher_questions.ask(db, run, "What if the door is locked?", world.clock.now)
    assert "Put on screens" not in panel(priya, session_id, "questions")
    refused = priya.post(f"/present/{session_id}/questions", data={"question_id": asked, "state": "on_air"})
    assert (refused.status_code, "Close the question first" in refused.text) == (403, True)
    order(world, priya, session_id, "close")
    assert "Put on screens" in panel(priya, session_id, "questions")


def test_only_ready_made_messages_go_to_teachers_and_only_to_their_controls(world: World) -> None:
    session_id, priya, _, pupils = led(world, 1)
    free = priya.post(f"/present/{session_id}/notes", data={"words": "Hello children"})
    assert free.status_code == 422
    assert priya.post(f"/present/{session_id}/notes", data={"words": "Two more minutes"}).status_code == 303
    tess = world.teacher()
    assert "Two more minutes" in tess.get("/class/run/controls").text
    assert "Two more minutes" not in tess.get("/class/run/screen").text
    assert "Two more minutes" not in pupils[0].get("/play").text


# Rehearsal and end


def test_a_rehearsal_is_offered_to_no_class_and_five_made_up_pupils_answer(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya, kind="rehearsal")
    assert "Join the live session" not in world.teacher().get("/class").text
    school(world).cue_to(session_id, "quiz.F1")
    assert "5 / 5" in panel(priya, session_id, "classes")
    assert "5 of 5 devices answered" in panel(priya, session_id, "tally")
    assert "Rehearsal" in panel(priya, session_id, "head")
    with world.parts.database.reading() as db:
        assert live_sessions.checked_in(db, session_id) == []


def test_the_end_lets_each_class_go_on_by_itself(world: World) -> None:
    session_id, priya, run, _ = led(world, 1)
    head = panel(priya, session_id, "head")
    assert head.index("1 class is in this live session") < head.index('id="order-end-sure"')
    ended = f"/present/{session_id}/ended"
    assert priya.get(ended).headers["location"] == f"/present/{session_id}", "it has not ended yet"
    assert priya.post(f"/present/{session_id}/end", data={"holder_epoch": 0}).headers["location"] == ended
    assert not world.run(run).following
    assert world.run(run).stage.step_key == "quiz.F1"
    assert priya.get(f"/present/{session_id}").headers["location"] == ended
    told = re.sub(r"<[^>]*>|\s+", " ", priya.get(ended).text)
    assert re.search(r"class +1 +pupils present so far +28 ", told)
    assert "Report of Kent Fire and Rescue Service" in told
    assert priya.get(f"/present/{session_id}/panels/stage").json()["kind"] == "bye"
    for page, words in (("screen", "Priya has ended."), ("controls", "Priya has ended the live session.")):
        shown = world.teacher().get(f"/class/run/{page}").text
        assert (words in shown, "ou press Next now." in shown) == (True, True)
    assert world.give(world.teacher(), run, "close").stage.phase == "closed"


def test_a_panel_is_sent_again_only_when_it_has_changed(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    first = priya.get(f"/present/{session_id}/panels/stage")
    address, seen = f"/present/{session_id}/panels/stage", {"if-none-match": first.headers["etag"]}
    assert priya.get(address, headers=seen).status_code == 304
    order(world, priya, session_id)
    assert priya.get(address, headers=seen).status_code == 200
    assert priya.get(f"/present/{session_id}/panels/none").status_code == 404


def test_pictures_are_shown_to_the_presenter_under_the_names_of_the_session(world: World) -> None:
    priya = world.staff(PRIYA)
    session_id = start(world, priya)
    school(world).cue_to(session_id, "hook", "content")
    shown = panel(priya, session_id, "stage")
    address = shown.partition('<img src="')[2].partition('"')[0]
    assert priya.get(address).headers["content-type"] == "image/svg+xml"
    assert world.staff(PAUL).get(address).status_code == 404
