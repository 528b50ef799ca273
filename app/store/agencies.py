"""The agencies of a programme: who they are, what they lead and what they have reached there."""

from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.programme import slugs_for
from app.store import consent, directory, lessons
from app.store.database import Db
from app.store.programmes import Reach
from app.store.tables import (
    AccountRow,
    AgencyRow,
    ContributionRow,
    LiveSessionPresenterRow,
    LiveSessionRow,
    MembershipRow,
    ModuleRow,
    ParticipationRecordRow,
    ProgrammeAgencyRow,
)


class Partner(NamedTuple):
    """An agency as one programme knows it."""

    id: int
    slug: str
    name: str
    kind: str
    has_logo: bool
    contact: str
    vetted_on: date | None
    presenters: tuple[str, ...]
    leads: tuple[str, ...]
    """Titles of the programme's modules that it leads or supports."""
    reach: Reach


def partners(db: Db, programme_id: int) -> list[Partner]:
    """Those that take part."""
    rows = db.exec(
        select(AgencyRow, ProgrammeAgencyRow)
        .join(ProgrammeAgencyRow, col(ProgrammeAgencyRow.agency_id) == AgencyRow.id)
        .where(ProgrammeAgencyRow.programme_id == programme_id, col(ProgrammeAgencyRow.accepted_at).is_not(None))
        .order_by(col(AgencyRow.name))
    ).all()
    presenters, reach = _presenters(db), _reach(db, programme_id)
    titles = _titles(db, programme_id)
    return [
        Partner(
            id=agency.id or 0,
            slug=agency.slug,
            name=agency.name,
            kind=agency.kind,
            has_logo=agency.logo != "",
            contact=place.contact,
            vetted_on=place.vetted_on,
            presenters=tuple(presenters.get(agency.id or 0, ())),
            leads=tuple(titles.get(agency.slug, ())),
            reach=reach.get(agency.id or 0, Reach(0, 0, 0)),
        )
        for agency, place in rows
    ]


def unvetted(db: Db, programme_id: int) -> frozenset[int]:
    """Agencies that take part and of which nobody has noted here that they are vetted."""
    found = select(ProgrammeAgencyRow.agency_id).where(
        ProgrammeAgencyRow.programme_id == programme_id, col(ProgrammeAgencyRow.vetted_on).is_(None)
    )
    return frozenset(db.exec(found).all())


def known_elsewhere(db: Db, programme_id: int) -> list[AgencyRow]:
    """Agencies that take no part in this programme and are not asked."""
    theirs = select(ProgrammeAgencyRow.agency_id).where(ProgrammeAgencyRow.programme_id == programme_id)
    return list(
        db.exec(select(AgencyRow).where(col(AgencyRow.id).not_in(theirs)).order_by(col(AgencyRow.name))).all()
    )


def bring_in(db: Db, programme_id: int, agency_id: int, now: datetime) -> bool:
    """Whether an agency that is known takes part at once; else it is asked. Raises NotFound."""
    if db.get(AgencyRow, agency_id) is None:
        raise NotFound("We could not find that agency.")
    consent.ask(db, programme_id, agency_id, now)
    return programme_id in directory.programmes_of_agency(db, agency_id)


def add(db: Db, programme_id: int, name: str, kind: str, now: datetime) -> int:
    """A new agency that takes part. Raises Conflict when there is one of that name."""
    there = select(AgencyRow.id).where(func.lower(AgencyRow.name) == name.lower())
    if db.exec(there).first() is not None:
        raise Conflict(f"There is an agency called {name} already. Choose it from the list.")
    for slug in slugs_for(name):
        row = AgencyRow(slug=slug, name=name, kind=kind)
        try:
            with db.begin_nested():
                db.add(row)
        except IntegrityError:
            continue
        directory.take_part(db, programme_id, row.id or 0, now)
        return row.id or 0
    raise Conflict("There are too many agencies of this name. Please choose another one.")


def describe(db: Db, programme_id: int, agency_id: int, *, contact: str, vetted_on: date | None) -> None:
    """Contact and vetting belong to the programme, not to the agency: each programme looks for itself."""
    place = _place(db, programme_id, agency_id)
    if place.accepted_at is None:
        raise NotFound("We could not find that agency.")
    place.contact, place.vetted_on = contact, vetted_on


def remove(db: Db, programme_id: int, agency_id: int) -> None:
    """Raises NotAllowed once the agency has contributed something, or while it stands behind a module.

    One that is only asked is asked no more.
    """
    place = _place(db, programme_id, agency_id)
    if place.accepted_at is None:
        db.delete(place)
        return
    agency = db.get_one(AgencyRow, agency_id)
    if reached := _reach(db, programme_id).get(agency_id):
        classes = "one class" if reached.classes == 1 else f"{reached.classes} classes"
        raise NotAllowed(f"{agency.name} has taken part in lessons of {classes}, so it stays in this programme.")
    if _has_presented(db, programme_id, agency_id):
        raise NotAllowed(f"{agency.name} has presented in a live session, so it stays in this programme.")
    if titles := _titles(db, programme_id).get(agency.slug):
        raise NotAllowed(
            f"{agency.name} leads or supports “{titles[0]}”. Take that lesson out of the programme first."
        )
    db.delete(place)


def _place(db: Db, programme_id: int, agency_id: int) -> ProgrammeAgencyRow:
    place = db.exec(
        select(ProgrammeAgencyRow).where(
            ProgrammeAgencyRow.programme_id == programme_id, ProgrammeAgencyRow.agency_id == agency_id
        )
    ).one_or_none()
    if place is None:
        raise NotFound("We could not find that agency.")
    return place


def _presenters(db: Db) -> dict[int, list[str]]:
    """Agency -> the names of its presenters whose accounts are open."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = db.exec(
        select(MembershipRow.agency_id, AccountRow.name)
        .join(AccountRow, col(AccountRow.id) == MembershipRow.account_id)
        .where(col(MembershipRow.agency_id).is_not(None), col(AccountRow.disabled_at).is_(None))
        .order_by(col(AccountRow.name))
    ).all()
    for agency_id, name in rows:
        found[agency_id or 0].append(name)
    return found


def _reach(db: Db, programme_id: int) -> dict[int, Reach]:
    """Agency -> what it has reached in this programme; only those that have contributed."""
    rows = db.exec(
        select(
            ContributionRow.agency_id,
            ParticipationRecordRow.school_id,
            func.max(ParticipationRecordRow.present),
        )
        .join(ParticipationRecordRow, col(ParticipationRecordRow.id) == ContributionRow.record_id)
        .where(ParticipationRecordRow.programme_id == programme_id, ParticipationRecordRow.kind == "lesson")
        .group_by(
            col(ContributionRow.agency_id),
            col(ParticipationRecordRow.class_group_id),
            col(ParticipationRecordRow.school_id),
        )
    ).all()
    classes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for agency_id, school_id, present in rows:
        classes[agency_id].append((school_id, present or 0))
    return {
        agency_id: Reach(len({school for school, _ in found}), len(found), sum(present for _, present in found))
        for agency_id, found in classes.items()
    }


def _titles(db: Db, programme_id: int) -> dict[str, list[str]]:
    """Agency's key -> titles of the modules that it leads or supports, by their newest versions."""
    found: dict[str, list[str]] = defaultdict(list)
    modules = (
        select(ModuleRow.lesson_id).where(ModuleRow.programme_id == programme_id).order_by(col(ModuleRow.position))
    )
    for lesson_id in db.exec(modules).all():
        version_id = lessons.newest_version(db, lesson_id)
        if version_id is not None:
            lesson = lessons.version(db, version_id)
            for agency in dict.fromkeys((lesson.lead, *(step.lead for step in lesson.steps), *lesson.supports)):
                found[agency.key].append(lesson.title)
    return found


def _has_presented(db: Db, programme_id: int, agency_id: int) -> bool:
    found = (
        select(LiveSessionPresenterRow.id)
        .join(LiveSessionRow, col(LiveSessionRow.id) == LiveSessionPresenterRow.live_session_id)
        .where(
            LiveSessionRow.programme_id == programme_id,
            LiveSessionPresenterRow.agency_id == agency_id,
            col(LiveSessionRow.is_rehearsal).is_(False),
        )
    )
    return db.exec(found).first() is not None
