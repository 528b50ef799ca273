"""A participation and impact report: what a programme or an agency reached, and what pupils knew before and after.

Whatever stands in a report has passed `disclosure`: a figure that must not leave a school is None, and its mark says
why. Pages and files read reports and nothing else, so they cannot show what the rules hide.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from app.domain import cost
from app.domain.asking_line import Askings
from app.domain.cost import Stated
from app.domain.disclosure import Mark


@dataclass(frozen=True)
class Filters:
    """What a reader wants to see of a report; empty means all."""

    term: str = ""
    school_id: int = 0
    topic_key: str = ""
    agency_slug: str = ""
    programme_slug: str = ""
    """Of an agency's report only, which is of all its programmes."""

    @property
    def any(self) -> bool:
        return bool(self.term or self.school_id or self.topic_key or self.agency_slug or self.programme_slug)


@dataclass(frozen=True)
class Choice:
    """One value that a filter offers."""

    value: str
    name: str


@dataclass(frozen=True)
class Choices:
    terms: tuple[Choice, ...] = ()
    schools: tuple[Choice, ...] = ()
    topics: tuple[Choice, ...] = ()
    agencies: tuple[Choice, ...] = ()
    programmes: tuple[Choice, ...] = ()
    """None where there is one only."""


@dataclass(frozen=True)
class Programme:
    """The programme of a report, with what it set out to reach."""

    slug: str
    name: str
    area: str
    starts_on: date
    ends_on: date
    funder: str = ""
    funding_stream: str = ""
    target_classes: int = 0
    target_pupils: int = 0
    schools: int = 0
    """How many take part."""
    target_schools: int = 0
    """How many of them it wants to reach."""


@dataclass(frozen=True)
class ModeReach:
    """One way to answer: how many lessons used it, and how much was answered."""

    mode: str
    lessons: int
    attendances: int
    answers: int
    asked: int
    """Questions served times devices (or cards) that joined: so many answers were possible."""

    @property
    def response(self) -> float | None:
        return share(self.answers, self.asked)


@dataclass(frozen=True)
class Reach:
    """Exact: it says nothing of what a child knows (counting rules)."""

    schools: int = 0
    target_schools: int = 0
    """Of those that the programme wants to reach."""
    classes: int = 0
    pupils: int = 0
    """Counted once: the largest head-count of each class group."""
    attendances: int = 0
    """Counted once a lesson."""
    runs: int = 0
    records: int = 0
    head_counts_missing: int = 0
    """Records without a confirmed head-count: they add no pupils."""
    ended_early: int = 0
    """Records of lessons whose last step was never shown: they count, with the minutes that they had."""
    minutes: float = 0
    pupil_hours: float = 0
    on_roll: int = 0
    """Pupils on the roll of the class groups that took part, as far as it is known."""
    matched: int = 0
    """Pupils who answered every key question before and after, once: the largest of each class group."""
    modes: tuple[ModeReach, ...] = ()

    @property
    def answers(self) -> int:
        return sum(mode.answers for mode in self.modes)

    @property
    def response(self) -> float | None:
        """Answers given, of those that were possible."""
        return share(self.answers, sum(mode.asked for mode in self.modes))


class Knowledge(NamedTuple):
    """Right answers of matched pupils to the key questions, before and after.

    With the mark *shown* all figures stand; with *counts* (10 to 19 pupils) only n and the counts; else only n.
    """

    mark: Mark = "none"
    n: int = 0
    """Pupils matched. Part of reach, so it stands whatever the mark."""
    answers: int | None = None
    """Answers of these pupils to the key questions, each time."""
    before: int | None = None
    after: int | None = None
    """Right ones of them."""
    before_share: float | None = None
    after_share: float | None = None
    points: float | None = None
    """Knowledge gain in percentage points."""
    gain: float | None = None
    """Normalised gain g: the part of what could still be gained. None (a dash) when all was known before."""
    low: float | None = None
    high: float | None = None
    """95 % interval of the gain in points."""
    interval_over: str = ""
    """What that interval takes as independent: *12 classes*, or *26 pupils* where there are few classes."""
    at_ceiling: bool = False
    """More than 85 % knew it before: hardly any room for a gain."""


class Item(NamedTuple):
    """One key question, before and after."""

    key: str
    text: str
    knowledge: Knowledge
    wrong_before: str = ""
    wrong_after: str = ""
    """The misconception that most pupils chose, in the quiz's own words. Words alone: a count of it could be
    compared with another view's."""


@dataclass(frozen=True)
class Confidence:
    """*I know what to do*, *I could tell someone*: reported apart, for confidence is not knowledge."""

    key: str
    text: str
    mark: Mark
    before_of: int = 0
    after_of: int = 0
    before: int | None = None
    after: int | None = None
    """How many said *mostly* or *yes*."""
    before_share: float | None = None
    after_share: float | None = None


@dataclass(frozen=True)
class Promise:
    text: str
    n: int
    share: float | None = None


@dataclass(frozen=True)
class Pledges:
    """What a class promised, counted for the class only."""

    text: str
    mark: Mark
    of: int = 0
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True)
class HandsUp:
    """A key question that was answered by hands: class totals, never matched and in no gain."""

    key: str
    text: str
    mark: Mark
    before: int | None = None
    before_of: int = 0
    after: int | None = None
    after_of: int = 0
    before_share: float | None = None
    after_share: float | None = None


@dataclass(frozen=True)
class TopicReport:
    """What was learnt in one topic."""

    key: str
    name: str
    lessons: tuple[str, ...]
    """Titles of its lessons."""
    classes: int
    """Classes that had it."""
    measured: int
    """Classes whose pupils are in the figures."""
    left_out: int
    """Classes with results that this view cannot count without giving one away."""
    waiting: int
    """Classes whose results are not given out yet."""
    knowledge: Knowledge
    items: tuple[Item, ...] = ()
    confidence: tuple[Confidence, ...] = ()
    pledges: tuple[Pledges, ...] = ()
    hands: tuple[HandsUp, ...] = ()

    @property
    def pupils_of_items(self) -> int:
        """Fewer than those matched, where single questions would tell too much of a small class."""
        return max((item.knowledge.n for item in self.items), default=0)


@dataclass(frozen=True)
class Recall:
    """What classes still knew of one topic at their recheck: the same key questions, the same classes.

    Of classes, never of pupils: who was matched before and after is not who answered at the recheck.
    """

    key: str
    name: str
    classes: int
    """Classes in view that had the topic."""
    asked_again: int
    """Of these, so many were asked all key questions again."""
    measured: int
    """So many of them are in the figures."""
    waiting: int
    first_weeks: int
    last_weeks: int
    """How many weeks after the lesson, at least and at most."""
    mark: Mark
    matched: int | None = None
    """Pupils behind before and after, of the classes measured."""
    pupils: int | None = None
    """Pupils who answered at the recheck."""
    answers: int | None = None
    before: int | None = None
    after: int | None = None
    again_answers: int | None = None
    again: int | None = None
    before_share: float | None = None
    after_share: float | None = None
    again_share: float | None = None

    @property
    def weeks(self) -> str:
        """*6* or *6 to 9*."""
        first, last = self.first_weeks, self.last_weeks
        return str(first) if first == last else f"{first} to {last}"


@dataclass(frozen=True)
class ClassTopic:
    """One class in one topic."""

    topic_key: str
    topic_name: str
    taught_on: datetime
    minutes: float
    knowledge: Knowledge
    items: tuple[Item, ...] = ()
    """Its key questions, where the class's results are given out; for files."""


@dataclass(frozen=True)
class ClassLine:
    """One class group: reach exactly, outcomes as far as they may leave the school."""

    class_group_id: int
    label: str
    school_id: int
    school: str
    district: str
    is_target: bool
    on_roll: int | None
    present: int | None
    attendances: int
    minutes: float
    topics: tuple[ClassTopic, ...]


@dataclass(frozen=True)
class RecordLine:
    """One participation record: what one module of one run gave. Reach only."""

    record_id: int
    run_id: int
    programme: str
    taught_at: datetime
    school_id: int
    school: str
    class_group_id: int
    class_label: str
    topic_key: str
    topic_name: str
    lesson: str
    version: int
    agencies: tuple[tuple[str, str], ...]
    """Name of each agency that contributed, and its roles in words: *leads and presents*."""
    mode: str
    present: int | None
    minutes: float
    devices: int
    served: int
    answered: int
    matched: int
    ended_early: bool
    mark: Mark
    """How its class's outcome in this topic stands."""


@dataclass(frozen=True)
class AgencyLine:
    """What one agency took part in. A record counts once for an agency; agencies are never summed."""

    slug: str
    name: str
    roles: str
    topics: tuple[str, ...]
    schools: int
    classes: int
    pupils: int
    attendances: int
    minutes: float
    pupil_hours: float


@dataclass(frozen=True)
class Apart:
    """Rechecks and catch-ups: listed, and in none of the totals."""

    kind: str
    runs: int
    classes: int
    attendances: int


FEWEST_TEACHERS = 3


@dataclass(frozen=True)
class Teachers:
    """What teachers said of the lessons in view: from 1, not at all, to 5, very much. Averages of three or more."""

    runs: int = 0
    said: int = 0
    """In so many of these runs."""
    useful: float | None = None
    age_right: float | None = None
    would_rebook: float | None = None
    quotes: tuple[str, ...] = ()
    """Only what a teacher has said may be quoted, and never with a name."""


@dataclass(frozen=True)
class Extent:
    """How many lines of single classes and lessons a report has; its totals are always of all."""

    classes: int | None = None
    """So many at most; None: all."""
    records: int | None = None
    class_questions: bool = False
    askings: bool = False


WHOLE = Extent(class_questions=True, askings=True)
PAPER = Extent(records=0)
TOTALS = Extent(classes=0, records=0)


@dataclass(frozen=True)
class Report:
    """Everything that a page or file shows of a programme, or of an agency's part in it."""

    programmes: tuple[Programme, ...]
    agency: str
    """The agency's name; empty in the report of a whole programme."""
    agency_slug: str
    filters: Filters
    choices: Choices
    first_on: datetime | None
    last_on: datetime | None
    """When the first and the last lesson in view began."""
    reach: Reach
    topics: tuple[TopicReport, ...]
    classes: tuple[ClassLine, ...]
    records: tuple[RecordLine, ...]
    agencies: tuple[AgencyLine, ...]
    apart: tuple[Apart, ...] = ()
    teachers: Teachers = Teachers()
    recalls: tuple[Recall, ...] = ()
    first_recheck_on: date | None = None
    """When the first class in view can be asked again."""
    outcomes_until: date | None = None
    """Outcomes of lessons before this Monday are given out; the others wait for the next."""
    costs: tuple[Stated, ...] = ()
    """Of one whole programme only: an amount says nothing of a part of it."""
    notes: tuple[str, ...] = ()
    """What this view leaves out, in sentences."""
    extent: Extent = WHOLE
    askings: Askings = field(default_factory=Askings)

    @property
    def cost_pence(self) -> int | None:
        return cost.total(self.costs) if self.costs else None

    @property
    def cost_per_pupil_pence(self) -> int | None:
        return cost.per_pupil(self.costs, self.reach.pupils)


def share(part: int, whole: int) -> float | None:
    """A percentage with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def names_of(things: Iterable[str]) -> str:
    """*A, B and C*."""
    words = list(things)
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), *words[-1:]])
