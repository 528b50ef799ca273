"""Participation records: what a run gave, counted at its end and true after every pupil row is gone."""

import pytest
from sqlmodel import col, select

from app.domain.errors import DomainError
from app.store import impact, participation, runs
from app.store.directory import agency_by_slug
from app.store.participation import ReportRow, Totals
from app.store.tables import ContributionRow, ParticipationRecordRow, SchoolRow
from app.web.summary import summary_of
from tests.cast import PAUL, PRIYA
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom, water_lesson

FIRE = "kent-fire-and-rescue-service"


@pytest.fixture
def two_modules(classroom: Classroom) -> tuple[Classroom, int, int]:
    """A run of fire and then water, each taught to three pupils; the run's id and the water version."""
    water = classroom.publish(water_lesson(classroom.fire))
    run = classroom.start(versions=[classroom.versions()[0][0], water])
    pupils = [classroom.seat(run) for _ in range(3)]
    classroom.clock.forward(minutes=5)
    classroom.go_to(run, "before", "content")
    classroom.clock.forward(minutes=20)
    classroom.teach(run, {pupils[0]: (2, 5), pupils[1]: (0, 3)})
    classroom.go_to(run, "before", "content", module=1)
    classroom.clock.forward(minutes=30)
    classroom.teach(run, {pupils[0]: (1, 1), pupils[2]: (5, 4)}, module=1)
    return classroom, run, water


def report(classroom: Classroom, slug: str) -> list[ReportRow]:
    with classroom.database.reading() as db:
        return participation.for_agency(db, agency_by_slug(db, slug).id or 0)


def totals(classroom: Classroom, slug: str = FIRE) -> Totals:
    return participation.totals(report(classroom, slug))


def teach_and_finish(classroom: Classroom, class_group: int = TESS_CLASS, *, present: int | None = 28) -> int:
    run = classroom.start(class_group)
    classroom.go_to(run, "before", "content")
    classroom.clock.forward(minutes=20)
    classroom.finish(run, present)
    return run


def test_a_run_of_two_modules_gives_two_records_with_one_head_count(
    two_modules: tuple[Classroom, int, int],
) -> None:
    classroom, run, _ = two_modules
    classroom.finish(run, 28)
    with classroom.database.reading() as db:
        records = participation.records_of(db, run)
    assert [(r.topic_key, r.present, r.devices_joined, r.minutes) for r in records] == [
        ("fire", 28, 3, 20.0),
        ("water", 28, 3, 30.0),
    ]


def test_answers_and_matched_pupils_are_those_of_the_module(two_modules: tuple[Classroom, int, int]) -> None:
    classroom, run, _ = two_modules
    classroom.finish(run)
    with classroom.database.reading() as db:
        records = participation.records_of(db, run)
        pairs = [
            [(pair.before_right, pair.after_right, pair.n) for pair in participation.score_pairs(db, run, module)]
            for module in (0, 1)
        ]
    assert [(r.answers_counted, r.matched) for r in records] == [(20, 2), (20, 2)]
    assert pairs == [[(0, 3, 1), (2, 5, 1)], [(1, 1, 1), (5, 4, 1)]]


def test_each_agency_has_its_part_and_reads_only_what_it_took_part_in(
    two_modules: tuple[Classroom, int, int],
) -> None:
    classroom, run, _ = two_modules
    classroom.finish(run)
    parts = {
        slug: [(row.topic_key, row.role) for row in report(classroom, slug)]
        for slug in (FIRE, "rnli", "hm-coastguard", "kent-police")
    }
    assert parts == {
        FIRE: [("fire", "leads")],
        "rnli": [("water", "leads")],
        "hm-coastguard": [("water", "supports")],
        "kent-police": [],
    }


def test_a_module_that_was_never_shown_gives_no_record(classroom: Classroom) -> None:
    water = classroom.publish(water_lesson(classroom.fire))
    run = classroom.start(versions=[classroom.versions()[0][0], water])
    classroom.go_to(run, "hook", "content")
    classroom.finish(run)
    with classroom.database.reading() as db:
        assert [record.topic_key for record in participation.records_of(db, run)] == ["fire"]


def test_a_run_that_never_left_the_lobby_gives_no_record(classroom: Classroom) -> None:
    classroom.finish(classroom.start())
    assert totals(classroom).records == 0


def test_a_rehearsal_gives_no_record(classroom: Classroom) -> None:
    run = classroom.start(kind="rehearsal")
    classroom.go_to(run, "before.F1", "closed")
    classroom.finish(run)
    assert report(classroom, FIRE) == []


def test_pupils_are_counted_once_and_attendances_each_time(classroom: Classroom) -> None:
    for present in (25, 28, 27):
        teach_and_finish(classroom, present=present)
    teach_and_finish(classroom, THEO_CLASS, present=20)
    found = totals(classroom)
    assert (found.pupils, found.attendances, found.runs, found.classes, found.schools) == (48, 100, 4, 2, 2)
    assert (found.minutes, found.pupil_hours) == (80.0, 33.3)


def test_two_schools_of_one_name_are_two_schools(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        for school in db.exec(select(SchoolRow)).all():
            school.name = "St Mary's Primary School (demo)"
    teach_and_finish(classroom)
    teach_and_finish(classroom, THEO_CLASS)
    assert totals(classroom).schools == 2


def test_without_a_head_count_the_run_counts_and_adds_no_pupils(classroom: Classroom) -> None:
    run = classroom.start(present=30)
    classroom.seat(run)
    classroom.go_to(run, "before", "content")
    classroom.clock.forward(minutes=20)
    classroom.finish(run, None)
    found = totals(classroom)
    assert (found.records, found.pupils, found.attendances, found.pupil_hours, found.minutes) == (1, 0, 0, 0.0, 20.0)


def test_a_head_count_that_comes_later_is_taken_into_the_record(classroom: Classroom) -> None:
    run = teach_and_finish(classroom, present=None)
    with classroom.database.transaction() as db:
        participation.confirm_head_count(db, runs.read(db, run), 27, classroom.clock.now)
    assert totals(classroom).pupils == 27


def test_the_class_and_the_agency_read_the_same_head_count_after_a_second_one(classroom: Classroom) -> None:
    run = teach_and_finish(classroom, present=28)
    try:
        with classroom.database.transaction() as db:
            participation.confirm_head_count(db, runs.read(db, run), 12, classroom.clock.now)
    except DomainError:
        pass  # a refusal is right too: later only an amendment changes a record
    assert classroom.run(run).present == totals(classroom).pupils


def test_an_end_taken_back_is_counted_anew_and_only_once(classroom: Classroom) -> None:
    run = teach_and_finish(classroom, present=20)
    with classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), classroom.clock.now)
    assert totals(classroom).records == 0
    classroom.finish(run, 21)
    found = totals(classroom)
    assert (found.records, found.pupils, found.attendances) == (1, 21, 21)


def test_an_end_taken_back_leaves_no_count_of_it_behind(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.teach(run, {pupil: (1, 2)})
    classroom.finish(run)
    with classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), classroom.clock.now)
    with classroom.database.reading() as db:
        left = [
            participation.of_run(db, run),
            participation.score_pairs(db, run, 0),
            participation.records_of(db, run),
            db.exec(select(ContributionRow)).all(),
        ]
    assert left == [[], [], [], []]


def test_a_removed_pupil_is_in_no_count(classroom: Classroom) -> None:
    run = classroom.start()
    stays, goes = classroom.seat(run), classroom.seat(run)
    classroom.teach(run, {stays: (1, 2), goes: (5, 5)})
    classroom.remove(run, goes)
    classroom.finish(run)
    with classroom.database.reading() as db:
        record = participation.records_of(db, run)[0]
        pairs = [(pair.before_right, pair.after_right, pair.n) for pair in participation.score_pairs(db, run, 0)]
    assert (record.devices_joined, record.answers_counted, record.matched) == (1, 10, 1)
    assert pairs == [(1, 2, 1)]


def test_the_second_round_stands_beside_the_first_and_in_no_answer_count(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "quiz.F1")
    classroom.record(classroom.answer(run, pupil, "2"))
    classroom.give(run, "close")
    classroom.give(run, "reopen")
    classroom.record(classroom.answer(run, pupil, "1", round=2))
    classroom.finish(run)
    with classroom.database.reading() as db:
        counted = [one for one in participation.of_run(db, run) if one.step_key == "quiz.F1"]
        record = participation.records_of(db, run)[0]
    assert [(one.round, one.right, dict(one.counts)) for one in counted] == [(1, 0, {"2": 1}), (2, 1, {"1": 1})]
    assert record.answers_counted == 1


def test_a_question_that_was_served_and_nobody_answered_is_counted_as_served(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "before.F2", "closed")
    classroom.finish(run)
    with classroom.database.reading() as db:
        record = participation.records_of(db, run)[0]
    assert (record.questions_served, record.answers_counted) == (2, 0)


def test_a_lesson_that_was_broken_off_says_so_and_counts_with_the_minutes_it_had(classroom: Classroom) -> None:
    whole, broken = classroom.start(THEO_CLASS), classroom.start(TESS_CLASS)
    for run, last in ((whole, classroom.fire.steps[-1].key), (broken, "hook")):
        classroom.go_to(run, "before", "content")
        classroom.clock.forward(minutes=7)
        classroom.go_to(run, last, "content")
        classroom.finish(run, 25)
    with classroom.database.reading() as db:
        records = [participation.records_of(db, run)[0] for run in (whole, broken)]
        reach = impact.report(db, frozenset({1}), classroom.clock.now).reach
    assert [(one.ended_early, one.minutes) for one in records] == [(False, 7.0), (True, 7.0)]
    assert (reach.records, reach.pupils, reach.ended_early) == (2, 50, 1)


def test_minutes_are_counted_again_after_the_calm_screen(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "hook", "content")
    classroom.clock.forward(minutes=4)
    classroom.calm(run, True)
    classroom.clock.forward(minutes=10)
    classroom.calm(run, False)
    classroom.clock.forward(minutes=6)
    classroom.finish(run)
    assert totals(classroom).minutes == 10.0


def test_minutes_are_counted_from_the_moment_that_an_order_takes_the_calm_screen_away(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "facts.1", "content")
    classroom.clock.forward(minutes=4)
    classroom.calm(run, True)
    classroom.clock.forward(minutes=10)
    after = classroom.give(run, "back")  # the screen offers Back beside Carry on
    classroom.clock.forward(minutes=6)
    classroom.finish(run)
    assert not after.calm
    assert totals(classroom).minutes == 10.0


def test_every_report_stays_equal_when_all_pupil_rows_are_gone(two_modules: tuple[Classroom, int, int]) -> None:
    classroom, run, _ = two_modules
    classroom.finish(run)
    classroom.clock.forward(hours=25)

    def everything() -> list[object]:
        with classroom.database.reading() as db:
            summary = summary_of(db, runs.read(db, run), classroom.clock.now)
        slugs = (FIRE, "rnli", "hm-coastguard")
        rows = [report(classroom, slug) for slug in slugs]
        return [summary, rows, [participation.totals(found) for found in rows]]

    before = everything()
    assert classroom.purge() == 1
    assert everything() == before


def test_a_coordinator_reads_the_records_of_the_own_programmes_only(classroom: Classroom) -> None:
    teach_and_finish(classroom)
    with classroom.database.reading() as db:
        fire = agency_by_slug(db, FIRE).id or 0
        assert len(participation.for_agency(db, fire, frozenset({1}))) == 1
        assert participation.for_agency(db, fire, frozenset({2})) == []
        assert participation.for_agency(db, fire, frozenset()) == []


def test_the_newest_record_stands_first(classroom: Classroom) -> None:
    first = teach_and_finish(classroom)
    classroom.clock.forward(days=1)
    second = teach_and_finish(classroom)
    assert [row.run_id for row in report(classroom, FIRE)] == [second, first]


def test_a_record_keeps_the_steps_that_were_shown_and_those_that_were_not(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "before.F1", "closed")
    classroom.finish(run)
    with classroom.database.reading() as db:
        record = db.exec(select(ParticipationRecordRow).where(col(ParticipationRecordRow.run_id) == run)).one()
    assert record.steps_shown == ["before", "before.F1"]
    assert "quiz.F9" in record.steps_skipped
    assert set(record.steps_shown) | set(record.steps_skipped) == {step.key for step in classroom.fire.steps}


# A run that followed


def parts(classroom: Classroom) -> dict[str, str]:
    """Agency -> its roles in the one record."""
    slugs = (FIRE, "kent-police", "rnli", "hm-coastguard")
    return {slug: row.role for slug in slugs for row in report(classroom, slug)}


def test_a_run_that_followed_has_the_minutes_steps_and_roles_of_the_time_in_which_it_did(
    classroom: Classroom,
) -> None:
    """Ten minutes of Priya's *before*, five of Paul's hook, four calm, three alone: by hand 18 minutes."""
    session = classroom.lead(email=PRIYA)
    run = classroom.follow(session)
    classroom.clock.forward(minutes=7)  # in the lobby
    classroom.cue(session)
    classroom.clock.forward(minutes=10)
    classroom.take_console(session, PAUL)
    classroom.cue_to(session, "hook", "content")
    classroom.clock.forward(minutes=5)
    classroom.calm(run, True)
    classroom.cue_to(session, "facts.1", "content")
    classroom.clock.forward(minutes=4)
    classroom.calm(run, False)
    classroom.hold(run)
    classroom.cue_to(session, "take-home", "content")
    classroom.clock.forward(minutes=3)
    classroom.finish(run)
    with classroom.database.reading() as db:
        record = participation.records_of(db, run)[0]
    shown = [step.key for step in classroom.fire.steps if step.key.startswith("before")]
    assert record.minutes == 18.0
    assert record.steps_shown == [*shown, "hook", "facts.1"]
    assert record.questions_served == len([key for key in shown if key != "before"])
    assert parts(classroom) == {FIRE: "leads and presents", "kent-police": "presents"}


def test_an_agency_that_leads_and_presents_is_counted_once(classroom: Classroom) -> None:
    session = classroom.lead(email=PRIYA)
    run = classroom.follow(session)
    classroom.cue(session)
    classroom.clock.forward(minutes=20)
    classroom.finish(run, 28)
    found = totals(classroom)
    assert (found.records, found.runs, found.pupils, found.attendances, found.minutes) == (1, 1, 28, 28, 20.0)


def test_who_held_the_console_while_the_class_did_not_follow_does_not_present(classroom: Classroom) -> None:
    session = classroom.lead(email=PRIYA)
    run = classroom.follow(session)
    classroom.cue(session)
    classroom.hold(run)
    classroom.take_console(session, PAUL)
    classroom.cue(session)
    classroom.finish(run)
    assert parts(classroom) == {FIRE: "leads and presents"}


def test_a_class_alone_is_presented_by_nobody(classroom: Classroom) -> None:
    session = classroom.lead(email=PRIYA)
    run = classroom.follow(session)
    classroom.hold(run)
    classroom.go_to(run, "before", "content")
    classroom.finish(run)
    assert parts(classroom) == {FIRE: "leads"}


def test_the_record_of_a_class_is_the_same_whether_it_followed_or_went_alone(classroom: Classroom) -> None:
    session = classroom.lead()
    follows, alone = classroom.follow(session), classroom.start(THEO_CLASS)
    pupils = {run: classroom.seat(run) for run in (follows, alone)}
    for step in ("before.F1", "quiz.F1"):
        classroom.clock.forward(minutes=6)
        classroom.cue_to(session, step)
        classroom.go_to(alone, step)
        for run, pupil in pupils.items():
            classroom.record(classroom.answer(run, pupil))
    classroom.clock.forward(minutes=2)
    classroom.end_session(session)
    classroom.clock.forward(minutes=2)
    for run in (follows, alone):
        classroom.finish(run)
    with classroom.database.reading() as db:
        records = [participation.records_of(db, run)[0] for run in (follows, alone)]
        counts = [participation.of_run(db, run) for run in (follows, alone)]
    same = ("minutes", "steps_shown", "steps_skipped", "questions_served", "answers_counted", "matched", "began_at")
    assert [getattr(records[0], name) for name in same] == [getattr(records[1], name) for name in same]
    assert counts[0] == counts[1]


def test_an_end_of_a_run_that_followed_is_taken_back_and_counted_anew(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue(session)
    classroom.clock.forward(minutes=10)
    classroom.finish(run, 20)
    classroom.clock.forward(minutes=5)
    classroom.take_back(run)
    classroom.rejoin(run)
    classroom.clock.forward(minutes=10)
    classroom.finish(run, 21)
    found = totals(classroom)
    assert (found.records, found.pupils, found.minutes) == (1, 21, 20.0)


def test_a_step_that_the_class_left_out_stands_among_the_skipped(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session, left_out=((0, "before.F2"),))
    classroom.cue_to(session, "before.F3", "closed")
    classroom.finish(run)
    with classroom.database.reading() as db:
        record = participation.records_of(db, run)[0]
    assert record.steps_shown == ["before", "before.F1", "before.F3"]
    assert "before.F2" in record.steps_skipped
    assert record.questions_served == 2


def test_a_report_names_a_lesson_as_it_was_taught(two_modules: tuple[Classroom, int, int]) -> None:
    classroom, run, _ = two_modules
    classroom.finish(run)
    before = report(classroom, FIRE)
    topic = classroom.fire.topic.model_copy(update={"name": "Flames"})
    classroom.publish(classroom.fire.model_copy(update={"title": "Another title", "topic": topic}))
    assert report(classroom, FIRE) == before
