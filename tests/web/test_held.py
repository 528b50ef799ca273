"""A school takes out everything that is held of it, and has it erased: nothing leads to it any more."""

import csv
import io
import json
import re
import zipfile
from typing import Any

from sqlmodel import select

from app.domain.retention import of_kind
from app.store import audit
from app.store.tables import AuditEntryRow, BookingRow, ClassLinkRow, ParticipantRow, RunRow, SchoolRow
from tests.cast import CORA, TESS_LINK, World
from tests.classroom import THEO_CLASS, Classroom
from tests.planning import book, plan

TESS_SCHOOL = "Harrowmarsh Primary School (demo)"
SCHOOL = "/programmes/town/schools/1"
ADDRESS = "office@harrowmarsh.example"


def lived(world: World) -> int:
    """Tess's class has a booking with an address, a lesson with pupils, a question, a line and a correction."""
    cora, tess = world.staff(CORA), world.teacher()
    classroom = Classroom(world.parts.database, world.clock)
    run = world.start(tess)
    classroom.seat(run.id)
    classroom.go_to(run.id, "before.F1")
    world.finish(tess)
    taps = {"useful": 5, "age_right": 5, "would_rebook": 5, "line": "=A calm hour", "may_be_quoted": "yes"}
    tess.post("/class/run/feedback", data={"run": run.id} | taps)
    cora.post(f"/programmes/town/records/{run.id}", data={"present": 27, "reason": "one went home"})
    book(world, cora, plan(world, cora), 1)
    with world.parts.database.transaction() as db:
        db.exec(select(BookingRow)).one().send_to = ADDRESS
    return run.id


def take_out(world: World) -> dict[str, bytes]:
    packed = world.staff(CORA).get(f"{SCHOOL}/held.zip")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def everything(world: World) -> bytes:
    """What the database holds, in bytes, with its log."""
    return b"".join(file.read_bytes() for file in world.folder.glob("safety-in-action.db*"))


def test_the_file_holds_every_list_of_a_school_as_csv_and_as_json_alike(world: World) -> None:
    lived(world)
    files = take_out(world)
    held: dict[str, list[dict[str, Any]]] = json.loads(files["school.json"])
    about_all = {"teacher_note"}  # what a presenter told all classes alike
    assert set(of_kind("S")) - about_all <= held.keys()
    assert not set(of_kind("P")) & held.keys()
    assert held["booking"][0]["send_to"] == ADDRESS
    assert held["amendment"][0]["reason"] == "one went home"
    assert [row["present"] for row in held["participation_record"]] == [27]
    for name, rows in held.items():
        table = list(csv.reader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"))))
        assert len(table) == len(rows) + 1, name
    assert "'=A calm hour" in files["class_feedback.csv"].decode()
    assert TESS_LINK.encode() not in b"".join(files.values())


def test_nothing_is_erased_until_the_name_is_typed(world: World) -> None:
    lived(world)
    refused = world.staff(CORA).post(f"{SCHOOL}/erase", data={"name": "Harrowmarsh"})
    assert "Nothing was erased" in refused.text
    assert json.loads(take_out(world)["school.json"])["booking"]


def test_an_erased_school_is_nowhere_and_its_counts_stay_without_it(world: World) -> None:
    run = lived(world)
    cora = world.staff(CORA)
    before = cora.get("/reports/programmes/town").text
    assert ADDRESS.encode() in everything(world)
    erased = cora.post(f"{SCHOOL}/erase", data={"name": f" {TESS_SCHOOL.lower()} "})
    assert erased.status_code == 303
    assert cora.get(f"{SCHOOL}/held.zip").status_code == 404
    assert TESS_SCHOOL not in cora.get("/programmes/town/schools").text
    assert world.browser().get(f"/c/{TESS_LINK}").status_code == 404
    report = cora.get("/reports/programmes/town").text
    assert TESS_SCHOOL in before
    assert TESS_SCHOOL not in report
    assert "A school that was erased" in report
    with world.parts.database.reading() as db:
        assert db.get_one(RunRow, run).join_code is None
        for table in (BookingRow, ParticipantRow):
            assert db.exec(select(table)).all() == []
        assert [school.name for school in db.exec(select(SchoolRow)).all() if school.id == 1] == []
    kept = everything(world)
    for words in (TESS_SCHOOL, ADDRESS, "A calm hour", "one went home"):
        assert words.encode() not in kept, words


def test_that_a_school_was_erased_is_noted_by_number_alone(world: World) -> None:
    lived(world)
    world.staff(CORA).post(f"{SCHOOL}/erase", data={"name": TESS_SCHOOL})
    with world.parts.database.reading() as db:
        assert audit.check(db)[0] is None
        entries = [row for row in db.exec(select(AuditEntryRow)).all() if row.act == "erased a school"]
    assert [(one.actor.partition(" ")[0], one.thing) for one in entries] == [("account", "school 1")]


def test_a_school_with_an_open_lesson_is_not_erased(world: World) -> None:
    world.start(world.teacher())
    refused = world.staff(CORA).post(f"{SCHOOL}/erase", data={"name": TESS_SCHOOL})
    assert refused.status_code == 403
    assert "has a lesson open" in refused.text


def test_erasing_one_school_leaves_every_row_of_another(world: World) -> None:
    lived(world)
    classroom = Classroom(world.parts.database, world.clock)
    run = classroom.start(THEO_CLASS)
    classroom.go_to(run, "before.F1")
    classroom.finish(run)
    theos = world.staff(CORA).get("/programmes/town/schools/2/held.zip").content
    world.staff(CORA).post(f"{SCHOOL}/erase", data={"name": TESS_SCHOOL})
    assert world.staff(CORA).get("/programmes/town/schools/2/held.zip").content == theos


def test_two_schools_that_were_erased_are_told_apart_by_a_number(world: World) -> None:
    lived(world)
    classroom = Classroom(world.parts.database, world.clock)
    run = classroom.start(THEO_CLASS)
    classroom.go_to(run, "before.F1")
    classroom.finish(run)
    with world.parts.database.reading() as db:
        names = {school.id: school.name for school in db.exec(select(SchoolRow)).all()}
    cora = world.staff(CORA)
    for school in (1, 2):
        assert cora.post(f"/programmes/town/schools/{school}/erase", data={"name": names[school]}).status_code == 303
    report = cora.get("/reports/programmes/town").text
    assert re.findall(r"<option [^>]*>(A school that was erased[^<]*)<", report) == [
        "A school that was erased",
        "A school that was erased (2)",
    ]
    assert ">Class 1<" in report


def test_a_school_without_a_lesson_leaves_nothing_behind(world: World) -> None:
    world.staff(CORA).post(f"{SCHOOL}/erase", data={"name": TESS_SCHOOL})
    with world.parts.database.reading() as db:
        assert [school.erased_at for school in db.exec(select(SchoolRow)).all()] == [None]
        assert db.exec(select(ClassLinkRow).where(ClassLinkRow.class_group_id == 1)).all() == []
