"""The open side of one run: who sits there, what they see, and what has changed since."""

import asyncio
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from app.live.pulse import Presence
from app.live.seat import Audience, Seat
from app.live.snapshot import Snapshot, led_face
from app.store.answers import Answer
from app.store.participants import Guest

PANELS: dict[Audience, tuple[str, ...]] = {
    "pupil": ("stage",),
    "screen": ("stage", "crowd", "tally", "live"),
    "controls": ("stage", "crowd", "tally", "live"),
}
COUNTS = ("crowd", "tally")
"""Panels that are redrawn a few times a second at most, however many children answer."""
EVERYTHING = ("stage", *COUNTS, "live")


@dataclass(eq=False, slots=True)
class Room:
    """The seats of one run, and the newest frame of each of its panels."""

    run_id: int
    seats: dict[Audience, set[Seat]] = field(
        default_factory=lambda: {"pupil": set(), "screen": set(), "controls": set()}
    )
    by_participant: dict[int, Seat] = field(default_factory=dict)
    frames: dict[tuple[Audience, str], bytes] = field(default_factory=dict)
    signature: tuple[object, ...] = ()
    """What the store said when it was last asked whether anything has changed."""
    sent: bytes = b""
    """The stage that pupils were sent last."""
    shown: tuple[int, int] = (0, 0)
    """Its epoch and seq."""
    snapshot: Snapshot | None = None
    live_session_id: int | None = None
    """Of the snapshot, as is the next: a cue that 350 rooms follow asks each of them for little."""
    led_face: tuple[object, ...] | None = None
    dirty: set[str] = field(default_factory=set)
    """Panels that teachers' screens have yet to be sent anew."""
    needs_look: bool = True
    """Something may have changed that only the store can tell."""
    needs_crowd: bool = True
    """… and it may be the crowd."""
    is_looking: bool = False
    looked: asyncio.Future[None] | None = None
    """Done when the look that somebody waits for has come to its end."""
    sat_before: frozenset[int] = frozenset()
    """Who sat here when the present look at the crowd began: whoever it does not find was removed."""
    presence: Presence = "here"
    """Whether its presenter was there when teachers' screens were last told."""
    noted: list[Answer | Guest] = field(default_factory=list)
    used_at: float = field(default_factory=time.monotonic)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def everybody(self) -> Iterator[Seat]:
        return (seat for seats in list(self.seats.values()) for seat in list(seats))

    @property
    def is_empty(self) -> bool:
        return not any(self.seats.values())

    @property
    def is_watched(self) -> bool:
        return bool(self.seats["screen"] or self.seats["controls"])

    @property
    def is_fresh(self) -> bool:
        return self.snapshot is not None and not self.needs_look and not self.is_looking

    def outdate(self, panels: Collection[str]) -> None:
        """These panels are drawn anew for teachers' screens, if there are any; with the stage all of them change."""
        for panel in EVERYTHING if "stage" in panels else panels:
            self.frames.pop(("screen", panel), None)
            self.frames.pop(("controls", panel), None)
            self.dirty.add(panel)
        if self.is_watched:
            self.wake.set()

    def note(self, news: Answer | Guest) -> None:
        """Enter what has just been committed in what the room knows, so that it costs no query. Draws nothing yet."""
        if self.is_looking:
            self.noted.append(news)  # the look may have begun before this commit
        if self.snapshot is None:
            return
        if isinstance(news, Guest):
            self.snapshot = self.snapshot.with_guest(news)
        else:
            self._note_answer(news, self.snapshot)

    def _note_answer(self, answer: Answer, snapshot: Snapshot) -> None:
        stage = snapshot.run.stage
        if (answer.module, answer.step_key, answer.round) != (stage.module, stage.step_key, stage.round):
            return
        if answer.tally_only:
            self.needs_look = True  # a resend cannot be told from a first tap here, only in the store
        else:
            snapshot.sheet.note(answer)

    def learn(self, snapshot: Snapshot) -> None:
        """Take what a look has found, and what was committed meanwhile."""
        self.is_looking = False
        noted, self.noted = self.noted, []
        self.snapshot = snapshot
        self.live_session_id, self.led_face = snapshot.run.live_session_id, led_face(snapshot.run)
        self.frames.pop(("pupil", "stage"), None)
        for news in noted:
            self.note(news)

    def removed(self) -> list[Seat]:
        """Seats of participants whom the store has no longer, after a look at the crowd."""
        sat_before, self.sat_before = self.sat_before, frozenset()
        if self.snapshot is None or not sat_before:
            return []
        gone = sat_before - {guest.id for guest in self.snapshot.crowd}
        return [self.by_participant[one] for one in gone if one in self.by_participant]
