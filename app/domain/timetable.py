"""Planned live sessions: what is wrong with a plan, when its console opens, and its times by British clocks.

A plan is never refused for what this page warns of: whoever plans knows more than we do.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from app.domain.booking import Booked
from app.domain.errors import Invalid
from app.domain.presenter import Presenter
from app.domain.school_days import Holiday, why_no_school

HOME = ZoneInfo("Europe/London")
OPENS_BEFORE = timedelta(minutes=30)
STILL_TO_OPEN = timedelta(hours=4)
"""So long after its planned end a session that nobody opened still stands on its presenters' page."""
SCHOOL_BEGINS, SCHOOL_ENDS = time(8, 45), time(15, 30)
FEWEST_MINUTES, MOST_MINUTES = 10, 240
MOST_CLASSES = 500
LONGEST_ADDRESS = 500


class PlannedModule(BaseModel, frozen=True):
    """A lesson of a planned session, by its newest version; which one is pinned when the lobby opens."""

    module_id: int
    title: str
    topic_key: str
    topic_name: str
    lead: str
    minutes: float
    agency_keys: frozenset[str] = frozenset()
    """Agencies that lead a step of it."""


class Planned(BaseModel, frozen=True):
    """A live session in the timetable, with its classes."""

    id: int
    programme_id: int
    seed: str
    starts_at: datetime
    minutes: int
    capacity: int | None
    video_url: str
    questions: int
    opened_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    ics_sequence: int
    modules: tuple[PlannedModule, ...]
    presenters: tuple[Presenter, ...]
    bookings: tuple[Booked, ...]
    programme: str = ""
    area: str = ""

    @property
    def title(self) -> str:
        return " and ".join(module.title for module in self.modules)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def on(self) -> date:
        return self.starts_at.astimezone(HOME).date()

    @property
    def places_taken(self) -> int:
        return sum(one.has_a_place for one in self.bookings)

    @property
    def is_to_come(self) -> bool:
        return self.opened_at is None and self.cancelled_at is None

    @property
    def has_room(self) -> bool:
        return self.is_to_come and (self.capacity is None or self.places_taken < self.capacity)

    def may_open(self, now: datetime) -> bool:
        return self.is_to_come and now >= self.starts_at - OPENS_BEFORE

    def meets(self, other: "Planned") -> bool:
        return self.id != other.id and self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Season(BaseModel, frozen=True):
    """When a programme runs, and when its schools do not."""

    starts_on: date
    ends_on: date
    holidays: tuple[Holiday, ...] = ()


# What is typed


def read_start(day: str, clock: str) -> datetime:
    """A date and a time by British clocks, in UTC. Raises Invalid, also for the hour that spring leaves out."""
    try:
        local = datetime.combine(date.fromisoformat(day.strip()), time.fromisoformat(clock.strip()))
    except ValueError:
        raise Invalid("Please give the date and the time, for example 10 November 2026 and 10:00.") from None
    found = local.replace(tzinfo=HOME).astimezone(UTC)
    if found.astimezone(HOME).replace(tzinfo=None) != local:
        raise Invalid("The clocks go forward in that hour, so there is no such time on that day.")
    return found


def read_minutes(typed: str) -> int:
    return _between(typed, FEWEST_MINUTES, MOST_MINUTES, "A live session takes between {} and {} minutes.")


def read_capacity(typed: str) -> int | None:
    """None when the field was left empty: as many classes as like."""
    return _between(typed, 1, MOST_CLASSES, "There is room for between {} and {} classes.") if typed.strip() else None


def _between(typed: str, least: int, most: int, words: str) -> int:
    number = _number(typed)
    if not least <= number <= most:
        raise Invalid(words.format(least, most))
    return number


def _number(typed: str) -> int:
    """Plain digits, few of them; -1 for anything else."""
    digits = typed.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else -1


def read_video_url(typed: str) -> str:
    """A link to a video call, https only; empty when there is none."""
    address = typed.strip()
    if not address:
        return ""
    try:
        found = urlsplit(address)
        is_well = found.scheme == "https" and bool(found.hostname) and "@" not in found.netloc
    except ValueError:
        is_well = False
    if not is_well or len(address) > LONGEST_ADDRESS or any(mark <= " " or mark in "\"'<>\\" for mark in address):
        raise Invalid("The link to the video call must begin with https://")
    return address


def in_order(places: Iterable[tuple[int, str]]) -> list[int]:
    """Modules by the place that each was given; those without one are left out. Raises Invalid."""
    chosen = [(_number(place), module_id) for module_id, place in places if _number(place) > 0]
    if not chosen:
        raise Invalid("Choose at least one lesson.")
    return [module_id for _, module_id in sorted(chosen, key=lambda one: one[0])]


# What is wrong with a plan


def warnings(
    planned: Planned, others: Sequence[Planned], season: Season, unvetted: Collection[int] = ()
) -> list[str]:
    """One sentence each; none of them blocks. `unvetted` are agencies of which nobody has noted a vetting."""
    if planned.cancelled_at is not None:
        return []
    meeting = [one for one in others if planned.meets(one) and one.cancelled_at is None]
    found = [*_no_presenter(planned), *_not_vetted(planned, unvetted), *_clashes(planned, meeting)]
    if planned.capacity is not None and planned.places_taken > planned.capacity:
        room = f"{planned.capacity} {'class' if planned.capacity == 1 else 'classes'}"
        found.append(f"{planned.places_taken} classes are booked, and there is room for {room}.")
    return found + _odd_times(planned, season)


def _no_presenter(planned: Planned) -> list[str]:
    return [
        f"Nobody presents {module.title} yet."
        for position, module in enumerate(planned.modules)
        if not any(_presents(one, position, module) for one in planned.presenters)
    ]


def _not_vetted(planned: Planned, unvetted: Collection[int]) -> list[str]:
    return [
        f"{one.name} presents, and {one.agency} is not noted as vetted yet: see Agencies."
        for one in planned.presenters
        if one.agency_id in unvetted
    ]


def _presents(presenter: Presenter, position: int, module: PlannedModule) -> bool:
    if presenter.leads_all or presenter.module == position:
        return True
    return presenter.module is None and presenter.agency_key in module.agency_keys


def _clashes(planned: Planned, meeting: Sequence[Planned]) -> list[str]:
    found = []
    for other in meeting:
        at = f"{other.starts_at.astimezone(HOME):%H:%M}"
        there = {one.account_id for one in other.presenters}
        found += [
            f"{one.name} also presents {other.title} at {at}."
            for one in planned.presenters
            if one.account_id in there
        ]
        booked = {one.class_group_id for one in other.bookings if one.has_a_place}
        names = [one.class_name for one in planned.bookings if one.has_a_place and one.class_group_id in booked]
        if names:
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            found.append(f"Also booked for {other.title} at {at}: {names[0]}{others}.")
    return found


def _odd_times(planned: Planned, season: Season) -> list[str]:
    begins, ends = planned.starts_at.astimezone(HOME), planned.ends_at.astimezone(HOME)
    found = []
    if not season.starts_on <= planned.on <= season.ends_on:
        found.append("It is outside the dates of the programme.")
    if no_school := why_no_school(planned.on, season.holidays):
        found.append(no_school)
    if begins.time() < SCHOOL_BEGINS or ends.time() > SCHOOL_ENDS or begins.date() != ends.date():
        found.append(f"It is outside school hours ({SCHOOL_BEGINS:%H:%M} to {SCHOOL_ENDS:%H:%M}).")
    return found


# How long until


def countdown(starts_at: datetime, now: datetime) -> str:
    """How long it is until then, in words: to the day, the hour or the minute."""
    minutes = int((starts_at - now).total_seconds() // 60)
    days = (starts_at.astimezone(HOME).date() - now.astimezone(HOME).date()).days
    if minutes < 0:
        return "now"
    if minutes < 60:
        return f"in {_counted(minutes, 'minute')}" if minutes else "now"
    if days == 0:
        hours, rest = divmod(minutes, 60)
        return f"in {_counted(hours, 'hour')}" + (f" {_counted(rest, 'minute')}" if rest and hours < 3 else "")
    return "tomorrow" if days == 1 else f"in {days} days"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
