"""Nothing tells what is right before reveal (architecture, ruling 5).

Two copies of the fire lesson, with a question of every kind, differ only in what is right (and so in the order of
their file, where it stands first), in explanations, misconceptions and notes. Run with the same seed, they send
byte-identical frames, pages and pictures to pupils and classroom screen, until an answer is shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import select

from app.domain.lesson import Asking, Lesson
from app.domain.questions import option
from app.store import lessons, runs
from app.store.tables import ParticipantRow, RunRow
from tests.questions import turned, with_every_kind
from tests.served import ServedWorld, Socket, Visitor

CANARY = re.compile(r"canary-[a-z]+-[a-z]-\S*")
SEED, CODE = "the same seed", "KMTPVX"


def marked(lesson: Lesson, turn: int, mark: str) -> Lesson:
    """A copy in which something else of each question is right, with canaries wherever a hint could hide."""
    steps: list[Any] = []
    for step in lesson.steps:
        change: dict[str, Any] = {
            "teacher_note": f"canary-note-{mark}-{step.key}",
            "presenter_note": f"canary-cue-{mark}-{step.key}",
        }
        if isinstance(step, Asking) and step.question.is_marked:
            words = {"explanation": f"canary-why-{mark}-{step.key}", "talk": f"canary-talk-{mark}-{step.key}"}
            change["question"] = turned(step.question, turn, words, misconception=f"canary-code-{mark}-0")
        steps.append(step.model_copy(update=change))
    return lesson.model_copy(
        update={
            "steps": tuple(steps),
            "misconceptions": {key: f"canary-misconception-{mark}-{key}" for key in lesson.misconceptions},
        }
    )


@dataclass
class Sent:
    """All that left the server for one stage."""

    seq: int
    phase: str
    asking: str
    texts: dict[str, str]


def lesson_as_sent(world: ServedWorld, lesson: Lesson) -> list[Sent]:
    """Run a lesson with a fixed seed and write down every frame, page and picture of pupil and classroom screen."""
    tess = world.visitor().open_class()
    run_id = _start_fixed(world, lesson)
    pupil = world.visitor().join(CODE)
    _call_otter(world, run_id)
    sockets = {"pupil": pupil.socket(), "screen": tess.socket("/class/run/socket?as=screen")}
    sent = [_stage(world, run_id, sockets, pupil, tess)]
    while sent[-1].phase != "finished":
        now = world.run(_run(world, run_id))
        form = {"order": "next", "seq": now.stage.seq, "epoch": now.epoch}
        assert tess.http.post("/class/run/cue", data=form).status_code == 303
        sent.append(_stage(world, run_id, sockets, pupil, tess))
    assert tess.http.post("/class/run/finish", data={"present": "28"}).status_code == 303
    for socket in sockets.values():
        socket.close()
    with world.parts.database.transaction() as db:
        db.get_one(RunRow, run_id).join_code = None
    return sent


def _start_fixed(world: ServedWorld, lesson: Lesson) -> int:
    with world.parts.database.transaction() as db:
        version_id = lessons.publish(db, lesson, world.clock.now)
        run_id = runs.start(
            db, 1, [version_id], questions=10, kind="lesson", present=28, seed=SEED, now=world.clock.now, choose=min
        )
        db.get_one(RunRow, run_id).join_code = CODE
    return run_id


def _call_otter(world: ServedWorld, run_id: int) -> None:
    with world.parts.database.transaction() as db:
        row = db.exec(select(ParticipantRow).where(ParticipantRow.run_id == run_id)).one()
        row.alias = "Brave Otter"


def _run(world: ServedWorld, run_id: int) -> runs.OpenRun:
    with world.parts.database.reading() as db:
        return runs.read(db, run_id)


def _stage(world: ServedWorld, run_id: int, sockets: dict[str, Socket], pupil: Visitor, tess: Visitor) -> Sent:
    seq = _run(world, run_id).stage.seq
    texts: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name, socket in sockets.items():
        found = socket.until(kind="panel", panel="stage", seq=seq)
        texts[f"{name} frame"] = str(found)
    for panel in ("stage", "tally"):
        texts[f"screen {panel}"] = tess.http.get(f"/class/run/panels/{panel}?as=screen").json()["html"]
    texts["pupil panel"] = pupil.http.get("/play/panels/stage").text
    texts["me"] = pupil.http.get("/play/panels/me").text
    for name, visitor, path in (("pupil page", pupil, "/play"), ("screen page", tess, "/class/run/screen")):
        page = re.sub(r'data-run="\w+"', "", visitor.http.get(path).text)  # the outbox's name is of the seat only
        texts[name] = page
        for picture in sorted(set(re.findall(r"/media/\w+", page))):
            texts[f"{name} {picture}"] = visitor.http.get(picture).text
    return Sent(seq=seq, phase=found["phase"], asking=found["asking"], texts=texts)


def hints(one: Sequence[Sent], other: Sequence[Sent]) -> list[str]:
    """Where the two differ, or where a canary sings, before the answer is shown."""
    found = [f"{len(one)} stages, then {len(other)}"] if len(one) != len(other) else []
    for mine, theirs in zip(one, other, strict=False):
        if mine.phase == "revealed":
            continue
        for name, text in mine.texts.items():
            if theirs.texts.get(name) != text:
                found.append(f"stage {mine.seq}, {mine.phase}: {name} differs")
            found += [f"stage {mine.seq}: {name} sings {song}" for song in CANARY.findall(text)]
    return found


@pytest.fixture
def fire(served: ServedWorld) -> Lesson:
    with served.parts.database.reading() as db:
        return with_every_kind(lessons.offered(db, 1)[0][1])


def test_two_lessons_that_differ_only_in_the_mark_are_sent_alike(served: ServedWorld, fire: Lesson) -> None:
    one = lesson_as_sent(served, marked(fire, 0, "a"))
    other = lesson_as_sent(served, marked(fire, 1, "b"))
    assert sum(sent.phase == "open" for sent in one) > 27
    assert any("canary-why-a-quiz.F1" in sent.texts["pupil frame"] for sent in one if sent.phase == "revealed")
    assert hints(one, other) == []


def test_the_proof_fails_when_options_are_sent_in_file_order(
    served: ServedWorld, fire: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(option, "ticket", lambda seed, place, text: b"")  # a stable sort by nothing
    facts = fire.model_copy(update={"steps": tuple(step for step in fire.steps if step.part == "facts")})
    one = lesson_as_sent(served, marked(facts, 0, "a"))
    other = lesson_as_sent(served, marked(facts, 1, "b"))
    found = hints(one, other)
    # Of the seven kinds all but two: true stands before false, and numbers in their order.
    assert sum("open: pupil frame differs" in hint for hint in found) == 5
    assert sum("open: screen page differs" in hint for hint in found) == 5


def test_an_ack_is_the_same_for_right_and_wrong(served: ServedWorld) -> None:
    tess = served.visitor().open_class()
    run = served.start(tess.http)  # type: ignore[arg-type]
    run = served.go_to(tess.http, run, "quiz.F1")  # type: ignore[arg-type]
    lengths = set()
    for letter in "ABCD":
        socket = served.visitor().join(run.code).socket()
        asking = socket.until(kind="panel", panel="stage")["asking"]
        socket.send(kind="answer", id="message-00000001", asking=asking, round=1, choice=letter, change=1)
        ack = socket.until(kind="ack")
        lengths.add(str(ack | {"choice": "?"}))
    assert len(lengths) == 1
