"""Reports over a large programme: 5,000 runs, 150,000 attendances, 3 million answers counted at the runs' ends."""

import random
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import insert

from app.domain.lesson import Agency, Asking, Lesson
from app.settings import Settings
from app.store import directory, lessons
from app.store.database import Database, Db
from app.store.tables import (
    AnchorPairRow,
    AskingChoiceRow,
    AskingResultRow,
    ClassGroupRow,
    ContributionRow,
    ParticipationRecordRow,
    ProgrammeSchoolRow,
    RunRow,
    SchoolRow,
    ScorePairRow,
)
from tests.bench.generator import percentile
from tests.bench.measures import Readings
from tests.cast import CORA, World

RUNS, PUPILS, CLASSES_OF_A_SCHOOL = 5_000, 30, 2
AT_A_TIME = 100
TIMES = 40
PAGES = (
    "/reports/programmes/town",
    "/reports/programmes/town?topic=fire",
    "/reports/programmes/town?term=spring-2027",
    "/reports/agencies/kent-fire-and-rescue-service",
)
FIRST_DAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)


def fill(database: Database, programme_id: int, runs: int = RUNS) -> datetime:
    """A year of lessons in this programme, each class having each of its lessons once; returns a day after them.

    In many short transactions: SQLite has one writer, and the app that looks on keeps house meanwhile.
    """
    chance = random.Random(7)
    with database.transaction() as db:
        offered = lessons.offered(db, programme_id)
        groups = _classes(db, programme_id, -(-runs // len(offered)))
        agencies = {one: directory.agency_of(db, one) for _, lesson in offered for one in _agencies(lesson)}
    results = 0
    for first in range(0, runs, AT_A_TIME):
        rows: dict[Any, list[dict[str, Any]]] = {}
        for number in range(first, min(first + AT_A_TIME, runs)):
            version_id, lesson = offered[number % len(offered)]
            group_id, school_id = groups[number // len(offered)]
            began_at = FIRST_DAY + timedelta(days=number * 300 // runs)
            n = chance.choice((9, *range(18, PUPILS + 1)))
            right = [(chance.randint(0, 4), chance.randint(1, 5)) for _ in range(n)]
            for row in _lesson(number + 1, lesson, right):
                rows.setdefault(row.__class__, []).append(row.model_dump())
            for step in lesson.askings:
                results += 1
                _asked(rows, results, number + 1, step, n, chance)
            _record(
                rows, agencies, number + 1, (programme_id, school_id, group_id), (version_id, lesson), began_at, n
            )
        with database.transaction() as db:
            connection = db.connection()
            for table, values in sorted(rows.items(), key=lambda one: ORDER.index(one[0])):
                connection.execute(insert(table), [_numbered_by_the_database(value) for value in values])
    return FIRST_DAY + timedelta(days=400)


def _agencies(lesson: Lesson) -> tuple[Agency, ...]:
    return (lesson.lead, *lesson.supports)


def _numbered_by_the_database(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name != "id" or one is not None}


ORDER = [
    RunRow,
    ScorePairRow,
    AnchorPairRow,
    AskingResultRow,
    AskingChoiceRow,
    ParticipationRecordRow,
    ContributionRow,
]


def _classes(db: Db, programme_id: int, wanted: int) -> list[tuple[int, int]]:
    found = []
    for number in range(-(-wanted // CLASSES_OF_A_SCHOOL)):
        school = SchoolRow(reference=f"B{number}", name=f"Bench School {number} (demo)", kind="community")
        db.add(school)
        db.flush()
        db.add(ProgrammeSchoolRow(programme_id=programme_id, school_id=school.id or 0))
        for label in ("6A", "6B"):
            group = ClassGroupRow(programme_id=programme_id, school_id=school.id or 0, label=label, on_roll=PUPILS)
            db.add(group)
            db.flush()
            found.append((group.id or 0, school.id or 0))
    return found


def _lesson(run_id: int, lesson: Lesson, right: list[tuple[int, int]]) -> list[ScorePairRow | AnchorPairRow]:
    pairs: list[ScorePairRow | AnchorPairRow] = [
        ScorePairRow(run_id=run_id, module_position=0, before_right=before, after_right=after, n=n)
        for (before, after), n in Counter(right).items()
    ]
    keys = [step.question.key for step in lesson.askings if isinstance(step, Asking) and step.is_anchor]
    for place, key in enumerate(dict.fromkeys(keys)):
        seen = Counter(((place + who) % 5 < one[0], (place + who) % 5 < one[1]) for who, one in enumerate(right))
        pairs.append(
            AnchorPairRow(
                run_id=run_id,
                module_position=0,
                question_key=key,
                both=seen[True, True],
                before_only=seen[True, False],
                after_only=seen[False, True],
                neither=seen[False, False],
            )
        )
    return pairs


def _asked(rows: Any, result_id: int, run_id: int, step: Any, n: int, chance: random.Random) -> None:
    choices = Counter(chance.choice("1234"[: len(getattr(step.question, "options", "1234"))]) for _ in range(n))
    row = AskingResultRow(
        id=result_id,
        run_id=run_id,
        module_position=0,
        step_key=step.key,
        round=1,
        joined=n,
        answered=n,
        right=choices["1"] if step.question.is_marked else None,
    )
    rows.setdefault(AskingResultRow, []).append(row.model_dump())
    rows.setdefault(AskingChoiceRow, []).extend(
        {"asking_result_id": result_id, "choice": choice, "n": of} for choice, of in choices.items()
    )


def _record(
    rows: Any,
    agencies: Mapping[Agency, int],
    run_id: int,
    places: tuple[int, int, int],
    version: tuple[int, Lesson],
    began_at: datetime,
    n: int,
) -> None:
    programme_id, school_id, group_id = places
    version_id, lesson = version
    run = RunRow(
        id=run_id, class_group_id=group_id, seed="bench", phase="ended", opened_at=began_at, ended_at=began_at
    )
    rows.setdefault(RunRow, []).append(run.model_dump())
    record = ParticipationRecordRow(
        id=run_id,
        run_id=run_id,
        module_position=0,
        programme_id=programme_id,
        school_id=school_id,
        class_group_id=group_id,
        topic_key=lesson.topic.key,
        version_id=version_id,
        kind="lesson",
        began_at=began_at,
        minutes=30,
        present=PUPILS,
        devices_joined=n,
        modes="devices",
        questions_served=20,
        answers_counted=20 * n,
        matched=n,
        status="confirmed",
    )
    rows.setdefault(ParticipationRecordRow, []).append(record.model_dump())
    for agency in _agencies(lesson):
        role = "leads" if agency == lesson.lead else "supports"
        part = {"record_id": run_id, "agency_id": agencies[agency], "role": role, "minutes": 30.0}
        rows.setdefault(ContributionRow, []).append(part)


def measure_reports(folder: Path, readings: Readings, database_url: str, store: str) -> None:
    """The slowest page's p95, and how long the files take, each after a first look that reads all results."""
    shipped = Settings()
    content = {"lessons_dir": shipped.lessons_dir, "quizzes_dir": shipped.quizzes_dir}
    with World(folder, database_url, options=content) as world:
        world.clock.now = fill(world.parts.database, 1)
        cora = world.staff(CORA)
        slowest = 0.0
        for page in PAGES:
            _first, *others = (_took(cora, page) for _ in range(TIMES + 1))
            slowest = max(slowest, percentile(others, 95))
        readings.values[f"report_page_ms_{store}"].append(slowest)
        for kind in ("xlsx", "pdf"):
            readings.values[f"report_{kind}_ms_{store}"] += [_took(cora, f"{PAGES[0]}.{kind}") for _ in range(3)]


def _took(client: TestClient, address: str) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    client.get(address).raise_for_status()
    return 1e3 * (time.perf_counter() - began)
