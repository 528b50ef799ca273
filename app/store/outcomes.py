"""What classes knew, thought and promised, per class, topic and round: sums that hold no pupil.

Read once for all pages of a programme and kept until a record comes or goes: what a lesson left never changes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import case
from sqlmodel import col, func
from sqlmodel import select as typed_select

from app.domain import disclosure
from app.domain.disclosure import Cell, CellKey, Decision
from app.domain.gain import Scores
from app.domain.impact import TopicReport
from app.domain.lesson import CONFIDENCE, Asking, Lesson, Pledge
from app.domain.questions.question import plain
from app.store import lessons
from app.store.database import Db
from app.store.tables import (
    AnchorPairRow,
    AskingChoiceRow,
    AskingResultRow,
    ParticipationRecordRow,
    ScorePairRow,
)

HOME = ZoneInfo("Europe/London")
Family = Literal["knowledge", "confidence", "pledge", "hands"]
"""Figures with pupils of their own behind them; groups are made for each family."""
FAMILIES: tuple[Family, ...] = ("knowledge", "confidence", "pledge", "hands")
BOTH_TIMES = tuple((question.key, f"before.{question.key}", f"quiz.{question.key}") for question in CONFIDENCE)
SURE = tuple(option.key for option in CONFIDENCE[0].options[-2:])
PLEDGE = "pledge"
select: Any = typed_select
"""Untyped here: it is asked for more columns than its types foresee."""
Question = tuple[str, str]
"""Key of the lesson and of its question: stays the same from version to version."""


class Split(NamedTuple):
    """So many of so many, before and after."""

    before: int = 0
    before_of: int = 0
    after: int = 0
    after_of: int = 0

    def plus(self, other: "Split") -> "Split":
        return Split(
            self.before + other.before,
            self.before_of + other.before_of,
            self.after + other.after,
            self.after_of + other.after_of,
        )


@dataclass
class Results:
    """Sums of one class in one topic and round."""

    run_n: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Matched pupils of each run: the same pupils where a run has two lessons of a topic."""
    scores: Scores = field(default_factory=Scores)
    items: dict[Question, Split] = field(default_factory=dict)
    telling: set[Question] = field(default_factory=set)
    confidence: dict[Question, Split] = field(default_factory=dict)
    pledges: dict[tuple[str, str], int] = field(default_factory=dict)
    pledged: dict[str, int] = field(default_factory=dict)
    hands: dict[Question, Split] = field(default_factory=dict)
    spread: tuple[int, int] = (0, 0)

    @property
    def people(self) -> int:
        """Matched pupils, each once."""
        return max(self.run_n.values(), default=0)

    def _whole(self) -> dict[str, tuple[int, int]]:
        """Right answers to all key questions, and how far pupils' changes differ, which the interval tells."""
        if not self.scores.n:
            return {}
        of = self.scores.answers
        return {"before": (self.scores.before, of), "after": (self.scores.after, of), "spread": self.spread}

    def cell(self, key: CellKey, family: Family) -> Cell:
        match family:
            case "knowledge":
                return Cell(key, self.people, self._whole(), _sums(self.items), bool(self.telling))
            case "confidence":
                return Cell(key, _fewest(self.confidence), _sums(self.confidence))
            case "hands":
                return Cell(key, _fewest(self.hands), _sums(self.hands))
            case "pledge":
                sums = {f"{lesson}:{text}": (n, self.pledged[lesson]) for (lesson, text), n in self.pledges.items()}
                return Cell(key, min(filter(None, self.pledged.values()), default=0), sums)


@dataclass(frozen=True)
class Outcomes:
    """All results of a programme's lessons, and what was decided of them."""

    results: Mapping[str, Mapping[CellKey, Results]]
    """Topic -> class and round -> sums."""
    decisions: Mapping[tuple[str, Family], Decision]
    topics: dict[tuple[str, frozenset[int]], TopicReport] = field(default_factory=dict)
    """Topic and records -> what is said of them, as far as somebody has asked."""
    recalls: list[Any] = field(default_factory=list)
    """What rechecks counted, once somebody has asked: see `recalls.py`."""

    def decision(self, topic: str, family: Family) -> Decision:
        return self.decisions.get((topic, family), disclosure.NOTHING)


def cell_key(class_group_id: int, began_at: datetime) -> CellKey:
    return CellKey(class_group_id, disclosure.round_of(began_at.astimezone(HOME).date()))


def of_programme(db: Db, programme_id: int, now: datetime) -> Outcomes:
    """As they stand today: each round's results are decided once, when it is over."""
    current = disclosure.current_round(now.astimezone(HOME).date())
    state = (current, *_state(db, programme_id))
    kept: dict[int, tuple[tuple[Any, ...], Outcomes]] = db.info["outcomes"]
    if programme_id not in kept or kept[programme_id][0] != state:
        kept[programme_id] = (state, _read(db, programme_id, current))
    return kept[programme_id][1]


def _state(db: Db, programme_id: int) -> tuple[Any, ...]:
    """Changes with every record that is written or taken away; nothing else changes a result.

    An end that is taken back may leave the same state behind, but not in a round that is over.
    """
    record: Any = ParticipationRecordRow
    counted = (func.count(), func.max(record.id), func.sum(record.id), func.sum(record.answers_counted))
    return tuple(db.exec(select(*counted).where(record.programme_id == programme_id)).one())


def _read(db: Db, programme_id: int, current: int) -> Outcomes:
    results: dict[str, dict[CellKey, Results]] = defaultdict(lambda: defaultdict(Results))
    places: dict[tuple[int, int], tuple[Results, int]] = {}
    record: Any = ParticipationRecordRow
    for run_id, module, topic, group_id, began_at, version_id in db.exec(
        select(
            record.run_id,
            record.module_position,
            record.topic_key,
            record.class_group_id,
            record.began_at,
            record.version_id,
        ).where(*_lessons_of(programme_id))
    ).all():
        places[run_id, module] = (results[topic][cell_key(group_id, began_at)], version_id)
    versions = {version_id: lessons.version(db, version_id) for _, version_id in places.values()}
    found = {place: (one, versions[version_id]) for place, (one, version_id) in places.items()}
    _add_anchors(db, programme_id, found)
    _add_confidence(db, programme_id, found)
    _add_pledges(db, programme_id, found)
    _add_hands(db, programme_id, found)
    decisions = {
        (topic, family): disclosure.decide([one.cell(key, family) for key, one in cells.items()], current)
        for topic, cells in results.items()
        for family in FAMILIES
    }
    return Outcomes({topic: dict(cells) for topic, cells in results.items()}, decisions)


def _lessons_of(programme_id: int) -> tuple[Any, ...]:
    return (ParticipationRecordRow.programme_id == programme_id, ParticipationRecordRow.kind == "lesson")


def _of_record(row: Any) -> Any:
    """What joins a row of counts to its record."""
    record: Any = ParticipationRecordRow
    return (col(row.run_id) == record.run_id) & (col(row.module_position) == record.module_position)


Places = Mapping[tuple[int, int], tuple[Results, Lesson]]


def _add_anchors(db: Db, programme_id: int, places: Places) -> None:
    served: dict[tuple[int, int], int] = defaultdict(int)
    row: Any = AnchorPairRow
    counted = (func.sum(row.both), func.sum(row.before_only), func.sum(row.after_only), func.sum(row.neither))
    for run_id, module, key, both, before_only, after_only, neither in db.exec(
        select(row.run_id, row.module_position, row.question_key, *counted)
        .join(ParticipationRecordRow, _of_record(row))
        .where(*_lessons_of(programme_id))
        .group_by(row.run_id, row.module_position, row.question_key)
    ).all():
        results, lesson = places[run_id, module]
        n = both + before_only + after_only + neither
        served[run_id, module] += 1
        split = Split(both + before_only, n, both + after_only, n)
        _add(results.items, (lesson.key, key), split)
        if n and is_sensitive(lesson, key) and {split.before, split.after} & {0, n}:
            results.telling.add((lesson.key, key))
    _add_scores(db, programme_id, places, served)


def _add_scores(db: Db, programme_id: int, places: Places, served: Mapping[tuple[int, int], int]) -> None:
    row: Any = ScorePairRow
    change = col(row.after_right) - col(row.before_right)
    sums = (func.sum(row.n), func.sum(row.n * col(row.before_right)), func.sum(row.n * col(row.after_right)))
    for run_id, module, n, before, after, squared in db.exec(
        select(row.run_id, row.module_position, *sums, func.sum(row.n * change * change))
        .join(ParticipationRecordRow, _of_record(row))
        .where(*_lessons_of(programme_id))
        .group_by(row.run_id, row.module_position)
    ).all():
        anchors = served.get((run_id, module), 0)
        if not n or not anchors:
            continue
        results, _ = places[run_id, module]
        results.run_n[run_id] = max(results.run_n[run_id], n)
        results.scores += Scores(
            n=n,
            answers=n * anchors,
            before=before,
            after=after,
            change=(after - before) / anchors,
            change_squared=squared / anchors**2,
        )
        seen, most = results.spread
        results.spread = (seen + squared, most + n * anchors**2)


def _add_confidence(db: Db, programme_id: int, places: Places) -> None:
    steps = {
        step: (key, when) for key, *both in BOTH_TIMES for when, step in zip(("before", "after"), both, strict=True)
    }
    said: dict[tuple[int, int, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    sure = func.sum(case((col(AskingChoiceRow.choice).in_(SURE), AskingChoiceRow.n), else_=0))
    for run_id, module, step, n, of in _asked(db, programme_id, sure, func.sum(AskingChoiceRow.n), steps=steps):
        key, when = steps[step]
        said[run_id, module, key][when] = (n, of)
    for (run_id, module, key), times in said.items():
        if len(times) == 2:  # never one class before beside another after
            results, lesson = places[run_id, module]
            _add(results.confidence, (lesson.key, key), Split(*times["before"], *times["after"]))


def _add_pledges(db: Db, programme_id: int, places: Places) -> None:
    chosen: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for run_id, module, _, choice, n in _asked(
        db, programme_id, AskingChoiceRow.choice, func.sum(AskingChoiceRow.n), steps=(PLEDGE,)
    ):
        chosen[run_id, module][choice] = n
    for place, counts in chosen.items():
        results, lesson = places[place]
        step = next((one for one in lesson.askings if isinstance(one, Pledge)), None)
        if step is None:
            continue
        results.pledged[lesson.key] = results.pledged.get(lesson.key, 0) + sum(counts.values())
        for option in step.question.options:
            promise = (lesson.key, option.text)
            results.pledges[promise] = results.pledges.get(promise, 0) + counts.get(option.key, 0)


def _add_hands(db: Db, programme_id: int, places: Places) -> None:
    """Key questions answered by hands, before and after: class totals only."""
    said: dict[tuple[int, int, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    row: Any = AskingResultRow
    for run_id, module, step, right, answered in db.exec(
        select(row.run_id, row.module_position, row.step_key, row.right, row.answered)
        .join(ParticipationRecordRow, _of_record(row))
        .where(*_lessons_of(programme_id), row.mode == "hands", row.round == 1, col(row.right).is_not(None))
    ).all():
        _, lesson = places[run_id, module]
        asking = next((one for one in lesson.askings if one.key == step), None)
        if isinstance(asking, Asking) and asking.is_anchor:
            when = "before" if asking.purpose == "before" else "after"
            said[run_id, module, asking.question.key][when] = (right or 0, answered)
    for (run_id, module, key), times in said.items():
        if len(times) == 2:
            results, lesson = places[run_id, module]
            _add(results.hands, (lesson.key, key), Split(*times["before"], *times["after"]))


def _asked(db: Db, programme_id: int, *what: Any, steps: Iterable[str]) -> list[Any]:
    """Counts of round 1 without hands, by run, module and step; and by choice where that is asked for."""
    row: Any = AskingResultRow
    grouped = [
        row.run_id,
        row.module_position,
        row.step_key,
        *([what[0]] if what[0] is AskingChoiceRow.choice else []),
    ]
    query = (
        select(row.run_id, row.module_position, row.step_key, *what)
        .join(AskingChoiceRow, col(AskingChoiceRow.asking_result_id) == row.id)
        .join(ParticipationRecordRow, _of_record(row))
        .where(*_lessons_of(programme_id), row.round == 1, col(row.step_key).in_(list(steps)))
        .where(row.mode != "hands")
        .group_by(*grouped)
    )
    return list(db.exec(query).all())


def _add(there: dict[Question, Split], key: Question, split: Split) -> None:
    there[key] = there[key].plus(split) if key in there else split


def _sums(splits: Mapping[Question, Split]) -> dict[str, tuple[int, int]]:
    found = {}
    for (lesson, key), split in splits.items():
        found[f"{lesson}:{key}:before"] = (split.before, split.before_of)
        found[f"{lesson}:{key}:after"] = (split.after, split.after_of)
    return found


def _fewest(splits: Mapping[Question, Split]) -> int:
    """The smallest number of pupils behind any of these."""
    return min((n for split in splits.values() for n in (split.before_of, split.after_of) if n), default=0)


def is_sensitive(lesson: Lesson, question_key: str) -> bool:
    return any(
        step.sensitivity for step in lesson.askings if isinstance(step, Asking) and step.question.key == question_key
    )


# The wrong idea that most pupils had

Chosen = Mapping[tuple[int, str], Mapping[str, int]]
"""Version and step -> choice -> how many."""
IDS_AT_A_TIME = 5000


def chosen(db: Db, records: Sequence[int]) -> Chosen:
    """What pupils chose in these records, round 1."""
    counted: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    row: Any = AskingResultRow
    record: Any = ParticipationRecordRow
    option: Any = AskingChoiceRow
    for start in range(0, len(records), IDS_AT_A_TIME):
        which = record.id.in_(records[start : start + IDS_AT_A_TIME])
        for version_id, step, choice, n in db.exec(
            select(record.version_id, row.step_key, option.choice, func.sum(option.n))
            .select_from(record)
            .join(row, _of_record(row))
            .join(option, option.asking_result_id == row.id)
            .where(which, row.round == 1, row.mode != "hands", row.right.is_not(None))
            .group_by(record.version_id, row.step_key, option.choice)
        ).all():
            counted[version_id, step][plain(choice)] += n
    return counted
