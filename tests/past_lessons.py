"""Lessons that classes had: records and counts as an ended run leaves them, for tests that need many."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from app.demo import SCHOOLS
from app.domain.lesson import Asking, Lesson, Pledge
from app.domain.participation import contributions
from app.domain.quiz import ChooseOne
from app.store import directory, lessons
from app.store.database import Db
from app.store.tables import (
    AnchorPairRow,
    AskingChoiceRow,
    AskingResultRow,
    ClassGroupRow,
    ContributionRow,
    ParticipationRecordRow,
    RunModuleRow,
    RunRow,
    SchoolRow,
    ScorePairRow,
)
from tests.classroom import anchors

Score = tuple[int, int]
"""How many key questions one pupil had right before and after."""
MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)

# What the demo's classes did: school, class, present, matched, and right answers before and after in each topic.
TOPICS = ("internet", "fire", "water", "road")
DEMO = (
    ("D01", "6H", 28, 27, (82, 106), (77, 104), (59, 102), (63, 107)),
    ("D02", "6A", 29, 28, (80, 114), (70, 108), (59, 112), (66, 107)),
    ("D02", "6B", 27, 25, (81, 108), (70, 100), (61, 91), (70, 96)),
    ("D03", "6", 30, 30, (88, 117), (79, 126), (59, 117), (81, 117)),
    ("D04", "6W", 22, 21, (67, 82), (52, 82), (47, 80), (52, 84)),
    ("D05", "6M", 29, 26, (81, 104), (76, 108), (52, 101), (68, 108)),
    ("D06", "6", 26, 26, (85, 104), (79, 100), (55, 103), (62, 103)),
    ("D07", "6F", 27, 24, (69, 76), (67, 72), (54, 61), (62, 70)),
    ("D08", "6G", 28, 28, (88, 117), (70, 116), (63, 115), (78, 108)),
    ("D08", "6S", 30, 29, (89, 121), (71, 117), (57, 106), (68, 118)),
    ("D09", "6C", 31, 29, (126, 133), (78, 123), (55, 111), (76, 120)),
    ("D10", "6", 14, 9, (30, 39), (24, 36), (19, 36), (26, 34)),
    ("D11", "6R", 28, 0, (0, 0), (0, 0), (0, 0), (0, 0)),
    ("D12", "6O", 25, 25, (74, 99), (65, 101), (55, 93), (58, 98)),
)


def scores(n: int, before: int, after: int) -> list[Score]:
    """These right answers shared out among n pupils, as evenly as they go."""
    return [(before // n + (who < before % n), after // n + (who < after % n)) for who in range(n)]


def every_school(db: Db, programme_id: int = 1) -> dict[tuple[str, str], int]:
    """The demo's schools and classes in the programme; reference and label -> class group."""
    known = {(one.school, one.label): one.id for one in directory.class_groups(db, programme_id)}
    found = {}
    for reference, name, kind, classes in SCHOOLS:
        school_id = directory.add_school(db, programme_id, SchoolRow(reference=reference, name=name, kind=kind))
        for label, on_roll in classes:
            there = known.get((name, label))
            found[reference, label] = there or directory.add_class_group(db, programme_id, school_id, label, on_roll)
    return found


def demo_season(db: Db, versions: Sequence[int], now: datetime = MONDAY) -> None:
    """The whole season of the demo: two lessons of an hour for each class, a week apart, in each two topics."""
    groups = every_school(db)
    for place, (school, label, present, matched, *results) in enumerate(DEMO):
        for half in (0, 1):
            began_at = now + timedelta(days=7 * half + place % 4 + 7 * (place // 7), hours=place % 3)
            run = None
            for module in (0, 1):
                topic = 2 * half + module
                run = give(
                    db,
                    groups[school, label],
                    versions[topic],
                    scores(matched, *results[topic]) if matched else [],
                    present=present,
                    began_at=began_at + timedelta(minutes=30 * module),
                    run=run,
                )


def give(
    db: Db,
    class_group_id: int,
    version_id: int,
    pupils: Sequence[Score],
    *,
    present: int | None = None,
    began_at: datetime = MONDAY,
    minutes: float = 30,
    run: int | None = None,
    kind: str = "lesson",
    mode: str = "devices",
) -> int:
    """One lesson of a class: `pupils` answered everything before and after. Returns its run."""
    lesson, group = lessons.version(db, version_id), db.get_one(ClassGroupRow, class_group_id)
    run_id = run or _run(db, class_group_id, kind, mode, present, began_at)
    module = 0 if run is None else 1
    db.add(RunModuleRow(run_id=run_id, position=module, version_id=version_id))
    results = [
        *_key_questions(db, run_id, module, lesson, pupils, mode),
        *_opinions(db, run_id, module, lesson, len(pupils)),
    ]
    record = ParticipationRecordRow(
        run_id=run_id,
        module_position=module,
        programme_id=group.programme_id,
        school_id=group.school_id,
        class_group_id=class_group_id,
        topic_key=lesson.topic.key,
        version_id=version_id,
        kind=kind,
        began_at=began_at,
        minutes=minutes,
        present=present,
        devices_joined=present or len(pupils),
        modes=mode,
        questions_served=len(results),
        answers_counted=sum(results),
        matched=0 if mode == "hands" else len(pupils),
        status="head_count_missing" if present is None else "confirmed",
    )
    db.add(record)
    db.flush()
    named = {one.key: one for one in (lesson.lead, *lesson.supports, *(step.lead for step in lesson.steps))}
    for key, roles in contributions(lesson, [step.key for step in lesson.steps]).items():
        for role in roles:
            agency_id = directory.agency_of(db, named[key])
            db.add(ContributionRow(record_id=record.id or 0, agency_id=agency_id, role=role, minutes=minutes))
    db.flush()
    return run_id


def _run(db: Db, class_group_id: int, kind: str, mode: str, present: int | None, began_at: datetime) -> int:
    row = RunRow(
        class_group_id=class_group_id,
        kind=kind,
        seed="past",
        mode=mode,
        phase="finished",
        present=present,
        opened_at=began_at,
        ended_at=began_at + timedelta(hours=1),
        ended_by="teacher",
        purged_at=began_at + timedelta(days=2),
    )
    db.add(row)
    db.flush()
    return row.id or 0


def _key_questions(
    db: Db, run_id: int, module: int, lesson: Lesson, pupils: Sequence[Score], mode: str
) -> Iterable[int]:
    """A pupil's right answers begin at another question than the neighbour's, so that no question stands out."""
    before, after = anchors(lesson, "before"), anchors(lesson, "quiz")
    if mode != "hands":
        for (right_before, right_after), n in sorted(Counter(pupils).items()):
            db.add(
                ScorePairRow(
                    run_id=run_id, module_position=module, before_right=right_before, after_right=right_after, n=n
                )
            )
    for place, (first, second) in enumerate(zip(before, after, strict=True)):
        pairs = Counter(
            ((place - who) % len(before) < right_before, (place - who) % len(before) < right_after)
            for who, (right_before, right_after) in enumerate(pupils)
        )
        if pupils and mode != "hands":
            db.add(
                AnchorPairRow(
                    run_id=run_id,
                    module_position=module,
                    question_key=first.question.key,
                    both=pairs[True, True],
                    before_only=pairs[True, False],
                    after_only=pairs[False, True],
                    neither=pairs[False, False],
                )
            )
        for step, right in (
            (first, pairs[True, True] + pairs[True, False]),
            (second, pairs[True, True] + pairs[False, True]),
        ):
            if pupils:
                yield _asked(db, run_id, module, step, right, len(pupils) - right, mode)


def _asked(db: Db, run_id: int, module: int, step: Asking, right: int, wrong: int, mode: str) -> int:
    assert isinstance(step.question, ChooseOne)
    first = next(option.key for option in step.question.options if not option.is_correct)
    choices = {step.question.correct.key: right, first: wrong}
    return _result(db, run_id, module, step.key, choices, right=right, mode="hands" if mode == "hands" else "device")


def _opinions(db: Db, run_id: int, module: int, lesson: Lesson, n: int) -> Iterable[int]:
    for step in lesson.askings if n else ():
        if isinstance(step, Pledge):
            promises = [option.key for option in step.question.options]
            yield _result(
                db, run_id, module, step.key, Counter(promises[who % (1 + who % len(promises))] for who in range(n))
            )
        elif step.purpose == "confidence":
            sure = n * 2 // 5 if step.key.startswith("before.") else n * 4 // 5
            yield _result(db, run_id, module, step.key, {"2": n - sure, "3": sure // 2, "4": sure - sure // 2})


def _result(
    db: Db,
    run_id: int,
    module: int,
    step_key: str,
    choices: dict[str, int],
    *,
    right: int | None = None,
    mode: str = "device",
) -> int:
    answered = sum(choices.values())
    row = AskingResultRow(
        run_id=run_id,
        module_position=module,
        step_key=step_key,
        round=1,
        mode=mode,
        joined=answered,
        answered=answered,
        right=right,
    )
    db.add(row)
    db.flush()
    for choice, n in choices.items():
        if n:
            db.add(AskingChoiceRow(asking_result_id=row.id or 0, choice=choice, n=n))
    return answered
