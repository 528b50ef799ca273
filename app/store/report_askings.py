"""The key questions of each lesson in a report, by the same decisions that hide and show its class."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlmodel import col, func, select

from app.domain.disclosure import Mark, mark_of
from app.domain.impact import RecordLine
from app.domain.lesson import Asking, Lesson
from app.domain.report_askings import AskingLine
from app.store import lessons
from app.store.database import Db
from app.store.outcomes import cell_key
from app.store.tables import AnchorPairRow, ParticipationRecordRow

IDS_AT_A_TIME = 500
ORDER: tuple[Mark, ...] = ("none", "small", "counts", "shown")


class Right(NamedTuple):
    """Of `n` matched pupils, how many were right on a question."""

    question: str
    n: int
    before: int
    after: int


def of_records(db: Db, records: Sequence[RecordLine]) -> list[AskingLine]:
    """In the order of the records. What is counted only together with another lesson of its class is hidden."""
    versions, alone = _versions(db, records), _alone(db, records)
    pairs = _pairs(db, [record.record_id for record in records])
    return [line for record in records for line in _of(record, versions, alone, pairs[record.record_id])]


def _of(
    record: RecordLine, versions: dict[int, Lesson], alone: set[int], pairs: Iterable[Right]
) -> Iterator[AskingLine]:
    lesson = versions[record.record_id]
    given = record.mark if record.record_id in alone or record.mark not in ("shown", "counts") else "beside"
    for pair in pairs:
        mark = given if given not in ("shown", "counts") else min(given, mark_of(pair.n), key=ORDER.index)
        is_given = mark in ("shown", "counts")
        yield AskingLine(
            run_id=record.run_id,
            record_id=record.record_id,
            school=record.school,
            class_label=record.class_label,
            topic_name=record.topic_name,
            question=pair.question,
            text=_text(lesson, pair.question),
            mark=mark,
            n=pair.n,
            before=pair.before if is_given else None,
            after=pair.after if is_given else None,
        )


def _text(lesson: Lesson, key: str) -> str:
    asked = (step.question for step in lesson.askings if isinstance(step, Asking))
    return next((question.text for question in asked if question.key == key), "")


def _versions(db: Db, records: Sequence[RecordLine]) -> dict[int, Lesson]:
    row = ParticipationRecordRow
    found = _in_parts(db, [record.record_id for record in records], row.id, (row.id, row.version_id))
    return {record_id: lessons.version(db, version_id) for record_id, version_id in found}


def _pairs(db: Db, ids: Sequence[int]) -> dict[int, list[Right]]:
    pairs: dict[int, list[Right]] = defaultdict(list)
    row, record = AnchorPairRow, ParticipationRecordRow
    sums = [func.sum(one) for one in (row.both, row.before_only, row.after_only, row.neither)]
    for start in range(0, len(ids), IDS_AT_A_TIME):
        for record_id, question, both, before, after, neither in db.exec(
            select(record.id, row.question_key, *sums)  # type: ignore[call-overload]
            .join(row, (col(row.run_id) == record.run_id) & (col(row.module_position) == record.module_position))
            .where(col(record.id).in_(ids[start : start + IDS_AT_A_TIME]))
            .group_by(record.id, row.question_key)
            .order_by(func.min(row.id))
        ).all():
            right = Right(question, both + before + after + neither, both + before, both + after)
            pairs[record_id].append(right)
    return pairs


def _alone(db: Db, records: Sequence[RecordLine]) -> set[int]:
    """Records whose class had no other lesson of the topic in its round: their figures are those of the class."""
    row = ParticipationRecordRow
    groups = list({record.class_group_id for record in records})
    taught = _in_parts(
        db,
        groups,
        row.class_group_id,
        (row.id, row.class_group_id, row.topic_key, row.began_at),
        row.kind == "lesson",
    )
    cells = {record_id: (topic, cell_key(group, began_at)) for record_id, group, topic, began_at in taught}
    lessons_in = Counter(cells.values())
    return {record_id for record_id, cell in cells.items() if lessons_in[cell] == 1}


def _in_parts(db: Db, ids: Sequence[int], by: object, what: tuple[object, ...], *also: object) -> list[tuple]:  # type: ignore[type-arg]
    """Few enough at a time for SQLite."""
    found = []
    for start in range(0, len(ids), IDS_AT_A_TIME):
        some = col(by).in_(ids[start : start + IDS_AT_A_TIME])  # type: ignore[arg-type, var-annotated]
        found += db.exec(select(*what).where(some, *also)).all()  # type: ignore[call-overload]
    return found
