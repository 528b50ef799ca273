"""What a run's panels are drawn from: all of it read in one look at the store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from app.live.seat import Audience
from app.store import answers, participants, runs
from app.store.answers import Sheet
from app.store.database import Database
from app.store.participants import Guest
from app.store.runs import OpenRun


@dataclass(frozen=True)
class Snapshot:
    """A run as it is now. `crowd` has the newest guest first."""

    run: OpenRun
    crowd: tuple[Guest, ...]
    sheet: Sheet
    revision: int

    @cached_property
    def guests(self) -> Mapping[str, Guest]:
        """Seated participants by the hash of their key: a returning seat costs no query."""
        return {guest.key_hash: guest for guest in self.crowd}

    def with_guest(self, guest: Guest) -> Self:
        """One more in the crowd, or the same under another alias."""
        others = tuple(one for one in self.crowd if one.id != guest.id)
        return replace(self, crowd=tuple(sorted((guest, *others), key=lambda one: -one.id)))


Render = Callable[[Audience, str, Snapshot], str]
"""(audience, panel, snapshot) -> the whole message that puts the panel on that audience's screens."""


def look(database: Database, run_id: int, revision: int = 0, *, crowd: tuple[Guest, ...] | None = None) -> Snapshot:
    """Read what a run's panels show now; a crowd that is known already is not read again."""
    with database.reading() as db:
        run = runs.read(db, run_id)
        return Snapshot(
            run=run,
            crowd=tuple(participants.crowd(db, run_id)) if crowd is None else crowd,
            sheet=answers.sheet(db, run_id, run.stage, tally_only=run.is_tally_only),
            revision=revision,
        )


def shown_key(run: OpenRun) -> tuple[object, ...]:
    """What decides how a pupil's stage looks. Runs with the same key are sent the same bytes (decision 16)."""
    return (
        run.version_ids,
        run.plan.left_out,
        run.seed,
        run.epoch,
        run.stage,
        run.calm,
        run.ended_at is None,
        run.is_rehearsal,
        run.questions_asked,
    )
