"""Staff come in with a password and a code, teachers with a class link, the first coordinator with a set-up link."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.domain.audit import account as the_account
from app.domain.errors import DomainError, Invalid, NotAllowed
from app.domain.lesson import Agency
from app.domain.password import LONGEST, must_be_good
from app.domain.people import Member
from app.domain.programme import slug_of
from app.store import accounts, audit, directory, invitations, lessons, second_factors
from app.store.database import Db
from app.store.tables import AccountRow, ProgrammeRow
from app.web import codes, deps
from app.web.deps import App, Parts
from app.web.pages import Pages, see_other
from app.web.security import hash_password, new_key, password_fits

CLASS_SECONDS = 400 * 24 * 60 * 60
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
MACHINES = (
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Mac OS", "a Mac"),
    ("Linux", "Linux"),
)
WRONG = "That e-mail address and password do not fit together."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_sign_in(router, pages)
    _add_code(router, pages)
    _add_class_link(router, pages)
    _add_set_up(router, pages)
    return router


def _add_sign_in(router: APIRouter, pages: Pages) -> None:
    @router.get("/sign-in")
    def sign_in_page(to: str = "", email: str = "") -> Response:
        return pages.page("sign_in/sign_in.html", email=email[:200], sentence="", to=_own_page(to))

    @router.post("/sign-in")
    def sign_in(
        request: Request,
        app: App,
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        to: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            account = _account_of(request, app, email, password)
        except NotAllowed as refusal:
            shown = {"email": email[:200], "sentence": refusal.sentence, "to": _own_page(to)}
            return pages.page("sign_in/sign_in.html", status=403, **shown)
        return after_first_step(request, app, account, to)

    @router.post("/sign-out")
    def sign_out(request: Request, app: App) -> Response:
        key = deps.staff_key(request, app)
        if key:
            with app.database.transaction() as db:
                accounts.sign_out(db, key)
            app.consoles.check()
        response = see_other("/")
        app.cookies.drop(response, "staff")
        return response


def _account_of(request: Request, app: Parts, email: str, password: str) -> AccountRow:
    """Raises NotAllowed; nothing tells whether the account exists."""
    address = deps.address_of(request)
    app.wrong_passwords.must_not_wait(email, address)  # being told to wait is not another failure
    with app.database.reading() as db:
        account = accounts.account_by_email(db, email)
    fits = password_fits(password[:LONGEST], account.password_hash if account else None)
    if account is None or not fits or account.disabled_at:
        app.wrong_passwords.failed(email, address)
        raise NotAllowed(WRONG)
    return account


def after_first_step(request: Request, app: Parts, account: AccountRow, to: str = "") -> Response:
    """On to the second step where there is one, else in."""
    if account.factor_seed is not None:
        return _ask_for_code(app, account, to)
    with app.database.transaction() as db:
        key = let_in(db, app, request, account)
    app.wrong_passwords.came_in(account.email, deps.address_of(request))
    return came_in(app, key, to)


def let_in(db: Db, app: Parts, request: Request, account: AccountRow) -> str:
    """Sign this browser in, always with a new key; whoever was signed in here is not any more."""
    key, held = new_key(), deps.staff_key(request, app)
    account_id, now = account.id or 0, app.clock()
    if not (held and accounts.is_sign_in_of(db, account_id, held)):
        audit.note(db, now, the_account(account_id), "signed in with a new browser")
    if held:
        accounts.sign_out(db, held)
    accounts.sign_in(db, account_id, key, now, browser_of(request))
    return key


def came_in(app: Parts, key: str, to: str = "") -> Response:
    response = see_other(_own_page(to) or "/programmes")
    app.cookies.set(response, "staff", key)
    return response


def browser_of(request: Request) -> str:
    """What a person would call it, and nothing finer: Firefox on Windows."""
    said = request.headers.get("user-agent", "")
    name = next((name for sign, name in BROWSERS if sign in said), "A browser")
    machine = next((machine for sign, machine in MACHINES if sign in said), "")
    return f"{name} on {machine}" if machine else name


def _own_page(to: str) -> str:
    """Where a sign-in may lead: an invitation, and nowhere else."""
    return to if re.fullmatch(r"/people/invited/[\w-]{20,100}", to) else ""


# The second step


def _ask_for_code(app: Parts, account: AccountRow, to: str) -> Response:
    key = new_key()
    with app.database.transaction() as db:
        accounts.await_code(db, account.id or 0, key, app.clock())
    response = see_other("/sign-in/code" + (f"?to={_own_page(to)}" if _own_page(to) else ""))
    app.cookies.set(response, "code", key)
    return response


def _add_code(router: APIRouter, pages: Pages) -> None:
    @router.get("/sign-in/code")
    def code_page(request: Request, app: App, to: str = "") -> Response:
        if _awaited(request, app) is None:
            return see_other("/sign-in")
        return pages.page("sign_in/code.html", sentence="", to=_own_page(to))

    @router.post("/sign-in/code")
    def check_code(
        request: Request, app: App, code: Annotated[str, Form()] = "", to: Annotated[str, Form()] = ""
    ) -> Response:
        account = _awaited(request, app)
        if account is None:
            return see_other("/sign-in")
        try:
            key = _past_code(request, app, account, code)
        except NotAllowed as refusal:
            shown = {"sentence": refusal.sentence, "to": _own_page(to)}
            return pages.page("sign_in/code.html", status=403, **shown)
        response = came_in(app, key, to)
        app.cookies.drop(response, "code")
        return response


def _awaited(request: Request, app: Parts) -> AccountRow | None:
    key = request.cookies.get(app.cookies.name("code"), "")
    with app.database.reading() as db:
        return accounts.awaiting_code(db, key, app.clock()) if key else None


def _past_code(request: Request, app: Parts, account: AccountRow, typed: str) -> str:
    """The key of the new sign-in. Raises NotAllowed for a wrong code, and for one that was used before."""
    address = deps.address_of(request)
    app.wrong_passwords.must_not_wait(account.email, address)
    key = ""
    with app.database.transaction() as db:
        if code_fits(db, app, account, typed):
            accounts.sign_out(db, request.cookies.get(app.cookies.name("code"), ""))
            key = let_in(db, app, request, account)
    if not key:
        app.wrong_passwords.failed(account.email, address)
        raise NotAllowed("That code does not fit, or was used before. Wait for the next one, and type that.")
    app.wrong_passwords.came_in(account.email, address)
    return key


def code_fits(db: Db, app: Parts, account: AccountRow, typed: str) -> bool:
    """A code of the app, or a recovery code; each opens the door once."""
    account_id, now = account.id or 0, app.clock()
    secret = codes.secret_of(app.settings.secret(), account_id, account.factor_seed or "")
    step = codes.step_of(secret, typed, now)
    if step is not None:
        return second_factors.accept(db, account_id, step)
    return second_factors.use_code(db, account_id, codes.read_recovery_code(typed), now)


# Class links


def _add_class_link(router: APIRouter, pages: Pages) -> None:
    @router.get("/C/{token}")
    @router.get("/c/{token}")
    def class_link(token: str, app: App) -> Response:
        """Shows the class and one button; mail scanners that follow the link change nothing (ruling 10)."""
        with app.database.reading() as db:
            _, group = directory.class_of_link(db, token, app.clock())
        return pages.page(
            "runs/class_link.html",
            school=group.school,
            class_label=group.label,
            programme=group.programme,
            token=token,
        )

    @router.post("/C/{token}")
    @router.post("/c/{token}")
    def open_class(token: str, request: Request, app: App) -> Response:
        key, held = new_key(), request.cookies.get(app.cookies.name("class"), "")
        with app.database.transaction() as db:
            link_id, _ = directory.class_of_link(db, token, app.clock())
            if directory.holds_class_link(db, link_id, held):
                return see_other("/class")
            directory.open_class_link(db, link_id, key, app.clock())
        response = see_other("/class")
        app.cookies.set(response, "class", key, max_age=CLASS_SECONDS)
        return response


def _add_set_up(router: APIRouter, pages: Pages) -> None:
    @router.get("/set-up/{token}")
    def set_up_page(token: str, app: App) -> Response:
        with app.database.reading() as db:
            invitations.must_be_invited(db, token, app.clock())
        return pages.page("sign_in/set_up.html", token=token, name="", email="", programme="", area="", sentence="")

    @router.post("/set-up/{token}")
    def set_up(
        token: str,
        request: Request,
        app: App,
        name: Annotated[str, Form()] = "",
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        programme: Annotated[str, Form()] = "",
        area: Annotated[str, Form()] = "",
    ) -> Response:
        typed = {"name": name, "email": email, "programme": programme, "area": area}
        try:
            key = _set_up(request, app, token, password, **typed)
        except DomainError as refusal:
            shown = {field: value[:200] for field, value in typed.items()}
            return pages.page("sign_in/set_up.html", status=422, token=token, sentence=refusal.sentence, **shown)
        return came_in(app, key)


def _set_up(
    request: Request, app: Parts, token: str, password: str, *, name: str, email: str, programme: str, area: str
) -> str:
    """The first coordinator and the first programme, with every shipped lesson on offer."""
    if not name.strip() or "@" not in email or not programme.strip():
        raise Invalid("Please give your name, your e-mail address and the name of the programme.")
    must_be_good(password, (name, email, app.settings.product_name))
    now, password_hash = app.clock(), hash_password(password)
    with app.database.transaction() as db:
        invitation = invitations.must_be_invited(db, token, now)
        account = accounts.add_account(db, email, name, password_hash)
        row = ProgrammeRow(
            slug=slug_of(programme),
            name=programme.strip(),
            area=area.strip(),
            starts_on=now.date(),
            ends_on=now.date() + timedelta(days=365),
        )
        programme_id = directory.add_programme(db, row)
        accounts.add_membership(db, account, Member(role="coordinator", programme_id=programme_id))
        audit.note(db, now, the_account(account), "made a programme", f"programme {programme_id}")
        offer_all(db, programme_id, now)
        invitations.use(db, invitation, now)
        return let_in(db, app, request, accounts.one(db, account))


def offer_all(db: Db, programme_id: int, now: datetime) -> None:
    """Put every published lesson on a programme's offer, its agencies with it."""
    for position, (lesson_key, agencies) in enumerate(lessons.all_newest(db)):
        lessons.offer(db, programme_id, lesson_key, position)
        for agency in agencies:
            agency_id = directory.agency_of(db, Agency(key=agency.key, name=agency.name))
            directory.take_part(db, programme_id, agency_id, now)
