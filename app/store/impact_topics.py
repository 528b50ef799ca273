"""What a report says of topics and classes: sums over whole groups, so that nothing hidden can be worked out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain import disclosure, gain
from app.domain.disclosure import ALONE, CellKey, Decision, Mark, mark_of, mark_of_several
from app.domain.gain import Scores
from app.domain.impact import (
    ClassLine,
    ClassTopic,
    Confidence,
    Extent,
    HandsUp,
    Item,
    Knowledge,
    Pledges,
    Promise,
    TopicReport,
    share,
)
from app.domain.lesson import CONFIDENCE, Asking, Lesson, Pledge
from app.domain.quiz import ChooseOne
from app.store import outcomes
from app.store.database import Db
from app.store.outcomes import Family, Outcomes, Question, Results, Split
from app.store.report_rows import Seen, View

VIEWS_KEPT = 400
"""Of topics, for each programme: what stands in them changes no more than what they are made of."""
FEWEST_FOR_AN_IDEA = 3
"""So many must have chosen a wrong answer before it is named."""


@dataclass(frozen=True)
class Topic:
    """One topic of one programme as far as a view sees it."""

    kept: Outcomes
    key: str
    rows: Sequence[Seen]
    cells: frozenset[CellKey]
    """Classes and rounds that are wholly in the view."""

    def marks(self, family: Family = "knowledge") -> list[Mark]:
        decided = self.kept.decision(self.key, family).marks
        return [decided.get(row.cell, "none") for row in self.rows]

    def counted(self, family: Family) -> dict[CellKey, Results]:
        return self._of(self.kept.decision(self.key, family).countable(self.cells))

    def finely_counted(self) -> dict[CellKey, Results]:
        """Those whose single questions may be in totals."""
        return self._of(self.kept.decision(self.key, "knowledge").finely_countable(self.cells))

    def _of(self, cells: Iterable[CellKey]) -> dict[CellKey, Results]:
        there = self.kept.results.get(self.key, {})
        return {key: there[key] for key in sorted(cells)}


def topics(db: Db, view: View) -> tuple[TopicReport, ...]:
    """In the order in which they were first taught."""
    oldest = sorted(
        (row for rows in view.by_topic.values() for row in rows if row.began_at == rows[-1].began_at),
        key=lambda row: (row.began_at, row.module, row.id),
    )
    return tuple(_topic(db, view, key) for key in dict.fromkeys(row.topic_key for row in oldest))


def _topic(db: Db, view: View, key: str) -> TopicReport:
    programmes = sorted({programme_id for programme_id, topic in view.by_topic if topic == key})
    if len({programme_id for programme_id, _ in view.by_topic}) > 1:
        return _made(db, view, key, programmes)
    kept = view.kept[programmes[0]].topics
    asked = (key, frozenset([row.id for row in view.by_topic[programmes[0], key]]))
    if asked not in kept:
        if len(kept) >= VIEWS_KEPT:
            kept.clear()
        kept[asked] = _made(db, view, key, programmes)
    return kept[asked]


def _made(db: Db, view: View, key: str, programmes: Iterable[int]) -> TopicReport:
    parts = [seen_of(view, programme_id, key) for programme_id in programmes]
    rows = [row for part in parts for row in part.rows]
    versions = {version: view.lessons[version] for version in sorted({row.version_id for row in rows})}
    newest = {lesson.key: lesson for lesson in versions.values()}
    counted = _all(parts, "knowledge")
    in_totals = set(counted)
    marks = [(row, mark) for part in parts for row, mark in zip(part.rows, part.marks(), strict=True)]
    left_out = {
        row.class_group_id for row, mark in marks if row.cell not in in_totals and mark not in ("none", "waiting")
    }
    n = sum(one.people for one in counted.values())
    knowledge = gain.knowledge(gain.add_up(one.scores for one in counted.values()), mark_of(n), _by_class(parts))
    if not n:
        knowledge = Knowledge(mark=mark_of_several(mark for _, mark in marks))
    return TopicReport(
        key=key,
        name=next(iter(newest.values())).topic.name,
        lessons=tuple(lesson.title for lesson in newest.values()),
        classes=len({row.class_group_id for row in rows}),
        measured=len({cell.class_group_id for cell in in_totals}),
        left_out=len(left_out),
        waiting=len({row.class_group_id for row, mark in marks if mark == "waiting"}),
        knowledge=knowledge,
        items=_items(db, parts, versions, newest),
        confidence=_confidence(_all(parts, "confidence")),
        pledges=_pledges(_all(parts, "pledge"), newest),
        hands=_hands(_all(parts, "hands"), newest),
    )


def seen_of(view: View, programme_id: int, topic: str) -> Topic:
    place = programme_id, topic
    rows, whole = view.by_topic.get(place, ()), view.whole.get(place, {})
    seen = Counter([row.cell for row in rows])
    kept = view.kept[programme_id]
    return Topic(kept, topic, rows, frozenset(cell for cell, n in seen.items() if n == whole[cell]))


def _all(parts: Iterable[Topic], family: Family) -> dict[CellKey, Results]:
    """A class group belongs to one programme, so no cell is there twice."""
    return {key: one for part in parts for key, one in part.counted(family).items()}


def _by_class(parts: Sequence[Topic]) -> list[Scores]:
    """The scores of each class; of hidden classes those of their group, so that an interval gives none away."""
    counted = {key: one.scores for key, one in _all(parts, "knowledge").items()}
    groups = [group for part in parts for group in part.kept.decision(part.key, "knowledge").groups]
    whole = [group for group in groups if group <= counted.keys()]
    return [gain.add_up(counted[key] for key in sorted(cells)) for cells in disclosure.joined(whole)]


# Key questions


def _items(
    db: Db, parts: Sequence[Topic], versions: Mapping[int, Lesson], newest: Mapping[str, Lesson]
) -> tuple[Item, ...]:
    sums = _add_up(one.items for part in parts for one in part.finely_counted().values())
    ideas = _ideas(db, parts, versions) if sums else {}
    return tuple(
        Item(
            key=question.key,
            text=question.text,
            knowledge=_of_split(sums[lesson.key, question.key]),
            wrong_before=ideas.get((lesson.key, question.key, "before"), ""),
            wrong_after=ideas.get((lesson.key, question.key, "quiz"), ""),
        )
        for lesson in newest.values()
        for question in _anchors(lesson)
        if (lesson.key, question.key) in sums
    )


def _anchors(lesson: Lesson) -> list[ChooseOne]:
    return [
        step.question
        for step in lesson.askings
        if isinstance(step, Asking)
        and step.purpose == "quiz"
        and isinstance(step.question, ChooseOne)
        and step.is_anchor
    ]


def _of_split(split: Split) -> Knowledge:
    """The same of one question; an interval is given for all questions together only."""
    return gain.of_question(split.before_of, split.before, split.after)


def _ideas(db: Db, parts: Iterable[Topic], versions: Mapping[int, Lesson]) -> dict[tuple[str, str, str], str]:
    """Lesson, question and purpose -> the wrong idea that most pupils chose, in the quiz's own words."""
    chosen: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for part in parts:
        cells = part.finely_counted().keys()
        records = [row.id for row in part.rows if row.cell in cells]
        for (version_id, step_key), counts in outcomes.chosen(db, records).items():
            lesson = versions[version_id]
            step = lesson.step(step_key)
            if not isinstance(step, Asking) or not isinstance(step.question, ChooseOne) or not step.is_anchor:
                continue
            for option in step.question.options:
                if not option.is_correct and counts.get(option.key):
                    words = lesson.misconceptions.get(option.misconception or "", option.text)
                    chosen[lesson.key, step.question.key, step.purpose][words] += counts[option.key]
    top = {place: max(counts.items(), key=lambda one: (one[1], one[0])) for place, counts in chosen.items()}
    return {place: words for place, (words, n) in top.items() if n >= FEWEST_FOR_AN_IDEA}


# Confidence, pledges, hands


def _confidence(counted: Mapping[CellKey, Results]) -> tuple[Confidence, ...]:
    by_question: dict[str, Split] = {}
    for (_, key), split in _add_up(one.confidence for one in counted.values()).items():
        by_question[key] = by_question.get(key, Split()).plus(split)
    found = []
    for question in CONFIDENCE:
        if question.key not in by_question:
            continue
        split = by_question[question.key]
        mark = mark_of(min(split.before_of, split.after_of))
        may_count, may_share = mark in ALONE, mark == "shown"
        found.append(
            Confidence(
                key=question.key,
                text=question.text,
                mark=mark,
                before_of=split.before_of,
                after_of=split.after_of,
                before=split.before if may_count else None,
                after=split.after if may_count else None,
                before_share=share(split.before, split.before_of) if may_share else None,
                after_share=share(split.after, split.after_of) if may_share else None,
            )
        )
    return tuple(found)


def _pledges(counted: Mapping[CellKey, Results], newest: Mapping[str, Lesson]) -> tuple[Pledges, ...]:
    found = []
    for lesson in newest.values():
        of = sum(one.pledged.get(lesson.key, 0) for one in counted.values())
        chosen: Counter[str] = Counter()
        for one in counted.values():
            chosen.update({text: n for (key, text), n in one.pledges.items() if key == lesson.key})
        step = next((one for one in lesson.askings if isinstance(one, Pledge)), None)
        mark = mark_of(of)
        if step and mark in ALONE:
            promises = tuple(
                Promise(text, n, share(n, of) if mark == "shown" else None) for text, n in chosen.items()
            )
            found.append(Pledges(step.question.text, mark, of, promises))
    return tuple(found)


def _hands(counted: Mapping[CellKey, Results], newest: Mapping[str, Lesson]) -> tuple[HandsUp, ...]:
    sums = _add_up(one.hands for one in counted.values())
    found = []
    for lesson in newest.values():
        for question in _anchors(lesson):
            if (split := sums.get((lesson.key, question.key))) is None:
                continue
            mark = mark_of(min(split.before_of, split.after_of))
            shown = mark == "shown"
            found.append(
                HandsUp(
                    key=question.key,
                    text=question.text,
                    mark=mark,
                    before=split.before,
                    before_of=split.before_of,
                    after=split.after,
                    after_of=split.after_of,
                    before_share=share(split.before, split.before_of) if shown else None,
                    after_share=share(split.after, split.after_of) if shown else None,
                )
            )
    return tuple(found)


def _add_up(each: Iterable[Mapping[Question, Split]]) -> dict[Question, Split]:
    found: dict[Question, Split] = {}
    for splits in each:
        for key, split in splits.items():
            found[key] = found.get(key, Split()).plus(split)
    return found


# Classes


@dataclass(frozen=True)
class Given:
    """What one topic of one programme gives of single classes."""

    decided: Decision
    results: Mapping[CellKey, Results]
    whole: Mapping[CellKey, int]
    """How many records each cell has, seen or not."""
    finely: frozenset[CellKey]
    """Those of the classes given out alone whose single questions are too."""


def classes(view: View, extent: Extent) -> tuple[ClassLine, ...]:
    """One line a class group, by school and label."""
    by_class: dict[int, list[Seen]] = defaultdict(list)
    for row in view.rows:
        by_class[row.class_group_id].append(row)
    given = {place: _given(view, *place) for place in view.by_topic}
    asked = view.lessons if extent.class_questions else {}
    anchors = {version: _anchors(lesson) for version, lesson in asked.items()}
    ordered = sorted(by_class.values(), key=lambda rows: _name_of(view, rows[0]))
    return tuple(_class(view, rows, given, anchors) for rows in ordered[: extent.classes])


def _name_of(view: View, row: Seen) -> tuple[str, str, int]:
    school, group = view.places.schools[row.school_id], view.places.class_groups[row.class_group_id]
    return (school.name, group.label, row.class_group_id)


def _given(view: View, programme_id: int, topic: str) -> Given:
    kept = view.kept[programme_id]
    decided = kept.decision(topic, "knowledge")
    return Given(decided, kept.results.get(topic, {}), view.whole[programme_id, topic], decided.alone_finely)


Anchors = Mapping[int, Sequence[ChooseOne]]
"""Version -> its key questions; none where they are not asked for."""


def _class(view: View, rows: Sequence[Seen], given: Mapping[tuple[int, str], Given], anchors: Anchors) -> ClassLine:
    newest, counted = rows[0], [row.present for row in rows if row.present is not None]
    school, group = view.places.schools[newest.school_id], view.places.class_groups[newest.class_group_id]
    by_topic: dict[str, list[Seen]] = defaultdict(list)
    for row in reversed(rows):
        by_topic[row.topic_key].append(row)
    return ClassLine(
        class_group_id=newest.class_group_id,
        label=group.label,
        school_id=newest.school_id,
        school=school.name,
        district=school.district,
        is_target=(newest.programme_id, newest.school_id) in view.target_schools,
        on_roll=group.on_roll,
        present=max(counted, default=None),
        attendances=sum(counted),
        minutes=round(sum([row.minutes for row in rows]), 1),
        topics=tuple(
            _class_topic(view, those, given[newest.programme_id, key], anchors) for key, those in by_topic.items()
        ),
    )


def _class_topic(view: View, rows: Sequence[Seen], given: Given, anchors: Anchors) -> ClassTopic:
    seen = [row.cell for row in rows]
    marks = {cell: given.decided.marks.get(cell, "none") for cell in seen}
    cells = sorted(cell for cell, mark in marks.items() if mark in ALONE and seen.count(cell) == given.whole[cell])
    items: tuple[Item, ...] = ()
    if cells:
        results = [given.results[cell] for cell in cells]
        knowledge = gain.knowledge(
            gain.add_up(one.scores for one in results), mark_of(sum(r.people for r in results))
        )
        if anchors:
            finely = [given.results[cell] for cell in cells if cell in given.finely]
            items = _items_of_class(view, rows, finely, anchors)
    else:
        mark = mark_of_several(marks.values())
        knowledge = Knowledge(mark=mark, n=sum(row.matched for row in rows))
    return ClassTopic(
        topic_key=rows[-1].topic_key,
        topic_name=view.lessons[rows[-1].version_id].topic.name,
        taught_on=rows[-1].began_at,
        minutes=round(sum([row.minutes for row in rows]), 1),
        knowledge=knowledge,
        items=items,
    )


def _items_of_class(view: View, rows: Sequence[Seen], given: Sequence[Results], anchors: Anchors) -> tuple[Item, ...]:
    """Only of classes that are given out alone: a question that would tell of each pupil hides its whole class."""
    sums = _add_up(one.items for one in given)
    newest = {view.lessons[row.version_id].key: row.version_id for row in rows}
    return tuple(
        Item(question.key, question.text, _of_split(sums[lesson, question.key]))
        for lesson, version in newest.items()
        for question in anchors[version]
        if (lesson, question.key) in sums
    )
