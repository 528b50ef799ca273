"""Every asking of the runs in a report, for its files: counts by choice, as far as they may leave the school."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlmodel import col
from sqlmodel import select as typed_select

from app.domain.asking_line import (
    CHOICES,
    NO_CHOICES,
    NOT_MATCHED,
    WHEN,
    AskingLine,
    Askings,
    ChoicesLine,
    why_hidden,
)
from app.domain.disclosure import ALONE, CellKey
from app.domain.lesson import Asking, Lesson, Pledge
from app.domain.questions.one_tile import OneTile
from app.domain.questions.question import NOT_SURE, plain
from app.store import lessons
from app.store.database import Db
from app.store.outcomes import Family, Split
from app.store.report_rows import Seen, View
from app.store.tables import AskingChoiceRow, AskingResultRow, ParticipationRecordRow

MOST_CELLS = 570_000
"""So many are written into a spreadsheet in five seconds. It has all askings of a thousand lessons; those of more are
taken a term or a topic at a time."""
CELLS_OF_A_RECORD = 97
"""What a record fills of the other sheets, measured: its own line, its class's, and those of its key questions."""
CELLS_OF_AN_ASKING = 21
FEWEST_LINES = 2_000
RECORDS_AT_A_TIME = 200
select: Any = typed_select


class Place(NamedTuple):
    """One asking of one record."""

    record_id: int
    step_key: str
    round: int
    by_hands: bool


@dataclass
class Counted:
    """Devices and cards together; hands apart, for they are never matched."""

    joined: int = 0
    answered: int = 0
    right: int | None = None
    choices: Counter[str] = field(default_factory=Counter)


def askings(db: Db, view: View) -> Askings:
    """The newest askings of a view, as many as the other sheets leave room for."""
    found: list[AskingLine] = []
    room = max(FEWEST_LINES, (MOST_CELLS - CELLS_OF_A_RECORD * len(view.rows)) // CELLS_OF_AN_ASKING)
    records_of = Counter((row.programme_id, row.topic_key, row.cell) for row in view.all_lessons)
    numbers = {version: lessons.version_number(db, version) for version in {row.version_id for row in view.rows}}
    for start in range(0, len(view.rows), RECORDS_AT_A_TIME):
        rows = view.rows[start : start + RECORDS_AT_A_TIME]
        counted = _counted(db, [row.id for row in rows])
        for place, row in enumerate(rows):
            is_alone = records_of[row.programme_id, row.topic_key, row.cell] == 1
            lines = list(_of_record(view, row, counted[row.id], numbers[row.version_id], is_alone=is_alone))
            if len(found) + len(lines) > room:
                return Askings(tuple(found), _choices(view, numbers), len(view.rows) - start - place)
            found += lines
    return Askings(tuple(found), _choices(view, numbers))


def _choices(view: View, numbers: Mapping[int, int]) -> tuple[ChoicesLine, ...]:
    """What each asking offered, by lesson and version."""
    found = []
    for version, number in sorted(numbers.items(), key=lambda one: (view.lessons[one[0]].title, one[1])):
        lesson = view.lessons[version]
        for step in lesson.askings:
            options = step.question.options if isinstance(step.question, OneTile) else ()
            found.append(
                ChoicesLine(
                    lesson=lesson.title,
                    version=number,
                    key=step.key,
                    when=_when(step),
                    text=step.question.text,
                    is_key_question=step.is_anchor,
                    right=next((option.text for option in options if option.is_correct), ""),
                    choices=tuple(option.text for option in options[:CHOICES]),
                )
            )
    return tuple(found)


def _counted(db: Db, record_ids: Sequence[int]) -> Mapping[int, Mapping[Place, Counted]]:
    record, row, option = ParticipationRecordRow, AskingResultRow, AskingChoiceRow
    found: dict[int, dict[Place, Counted]] = defaultdict(dict)
    of_result: dict[int, Counted] = {}
    same: Any = (col(row.run_id) == record.run_id) & (col(row.module_position) == record.module_position)
    for record_id, result_id, step, number, mode, joined, answered, right in db.exec(
        select(record.id, row.id, row.step_key, row.round, row.mode, row.joined, row.answered, row.right)
        .join(row, same)
        .where(col(record.id).in_(record_ids))
    ).all():
        place = Place(record_id, step, number, mode == "hands")
        one = of_result[result_id] = found[record_id].setdefault(place, Counted())
        one.joined += joined
        one.answered += answered
        one.right = one.right if right is None else (one.right or 0) + right
    for result_id, choice, n in db.exec(
        select(option.asking_result_id, option.choice, option.n)
        .join(row, col(row.id) == option.asking_result_id)
        .join(record, same)
        .where(col(record.id).in_(record_ids))
    ).all():
        of_result[result_id].choices[plain(choice)] += n
    return found


def _of_record(
    view: View, row: Seen, counted: Mapping[Place, Counted], version: int, *, is_alone: bool
) -> Iterator[AskingLine]:
    """In the order of the lesson."""
    lesson = view.lessons[row.version_id]
    steps = {step.key: step for step in lesson.askings}
    order = {key: number for number, key in enumerate(steps)}
    known = (place for place in counted if place.step_key in steps)
    for place in sorted(known, key=lambda one: (order[one.step_key], one)):
        step, one = steps[place.step_key], counted[place]
        is_first = place.round == 1 and not place.by_hands
        split = _matched(view, row, lesson, step) if is_alone and is_first else None
        why = _why(view, row, step, place, one, split, is_alone=is_alone)
        options = step.question.options if isinstance(step.question, OneTile) else ()
        is_shown = not why
        yield AskingLine(
            run_id=row.run_id,
            record_id=row.id,
            taught_at=row.began_at,
            school=view.places.schools[row.school_id].name,
            class_label=view.places.class_groups[row.class_group_id].label,
            topic_name=lesson.topic.name,
            lesson=lesson.title,
            version=version,
            when=_when(step),
            key=step.key,
            text=step.question.text,
            round=place.round,
            by_hands=place.by_hands,
            joined=one.joined,
            answered=one.answered,
            matched=split[1] if split else None,
            matched_right=split[0] if split and why in ("", NOT_MATCHED) else None,
            right=one.right if is_shown else None,
            chosen=tuple(one.choices[option.key] if is_shown else None for option in options[:CHOICES]),
            not_sure=one.choices[NOT_SURE] if is_shown and step.question.offers_not_sure and options else None,
            why=why or ("" if options else NO_CHOICES),
        )


def _matched(view: View, row: Seen, lesson: Lesson, step: Asking | Pledge) -> tuple[int, int] | None:
    """How many matched pupils had a key question right, of how many."""
    there = view.kept[row.programme_id].results.get(row.topic_key, {}).get(row.cell)
    split = there.items.get((lesson.key, step.question.key), Split()) if there and step.is_anchor else None
    if split is None:
        return None
    return (split.before, split.before_of) if step.purpose == "before" else (split.after, split.after_of)


def _why(
    view: View,
    row: Seen,
    step: Asking | Pledge,
    place: Place,
    one: Counted,
    split: tuple[int, int] | None,
    *,
    is_alone: bool,
) -> str:
    decided = view.kept[row.programme_id].decision(row.topic_key, _family(step, place))
    mark = decided.marks.get(row.cell, "none")
    if mark in ALONE and step.is_anchor and not _is_finely_given(decided.finer_groups, row.cell):
        mark = "beside"
    counts = _told(step, one) if step.sensitivity or getattr(step, "tally_only", False) else ()
    matched = split[1] if split else None
    return why_hidden(mark, one.answered, matched=matched, is_alone=is_alone, tells_of_each=counts)


def _family(step: Asking | Pledge, place: Place) -> Family:
    """Whose groups decide: those of the figures that are made of this asking."""
    if place.by_hands:
        return "hands"
    if isinstance(step, Pledge):
        return "pledge"
    return "confidence" if step.purpose == "confidence" else "knowledge"


def _is_finely_given(groups: Sequence[frozenset[CellKey]], cell: CellKey) -> bool:
    return any(group == {cell} for group in groups)


def _told(step: Asking | Pledge, one: Counted) -> list[int]:
    options = step.question.options if isinstance(step.question, OneTile) else ()
    return [*(one.choices[option.key] for option in options), *([] if one.right is None else [one.right])]


def _when(step: Asking | Pledge) -> str:
    before = step.key.startswith("before.")
    if step.purpose == "confidence":
        return "How sure, before" if before else "How sure, after"
    return WHEN.get(step.purpose, step.purpose)
