"""Ten thousand seats made ready: classes, runs that follow one live session, participants and signed cookies.

One run follows the session and the session is led to its first open question by real cues; the other runs are copies
of that run's rows.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy
from sqlmodel import SQLModel, col, select

from app.domain import joining
from app.domain.run import Stage
from app.domain.shown import asking_name
from app.live.snapshot import look
from app.main import alias_words, publish_shipped
from app.settings import Settings
from app.store import accounts, directory, lessons, live_sessions, runs
from app.store.database import Database, Db
from app.store.tables import (
    AgencyRow,
    AnswerRow,
    ClassGroupRow,
    ClassLinkRow,
    ClassSignInRow,
    CueRow,
    LiveSessionRow,
    ParticipantRow,
    ProgrammeRow,
    RunModuleRow,
    RunRow,
    SchoolRow,
)
from app.web.pages import Pages
from app.web.panels import Panels
from app.web.security import Cookies, new_key

LARGEST_CLASS = 29


@dataclass(frozen=True)
class PreparedSeat:
    """One pupil: the cookie of a seat, and the name of the question that is open in its run."""

    number: int
    run_id: int
    cookie: str
    asking: str


@dataclass
class Prepared:
    """What the generator needs to know of a filled database."""

    database: Database
    session_id: int
    holder: int
    """The account that holds the session's console."""
    first: Stage
    """Where the session stands: at its first open question."""
    seats: list[PreparedSeat]
    run_ids: list[int]
    teachers: dict[int, str]
    """Run -> cookie of its teacher's browser."""
    lobby_codes: list[str]
    """Join codes of runs that wait in the lobby, nobody in them."""
    lobby_ids: list[int]
    stage: str
    """The whole stage message of one open question, as pupils are sent it."""

    def take_answers(self) -> set[str]:
        """The ids of all messages that the store has saved; the table is empty afterwards."""
        with self.database.transaction() as db:
            saved = set(db.exec(select(AnswerRow.message_id)).all())
            db.connection().execute(sqlalchemy.delete(AnswerRow))
        return saved

    def back_to_first_question(self) -> None:
        """The session stands again where it stood when all was prepared."""
        with self.database.transaction() as db:
            row = db.get_one(LiveSessionRow, self.session_id)
            row.module_position, row.step_key, row.phase = self.first.module, self.first.step_key, self.first.phase
            row.round, row.seq = self.first.round, self.first.seq
            later = (col(CueRow.live_session_id) == self.session_id, col(CueRow.seq) > self.first.seq)
            db.connection().execute(sqlalchemy.delete(CueRow).where(*later))

    def empty_lobbies(self) -> None:
        with self.database.transaction() as db:
            db.connection().execute(
                sqlalchemy.delete(ParticipantRow).where(col(ParticipantRow.run_id).in_(self.lobby_ids))
            )


def prepare(settings: Settings, pupils: int, classes: int, lobbies: int = 0, *, is_led: bool = False) -> Prepared:
    """Fill a new database; every class stands at the first question, by itself or led by one live session."""
    chance = random.Random(7)
    now = datetime.now(UTC)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    database.open()
    publish_shipped(database, settings, now)
    with database.transaction() as db:
        groups = _add_classes(db, classes + lobbies, now)
        version_id = _offer_first_lesson(db, now)
        session_id, holder = _open_session(db, version_id, now) if is_led else (0, 0)
        trial = db.begin_nested()
        lobby = _start_lobby(db, groups[0], version_id, now, chance)
        if is_led:
            trial.rollback()  # the class may have one open lesson: the one that follows
            opened = _follow(db, session_id, groups[0], now, chance)
        else:
            opened = _lead_to_first_question(db, lobby["id"], now)
        run_rows = _copy_runs(db, groups, classes, opened, lobby, chance)
        _copy_cues(db, [row["id"] for row in run_rows[1:classes]], run_rows[0]["id"])
        _add_modules(db, [row["id"] for row in run_rows[1:]], version_id)
        teachers = _sign_teachers_in(db, groups, now)
        open_runs = run_rows[:classes]
        keys = _add_pupils(db, open_runs, pupils, now)
        if is_led:
            _lead_all_to_first_question(db, session_id, holder, now)
    with database.reading() as db:
        run = runs.read(db, open_runs[0]["id"])
    place = run.plan.at(run.stage)
    assert place is not None
    assert run.stage.phase == "open"
    seeds = {row["id"]: row["seed"] for row in run_rows}
    cookies = Cookies(settings)
    panels = Panels(Pages(settings), settings)
    return Prepared(
        database=database,
        session_id=session_id,
        holder=holder,
        first=run.stage,
        seats=[
            PreparedSeat(number, run_id, cookies.sign(f"{run_id}-{key}"), asking_name(seeds[run_id], place))
            for number, (run_id, key) in enumerate(keys)
        ],
        run_ids=[row["id"] for row in open_runs],
        teachers={row["id"]: teachers[row["class_group_id"]] for row in run_rows},
        lobby_codes=[row["join_code"] for row in run_rows[classes:]],
        lobby_ids=[row["id"] for row in run_rows[classes:]],
        stage=panels.render("pupil", "stage", look(database, run.id)),
    )


def _insert(db: Db, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.connection().execute(sqlalchemy.insert(table), rows)


def _add_classes(db: Db, count: int, now: datetime) -> list[int]:
    programme_id = directory.add_programme(
        db, ProgrammeRow(slug="bench", name="Bench", area="Bench", starts_on=now.date(), ends_on=date(2099, 7, 23))
    )
    school_id = directory.add_school(db, programme_id, SchoolRow(reference="B01", name="Bench Primary School"))
    _insert(
        db,
        ClassGroupRow,
        [
            {
                "programme_id": programme_id,
                "school_id": school_id,
                "label": f"6-{number:04d}",
                "year_group": 6,
                "on_roll": LARGEST_CLASS,
                "usual_mode": "devices",
            }
            for number in range(count)
        ],
    )
    found = db.exec(select(ClassGroupRow.id).order_by(col(ClassGroupRow.label))).all()
    return [one for one in found if one is not None]


def _offer_first_lesson(db: Db, now: datetime) -> int:
    key, agencies = lessons.all_newest(db)[0]
    lessons.offer(db, 1, key, 0)
    for agency in agencies:
        directory.take_part(db, 1, directory.agency_of(db, agency), now)
    return lessons.offered(db, 1)[0][0]


def _open_session(db: Db, version_id: int, now: datetime) -> tuple[int, int]:
    """The live session, in its lobby, and the account that leads it."""
    holder = accounts.add_account(db, "bench@sia.example", "Bench", "")
    agency_id = db.exec(select(AgencyRow.id)).first()
    session_id = live_sessions.start(
        db,
        1,
        [version_id],
        questions=8,
        account_id=holder,
        agency_id=agency_id,
        planned_minutes=60,
        seed="bench",
        now=now,
    )
    return session_id, holder


def _follow(db: Db, session_id: int, group_id: int, now: datetime, chance: random.Random) -> dict[str, Any]:
    """The row of a real run that follows."""
    session = live_sessions.read(db, session_id)
    run_id = live_sessions.check_in(db, session, group_id, present=None, now=now, choose=chance.choice)
    runs.rejoin(db, runs.read(db, run_id), epoch=0, by="teacher", now=now)
    return db.get_one(RunRow, run_id, populate_existing=True).model_dump()


def _start_lobby(db: Db, group_id: int, version_id: int, now: datetime, chance: random.Random) -> dict[str, Any]:
    """The row of a real run alone, in its lobby."""
    run_id = runs.start(
        db, group_id, [version_id], questions=8, kind="lesson", present=None, seed="lobby", now=now,
        choose=chance.choice,
    )  # fmt: skip
    return db.get_one(RunRow, run_id).model_dump()


def _lead_to_first_question(db: Db, run_id: int, now: datetime) -> dict[str, Any]:
    """The row of a run alone, at its first open question."""
    for _ in range(20):
        run = runs.read(db, run_id)
        if run.stage.phase == "open":
            break
        runs.give(db, run, "next", seq=run.stage.seq, epoch=run.epoch, by="teacher", now=now)
    row = db.get_one(RunRow, run_id)
    db.refresh(row)
    return row.model_dump()


def _lead_all_to_first_question(db: Db, session_id: int, holder: int, now: datetime) -> None:
    for _ in range(20):
        session = live_sessions.read(db, session_id)
        if session.stage.phase == "open":
            return
        live_sessions.give(
            db, session, "next", seq=session.stage.seq, holder_epoch=session.holder_epoch, by=holder, now=now
        )


def _copy_runs(
    db: Db, groups: list[int], classes: int, opened: dict[str, Any], lobby: dict[str, Any], chance: random.Random
) -> list[dict[str, Any]]:
    """One run for each class group: those at the question, then those in the lobby. The first is there."""
    codes: set[str] = {opened["join_code"]}
    rows = []
    for number, group_id in enumerate(groups[1:], start=1):
        code = joining.new_code(chance.choice)
        while code in codes:
            code = joining.new_code(chance.choice)
        codes.add(code)
        new = {"class_group_id": group_id, "join_code": code}
        row = (opened if number < classes else lobby) | new
        if row["live_session_id"] is None:
            row["seed"] = f"bench-{number}"
        rows.append({name: value for name, value in row.items() if name != "id"})
    _insert(db, RunRow, rows)
    found = db.exec(select(RunRow).order_by(col(RunRow.class_group_id))).all()
    return [row.model_dump() for row in found]


def _copy_cues(db: Db, run_ids: list[int], led_id: int) -> None:
    cues = [row.model_dump(exclude={"id"}) for row in db.exec(select(CueRow).where(CueRow.run_id == led_id)).all()]
    _insert(db, CueRow, [cue | {"run_id": run_id} for run_id in run_ids for cue in cues])


def _add_modules(db: Db, run_ids: list[int], version_id: int) -> None:
    _insert(db, RunModuleRow, [{"run_id": run_id, "position": 0, "version_id": version_id} for run_id in run_ids])


def _sign_teachers_in(db: Db, groups: list[int], now: datetime) -> dict[int, str]:
    """Class group -> cookie of a browser that has opened its class link."""
    keys = {group_id: new_key() for group_id in groups}
    links = [
        {
            "token_hash": directory.hashed(f"link-{group_id}"),
            "class_group_id": group_id,
            "expires_on": date(2099, 7, 23),
        }
        for group_id in groups
    ]
    _insert(db, ClassLinkRow, links)
    link_ids = {row.class_group_id: row.id for row in db.exec(select(ClassLinkRow)).all()}
    _insert(
        db,
        ClassSignInRow,
        [
            {"key_hash": directory.hashed(key), "class_link_id": link_ids[group_id], "opened_at": now}
            for group_id, key in keys.items()
        ],
    )
    return {group_id: f"sia_class={key}" for group_id, key in keys.items()}


def _add_pupils(db: Db, open_runs: list[dict[str, Any]], pupils: int, now: datetime) -> list[tuple[int, str]]:
    """(run, key) of every seat, class by class."""
    adjectives, animals = alias_words()
    keys, rows = [], []
    for place, run in enumerate(open_runs):
        size = pupils // len(open_runs) + (place < pupils % len(open_runs))
        for number in range(size):
            key = new_key()
            keys.append((run["id"], key))
            rows.append(
                {
                    "run_id": run["id"],
                    "kind": "device",
                    "alias": f"{adjectives[number % len(adjectives)]} {animals[number]}",
                    "key_hash": directory.hashed(key),
                    "deals": 1,
                    "joined_at": now,
                    "last_at": now,
                }
            )
    _insert(db, ParticipantRow, rows)
    return keys
