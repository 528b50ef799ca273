"""Schools and class groups of a programme: listed, typed in, changed, removed, and brought in from a list."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from app.domain.class_group import Mode
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.school_list import Change, KnownClass, KnownSchool, Listed, compare
from app.store.database import Db
from app.store.directory import REHEARSAL
from app.store.tables import (
    ClassGroupRow,
    ClassLinkRow,
    ClassSignInRow,
    ProgrammeSchoolRow,
    RunRow,
    SchoolRow,
)


class School(NamedTuple):
    """A school as a programme lists it."""

    id: int
    reference: str
    name: str
    kind: str
    district: str
    classes: int
    on_roll: int


class ClassGroup(NamedTuple):
    """A class group with all that its coordinator may say of it."""

    id: int
    school_id: int
    school: str
    district: str
    label: str
    year: int
    on_roll: int | None
    mode: str
    lessons: int
    """How many it has finished."""


# Schools


def of_programme(db: Db, programme_id: int) -> list[School]:
    """By name. A school without a class is listed too: it has still to say who comes."""
    rows = db.exec(
        select(SchoolRow, func.count(col(ClassGroupRow.id)), func.sum(ClassGroupRow.on_roll))
        .join(ProgrammeSchoolRow, col(ProgrammeSchoolRow.school_id) == SchoolRow.id)
        .outerjoin(
            ClassGroupRow,
            (col(ClassGroupRow.school_id) == SchoolRow.id) & (col(ClassGroupRow.programme_id) == programme_id),
        )
        .where(ProgrammeSchoolRow.programme_id == programme_id, col(SchoolRow.erased_at).is_(None))
        .group_by(col(SchoolRow.id))
        .order_by(col(SchoolRow.name))
    ).all()
    return [
        School(row.id or 0, row.reference, row.name, row.kind, row.district, classes, on_roll or 0)
        for row, classes, on_roll in rows
    ]


def one(db: Db, programme_id: int, school_id: int) -> School:
    """Raises NotFound for a school that takes no part in this programme."""
    found = next((school for school in of_programme(db, programme_id) if school.id == school_id), None)
    if found is None:
        raise NotFound("We could not find that school.")
    return found


def add(db: Db, programme_id: int, listed: Listed, draw: Callable[[], str]) -> int:
    """The school of that reference, or of that name in this programme; made when there is none.

    Raises Conflict when the reference is that of a school with another name: by hand nothing is renamed in passing.
    """
    schools, groups = _known(db, programme_id)
    for known in schools:
        if known.reference.casefold() == listed.reference.casefold() and known.name != listed.school:
            raise Conflict(f"The reference {known.reference} is that of {known.name}. Look at it again.")
    change = compare([listed], schools, groups)[0]
    return _school_of(db, programme_id, change, draw)


def change(db: Db, programme_id: int, school_id: int, *, name: str, kind: str, district: str) -> None:
    """Raises NotAllowed for a school that takes part in a programme of somebody else too."""
    row = db.get_one(SchoolRow, one(db, programme_id, school_id).id)
    if (name, kind, district) == (row.name, row.kind, row.district):
        return
    if _is_shared(db, programme_id, school_id):
        raise NotAllowed(f"{row.name} also takes part in another programme, so its name stays as it is.")
    row.name, row.kind, row.district = name, kind, district


def remove(db: Db, programme_id: int, school_id: int) -> None:
    """Raises NotAllowed while it has a class here."""
    school = one(db, programme_id, school_id)
    if school.classes:
        raise NotAllowed(f"{school.name} still has a class in this programme. Remove its classes first.")
    db.connection().execute(
        delete(ProgrammeSchoolRow).where(
            col(ProgrammeSchoolRow.programme_id) == programme_id, col(ProgrammeSchoolRow.school_id) == school_id
        )
    )
    try:
        with db.begin_nested():  # nobody else needs it
            db.delete(db.get_one(SchoolRow, school_id))
    except IntegrityError:
        pass


def _is_shared(db: Db, programme_id: int, school_id: int) -> bool:
    others = select(ProgrammeSchoolRow.id).where(
        ProgrammeSchoolRow.school_id == school_id, ProgrammeSchoolRow.programme_id != programme_id
    )
    return db.exec(others).first() is not None


# Class groups


def class_groups(db: Db, programme_id: int) -> list[ClassGroup]:
    """By school and label."""
    ended = dict(
        db.exec(
            select(RunRow.class_group_id, func.count())
            .join(ClassGroupRow, col(ClassGroupRow.id) == RunRow.class_group_id)
            .where(
                ClassGroupRow.programme_id == programme_id,
                RunRow.kind == "lesson",
                col(RunRow.ended_at).is_not(None),
            )
            .group_by(col(RunRow.class_group_id))
        ).all()
    )
    rows = db.exec(
        select(ClassGroupRow, SchoolRow)
        .join(SchoolRow, col(SchoolRow.id) == ClassGroupRow.school_id)
        .where(
            ClassGroupRow.programme_id == programme_id,
            SchoolRow.kind != REHEARSAL,
            col(SchoolRow.erased_at).is_(None),
        )
        .order_by(col(SchoolRow.name), col(ClassGroupRow.label))
    ).all()
    return [
        ClassGroup(
            id=row.id or 0,
            school_id=row.school_id,
            school=school.name,
            district=school.district,
            label=row.label,
            year=row.year_group,
            on_roll=row.on_roll,
            mode=row.usual_mode,
            lessons=ended.get(row.id or 0, 0),
        )
        for row, school in rows
    ]


def class_group(db: Db, programme_id: int, class_group_id: int) -> ClassGroup:
    """Raises NotFound for a class of another programme."""
    found = next((group for group in class_groups(db, programme_id) if group.id == class_group_id), None)
    if found is None:
        raise NotFound("We could not find that class.")
    return found


def add_class(
    db: Db, programme_id: int, school_id: int, *, label: str, year: int, on_roll: int | None, mode: Mode
) -> int:
    """Raises Conflict when the school has a class of that name in this programme."""
    one(db, programme_id, school_id)
    row = ClassGroupRow(
        programme_id=programme_id,
        school_id=school_id,
        label=label,
        year_group=year,
        on_roll=on_roll,
        usual_mode=mode,
    )
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise _taken(label) from None
    return row.id or 0


def change_class(
    db: Db, programme_id: int, class_group_id: int, *, label: str, year: int, on_roll: int | None, mode: Mode
) -> None:
    row = db.get_one(ClassGroupRow, class_group(db, programme_id, class_group_id).id)
    try:
        with db.begin_nested():
            row.label, row.year_group, row.on_roll, row.usual_mode = label, year, on_roll, mode
    except IntegrityError:
        raise _taken(label) from None


def remove_class(db: Db, programme_id: int, class_group_id: int) -> None:
    """With its links. Raises NotAllowed once the class has begun a lesson, or takes part in anything else."""
    group = class_group(db, programme_id, class_group_id)
    links = select(ClassLinkRow.id).where(ClassLinkRow.class_group_id == class_group_id)
    try:
        with db.begin_nested():
            connection = db.connection()  # asked for here, or the savepoint does not cover it
            connection.execute(delete(ClassSignInRow).where(col(ClassSignInRow.class_link_id).in_(links)))
            connection.execute(delete(ClassLinkRow).where(col(ClassLinkRow.class_group_id) == class_group_id))
            connection.execute(delete(ClassGroupRow).where(col(ClassGroupRow.id) == class_group_id))
    except IntegrityError:
        raise NotAllowed(
            f"Class {group.label} of {group.school} has had a lesson or is booked for one, so it stays. "
            "A new class link ends the old one."
        ) from None


def _taken(label: str) -> Conflict:
    return Conflict(f"This school has a class called {label} already.")


# A list that was brought


def plan(db: Db, programme_id: int, listed: Iterable[Listed]) -> tuple[Change, ...]:
    """What keeping the list would do now."""
    return compare(listed, *_known(db, programme_id))


def keep(db: Db, programme_id: int, listed: Iterable[Listed], draw: Callable[[], str]) -> tuple[Change, ...]:
    """Do it. A school without a reference gets one that is drawn."""
    changes = plan(db, programme_id, listed)
    made: dict[str, int] = {}
    for change in changes:
        if change.effect in ("same", "left out"):
            continue
        one = change.listed
        key = (one.reference or one.school).casefold()
        school_id = change.school_id or made.get(key)
        if school_id is None or key not in made:
            school_id = made[key] = _school_of(db, programme_id, change, draw)
        if one.label:
            _class_of(db, programme_id, school_id, one)
    return changes


def _school_of(db: Db, programme_id: int, change: Change, draw: Callable[[], str]) -> int:
    one = change.listed
    if change.school_id is None:
        row = SchoolRow(
            reference=one.reference or f"own-{draw()}", name=one.school, kind=one.kind, district=one.district
        )
        try:
            with db.begin_nested():
                db.add(row)
        except IntegrityError:
            raise Conflict(f"Somebody has just added {one.school} too. Look at the list again.") from None
    else:
        row = db.get_one(SchoolRow, change.school_id)
        if not _is_shared(db, programme_id, change.school_id):
            row.name, row.kind, row.district = one.school, one.kind or row.kind, one.district or row.district
    school_id = row.id or 0
    there = select(ProgrammeSchoolRow).where(
        ProgrammeSchoolRow.programme_id == programme_id, ProgrammeSchoolRow.school_id == school_id
    )
    if db.exec(there).first() is None:
        db.add(ProgrammeSchoolRow(programme_id=programme_id, school_id=school_id))
        db.flush()
    return school_id


def _class_of(db: Db, programme_id: int, school_id: int, one: Listed) -> None:
    row = db.exec(
        select(ClassGroupRow).where(
            ClassGroupRow.programme_id == programme_id,
            ClassGroupRow.school_id == school_id,
            func.lower(ClassGroupRow.label) == one.label.lower(),
        )
    ).first()
    if row is None:
        row = ClassGroupRow(programme_id=programme_id, school_id=school_id, label=one.label)
        db.add(row)
    row.year_group, row.usual_mode = one.year, one.mode
    row.on_roll = row.on_roll if one.on_roll is None else one.on_roll


def _known(db: Db, programme_id: int) -> tuple[list[KnownSchool], list[KnownClass]]:
    here = _programmes_of_schools(db)
    schools = [
        KnownSchool(
            id=row.id or 0,
            reference=row.reference,
            name=row.name,
            kind=row.kind,
            district=row.district,
            is_here=programme_id in here.get(row.id or 0, set()),
            may_change=here.get(row.id or 0, set()) <= {programme_id},
        )
        for row in db.exec(
            select(SchoolRow).where(SchoolRow.kind != REHEARSAL, col(SchoolRow.erased_at).is_(None))
        ).all()
    ]
    groups = [
        KnownClass(
            school_id=row.school_id,
            label=row.label,
            year=row.year_group,
            on_roll=row.on_roll,
            mode=row.usual_mode,  # type: ignore[arg-type]
        )
        for row in db.exec(select(ClassGroupRow).where(ClassGroupRow.programme_id == programme_id)).all()
    ]
    return schools, groups


def _programmes_of_schools(db: Db) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for school_id, programme_id in db.exec(
        select(ProgrammeSchoolRow.school_id, ProgrammeSchoolRow.programme_id)
    ).all():
        found.setdefault(school_id, set()).add(programme_id)
    return found
