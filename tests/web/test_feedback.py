"""What a teacher says of a lesson: three taps and a line, which may be changed and taken back."""

from sqlmodel import select

from app.store.tables import ClassFeedbackRow
from tests.cast import THEO_LINK, World

TAPS = {"useful": "5", "age_right": "4", "would_rebook": "5"}


def ended(world: World) -> int:
    tess = world.teacher()
    run = world.start(tess)
    world.go_to(tess, run, "before.F1")
    world.finish(tess)
    return run.id


def said(world: World) -> list[tuple[int, int, int, str, bool]]:
    with world.parts.database.reading() as db:
        rows = db.exec(select(ClassFeedbackRow)).all()
    return [(row.useful, row.age_right, row.would_rebook, row.line, row.may_be_quoted) for row in rows]


def test_three_taps_are_enough_and_may_be_changed_and_taken_back(world: World) -> None:
    run, tess = ended(world), world.teacher()
    assert "How was it for your class?" in tess.get(f"/class/run/report?run={run}").text
    tess.post("/class/run/feedback", data={"run": run} | TAPS)
    first = said(world)
    tess.post("/class/run/feedback", data={"run": run, "line": "They  loved it.", "may_be_quoted": "yes"} | TAPS)
    second = said(world)
    assert "Thank you" in tess.get(f"/class/run/report?run={run}").text
    tess.post("/class/run/feedback/erase", data={"run": run})
    assert first == [(5, 4, 5, "", False)]
    assert second == [(5, 4, 5, "They loved it.", True)]
    assert said(world) == []


def test_a_missing_tap_is_asked_for_and_what_was_typed_stays(world: World) -> None:
    run, tess = ended(world), world.teacher()
    answer = tess.post("/class/run/feedback", data={"run": run, "useful": "6", "line": "A quiet class today"})
    assert answer.status_code == 422
    assert "tap one number in each" in answer.text
    assert "A quiet class today" in answer.text
    assert said(world) == []


def test_another_class_says_nothing_of_this_lesson(world: World) -> None:
    run = ended(world)
    assert world.teacher(THEO_LINK).post("/class/run/feedback", data={"run": run} | TAPS).status_code == 404
    assert said(world) == []
