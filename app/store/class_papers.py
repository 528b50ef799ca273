"""What a class's papers are made of: the lessons that are its own, and what a finished run gave."""

from sqlmodel import col, select

from app.domain.errors import NotFound
from app.domain.lesson import Lesson
from app.store import directory, lessons
from app.store.database import Db
from app.store.tables import AgencyRow, ContributionRow, ParticipationRecordRow, RunModuleRow, RunRow


def lesson_of(db: Db, class_group_id: int, version_id: int) -> Lesson:
    """A lesson that this class is offered or has had. Raises NotFound."""
    had = (
        select(RunModuleRow.id)
        .join(RunRow, col(RunRow.id) == RunModuleRow.run_id)
        .where(RunRow.class_group_id == class_group_id, RunModuleRow.version_id == version_id)
        .limit(1)
    )
    offered = {one for one, _ in lessons.offered(db, directory.class_group(db, class_group_id).programme_id)}
    if version_id not in offered and db.exec(had).first() is None:
        raise NotFound("We could not find that lesson.")
    return lessons.version(db, version_id)


def agencies_of(db: Db, run_id: int) -> tuple[str, ...]:
    """The names of all that contributed to a run, in the order of their first part in it."""
    found = (
        select(AgencyRow.name)
        .join(ContributionRow, col(ContributionRow.agency_id) == AgencyRow.id)
        .join(ParticipationRecordRow, col(ParticipationRecordRow.id) == ContributionRow.record_id)
        .where(ParticipationRecordRow.run_id == run_id)
        .order_by(col(ContributionRow.role) == "supports", col(ContributionRow.id))
    )
    return tuple(dict.fromkeys(db.exec(found).all()))
