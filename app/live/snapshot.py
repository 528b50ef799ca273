"""What a run's panels are drawn from: all of it read in one look at the store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from app.domain.errors import NotFound
from app.live.seat import Audience
from app.live.shared import Shared
from app.store import answers, participants, runs, session_faces
from app.store.answers import Sheet
from app.store.database import Database
from app.store.open_runs import OpenRun
from app.store.participants import Guest
from app.store.session_faces import SessionFace

Crowd = tuple[Guest, ...]


@dataclass(frozen=True)
class Snapshot:
    """A run as it is now. `crowd` has the newest guest first."""

    run: OpenRun
    crowd: Crowd
    sheet: Sheet
    revision: int
    session: SessionFace | None = None
    """The live session that its class has come to."""

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


def look(database: Database, run_id: int) -> Snapshot:
    """Read what a run's panels show now. Raises NotFound."""
    found = look_at_all(database, {run_id: None})
    if run_id not in found:
        raise NotFound("We could not find that lesson.")
    return found[run_id]


def look_at_all(database: Database, wanted: Mapping[int, Crowd | None], revision: int = 0) -> dict[int, Snapshot]:
    """The same for many runs in a handful of queries, as far as they exist; a known crowd is not read again."""
    with database.reading() as db:
        found = runs.read_many(db, list(wanted))
        crowds = participants.crowds(db, [run_id for run_id in found if wanted[run_id] is None])
        sheets = answers.sheets(db, found.values())
        sessions = session_faces.read_many(db, {run.live_session_id for run in found.values() if run.live_session_id})
    return {
        run.id: Snapshot(
            run=run,
            crowd=wanted[run.id] or tuple(crowds.get(run.id, ())),
            sheet=sheets[run.id],
            revision=revision,
            session=sessions.get(run.live_session_id or 0),
        )
        for run in found.values()
    }


def shown_key(run: OpenRun) -> tuple[object, ...]:
    """What decides how a pupil's stage looks. Runs with the same key are sent the same bytes (decision 16)."""
    return (
        run.version_ids,
        run.plan.left_out,
        run.seed,
        run.epoch,
        run.stage,
        run.cover,
        run.ended_at is None,
        run.is_rehearsal,
        run.questions_asked if run.stage.phase == "finished" else 0,
    )


_led_faces: Shared[tuple[object, ...]] = Shared(1024)


def led_face(run: OpenRun) -> tuple[object, ...] | None:
    """One object for all runs that have always followed and show the same, now and after the next cue; None for
    others: what they show depends on what they did by themselves."""
    if not run.has_always_followed:
        return None
    face = shown_key(run), run.questions_asked
    return _led_faces.of(face, lambda: face)
