"""Programmes: what they are, what they aim at and have reached, which modules they offer, and copies of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, or_, select

from app.domain.booking import TO_COME
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.programme import Details, slugs_for
from app.store import consent, directory, lessons
from app.store.database import Db
from app.store.tables import (
    AgencyRow,
    BookingRow,
    ClassGroupRow,
    ClassLinkRow,
    LessonRow,
    LiveSessionRow,
    ModuleRow,
    ParticipationRecordRow,
    ProgrammeAgencyRow,
    ProgrammeRow,
    ProgrammeSchoolRow,
    SchoolRow,
    TopicRow,
)


class Reach(NamedTuple):
    """How many schools, classes and pupils; pupils are counted once (counting rules)."""

    schools: int
    classes: int
    pupils: int


class Module(NamedTuple):
    """A lesson that a programme offers, or may offer."""

    lesson_id: int
    title: str
    topic_key: str
    topic_name: str
    lead: str
    minutes: float
    number: int
    """Of the newest version that is not retired; 0 when there is none to teach."""
    waits_for: str = ""
    """The agency whose lesson it is, while that takes no part in the programme: nobody plans or teaches it yet."""


class NextSession(NamedTuple):
    starts_at: datetime
    is_open: bool


def add(db: Db, details: Details) -> ProgrammeRow:
    """Under the first address that is free."""
    for slug in slugs_for(details.name):
        row = ProgrammeRow(slug=slug, **details.model_dump())
        try:
            with db.begin_nested():
                db.add(row)
        except IntegrityError:
            continue
        return row
    raise Conflict("There are too many programmes of this name. Please choose another one.")


def change(db: Db, programme: ProgrammeRow, details: Details) -> None:
    """Its address stays. Class links end with the programme, so they follow its last day."""
    if details.ends_on != programme.ends_on:
        groups = select(ClassGroupRow.id).where(ClassGroupRow.programme_id == programme.id)
        db.connection().execute(
            update(ClassLinkRow)
            .where(col(ClassLinkRow.class_group_id).in_(groups), col(ClassLinkRow.revoked_at).is_(None))
            .values(expires_on=details.ends_on)
        )
    for field, value in details:
        setattr(programme, field, value)
    db.add(programme)


def copy(db: Db, source: ProgrammeRow, details: Details, agency_ids: frozenset[int], now: datetime) -> ProgrammeRow:
    """Another town: the modules come along, and the chosen agencies; no school, class, person or run does.

    An agency decides for each programme, so those that have presenters are asked again.
    """
    made = add(db, details)
    modules = db.exec(
        select(ModuleRow).where(ModuleRow.programme_id == source.id).order_by(col(ModuleRow.position))
    ).all()
    for module in modules:
        db.add(ModuleRow(programme_id=made.id or 0, lesson_id=module.lesson_id, position=module.position))
    theirs = frozenset(one.id or 0 for one in directory.agencies_of_programme(db, source.id or 0))
    for agency_id in sorted(agency_ids & theirs):
        consent.ask(db, made.id or 0, agency_id, now)
    return made


# Reach


def listed(db: Db, programme_id: int) -> Reach:
    """Schools and classes of the programme, and their pupils on roll as far as they are known."""
    schools = (
        select(func.count()).select_from(ProgrammeSchoolRow).where(ProgrammeSchoolRow.programme_id == programme_id)
    )
    classes, pupils = db.exec(
        select(func.count(), func.sum(ClassGroupRow.on_roll))
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(ClassGroupRow.programme_id == programme_id, SchoolRow.kind != directory.REHEARSAL)
    ).one()
    return Reach(db.exec(schools).one(), classes, pupils or 0)


def reached(db: Db, programme_id: int) -> Reach:
    """Who has had a lesson; of each class its largest confirmed head-count."""
    classes = db.exec(
        select(ParticipationRecordRow.school_id, func.max(ParticipationRecordRow.present))
        .where(ParticipationRecordRow.programme_id == programme_id, ParticipationRecordRow.kind == "lesson")
        .group_by(col(ParticipationRecordRow.class_group_id), col(ParticipationRecordRow.school_id))
    ).all()
    return Reach(len({school for school, _ in classes}), len(classes), sum(present or 0 for _, present in classes))


def booked(db: Db, programme_id: int) -> Reach:
    """Who has a place in a live session, to come or attended; a class that only asks has none yet."""
    states = [*TO_COME, "attended"]
    groups = (
        select(BookingRow.class_group_id)
        .join(LiveSessionRow, col(LiveSessionRow.id) == BookingRow.live_session_id)
        .where(LiveSessionRow.programme_id == programme_id, col(BookingRow.state).in_(states))
    )
    schools, classes, pupils = db.exec(
        select(
            func.count(func.distinct(ClassGroupRow.school_id)), func.count(), func.sum(ClassGroupRow.on_roll)
        ).where(col(ClassGroupRow.id).in_(groups))
    ).one()
    return Reach(schools, classes, pupils or 0)


def next_session(db: Db, programme_id: int, now: datetime) -> NextSession | None:
    """The live session that is open, else the one that comes next."""
    row = db.exec(
        select(LiveSessionRow)
        .where(
            LiveSessionRow.programme_id == programme_id,
            col(LiveSessionRow.ended_at).is_(None),
            col(LiveSessionRow.is_rehearsal).is_(False),
            col(LiveSessionRow.cancelled_at).is_(None),
            or_(col(LiveSessionRow.opened_at).is_not(None), col(LiveSessionRow.starts_at) >= now),
        )
        .order_by(col(LiveSessionRow.opened_at).is_(None), col(LiveSessionRow.starts_at))
    ).first()
    return NextSession(row.starts_at, row.opened_at is not None) if row else None


# Modules


def modules(db: Db, programme_id: int) -> list[Module]:
    """In the programme's order."""
    rows = db.exec(
        _lessons()
        .join(ModuleRow, col(ModuleRow.lesson_id) == LessonRow.id)
        .where(ModuleRow.programme_id == programme_id)
        .order_by(col(ModuleRow.position), col(ModuleRow.id))
    ).all()
    ready = {one.id for one in directory.agencies_of_programme(db, programme_id)}
    return [
        _module(db, row, topic_name, lead, waits_for="" if row.owner_agency_id in ready else lead)
        for row, topic_name, lead in rows
    ]


def not_offered(db: Db, programme_id: int) -> list[Module]:
    """Lessons that could be modules: published, and shipped with this server or of one of the agencies.

    None of an agency that is asked and has not answered yet.
    """
    offered = select(ModuleRow.lesson_id).where(ModuleRow.programme_id == programme_id)
    agencies = directory.taking_part(ProgrammeAgencyRow.programme_id == programme_id)
    asked = [one.agency_id for one in consent.asked_by(db, programme_id)]
    rows = db.exec(
        _lessons()
        .where(
            col(LessonRow.id).not_in(offered),
            LessonRow.origin != lessons.REHEARSAL,
            col(LessonRow.owner_agency_id).not_in(asked),
            or_(col(LessonRow.origin) == lessons.SHIPPED, col(LessonRow.owner_agency_id).in_(agencies)),
        )
        .order_by(col(TopicRow.name), col(LessonRow.title))
    ).all()
    return [module for row in rows if (module := _module(db, *row)).number]


def offer(db: Db, programme_id: int, lesson_ids: Collection[int], now: datetime) -> None:
    """After the other modules. Agencies that lead or support a lesson take part from now on, or are asked to.

    All at once, since the first lesson may ask the agency whose lesson comes next.
    """
    wanted = dict.fromkeys(lesson_ids)
    if not wanted.keys() <= {module.lesson_id for module in not_offered(db, programme_id)}:
        raise NotFound("We could not find that lesson.")
    positions = db.exec(select(ModuleRow.position).where(ModuleRow.programme_id == programme_id)).all()
    for position, lesson_id in enumerate(wanted, start=max(positions, default=-1) + 1):
        db.add(ModuleRow(programme_id=programme_id, lesson_id=lesson_id, position=position))
        lesson = lessons.version(db, lessons.newest_version(db, lesson_id) or 0)
        for agency in dict.fromkeys((lesson.lead, *(step.lead for step in lesson.steps), *lesson.supports)):
            consent.ask(db, programme_id, directory.agency_of(db, agency), now)


def take_out(db: Db, programme_id: int, lesson_id: int) -> None:
    """Raises NotAllowed when a live session of the programme has the lesson."""
    module = _row(db, programme_id, lesson_id)
    try:
        with db.begin_nested():
            db.delete(module)
    except IntegrityError:
        title = db.get_one(LessonRow, lesson_id).title
        raise NotAllowed(f"“{title}” is part of a live session of this programme, so it stays.") from None


def move(db: Db, programme_id: int, lesson_id: int, by: int) -> None:
    """One place up or down."""
    rows = list(
        db.exec(
            select(ModuleRow)
            .where(ModuleRow.programme_id == programme_id)
            .order_by(col(ModuleRow.position), col(ModuleRow.id))
        ).all()
    )
    place = rows.index(_row(db, programme_id, lesson_id))
    to = min(max(place + by, 0), len(rows) - 1)
    rows.insert(to, rows.pop(place))
    for position, row in enumerate(rows):
        row.position = position


def _row(db: Db, programme_id: int, lesson_id: int) -> ModuleRow:
    row = db.exec(
        select(ModuleRow).where(ModuleRow.programme_id == programme_id, ModuleRow.lesson_id == lesson_id)
    ).one_or_none()
    if row is None:
        raise NotFound("We could not find that lesson.")
    return row


def _lessons() -> Any:
    query: Any = (
        select(LessonRow, TopicRow.name, AgencyRow.name)
        .join(TopicRow, col(TopicRow.key) == LessonRow.topic_key)
        .join(AgencyRow, col(AgencyRow.id) == LessonRow.owner_agency_id)
    )
    return query


def _module(db: Db, row: LessonRow, topic_name: str, lead: str, waits_for: str = "") -> Module:
    version_id = lessons.newest_version(db, row.id or 0)
    return Module(
        lesson_id=row.id or 0,
        title=row.title,
        topic_key=row.topic_key,
        topic_name=topic_name,
        lead=lead,
        minutes=lessons.version(db, version_id).minutes if version_id else 0,
        number=lessons.version_number(db, version_id) if version_id else 0,
        waits_for=waits_for,
    )
