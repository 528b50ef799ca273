"""Drives the server from what `docs/protocol.md` says, message by message, and holds the page to it."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.cast import World, answer, message_id
from tests.served import ServedWorld, Socket, Visitor

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


def lesson_open_at(world: ServedWorld, step: str = "before.F1") -> tuple[Visitor, str]:
    """A teacher whose class stands at this open question; returns the teacher and the join code."""
    tess = world.visitor().open_class()
    run = World.start(world, tess.http)  # type: ignore[arg-type]
    World.go_to(world, tess.http, run, step)  # type: ignore[arg-type]
    return tess, run.code


def stage(socket: Socket) -> dict[str, Any]:
    return socket.until(kind="panel", panel="stage")


def test_every_json_example_of_the_page_is_json_with_a_kind() -> None:
    examples = re.findall(r"```json\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    assert len(examples) >= 5
    for example in examples:
        assert "kind" in json.loads(example)


def test_a_pupil_gets_the_present_stage_and_what_is_its_own(served: ServedWorld) -> None:
    _, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    panels = {message["panel"]: message for message in (socket.next(), socket.next())}
    assert panels["stage"]["phase"] == "open"
    assert panels["stage"]["choices"] == ["A", "B", "C", "D", "not_sure"]
    assert re.fullmatch(r"[0-9a-f]{16}", panels["stage"]["asking"])
    assert 'data-choice=""' in panels["me"]["html"]


def test_an_answer_is_acknowledged_with_its_own_members(served: ServedWorld) -> None:
    _, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    sent = answer(stage(socket)["asking"], "C", change=1)
    socket.send(**sent)
    assert socket.until(kind="ack") == sent | {"kind": "ack"}


def test_a_resend_is_acknowledged_again_and_counts_once(served: ServedWorld) -> None:
    tess, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    sent = answer(stage(socket)["asking"], "C")
    for _ in range(3):
        socket.send(**sent)
        socket.until(kind="ack")
    screen = tess.socket("/class/run/socket?as=screen")
    assert "1 of 1" in screen.until(kind="panel", panel="tally")["html"].replace("<b>", "").replace("</b>", "")


def test_a_choice_that_is_not_offered_is_refused(served: ServedWorld) -> None:
    _, code = lesson_open_at(served, "poll.ask")
    socket = served.visitor().join(code).socket()
    now = stage(socket)
    assert "not_sure" not in now["choices"]
    socket.send(**answer(now["asking"], "not_sure"))
    assert socket.until(kind="refused")["why"] == "not_offered"


def test_an_answer_after_the_close_is_refused_in_a_childs_words(served: ServedWorld) -> None:
    tess, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    asking = stage(socket)["asking"]
    run = served.run_of(tess.http)  # type: ignore[arg-type]
    served.give(tess.http, run, "close")  # type: ignore[arg-type]
    socket.send(**answer(asking))
    assert socket.until(kind="refused") == {
        "kind": "refused",
        "id": message_id(1),
        "why": "closed",
        "say": "Just missed it - say it out loud!",
    }


def test_the_first_tap_of_a_secret_vote_is_final(served: ServedWorld) -> None:
    _, code = lesson_open_at(served, "poll.ask")
    socket = served.visitor().join(code).socket()
    asking = stage(socket)["asking"]
    socket.send(**answer(asking, "A", change=1, number=1))
    socket.until(kind="ack")
    socket.send(**answer(asking, "B", change=2, number=2))
    assert socket.until(kind="refused")["why"] == "final"


def test_ping_is_answered_by_pong(served: ServedWorld) -> None:
    _, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    socket.send(kind="ping")
    stage = socket.until(panel="stage")
    socket.send(kind="ping")
    assert socket.until(kind="pong") == {"kind": "pong", "epoch": stage["epoch"], "seq": stage["seq"]}


def test_a_newer_socket_of_one_seat_wins(served: ServedWorld) -> None:
    _, code = lesson_open_at(served)
    pupil = served.visitor().join(code)
    older = pupil.socket()
    stage(older)
    newer = pupil.socket()
    assert older.until(kind="bye")["why"] == "elsewhere"
    newer.send(**answer(stage(newer)["asking"]))
    newer.until(kind="ack")


def test_a_removed_seat_is_told_and_let_go(served: ServedWorld) -> None:
    tess, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    stage(socket)
    controls = tess.http.get("/class/run/controls").text
    found = re.search(r'name="participant_id" value="(\d+)"', controls)
    assert found
    assert tess.http.post("/class/run/seats/remove", data={"participant_id": found[1]}).status_code == 303
    assert socket.until(kind="bye")["why"] == "removed"


def test_the_end_is_told_after_the_last_panel(served: ServedWorld) -> None:
    tess, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    stage(socket)
    served.finish(tess.http)  # type: ignore[arg-type]
    assert socket.until(kind="panel", panel="stage")["phase"] == "ended"
    assert socket.until(kind="bye")["why"] == "ended"


def test_leave_closes_the_socket_and_the_answers_stay(served: ServedWorld) -> None:
    tess, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    socket.send(**answer(stage(socket)["asking"]))
    socket.until(kind="ack")
    socket.send(kind="leave")
    socket.closed_code()
    screen = tess.socket("/class/run/socket?as=screen")
    assert screen.until(kind="panel", panel="tally")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", 1008),
        ('{"kind": "reveal"}', 1008),
        ('{"kind": "ping", "name": "Sam"}', 1008),
        ('{"kind": "answer", "asking": 1}', 1008),
        ("x" * 5000, 1009),
        (b"\x00\x01", 1008),
    ],
)
def test_anything_else_ends_the_socket(served: ServedWorld, sent: str | bytes, code: int) -> None:
    _, join_code = lesson_open_at(served)
    socket = served.visitor().join(join_code).socket()
    stage(socket)
    socket.connection.send(sent)
    assert socket.closed_code() == code


def test_more_than_a_burst_of_twenty_ends_the_socket(served: ServedWorld) -> None:
    _, code = lesson_open_at(served)
    socket = served.visitor().join(code).socket()
    stage(socket)
    with contextlib.suppress(ConnectionClosed):  # closed while we still send
        for _ in range(60):
            socket.send(kind="ping")
    assert socket.closed_code() == 1008


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None, "http://127.0.0.1.evil.example"])
def test_a_socket_from_another_site_is_refused(served: ServedWorld, origin: str | None) -> None:
    _, code = lesson_open_at(served)
    pupil = served.visitor().join(code)
    with pytest.raises(InvalidStatus) as refused:
        pupil.socket(origin=origin)
    assert refused.value.response.status_code == 403


def test_a_forged_seat_cookie_is_told_to_leave(served: ServedWorld) -> None:
    lesson_open_at(served)
    socket = served.visitor().socket(headers={"Cookie": "sia_seat=forged.signature"})
    assert socket.next()["why"] == "removed"


def test_everything_goes_without_a_socket(served: ServedWorld) -> None:
    tess, code = lesson_open_at(served)
    pupil = served.visitor().join(code)
    reply = pupil.http.get("/play/panels/stage")
    assert pupil.http.get("/play/panels/stage", headers={"if-none-match": reply.headers["etag"]}).status_code == 304
    sent = answer(reply.json()["asking"], "D")
    assert pupil.http.post("/play/answers", json=sent).json() == sent | {"kind": "ack"}
    assert 'data-choice="D"' in pupil.http.get("/play/panels/me").json()["html"]
    assert tess.http.get("/class/run/panels/tally?as=screen").json()["panel"] == "tally"


def test_the_plain_form_of_a_page_without_scripts_saves_too(served: ServedWorld) -> None:
    _, code = lesson_open_at(served)
    pupil = served.visitor().join(code)
    asking = pupil.http.get("/play/panels/stage").json()["asking"]
    sent = pupil.http.post("/play/answers", data={"asking": asking, "round": "1", "choice": "B"})
    assert sent.status_code == 303
    assert "Your answer: B" in pupil.http.get("/play").text
