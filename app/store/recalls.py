"""What rechecks counted, beside the lessons that they check: read once for a programme, as outcomes are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import col

from app.domain import disclosure, recall
from app.domain.disclosure import CellKey
from app.domain.impact import Recall
from app.domain.lesson import Lesson
from app.domain.recall import Again, Part
from app.domain.recheck import KIND, asked_again
from app.domain.school_days import recheck_day
from app.store import directory, lessons, timetable
from app.store.database import Db
from app.store.impact_topics import seen_of
from app.store.outcomes import HOME, Outcomes, Question, cell_key, is_sensitive, select
from app.store.report_rows import Seen, View
from app.store.tables import AskingResultRow, ParticipationRecordRow

Run = tuple[datetime, Lesson, Mapping[Question, tuple[int, int]]]
"""A recheck: when, of which lesson, and each key question with how many were right, of how many."""


def of_view(db: Db, view: View, now: datetime) -> tuple[Recall, ...]:
    """In the order in which topics were first taught: those of which a class was asked again."""
    programmes = sorted({row.programme_id for row in view.rows})
    known = {one: _of_programme(db, one, view.kept[one], now) for one in programmes}
    if not any(known.values()):
        return ()
    topics: dict[str, list[Seen]] = defaultdict(list)
    for row in sorted(view.rows, key=lambda row: (row.began_at, row.module, row.id)):
        topics[row.topic_key].append(row)
    found = []
    for topic, rows in topics.items():
        parts = [
            replace(known[one][topic], cells=seen_of(view, one, topic).cells)
            for one in programmes
            if topic in known[one]
        ]
        name, classes = view.lessons[rows[-1].version_id].topic.name, len({row.class_group_id for row in rows})
        if made := recall.of_topic(topic, name, classes, parts):
            found.append(made)
    return tuple(found)


def first_due(db: Db, view: View) -> date | None:
    """When the first class in view can be asked again: six weeks after its lesson, on a school day."""
    first: dict[int, datetime] = {}
    for row in view.rows:
        first[row.programme_id] = min(first.get(row.programme_id, row.began_at), row.began_at)
    days = (
        recheck_day(first[one.id or 0].astimezone(HOME).date(), timetable.season(one).holidays)
        for one in directory.programmes_by_id(db, frozenset(first))
    )
    return min(days, default=None)


def _of_programme(db: Db, programme_id: int, kept: Outcomes, now: datetime) -> Mapping[str, Part]:
    """By topic; kept as long as the outcomes are, which change with every record."""
    if not kept.recalls:
        kept.recalls.append(_read(db, programme_id, kept, disclosure.current_round(now.astimezone(HOME).date())))
    found: dict[str, Part] = kept.recalls[0]
    return found


def _read(db: Db, programme_id: int, kept: Outcomes, current: int) -> dict[str, Part]:
    taught = _times(db, programme_id)
    found: dict[str, dict[CellKey, Again]] = defaultdict(dict)
    for (topic, group_id), runs in _asked(db, programme_id).items():
        found[topic].update(_recalled(kept, topic, group_id, taught.get((topic, group_id), ()), runs))
    return {
        topic: Part(
            decided=recall.decide(kept.decision(topic, "knowledge"), rechecks, current),
            rechecks=rechecks,
            scores={cell: kept.results[topic][cell].scores for cell in rechecks},
        )
        for topic, rechecks in found.items()
    }


def _times(db: Db, programme_id: int) -> dict[tuple[str, int], list[datetime]]:
    """Topic and class -> when it had lessons of it, the oldest first."""
    record: Any = ParticipationRecordRow
    found: dict[tuple[str, int], list[datetime]] = defaultdict(list)
    for topic, group_id, began_at in db.exec(
        select(record.topic_key, record.class_group_id, record.began_at)
        .where(record.programme_id == programme_id, record.kind == "lesson")
        .order_by(record.began_at)
    ).all():
        found[topic, group_id].append(began_at)
    return found


def _asked(db: Db, programme_id: int) -> dict[tuple[str, int], list[Run]]:
    """Topic and class -> its rechecks, the oldest first. Hands up stands apart, as elsewhere."""
    record: Any = ParticipationRecordRow
    row: Any = AskingResultRow
    counted: dict[tuple[int, int], dict[str, tuple[int, int]]] = defaultdict(dict)
    places: dict[tuple[int, int], tuple[str, int, datetime, int]] = {}
    for run, module, topic, group_id, began_at, version, step, right, answered in db.exec(
        select(
            record.run_id,
            record.module_position,
            record.topic_key,
            record.class_group_id,
            record.began_at,
            record.version_id,
            row.step_key,
            row.right,
            row.answered,
        )
        .join(row, (row.run_id == record.run_id) & (row.module_position == record.module_position))
        .where(record.programme_id == programme_id, record.kind == KIND)
        .where(row.round == 1, row.mode != "hands", col(row.right).is_not(None))
        .order_by(record.began_at, record.id)
    ).all():
        places[run, module] = (topic, group_id, began_at, version)
        seen, of = counted[run, module].get(step, (0, 0))
        counted[run, module][step] = (seen + right, of + answered)
    found: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for place, (topic, group_id, began_at, version) in places.items():
        lesson = lessons.version(db, version)
        steps = counted[place]
        asked = {
            (lesson.key, key): steps[step] for key, step in asked_again(lesson).items() if steps.get(step, (0, 0))[1]
        }
        found[topic, group_id].append((began_at, lesson, asked))
    return found


def _recalled(
    kept: Outcomes, topic: str, group_id: int, taught: Sequence[datetime], runs: Sequence[Run]
) -> Iterator[tuple[CellKey, Again]]:
    """Each lesson with its recheck, once all key questions of its figures were asked again; the first time counts."""
    asked: dict[CellKey, dict[Question, tuple[int, int]]] = defaultdict(dict)
    told: dict[CellKey, bool] = defaultdict(bool)
    done: set[CellKey] = set()
    for began_at, lesson, counted in runs:
        before = [at for at in taught if at < began_at]
        cell = cell_key(group_id, before[-1]) if before else None
        if cell is None or cell in done or cell not in kept.results.get(topic, {}):
            continue
        for question, (right, of) in counted.items():
            if question not in asked[cell]:
                asked[cell][question] = (right, of)
                told[cell] |= right in (0, of) and is_sensitive(lesson, question[1])
        needed = kept.results[topic][cell].items.keys()
        if not needed or not needed <= asked[cell].keys():
            continue
        done.add(cell)
        each = [asked[cell][question] for question in needed]
        yield (
            cell,
            Again(
                round=cell_key(group_id, began_at).round,
                n=min(of for _, of in each),
                right=sum(right for right, _ in each),
                answers=sum(of for _, of in each),
                weeks=(began_at.astimezone(HOME).date() - before[-1].astimezone(HOME).date()).days // 7,
                is_telling=told[cell],
            ),
        )
