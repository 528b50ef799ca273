"""What happens by itself: forgotten lessons are ended, and what belongs to a pupil is gone after a day."""

import io
import logging
import zipfile
from datetime import timedelta

import pytest
from sqlmodel import func, select

from app.main import keep_house
from app.store import participants, participation, runs
from app.store.tables import AnswerRow, PairingRow, ParticipantRow
from tests.cast import CORA, World, answer, stage_of
from tests.classroom import THEO_CLASS, Classroom


def classroom(world: World) -> Classroom:
    return Classroom(world.parts.database, world.clock)


def left(world: World) -> list[int]:
    with world.parts.database.reading() as db:
        tables = (ParticipantRow, AnswerRow, PairingRow)
        return [db.exec(select(func.count()).select_from(table)).one() for table in tables]


def test_a_lesson_that_nobody_ended_is_ended_after_four_hours_with_a_record(world: World) -> None:
    run = classroom(world).start()
    classroom(world).go_to(run, "before.F1")
    world.clock.forward(minutes=3)
    classroom(world).give(run)
    world.clock.forward(hours=3, minutes=59)
    early = keep_house(world.parts)
    world.clock.forward(minutes=2)
    assert (early, keep_house(world.parts)) == ([], [run])
    with world.parts.database.reading() as db:
        records = participation.records_of(db, run)
    assert classroom(world).run(run).ended_at == world.clock.now
    assert [(record.status, record.present, record.minutes, record.ended_early) for record in records] == [
        ("head_count_missing", None, 3.0, True)
    ]


def test_the_class_is_free_again_after_a_forgotten_lesson(world: World) -> None:
    run = classroom(world).start()
    world.clock.forward(hours=5)
    keep_house(world.parts)
    assert classroom(world).start() != run


def test_the_code_of_a_forgotten_lesson_opens_nothing(world: World) -> None:
    run = world.start(world.teacher())
    world.clock.forward(hours=5)
    keep_house(world.parts)
    assert "That lesson has finished." in world.browser().post("/join", data={"code": run.code}).text


def test_a_forgotten_rehearsal_is_ended_without_a_record(world: World) -> None:
    run = classroom(world).start(kind="rehearsal")
    classroom(world).go_to(run, "before.F1")
    world.clock.forward(hours=5)
    assert keep_house(world.parts) == [run]
    with world.parts.database.reading() as db:
        assert participation.records_of(db, run) == []


def test_keeping_house_again_changes_nothing(world: World) -> None:
    run = classroom(world).start()
    world.clock.forward(hours=5)
    keep_house(world.parts)
    ended = classroom(world).run(run)
    world.clock.forward(hours=1)
    assert keep_house(world.parts) == []
    assert classroom(world).run(run) == ended


def test_a_lesson_whose_end_was_taken_back_late_in_the_day_is_not_ended_at_once(world: World) -> None:
    run = classroom(world).start()
    classroom(world).go_to(run, "before.F1", "closed")
    classroom(world).finish(run)
    world.clock.forward(hours=5)
    with world.parts.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), world.clock.now)
    world.clock.forward(minutes=1)
    assert keep_house(world.parts) == []
    assert classroom(world).run(run).ended_at is None


def test_a_day_after_the_end_nothing_of_a_pupil_is_left_and_the_seat_is_nobodys(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    tess.post("/class/run/pair")
    classroom(world).go_to(run.id, "before.F1")
    pupil.post("/play/answers", json=answer(stage_of(pupil)["asking"]))
    world.finish(tess)
    world.clock.forward(hours=23, minutes=59)
    keep_house(world.parts)
    kept = left(world)
    world.clock.forward(minutes=2)
    keep_house(world.parts)
    assert (kept, left(world)) == ([1, 1, 1], [0, 0, 0])
    assert pupil.get("/play").headers["location"] == "/join"
    assert tess.get(f"/class/run/report?run={run.id}").status_code == 200


def test_a_day_and_a_minute_after_a_lesson_its_canaries_are_in_no_file_log_or_export(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tess, cora = world.teacher(), world.staff(CORA)
    run = world.start(tess)
    pupils = [world.pupil(run) for _ in range(12)]
    classroom(world).go_to(run.id, "before.F1")
    for number, pupil in enumerate(pupils):
        pupil.post("/play/answers", json=answer(stage_of(pupil)["asking"]) | {"id": f"canary-answer-{number:04}"})
    with world.parts.database.reading() as db:
        seats = [(row.alias, row.key_hash) for row in participants.crowd(db, run.id)]
    tokens = [value for pupil in pupils for name, value in pupil.cookies.items() if name.endswith("sia_seat")]
    canaries = [word for seat in seats for word in seat] + tokens + [token.partition(".")[0] for token in tokens]
    canaries.append("canary-answer")
    world.finish(tess)
    there = everywhere(world)
    world.clock.forward(hours=24, minutes=1)
    keep_house(world.parts)
    files = ("/programmes/town/schools/1/held.zip", "/reports/agencies/kent-fire-and-rescue-service.csv")
    left_over = (
        everywhere(world) + caplog.text.encode() + b"".join(unpacked(cora.get(file).content) for file in files)
    )
    assert seats[0][0].encode() in there
    assert b"canary-answer" in there
    assert [canary for canary in canaries if canary.encode() in left_over] == []


def everywhere(world: World) -> bytes:
    """All bytes of the data folder: the database, its log, and whatever else lies there."""
    return b"".join(file.read_bytes() for file in world.folder.rglob("*") if file.is_file())


def unpacked(content: bytes) -> bytes:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_a_reader_at_the_wrong_moment_only_delays_the_forgetting(world: World) -> None:
    run = classroom(world).start()
    classroom(world).seat(run)
    with world.parts.database.reading() as db:
        name = participants.crowd(db, run)[0].alias
    classroom(world).finish(run)
    world.clock.forward(hours=25)
    with world.parts.database.reading() as db:
        assert participants.crowd(db, run)
        keep_house(world.parts)
    world.clock.forward(minutes=1)
    keep_house(world.parts)
    content = b"".join(file.read_bytes() for file in world.folder.iterdir() if file.is_file())
    assert name.encode() not in content


def test_a_lesson_that_is_still_going_on_keeps_its_pupils(world: World) -> None:
    tess, theo = classroom(world).start(), classroom(world).start(THEO_CLASS)
    classroom(world).seat(tess)
    classroom(world).seat(theo)
    classroom(world).finish(tess)
    world.clock.forward(hours=3)
    keep_house(world.parts)
    assert left(world)[0] == 2


def test_the_time_of_the_purge_can_be_set(world: World) -> None:
    run = classroom(world).start()
    classroom(world).seat(run)
    classroom(world).finish(run)
    world.parts.settings = world.settings.model_copy(update={"purge_hours": 1})
    world.clock.now += timedelta(hours=1, minutes=1)
    keep_house(world.parts)
    assert left(world)[0] == 0


def test_a_room_that_is_still_open_forgets_its_pupils_with_the_purge(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    world.finish(tess)
    assert pupil.portal is not None
    pupil.portal.call(world.parts.rooms.known, run.id)  # a browser was left open
    world.clock.forward(hours=25)
    keep_house(world.parts)
    assert pupil.get("/play/panels/me").status_code == 410
    assert pupil.get("/play").headers["location"] == "/join"
