"""What handlers are given: the parts of the app, and who asks."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Form, Path, Request
from starlette.requests import HTTPConnection

from app.documents.mail import MailServer
from app.domain.errors import DomainError, NotAllowed, NotFound
from app.domain.people import Phone, Staff, Teacher
from app.domain.presenter import Presenter
from app.live.answer_writer import AnswerWriter
from app.live.bus import Bus, LoneBus
from app.live.consoles import Consoles
from app.live.demo_classes import DemoClasses
from app.live.inbox import Inbox
from app.live.joiner import Joiner
from app.live.rehearsals import Rehearsals
from app.live.rooms import Rooms
from app.live.turns import Turns
from app.settings import Settings
from app.store import accounts, directory, pairings, presenters, runs
from app.store.database import Database
from app.store.participants import Guest
from app.store.runs import OpenRun
from app.web.exports import Exports
from app.web.security import Cookies, Throttle
from app.web.wrong_passwords import WrongPasswords

if TYPE_CHECKING:  # they stand on pages, which stand on this
    from app.web.panels import Panels
    from app.web.provider import Provider

LARGEST_ID = 2**31 - 1
"""A database takes no greater number."""


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass
class Parts:
    """Everything that `main` puts together."""

    settings: Settings
    database: Database
    rooms: Rooms
    panels: "Panels"
    consoles: Consoles
    writer: AnswerWriter
    joiner: Joiner
    inbox: Inbox
    rehearsals: Rehearsals
    compile_pages: Callable[[], None]
    cookies: Cookies
    provider: "Provider"
    names: tuple[Sequence[str], Sequence[str]]
    """Adjectives and animals of which aliases are dealt."""
    bus: Bus = field(default_factory=LoneBus)
    turns: Turns = field(default_factory=Turns)
    demo_links: Callable[[], list[dict[str, str]]] = list
    demo_classes: DemoClasses | None = None
    """In the demo alone."""
    mail: MailServer | None = None
    """None: letters are printed."""
    clock: Callable[[], datetime] = now_utc
    choose: Callable[[Sequence[str]], str] = secrets.choice
    wrong_codes: Throttle = field(default_factory=lambda: Throttle(120, 300))
    wrong_passwords: WrongPasswords = field(default_factory=WrongPasswords)
    wrong_keys: Throttle = field(default_factory=lambda: Throttle(30, 300))
    exports: Exports = field(default_factory=Exports)


def parts(connection: HTTPConnection) -> Parts:
    found: Parts = connection.app.state.parts
    return found


async def _parts(connection: HTTPConnection) -> Parts:
    """Async, for FastAPI sends every other dependency to a thread and back."""
    return parts(connection)


App = Annotated[Parts, Depends(_parts)]


def address_of(connection: HTTPConnection) -> str:
    """The caller's address, for throttling failures only; never stored."""
    return connection.client.host if connection.client else "unknown"


class SignInNeeded(NotAllowed):
    """A staff page was asked for without a sign-in."""


class SecondFactorNeeded(NotAllowed):
    """A coordinator has signed in, but has no second factor yet."""


class ClassLinkNeeded(NotAllowed):
    """A teacher's page was asked for by a browser that has not opened a class link."""


class SeatNeeded(NotFound):
    """A pupil's page was asked for without a seat."""


def staff(request: Request, app: App) -> Staff:
    """Who is signed in. Raises SignInNeeded, or SecondFactorNeeded before a coordinator has set one up."""
    found = newcomer(request, app)
    if _lacks_second_factor(found, app):
        raise SecondFactorNeeded("Please set up your second step first.")
    return found


def newcomer(request: Request, app: App) -> Staff:
    """Who is signed in, be it without the second factor that they need. Raises SignInNeeded."""
    found = signed_in(request, app)
    if found is None:
        raise SignInNeeded("Please sign in.")
    return found


def staff_or_none(connection: HTTPConnection, app: Parts) -> Staff | None:
    found = signed_in(connection, app)
    return None if found is None or _lacks_second_factor(found, app) else found


def signed_in(connection: HTTPConnection, app: Parts) -> Staff | None:
    key = staff_key(connection, app)
    now = app.clock()
    if key:
        with app.database.reading() as db:
            found, is_stale = accounts.staff_by_key(db, key, now), accounts.is_stale_sign_in(db, key, now)
        if found is not None and is_stale:
            with app.database.transaction() as db:
                accounts.touch_sign_in(db, key, now)
        return found
    return None


def staff_key(connection: HTTPConnection, app: Parts) -> str:
    """The key of this browser's sign-in; empty when it has none."""
    return connection.cookies.get(app.cookies.name("staff"), "")


def _lacks_second_factor(who: Staff, app: Parts) -> bool:
    return app.settings.second_factor_is_a_must and who.is_coordinator and not who.has_second_factor


def teacher(connection: HTTPConnection, app: App) -> Teacher:
    """The class group whose link this browser opened. Raises ClassLinkNeeded."""
    found = teacher_or_none(connection, app)
    if found is None:
        raise ClassLinkNeeded("Open your class link first: it is in your letter or e-mail.")
    return found


def teacher_or_none(connection: HTTPConnection, app: Parts) -> Teacher | None:
    key = connection.cookies.get(app.cookies.name("class"))
    if not key:
        return None
    with app.database.reading() as db:
        return directory.teacher_by_key(db, key, app.clock())


def _phone(connection: HTTPConnection, app: Parts) -> Phone | None:
    key = connection.cookies.get(app.cookies.name("phone"))
    if not key:
        return None
    with app.database.reading() as db:
        row = pairings.of_phone(db, key)
    return Phone(run_id=row.run_id) if row is not None and row.confirmed_at is not None else None


@dataclass(frozen=True)
class Leader:
    """A teacher's browser or paired phone, and the run it leads."""

    actor: Teacher | Phone
    run: OpenRun

    @property
    def name(self) -> str:
        """How the cue list names who gave an order."""
        return "phone" if isinstance(self.actor, Phone) else "teacher"

    @property
    def page(self) -> str:
        """Where whoever gave an order came from."""
        return "/class/run/controls" if isinstance(self.actor, Phone) else "/class/run/screen"


def leader(connection: HTTPConnection, app: App) -> Leader:
    """The open run that this browser leads. Raises ClassLinkNeeded, or NotFound when none is open."""
    found = leader_or_none(connection, app)
    if found is None:
        raise NotFound("No lesson is open. Start one from Today.")
    return found


def leader_or_none(connection: HTTPConnection, app: Parts) -> Leader | None:
    actor = teacher_or_none(connection, app)
    with app.database.reading() as db:
        if actor is not None:
            run = runs.open_of_class(db, actor.class_group_id)
            return Leader(actor, run) if run else None
        phone = _phone(connection, app)
        if phone is None:
            raise ClassLinkNeeded("Open your class link first: it is in your letter or e-mail.")
        return Leader(phone, runs.read(db, phone.run_id))


@dataclass(frozen=True)
class AtConsole:
    """A presenter who has opened the console of a live session."""

    session_id: int
    presenter: Presenter
    key: str
    """Of the sign-in: the console's socket ends with it."""


def at_console(
    session_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    request: Request,
    app: App,
    who: Annotated[Staff, Depends(staff)],
) -> AtConsole:
    """Raises SignInNeeded, or NotFound for whoever presents nothing here."""
    return _at_console(request, app, who, session_id)


def at_console_or_none(connection: HTTPConnection, app: Parts, session_id: int) -> AtConsole | None:
    """The same for a socket."""
    who = staff_or_none(connection, app)
    try:
        return None if who is None else _at_console(connection, app, who, session_id)
    except DomainError:
        return None


def _at_console(connection: HTTPConnection, app: Parts, who: Staff, session_id: int) -> AtConsole:
    with app.database.reading() as db:
        presenter = presenters.one(db, session_id, who.account_id)
        if not presenters.is_opened(db, session_id):
            raise NotFound("This live session has not been opened yet. Open it from the list of your live sessions.")
    return AtConsole(session_id, presenter, staff_key(connection, app))


@dataclass(frozen=True)
class Seated:
    """A pupil's seat: which run, and who sits there."""

    run_id: int
    guest: Guest


def participant(connection: HTTPConnection, app: App) -> Seated:
    """The pupil's seat behind the signed cookie. Raises SeatNeeded."""
    found = participant_or_none(connection, app)
    if found is None:
        raise SeatNeeded("Type the code on the big screen.")
    return found


def participant_or_none(connection: HTTPConnection, app: Parts) -> Seated | None:
    """As the room knows it, else as the store does."""
    known = seat_as_known(connection, app)
    held = seat_cookie(connection, app)
    if known is not None or held is None:
        return known
    with app.database.reading() as db:
        row = runs.participant_by_key(db, held[1])
    if row is None or row.removed_at is not None:
        return None
    guest = Guest(id=row.id or 0, alias=row.alias or "", key_hash=row.key_hash, deals=row.deals)
    return Seated(row.run_id, guest)


def seat_as_known(connection: HTTPConnection, app: Parts) -> Seated | None:
    """The seat as its open room knows it, without a query; None where only the store can tell."""
    held = seat_cookie(connection, app)
    snapshot = app.rooms.fresh(held[0]) if held else None
    guest = snapshot.guests.get(directory.hashed(held[1])) if held and snapshot else None
    return Seated(held[0], guest) if held and guest else None


def seat_cookie(connection: HTTPConnection, app: Parts) -> tuple[int, str] | None:
    """Run and key of the seat cookie; None when it is missing or was not made here."""
    value = app.cookies.read_signed(connection.cookies.get(app.cookies.name("seat")))
    run_id, _, key = (value or "").partition("-")
    return (int(run_id), key) if run_id.isdigit() and key else None


RowId = Annotated[int, Form(ge=1, le=LARGEST_ID)]
"""A row as a form names it."""
SessionId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
"""A live session as an address names it."""
SignedIn = Annotated[Staff, Depends(staff)]
Newcomer = Annotated[Staff, Depends(newcomer)]
ClassTeacher = Annotated[Teacher, Depends(teacher)]
RunLeader = Annotated[Leader, Depends(leader)]
ConsoleOf = Annotated[AtConsole, Depends(at_console)]
Pupil = Annotated[Seated, Depends(participant)]
