"""Reports of a programme or an agency, read from counts alone: never from an answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from statistics import fmean

from sqlmodel import col, select

from app.domain import disclosure
from app.domain.asking_line import Askings
from app.domain.cost import Stated
from app.domain.feedback import Feedback
from app.domain.impact import (
    FEWEST_TEACHERS,
    WHOLE,
    AgencyLine,
    Apart,
    Choice,
    Choices,
    Extent,
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
from app.store.report_rows import Part, Places, Seen, Took, View, agencies_of, parts_of, places_of, rows_of
from app.store.tables import AgencyRow, ProgrammeRow, ProgrammeSchoolRow


def report(
    db: Db,
    programme_ids: frozenset[int],
    now: datetime,
    *,
    agency_id: int | None = None,
    filters: Filters | None = None,
    extent: Extent = WHOLE,
) -> Report:
    """What these programmes gave, or what this agency gave in them; outcomes as far as they may leave a school."""
    wanted = filters or Filters()
    agency = db.get(AgencyRow, agency_id) if agency_id else None
    slug = agency.slug if agency else ""
    all_programmes = directory.programmes_by_id(db, programme_ids)
    if wanted.programme_slug:
        programme_ids = frozenset(one.id or 0 for one in all_programmes if one.slug == wanted.programme_slug)
    rows, agencies = rows_of(db, programme_ids), agencies_of(db, programme_ids)
    own = _records_with(agencies, slug)
    ours = rows if own is None else [row for row in rows if row.id in own]
    seen = _fitting(ours, wanted, agencies)
    programmes, targets = _programmes(db, programme_ids)
    kept = {one: outcomes.of_programme(db, one, now) for one in {row.programme_id for row in rows}}
    taught = lessons.by_version(db, {row.version_id for row in ours})
    places = places_of(db, programme_ids)
    view = View(_lessons(seen), _lessons(rows), targets, kept, taught, places)
    times = [row.began_at for row in view.rows]
    return Report(
        programmes=programmes,
        agency=agency.name if agency else "",
        agency_slug=slug,
        filters=wanted,
        choices=_choices(view, _lessons(ours), agencies, all_programmes),
        first_on=min(times, default=None),
        last_on=max(times, default=None),
        reach=reach(view.rows, places, targets),
        topics=impact_topics.topics(db, view),
        classes=impact_topics.classes(view, extent),
        records=_records(db, view, programme_ids, extent.records),
        agencies=_agencies(view, agencies),
        apart=_apart(seen),
        recalls=recalls.of_view(db, view, now),
        first_recheck_on=recalls.first_due(db, view),
        teachers=_teachers({row.run_id for row in view.rows}, feedback.of_programmes(db, programme_ids)),
        outcomes_until=disclosure.given_out_on(disclosure.current_round(now.astimezone(HOME).date()) - 1),
        costs=_costs(db, programme_ids) if not slug and not wanted.any else (),
        extent=extent,
        askings=impact_askings.askings(db, view) if extent.askings else Askings(),
    )


def _lessons(rows: Iterable[Seen]) -> list[Seen]:
    return [row for row in rows if row.kind == "lesson"]


def _records_with(agencies: Iterable[Took], slug: str) -> frozenset[int] | None:
    """The records in which this agency took part; None of no agency: all are meant."""
    if not slug:
        return None
    return next((one.records for one in agencies if one.slug == slug), frozenset())


def _fitting(rows: Sequence[Seen], wanted: Filters, agencies: Iterable[Took]) -> Sequence[Seen]:
    records = _records_with(agencies, wanted.agency_slug)
    tests: list[tuple[object, Callable[[Seen], bool]]] = [
        (wanted.term, lambda row: row.term.key == wanted.term),
        (wanted.school_id, lambda row: row.school_id == wanted.school_id),
        (wanted.topic_key, lambda row: row.topic_key == wanted.topic_key),
        (wanted.agency_slug, lambda row: records is not None and row.id in records),
    ]
    for is_wanted, fits in tests:
        rows = [row for row in rows if fits(row)] if is_wanted else rows
    return rows


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


def _choices(
    view: View, rows: Sequence[Seen], agencies: Iterable[Took], programmes: Sequence[ProgrammeRow]
) -> Choices:
    terms = {row.term.key: row for row in rows}  # the oldest of each, for rows begin with the newest
    schools = {row.school_id: view.places.schools[row.school_id].name for row in rows}
    topics = {row.topic_key: row.version_id for row in rows}
    records = {row.id for row in rows}
    return Choices(
        terms=tuple(
            Choice(key, row.term.name) for key, row in sorted(terms.items(), key=lambda one: one[1].began_at)
        ),
        schools=tuple(Choice(str(key), name) for key, name in sorted(schools.items(), key=lambda one: one[1])),
        topics=tuple(
            sorted(
                (Choice(key, view.lessons[version].topic.name) for key, version in topics.items()),
                key=lambda one: one.name,
            )
        ),
        agencies=tuple(Choice(one.slug, one.name) for one in agencies if not one.records.isdisjoint(records)),
        programmes=tuple(Choice(one.slug, one.name) for one in programmes) if len(programmes) > 1 else (),
    )


def reach(rows: Sequence[Seen], places: Places, target_schools: frozenset[tuple[int, int]] = frozenset()) -> Reach:
    """Exact: pupils once for each class group, attendances for each record (counting rules)."""
    matched: dict[int, int] = {}
    for row in rows:
        if row.matched >= matched.get(row.class_group_id, 0):
            matched[row.class_group_id] = row.matched
    schools = {(row.programme_id, row.school_id) for row in rows}
    present = [row.present or 0 for row in rows]
    minutes = [row.minutes for row in rows]
    return Reach(
        schools=len({school for _, school in schools}),
        target_schools=len({school for _, school in schools & target_schools}),
        classes=len(matched),
        pupils=_pupils(rows),
        attendances=sum(present),
        runs=len({row.run_id for row in rows}),
        records=len(rows),
        ended_early=sum([row.ended_early for row in rows]),
        head_counts_missing=sum([row.present is None for row in rows]),
        minutes=round(sum(minutes), 1),
        pupil_hours=_pupil_hours(present, minutes),
        on_roll=sum(places.class_groups[group].on_roll or 0 for group in matched),
        matched=sum(matched.values()),
        modes=_modes(rows),
    )


def _pupils(rows: Iterable[Seen]) -> int:
    """The largest head-count of each class group."""
    most: dict[int, int] = {}
    for row in rows:
        if row.present and row.present > most.get(row.class_group_id, 0):
            most[row.class_group_id] = row.present
    return sum(most.values())


def _pupil_hours(present: Iterable[int], minutes: Iterable[float]) -> float:
    return round(sum([pupils * length for pupils, length in zip(present, minutes, strict=True)]) / 60, 1)


def _modes(rows: Iterable[Seen]) -> tuple[ModeReach, ...]:
    by_mode: dict[str, list[Seen]] = defaultdict(list)
    for row in rows:
        by_mode[row.mode].append(row)
    return tuple(
        ModeReach(
            mode=mode,
            lessons=len(those),
            attendances=sum([row.present or 0 for row in those]),
            answers=sum([row.answered for row in those]),
            asked=sum([row.served * row.devices for row in those]),
        )
        for mode, those in sorted(by_mode.items())
    )


def _records(db: Db, view: View, programme_ids: frozenset[int], most: int | None) -> tuple[RecordLine, ...]:
    rows = view.rows[:most]
    names = {row.id: row.name for row in directory.programmes_by_id(db, frozenset(r.programme_id for r in rows))}
    numbers = lessons.version_numbers(db, {row.version_id for row in rows})
    parts = parts_of(db, programme_ids, [row.id for row in rows])
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
                school=view.places.schools[row.school_id].name,
                class_group_id=row.class_group_id,
                class_label=view.places.class_groups[row.class_group_id].label,
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


def _agencies(view: View, agencies: Iterable[Took]) -> tuple[AgencyLine, ...]:
    took = ((one, [row for row in view.rows if row.id in one.records]) for one in agencies)
    return tuple(_agency_line(view, one, rows) for one, rows in took if rows)


def _agency_line(view: View, agency: Took, rows: Sequence[Seen]) -> AgencyLine:
    versions = {row.topic_key: row.version_id for row in rows}
    records = {row.id for row in rows}
    present = [row.present or 0 for row in rows]
    minutes = [row.minutes for row in rows]
    return AgencyLine(
        slug=agency.slug,
        name=agency.name,
        roles=names_of(
            role for role in ("leads", "presents", "supports") if not records.isdisjoint(agency.in_role.get(role, ()))
        ),
        topics=tuple(sorted(view.lessons[version].topic.name for version in versions.values())),
        schools=len({row.school_id for row in rows}),
        classes=len({row.class_group_id for row in rows}),
        pupils=_pupils(rows),
        attendances=sum(present),
        minutes=round(sum(minutes), 1),
        pupil_hours=_pupil_hours(present, minutes),
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
