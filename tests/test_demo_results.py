"""The demo's past, through the real pipeline: the sums of the table come out to the digit."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from app import demo
from app.demo_results import PAST
from app.domain import impact_words
from app.main import open_database
from app.settings import Settings
from app.store import impact, participation, schools
from app.store.database import Database
from app.store.tables import (
    AnswerRow,
    ClassGroupRow,
    CueRow,
    ParticipantRow,
    ParticipationRecordRow,
    RunRow,
    SchoolRow,
    ScorePairRow,
    SecretVoteRow,
)
from app.web.deps import now_utc

ROOT = Path(__file__).parent.parent
ANCHORS = 5


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    settings = Settings(demo=True, data_dir=tmp_path_factory.mktemp("demo") / "data")
    settings.data_dir.mkdir()
    database = open_database(settings, now_utc())
    demo.seed(database, settings)
    yield database
    database.close()


def test_the_reach_of_the_programme_is_that_of_the_table(seeded: Database) -> None:
    with seeded.reading() as db:
        rows = db.exec(select(ParticipationRecordRow)).all()
        roll = sum(group.on_roll or 0 for group in schools.class_groups(db, 1))
    classes = {row.class_group_id: row.present or 0 for row in rows}
    assert (len({row.school_id for row in rows}), len(classes), roll, sum(classes.values())) == (12, 14, 391, 374)
    assert sum(row.present or 0 for row in rows) == 1496
    assert sum((row.present or 0) * row.minutes for row in rows) / 60 == 748
    assert {row.status for row in rows} == {"confirmed"}


@pytest.mark.parametrize(
    ("topic", "before", "after", "points", "g"),
    [
        ("internet", 63.6, 80.7, 17.1, 0.47),
        ("fire", 53.7, 79.1, 25.4, 0.55),
        ("water", 42.5, 75.1, 32.6, 0.57),
        ("road", 50.8, 77.7, 26.9, 0.55),
    ],
)
def test_the_gain_of_each_topic_is_that_of_the_table(
    seeded: Database, topic: str, before: float, after: float, points: float, g: float
) -> None:
    with seeded.reading() as db:
        n, knew, know = db.exec(
            select(
                func.sum(ScorePairRow.n),
                func.sum(ScorePairRow.n * ScorePairRow.before_right),
                func.sum(ScorePairRow.n * ScorePairRow.after_right),
            )
            .join(
                ParticipationRecordRow,
                (col(ParticipationRecordRow.run_id) == ScorePairRow.run_id)
                & (col(ParticipationRecordRow.module_position) == ScorePairRow.module_position),
            )
            .where(ParticipationRecordRow.topic_key == topic)
        ).one()
    first, last = 100 * knew / (n * ANCHORS), 100 * know / (n * ANCHORS)
    assert n == 327
    assert (round(first, 1), round(last, 1), round(last - first, 1)) == (before, after, points)
    assert round((last - first) / (100 - first), 2) == g


def test_each_class_has_its_own_line_of_the_table(seeded: Database) -> None:
    with seeded.reading() as db:
        found = {
            (school.reference, group.label, record.topic_key): (
                record.present,
                record.devices_joined,
                record.matched,
                sum(pair.n * pair.before_right for pair in pairs),
                sum(pair.n * pair.after_right for pair in pairs),
            )
            for record, school, group in db.exec(
                select(ParticipationRecordRow, SchoolRow, ClassGroupRow)
                .join(SchoolRow, col(SchoolRow.id) == ParticipationRecordRow.school_id)
                .join(ClassGroupRow, col(ClassGroupRow.id) == ParticipationRecordRow.class_group_id)
            ).all()
            for pairs in [participation.score_pairs(db, record.run_id, record.module_position)]
        }
    assert found == {
        (past.reference, past.label, topic): (past.present, past.present, past.matched, *getattr(past, topic))
        for past in PAST
        for topic in ("internet", "fire", "water", "road")
    }


def test_the_report_says_what_the_table_says_and_hides_the_smallest_class_with_the_next(seeded: Database) -> None:
    with seeded.reading() as db:
        report = impact.report(db, frozenset({1}), datetime(2026, 11, 26, 9, tzinfo=UTC))
    reach = report.reach
    assert (reach.schools, reach.classes, reach.on_roll, reach.pupils) == (12, 14, 391, 374)
    assert (reach.attendances, reach.pupil_hours, reach.matched) == (1496, 748, 327)
    assert {
        topic.key: (topic.knowledge.n, topic.knowledge.points, topic.knowledge.gain) for topic in report.topics
    } == {
        "internet": (327, 17.1, 0.47),
        "fire": (327, 25.4, 0.55),
        "water": (327, 32.6, 0.57),
        "road": (327, 26.9, 0.55),
    }
    marks = {
        line.school.partition(" ")[0]: {topic.knowledge.mark for topic in line.topics} for line in report.classes
    }
    assert [marks[name] for name in ("Oystergreave", "Wherrywood", "Rushenhithe", "Harrowmarsh")] == [
        {"small"},
        {"beside"},
        {"none"},
        {"shown"},
    ]
    said = impact_words.basis(report)
    assert "18 of 20 questions were known better after the lesson, 2 less well, most: “The smoke alarm" in said


def test_each_lesson_lasted_an_hour_without_its_pause_and_one_class_paused(seeded: Database) -> None:
    with seeded.reading() as db:
        minutes = db.exec(
            select(func.sum(ParticipationRecordRow.minutes)).group_by(col(ParticipationRecordRow.run_id))
        ).all()
        paused = db.exec(
            select(ClassGroupRow.label)
            .join(RunRow, col(RunRow.class_group_id) == ClassGroupRow.id)
            .join(CueRow, col(CueRow.run_id) == RunRow.id)
            .where(CueRow.kind == "calm")
        ).all()
    assert (set(minutes), len(minutes), list(paused)) == ({60.0}, 28, ["6W"])


def test_the_class_that_lost_its_connection_answered_before_and_not_after(seeded: Database) -> None:
    with seeded.reading() as db:
        results = [
            (one.step_key.partition(".")[0], one.answered > 0)
            for run_id in db.exec(
                select(RunRow.id)
                .join(ClassGroupRow, col(ClassGroupRow.id) == RunRow.class_group_id)
                .where(ClassGroupRow.label == "6R")
            ).all()
            for one in participation.of_run(db, run_id or 0)
            if one.module == 0
        ]
    assert {part for part, answered in results if answered} == {"before"}
    assert "quiz" in {part for part, _ in results}


def test_every_question_of_the_past_was_answered_by_most_of_a_class(seeded: Database) -> None:
    with seeded.reading() as db:
        run = db.exec(
            select(RunRow.id)
            .join(ClassGroupRow, col(ClassGroupRow.id) == RunRow.class_group_id)
            .where(ClassGroupRow.label == "6H")
        ).all()
        answered = [
            (one.answered, one.joined, one.right) for number in run for one in participation.of_run(db, number or 0)
        ]
    assert len(answered) > 60
    assert min(n / joined for n, joined, _ in answered) > 0.75
    assert all(right > 0 for _, _, right in answered if right is not None)


def test_nothing_of_a_pupil_is_left_of_the_past(seeded: Database) -> None:
    with seeded.reading() as db:
        tables = (ParticipantRow, AnswerRow, SecretVoteRow)
        assert [db.exec(select(func.count()).select_from(table)).one() for table in tables] == [0, 0, 0]
        assert db.exec(select(func.count()).select_from(RunRow).where(col(RunRow.purged_at).is_(None))).one() == 0


def test_a_start_that_was_killed_in_the_middle_of_seeding_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    cut_off = (
        "import os, sys; from app import demo_results as past; from app.cli import main; "
        "past.runs.purge = lambda *_: os._exit(9); "
        f"main(['demo', '--seed-only', '--data-dir', {str(folder)!r}])"
    )
    killed = subprocess.run([sys.executable, "-c", cut_off], cwd=ROOT, timeout=60, check=False)
    settings = Settings(demo=True, data_dir=folder)
    database = open_database(settings, now_utc())
    with database.reading() as db:
        half = db.exec(select(func.count()).select_from(ParticipationRecordRow)).one()
    demo.seed(database, settings)
    with database.reading() as db:
        whole = db.exec(select(func.count()).select_from(ParticipationRecordRow)).one()
    database.close()
    assert (killed.returncode, half, whole) == (9, 0, 56)
