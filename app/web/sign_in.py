"""Staff come in with a password, teachers with their class link, the first coordinator with a set-up link."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.domain.errors import DomainError, Invalid, NotAllowed
from app.domain.lesson import Agency
from app.domain.people import Member
from app.domain.programme import slug_of
from app.store import directory, lessons
from app.store.database import Db
from app.store.tables import ProgrammeRow
from app.web import deps
from app.web.deps import App, Parts
from app.web.pages import Pages, see_other
from app.web.security import hash_password, new_key, password_fits

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
CLASS_SECONDS = 400 * 24 * 60 * 60
WRONG = "That e-mail address and password do not fit together."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_sign_in(router, pages)
    _add_class_link(router, pages)
    _add_set_up(router, pages)
    return router


def _add_sign_in(router: APIRouter, pages: Pages) -> None:
    @router.get("/sign-in")
    def sign_in_page() -> Response:
        return pages.page("sign_in/sign_in.html", email="", sentence="")

    @router.post("/sign-in")
    def sign_in(
        request: Request, app: App, email: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
    ) -> Response:
        who = deps.address_of(request)
        try:
            app.wrong_passwords.must_not_be_full(who)
            key = _sign_in(app, email, password)
        except NotAllowed as refusal:
            if refusal.sentence == WRONG:  # being told to wait is not another failure
                app.wrong_passwords.failed(who)
            return pages.page("sign_in/sign_in.html", status=403, email=email[:200], sentence=refusal.sentence)
        response = see_other("/programmes")
        app.cookies.set(response, "staff", key)
        return response

    @router.post("/sign-out")
    def sign_out(request: Request, app: App) -> Response:
        key = request.cookies.get(app.cookies.name("staff"))
        if key:
            with app.database.transaction() as db:
                directory.sign_out(db, key)
        response = see_other("/")
        app.cookies.drop(response, "staff")
        return response


def _sign_in(app: Parts, email: str, password: str) -> str:
    """A fresh sign-in key. Raises NotAllowed; nothing tells whether the account exists."""
    with app.database.reading() as db:
        account = directory.account_by_email(db, email)
    fits = password_fits(password[:LONGEST_PASSWORD], account.password_hash if account else None)
    if account is None or not fits or account.disabled_at:
        raise NotAllowed(WRONG)
    key = new_key()
    with app.database.transaction() as db:
        directory.sign_in(db, account.id or 0, key, app.clock())
    return key


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
            directory.must_be_invited(db, token, app.clock())
        return pages.page("sign_in/set_up.html", token=token, name="", email="", programme="", area="", sentence="")

    @router.post("/set-up/{token}")
    def set_up(
        token: str,
        app: App,
        name: Annotated[str, Form()] = "",
        email: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        programme: Annotated[str, Form()] = "",
        area: Annotated[str, Form()] = "",
    ) -> Response:
        typed = {"name": name, "email": email, "programme": programme, "area": area}
        try:
            key = _set_up(app, token, password, **typed)
        except DomainError as refusal:
            shown = {field: value[:200] for field, value in typed.items()}
            return pages.page("sign_in/set_up.html", status=422, token=token, sentence=refusal.sentence, **shown)
        response = see_other("/programmes")
        app.cookies.set(response, "staff", key)
        return response


def _set_up(app: Parts, token: str, password: str, *, name: str, email: str, programme: str, area: str) -> str:
    """The first coordinator and the first programme, with every shipped lesson on offer."""
    if not name.strip() or "@" not in email or not programme.strip():
        raise Invalid("Please give your name, your e-mail address and the name of the programme.")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid("A password has at least twelve characters. Three random words are good.")
    key, now = new_key(), app.clock()
    with app.database.transaction() as db:
        invitation = directory.must_be_invited(db, token, now)
        account = directory.add_account(db, email, name, hash_password(password))
        row = ProgrammeRow(
            slug=slug_of(programme),
            name=programme.strip(),
            area=area.strip(),
            starts_on=now.date(),
            ends_on=now.date() + timedelta(days=365),
        )
        programme_id = directory.add_programme(db, row)
        directory.add_membership(db, account, Member(role="coordinator", programme_id=programme_id))
        offer_all(db, programme_id)
        directory.sign_in(db, account, key, now)
        invitation.used_at = now
        db.add(invitation)
    return key


def offer_all(db: Db, programme_id: int) -> None:
    """Put every published lesson on a programme's offer, its agencies with it."""
    for position, (lesson_key, agencies) in enumerate(lessons.all_newest(db)):
        lessons.offer(db, programme_id, lesson_key, position)
        for agency in agencies:
            directory.take_part(db, programme_id, directory.agency_of(db, Agency(key=agency.key, name=agency.name)))
