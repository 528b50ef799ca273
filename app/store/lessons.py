"""Lessons, their published versions and what a programme offers."""

import hashlib
import json
from collections.abc import Set
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from app.domain.errors import NotFound
from app.domain.lesson import Agency, Lesson
from app.store import directory
from app.store.database import Db
from app.store.tables import (
    AccountRow,
    AskingRow,
    FactRow,
    LessonRow,
    ModuleRow,
    ProgrammeAgencyRow,
    ProgrammeRow,
    RunModuleRow,
    RunRow,
    TopicRow,
    VersionAgencyRow,
    VersionRow,
)

SHIPPED, WRITTEN, REHEARSAL = "shipped", "written", "rehearsal"
"""Where a lesson comes from: a file of this release, the authoring room, or a draft that is only tried out."""


class Published(NamedTuple):
    """One version of a lesson, as its list of versions shows it."""

    id: int
    number: int
    published_at: datetime
    published_by: str
    retired_at: datetime | None


def publish(db: Db, lesson: Lesson, now: datetime, *, by: int | None = None, origin: str = SHIPPED) -> int:
    """Freeze a lesson as its next version; the same document again is the same version. Returns its id.

    What was retired stays so when the server starts anew, and comes back when an author (`by`) publishes it.
    """
    document = lesson.model_dump(mode="json")
    digest = _digest(document)
    row = _lesson_row(db, lesson, origin)
    same = db.exec(
        select(VersionRow).where(VersionRow.lesson_id == row.id, VersionRow.document_hash == digest)
    ).one_or_none()
    if same is not None:
        _offer_again(db, same, now)
        same.retired_at = None if by else same.retired_at
        return _id(same.id)
    last = db.exec(select(func.max(VersionRow.number)).where(VersionRow.lesson_id == row.id)).one() or 0
    version = VersionRow(
        lesson_id=_id(row.id),
        number=last + 1,
        document=document,
        document_hash=digest,
        published_at=now,
        published_by=by,
    )
    db.add(version)
    db.flush()
    _add_agencies(db, lesson, _id(version.id))
    _add_askings(db, lesson, _id(version.id))
    for fact in lesson.facts if origin != REHEARSAL else ():
        db.merge(FactRow(**fact.model_dump(), topic_key=lesson.topic.key))
    return _id(version.id)


def freeze_for_rehearsal(db: Db, lesson: Lesson, now: datetime) -> int:
    """A version that no programme can offer: what a rehearsal of a draft runs. Returns its id."""
    apart = lesson.model_copy(update={"key": f"{REHEARSAL} of {lesson.key}"})  # no key of a lesson has spaces
    return publish(db, apart, now, origin=REHEARSAL)


def retire(db: Db, lesson_id: int, now: datetime) -> None:
    """Offer no version of this lesson any more. Runs that point at one keep it."""
    standing = select(VersionRow).where(VersionRow.lesson_id == lesson_id, col(VersionRow.retired_at).is_(None))
    for row in db.exec(standing).all():
        row.retired_at = now


def versions_of(db: Db, lesson_id: int) -> list[Published]:
    """All versions of a lesson, the highest number first."""
    rows = db.exec(
        select(VersionRow, AccountRow.name)
        .outerjoin(AccountRow, col(AccountRow.id) == VersionRow.published_by)
        .where(VersionRow.lesson_id == lesson_id)
        .order_by(col(VersionRow.number).desc())
    ).all()
    return [Published(_id(row.id), row.number, row.published_at, name or "", row.retired_at) for row, name in rows]


def rows(db: Db) -> list[LessonRow]:
    """All lessons but those of rehearsals."""
    found = select(LessonRow).where(LessonRow.origin != REHEARSAL).order_by(col(LessonRow.id))
    return list(db.exec(found).all())


def _offer_again(db: Db, row: VersionRow, now: datetime) -> None:
    """A document that went back to an earlier one: that version is the newest again."""
    newest = db.exec(select(func.max(VersionRow.published_at)).where(VersionRow.lesson_id == row.lesson_id)).one()
    if row.published_at < newest:
        row.published_at = now


def version(db: Db, version_id: int) -> Lesson:
    """The lesson of a version. Raises NotFound."""
    digest = db.exec(select(VersionRow.document_hash).where(VersionRow.id == version_id)).one_or_none()
    if digest is None:
        raise NotFound("We could not find that lesson.")
    return _parsed(db, version_id, digest)


def by_version(db: Db, version_ids: Set[int]) -> dict[int, Lesson]:
    """Version -> its lesson."""
    found = select(VersionRow.id, VersionRow.document_hash).where(col(VersionRow.id).in_(version_ids))
    return {_id(version_id): _parsed(db, _id(version_id), digest) for version_id, digest in db.exec(found).all()}


def _parsed(db: Db, version_id: int, digest: str) -> Lesson:
    versions: dict[str, Lesson] = db.info["versions"]
    if digest not in versions:  # by its hash, since the id of a publish that failed is given again
        versions[digest] = Lesson.model_validate(db.get_one(VersionRow, version_id).document)
    return versions[digest]


def version_number(db: Db, version_id: int) -> int:
    return version_numbers(db, {version_id}).get(version_id, 0)


def version_numbers(db: Db, version_ids: Set[int]) -> dict[int, int]:
    """Version -> its number among those of its lesson."""
    found = select(VersionRow.id, VersionRow.number).where(col(VersionRow.id).in_(version_ids))
    return {_id(version_id): number for version_id, number in db.exec(found).all()}


def offer(db: Db, programme_id: int, lesson_key: str, position: int) -> None:
    """Make a lesson one of a programme's modules."""
    lesson = db.exec(select(LessonRow).where(LessonRow.key == lesson_key)).one()
    there = select(ModuleRow).where(ModuleRow.programme_id == programme_id, ModuleRow.lesson_id == lesson.id)
    if db.exec(there).one_or_none() is None:
        db.add(ModuleRow(programme_id=programme_id, lesson_id=_id(lesson.id), position=position))


def count_offered(db: Db, programme_id: int) -> int:
    return db.exec(select(func.count()).select_from(ModuleRow).where(ModuleRow.programme_id == programme_id)).one()


def offered(db: Db, programme_id: int) -> list[tuple[int, Lesson]]:
    """The newest version of each module that can be taught, in the programme's order."""
    newest = [newest_version(db, module.lesson_id) for module in modules(db, programme_id)]
    return [(version_id, version(db, version_id)) for version_id in newest if version_id is not None]


def programmes_offering(db: Db, lesson_id: int) -> list[ProgrammeRow]:
    """The programmes whose teachers find this lesson on their page Today, once it has a version."""
    found = (
        select(ProgrammeRow)
        .join(ModuleRow, col(ModuleRow.programme_id) == ProgrammeRow.id)
        .join(LessonRow, col(LessonRow.id) == ModuleRow.lesson_id)
        .join(
            ProgrammeAgencyRow,
            (col(ProgrammeAgencyRow.programme_id) == ProgrammeRow.id)
            & (col(ProgrammeAgencyRow.agency_id) == LessonRow.owner_agency_id),
        )
        .where(LessonRow.id == lesson_id, col(ProgrammeAgencyRow.accepted_at).is_not(None))
        .order_by(col(ProgrammeRow.starts_on), col(ProgrammeRow.id))
    )
    return list(db.exec(found).all())


def taught(db: Db, lesson_id: int) -> frozenset[int]:
    """The versions of a lesson with which a class has begun; a rehearsal does not count."""
    found = (
        select(RunModuleRow.version_id)
        .join(RunRow, col(RunRow.id) == RunModuleRow.run_id)
        .join(VersionRow, col(VersionRow.id) == RunModuleRow.version_id)
        .where(VersionRow.lesson_id == lesson_id, RunRow.kind != REHEARSAL)
    )
    return frozenset(db.exec(found).all())


def modules(db: Db, programme_id: int) -> list[ModuleRow]:
    """The modules of a programme, but those whose agency has not agreed to take part."""
    members = directory.taking_part(ProgrammeAgencyRow.programme_id == programme_id)
    found = (
        select(ModuleRow)
        .join(LessonRow, col(LessonRow.id) == ModuleRow.lesson_id)
        .where(ModuleRow.programme_id == programme_id, col(LessonRow.owner_agency_id).in_(members))
        .order_by(col(ModuleRow.position))
    )
    return list(db.exec(found).all())


def newest_version(db: Db, lesson_id: int) -> int | None:
    """The version of a lesson that was published last and is not retired."""
    return db.exec(
        select(VersionRow.id)
        .where(VersionRow.lesson_id == lesson_id, col(VersionRow.retired_at).is_(None))
        .order_by(col(VersionRow.published_at).desc(), col(VersionRow.number).desc())
    ).first()


def newest_of_any_state(db: Db, lesson_id: int) -> int:
    """The version that was published last, also one that is retired: a plan still names its lesson."""
    newest = select(VersionRow.id).where(VersionRow.lesson_id == lesson_id).order_by(col(VersionRow.number).desc())
    return newest_version(db, lesson_id) or _id(db.exec(newest).first())


def all_newest(db: Db) -> list[tuple[str, tuple[Agency, ...]]]:
    """Each lesson's key and the agencies that lead or support it, by its newest version."""
    found = []
    for row in rows(db):
        newest = newest_version(db, _id(row.id))
        if newest is not None:
            lesson = version(db, newest)
            leading = (lesson.lead, *(step.lead for step in lesson.steps), *lesson.supports)
            found.append((row.key, tuple(dict.fromkeys(leading))))
    return found


def _lesson_row(db: Db, lesson: Lesson, origin: str) -> LessonRow:
    db.merge(TopicRow(key=lesson.topic.key, name=lesson.topic.name))
    owner = directory.agency_of(db, lesson.lead)
    row = db.exec(select(LessonRow).where(LessonRow.key == lesson.key)).one_or_none()
    if row is None:
        row = LessonRow(
            key=lesson.key, topic_key=lesson.topic.key, owner_agency_id=owner, title=lesson.title, origin=origin
        )
        db.add(row)
    row.title = lesson.title
    db.flush()
    return row


def _add_agencies(db: Db, lesson: Lesson, version_id: int) -> None:
    leading: list[Agency] = list(dict.fromkeys([lesson.lead, *(step.lead for step in lesson.steps)]))
    for agency in leading:
        db.add(VersionAgencyRow(version_id=version_id, agency_id=directory.agency_of(db, agency), role="leads"))
    for agency in lesson.supports:
        db.add(VersionAgencyRow(version_id=version_id, agency_id=directory.agency_of(db, agency), role="supports"))


def _add_askings(db: Db, lesson: Lesson, version_id: int) -> None:
    for position, step in enumerate(lesson.askings):
        db.add(
            AskingRow(
                version_id=version_id,
                step_key=step.key,
                question_key=step.question.key,
                purpose=step.purpose,
                kind=step.question.kind,
                position=position,
                is_anchor=step.is_anchor,
                tally_only=step.tally_only,
            )
        )


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _id(value: int | None) -> int:
    assert value is not None  # a flushed row has one
    return value
