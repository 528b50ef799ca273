"""Every address, every role, the own object and a foreign one: who is let in, and that nobody else changes any."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import col, select

from app.domain.partner_figure import PartnerFigure
from app.domain.people import Member, Staff, Teacher
from app.domain.presenter import Presenter
from app.settings import Settings
from app.store import (
    accounts,
    api_tokens,
    class_links,
    consent,
    directory,
    lessons,
    participants,
    partner_figures,
    programmes,
    runs,
)
from app.store.participants import Guest
from app.store.runs import OpenRun
from app.store.tables import (
    BookingRow,
    ClassLinkRow,
    ClassSignInRow,
    InvitationRow,
    LessonRow,
    ModuleRow,
    ProgrammeAgencyRow,
    ProgrammeRow,
    SchoolRow,
    SignInRow,
)
from app.web import deps
from app.web.deps import AtConsole, Leader, Seated
from tests.authors import forms_on
from tests.cast import CORA, FAY, PAUL, PRIYA, THEO_LINK, World, add_staff
from tests.classroom import Classroom
from tests.planning import presenter_value
from tests.policies import ANYONE, FORMS, NAMES, OF, OF_PLANNED, POLICIES, ROLES, STAFF, WITHIN, Policy
from tests.served import ServedWorld
from tests.test_docs import addresses
from tests.web.test_own_media import add
from tests.web.test_pairing import number_on, paired, token_on

pytestmark = pytest.mark.slow
DOORS = ("/sign-in", "/join", "/account/second-factor")
TURNED_AWAY = (
    "Open your class link first",
    "We could not find that account",
    "Only a coordinator can begin a programme",
    "Only a coordinator sees what was done",
    "We could not find that agency",
    "We could not find that booking",
    "We could not find that browser",
    "We could not find that class",
    "We could not find that invitation",
    "We could not find that lesson",
    "We could not find that live session",
    "We could not find that picture",
    "We could not find that request",
    "We could not find that key",
    "We could not find that figure",
    "We could not find that agency",
    "We could not find that programme or agency",
    "We could not find that programme",
    "We could not find that school",
    "A fact is signed by",
    "Lessons are retired by the coordinator",
    "Somebody else holds the console",
    "That file is not here any more",
    "That seat is not in this lesson",
    "This browser is signed out already",
    "are written by the",
    "whose members edit it",
    "your account is of none",
)
"""Words of the refusals that are about who asks."""
QUESTIONS, SCHOOLS = b"Question,Answer 1\n", b"School,Class\nHill School (demo),6Z\n"
FILES = {
    "POST /author/brought": QUESTIONS,
    "POST /author/media": QUESTIONS,
    "POST /programmes/brought": SCHOOLS,
}
FIRE = "Kent Fire and Rescue Service"
PLAIN = {"accept-encoding": "identity"}
OLGA = "olga@sia.example"


@dataclass
class Stage:
    """The world with an object of everybody's, and the cookies of every role."""

    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = self.world.browser()
        self.file = sqlite3.connect(self.world.folder / "safety-in-action.db")
        self.pristine = sqlite3.connect(":memory:")

    def freeze(self) -> None:
        self.file.backup(self.pristine)
        self.changes = self._version()

    def has_changed(self) -> bool:
        """Whether anything was committed since the last look; then all is put back as it was."""
        if self._version() == self.changes:
            return False
        self.pristine.backup(self.file)
        self.changes = self._version()
        return True

    def _version(self) -> int:
        found: int = self.file.execute("PRAGMA data_version").fetchone()[0]
        return found

    def call(self, route: str, role: str, thing: dict[str, str]) -> Response:
        method, _, path = route.partition(" ")
        thing = thing | {"session_id": thing["planned"]} if route in OF_PLANNED else thing
        sent = {name: str(value).format(**thing) for name, value in FORMS.get(route, {}).items()}
        address = path.format(**thing, name=NAMES.get(route, "").format(**thing))
        options: dict[str, Any] = {"params": sent} if method == "GET" else {"data": sent}
        if route in FILES:
            options["files"] = {"file": ("words.csv", FILES[route], "text/csv")}
        self.client.cookies.clear()
        return self.client.request(method, address, headers=PLAIN | {"cookie": self.cookies[role]}, **options)


def is_let_in(answer: Response) -> bool:
    if answer.status_code == 303:
        return answer.headers["location"] not in DOORS
    if answer.status_code in (401, 410):  # no key, no seat
        return False
    if answer.status_code in (403, 404):
        return not any(words in answer.text for words in TURNED_AWAY)
    return True


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("permissions")
    with World(folder / "data", options=four_lessons(folder / "content") | {"network_check_seconds": 0}) as world:
        stage = Stage(world)
        build(stage)
        stage.freeze()
        yield stage


LESSONS = (
    ("fire", FIRE, "FIR-"),
    ("police", "Kent Police", "POL-"),
    ("far", "Far Rescue", "FAR-"),
    ("spare", "Spare Rescue", "SPA-"),
)


def four_lessons(folder: Path) -> dict[str, Any]:
    """The fire lesson, and the same of the police, of an agency of the other programme, and of one in neither."""
    shipped, places = Settings(), {"lessons_dir": folder / "lessons", "quizzes_dir": folder / "quizzes"}
    for place in places.values():
        place.mkdir(parents=True)
    (folder / "lessons" / "pictures").symlink_to(shipped.lessons_dir / "pictures")
    lesson = (shipped.lessons_dir / "fire.md").read_text()
    quiz = (shipped.quizzes_dir / "fire.yaml").read_text()
    for key, lead, facts in LESSONS:
        text = lesson.replace("quiz: fire", f"quiz: {key}").replace(
            "lead: Kent Fire and Rescue Service", f"lead: {lead}"
        )
        (folder / "lessons" / f"{key}.md").write_text(text.replace("FIR-", facts))
        (folder / "quizzes" / f"{key}.yaml").write_text(quiz.replace("FIR-", facts))
    return places


def build(stage: Stage) -> None:
    world = stage.world
    other, far = elsewhere(world)
    with world.parts.database.reading() as db:
        ((far_version, _),) = lessons.offered(db, other)
    tess, theo = world.teacher(), world.teacher(THEO_LINK)
    ended = []
    for teacher in (tess, theo):
        taught = world.start(teacher)
        world.go_to(teacher, taught, "before.F1")
        world.finish(teacher)
        ended.append(taught.id)
    _, run, phone = paired(world)
    theos = world.start(theo)
    pupil, _ = world.pupil(run), world.pupil(theos)
    staff = {email: world.staff(email) for email in (PRIYA, PAUL, CORA, OLGA, FAY)}
    browsers = {
        "nobody": world.browser(),
        "pupil": pupil,
        "teacher": tess,
        "phone": phone,
        "presenter": staff[PRIYA],
        "other_presenter": staff[PAUL],
        "coordinator": staff[CORA],
        "other_coordinator": staff[OLGA],
        "disabled": staff[FAY],
    }
    stage.cookies = {
        role: "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        for role, browser in browsers.items()
    }
    same = {"code": run.code, "token": "invented-token", "panel": "stage", "path": "style.css", "part": "hook"}
    same |= {"question": "F1", "pair": "1..1", "picture": "0", "paper": "worksheet"}
    same |= {"kind": "csv"}
    same |= {"spare_lesson": str(lesson_id(world, "spare")), "spare_agency": agency_id(world, "spare-rescue")}
    stage.own = same | things(stage, staff[PRIYA], PRIYA, "fire", "kent-fire-and-rescue-service", FAY)
    stage.foreign = same | things(stage, staff[PAUL], PAUL, "police", "kent-police", "ola@sia.example")
    stage.own |= {"slug": "town", "programme": "1", "class_group_id": "1", "school_id": "1", "run_id": str(ended[0])}
    stage.own |= {"ended": str(ended[0]), "fact": "FIR-02", "agency_id": agency_id(world, "medway-council")}
    priyas = {"presenter": presenter_value(world, PRIYA), "part": "all"}
    stage.own |= in_timetable(world, staff[CORA], stage.own, "fire", **priyas)
    stage.foreign |= far | {
        "slug": "other",
        "programme": str(other),
        "version_id": str(far_version),
        "ended": str(ended[1]),
        "fact": "POL-02",
    }
    stage.own |= beside_reports(world, 1, "kent-fire-and-rescue-service")
    stage.foreign |= beside_reports(world, other, "far-rescue", key_of="kent-police")
    stage.foreign |= in_timetable(world, staff[OLGA], stage.foreign, "far")
    with world.parts.database.transaction() as db:
        accounts.one(db, account_of(world, FAY)).disabled_at = world.clock.now
    for thing, opened in ((stage.own, run), (stage.foreign, theos)):
        with world.parts.database.reading() as db:
            thing["seat"] = str(participants.crowd(db, opened.id)[0].id)


def elsewhere(world: World) -> tuple[int, dict[str, str]]:
    """The programme `other` with a lesson, an agency, a school and a class of its own."""
    far_lesson, spare_lesson = lesson_id(world, "far"), lesson_id(world, "spare")
    with world.parts.database.transaction() as db:
        today = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Other", area="Elsewhere", starts_on=today, ends_on=date(2027, 7, 23))
        other = directory.add_programme(db, row)
        school = directory.add_school(db, other, SchoolRow(reference="X1", name="Far School (demo)"))
        group = directory.add_class_group(db, other, school, "6X", 20)
        link = directory.class_group(db, group)
        class_links.make(db, link, secret=world.settings.secret(), seed="far", now=world.clock.now)
        add_staff(db, OLGA, "Olga", Member(role="coordinator", programme_id=other))
        add_staff(db, "ola@sia.example", "Ola", Member(role="coordinator", programme_id=other))
        for lesson in (far_lesson, spare_lesson):
            programmes.take_out(db, 1, lesson)
        programmes.offer(db, other, [far_lesson], world.clock.now)
        for agency in ("kent-fire-and-rescue-service", "kent-police"):  # asked, which opens nothing
            consent.ask(db, other, directory.agency_by_slug(db, agency).id or 0, world.clock.now)
        link_id = db.exec(select(ClassLinkRow.id).where(ClassLinkRow.class_group_id == group)).one()
        directory.open_class_link(db, link_id or 0, "a-browser-far-away", world.clock.now)
        versions = [version_id for version_id, _ in lessons.offered(db, other)]
    classroom = Classroom(world.parts.database, world.clock)
    far_run = classroom.start(group, versions)
    classroom.go_to(far_run, "before.F1")
    classroom.finish(far_run)
    far = {"school_id": str(school), "class_group_id": str(group), "run_id": str(far_run)}
    return other, far | {"agency_id": agency_id(world, "far-rescue")}


def in_timetable(
    world: World, coordinator: TestClient, thing: dict[str, str], key: str, **led: str
) -> dict[str, str]:
    """A live session in twenty minutes with a class booked, a list that was brought, a browser with a class link."""
    of = f"/programmes/{thing['slug']}"
    lesson = str(lesson_id(world, key))
    with world.parts.database.reading() as db:
        wanted = (ModuleRow.programme_id == int(thing["programme"]), ModuleRow.lesson_id == int(lesson))
        module = str(db.exec(select(ModuleRow.id).where(*wanted)).one())
    plan = {"on": "2026-11-03", "at": "10:20", "minutes": "45", "questions": "8", "module_id": module, "place": "1"}
    answer = coordinator.post(f"{of}/timetable/new", data=plan | led)
    assert answer.status_code == 303, answer.text
    planned = answer.headers["location"].rpartition("/")[2]
    coordinator.post(f"{of}/timetable/{planned}/bookings", data={"class_group_id": thing["class_group_id"]})
    files = {"file": ("schools.csv", SCHOOLS, "text/csv")}
    brought = coordinator.post("/programmes/brought", data={"programme": thing["slug"]}, files=files)
    with world.parts.database.reading() as db:
        booking = db.exec(select(BookingRow.id).where(BookingRow.live_session_id == int(planned))).one()
        browser = db.exec(
            select(ClassSignInRow.id)
            .join(ClassLinkRow, col(ClassLinkRow.id) == ClassSignInRow.class_link_id)
            .where(ClassLinkRow.class_group_id == int(thing["class_group_id"]))
        ).first()
    return {
        "planned": planned,
        "booking_id": str(booking),
        "brought_list": brought.headers["location"].rpartition("/")[2],
        "browser": str(browser),
        "module": module,
        "lesson": lesson,
    }


def beside_reports(world: World, programme: int, agency: str, key_of: str = "") -> dict[str, str]:
    """An agency that reports a figure of its other work, and a key of the same agency or of another."""
    reporting, keyed = int(agency_id(world, agency)), int(agency_id(world, key_of or agency))
    figure = PartnerFigure(label="Homes visited", amount=12, period="2026", source="Records")
    with world.parts.database.transaction() as db:
        cora, now = account_of(world, CORA), world.clock.now
        figure_id = partner_figures.add(db, programme, reporting, figure, cora, now)
        key_id = api_tokens.make(db, f"{agency}-key", "One", programme_id=None, agency_id=keyed, by=cora, now=now)
    made = {"figure": figure_id, "key_id": key_id, "reporting": reporting, "opens": f"agency-{keyed}"}
    return {name: str(value) for name, value in made.items()}


def lesson_id(world: World, key: str) -> int:
    with world.parts.database.reading() as db:
        return db.exec(select(LessonRow.id).where(LessonRow.key == key)).one() or 0


def agency_id(world: World, slug: str) -> str:
    with world.parts.database.reading() as db:
        return str(directory.agency_by_slug(db, slug).id)


def things(stage: Stage, client: TestClient, email: str, key: str, agency: str, somebody: str) -> dict[str, str]:
    """What belongs to this presenter: a lesson, a live session, a picture, a brought file, an invitation."""
    world = stage.world
    with world.parts.database.reading() as db:
        agency_id = directory.agency_by_slug(db, agency).id or 0
        version_id = next(number for number, lesson in lessons.offered(db, 1) if lesson.key == key)
        sign_in = db.exec(select(SignInRow.id).where(SignInRow.account_id == account_of(world, email))).first()
    led = client.post("/present", data={"programme_id": 1, "version_id": version_id})
    files = {"file": ("words.csv", QUESTIONS, "text/csv")}
    brought = client.post("/author/brought", data={"lesson": key}, files=files)
    invitation = f"{key}@sia.example"
    client.post("/people/invitations", data={"email": invitation, "role": f"presenter-{agency_id}"})
    for folder in (world.folder / "brought").glob("*"):
        (folder / "picture-0").touch()  # as if it had been a file with a picture
    client.post(f"/author/lessons/{key}/order", data={"part": "hook", "by": 1})
    fact = f"/author/lessons/{key}/facts/{'FIR' if key == 'fire' else 'POL'}-02"
    with world.parts.database.reading() as db:
        wanted = (ProgrammeAgencyRow.agency_id == agency_id, col(ProgrammeAgencyRow.accepted_at).is_(None))
        asked = db.exec(select(ProgrammeAgencyRow.id).where(*wanted)).one()
        waiting = db.exec(select(InvitationRow.id).where(col(InvitationRow.email) == invitation)).one()
    medium = add(client, alt=f"Of {key}").json()["name"]
    client.post("/author/media/logo", data={"name": medium})
    return {
        "key": key,
        "version_id": str(version_id),
        "agency": agency,
        "role": f"presenter-{agency_id}",
        "session_id": led.headers["location"].rpartition("/")[2],
        "picture_name": picture_of(client, key),
        "words": forms_on(client.get(fact.rpartition("/")[0]).text)[f"{fact}/sign"]["words"],
        "medium": medium,
        "brought": brought.headers["location"].rpartition("/")[2],
        "invitation": str(waiting),
        "asked": str(asked),
        "account": str(account_of(world, somebody)),
        "sign_in": str(sign_in),
    }


def picture_of(client: TestClient, key: str) -> str:
    """The name that a preview gives to a picture."""
    found = re.search(r"/media/([\w.-]+)\"", client.get(f"/author/lessons/{key}/preview?part=hook").text)
    assert found
    return found[1]


def account_of(world: World, email: str) -> int:
    with world.parts.database.reading() as db:
        row = accounts.account_by_email(db, email)
        assert row is not None
        return row.id or 0


# The matrix


def routes_of(stage: Stage) -> list[str]:
    found = [f"{method} {address}" for address, method in addresses(stage.world.app)]
    return sorted(found)


def wrong_cells(stage: Stage, route: str) -> Iterator[str]:
    """Where the answer is not what the policy says; whoever is turned away must not have changed anything."""
    policy = POLICIES[route]
    for whose, allowed, thing in (("own", policy.own, stage.own), ("foreign", policy.foreign, stage.foreign)):
        for role in _tried(policy, whose) if allowed is not None else ():
            answer = stage.call(route, role, thing)
            let_in, changed = is_let_in(answer), stage.has_changed()
            if let_in != (role in (allowed or ())):
                yield f"{route}: {role}, {whose}: {answer.status_code} {said(answer)}"
            elif answer.status_code >= 500:
                yield f"{route}: {role}, {whose}: {answer.status_code}"
            elif not let_in and changed:
                yield f"{route}: {role}, {whose}: turned away, but something was changed"
            elif let_in and "Something was missing in that form" in answer.text:
                yield f"{route}: {role}, {whose}: what is sent does not reach the guard"


def _tried(policy: Policy, whose: str) -> list[str]:
    """All roles. Where everybody is let in, some; to a foreign object, all who hold something of that kind."""
    if policy == ANYONE:
        return ["nobody", "teacher", "presenter", "disabled"]
    return [role for role in ROLES if whose == "own" or role in STAFF.own or role in policy.own]


def mixed_cells(stage: Stage, route: str) -> Iterator[str]:
    """A coordinator's own programme in the address, and in it somebody else's school, class, session or booking."""
    for role, here, there in (
        ("coordinator", stage.own, stage.foreign),
        ("other_coordinator", stage.foreign, stage.own),
    ):
        answer = stage.call(route, role, there | {"slug": here["slug"], "programme": here["programme"]})
        if answer.status_code not in (403, 404, 422) or stage.has_changed():
            yield f"{route}: {role}, mixed: {answer.status_code} {said(answer)}"


def said(answer: Response) -> str:
    found = re.search(r"<main.*?<p[^>]*>([^<]+)", answer.text, re.DOTALL)
    return answer.headers.get("location") or (found[1] if found else "")


def test_every_address_has_a_policy_and_no_other(stage: Stage) -> None:
    assert set(routes_of(stage)) == set(POLICIES)


def test_everybody_is_let_in_where_the_policy_says_and_nowhere_else(stage: Stage) -> None:
    wrong = [cell for route in routes_of(stage) if not route.startswith("WEB") for cell in wrong_cells(stage, route)]
    assert not wrong, "\n".join(wrong)


def test_a_programme_opens_nothing_that_belongs_to_another_one(stage: Stage) -> None:
    wrong = [cell for route in sorted(WITHIN) for cell in mixed_cells(stage, route)]
    assert not wrong, "\n".join(wrong)


# Sockets


def test_sockets_are_opened_for_whom_their_policies_name(served: ServedWorld) -> None:
    with served.parts.database.transaction() as db:
        today = served.clock.now.date()
        row = ProgrammeRow(slug="other", name="Other", area="Elsewhere", starts_on=today, ends_on=today)
        add_staff(db, OLGA, "Olga", Member(role="coordinator", programme_id=directory.add_programme(db, row)))
    visitors = {role: served.visitor() for role in ROLES}
    tess = visitors["teacher"].open_class().http
    run = served.start(tess)  # type: ignore[arg-type]  # a client is a client
    visitors["pupil"].join(run.code)
    pair_phone(tess, visitors["phone"].http)
    staff = {"presenter": PRIYA, "other_presenter": PAUL, "coordinator": CORA, "other_coordinator": OLGA}
    for role, email in (staff | {"disabled": FAY}).items():
        visitors[role].sign_in(email)
    sessions = [led_by(visitors[role].http) for role in ("presenter", "other_presenter")]
    with served.parts.database.transaction() as db:
        accounts.one(db, account_of(served, FAY)).disabled_at = served.clock.now
    for route, policy in POLICIES.items():
        if not route.startswith("WEBSOCKET") or policy == ANYONE:
            continue
        for allowed, session_id in zip((policy.own, policy.foreign), sessions, strict=True):
            address = route.partition(" ")[2].format(session_id=session_id)
            if allowed is not None:
                opened = {role for role in ROLES if visitors[role].socket(address).next()["kind"] != "bye"}
                assert opened == allowed, route


def pair_phone(tess: Any, phone: Any) -> None:
    phone.post(f"/pair/{token_on(tess.post('/class/run/pair').text)}")
    tess.post("/class/run/pair/confirm", data={"number": number_on(phone.get("/pair/wait").text)})


def led_by(presenter: Any) -> str:
    led: str = presenter.post("/present", data={"programme_id": 1, "version_id": 1}).headers["location"]
    return led.rpartition("/")[2]


# The matrix bites


def is_noticed(stage: Stage, route: str) -> bool:
    return next(wrong_cells(stage, route), None) is not None


def allow(*_: object, **__: object) -> bool:
    return True


STRANGER = Staff(account_id=999, name="Stranger", memberships=())
TESS = Teacher(class_group_id=1, sign_in_id=1)
LESSON, CONSOLE = "/author/lessons/{key}", "/present/{session_id}"


@pytest.mark.parametrize(
    ("where", "noticed"),
    [
        ("people", ["POST /people/disable", "POST /people/invitations", "POST /people/invitations/withdraw"]),
        ("programme_page", [f"GET {OF}", f"GET {OF}/wall", f"POST {OF}/schools", "GET /reports/programmes/{slug}"]),
        ("reports", ["GET /reports/agencies/{agency}", "GET /reports/agencies/{agency}.{kind}"]),
        (
            "author.desk",
            [f"GET {LESSON}", f"POST {LESSON}/details", f"POST {LESSON}/publish", f"POST {LESSON}/retire"],
        ),
        ("author.facts", [f"POST {LESSON}/facts/{{fact}}/sign"]),
    ],
)
def test_a_may_that_allows_everything_is_noticed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str, noticed: list[str]
) -> None:
    monkeypatch.setattr(f"app.web.{where}.may", allow)
    assert [route for route in noticed if not is_noticed(stage, route)] == []


def open_run(request: Request) -> OpenRun:
    with deps.parts(request).database.reading() as db:
        found = runs.open_of_class(db, 1)
        assert found is not None
        return found


def at_any_console(session_id: int) -> AtConsole:
    return AtConsole(session_id, Presenter(account_id=999, name="Stranger", leads_all=True), "")


def leads_any(request: Request) -> Leader:
    return Leader(TESS, open_run(request))


def sits_anywhere(request: Request) -> Seated:
    return Seated(open_run(request).id, Guest(1, "Brave Otter", "x", 1))


@pytest.mark.parametrize(
    ("guard", "everybody", "route"),
    [
        (deps.staff, lambda: STRANGER, "GET /people"),
        (deps.newcomer, lambda: STRANGER, "GET /account/second-factor"),
        (deps.teacher, lambda: TESS, "GET /class"),
        (deps.leader, leads_any, "GET /class/run/controls"),
        (deps.participant, sits_anywhere, "POST /play/alias"),
        (deps.at_console, at_any_console, f"GET {CONSOLE}"),
    ],
)
def test_a_guard_that_lets_everybody_in_is_noticed(stage: Stage, guard: Any, everybody: Any, route: str) -> None:
    overrides = stage.world.app.dependency_overrides
    overrides[guard] = everybody
    try:
        assert is_noticed(stage, route)
    finally:
        overrides.clear()


def test_a_disabled_account_that_is_still_let_in_is_noticed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage.world.parts.database.transaction() as db:
        accounts.enable(db, account_of(stage.world, FAY))
    assert is_noticed(stage, "GET /people")
