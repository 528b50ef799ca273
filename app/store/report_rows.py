"""The records that a report is about, with their schools, classes and agencies: reach, exact."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func
from sqlalchemy import select as untyped_select
from sqlmodel import col, select

from app.domain.disclosure import CellKey
from app.domain.lesson import Lesson
from app.domain.school_days import Term, term_of
from app.store import directory, outcomes
from app.store.database import Db
from app.store.outcomes import Outcomes
from app.store.tables import AgencyRow, ClassGroupRow, ContributionRow, ParticipationRecordRow, SchoolRow

columns_of: Any = untyped_select
"""Untyped: it is asked for more columns than its types foresee."""


class Seen(NamedTuple):
    """One participation record."""

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

    cell: CellKey
    term: Term


class School(NamedTuple):
    name: str
    district: str


class ClassGroup(NamedTuple):
    label: str
    on_roll: int | None


@dataclass(frozen=True)
class Places:
    """The schools and class groups of the records, each once: by their ids."""

    schools: Mapping[int, School]
    class_groups: Mapping[int, ClassGroup]


@dataclass(frozen=True)
class Took:
    """What one agency took part in."""

    slug: str
    name: str
    in_role: Mapping[str, frozenset[int]]
    """Role -> records."""

    @cached_property
    def records(self) -> frozenset[int]:
        return frozenset().union(*self.in_role.values())


class Part(NamedTuple):
    """That an agency contributed to a record, and how."""

    slug: str
    name: str
    role: str


Parts = Mapping[int, Sequence[Part]]
FEW = 1000
"""So many records are asked for by their ids; of more, all of their programmes are read."""


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
    places: Places

    @cached_property
    def by_topic(self) -> Mapping[tuple[int, str], Sequence[Seen]]:
        """Programme and topic -> the records in view."""
        return _by_topic(self.rows)

    @cached_property
    def whole(self) -> Mapping[tuple[int, str], Mapping[CellKey, int]]:
        """Programme and topic -> how many records each cell has, seen or not."""
        found = self.by_topic if len(self.rows) == len(self.all_lessons) else _by_topic(self.all_lessons)
        return {place: Counter([row.cell for row in rows]) for place, rows in found.items()}


def _by_topic(rows: Sequence[Seen]) -> Mapping[tuple[int, str], Sequence[Seen]]:
    found: dict[tuple[int, str], list[Seen]] = defaultdict(list)
    for row in rows:
        found[row.programme_id, row.topic_key].append(row)
    return found


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
    )
    found = db.connection().execute(
        columns_of(*columns)
        .where(col(record.programme_id).in_(programme_ids))
        .order_by(col(record.began_at).desc(), col(record.id).desc())
    )
    return [_seen(row) for row in found.all()]


def _seen(row: Any) -> Seen:
    class_group_id, began_at = row[5], row[9]
    number, term = _round_and_term(began_at.date(), began_at.hour)
    return Seen._make((*row, CellKey(class_group_id, number), term))


@lru_cache(maxsize=5_000)
def _round_and_term(day: date, hour: int) -> tuple[int, Term]:
    """Of an hour in UTC, from which British clocks differ by whole hours."""
    at = datetime.combine(day, time(hour), UTC)
    return outcomes.cell_key(0, at).round, term_of(at.astimezone(outcomes.HOME).date())


def places_of(db: Db, programme_ids: frozenset[int]) -> Places:
    record: Any = ParticipationRecordRow
    of_these = col(record.programme_id).in_(programme_ids)
    school: Any = SchoolRow
    group: Any = ClassGroupRow
    ask = db.connection().execute
    schools = ask(
        columns_of(school.id, school.name, school.district).where(
            school.id.in_(columns_of(record.school_id).where(of_these))
        )
    )
    groups = ask(
        columns_of(group.id, group.label, group.on_roll).where(
            group.id.in_(columns_of(record.class_group_id).where(of_these))
        )
    )
    return Places(
        {school_id: School(name, district) for school_id, name, district in schools.all()},
        {group_id: ClassGroup(label, on_roll) for group_id, label, on_roll in groups.all()},
    )


def agencies_of(db: Db, programme_ids: frozenset[int]) -> tuple[Took, ...]:
    """Which agency took part in which records, by name. One row an agency and role, with the records as a text:
    a row a record costs ten times as much to bring here."""
    part: Any = ContributionRow
    record: Any = ParticipationRecordRow
    agency: Any = AgencyRow
    ask = db.connection().execute
    found: dict[int, dict[str, frozenset[int]]] = defaultdict(dict)
    for agency_id, role, records in ask(
        columns_of(part.agency_id, part.role, func.aggregate_strings(cast(part.record_id, String), ","))
        .join(record, record.id == part.record_id)
        .where(record.programme_id.in_(programme_ids))
        .group_by(part.agency_id, part.role)
    ).all():
        found[agency_id][role] = frozenset(map(int, records.split(",")))
    names = ask(
        columns_of(agency.id, agency.slug, agency.name)
        .where(agency.id.in_(found.keys()))
        .order_by(agency.name, agency.slug)
    )
    return tuple(Took(slug, name, found[agency_id]) for agency_id, slug, name in names.all())


def parts_of(db: Db, programme_ids: frozenset[int], records: Sequence[int]) -> Parts:
    """Who contributed to these records, in the order in which it was written down."""
    if not records:
        return {}
    part: Any = ContributionRow
    record: Any = ParticipationRecordRow
    few = [part.record_id.in_(records)] if len(records) <= FEW else []
    found: dict[int, list[Part]] = defaultdict(list)
    for record_id, slug, name, role in (
        db.connection()
        .execute(
            columns_of(part.record_id, AgencyRow.slug, AgencyRow.name, part.role)
            .join(AgencyRow, col(AgencyRow.id) == part.agency_id)
            .join(record, record.id == part.record_id)
            .where(record.programme_id.in_(programme_ids), *few)
            .order_by(part.id)
        )
        .all()
    ):
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
