"""The past of the demo: fourteen classes with two lessons of an hour each, run through the store as real ones are."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from app.demo_pupils import Pupils
from app.domain.errors import DomainError
from app.domain.feedback import Feedback
from app.domain.lesson import Asking, Pledge
from app.domain.run import Plan, Stage, after_order
from app.store import answers, directory, feedback, lessons, participants, participation, runs, schools
from app.store.answers import Answer
from app.store.database import Db
from app.store.participants import Names, Wish
from app.store.runs import OpenRun

Right = tuple[int, int]


class Past(NamedTuple):
    """What is known of one class: its head-count, who was matched, and right anchor answers before and after."""

    reference: str
    label: str
    present: int
    matched: int
    internet: Right = (0, 0)
    fire: Right = (0, 0)
    water: Right = (0, 0)
    road: Right = (0, 0)

    @property
    def lost_connection(self) -> bool:
        return self.matched == 0

    @property
    def paused(self) -> bool:
        return self.reference == "D04"


PAST = (
    Past("D01", "6H", 28, 27, (82, 106), (77, 104), (59, 102), (63, 107)),
    Past("D02", "6A", 29, 28, (80, 114), (70, 108), (59, 112), (66, 107)),
    Past("D02", "6B", 27, 25, (81, 108), (70, 100), (61, 91), (70, 96)),
    Past("D03", "6", 30, 30, (88, 117), (79, 126), (59, 117), (81, 117)),
    Past("D04", "6W", 22, 21, (67, 82), (52, 82), (47, 80), (52, 84)),
    Past("D05", "6M", 29, 26, (81, 104), (76, 108), (52, 101), (68, 108)),
    Past("D06", "6", 26, 26, (85, 104), (79, 100), (55, 103), (62, 103)),
    Past("D07", "6F", 27, 24, (69, 76), (67, 72), (54, 61), (62, 70)),
    Past("D08", "6G", 28, 28, (88, 117), (70, 116), (63, 115), (78, 108)),
    Past("D08", "6S", 30, 29, (89, 121), (71, 117), (57, 106), (68, 118)),
    Past("D09", "6C", 31, 29, (126, 133), (78, 123), (55, 111), (76, 120)),
    Past("D10", "6", 14, 9, (30, 39), (24, 36), (19, 36), (26, 34)),
    Past("D11", "6R", 28, 0),
    Past("D12", "6O", 25, 25, (74, 99), (65, 101), (55, 93), (58, 98)),
)
SAID: dict[tuple[str, str], Feedback] = {
    ("D01", "6H"): Feedback(
        useful=5, age_right=5, would_rebook=5, line="They asked their parents to test the alarm."
    ),
    ("D02", "6A"): Feedback(useful=5, age_right=4, would_rebook=5),
    ("D03", "6"): Feedback(
        useful=5,
        age_right=5,
        would_rebook=5,
        line="Every child could say what to do in the water.",
        may_be_quoted=True,
    ),
    ("D05", "6M"): Feedback(useful=4, age_right=5, would_rebook=4),
    ("D07", "6F"): Feedback(useful=3, age_right=3, would_rebook=3, line="The quiz was long for my class."),
    ("D08", "6G"): Feedback(
        useful=5, age_right=5, would_rebook=5, line="Calm, clear and no showing off.", may_be_quoted=True
    ),
    ("D09", "6C"): Feedback(
        useful=4, age_right=4, would_rebook=5, line="They knew a lot already, and talked well.", may_be_quoted=True
    ),
    ("D11", "6R"): Feedback(useful=3, age_right=5, would_rebook=4, line="A pity that our Wi-Fi went."),
    ("D12", "6O"): Feedback(useful=5, age_right=4, would_rebook=5),
}
"""What teachers said after the second lesson; some said nothing."""
HOURS = (("internet", "fire"), ("water", "road"))
"""The second a week after the first."""
FIRST_DAY = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = (0, 1, 2, 3, 7, 8, 9, 10)
"""Monday to Thursday of two weeks."""
MODULE = timedelta(minutes=30)
PAUSE = timedelta(minutes=4)
ARRIVAL = timedelta(minutes=6)
PAUSED_AFTER = 30
"""Cues, in the class that paused once."""


def add(db: Db, programme_id: int, names: Names, now: datetime) -> None:
    """Teach them all, then delete what belonged to pupils, as a day after any lesson."""
    groups = {(reference, label): group_id for reference, label, group_id in _class_groups(db, programme_id)}
    versions = {lesson.topic.key: version_id for version_id, lesson in lessons.offered(db, programme_id)}
    hours = [
        Hour(db, past, groups[past.reference, past.label], topics, _starts(place) + timedelta(weeks=week), names)
        for week, topics in enumerate(HOURS)
        for place, past in enumerate(PAST)
        if versions.keys() >= set(topics)  # else somebody's own lessons are in the folder in place of ours
    ]
    for topics in HOURS:
        # All at once, question by question: a commit of many classes' answers is what the store is quick at.
        taught = [hour.teach(versions) for hour in hours if hour.topics == topics]
        for given in zip_longest(*taught, fillvalue=()):
            answers.record(db, [answer for batch in given for answer in batch])
    gone = max((hour.ends for hour in hours), default=now) + timedelta(hours=25)
    runs.purge(db, gone - timedelta(hours=24), max(now, gone))


def _class_groups(db: Db, programme_id: int) -> Iterator[tuple[str, str, int]]:
    references = {school.id: school.reference for school in schools.of_programme(db, programme_id)}
    for group in schools.class_groups(db, programme_id):
        yield references[group.school_id], group.label, group.id


def _starts(place: int) -> datetime:
    """A morning or an afternoon of a school day."""
    day = FIRST_DAY + timedelta(days=DAYS[place * len(DAYS) // len(PAST)])
    return day + (timedelta(hours=9, minutes=30) if place % 2 == 0 else timedelta(hours=13, minutes=15))


class Hour:
    """One class's hour: two modules, led by its teacher from the classroom screen."""

    def __init__(
        self, db: Db, past: Past, class_group_id: int, topics: tuple[str, ...], starts: datetime, names: Names
    ) -> None:
        self.db, self.past, self.class_group_id, self.topics, self.names = db, past, class_group_id, topics, names
        self.starts = starts
        self.pause = PAUSE if past.paused and topics == HOURS[0] else timedelta()
        self.seed = f"{past.reference}/{past.label}/{topics[0]}"
        self.chance = random.Random(self.seed)

    @property
    def ends(self) -> datetime:
        return self.starts + MODULE * len(self.topics) + self.pause

    def teach(self, versions: Mapping[str, int]) -> Iterator[list[Answer]]:
        """From the lobby to the end; yields what is answered while each question is open."""
        run_id = runs.start(
            self.db,
            self.class_group_id,
            [versions[topic] for topic in self.topics],
            questions=8,
            kind="lesson",
            present=self.past.present,
            seed=self.seed,
            now=self.starts - ARRIVAL,
            choose=self.chance.choice,
        )
        run = runs.read(self.db, run_id)
        seats = self._seat(run, self.starts - ARRIVAL / 2)
        classes = [self._pupils(run, module) for module in range(len(self.topics))]
        late = timedelta()
        for place, (at, stage) in enumerate(_cues(run.plan, self.starts)):
            run = self._next(run, at + late)
            assert (run.stage.step_key, run.stage.phase) == (stage.step_key, stage.phase)
            if run.stage.phase == "open":
                yield self._answers(run, classes[stage.module], seats, at + late)
            if self.pause and place == PAUSED_AFTER:
                run = self._pause(run, at)
                late = self.pause
        runs.confirm_present(self.db, run_id, self.past.present, self.ends)
        self.db.flush()
        participation.finish(self.db, runs.read(self.db, run_id), by="teacher", now=self.ends)
        if self.topics == HOURS[-1] and (said := SAID.get((self.past.reference, self.past.label))):
            feedback.say(self.db, run_id, said)

    def _seat(self, run: OpenRun, now: datetime) -> list[int]:
        wishes = [
            Wish(run.code, directory.hashed(f"{self.seed}/{pupil}/{self.chance.random()}"))
            for pupil in range(self.past.present)
        ]
        seated = participants.join(self.db, wishes, self.names, spare=0, now=now, choose=self.chance.choice)
        return [one.guest.id for one in seated if not isinstance(one, DomainError)]

    def _pupils(self, run: OpenRun, module: int) -> Pupils:
        topic = self.topics[module]
        return Pupils(
            lesson=run.plan.lessons[module],
            present=self.past.present if not (self.past.lost_connection and module) else 0,
            matched=self.past.matched,
            right=getattr(self.past, topic),
            seed=f"{self.seed}/{topic}",
            only_before=self.past.lost_connection,
        )

    def _next(self, run: OpenRun, now: datetime) -> OpenRun:
        """The run is not read again: nobody else moves it."""
        stage = runs.give(self.db, run, "next", seq=run.stage.seq, epoch=run.epoch, by="teacher", now=now)
        return replace(run, stage=stage, calm=False)

    def _pause(self, run: OpenRun, now: datetime) -> OpenRun:
        """The calm screen for a while."""
        for calm, at in ((True, now), (False, now + self.pause)):
            runs.set_calm(self.db, run, calm=calm, by="teacher", now=at)
            run = runs.read(self.db, run.id)
        return run

    def _answers(self, run: OpenRun, pupils: Pupils, seats: list[int], now: datetime) -> list[Answer]:
        place = run.plan.at(run.stage)
        assert place is not None
        assert isinstance(place.step, Asking | Pledge)
        step = place.step
        chosen = [(pupil, pupils.choice(pupil, step)) for pupil in range(pupils.present)]
        return [
            Answer(
                run_id=run.id,
                participant_id=seats[pupil],
                module=run.stage.module,
                step_key=step.key,
                round=run.stage.round,
                choice=choice,
                change=1,
                message_id=f"{step.key}-{pupil}",
                tally_only=step.tally_only,
                received_at=now + timedelta(seconds=2),
            )
            for pupil, choice in chosen
            if choice is not None
        ]


def _cues(plan: Plan, starts: datetime) -> Iterator[tuple[datetime, Stage]]:
    """When *next* is pressed and what it shows: each module begins on its half hour and fills it."""
    ahead = [Stage()]
    while ahead[-1].phase != "finished":
        ahead.append(after_order(ahead[-1], "next", plan, {})[0])
    length = Counter(stage.module for stage in ahead if stage.step_key)
    done: Counter[int] = Counter()
    for stage in ahead[1:]:
        if stage.is_rules:
            yield starts - ARRIVAL / 6, stage
            continue
        yield starts + MODULE * (stage.module + done[stage.module] / length[stage.module]), stage
        done[stage.module] += 1
