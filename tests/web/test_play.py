"""A pupil in a run: answers by plain requests, and what each refusal says."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.domain.quiz import NOT_SURE
from app.live.snapshot import look
from app.store import participants
from app.store.runs import OpenRun
from tests.cast import THEO_LINK, World, answer, message_id, stage_of
from tests.classroom import Classroom


def opened(world: World, step: str = "before.F1") -> tuple[TestClient, OpenRun, TestClient, str]:
    """A teacher, a run in which a question is open, one pupil, and the question's name."""
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    run = jump(world, run, step)
    return tess, run, pupil, stage_of(pupil)["asking"]


def jump(world: World, run: OpenRun, step: str, phase: str = "open") -> OpenRun:
    """Straight to a question, without a page for each order on the way."""
    return Classroom(world.parts.database, world.clock).go_to(run.id, step, phase)


def tally(world: World, run: OpenRun) -> dict[str, int]:
    return look(world.parts.database, run.id).sheet.counts


def test_an_answer_is_saved_and_acknowledged(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    run = world.go_to(tess, run, "before.F1")
    asking = stage_of(pupil)["asking"]
    reply = pupil.post("/play/answers", json=answer(asking, "B")).json()
    assert reply["kind"] == "ack"
    assert reply["choice"] == "B"


def test_an_ack_repeats_what_was_sent(world: World) -> None:
    _, _, pupil, asking = opened(world)
    reply = pupil.post("/play/answers", json=answer(asking, NOT_SURE, change=3, number=7)).json()
    assert reply == {
        "kind": "ack",
        "id": message_id(7),
        "asking": asking,
        "round": 1,
        "choice": "not_sure",
        "change": 3,
    }


def test_right_and_wrong_answers_are_acknowledged_alike(world: World) -> None:
    tess, run, _, asking = opened(world)
    replies = set()
    for letter in "ABCD":
        reply = world.pupil(run).post("/play/answers", json=answer(asking, letter))
        replies.add((reply.status_code, reply.text.replace(f'"{letter}"', '"X"'), len(reply.content)))
    assert len(replies) == 1
    assert tess.get("/class/run/screen").status_code == 200


def test_an_answer_after_the_close_just_missed_it(world: World) -> None:
    tess, run, pupil, asking = opened(world)
    world.give(tess, run, "close")
    reply = pupil.post("/play/answers", json=answer(asking)).json()
    assert reply == {
        "kind": "refused",
        "id": message_id(1),
        "why": "closed",
        "say": "Just missed it - say it out loud!",
    }
    assert tally(world, run) == {}


def test_an_answer_after_the_end_is_refused_and_the_earlier_one_stays(world: World) -> None:
    tess, run, pupil, asking = opened(world)
    pupil.post("/play/answers", json=answer(asking, "A"))
    world.finish(tess)
    reply = pupil.post("/play/answers", json=answer(asking, "B", change=2, number=2)).json()
    assert (reply["kind"], reply["why"]) == ("refused", "closed")
    assert sum(tally(world, run).values()) == 1


def test_an_option_that_is_not_on_the_screen_is_refused(world: World) -> None:
    _tess, run, pupil, _ = opened(world)
    run = jump(world, run, "scenario.ask")
    assert stage_of(pupil)["choices"] == ["A", "B", "C", "not_sure"]
    reply = pupil.post("/play/answers", json=answer(stage_of(pupil)["asking"], "D")).json()
    assert (reply["why"], reply["say"]) == (
        "not_offered",
        "That answer is not on the screen. Please tap again.",
    )
    assert tally(world, run) == {}


def test_not_sure_is_refused_where_it_is_not_offered(world: World) -> None:
    _tess, run, pupil, _ = opened(world)
    run = jump(world, run, "poll.ask")
    assert NOT_SURE not in stage_of(pupil)["choices"]
    reply = pupil.post("/play/answers", json=answer(stage_of(pupil)["asking"], NOT_SURE)).json()
    assert reply["why"] == "not_offered"


def test_the_second_tap_of_a_secret_question_is_told_that_the_first_was_counted(world: World) -> None:
    _tess, run, pupil, _ = opened(world)
    run = jump(world, run, "poll.ask")
    asking = stage_of(pupil)["asking"]
    assert pupil.post("/play/answers", json=answer(asking, "A")).json()["kind"] == "ack"
    reply = pupil.post("/play/answers", json=answer(asking, "B", change=2, number=2)).json()
    assert (reply["why"], reply["say"]) == ("final", "Your first tap was counted. It stays secret.")
    assert sum(tally(world, run).values()) == 1


def test_a_secret_choice_is_nowhere_on_the_pupils_own_panel(world: World) -> None:
    _tess, run, pupil, _ = opened(world)
    jump(world, run, "poll.ask")
    pupil.post("/play/answers", json=answer(stage_of(pupil)["asking"], "C"))
    html = pupil.get("/play/panels/me").json()["html"]
    assert 'data-choice=""' in html
    assert "Not yet" not in html


OpenQuestion = tuple[World, OpenRun, TestClient, str]


@pytest.fixture(scope="module")
def open_question(seeded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenQuestion]:
    """One open question for all messages that change nothing."""
    folder = tmp_path_factory.mktemp("open") / "data"
    shutil.copytree(seeded_folder, folder, symlinks=True)
    with World(folder) as world:
        _, run, pupil, asking = opened(world)
        yield world, run, pupil, asking


@pytest.mark.parametrize(
    "change",
    [
        {"id": "short"},
        {"id": "with space in it"},
        {"id": "x" * 65},
        {"asking": "before.F1"},
        {"asking": "0" * 16 + "\n"},
        {"round": 0},
        {"round": 10},
        {"round": "1"},
        {"round": True},
        {"choice": "Z"},
        {"choice": "A B"},
        {"choice": "ABCDEFGHABCDEFGHA"},
        {"choice": "A+4"},
        {"choice": "a"},
        {"choice": ""},
        {"choice": None},
        {"choice": ["A"]},
        {"change": 0},
        {"change": -1},
        {"change": 10_001},
        {"change": 1.5},
        {"name": "Amy"},
        {"kind": "open"},
        {"kind": "ping"},
    ],
    ids=str,
)
def test_a_message_that_is_not_of_the_protocol_is_not_understood(
    open_question: OpenQuestion, change: dict[str, object]
) -> None:
    world, run, pupil, asking = open_question
    reply = pupil.post("/play/answers", json=answer(asking) | change)
    assert reply.status_code == 422
    assert reply.json()["why"] == "not_understood"
    assert tally(world, run) == {}


@pytest.mark.parametrize("choice", ["E", "AB", "12", "A1B2", "A+2"])
def test_what_another_kind_of_question_would_take_is_not_offered_by_this_one(
    open_question: OpenQuestion, choice: str
) -> None:
    world, run, pupil, asking = open_question
    reply = pupil.post("/play/answers", json=answer(asking, choice))
    assert reply.json()["why"] == "not_offered"
    assert tally(world, run) == {}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 2000, b'{"kind":' + b"1" * 4100 + b"}"]
)
def test_a_body_that_is_no_message_is_not_understood(open_question: OpenQuestion, body: bytes) -> None:
    pupil = open_question[2]
    reply = pupil.post("/play/answers", content=body, headers={"content-type": "application/json"})
    assert (reply.status_code, reply.json()["kind"]) == (422, "refused")


def test_the_name_of_a_question_in_one_run_means_nothing_in_another(world: World) -> None:
    tess, theo = world.teacher(), world.teacher(THEO_LINK)
    one, other = world.start(tess), world.start(theo)
    mine, theirs = world.pupil(one), world.pupil(other)
    jump(world, one, "before.F1")
    jump(world, other, "before.F1")
    foreign = stage_of(theirs)["asking"]
    assert foreign != stage_of(mine)["asking"]
    assert mine.post("/play/answers", json=answer(foreign)).json()["why"] == "closed"
    assert tally(world, one) == tally(world, other) == {}


def test_the_second_round_is_another_answer(world: World) -> None:
    tess, run, pupil, asking = opened(world, "quiz.F1")
    pupil.post("/play/answers", json=answer(asking, "A"))
    world.give(tess, run, "close")
    world.give(tess, run, "reopen")
    late = pupil.post("/play/answers", json=answer(asking, "B", round=1, change=2, number=2)).json()
    fresh = pupil.post("/play/answers", json=answer(asking, "C", round=2, number=3)).json()
    assert (late["why"], fresh["kind"]) == ("closed", "ack")
    assert sum(tally(world, run).values()) == 1


def test_the_plain_form_of_a_page_without_scripts_saves_an_answer_and_a_change_of_mind(world: World) -> None:
    _, run, pupil, asking = opened(world)
    for letter in ("A", "C"):
        sent = pupil.post("/play/answers", data={"asking": asking, "round": "1", "choice": letter})
        assert (sent.status_code, sent.headers["location"]) == (303, "/play")
    assert 'data-choice="C"' in pupil.get("/play/panels/me").json()["html"]
    assert 'data-change="2"' in pupil.get("/play/panels/me").json()["html"]
    assert sum(tally(world, run).values()) == 1


@pytest.mark.parametrize("form", [{}, {"asking": "x"}, {"asking": "0" * 16, "round": "many", "choice": "A"}])
def test_a_plain_form_that_makes_no_sense_leads_back_to_the_lesson(world: World, form: dict[str, str]) -> None:
    pupil = world.pupil(world.start(world.teacher()))
    sent = pupil.post("/play/answers", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/play")


def test_the_page_without_scripts_has_every_answer_as_a_button(world: World) -> None:
    _, _, pupil, asking = opened(world)
    page = pupil.get("/play").text
    assert 'action="/play/answers"' in page
    assert asking in page
    for letter in ("A", "B", "C", "D", "not_sure"):
        assert f'value="{letter}"' in page


def test_without_a_seat_the_join_page_is_shown_or_a_goodbye_is_said(world: World) -> None:
    stranger = world.browser()
    assert stranger.get("/play").headers["location"] == "/join"
    assert stranger.get("/play/panels/stage").status_code == 410
    said = stranger.post("/play/answers", json=answer("0" * 16))
    assert said.status_code == 410
    assert said.json() == stranger.get("/play/panels/me").json()
    assert said.json()["kind"] == "bye"


def test_a_removed_pupil_is_told_so_and_its_answer_leaves_the_tally(world: World) -> None:
    tess, run, pupil, asking = opened(world)
    pupil.post("/play/answers", json=answer(asking))
    with world.parts.database.reading() as db:
        seat = participants.crowd(db, run.id)[0].id
    assert tess.post("/class/run/seats/remove", data={"participant_id": seat}).status_code == 303
    assert pupil.get("/play/panels/stage").json()["why"] == "removed"
    assert pupil.post("/play/answers", json=answer(asking, "B", change=2)).status_code == 410
    assert pupil.get("/play").headers["location"] == "/join"
    assert tally(world, run) == {}


def test_a_panel_is_sent_again_only_when_it_has_changed(world: World) -> None:
    tess, run, pupil, _ = opened(world)
    first = pupil.get("/play/panels/stage")
    same = pupil.get("/play/panels/stage", headers={"if-none-match": first.headers["etag"]})
    world.give(tess, run, "close")
    changed = pupil.get("/play/panels/stage", headers={"if-none-match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.json()["seq"] == first.json()["seq"] + 1


@pytest.mark.parametrize("panel", ["crowd", "tally", "notes", "stage.json"])
def test_a_pupil_has_no_other_panels(world: World, panel: str) -> None:
    pupil = world.pupil(world.start(world.teacher()))
    assert pupil.get(f"/play/panels/{panel}").status_code == 404


def test_two_other_names_and_no_more(world: World) -> None:
    pupil = world.pupil(world.start(world.teacher()))
    names = {pupil.get("/play/panels/me").json()["html"]}
    for _ in range(2):
        assert pupil.post("/play/alias").headers["location"] == "/play?new=1"
        names.add(pupil.get("/play/panels/me").json()["html"])
    refused = pupil.post("/play/alias")
    assert refused.status_code == 403
    assert "You have had three names. Keep this one for today." in refused.text
    assert len(names) == 3


def test_leaving_forgets_the_seat_and_keeps_the_answer(world: World) -> None:
    _, run, pupil, asking = opened(world)
    pupil.post("/play/answers", json=answer(asking))
    pupil.post("/play/leave")
    assert pupil.get("/play").headers["location"] == "/join"
    assert sum(tally(world, run).values()) == 1


def test_the_calm_screen_takes_the_question_away_and_says_so(world: World) -> None:
    tess, run, pupil, _asking = opened(world)
    world.order(tess, run, "calm")
    panel = stage_of(pupil)
    assert panel["phase"] == "calm"
    assert 'action="/play/answers"' not in panel["html"]


CANARIES = (
    "is_correct",
    "misconception",
    "FM1",
    "FM3",
    "Every second counts",
    "No siren, flame or injury",
    "Teacher:",
)
PUPIL, SCREEN = "/play", "/class/run/screen"


@dataclass(frozen=True)
class Shot:
    """What one address showed at one stage."""

    path: str
    phase: str
    status: int
    text: str


@pytest.fixture(scope="module")
def film(seeded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Shot]:
    """A whole lesson, every stage of it, as a pupil's device and the classroom screen are shown it."""
    folder = tmp_path_factory.mktemp("film") / "data"
    shutil.copytree(seeded_folder, folder, symlinks=True)
    shots = []
    with World(folder) as world:
        tess = world.teacher()
        run = world.start(tess)
        pupil = world.pupil(run)
        for _ in range(200):
            run = world.run(run)
            for path in (PUPIL, SCREEN):
                shown = (tess if path == SCREEN else pupil).get(path)
                shots.append(Shot(path, run.stage.phase, shown.status_code, shown.text))
            if run.stage.phase == "finished":
                break
            world.give(tess, run)
        world.finish(tess)
        shown = pupil.get(PUPIL)
        shots.append(Shot(PUPIL, "ended", shown.status_code, shown.text))
    return shots


def test_every_page_can_be_loaded_in_every_phase_of_the_lesson(film: list[Shot]) -> None:
    assert {shot.status for shot in film} == {200}
    assert {shot.phase for shot in film} == {
        *("lobby", "content", "ready", "open", "closed", "revealed", "finished", "ended")
    }


@pytest.mark.parametrize("path", [PUPIL, SCREEN])
def test_before_the_reveal_nobody_is_shown_an_explanation_a_note_or_a_mark(film: list[Shot], path: str) -> None:
    shots = [shot for shot in film if shot.path == path and shot.phase != "revealed"]
    assert len(shots) > 60
    assert [(shot.phase, word) for shot in shots for word in CANARIES if word in shot.text] == []


@pytest.mark.parametrize("path", [PUPIL, SCREEN])
def test_no_picture_and_no_step_goes_by_the_name_that_it_has_in_the_file(film: list[Shot], path: str) -> None:
    shots = [shot for shot in film if shot.path == path]
    assert [
        name for shot in shots for name in ("fire/", "before.F", "quiz.F", "quiz.know") if name in shot.text
    ] == []


def test_the_reveal_shows_the_safest_answer_and_why(world: World) -> None:
    _tess, run, pupil, _ = opened(world, "quiz.F1")
    jump(world, run, "quiz.F1", "revealed")
    html = stage_of(pupil)["html"]
    assert "Every second counts" in html
    assert "Shout to wake everyone and get out" in html


def test_a_precheck_is_never_revealed(world: World) -> None:
    tess, run, pupil, _ = opened(world)
    run = world.give(tess, run, "close")
    refused = tess.post("/class/run/cue", data={"order": "reveal", "seq": run.stage.seq, "epoch": run.epoch})
    assert refused.status_code == 403
    assert "This question has no answer to show." in refused.text
    assert stage_of(pupil)["phase"] == "closed"
