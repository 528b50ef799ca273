"""A head-count is corrected by a coordinator with a reason, however late; nothing else of a record ever changes."""

from sqlmodel import select

from app.store import participation
from app.store.tables import AmendmentRow, RunRow
from tests.cast import CORA, World
from tests.classroom import THEO_CLASS, Classroom
from tests.web.test_audit import noted

RECORDS = "/programmes/town/records"


def taught(world: World, present: int | None = 28, class_group: int = 1) -> int:
    classroom = Classroom(world.parts.database, world.clock)
    run = classroom.start(class_group)
    classroom.go_to(run, "before.F1")
    world.clock.forward(minutes=20)
    classroom.finish(run, present)
    return run


def present(world: World, run: int) -> list[tuple[int | None, str]]:
    with world.parts.database.reading() as db:
        return [(record.present, record.status) for record in participation.records_of(db, run)]


def test_a_head_count_is_corrected_days_later_and_the_record_shows_the_newest(world: World) -> None:
    run = taught(world)
    world.clock.forward(days=9)
    cora = world.staff(CORA)
    for number, reason in ((27, "one was ill"), (26, "  two were   ill ")):
        sent = cora.post(f"{RECORDS}/{run}", data={"present": number, "reason": reason})
        assert sent.status_code == 303
    with world.parts.database.reading() as db:
        kept = [(row.field, row.old, row.new, row.reason) for row in db.exec(select(AmendmentRow)).all()]
        assert db.get_one(RunRow, run).present == 26
    assert present(world, run) == [(26, "confirmed")]
    assert kept == [("present", "28", "27", "one was ill"), ("present", "27", "26", "two were ill")]
    page = cora.get(f"{RECORDS}/{run}").text
    assert "28 to 27" in page
    assert "two were ill" in page
    assert [act for _, act, thing in noted(world) if thing == f"run {run}"] == ["corrected the attendance"] * 2
    assert ">26<" in cora.get("/reports/agencies/kent-fire-and-rescue-service").text


def test_a_head_count_without_a_reason_or_a_number_is_refused_and_nothing_changes(world: World) -> None:
    run, cora = taught(world), world.staff(CORA)
    for form, says in (
        ({"present": "27"}, "say in a few words why"),
        ({"present": "many", "reason": "counted again"}, "Type the number of pupils"),
        ({"present": "61", "reason": "counted again"}, "between 1 and 60 pupils"),
        ({"present": "28", "reason": "counted again"}, "is 28 already"),
    ):
        assert says in cora.post(f"{RECORDS}/{run}", data=form).text
    assert present(world, run) == [(28, "confirmed")]


def test_lessons_without_a_head_count_are_chased_first(world: World) -> None:
    missing = taught(world, None, THEO_CLASS)
    world.clock.forward(days=1)
    taught(world)
    cora = world.staff(CORA)
    page = cora.get(RECORDS).text
    assert "1 lesson waits" in page
    assert page.index("no head-count") < page.index(">28<")
    cora.post(f"{RECORDS}/{missing}", data={"present": 20, "reason": "the teacher rang"})
    assert "waits" not in cora.get(RECORDS).text
    assert present(world, missing) == [(20, "confirmed")]


def test_an_end_that_is_taken_back_takes_its_corrections_with_it(world: World) -> None:
    run = taught(world)
    world.staff(CORA).post(f"{RECORDS}/{run}", data={"present": 27, "reason": "one was ill"})
    world.teacher().post("/class/run/take-back", data={"run": run})
    with world.parts.database.reading() as db:
        assert db.exec(select(AmendmentRow)).all() == []
