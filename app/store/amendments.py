"""The lessons that gave a record, those without a head-count first; and the correction of a head-count."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from app.domain import amendment as rules
from app.domain.errors import NotFound
from app.store import runs
from app.store.database import Db
from app.store.tables import (
    AccountRow,
    AmendmentRow,
    ClassGroupRow,
    ParticipationRecordRow,
    RunRow,
    SchoolRow,
    TopicRow,
)

A_PAGE = 50


class RunRecord(NamedTuple):
    """One lesson of one class: the head-count is the same in all its records."""

    run_id: int
    school: str
    label: str
    began_at: datetime
    minutes: float
    present: int | None
    devices: int
    topics: tuple[str, ...] = ()
    was_corrected: bool = False


class Amendment(NamedTuple):
    at: datetime
    by: str
    old: str
    new: str
    reason: str


def of_programme(db: Db, programme_id: int, before: int = 0) -> list[RunRecord]:
    """A page of lessons and one more; those without a head-count first, then the newest."""
    missing = col(ParticipationRecordRow.present).is_(None)
    first = func.min(ParticipationRecordRow.began_at)
    found = _records(ParticipationRecordRow.programme_id == programme_id).order_by(
        missing.desc(), first.desc(), col(ParticipationRecordRow.run_id).desc()
    )
    return _with_topics(db, db.exec(found.offset(before).limit(A_PAGE + 1)).all())


def without_head_count(db: Db, programme_id: int) -> int:
    """How many lessons wait for one."""
    found = select(func.count(func.distinct(ParticipationRecordRow.run_id))).where(
        ParticipationRecordRow.programme_id == programme_id,
        ParticipationRecordRow.kind == "lesson",
        col(ParticipationRecordRow.present).is_(None),
    )
    return db.exec(found).one()


def one(db: Db, programme_id: int, run_id: int) -> RunRecord:
    """Raises NotFound for a lesson of another programme, or one without a record."""
    of_it = _records(ParticipationRecordRow.programme_id == programme_id, ParticipationRecordRow.run_id == run_id)
    found = _with_topics(db, db.exec(of_it).all())
    if not found:
        raise NotFound("We could not find that lesson.")
    return found[0]


def history(db: Db, run_id: int) -> list[Amendment]:
    """What was corrected, the newest first. It is the same in all records of a run, so one of them tells it."""
    first = select(func.min(ParticipationRecordRow.id)).where(ParticipationRecordRow.run_id == run_id)
    rows = db.exec(
        select(AmendmentRow, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == AmendmentRow.by)
        .where(col(AmendmentRow.record_id) == first.scalar_subquery())
        .order_by(col(AmendmentRow.id).desc())
    ).all()
    return [Amendment(row.at, name, row.old, row.new, row.reason) for row, name in rows]


def correct_head_count(
    db: Db, programme_id: int, run_id: int, present: int, *, reason: str, by: int, now: datetime
) -> None:
    """In all records of the lesson, however long ago it was. Raises NotAllowed when nothing would change."""
    rules.must_change(one(db, programme_id, run_id).present, present)
    db.exec(select(RunRow.id).where(RunRow.id == run_id).with_for_update()).one()
    for record in db.exec(select(ParticipationRecordRow).where(ParticipationRecordRow.run_id == run_id)).all():
        old = "" if record.present is None else str(record.present)
        db.add(
            AmendmentRow(
                record_id=record.id or 0,
                field=rules.HEAD_COUNT,
                old=old,
                new=str(present),
                reason=reason,
                by=by,
                at=now,
            )
        )
        record.present, record.status = present, "confirmed"
    runs.confirm_present(db, run_id, present, now)


def _records(*which: Any) -> Any:
    record: Any = ParticipationRecordRow
    columns: tuple[Any, ...] = (
        record.run_id,
        SchoolRow.name,
        ClassGroupRow.label,
        func.min(record.began_at),
        func.sum(record.minutes),
        record.present,
        func.max(record.devices_joined),
    )
    return (
        select(*columns)
        .join(SchoolRow, col(SchoolRow.id) == record.school_id)
        .join(ClassGroupRow, col(ClassGroupRow.id) == record.class_group_id)
        .where(*which, record.kind == "lesson")
        .group_by(record.run_id, col(SchoolRow.name), col(ClassGroupRow.label), record.present)
    )


def _with_topics(db: Db, rows: Any) -> list[RunRecord]:
    topics: dict[int, list[str]] = {row[0]: [] for row in rows}
    corrected = set()
    for run_id, name, amendment in db.exec(
        select(ParticipationRecordRow.run_id, TopicRow.name, func.max(AmendmentRow.id))
        .join(TopicRow, col(TopicRow.key) == ParticipationRecordRow.topic_key)
        .outerjoin(AmendmentRow, col(AmendmentRow.record_id) == ParticipationRecordRow.id)
        .where(col(ParticipationRecordRow.run_id).in_(topics))
        .group_by(col(ParticipationRecordRow.id), col(TopicRow.name))
        .order_by(col(ParticipationRecordRow.module_position))
    ).all():
        topics[run_id].append(name)
        if amendment is not None:
            corrected.add(run_id)
    return [RunRecord(*row)._replace(topics=tuple(topics[row[0]]), was_corrected=row[0] in corrected) for row in rows]
