"""The fictional programme of the demo: six agencies, twelve schools, fourteen class groups and their past lessons."""

import json
import secrets
from datetime import date
from pathlib import Path
from typing import TypedDict

from app import demo_results
from app.demo_timetable import plan_next_week
from app.domain.errors import NotAllowed
from app.domain.lesson import Agency
from app.domain.people import Member
from app.main import alias_words
from app.settings import DEMO_MARK, Settings
from app.store import accounts, agencies, directory, lessons
from app.store.database import Database, Db
from app.store.tables import ProgrammeRow, SchoolRow
from app.web.deps import now_utc
from app.web.security import hash_password

AGENCIES = (
    Agency(key="kent-police", name="Kent Police"),
    Agency(key="medway-council", name="Medway Council"),
    Agency(key="kent-fire-and-rescue-service", name="Kent Fire and Rescue Service"),
    Agency(key="rnli", name="RNLI"),
    Agency(key="hm-coastguard", name="HM Coastguard"),
    Agency(key="crimestoppers", name="Crimestoppers"),
)
SCHOOLS = (
    ("D01", "Harrowmarsh Primary School (demo)", "community", (("6H", 30),)),
    ("D02", "Saltern Wharf Primary School (demo)", "academy", (("6A", 29), ("6B", 30))),
    ("D03", "Tidegate Primary School (demo)", "community", (("6", 31),)),
    ("D04", "Wherrywood Primary School (demo)", "community", (("6W", 24),)),
    ("D05", "Marlpit Rise Primary School (demo)", "academy", (("6M", 30),)),
    ("D06", "Bargewell Primary Academy (demo)", "academy", (("6", 28),)),
    ("D07", "Fenbeacon Primary School (demo)", "community", (("6F", 27),)),
    ("D08", "Gannet Street Primary School (demo)", "academy", (("6G", 30), ("6S", 30))),
    ("D09", "Cinder Quay Junior School (demo)", "academy", (("6C", 32),)),
    ("D10", "Oystergreave Primary School (demo)", "community", (("6", 15),)),
    ("D11", "Rushenhithe Primary School (demo)", "community", (("6R", 29),)),
    ("D12", "St Orrin's CE Primary School (demo)", "voluntary aided", (("6O", 26),)),
)
COORDINATOR = ("coordinator@sia.example", "Cora Demo")
PRESENTER = ("kfrs.officer@sia.example", "KFRS Demo Officer")


ADDRESS_FILE, USUAL_ADDRESS = "demo-address", "http://127.0.0.1:8000"


class Links(TypedDict):
    """What the demo's visitors need; written once, when the demo is seeded."""

    class_token: str
    other_class_token: str
    coordinator_password: str
    presenter_password: str


def seed(database: Database, settings: Settings, *, with_results: bool = True) -> None:
    """Fill a new data folder; a folder that holds the demo already is left as it is.

    One transaction, so a start that was cut off is begun anew. Raises NotAllowed for a folder that holds a real
    programme.
    """
    with database.transaction() as db:
        if not accounts.has_accounts(db):
            links = _new_links(settings)
            programme_id = _add_programme(db)
            _add_schools(db, programme_id, links)
            _add_staff(db, programme_id, links)
            plan_next_week(db, programme_id, now_utc())
            if with_results:
                demo_results.add(db, programme_id, alias_words(), now_utc())
        elif (settings.data_dir / DEMO_MARK).exists():  # lessons that came with a newer release
            _offer_lessons(db, directory.programme_by_slug(db, "demo").id or 0)
        else:
            raise NotAllowed(
                f"The folder {settings.data_dir} holds a real programme. "
                "The demo needs a folder of its own: --data-dir"
            )
    database.forget_deleted()


def _new_links(settings: Settings) -> Links:
    """Written, and the folder marked as the demo's, before there is anything in it."""
    links = Links(
        class_token=secrets.token_urlsafe(32),
        other_class_token=secrets.token_urlsafe(32),
        coordinator_password=_three_words(),
        presenter_password=_three_words(),
    )
    place = _links_file(settings)
    place.touch(mode=0o600)
    place.write_text(json.dumps(links, indent=2))
    (settings.data_dir / DEMO_MARK).write_text("This folder holds the demo. Its passwords are no secret.\n")
    return links


def _add_programme(db: Db) -> int:
    programme_id = directory.add_programme(
        db,
        ProgrammeRow(
            slug="demo",
            name="Safety in Action, autumn 2026 (demo)",
            area="Medway (demo)",
            starts_on=date(2026, 11, 2),
            ends_on=date(2027, 7, 23),
            funder="Demo funder",
            funding_stream="Demo stream",
            target_classes=14,
            target_pupils=391,
            holidays=[["2026-12-21", "2027-01-01"], ["2027-02-15", "2027-02-19"], ["2027-03-29", "2027-04-09"]],
        ),
    )
    for agency in AGENCIES:
        agency_id = directory.agency_of(db, agency)
        directory.take_part(db, programme_id, agency_id, now_utc())
        agencies.describe(db, programme_id, agency_id, contact="", vetted_on=date(2026, 10, 1))
    _offer_lessons(db, programme_id)
    return programme_id


def _offer_lessons(db: Db, programme_id: int) -> None:
    for position, (lesson_key, _) in enumerate(lessons.all_newest(db)):
        lessons.offer(db, programme_id, lesson_key, position)


def _add_schools(db: Db, programme_id: int, links: Links) -> None:
    tokens = {("D01", "6H"): links["class_token"], ("D02", "6A"): links["other_class_token"]}
    for reference, name, kind, classes in SCHOOLS:
        row = SchoolRow(reference=reference, name=name, kind=kind, district="Medway", is_demo=True)
        school_id = directory.add_school(db, programme_id, row)
        for label, on_roll in classes:
            group_id = directory.add_class_group(db, programme_id, school_id, label, on_roll)
            if token := tokens.get((reference, label)):
                directory.make_class_link(db, directory.class_group(db, group_id), token)


def _add_staff(db: Db, programme_id: int, links: Links) -> None:
    cora = accounts.add_account(db, *COORDINATOR, hash_password(links["coordinator_password"]))
    accounts.add_membership(db, cora, Member(role="coordinator", programme_id=programme_id))
    officer = accounts.add_account(db, *PRESENTER, hash_password(links["presenter_password"]))
    fire = directory.agency_by_slug(db, "kent-fire-and-rescue-service")
    accounts.add_membership(db, officer, Member(role="presenter", agency_id=fire.id))


def read_links(settings: Settings) -> Links:
    """Raises NotAllowed when the folder holds no demo."""
    if not _links_file(settings).exists():
        raise NotAllowed(f"The folder {settings.data_dir} holds no demo yet. Make it with: safety-in-action demo")
    links: Links = json.loads(_links_file(settings).read_text())
    return links


def home_page_links(settings: Settings) -> list[dict[str, str]]:
    """The demo box of the home page."""
    links = read_links(settings)
    return [
        {
            "title": "Teach a class",
            "who": "Teacher of class 6H, Harrowmarsh Primary School (demo)",
            "address": f"/c/{links['class_token']}",
            "login": "",
            "password": "",
            "note": "A class link: no account, no password.",
        },
        {
            "title": "Lead many classes, read an agency's report",
            "who": f"{PRESENTER[1]}, Kent Fire and Rescue Service",
            "address": f"/sign-in?email={PRESENTER[0]}",
            "login": PRESENTER[0],
            "password": links["presenter_password"],
            "note": "Choose Lead a live session and let simulated classes check in, or Lessons to write one.",
        },
        {
            "title": "Run the programme",
            "who": f"{COORDINATOR[1]}, coordinator",
            "address": f"/sign-in?email={COORDINATOR[0]}",
            "login": COORDINATOR[0],
            "password": links["coordinator_password"],
            "note": "Sets up schools, classes and letters, reads every agency's report.",
        },
    ]


def for_scripts(settings: Settings) -> dict[str, object]:
    """Class link, join address and sign-ins, as `demo-links --json` prints them."""
    links = read_links(settings)
    base = settings.base_address
    return {
        "class_link": f"{base}/c/{links['class_token']}",
        "other_class_link": f"{base}/c/{links['other_class_token']}",
        "join_address": f"{base}/join",
        "sign_in_address": f"{base}/sign-in",
        "presenter": {"email": PRESENTER[0], "password": links["presenter_password"]},
        "coordinator": {"email": COORDINATOR[0], "password": links["coordinator_password"]},
        "agency_report": f"{base}/reports/agencies/kent-fire-and-rescue-service",
    }


def note_address(settings: Settings) -> None:
    """Where this demo is served, so that simulated pupils of the same data folder find it on any port."""
    (settings.data_dir / ADDRESS_FILE).write_text(f"{settings.base_address}\n")


def address_of(data_dir: Path) -> str:
    """Where the demo of a data folder was served last; the usual address when none was."""
    place = data_dir / ADDRESS_FILE
    return place.read_text().strip() if place.exists() else USUAL_ADDRESS


def _links_file(settings: Settings) -> Path:
    return settings.data_dir / "demo-links.json"


def _three_words() -> str:
    """A password that a person can type: three of our own words and two digits."""
    words = (
        "Lantern",
        "Harbour",
        "Pebble",
        "Kettle",
        "Meadow",
        "Anchor",
        "Window",
        "Puddle",
        "Ladder",
        "Bramble",
        "Signal",
        "Teapot",
    )
    return "".join(secrets.choice(words) for _ in range(3)) + str(secrets.randbelow(90) + 10)
