"""Reports of a programme or an agency, read from counts alone: never from an answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from statistics import fmean

from sqlmodel import col, select

from app.domain import disclosure
from app.domain.asking_line import Askings
from app.domain.cost import Stated
from app.domain.feedback import Feedback
from app.domain.impact import (
    FEWEST_TEACHERS,
    AgencyLine,
    Apart,
    Choice,
    Choices,
    Filters,
    ModeReach,
    Programme,
    Reach,
    RecordLine,
    Report,
    Teachers,
    names_of,
)
from app.store import costs, directory, feedback, impact_askings, impact_topics, lessons, outcomes, recalls
from app.store.database import Db
from app.store.outcomes import HOME
from app.store.report_rows import Part, Parts, Seen, View, parts_of, rows_of
from app.store.tables import AgencyRow, ProgrammeRow, ProgrammeSchoolRow


def report(
    db: Db,
    programme_ids: frozenset[int],
    now: datetime,
    *,
    agency_id: int | None = None,
    filters: Filters | None = None,
    most: int | None = None,
    with_askings: bool = False,
) -> Report:
    """What these programmes gave, or what this agency gave in them; outcomes as far as they may leave a school.

    `most`: so many classes and records at most, for a page; totals are of all. `with_askings`: for a file.
    """
    wanted = filters or Filters()
    agency = db.get(AgencyRow, agency_id) if agency_id else None
    slug = agency.slug if agency else ""
    all_programmes = directory.programmes_by_id(db, programme_ids)
    if wanted.programme_slug:
        programme_ids = frozenset(one.id or 0 for one in all_programmes if one.slug == wanted.programme_slug)
    rows, parts = rows_of(db, programme_ids), parts_of(db, programme_ids)
    all_lessons = [row for row in rows if row.kind == "lesson"]
    ours = [row for row in rows if not slug or any(part.slug == slug for part in parts.get(row.id, ()))]
    seen = [row for row in ours if _fits(row, wanted, parts)]
    programmes, targets = _programmes(db, programme_ids)
    kept = {one: outcomes.of_programme(db, one, now) for one in {row.programme_id for row in rows}}
    taught = {version: lessons.version(db, version) for version in {row.version_id for row in ours}}
    view = View([row for row in seen if row.kind == "lesson"], all_lessons, targets, kept, taught)
    times = [row.began_at for row in view.rows]
    return Report(
        programmes=programmes,
        agency=agency.name if agency else "",
        agency_slug=slug,
        filters=wanted,
        choices=_choices(view, [row for row in ours if row.kind == "lesson"], parts, all_programmes),
        first_on=min(times, default=None),
        last_on=max(times, default=None),
        reach=reach(view.rows, targets),
        topics=impact_topics.topics(db, view),
        classes=impact_topics.classes(view, most),
        records=_records(db, view, parts, programmes, most),
        agencies=_agencies(view, parts),
        apart=_apart(seen),
        recalls=recalls.of_view(db, view, now),
        first_recheck_on=recalls.first_due(db, view),
        teachers=_teachers({row.run_id for row in view.rows}, feedback.of_programmes(db, programme_ids)),
        outcomes_until=disclosure.given_out_on(disclosure.current_round(now.astimezone(HOME).date()) - 1),
        costs=_costs(db, programme_ids) if not slug and not wanted.any else (),
        askings=impact_askings.askings(db, view) if with_askings else Askings(),
    )


def _fits(row: Seen, wanted: Filters, parts: Parts) -> bool:
    return (
        (not wanted.term or row.term.key == wanted.term)
        and (not wanted.school_id or row.school_id == wanted.school_id)
        and (not wanted.topic_key or row.topic_key == wanted.topic_key)
        and (not wanted.agency_slug or any(part.slug == wanted.agency_slug for part in parts.get(row.id, ())))
    )


def _costs(db: Db, programme_ids: frozenset[int]) -> tuple[Stated, ...]:
    return costs.of_programme(db, *programme_ids) if len(programme_ids) == 1 else ()


def _programmes(db: Db, programme_ids: frozenset[int]) -> tuple[tuple[Programme, ...], frozenset[tuple[int, int]]]:
    """The programmes, and which schools each of them wants to reach."""
    schools: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for programme_id, school_id, is_target in db.exec(
        select(ProgrammeSchoolRow.programme_id, ProgrammeSchoolRow.school_id, ProgrammeSchoolRow.is_target).where(
            col(ProgrammeSchoolRow.programme_id).in_(programme_ids)
        )
    ).all():
        schools[programme_id].append((school_id, is_target))
    faces = tuple(_face(row, schools[row.id or 0]) for row in directory.programmes_by_id(db, programme_ids))
    wanted = frozenset(
        (programme, school) for programme, all_ in schools.items() for school, is_target in all_ if is_target
    )
    return faces, wanted


def _face(row: ProgrammeRow, schools: Sequence[tuple[int, bool]]) -> Programme:
    return Programme(
        slug=row.slug,
        name=row.name,
        area=row.area,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        funder=row.funder,
        funding_stream=row.funding_stream,
        target_classes=row.target_classes,
        target_pupils=row.target_pupils,
        schools=len(schools),
        target_schools=sum(is_target for _, is_target in schools),
    )


def _choices(view: View, rows: Iterable[Seen], parts: Parts, programmes: Sequence[ProgrammeRow]) -> Choices:
    terms: dict[str, tuple[datetime, str]] = {}
    schools: dict[int, str] = {}
    topics: dict[str, int] = {}
    agencies: dict[str, str] = {}
    for row in rows:
        terms[row.term.key] = (row.began_at, row.term.name)
        schools[row.school_id] = row.school
        topics[row.topic_key] = row.version_id
        for part in parts.get(row.id, ()):
            agencies[part.slug] = part.name
    return Choices(
        terms=tuple(Choice(key, name) for key, (_, name) in sorted(terms.items(), key=lambda one: one[1])),
        schools=tuple(Choice(str(key), name) for key, name in sorted(schools.items(), key=lambda one: one[1])),
        topics=tuple(
            sorted(
                (Choice(key, view.lessons[version].topic.name) for key, version in topics.items()),
                key=lambda one: one.name,
            )
        ),
        agencies=tuple(Choice(key, name) for key, name in sorted(agencies.items(), key=lambda one: one[1])),
        programmes=tuple(Choice(one.slug, one.name) for one in programmes) if len(programmes) > 1 else (),
    )


def reach(rows: Sequence[Seen], target_schools: frozenset[tuple[int, int]] = frozenset()) -> Reach:
    """Exact: pupils once for each class group, attendances for each record (counting rules)."""
    pupils: dict[int, int] = defaultdict(int)
    matched: dict[int, int] = defaultdict(int)
    for row in rows:
        pupils[row.class_group_id] = max(pupils[row.class_group_id], row.present or 0)
        matched[row.class_group_id] = max(matched[row.class_group_id], row.matched)
    return Reach(
        schools=len({row.school_id for row in rows}),
        target_schools=len({row.school_id for row in rows if (row.programme_id, row.school_id) in target_schools}),
        classes=len(pupils),
        pupils=sum(pupils.values()),
        attendances=sum(row.present or 0 for row in rows),
        runs=len({row.run_id for row in rows}),
        records=len(rows),
        ended_early=sum(row.ended_early for row in rows),
        head_counts_missing=sum(row.present is None for row in rows),
        minutes=round(sum(row.minutes for row in rows), 1),
        pupil_hours=round(sum((row.present or 0) * row.minutes for row in rows) / 60, 1),
        on_roll=sum({row.class_group_id: row.on_roll or 0 for row in rows}.values()),
        matched=sum(matched.values()),
        modes=_modes(rows),
    )


def _modes(rows: Iterable[Seen]) -> tuple[ModeReach, ...]:
    by_mode: dict[str, list[Seen]] = defaultdict(list)
    for row in rows:
        by_mode[row.mode].append(row)
    return tuple(
        ModeReach(
            mode=mode,
            lessons=len(those),
            attendances=sum(row.present or 0 for row in those),
            answers=sum(row.answered for row in those),
            asked=sum(row.served * row.devices for row in those),
        )
        for mode, those in sorted(by_mode.items())
    )


def _records(
    db: Db, view: View, parts: Parts, programmes: Sequence[Programme], most: int | None
) -> tuple[RecordLine, ...]:
    rows = view.rows[:most]
    names = {row.id: row.name for row in directory.programmes_by_id(db, frozenset(r.programme_id for r in rows))}
    numbers = {version: lessons.version_number(db, version) for version in {row.version_id for row in rows}}
    found = []
    for row in rows:
        lesson = view.lessons[row.version_id]
        decided = view.kept[row.programme_id].decision(row.topic_key, "knowledge")
        found.append(
            RecordLine(
                record_id=row.id,
                run_id=row.run_id,
                programme=names[row.programme_id],
                taught_at=row.began_at,
                school_id=row.school_id,
                school=row.school,
                class_group_id=row.class_group_id,
                class_label=row.label,
                topic_key=row.topic_key,
                topic_name=lesson.topic.name,
                lesson=lesson.title,
                version=numbers[row.version_id],
                agencies=_roles(parts.get(row.id, ())),
                mode=row.mode,
                present=row.present,
                minutes=row.minutes,
                devices=row.devices,
                served=row.served,
                answered=row.answered,
                matched=row.matched,
                ended_early=row.ended_early,
                mark=decided.marks.get(row.cell, "none"),
            )
        )
    return tuple(found)


def _roles(parts: Sequence[Part]) -> tuple[tuple[str, str], ...]:
    roles: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        roles[part.name].append(part.role)
    return tuple((name, names_of(each)) for name, each in sorted(roles.items()))


def _agencies(view: View, parts: Parts) -> tuple[AgencyLine, ...]:
    took: dict[tuple[str, str], tuple[list[Seen], set[str]]] = defaultdict(lambda: ([], set()))
    for row in view.rows:
        for part in parts.get(row.id, ()):
            rows, roles = took[part.slug, part.name]
            roles.add(part.role)
            if not rows or rows[-1] is not row:
                rows.append(row)
    return tuple(
        _agency_line(view, slug, name, rows, roles)
        for (slug, name), (rows, roles) in sorted(took.items(), key=lambda one: one[0][1])
    )


def _agency_line(view: View, slug: str, name: str, rows: Sequence[Seen], roles: set[str]) -> AgencyLine:
    reached = reach(rows)
    versions = {row.topic_key: row.version_id for row in rows}
    return AgencyLine(
        slug=slug,
        name=name,
        roles=names_of(role for role in ("leads", "presents", "supports") if role in roles),
        topics=tuple(sorted(view.lessons[version].topic.name for version in versions.values())),
        schools=reached.schools,
        classes=reached.classes,
        pupils=reached.pupils,
        attendances=reached.attendances,
        minutes=reached.minutes,
        pupil_hours=reached.pupil_hours,
    )


def _teachers(runs: Set[int], said: Mapping[int, Feedback]) -> Teachers:
    found = [one for run, one in said.items() if run in runs]
    quotes = tuple(one.line for one in found if one.line and one.may_be_quoted)
    if len(found) < FEWEST_TEACHERS:
        return Teachers(runs=len(runs), said=len(found), quotes=quotes)
    return Teachers(
        runs=len(runs),
        said=len(found),
        useful=_average(one.useful for one in found),
        age_right=_average(one.age_right for one in found),
        would_rebook=_average(one.would_rebook for one in found),
        quotes=quotes,
    )


def _average(marks: Iterable[int]) -> float:
    return round(fmean(marks), 1)


def _apart(rows: Iterable[Seen]) -> tuple[Apart, ...]:
    by_kind: dict[str, list[Seen]] = defaultdict(list)
    for row in rows:
        if row.kind != "lesson":
            by_kind[row.kind].append(row)
    return tuple(
        Apart(
            kind=kind,
            runs=len({row.run_id for row in those}),
            classes=len({row.class_group_id for row in those}),
            attendances=sum(row.present or 0 for row in those),
        )
        for kind, those in sorted(by_kind.items())
    )
