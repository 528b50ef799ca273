"""A class group's place in a planned live session, from the request to the hour itself."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel

from app.domain.errors import NotAllowed
from app.domain.school_days import Holiday, school_days_before

State = Literal["requested", "confirmed", "pack_sent", "room_checked", "attended", "no_show", "cancelled"]
TO_COME: tuple[State, ...] = ("confirmed", "pack_sent", "room_checked")
"""The class is expected: it may join, and gets its pack."""
HAS_A_PLACE: tuple[State, ...] = ("requested", *TO_COME, "attended", "no_show")
"""A request holds its place until somebody answers it."""
PACK_DAYS = 5
"""The teacher's pack is due so many school days before."""
WORDS: dict[State, str] = {
    "requested": "Asks for a place",
    "confirmed": "Confirmed",
    "pack_sent": "Pack sent",
    "room_checked": "Room checked",
    "attended": "Attended",
    "no_show": "Did not come",
    "cancelled": "Cancelled",
}


class Booked(BaseModel, frozen=True):
    """A booking with its class, as lists show it."""

    id: int
    live_session_id: int
    class_group_id: int
    school: str
    label: str
    on_roll: int | None
    state: State
    pack_was_sent: bool
    room_checked_on: date | None
    dsl_told_on: date | None
    pupils_thought_of_on: date | None
    send_to: str
    mail_trouble: str
    ics_sequence: int

    @property
    def class_name(self) -> str:
        return f"{self.school}, {self.label}"

    @property
    def has_a_place(self) -> bool:
        return self.state in HAS_A_PLACE

    @property
    def is_to_come(self) -> bool:
        return self.state in TO_COME

    @property
    def words(self) -> str:
        return WORDS[self.state]

    @property
    def not_ticked(self) -> tuple[str, ...]:
        """What the teacher has not said yet."""
        ticks = (
            ("safeguarding lead told", self.dsl_told_on),
            ("pupils thought of", self.pupils_thought_of_on),
            ("room checked", self.room_checked_on),
        )
        return tuple(words for words, ticked_on in ticks if ticked_on is None)


def confirmed(state: State) -> State:
    if state in ("requested", "cancelled"):
        return "confirmed"
    raise NotAllowed("This booking is confirmed already.")


def cancelled(state: State) -> State:
    if state == "requested" or state in TO_COME:
        return "cancelled"
    raise NotAllowed("This booking is over, so it cannot be cancelled.")


def with_pack(state: State) -> State:
    """The pack is on its way; a room that was checked before stays so."""
    if state not in TO_COME:
        raise NotAllowed("Only a confirmed booking gets a pack.")
    return "pack_sent" if state == "confirmed" else state


def with_room(state: State, *, is_checked: bool, pack_was_sent: bool) -> State:
    if state not in TO_COME:
        raise NotAllowed("Only a confirmed booking can be ticked.")
    return "room_checked" if is_checked else "pack_sent" if pack_was_sent else "confirmed"


def after_session(state: State) -> State:
    """The session has ended and this class took no part in it. A request that nobody answered is over."""
    if state in TO_COME:
        return "no_show"
    return "cancelled" if state == "requested" else state


def is_pack_due(booked: Booked, session_on: date, today: date, holidays: Sequence[Holiday]) -> bool:
    """From five school days before until the day itself, and until it was sent."""
    is_near = school_days_before(session_on, PACK_DAYS, holidays) <= today <= session_on
    return booked.is_to_come and not booked.pack_was_sent and is_near
