"""Participation records: written when a run ends, read by summaries and reports."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert
from sqlmodel import col, func, select

from app.domain import participation as rules
from app.domain.errors import NotAllowed
from app.domain.lesson import Agency, Asking, Lesson, Pledge
from app.domain.summary import Counted
from app.store import bookings, directory, lessons, participants, runs
from app.store.database import Db
from app.store.runs import OpenRun
from app.store.tables import (
    AmendmentRow,
    AnchorPairRow,
    AnswerRow,
    AskingChoiceRow,
    AskingResultRow,
    ClassGroupRow,
    ContributionRow,
    ParticipantRow,
    ParticipationRecordRow,
    SchoolRow,
    ScorePairRow,
    SecretCountRow,
)


@dataclass(frozen=True)
class ReportRow:
    """The facts of one record that a funder asks for, for one agency."""

    date: datetime
    school_id: int
    school: str
    class_label: str
    class_group_id: int
    topic_key: str
    topic_name: str
    lesson: str
    version: int
    role: str
    present: int | None
    minutes: float
    devices: int
    served: int
    answered: int
    matched: int
    run_id: int


@dataclass(frozen=True)
class Totals:
    """Reach over the records in view. Pupils are counted once, attendances each time (counting rules)."""

    records: int
    runs: int
    schools: int
    classes: int
    pupils: int
    attendances: int
    minutes: float
    pupil_hours: float


NOBODY = "four_hours"
"""Who ends a run that nobody ended."""


def finish(db: Db, run: OpenRun, *, by: str, now: datetime) -> None:
    """End a run and write what it gave. A rehearsal gives no record (ruling 9)."""
    runs.end(db, run, by=by, now=now)
    count(db, runs.read(db, run.id), now)
    if not run.is_rehearsal:
        write_records(db, runs.read(db, run.id), now, by=by)
        bookings.note_attended(db, run)


def take_back(db: Db, run: OpenRun, now: datetime) -> None:
    """Undo `finish` while pupil-level rows live; the next end counts anew."""
    runs.take_back_end(db, run, now)
    bookings.take_back_attended(db, run)
    _forget(db, run.id)


def _forget(db: Db, run_id: int) -> None:
    records = select(ParticipationRecordRow.id).where(ParticipationRecordRow.run_id == run_id)
    results = select(AskingResultRow.id).where(AskingResultRow.run_id == run_id)
    connection = db.connection()
    connection.execute(delete(AmendmentRow).where(col(AmendmentRow.record_id).in_(records)))
    connection.execute(delete(ContributionRow).where(col(ContributionRow.record_id).in_(records)))
    connection.execute(delete(AskingChoiceRow).where(col(AskingChoiceRow.asking_result_id).in_(results)))
    connection.execute(delete(ParticipationRecordRow).where(col(ParticipationRecordRow.run_id) == run_id))
    connection.execute(delete(AskingResultRow).where(col(AskingResultRow.run_id) == run_id))
    connection.execute(delete(ScorePairRow).where(col(ScorePairRow.run_id) == run_id))
    connection.execute(delete(AnchorPairRow).where(col(AnchorPairRow.run_id) == run_id))


# Counting at the end


def count(db: Db, run: OpenRun, now: datetime) -> None:
    """Turn answers into counts: the only thing that summaries and reports read."""
    history = runs.shifts(db, run.id)
    joined = len(participants.crowd(db, run.id))
    for module, lesson in enumerate(run.plan.lessons):
        rounds = rules.asked(history, module)
        answers = _answers(db, run.id, module)
        tallies = _tallies(answers) | _secret_tallies(db, run.id, module)
        askings = [(step, round) for step in lesson.askings for key, round in sorted(rounds) if key == step.key]
        _keep_results(db, run.id, module, joined, askings, tallies)
        anchors = rules.anchors_served(lesson, {key for key, _ in rounds})
        choices = _choices(answers)
        for pair in rules.score_pairs(lesson, choices, anchors):
            db.add(ScorePairRow(run_id=run.id, module_position=module, **pair.model_dump()))
        for anchor in rules.anchor_pairs(lesson, choices, anchors):
            db.add(AnchorPairRow(run_id=run.id, module_position=module, **anchor.model_dump()))
    db.flush()


Given = Sequence[tuple[int, str, int, str]]
"""Participant, step, round and stored choice."""
Tallies = dict[tuple[str, int], dict[str, int]]
"""Step and round -> answers per stored choice."""


def _keep_results(
    db: Db, run_id: int, module: int, joined: int, askings: Sequence[tuple[Asking | Pledge, int]], tallies: Tallies
) -> None:
    counts = [tallies.get((step.key, round), {}) for step, round in askings]
    rows = [
        AskingResultRow(
            run_id=run_id,
            module_position=module,
            step_key=step.key,
            round=round,
            joined=joined,
            answered=sum(found.values()),
            right=_right(step, found) if step.question.is_marked else None,
        )
        for (step, round), found in zip(askings, counts, strict=True)
    ]
    db.add_all(rows)
    db.flush()
    choices = [
        {"asking_result_id": row.id, "choice": choice, "n": n}
        for row, found in zip(rows, counts, strict=True)
        for choice, n in sorted(found.items())
    ]
    if choices:
        db.connection().execute(insert(AskingChoiceRow), choices)


def _right(step: Asking | Pledge, counts: Mapping[str, int]) -> int:
    return sum(n for choice, n in counts.items() if step.question.is_right(choice))


def _answers(db: Db, run_id: int, module: int) -> Given:
    """What counts: of a removed participant nothing ever does."""
    return [
        (who, step_key, round, choice)
        for who, step_key, round, choice in db.exec(
            select(AnswerRow.participant_id, AnswerRow.step_key, AnswerRow.round, AnswerRow.choice)
            .join(ParticipantRow, col(ParticipantRow.id) == AnswerRow.participant_id)
            .where(
                AnswerRow.run_id == run_id,
                AnswerRow.module_position == module,
                col(ParticipantRow.removed_at).is_(None),
            )
        ).all()
    ]


def _tallies(answers: Given) -> Tallies:
    found: Tallies = defaultdict(dict)
    for (step_key, round, choice), n in Counter((key, round, choice) for _, key, round, choice in answers).items():
        found[step_key, round][choice] = n
    return found


def _secret_tallies(db: Db, run_id: int, module: int) -> Tallies:
    """Of tally-only askings, which have no answers."""
    found: Tallies = defaultdict(dict)
    query = select(SecretCountRow).where(SecretCountRow.run_id == run_id, SecretCountRow.module_position == module)
    for row in db.exec(query).all():
        found[row.step_key, row.round][row.choice] = row.n
    return found


def _choices(answers: Given) -> dict[int, dict[str, str]]:
    """Participant -> step -> choice of round 1, as matching needs it."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for who, step_key, round, choice in answers:
        if round == 1:
            found[who][step_key] = choice
    return found


# Records


def write_records(db: Db, run: OpenRun, now: datetime, *, by: str) -> None:
    """One record per module that was shown, with each agency's contribution."""
    history = runs.shifts(db, run.id)
    ended_at = run.ended_at or now
    if by == NOBODY:
        history, ended_at = rules.until_left(history, ended_at)
    group = db.get_one(ClassGroupRow, run.class_group_id)
    for module, lesson in enumerate(run.plan.lessons):
        shown = rules.steps_shown(history, module)
        if not shown:
            continue
        began = rules.began_at(history, module)
        minutes = rules.minutes_delivered(history, module, ended_at)
        results = _results(db, run.id, module)
        record = ParticipationRecordRow(
            run_id=run.id,
            module_position=module,
            programme_id=group.programme_id,
            school_id=group.school_id,
            class_group_id=run.class_group_id,
            topic_key=lesson.topic.key,
            version_id=run.version_ids[module],
            kind=run.kind,
            began_at=began or now,
            minutes=minutes,
            present=run.present if run.present_confirmed else None,
            devices_joined=len(participants.crowd(db, run.id)),
            modes=run.mode,
            questions_served=len({result.step_key for result in results}),
            answers_counted=sum(result.answered for result in results if result.round == 1),
            matched=_matched(db, run.id, module),
            steps_shown=list(shown),
            steps_skipped=[step.key for step in lesson.steps if step.key not in shown],
            ended_early=rules.ended_early(lesson, shown, [key for at, key in run.plan.left_out if at == module]),
            status="confirmed" if run.present_confirmed else "head_count_missing",
        )
        db.add(record)
        db.flush()
        presents = directory.agencies_by_id(db, rules.presenting(history, module))
        _add_contributions(db, record, lesson, shown, [Agency(key=a.slug, name=a.name) for a in presents])


def _add_contributions(
    db: Db, record: ParticipationRecordRow, lesson: Lesson, shown: Iterable[str], presents: Sequence[Agency]
) -> None:
    named = {a.key: a for a in (lesson.lead, *lesson.supports, *(step.lead for step in lesson.steps), *presents)}
    for key, roles in rules.contributions(lesson, shown, [agency.key for agency in presents]).items():
        agency_id = directory.agency_of(db, named[key])
        for role in roles:
            db.add(ContributionRow(record_id=record.id or 0, agency_id=agency_id, role=role, minutes=record.minutes))


def _results(db: Db, run_id: int, module: int) -> list[AskingResultRow]:
    return list(
        db.exec(
            select(AskingResultRow)
            .where(AskingResultRow.run_id == run_id, AskingResultRow.module_position == module)
            .order_by(col(AskingResultRow.id))
        ).all()
    )


def _matched(db: Db, run_id: int, module: int) -> int:
    total = db.exec(
        select(func.sum(ScorePairRow.n)).where(ScorePairRow.run_id == run_id, ScorePairRow.module_position == module)
    ).one()
    return total or 0


def confirm_head_count(db: Db, run: OpenRun, present: int, now: datetime) -> None:
    """The teacher's head-count, also when it comes after the end; devices never stand in for it (ruling 18)."""
    if run.ended_at is not None and run.present_confirmed:
        raise NotAllowed("The head-count of this lesson is confirmed already.")
    runs.confirm_present(db, run.id, present, now)
    for record in db.exec(select(ParticipationRecordRow).where(ParticipationRecordRow.run_id == run.id)).all():
        if record.status == "head_count_missing":
            record.present, record.status = present, "confirmed"


# Reading


def of_run(db: Db, run_id: int) -> list[Counted]:
    """All counted askings of a run, for its own teacher."""
    rows = db.exec(
        select(AskingResultRow).where(AskingResultRow.run_id == run_id).order_by(col(AskingResultRow.id))
    ).all()
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for one in db.exec(
        select(AskingChoiceRow).where(col(AskingChoiceRow.asking_result_id).in_([row.id for row in rows]))
    ).all():
        counts[one.asking_result_id][one.choice] = one.n
    return [
        Counted(
            module=row.module_position,
            step_key=row.step_key,
            round=row.round,
            joined=row.joined,
            answered=row.answered,
            right=row.right,
            counts=counts[row.id or 0],
        )
        for row in rows
    ]


def anchors_of(db: Db, run_id: int, module: int) -> int:
    """How many anchors were served before and after."""
    return db.exec(
        select(func.count())
        .select_from(AnchorPairRow)
        .where(AnchorPairRow.run_id == run_id, AnchorPairRow.module_position == module)
    ).one()


def score_pairs(db: Db, run_id: int, module: int) -> list[rules.ScorePair]:
    rows = db.exec(
        select(ScorePairRow).where(ScorePairRow.run_id == run_id, ScorePairRow.module_position == module)
    ).all()
    return [rules.ScorePair(before_right=row.before_right, after_right=row.after_right, n=row.n) for row in rows]


def records_of(db: Db, run_id: int) -> list[ParticipationRecordRow]:
    return list(
        db.exec(
            select(ParticipationRecordRow)
            .where(ParticipationRecordRow.run_id == run_id)
            .order_by(col(ParticipationRecordRow.module_position))
        ).all()
    )


def for_agency(db: Db, agency_id: int, programme_ids: frozenset[int] | None = None) -> list[ReportRow]:
    """The records to which an agency contributed, newest first; one row a record whatever its roles."""
    query = (
        select(ParticipationRecordRow, ContributionRow.role, SchoolRow.name, ClassGroupRow.label)
        .join(ContributionRow, col(ContributionRow.record_id) == ParticipationRecordRow.id)
        .join(SchoolRow, col(SchoolRow.id) == ParticipationRecordRow.school_id)
        .join(ClassGroupRow, col(ClassGroupRow.id) == ParticipationRecordRow.class_group_id)
        .where(ContributionRow.agency_id == agency_id, ParticipationRecordRow.kind == "lesson")
        .order_by(col(ParticipationRecordRow.began_at).desc(), col(ParticipationRecordRow.id).desc())
        .order_by(col(ContributionRow.id))
    )
    if programme_ids is not None:
        query = query.where(col(ParticipationRecordRow.programme_id).in_(programme_ids))
    roles: dict[int | None, list[str]] = defaultdict(list)
    records = {}
    for record, role, school, label in db.exec(query).all():
        roles[record.id].append(role)
        records[record.id] = (record, school, label)
    versions = _versions(db, {record.version_id for record, _, _ in records.values()})
    return [
        ReportRow(
            date=record.began_at,
            school_id=record.school_id,
            school=school,
            class_label=label,
            class_group_id=record.class_group_id,
            topic_key=record.topic_key,
            topic_name=versions[record.version_id].topic_name,
            lesson=versions[record.version_id].title,
            version=versions[record.version_id].number,
            role=" and ".join(roles[record.id]),
            present=record.present,
            minutes=record.minutes,
            devices=record.devices_joined,
            served=record.questions_served,
            answered=record.answers_counted,
            matched=record.matched,
            run_id=record.run_id,
        )
        for record, school, label in records.values()
    ]


class _Version(NamedTuple):
    number: int
    title: str
    topic_name: str


def _versions(db: Db, ids: set[int]) -> dict[int, _Version]:
    """As they were published: a later version may have another title, and a report stays true."""
    found = {version_id: lessons.version(db, version_id) for version_id in ids}
    return {
        version_id: _Version(lessons.version_number(db, version_id), lesson.title, lesson.topic.name)
        for version_id, lesson in found.items()
    }


def totals(rows: list[ReportRow]) -> Totals:
    """Reach of these records: pupils once per class group by its largest head-count, attendances per record."""
    largest: dict[int, int] = {}
    for row in rows:
        largest[row.class_group_id] = max(largest.get(row.class_group_id, 0), row.present or 0)
    return Totals(
        records=len(rows),
        runs=len({row.run_id for row in rows}),
        schools=len({row.school_id for row in rows}),
        classes=len(largest),
        pupils=sum(largest.values()),
        attendances=sum(row.present or 0 for row in rows),
        minutes=round(sum(row.minutes for row in rows), 1),
        pupil_hours=round(sum((row.present or 0) * row.minutes for row in rows) / 60, 1),
    )
