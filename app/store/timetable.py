"""The timetable of a programme: planned live sessions, until their lobbies open."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, or_, select

from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.lesson import Lesson
from app.domain.people import Staff
from app.domain.presenter import Presenter
from app.domain.school_days import Holiday
from app.domain.timetable import STILL_TO_OPEN, Planned, PlannedModule, Season
from app.store import bookings, directory, lessons, presenters
from app.store.database import Db
from app.store.tables import (
    LiveSessionModuleRow,
    LiveSessionPresenterRow,
    LiveSessionRow,
    ModuleRow,
    ProgrammeRow,
)

A_WEEK = timedelta(days=8)


@dataclass(frozen=True)
class Wish:
    """What a coordinator wants of a live session."""

    starts_at: datetime
    minutes: int
    capacity: int | None
    video_url: str
    questions: int
    module_ids: tuple[int, ...]
    presenters: tuple[Presenter, ...]


# Reading


def modules(db: Db, programme_id: int) -> list[PlannedModule]:
    """The lessons that a programme can teach, by their newest versions; one that is retired is not on offer."""
    found = [(row, lessons.newest_version(db, row.lesson_id)) for row in lessons.modules(db, programme_id)]
    return [_module(row, lessons.version(db, version)) for row, version in found if version is not None]


def _module(row: ModuleRow, lesson: Lesson) -> PlannedModule:
    return PlannedModule(
        module_id=row.id or 0,
        title=lesson.title,
        topic_key=lesson.topic.key,
        topic_name=lesson.topic.name,
        lead=lesson.lead.name,
        minutes=lesson.minutes,
        agency_keys=frozenset(step.lead.key for step in lesson.steps),
    )


def of_programme(db: Db, programme_id: int, begin: datetime, end: datetime) -> list[Planned]:
    """What stands in the timetable between two moments, cancelled sessions too."""
    return _planned(
        db,
        LiveSessionRow.programme_id == programme_id,
        col(LiveSessionRow.starts_at) >= begin,
        col(LiveSessionRow.starts_at) < end,
    )


def all_of_programme(db: Db, programme_id: int) -> list[Planned]:
    return _planned(db, LiveSessionRow.programme_id == programme_id)


def one(db: Db, programme_id: int, session_id: int) -> Planned:
    """Raises NotFound, also for a session of another programme."""
    found = _planned(db, LiveSessionRow.id == session_id, LiveSessionRow.programme_id == programme_id)
    if not found:
        raise NotFound("We could not find that live session.")
    return found[0]


def of_ids(db: Db, session_ids: Collection[int]) -> list[Planned]:
    return _planned(db, col(LiveSessionRow.id).in_(list(session_ids))) if session_ids else []


def of_presenter(db: Db, who: Staff, now: datetime | None = None) -> list[Planned]:
    """What somebody presents or coordinates; with a time, what is still to be opened then.

    Of what somebody only coordinates, that is the coming week: the rest stands in the timetable.
    """
    given = select(LiveSessionPresenterRow.live_session_id).where(
        LiveSessionPresenterRow.account_id == who.account_id
    )
    theirs = or_(col(LiveSessionRow.id).in_(given), col(LiveSessionRow.programme_id).in_(who.programme_ids))
    found = _planned(db, theirs)
    if now is None:
        return found
    to_open = [one for one in found if one.is_to_come and one.ends_at + STILL_TO_OPEN > now]
    return [
        one
        for one in to_open
        if one.starts_at < now + A_WEEK or any(who.account_id == here.account_id for here in one.presenters)
    ]


def with_room(db: Db, programme_id: int, now: datetime) -> list[Planned]:
    """Sessions to come of which a teacher may ask for a place."""
    found = _planned(db, LiveSessionRow.programme_id == programme_id, col(LiveSessionRow.starts_at) > now)
    return [one for one in found if one.has_room]


def _planned(db: Db, *which: Any) -> list[Planned]:
    rows = db.exec(
        select(LiveSessionRow)
        .where(col(LiveSessionRow.is_planned).is_(True), *which)
        .order_by(col(LiveSessionRow.starts_at), col(LiveSessionRow.id))
        .execution_options(populate_existing=True)
    ).all()
    ids = [row.id or 0 for row in rows]
    theirs = bookings.of_sessions(db, ids)
    taught = _modules_of(db, ids)
    leading = presenters.of_sessions(db, ids)
    programmes = {one.id: one for one in directory.programmes_by_id(db, frozenset(row.programme_id for row in rows))}
    return [
        Planned(
            id=row.id or 0,
            programme_id=row.programme_id,
            seed=row.seed,
            starts_at=row.starts_at,
            minutes=row.planned_minutes,
            capacity=row.capacity,
            video_url=row.video_url or "",
            questions=row.questions,
            opened_at=row.opened_at,
            ended_at=row.ended_at,
            cancelled_at=row.cancelled_at,
            ics_sequence=row.ics_sequence,
            modules=tuple(taught[row.id or 0]),
            presenters=tuple(leading[row.id or 0]),
            bookings=tuple(theirs.get(row.id or 0, ())),
            programme=programmes[row.programme_id].name,
            area=programmes[row.programme_id].area,
        )
        for row in rows
    ]


def _modules_of(db: Db, session_ids: Sequence[int]) -> dict[int, list[PlannedModule]]:
    rows = db.exec(
        select(LiveSessionModuleRow, ModuleRow)
        .join(ModuleRow, col(ModuleRow.id) == LiveSessionModuleRow.module_id)
        .where(col(LiveSessionModuleRow.live_session_id).in_(session_ids))
        .order_by(col(LiveSessionModuleRow.position))
    ).all()
    found: dict[int, list[PlannedModule]] = defaultdict(list)
    known: dict[tuple[int, int | None], PlannedModule] = {}
    for row, module in rows:
        which = (row.module_id, row.version_id)
        if which not in known:
            version_id = row.version_id or lessons.newest_of_any_state(db, module.lesson_id)
            known[which] = _module(module, lessons.version(db, version_id))
        found[row.live_session_id].append(known[which])
    return found


def lessons_of(db: Db, planned: Planned) -> list[Lesson]:
    """What is taught in it, by the versions that were pinned or, before that, the newest."""
    rows = db.exec(
        select(LiveSessionModuleRow.version_id, ModuleRow.lesson_id)
        .join(ModuleRow, col(ModuleRow.id) == LiveSessionModuleRow.module_id)
        .where(LiveSessionModuleRow.live_session_id == planned.id)
        .order_by(col(LiveSessionModuleRow.position))
    ).all()
    return [
        lessons.version(db, version_id or lessons.newest_of_any_state(db, lesson_id))
        for version_id, lesson_id in rows
    ]


def season(programme: ProgrammeRow) -> Season:
    holidays = tuple(Holiday.model_validate({"first": first, "last": last}) for first, last in programme.holidays)
    return Season(starts_on=programme.starts_on, ends_on=programme.ends_on, holidays=holidays)


def set_holidays(db: Db, programme: ProgrammeRow, holidays: Sequence[Holiday]) -> None:
    programme.holidays = [[one.first.isoformat(), one.last.isoformat()] for one in holidays]
    db.add(programme)


# Planning


def plan(db: Db, programme_id: int, wish: Wish, seed: str) -> int:
    row = LiveSessionRow(
        programme_id=programme_id,
        starts_at=wish.starts_at,
        planned_minutes=wish.minutes,
        seed=seed,
        is_planned=True,
    )
    _fill(row, wish)
    db.add(row)
    db.flush()
    _write_parts(db, row.id or 0, programme_id, wish)
    return row.id or 0


def change(db: Db, before: Planned, wish: Wish) -> bool:
    """Returns whether classes must be told. Raises NotAllowed when its lobby is open or it is cancelled."""
    row = _still_to_come(db, before)
    same = (wish.starts_at, wish.minutes, wish.video_url) == (before.starts_at, before.minutes, before.video_url)
    is_news = not same or wish.module_ids != tuple(module.module_id for module in before.modules)
    _fill(row, wish)
    row.ics_sequence += is_news or _account_ids(wish.presenters) != _account_ids(before.presenters)
    connection = db.connection()
    connection.execute(delete(LiveSessionModuleRow).where(col(LiveSessionModuleRow.live_session_id) == row.id))
    connection.execute(delete(LiveSessionPresenterRow).where(col(LiveSessionPresenterRow.live_session_id) == row.id))
    _write_parts(db, before.id, before.programme_id, wish)
    return is_news


def _account_ids(presenters: Iterable[Presenter]) -> set[int]:
    return {one.account_id for one in presenters}


def cancel(db: Db, planned: Planned, now: datetime) -> None:
    row = _still_to_come(db, planned)
    row.cancelled_at = now
    row.ics_sequence += 1
    bookings.cancel_all(db, planned.id)


def _still_to_come(db: Db, planned: Planned) -> LiveSessionRow:
    row = db.exec(
        select(LiveSessionRow)
        .where(LiveSessionRow.id == planned.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.cancelled_at is not None:
        raise NotAllowed("This live session is cancelled. Plan a new one instead.")
    if row.opened_at is not None:
        raise NotAllowed("This live session is open already, so its plan stays as it is.")
    return row


def _fill(row: LiveSessionRow, wish: Wish) -> None:
    row.starts_at, row.planned_minutes = wish.starts_at, wish.minutes
    row.capacity, row.video_url, row.questions = wish.capacity, wish.video_url or None, wish.questions


def _write_parts(db: Db, session_id: int, programme_id: int, wish: Wish) -> None:
    """Its modules in order, and its presenters: those who lead all of it first, as `presenters` wants it."""
    offered = {module.module_id for module in modules(db, programme_id)}
    if not set(wish.module_ids) <= offered:
        raise NotFound("This lesson is not one of the programme's modules.")
    leading = {one.agency_id for one in wish.presenters if one.leads_all}
    if len(leading) > 1:
        raise Invalid("Presenters of one agency lead everything. Give the others a lesson, or their own steps.")
    if len({one.account_id for one in wish.presenters}) < len(wish.presenters):
        raise Invalid("Each presenter gets one part.")
    for position, module_id in enumerate(wish.module_ids):
        db.add(LiveSessionModuleRow(live_session_id=session_id, position=position, module_id=module_id))
    for one in sorted(wish.presenters, key=lambda one: not one.leads_all):
        db.add(
            LiveSessionPresenterRow(
                live_session_id=session_id,
                account_id=one.account_id,
                agency_id=one.agency_id,
                leads_all=one.leads_all,
                position=one.module,
            )
        )
        db.flush()  # one by one, for their ids are their order
