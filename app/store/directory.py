"""Programmes, agencies, schools, class groups and class links."""

import hashlib
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.lesson import Agency
from app.domain.people import Teacher
from app.store.database import Db
from app.store.tables import (
    AgencyRow,
    ClassGroupRow,
    ClassLinkRow,
    ClassSignInRow,
    ProgrammeAgencyRow,
    ProgrammeRow,
    ProgrammeSchoolRow,
    SchoolRow,
)

BROWSERS_PER_LINK = 5
REHEARSAL = "rehearsal"
"""The kind of a school that is none: its classes are those of authors who try a lesson out."""


class ClassGroup(NamedTuple):
    """A class group with its school and programme, as pages name it."""

    id: int
    label: str
    on_roll: int | None
    school: str
    programme_id: int
    programme: str
    ends_on: date


def hashed(secret: str) -> str:
    """What the store keeps of a random key or token; the key itself only its holder has."""
    return hashlib.sha256(secret.encode()).hexdigest()


# Agencies and programmes


def agency_of(db: Db, agency: Agency) -> int:
    """The id of an agency that a lesson names; made when it is new."""
    row = db.exec(select(AgencyRow).where(AgencyRow.slug == agency.key)).one_or_none()
    if row is None:
        row = AgencyRow(slug=agency.key, name=agency.name)
        db.add(row)
        db.flush()
    return _id(row.id)


def agency_by_slug(db: Db, slug: str) -> AgencyRow:
    row = db.exec(select(AgencyRow).where(AgencyRow.slug == slug)).one_or_none()
    if row is None:
        raise NotFound("We could not find that agency.")
    return row


def programmes_of_agency(db: Db, agency_id: int) -> frozenset[int]:
    """Where it takes part; one that only asks it has no say."""
    return programmes_of_agencies(db, frozenset({agency_id}))


def programmes_of_agencies(db: Db, agency_ids: frozenset[int]) -> frozenset[int]:
    found = select(ProgrammeAgencyRow.programme_id).where(
        col(ProgrammeAgencyRow.agency_id).in_(agency_ids), col(ProgrammeAgencyRow.accepted_at).is_not(None)
    )
    return frozenset(db.exec(found).all())


def all_agencies(db: Db) -> list[AgencyRow]:
    return list(db.exec(select(AgencyRow).order_by(col(AgencyRow.name))).all())


def add_programme(db: Db, row: ProgrammeRow) -> int:
    db.add(row)
    db.flush()
    return _id(row.id)


def programme_by_slug(db: Db, slug: str) -> ProgrammeRow:
    row = db.exec(select(ProgrammeRow).where(ProgrammeRow.slug == slug)).one_or_none()
    if row is None:
        raise NotFound("We could not find that programme.")
    return row


def programmes_by_id(db: Db, ids: frozenset[int]) -> list[ProgrammeRow]:
    found = select(ProgrammeRow).where(col(ProgrammeRow.id).in_(ids)).order_by(col(ProgrammeRow.starts_on))
    return list(db.exec(found).all())


def agencies_of_programme(db: Db, programme_id: int) -> list[AgencyRow]:
    """Those that take part."""
    members = taking_part(col(ProgrammeAgencyRow.programme_id) == programme_id)
    return list(db.exec(select(AgencyRow).where(col(AgencyRow.id).in_(members)).order_by(col(AgencyRow.name))).all())


def taking_part(*which: Any) -> Any:
    """A query of the ids of agencies that have agreed; those that are only asked are not among them."""
    return select(col(ProgrammeAgencyRow.agency_id)).where(col(ProgrammeAgencyRow.accepted_at).is_not(None), *which)


def agencies_by_id(db: Db, ids: frozenset[int]) -> list[AgencyRow]:
    return list(db.exec(select(AgencyRow).where(col(AgencyRow.id).in_(ids)).order_by(col(AgencyRow.name))).all())


def take_part(db: Db, programme_id: int, agency_id: int, now: datetime) -> None:
    """At once, for there is nobody to ask."""
    there = select(ProgrammeAgencyRow).where(
        ProgrammeAgencyRow.programme_id == programme_id, ProgrammeAgencyRow.agency_id == agency_id
    )
    if db.exec(there).one_or_none() is None:
        db.add(ProgrammeAgencyRow(programme_id=programme_id, agency_id=agency_id, accepted_at=now))


# Schools and class groups


def add_school(db: Db, programme_id: int, row: SchoolRow) -> int:
    """The school of that reference, made when it is new, and its place in the programme."""
    school = db.exec(select(SchoolRow).where(SchoolRow.reference == row.reference)).one_or_none()
    if school is None:
        db.add(row)
        db.flush()
        school = row
    there = select(ProgrammeSchoolRow).where(
        ProgrammeSchoolRow.programme_id == programme_id, ProgrammeSchoolRow.school_id == school.id
    )
    if db.exec(there).one_or_none() is None:
        db.add(ProgrammeSchoolRow(programme_id=programme_id, school_id=_id(school.id)))
    return _id(school.id)


def add_class_group(db: Db, programme_id: int, school_id: int, label: str, on_roll: int | None) -> int:
    """Raises Conflict when the school has a class of that name in this programme."""
    row = ClassGroupRow(programme_id=programme_id, school_id=school_id, label=label, on_roll=on_roll)
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict(f"This school has a class called {label} already.") from None
    return _id(row.id)


def class_group(db: Db, class_group_id: int) -> ClassGroup:
    found = list(_class_groups(db, class_group_id=class_group_id))
    if not found:
        raise NotFound("We could not find that class.")
    return found[0]


def class_groups(db: Db, programme_id: int) -> list[ClassGroup]:
    return _class_groups(db, programme_id=programme_id)


def _class_groups(db: Db, *, programme_id: int | None = None, class_group_id: int | None = None) -> list[ClassGroup]:
    query = (
        select(ClassGroupRow, SchoolRow, ProgrammeRow)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .join(ProgrammeRow, col(ProgrammeRow.id) == ClassGroupRow.programme_id)
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    )
    if programme_id is not None:
        query = query.where(
            ClassGroupRow.programme_id == programme_id,
            SchoolRow.kind != REHEARSAL,
            col(SchoolRow.erased_at).is_(None),
        )
    if class_group_id is not None:
        query = query.where(ClassGroupRow.id == class_group_id)
    return [
        ClassGroup(
            id=_id(group.id),
            label=group.label,
            on_roll=group.on_roll,
            school=school.name,
            programme_id=group.programme_id,
            programme=programme.name,
            ends_on=programme.ends_on,
        )
        for group, school, programme in db.exec(query).all()
    ]


def rehearsal_class(db: Db, programme_id: int, account_id: int, pupils: int) -> ClassGroup:
    """The class with which an author rehearses; in no list, and no record is written of it."""
    reference = f"{REHEARSAL}-{programme_id}"
    school = db.exec(select(SchoolRow).where(SchoolRow.reference == reference)).one_or_none()
    if school is None:
        school = SchoolRow(reference=reference, name="Rehearsal", kind=REHEARSAL)
        db.add(school)
        db.flush()
    label = f"R{account_id}"
    found = select(ClassGroupRow.id).where(
        ClassGroupRow.programme_id == programme_id,
        ClassGroupRow.school_id == school.id,
        ClassGroupRow.label == label,
    )
    there = db.exec(found).one_or_none()
    return class_group(db, there or add_class_group(db, programme_id, _id(school.id), label, pupils))


# Class links


def make_class_link(db: Db, group: ClassGroup, token: str) -> None:
    """A teacher's one link; alive until the programme ends or it is revoked (ruling 10)."""
    db.add(ClassLinkRow(token_hash=hashed(token), class_group_id=group.id, expires_on=group.ends_on))


def has_class_link(db: Db, class_group_id: int, now: datetime) -> bool:
    """Whether a link opens this class."""
    alive = select(ClassLinkRow.id).where(
        ClassLinkRow.class_group_id == class_group_id,
        col(ClassLinkRow.revoked_at).is_(None),
        ClassLinkRow.expires_on >= now.date(),
    )
    return db.exec(alive).first() is not None


def end_class_links(db: Db, class_group_id: int, now: datetime) -> None:
    """No link of this class opens it any more, nor does a browser that holds one."""
    alive = select(ClassLinkRow).where(
        ClassLinkRow.class_group_id == class_group_id, col(ClassLinkRow.revoked_at).is_(None)
    )
    for link in db.exec(alive).all():
        link.revoked_at = now


def class_of_link(db: Db, token: str, now: datetime) -> tuple[int, ClassGroup]:
    """The link's id and its class group. Raises NotFound for a wrong, revoked or outlived link."""
    either = (hashed(token), hashed(token.upper()))  # a letter's token is in capitals, and people type as they like
    link = db.exec(select(ClassLinkRow).where(col(ClassLinkRow.token_hash).in_(either))).first()
    if link is None or link.revoked_at or link.expires_on < now.date():
        raise NotFound("This class link does not open a lesson. Ask your coordinator for a new one.")
    return _id(link.id), class_group(db, link.class_group_id)


def holds_class_link(db: Db, link_id: int, key: str) -> bool:
    """Whether the browser with this key has opened the link before and is still signed in."""
    row = db.exec(select(ClassSignInRow).where(ClassSignInRow.key_hash == hashed(key))).one_or_none()
    return row is not None and row.class_link_id == link_id and row.revoked_at is None


def open_class_link(db: Db, link_id: int, key: str, now: datetime) -> None:
    """Sign this browser in. Raises NotAllowed when five browsers hold the link already."""
    holders = select(ClassSignInRow).where(
        ClassSignInRow.class_link_id == link_id, col(ClassSignInRow.revoked_at).is_(None)
    )
    if len(db.exec(holders).all()) >= BROWSERS_PER_LINK:
        raise NotAllowed("Five browsers use this class link already. Sign one of them out, or ask for a new link.")
    db.add(ClassSignInRow(key_hash=hashed(key), class_link_id=link_id, opened_at=now))


def teacher_by_key(db: Db, key: str, now: datetime) -> Teacher | None:
    row = db.exec(
        select(ClassSignInRow, ClassLinkRow)
        .join(ClassLinkRow, col(ClassLinkRow.id) == ClassSignInRow.class_link_id)
        .where(ClassSignInRow.key_hash == hashed(key))
    ).one_or_none()
    if row is None:
        return None
    sign_in, link = row
    if sign_in.revoked_at or link.revoked_at or link.expires_on < now.date():
        return None
    return Teacher(class_group_id=link.class_group_id, sign_in_id=_id(sign_in.id))


def sign_teacher_out(db: Db, teacher: Teacher, now: datetime) -> None:
    row = db.get_one(ClassSignInRow, teacher.sign_in_id)
    row.revoked_at = now


def _id(value: int | None) -> int:
    assert value is not None  # a flushed row has one
    return value
