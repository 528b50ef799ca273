"""Reports: the demo's season to the last digit, small groups, and nothing that depends on a pupil's row."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from app.domain.asking_line import NOT_MATCHED, AskingLine, Askings
from app.domain.disclosure import WHY, Mark
from app.domain.feedback import Feedback
from app.domain.impact import PAPER, ClassLine, Extent, Filters, Report
from app.store import directory, feedback, impact_askings, lessons
from app.store.impact import report
from app.store.tables import AskingResultRow
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom
from tests.past_lessons import MONDAY, TOPICS, give, scores

AFTERWARDS = MONDAY.replace(day=23)
"""The round of the demo's season is over."""


@pytest.fixture
def season(season: Classroom) -> Classroom:
    season.clock.now = AFTERWARDS
    return season


def read(classroom: Classroom, agency: str = "", **filters: object) -> Report:
    with classroom.database.reading() as db:
        agency_id = directory.agency_by_slug(db, agency).id if agency else None
        wanted = Filters(**filters)  # type: ignore[arg-type]
        return report(db, frozenset({1}), classroom.clock.now, agency_id=agency_id, filters=wanted)


def test_the_demo_season_comes_out_to_the_digit(season: Classroom) -> None:
    found = read(season)
    reach = found.reach
    assert (reach.schools, reach.classes, reach.on_roll, reach.pupils) == (12, 14, 391, 374)
    assert (reach.attendances, reach.matched, reach.pupil_hours) == (1496, 327, 748)
    knowledge = {topic.key: topic.knowledge for topic in found.topics}
    assert {topic: one.n for topic, one in knowledge.items()} == dict.fromkeys(TOPICS, 327)
    assert [
        (one.before_share, one.after_share, one.points, one.gain) for one in map(knowledge.get, TOPICS) if one
    ] == [
        (63.6, 80.7, 17.1, 0.47),
        (53.7, 79.1, 25.4, 0.55),
        (42.5, 75.1, 32.6, 0.57),
        (50.8, 77.7, 26.9, 0.55),
    ]


def test_the_interval_is_taken_over_classes_and_the_two_that_are_hidden_stand_as_one(season: Classroom) -> None:
    assert {topic.knowledge.interval_over for topic in read(season).topics} == {"12 classes"}
    alone = read(season, school_id=1)
    assert {topic.knowledge.interval_over for topic in alone.topics} == {"27 pupils"}


def askings(classroom: Classroom) -> dict[tuple[str, str, str], AskingLine]:
    with classroom.database.reading() as db:
        found = report(db, frozenset({1}), classroom.clock.now).askings
    return {(one.school.partition(" ")[0], one.class_label, one.key): one for one in found.lines}


def test_every_asking_of_a_run_has_its_counts_by_choice_and_its_matched_pupils(season: Classroom) -> None:
    one = askings(season)["Tidegate", "6", "before.F2"]
    assert (one.answered, one.matched, one.why) == (30, 30, "")
    assert one.right == one.matched_right == one.chosen[0]
    assert sum(count or 0 for count in one.chosen) == 30


def test_no_asking_of_a_hidden_class_is_told_and_its_mark_is_the_one_it_has_elsewhere(season: Classroom) -> None:
    found = askings(season)
    hidden: tuple[tuple[str, Mark], ...] = (("Oystergreave", "small"), ("Wherrywood", "beside"))
    for school, mark in hidden:
        of_school = [one for (name, _, key), one in found.items() if name == school and key.endswith("F2")]
        assert {one.why for one in of_school} == {WHY[mark]}
        assert {(one.right, one.matched_right, *one.chosen) for one in of_school} == {(None,) * 6}


def test_where_a_few_who_are_not_matched_answered_too_only_the_matched_are_told(season: Classroom) -> None:
    whole = askings(season)["Harrowmarsh", "6H", "before.F2"]
    with season.database.transaction() as db:
        row = db.exec(
            select(AskingResultRow).where(
                AskingResultRow.run_id == whole.run_id, AskingResultRow.step_key == "before.F2"
            )
        ).one()
        row.answered += 1
    one = askings(season)["Harrowmarsh", "6H", "before.F2"]
    assert (one.why, one.right, set(one.chosen)) == (NOT_MATCHED, None, {None})
    assert one.matched_right == whole.matched_right


def test_two_lessons_of_a_class_in_one_topic_and_round_are_not_told_apart(season: Classroom) -> None:
    with season.database.transaction() as db:
        version = next(version for version, lesson in lessons.offered(db, 1) if lesson.topic.key == "fire")
        give(db, TESS_CLASS, version, scores(25, 60, 90), present=25)
    one = askings(season)["Harrowmarsh", "6H", "before.F2"]
    assert (one.why, one.right, one.matched_right) == (WHY["beside"], None, None)


def test_a_file_that_would_be_too_long_has_the_newest_askings_and_says_what_is_missing(
    season: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact_askings, "FEWEST_LINES", 100)
    monkeypatch.setattr(impact_askings, "MOST_CELLS", 0)
    with season.database.reading() as db:
        found = report(db, frozenset({1}), season.clock.now)
    records = {one.record_id for one in found.askings.lines}
    assert records == {one.record_id for one in found.records[: len(records)]}
    assert found.askings.lessons_left_out == 56 - len(records)


def line(found: Report, school: str) -> ClassLine:
    return next(one for one in found.classes if one.school.startswith(school))


def marks(one: ClassLine) -> set[Mark]:
    return {topic.knowledge.mark for topic in one.topics}


def test_the_class_of_nine_and_the_next_smallest_are_hidden_and_stay_in_the_totals(season: Classroom) -> None:
    found = read(season)
    assert marks(line(found, "Oystergreave")) == {"small"}
    assert marks(line(found, "Wherrywood")) == {"beside"}
    assert marks(line(found, "Rushenhithe")) == {"none"}
    others = [one for one in found.classes if marks(one) == {"shown"}]
    assert len(others) == 11
    known = sum(topic.knowledge.before or 0 for one in others for topic in one.topics if topic.topic_key == "fire")
    assert {topic.key: topic.knowledge.before for topic in found.topics}["fire"] == known + 24 + 52


def test_no_filter_singles_a_hidden_class_out(season: Classroom) -> None:
    """Whatever school is asked for, its figures are those of its shown classes, or none."""
    for school in read(season).choices.schools:
        found = read(season, school_id=int(school.value))
        for topic in found.topics:
            each = [one.knowledge for line in found.classes for one in line.topics if one.topic_key == topic.key]
            shown = [one.before for one in each if one.before is not None]
            assert topic.knowledge.before == (sum(shown) if shown else None)


def test_a_class_has_its_key_questions_only_where_its_results_are_given_out(season: Classroom) -> None:
    found = read(season)
    assert {len(topic.items) for topic in line(found, "Tidegate").topics} == {5}
    assert not any(topic.items for topic in line(found, "Oystergreave").topics + line(found, "Wherrywood").topics)


def test_an_agency_reads_only_what_it_took_part_in(season: Classroom) -> None:
    found = read(season, "kent-fire-and-rescue-service")
    assert {"fire"} <= {topic.key for topic in found.topics} < set(TOPICS)
    assert all("Kent Fire and Rescue Service" in dict(record.agencies) for record in found.records)


def test_a_page_and_a_paper_say_the_same_as_the_whole_report(season: Classroom) -> None:
    whole, few = read(season), Extent(classes=3, records=3)
    with season.database.reading() as db:
        page = report(db, frozenset({1}), season.clock.now, extent=few)
        paper = report(db, frozenset({1}), season.clock.now, extent=PAPER)
    brief = tuple(replace(one, topics=tuple(replace(each, items=()) for each in one.topics)) for one in whole.classes)
    assert page == replace(whole, classes=brief[:3], records=whole.records[:3], extent=few, askings=Askings())
    assert paper == replace(whole, classes=brief, records=(), extent=PAPER, askings=Askings())


def test_a_lesson_late_in_the_evening_is_of_the_term_that_british_clocks_say(season: Classroom) -> None:
    evening = datetime(2027, 3, 31, 23, 30, tzinfo=UTC)
    with season.database.transaction() as db:
        give(db, TESS_CLASS, lessons.offered(db, 1)[0][0], scores(9, 9, 20), present=9, began_at=evening)
    assert read(season, term="summer-2027").reach.records == 1


def test_results_wait_until_their_three_weeks_are_over_and_reach_does_not(season: Classroom) -> None:
    season.clock.now = AFTERWARDS.replace(day=22)
    early = read(season)
    assert early.reach.matched == 327
    assert {topic.knowledge.mark for topic in early.topics} == {"waiting"}
    assert not any(topic.items or topic.confidence or topic.pledges for topic in early.topics)


def test_a_later_class_changes_nothing_that_was_given_out(season: Classroom) -> None:
    before = read(season)
    with season.database.transaction() as db:
        give(db, TESS_CLASS, lessons.offered(db, 1)[0][0], scores(9, 9, 20), present=9, began_at=AFTERWARDS)
    season.clock.forward(days=21)
    after = read(season)
    assert after.reach.records == before.reach.records + 1
    assert [topic.knowledge for topic in after.topics] == [topic.knowledge for topic in before.topics]
    assert line(after, "Gannet") == line(before, "Gannet")


def test_hands_up_stands_apart_and_is_in_no_gain(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        version = lessons.offered(db, 1)[0][0]
        give(db, TESS_CLASS, version, scores(24, 60, 90), present=24, mode="hands")
        give(db, THEO_CLASS, version, scores(25, 60, 100), present=25)
    classroom.clock.now = AFTERWARDS
    [topic] = read(classroom).topics
    assert topic.knowledge.n == 25
    assert len(topic.hands) == 5
    assert {one.before_of for one in topic.hands} == {24}
    assert [mode.mode for mode in read(classroom).reach.modes] == ["devices", "hands"]


def test_a_recheck_is_listed_apart(season: Classroom) -> None:
    reach = read(season).reach
    with season.database.transaction() as db:
        version = lessons.offered(db, 1)[0][0]
        give(db, TESS_CLASS, version, [], present=26, kind="recheck", began_at=AFTERWARDS)
    found = read(season)
    assert found.reach == reach
    assert [(one.kind, one.runs, one.attendances) for one in found.apart] == [("recheck", 1, 26)]


def test_the_wrong_idea_is_named_in_the_words_of_the_quiz(season: Classroom) -> None:
    fire = next(topic for topic in read(season).topics if topic.key == "fire")
    assert {item.key: item.wrong_before for item in fire.items}["F4"] == "Stop, drop and roll fits every fire"


def test_teachers_are_averaged_from_three_on_and_quoted_only_where_they_said_so(season: Classroom) -> None:
    said = [
        Feedback(useful=5, age_right=4, would_rebook=useful, line=line, may_be_quoted=may)
        for useful, line, may in ((5, "They sang it.", True), (4, "Too long for us.", False), (5, "", False))
    ]
    runs = sorted({record.run_id for record in read(season).records})
    for number, one in enumerate(said):
        with season.database.transaction() as db:
            feedback.say(db, runs[number], one)
        teachers = read(season).teachers
        assert (teachers.said, teachers.would_rebook) == (number + 1, 4.7 if number == 2 else None)
    assert teachers.quotes == ("They sang it.",)
