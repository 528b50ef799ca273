"""A live session with all who take part in it, and what the store must have of it afterwards."""

from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Page
from sqlmodel import select

from app.store import accounts, bookings, directory, live_sessions, participation, runs
from app.store.database import Database
from app.store.live_sessions import OpenSession
from app.store.tables import AnswerRow, ParticipantRow, SecretCountRow
from tests.faults.proxy import Proxy
from tests.journeys.console_watch import ConsoleWatch
from tests.journeys.led_classes import LedClass
from tests.served import Visitor

AGENCIES = ("kent-fire-and-rescue-service", "kent-police")


@dataclass
class Hour:
    """A live session of the programme, and all who take part in it."""

    database: Database
    proxy: Proxy
    """The link of the presenter."""
    classes: list[LedClass]
    in_full: bool
    """Clicks and taps all the way; else most of the lesson goes by plain orders, which is faster."""
    console: Page
    session_id: int
    police: Visitor
    screen: Page
    pupil: Page = field(init=False)
    watch: ConsoleWatch = field(init=False)

    @property
    def thinks(self) -> float:
        """Seconds for which a question stays open."""
        return 2 if self.in_full else 0.3

    @property
    def alone(self) -> list[LedClass]:
        return self.classes[:3]

    @property
    def holding(self) -> list[LedClass]:
        return self.classes[3:5]

    @property
    def waiting(self) -> list[LedClass]:
        """The last of them is the real one."""
        return self.classes[5:]

    @property
    def real(self) -> LedClass:
        return self.classes[-1]

    @property
    def simulated(self) -> list[LedClass]:
        return self.classes[:-1]

    @property
    def session(self) -> OpenSession:
        with self.database.reading() as db:
            return live_sessions.read(db, self.session_id)


def account_of(hour: Hour, email: str) -> int:
    with hour.database.reading() as db:
        account = accounts.account_by_email(db, email)
        assert account is not None
        return account.id or 0


def every_class_has_its_own_answers_and_record(hour: Hour) -> None:
    """What each class was told is saved is stored once, in its own run; nothing else is."""
    with hour.database.reading() as db:
        found = runs.read_many(db, [one.run_id for one in hour.classes])
        for one in hour.classes:
            told, secret = one.acknowledged(found[one.run_id])
            joined = select(ParticipantRow.id).where(ParticipantRow.run_id == one.run_id)
            rows = db.exec(select(AnswerRow).where(AnswerRow.run_id == one.run_id)).all()
            counted = db.exec(select(SecretCountRow.n).where(SecretCountRow.run_id == one.run_id)).all()
            assert {row.participant_id for row in rows} <= set(db.exec(joined).all())
            assert Counter((row.step_key, row.choice) for row in rows) == told
            assert sum(counted) == secret
            assert told.total() > 5 * one.pupils
            [record] = participation.records_of(db, one.run_id)
            devices = one.pupils + (one is hour.real)
            assert (record.present, record.devices_joined) == (one.present, devices)
            assert record.answers_counted == told.total() + secret
            assert 0 < record.minutes <= 20
            assert record.status != "head_count_missing"
            assert set(record.steps_shown) >= {"before", "before.F1", "hook", "scenario", "poll", "quiz", "pledge"}
            assert "take-home" in record.steps_shown
        states = {one.state for one in bookings.of_sessions(db, [hour.session_id])[hour.session_id]}
        assert states == {"attended"}


def each_agency_has_its_part(hour: Hour) -> None:
    """The fire service leads and presents everywhere; the police present to every class that followed meanwhile."""
    ids = {one.run_id for one in hour.classes}
    with hour.database.reading() as db:
        roles = []
        for slug in AGENCIES:
            agency = directory.agency_by_slug(db, slug)
            rows = participation.for_agency(db, agency.id or 0)
            roles.append({row.run_id: row.role for row in rows if row.run_id in ids})
    assert roles[0] == dict.fromkeys(ids, "leads and presents")
    assert roles[1] == dict.fromkeys(ids - {hour.alone[0].run_id}, "presents")
