"""The records that a report is about, with their schools, classes and agencies: reach, exact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select

from app.domain.disclosure import CellKey
from app.domain.lesson import Lesson
from app.domain.school_days import Term, term_of
from app.store import directory, outcomes
from app.store.database import Db
from app.store.outcomes import HOME, Outcomes
from app.store.tables import AgencyRow, ClassGroupRow, ContributionRow, ParticipationRecordRow, SchoolRow


class Seen(NamedTuple):
    """One participation record with its school and class."""

    id: int
    run_id: int
    module: int
    programme_id: int
    school_id: int
    class_group_id: int
    topic_key: str
    version_id: int
    kind: str
    began_at: datetime
    minutes: float
    present: int | None
    devices: int
    mode: str
    served: int
    answered: int
    matched: int
    ended_early: bool
    school: str
    district: str
    label: str
    on_roll: int | None

    cell: CellKey
    term: Term


class Part(NamedTuple):
    """That an agency contributed to a record, and how."""

    slug: str
    name: str
    role: str


Parts = Mapping[int, Sequence[Part]]


@dataclass(frozen=True)
class View:
    """The records that a report is about, and what it needs to say whether a class is wholly among them."""

    rows: Sequence[Seen]
    all_lessons: Sequence[Seen]
    """Of the programmes, whoever contributed."""
    target_schools: frozenset[tuple[int, int]]
    kept: Mapping[int, Outcomes]
    """By programme."""
    lessons: Mapping[int, Lesson]
    """By version, of all records that any of these views could show."""


def rows_of(db: Db, programme_ids: frozenset[int]) -> list[Seen]:
    """All records of these programmes, the newest first."""
    record: Any = ParticipationRecordRow
    columns: tuple[Any, ...] = (
        record.id,
        record.run_id,
        record.module_position,
        record.programme_id,
        record.school_id,
        record.class_group_id,
        record.topic_key,
        record.version_id,
        record.kind,
        record.began_at,
        record.minutes,
        record.present,
        record.devices_joined,
        record.modes,
        record.questions_served,
        record.answers_counted,
        record.matched,
        record.ended_early,
        SchoolRow.name,
        SchoolRow.district,
        ClassGroupRow.label,
        ClassGroupRow.on_roll,
    )
    found = db.exec(
        select(*columns)
        .join(SchoolRow, col(SchoolRow.id) == record.school_id)
        .join(ClassGroupRow, col(ClassGroupRow.id) == record.class_group_id)
        .where(col(record.programme_id).in_(programme_ids))
        .order_by(col(record.began_at).desc(), col(record.id).desc())
    ).all()
    return [_seen(row) for row in found]


def _seen(row: Sequence[Any]) -> Seen:
    class_group_id, began_at = row[5], row[9]
    cell, term = outcomes.cell_key(class_group_id, began_at), term_of(began_at.astimezone(HOME).date())
    return Seen._make([*row, cell, term])


def parts_of(db: Db, programme_ids: frozenset[int]) -> Parts:
    found: dict[int, list[Part]] = defaultdict(list)
    for record_id, slug, name, role in db.exec(
        select(ContributionRow.record_id, AgencyRow.slug, AgencyRow.name, ContributionRow.role)
        .join(AgencyRow, col(AgencyRow.id) == ContributionRow.agency_id)
        .join(ParticipationRecordRow, col(ParticipationRecordRow.id) == ContributionRow.record_id)
        .where(col(ParticipationRecordRow.programme_id).in_(programme_ids))
        .order_by(col(ContributionRow.id))
    ).all():
        found[record_id].append(Part(slug, name, role))
    return found


def programmes_with(db: Db, agency_id: int) -> frozenset[int]:
    """The programmes in which an agency takes part, or has contributed to a lesson."""
    contributed = (
        select(ParticipationRecordRow.programme_id)
        .join(ContributionRow, col(ContributionRow.record_id) == ParticipationRecordRow.id)
        .where(ContributionRow.agency_id == agency_id)
        .distinct()
    )
    return frozenset(db.exec(contributed).all()) | directory.programmes_of_agency(db, agency_id)
