"""Reading runs: many in a handful of queries, since hundreds may follow one live session."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import col

from app.domain import joining
from app.domain.errors import NotFound
from app.domain.live_session import FIRST_FOLLOWED, Cover, as_left, cover, timeline
from app.domain.run import Plan, Reached, Shift, Stage, plan, reached
from app.store import lessons
from app.store.database import Db
from app.store.participants import CLASS_WITHOUT_NUMBER
from app.store.tables import (
    ClassGroupRow,
    CueRow,
    LiveSessionModuleRow,
    LiveSessionRow,
    RunModuleRow,
    RunRow,
    SchoolRow,
    VersionRow,
)

Skipped = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class OpenRun:
    """A run as the live side needs it: its stage, its plan, and how its class is called.

    While it follows, `stage` is the live session's as this class sees it, and `seed` is the session's for good.
    """

    id: int
    kind: str
    code: str
    locked: bool
    seed: str
    mode: str
    epoch: int
    stage: Stage
    calm: bool
    opened_at: datetime
    ended_at: datetime | None
    present: int | None
    present_confirmed: bool
    class_group_id: int
    class_label: str
    school: str
    on_roll: int | None
    plan: Plan
    version_ids: tuple[int, ...]
    reached: Reached
    questions_asked: int
    live_session_id: int | None = None
    following: bool = False
    paused: bool = False
    """The presenter pauses the session that it follows."""

    @property
    def is_rehearsal(self) -> bool:
        return self.kind == "rehearsal"

    @property
    def is_recheck(self) -> bool:
        return self.kind == "recheck"

    @property
    def is_waiting(self) -> bool:
        """Whether its class has come to a live session and is not ready yet: it joins and reads the ground rules."""
        is_here = self.live_session_id is not None and self.ended_at is None
        return is_here and not self.following and self.epoch == 0 and not self.stage.step_key

    @property
    def has_always_followed(self) -> bool:
        """Whether it follows and never did anything beside its live session: each such thing raises its epoch."""
        return self.following and self.epoch == FIRST_FOLLOWED

    @property
    def is_tally_only(self) -> bool:
        """Whether what is asked now keeps no choice beside the participant (ruling 8)."""
        here = self.plan.at(self.stage)
        return bool(here and getattr(here.step, "tally_only", False))

    @property
    def expected(self) -> int:
        """Pupils to expect: the head-count, else the size of the class group, else 35."""
        return self.present or self.on_roll or CLASS_WITHOUT_NUMBER

    @property
    def cover(self) -> Cover:
        """Why the calm screen stands over the stage; empty when it does not."""
        return cover(self.stage, self.plan, calm=self.calm, paused=self.paused)


def read(db: Db, run_id: int) -> OpenRun:
    """Raises NotFound."""
    found = read_many(db, [run_id]).get(run_id)
    if found is None:
        raise NotFound("We could not find that lesson.")
    return found


def read_many(db: Db, run_ids: Collection[int]) -> dict[int, OpenRun]:
    """These runs, as far as they exist, in as many queries as one takes."""
    return {run.id: run for run in _read(db, _BY_ID, ids=run_ids)}


def open_of_class(db: Db, class_group_id: int) -> OpenRun | None:
    """The run of this class that is going on, newest first; a rehearsal counts."""
    found = _read(db, _OPEN_OF_CLASS, class_group=class_group_id)
    return found[0] if found else None


def of_class(db: Db, class_group_id: int) -> list[OpenRun]:
    """All ended runs of a class group, newest first."""
    return _read(db, _OF_CLASS, class_group=class_group_id)


def by_code(db: Db, code: str) -> OpenRun:
    """Raises NotFound in a child's words; an ended run says so."""
    found = _read(db, _BY_CODE, code=code)
    if not found:
        raise NotFound(f"We can't find {joining.spaced(code)}. Check each letter.")
    if found[0].ended_at is not None:
        raise NotFound("That lesson has finished.")
    return found[0]


def shifts(db: Db, run_id: int) -> tuple[Shift, ...]:
    """What a run's class saw, in order: its own cues, and those of its live session while it followed."""
    db.flush()
    row = db.connection().execute(_FOLLOWED, {"id": run_id}).one()
    own = cues_of_runs(db, [run_id])[run_id]
    led = cues_of_sessions(db, [row.live_session_id] if row.live_session_id else [])
    return timeline(own, led[row.live_session_id], skipped_of(row))


# Reading rows, for every redraw: columns instead of objects of the mapper, and statements that are made once, which
# SQLAlchemy runs with far less work than the same one made anew.

_RUNS = (
    sqlalchemy.select(
        col(RunRow.id),
        col(RunRow.kind),
        col(RunRow.join_code),
        col(RunRow.locked),
        col(RunRow.seed),
        col(RunRow.mode),
        col(RunRow.epoch),
        col(RunRow.module_position),
        col(RunRow.step_key),
        col(RunRow.phase),
        col(RunRow.round),
        col(RunRow.seq),
        col(RunRow.calm),
        col(RunRow.opened_at),
        col(RunRow.ended_at),
        col(RunRow.present),
        col(RunRow.present_confirmed_at),
        col(RunRow.class_group_id),
        col(RunRow.skipped_steps),
        col(RunRow.live_session_id),
        col(RunRow.following),
        col(ClassGroupRow.label),
        col(ClassGroupRow.on_roll),
        col(SchoolRow.name).label("school"),
        col(LiveSessionRow.module_position).label("led_module"),
        col(LiveSessionRow.step_key).label("led_step"),
        col(LiveSessionRow.phase).label("led_phase"),
        col(LiveSessionRow.round).label("led_round"),
        col(LiveSessionRow.seq).label("led_seq"),
        col(LiveSessionRow.paused),
    )
    .join(ClassGroupRow, col(ClassGroupRow.id) == col(RunRow.class_group_id))
    .join(SchoolRow, col(SchoolRow.id) == col(ClassGroupRow.school_id))
    .outerjoin(LiveSessionRow, col(LiveSessionRow.id) == col(RunRow.live_session_id))
)
_of_class = _RUNS.where(col(RunRow.class_group_id) == bindparam("class_group"))
_BY_ID = _RUNS.where(col(RunRow.id).in_(bindparam("ids", expanding=True)))
_BY_CODE = _RUNS.where(col(RunRow.join_code) == bindparam("code"))
_OPEN_OF_CLASS = _of_class.where(col(RunRow.ended_at).is_(None)).order_by(col(RunRow.id).desc()).limit(1)
_OF_CLASS = _of_class.where(col(RunRow.ended_at).is_not(None)).order_by(col(RunRow.ended_at).desc())
_FOLLOWED = sqlalchemy.select(col(RunRow.live_session_id), col(RunRow.skipped_steps)).where(
    col(RunRow.id) == bindparam("id")
)


def _cues(of: Any) -> Any:
    columns = ("kind", "module_position", "step_key", "phase", "round", "seq", "at", "agency_id")
    found = sqlalchemy.select(of, *(col(getattr(CueRow, name)) for name in columns))
    return found.where(of.in_(bindparam("ids", expanding=True))).order_by(col(CueRow.id))


def _versions(of: Any, version_id: Any, position: Any) -> Any:
    return (
        sqlalchemy.select(of, col(VersionRow.id), col(VersionRow.document_hash))
        .join(VersionRow, col(VersionRow.id) == version_id)
        .where(of.in_(bindparam("ids", expanding=True)))
        .order_by(of, position)
    )


_CUES_OF_RUNS, _CUES_OF_SESSIONS = _cues(col(CueRow.run_id)), _cues(col(CueRow.live_session_id))
_VERSIONS_OF_RUNS = _versions(col(RunModuleRow.run_id), col(RunModuleRow.version_id), col(RunModuleRow.position))
_VERSIONS_OF_SESSIONS = _versions(
    col(LiveSessionModuleRow.live_session_id),
    col(LiveSessionModuleRow.version_id),
    col(LiveSessionModuleRow.position),
)


def _read(db: Db, query: Any, **which: object) -> list[OpenRun]:
    db.flush()
    rows: Sequence[Any] = db.connection().execute(query, which).all()
    if not rows:
        return []
    versions = _grouped(db, _VERSIONS_OF_RUNS, [row.id for row in rows])
    own = cues_of_runs(db, [row.id for row in rows])
    led = cues_of_sessions(db, {row.live_session_id for row in rows if row.live_session_id})
    known: dict[object, tuple[Reached, int]] = {}
    opened = []
    for row in rows:
        # Classes that follow one session have mostly seen the same: what follows from it is worked out once.
        skipped, mine = skipped_of(row), own[row.id]
        moves = tuple((s.kind, s.seq, s.module, s.step_key, s.phase, s.round) for s in mine)
        same = (row.live_session_id or -row.id, skipped, moves)
        if same not in known:
            known[same] = _came(timeline(mine, led[row.live_session_id], skipped))
        opened.append(_open_run(row, mine, versions[row.id], plan_of(db, versions[row.id], skipped), known[same]))
    return opened


def _open_run(
    row: Any, own: Sequence[Shift], versions: Sequence[tuple[int, str]], of: Plan, came: tuple[Reached, int]
) -> OpenRun:
    far, questions_asked = came
    return OpenRun(
        id=row.id,
        kind=row.kind,
        code=row.join_code or "",
        locked=row.locked,
        seed=row.seed,
        mode=row.mode,
        epoch=row.epoch,
        stage=_stage(row, own),
        calm=row.calm,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        present=row.present,
        present_confirmed=row.present_confirmed_at is not None,
        class_group_id=row.class_group_id,
        class_label=row.label,
        school=row.school,
        on_roll=row.on_roll,
        plan=of,
        version_ids=tuple(version_id for version_id, _ in versions),
        reached=far,
        questions_asked=questions_asked,
        live_session_id=row.live_session_id,
        following=row.following,
        paused=bool(row.following and row.paused),
    )


def _stage(row: Any, own: Sequence[Shift]) -> Stage:
    """While it follows, the session's one row is its stage, and its own columns are not read."""
    if not row.following:
        return Stage(module=row.module_position, step_key=row.step_key, phase=row.phase, round=row.round, seq=row.seq)
    led = Stage(
        module=row.led_module, step_key=row.led_step, phase=row.led_phase, round=row.led_round, seq=row.led_seq
    )
    return as_left(led, reached(own))


def _came(history: Sequence[Shift]) -> tuple[Reached, int]:
    """How far each asking came, and how many were asked."""
    open_once = {(s.module, s.step_key) for s in history if s.phase == "open" and s.is_shown}
    return reached(history), len(open_once)


def cues_of_runs(db: Db, run_ids: Collection[int]) -> dict[int | None, list[Shift]]:
    """The cues of these runs, each in its order."""
    return _shifts(_grouped(db, _CUES_OF_RUNS, run_ids))


def cues_of_sessions(db: Db, session_ids: Collection[int]) -> dict[int | None, list[Shift]]:
    """The cues of these live sessions, each in its order."""
    return _shifts(_grouped(db, _CUES_OF_SESSIONS, session_ids))


def _grouped(db: Db, query: Any, ids: Collection[int]) -> dict[int, list[Any]]:
    """The rows of each owner, without its id."""
    found: dict[int, list[Any]] = defaultdict(list)
    if ids:
        for owner, *rest in db.connection().execute(query, {"ids": list(ids)}):
            found[owner].append(rest)
    return found


def _shifts(rows: dict[int, list[Any]]) -> dict[int | None, list[Shift]]:
    found: dict[int | None, list[Shift]] = defaultdict(list)
    for owner, cues in rows.items():
        for kind, module, step_key, phase, round, seq, at, agency_id in cues:
            shift = Shift(
                kind=kind,
                module=module,
                step_key=step_key,
                phase=phase,
                round=round,
                seq=seq,
                at=at,
                agency_id=agency_id,
            )
            found[owner].append(shift)
    return found


def versions_of_session(db: Db, session_id: int) -> list[tuple[int, str]]:
    """The versions that a live session teaches, with the hash of the document, in order."""
    return _grouped(db, _VERSIONS_OF_SESSIONS, [session_id])[session_id]


MOST_PLANS = 200
_plans: dict[tuple[tuple[str, ...], Skipped], Plan] = {}


def plan_of(db: Db, versions: Sequence[tuple[int, str]], skipped: Skipped) -> Plan:
    """The same plan is one object. It follows from hashes alone, so it is true in every database."""
    key = (tuple(digest for _, digest in versions), skipped)
    found = _plans.get(key)
    if found is None:
        if len(_plans) >= MOST_PLANS:
            _plans.clear()
        found = plan((lessons.version(db, version_id) for version_id, _ in versions), skipped)
        _plans[key] = found
    return found


def skipped_of(row: Any) -> Skipped:
    return tuple((int(module), str(key)) for module, key in row.skipped_steps)
