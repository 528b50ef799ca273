"""The teacher's side: Today, start, the screen and the controls, orders, the finish and the summary."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.content import library
from app.domain.lesson import Asking, Lesson
from app.settings import Settings
from app.store import lessons, participants, participation
from app.store.runs import OpenRun
from tests.cast import CORA, THEO_LINK, World, answer, stage_of
from tests.classroom import Classroom, water_lesson


def jump(world: World, run: OpenRun, step: str, phase: str = "open") -> OpenRun:
    return Classroom(world.parts.database, world.clock).go_to(run.id, step, phase)


def version(world: World) -> int:
    with world.parts.database.reading() as db:
        return lessons.offered(db, 1)[0][0]


def forms(html: str) -> dict[str, dict[str, str]]:
    """Each form of a page by its address: the fields that a browser would send with it."""
    found: dict[str, dict[str, str]] = {}
    for form in re.finditer(r"<form\b([^>]*)>(.*?)</form>", html, re.S):
        action = re.search(r'action="([^"]*)"', form[1])
        fields = {}
        for field in re.finditer(r"<(?:input|button)\b([^>]*)>", form[2]):
            name, value = re.search(r'name="([^"]*)"', field[1]), re.search(r'value="([^"]*)"', field[1])
            if name:
                fields[name[1]] = value[1] if value else ""
        found[action[1] if action else ""] = fields
    return found


def seats(world: World, run: OpenRun) -> list[int]:
    with world.parts.database.reading() as db:
        return [row.id for row in participants.crowd(db, run.id)]


# Today


def test_today_shows_the_class_and_its_lesson(world: World) -> None:
    page = world.teacher().get("/class").text
    assert "6H" in page
    assert "Harrowmarsh Primary School (demo)" in page
    assert "Get out, stay out" in page
    assert "8 or 10 quiz questions" in page


def with_a_short_quiz(lesson: Lesson) -> Lesson:
    """Only the questions that are asked before and after."""
    kept = [one for one in lesson.steps if not isinstance(one, Asking) or one.purpose != "quiz" or one.is_anchor]
    return lesson.model_copy(update={"steps": tuple(kept)})


def test_today_asks_for_no_number_of_questions_where_there_is_no_choice(world: World) -> None:
    school = Classroom(world.parts.database, world.clock)
    school.publish(with_a_short_quiz(water_lesson(school.fire)))
    with world.parts.database.transaction() as db:
        lessons.offer(db, 1, "water", 1)
    page = world.teacher().get("/class").text
    assert ["data-has-lengths" in box for box in re.findall(r'name="version_id"[^>]*>', page)] == [True, False]
    world.staff(CORA).post("/author/lessons/fire/retire")
    page = world.teacher().get("/class").text
    assert "5 quiz questions. Led by" in page
    assert "How many quiz questions?" not in page


def test_today_offers_every_shipped_lesson_and_ticks_the_first(tmp_path: Path) -> None:
    shipped = library.load(Settings().lessons_dir, Settings().quizzes_dir).lessons
    folders = {"lessons_dir": Settings().lessons_dir, "quizzes_dir": Settings().quizzes_dir}
    with World(tmp_path, options=folders) as world:
        page = world.teacher().get("/class").text
    boxes = re.findall(r'<input type="checkbox" name="version_id"[^>]*>', page)
    assert [" checked" in box for box in boxes] == [True] + [False] * (len(shipped) - 1)
    assert [lesson.title for lesson in shipped if lesson.title not in page] == []


def test_today_leads_back_to_the_open_lesson(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    page = tess.get("/class").text
    assert "Your lesson is open" in page
    assert f"{run.code[:3]} {run.code[3:]}" in page


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"version_id": "999"}, "Choose at least one lesson."),
        ({"version_id": ""}, ""),
        ({"questions": "9"}, "A quiz has eight or ten questions."),
        ({"present": "many"}, "Type the number of pupils in the room, for example 28."),
        ({"present": "0"}, "One class has between 1 and 60 pupils. Please count again."),
        ({"present": "61"}, "One class has between 1 and 60 pupils."),
        ({"kind": "recheck"}, ""),
    ],
)
def test_a_start_that_makes_no_sense_is_refused_with_a_sentence(
    world: World, form: dict[str, str], sentence: str
) -> None:
    tess = world.teacher()
    refused = tess.post("/class/run", data={"version_id": version(world), "questions": 8, "present": "28"} | form)
    assert refused.status_code in (200, 422)
    assert sentence in refused.text
    assert tess.get("/class/run/screen").status_code == 404


def test_a_start_without_a_head_count_is_right(world: World) -> None:
    assert world.start(world.teacher(), present="").present is None


def test_a_second_start_says_that_a_lesson_is_open(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    refused = tess.post("/class/run", data={"version_id": version(world), "questions": 8})
    assert "Your class has a lesson open already." in refused.text
    assert world.run_of(tess).id == run.id


def test_a_rehearsal_says_so_on_every_screen_and_is_in_no_report(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess, kind="rehearsal")
    pupil = world.pupil(run)
    jump(world, run, "before.F1")
    for page in (tess.get("/class/run/screen"), tess.get("/class/run/controls"), pupil.get("/play")):
        assert "Rehearsal" in page.text
    world.finish(tess)
    assert "No lessons yet" in world.staff().get("/reports/agencies/kent-fire-and-rescue-service").text


# Orders


def test_next_moves_the_stage_and_brings_back_to_the_screen(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    moved = world.order(tess, run, "next")
    assert (moved.status_code, moved.headers["location"]) == (303, "/class/run/screen")
    assert world.run(run).stage.is_rules


def test_an_order_from_a_script_gets_no_page(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    form = {"order": "next", "seq": run.stage.seq, "epoch": run.epoch}
    moved = tess.post("/class/run/cue", data=form, headers={"accept": "application/json"})
    assert (moved.status_code, moved.content) == (204, b"")


def test_of_two_orders_for_one_stage_the_second_is_told_that_the_lesson_has_moved_on(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    form = {"order": "next", "seq": run.stage.seq, "epoch": run.epoch}
    first, second = tess.post("/class/run/cue", data=form), tess.post("/class/run/cue", data=form)
    script = tess.post("/class/run/cue", data=form, headers={"accept": "application/json"})
    sentence = "The lesson has moved on already. Look at the screen and press again."
    assert (first.status_code, second.status_code, script.status_code) == (303, 409, 409)
    assert sentence in second.text
    assert script.json() == {"say": sentence}
    assert world.run(run).stage.seq == run.stage.seq + 1


@pytest.mark.parametrize(
    ("step", "phase", "order", "sentence"),
    [
        ("before.F1", "open", "back", "Close the question first, so that no answer is lost."),
        ("before.F1", "open", "reveal", "Close the question first."),
        ("before.F1", "ready", "close", "No question is open."),
        ("before.F1", "closed", "open", "This question has been asked already."),
        ("quiz.F1", "revealed", "reopen", "only after it is closed and before its answer is shown"),
        ("before", "content", "back", "This is the beginning."),
    ],
)
def test_an_order_that_makes_no_sense_now_is_refused_with_the_reason(
    world: World, step: str, phase: str, order: str, sentence: str
) -> None:
    tess = world.teacher()
    before = jump(world, world.start(tess), step, phase)
    refused = world.order(tess, before, order)
    assert refused.status_code == 403
    assert sentence in refused.text
    assert world.run(before).stage == before.stage


@pytest.mark.parametrize("form", [{"order": "jump"}, {"seq": "x"}, {"epoch": ""}], ids=str)
def test_an_order_that_is_none_is_refused(world: World, form: dict[str, str]) -> None:
    tess = world.teacher()
    run = world.start(tess)
    refused = tess.post("/class/run/cue", data={"order": "next", "seq": "0", "epoch": "0"} | form)
    assert refused.status_code == 422
    assert world.run(run).stage.seq == 0


def test_after_the_last_step_the_screen_leads_to_the_head_count_and_next_says_so(world: World) -> None:
    tess = world.teacher()
    run = jump(world, world.start(tess), "take-home", "content")
    world.order(tess, run, "next")
    refused = world.order(tess, run, "next")
    assert 'href="/class/run/finish"' in tess.get("/class/run/screen").text
    assert refused.status_code == 403
    assert "The lesson is over. Count the class and finish." in refused.text


def test_the_calm_screen_covers_the_question_and_lifts_again(world: World) -> None:
    tess = world.teacher()
    run = jump(world, world.start(tess), "before.F1")
    pupil = world.pupil(run)
    world.order(tess, run, "calm")
    covered = stage_of(pupil)["phase"]
    world.order(tess, run, "resume")
    assert (covered, stage_of(pupil)["phase"]) == ("calm", "open")


def test_an_answer_on_its_way_when_the_calm_screen_comes_is_kept(world: World) -> None:
    tess = world.teacher()
    run = jump(world, world.start(tess), "before.F1")
    pupil = world.pupil(run)
    asking = stage_of(pupil)["asking"]
    world.order(tess, run, "calm")
    assert stage_of(pupil)["phase"] == "calm"
    assert pupil.post("/play/answers", json=answer(asking)).json()["kind"] == "ack"


def test_the_numbers_of_the_class_are_on_the_screen(world: World) -> None:
    tess = world.teacher()
    run = jump(world, world.start(tess), "before.F1")
    for letter in "AAB":
        pupil = world.pupil(run)
        pupil.post("/play/answers", json=answer(stage_of(pupil)["asking"], letter))
    html = tess.get("/class/run/panels/tally?as=controls").json()["html"]
    assert 'data-answered="3" data-joined="3"' in html


def test_each_lesson_of_today_has_its_own_guide(world: World) -> None:
    school = Classroom(world.parts.database, world.clock)
    school.publish(water_lesson(school.fire))
    with world.parts.database.transaction() as db:
        lessons.offer(db, 1, "water", 1)
    assert re.findall(r"/pictures/(badger|seal)\.svg", world.teacher().get("/class").text) == ["badger", "seal"]


def test_in_each_module_of_a_run_its_own_guide_is_on_the_screen(world: World) -> None:
    school, tess = Classroom(world.parts.database, world.clock), world.teacher()
    run_id = school.start(versions=[version(world), school.publish(water_lesson(school.fire))])
    seen = []
    for module in (0, 1):
        for phase in ("open", "revealed"):
            school.go_to(run_id, "quiz.F1", phase, module=module)
            html = tess.get("/class/run/panels/stage?as=screen").json()["html"]
            seen += re.findall(r"/pictures/([\w-]+)\.svg", html)
    assert seen == ["badger-peek", "badger", "seal-peek", "seal"]


@pytest.mark.parametrize("panel", ["me", "notes", "x"])
def test_a_panel_that_there_is_not_is_not_found(world: World, panel: str) -> None:
    tess = world.teacher()
    world.start(tess)
    assert tess.get(f"/class/run/panels/{panel}?as=screen").status_code == 404


def test_notes_are_on_the_controls_and_never_on_the_screen(world: World) -> None:
    tess = world.teacher()
    jump(world, world.start(tess), "scenario", "content")
    note = "Thank you for trusting me"
    assert note in tess.get("/class/run/controls").text.replace("’", "'")
    for path in ("/class/run/screen", "/class/run/panels/stage?as=screen", "/class/run/panels/crowd?as=screen"):
        assert note not in tess.get(path).text


def test_a_seat_is_removed_and_its_name_leaves_the_screen(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    world.pupil(run)
    gone = seats(world, run)[0]
    world.pupil(run)
    tess.post("/class/run/seats/remove", data={"participant_id": gone})
    assert world.seated(run) == 1


# Another class


def test_another_class_cannot_touch_or_see_this_run(world: World) -> None:
    tess, theo = world.teacher(), world.teacher(THEO_LINK)
    run = world.start(tess)
    world.pupil(run)
    theirs = world.start(theo)
    theo.post("/class/run/seats/remove", data={"participant_id": seats(world, run)[0]})
    world.order(theo, run, "next")
    theo.post("/class/run/lock")
    assert (world.run(run).stage.seq, world.run(run).locked, world.seated(run)) == (0, False, 1)
    assert world.run(theirs).stage.seq == 1


def test_the_summary_head_count_and_end_of_another_class_are_not_found(world: World) -> None:
    tess, theo = world.teacher(), world.teacher(THEO_LINK)
    run = world.start(tess)
    world.finish(tess)
    refusals = [
        theo.get(f"/class/run/report?run={run.id}"),
        theo.post("/class/run/attendance", data={"run": run.id, "present": "5"}),
        theo.post("/class/run/take-back", data={"run": run.id}),
    ]
    assert [refused.status_code for refused in refusals] == [404] * 3
    assert "We could not find that lesson." in refusals[0].text
    assert (world.run(run).present, world.run(run).ended_at is None) == (28, False)
    assert tess.get("/class/run/report?run=999").status_code == 404


# The finish


@pytest.mark.parametrize(
    ("present", "sentence"),
    [
        ("", "Type the number of pupils in the room, for example 28."),
        ("twenty", "Type the number of pupils in the room, for example 28."),
        ("28.5", "Type the number of pupils in the room, for example 28."),
        ("0", "One class has between 1 and 60 pupils."),
        ("-3", "One class has between 1 and 60 pupils."),
        ("280", "One class has between 1 and 60 pupils."),
    ],
)
def test_a_wrong_head_count_is_told_and_the_lesson_stays_open(world: World, present: str, sentence: str) -> None:
    tess = world.teacher()
    run = world.start(tess)
    refused = tess.post("/class/run/finish", data={"present": present})
    assert sentence in refused.text
    assert world.run(run).ended_at is None


def test_the_finish_leads_to_the_summary(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    ended = tess.post("/class/run/finish", data={"present": "27"})
    assert ended.headers["location"] == f"/class/run/report?run={run.id}"
    page = tess.get(ended.headers["location"])
    assert page.status_code == 200
    assert "27" in page.text
    assert "Get out, stay out" in page.text


def taught(world: World, tess: TestClient) -> OpenRun:
    """A run that has come to its end, with one pupil who learned something."""
    run = world.start(tess)
    world.pupil(run)
    classroom = Classroom(world.parts.database, world.clock)
    classroom.teach(run.id, {seats(world, run)[0]: (1, 4)})
    return world.run(run)


def test_the_summary_shows_what_the_class_learned(world: World) -> None:
    tess = world.teacher()
    taught(world, tess)
    world.finish(tess)
    page = tess.get("/class/run/report").text
    assert "The smoke alarm sounds at night" in page
    assert "<b>20%</b> before, <b>80%</b> after" in page


def test_the_button_without_a_head_count_finishes_without_one(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    fields = forms(tess.get("/class/run/finish").text)["/class/run/finish"]
    ended = tess.post("/class/run/finish", data=fields | {"present": ""})
    assert ended.status_code == 303
    assert world.run(run).ended_at is not None
    assert not world.run(run).present_confirmed


def test_the_summary_asks_for_a_head_count_that_is_missing_and_saves_it(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    Classroom(world.parts.database, world.clock).finish(run.id, None)
    fields = forms(tess.get("/class/run/report").text)["/class/run/attendance"]
    saved = tess.post("/class/run/attendance", data=fields | {"present": "26"})
    assert saved.status_code == 303
    with world.parts.database.reading() as db:
        assert [(r.present, r.status) for r in participation.records_of(db, run.id)] == [(26, "confirmed")]


def test_a_missing_head_count_that_is_wrong_gets_a_sentence(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    Classroom(world.parts.database, world.clock).finish(run.id, None)
    refused = tess.post("/class/run/attendance", data={"run": run.id, "present": "99"})
    assert "One class has between 1 and 60 pupils." in refused.text
    assert not world.run(run).present_confirmed


def test_the_button_of_the_summary_takes_an_end_back(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    world.finish(tess)
    fields = forms(tess.get("/class/run/report").text)["/class/run/take-back"]
    back = tess.post("/class/run/take-back", data=fields)
    assert (back.status_code, back.headers["location"]) == (303, "/class/run/screen")
    assert world.run(run).ended_at is None
    assert tess.get("/class/run/screen").status_code == 200


def test_after_a_day_the_summary_offers_no_way_back_and_there_is_none(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    world.finish(tess)
    world.clock.forward(hours=25)
    assert "/class/run/take-back" not in tess.get("/class/run/report").text
    refused = tess.post("/class/run/take-back", data={"run": run.id})
    assert refused.status_code == 403
    assert "for 24 hours after its end" in refused.text


def test_once_ended_the_screen_leads_to_today_and_orders_find_no_lesson(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    world.finish(tess)
    refused = world.order(tess, run, "next")
    assert refused.status_code == 404
    assert "No lesson is open. Start one from Today." in refused.text
    assert "Back to Today" in refused.text


def test_a_lesson_is_finished_once(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    world.finish(tess)
    assert tess.post("/class/run/finish", data={"present": "5"}).status_code == 404
    assert world.run(run).present == 28


def test_ended_lessons_are_listed_on_today(world: World) -> None:
    tess = world.teacher()
    run = taught(world, tess)
    world.finish(tess)
    assert f"/class/run/report?run={run.id}" in tess.get("/class").text
    assert f"/class/run/report?run={run.id}" not in world.teacher(THEO_LINK).get("/class").text


def test_signing_out_closes_the_class_on_this_browser(world: World) -> None:
    tess = world.teacher()
    key = tess.cookies["sia_class"]
    assert tess.post("/class/sign-out").status_code == 303
    assert world.browser().get("/class", headers={"cookie": f"sia_class={key}"}).status_code == 403
