"""One's own account: password, second step, and the browsers in which one is signed in."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.domain.errors import DomainError, Invalid, NotAllowed
from app.domain.password import LONGEST, must_be_good
from app.domain.people import Staff
from app.store import accounts, directory, second_factors
from app.store.database import Db
from app.web import codes, deps
from app.web.deps import LARGEST_ID, App, Newcomer, Parts
from app.web.pages import Pages, see_other
from app.web.security import hash_password, password_fits
from app.web.sign_in import let_in

SAID = {
    "password": "Your new password is saved. All other browsers are signed out.",
    "factor-off": "The second step is off.",
    "signed-out": "That browser is signed out.",
}
"""What was done, by the word in the address of the page that follows."""


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_account(router, pages)
    _add_second_factor(router, pages)
    return router


def _add_account(router: APIRouter, pages: Pages) -> None:
    @router.get("/account")
    def account(request: Request, app: App, who: Newcomer, done: str = "") -> Response:
        return pages.page("account/account.html", **_account(request, app, who, said=SAID.get(done, "")))

    @router.post("/account/password")
    def change_password(
        request: Request,
        app: App,
        who: Newcomer,
        password: Annotated[str, Form()] = "",
        new_password: Annotated[str, Form()] = "",
    ) -> Response:
        """Whoever knew the old one is signed out with it; this browser stays, with a new key."""
        try:
            _must_be_own(request, app, who, password)
            must_be_good(new_password, (who.name, who.email, app.settings.product_name))
        except DomainError as refusal:
            shown = _account(request, app, who, sentence=refusal.sentence)
            return pages.page("account/account.html", status=422, **shown)
        new_hash = hash_password(new_password)
        with app.database.transaction() as db:
            accounts.set_password(db, who.account_id, new_hash)
            response = _only_here(db, request, app, who, "/account?done=password")
        app.consoles.check()
        return response

    @router.post("/account/sign-ins/end")
    def end_sign_ins(
        request: Request,
        app: App,
        who: Newcomer,
        sign_in_id: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        """One browser, or without a number all of them, this one too."""
        with app.database.transaction() as db:
            if sign_in_id is None:
                accounts.end_sign_ins(db, who.account_id)
            else:
                accounts.end_sign_in(db, who.account_id, sign_in_id)
        app.consoles.check()
        return see_other("/account?done=signed-out")  # which leads on to the sign-in, when it was this one


def _only_here(db: Db, request: Request, app: Parts, who: Staff, to: str) -> Response:
    accounts.end_sign_ins(db, who.account_id)
    response = see_other(to)
    app.cookies.set(response, "staff", let_in(db, app, request, accounts.one(db, who.account_id)))
    return response


def _add_second_factor(router: APIRouter, pages: Pages) -> None:
    @router.get("/account/second-factor")
    def second_factor(app: App, who: Newcomer) -> Response:
        if who.has_second_factor:
            return see_other("/account")
        return pages.page("account/second_factor.html", **_second_factor(app, who, codes.new_seed()))

    @router.post("/account/second-factor")
    def set_second_factor(
        request: Request,
        app: App,
        who: Newcomer,
        seed: Annotated[str, Form(pattern=r"^[\w-]{16,40}$")],
        code: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
    ) -> Response:
        """The seed comes back from the page: nothing is kept of a set-up that nobody finished."""
        made = codes.new_recovery_codes()
        try:
            _begin_second_factor(request, app, who, seed=seed, code=code, password=password, made=made)
        except DomainError as refusal:
            shown = _second_factor(app, who, seed, refusal.sentence)
            return pages.page("account/second_factor.html", status=422, **shown)
        return pages.page("account/recovery_codes.html", codes=made, is_first=True)

    @router.post("/account/second-factor/remove")
    def remove_second_factor(
        request: Request, app: App, who: Newcomer, password: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            if _is_a_must(app, who):
                raise NotAllowed("Coordinators always sign in with a second step.")
            _must_be_own(request, app, who, password)
        except DomainError as refusal:
            shown = _account(request, app, who, sentence=refusal.sentence)
            return pages.page("account/account.html", status=422, **shown)
        with app.database.transaction() as db:
            second_factors.remove(db, who.account_id)
        return see_other("/account?done=factor-off")

    @router.post("/account/recovery-codes")
    def renew_codes(request: Request, app: App, who: Newcomer, password: Annotated[str, Form()] = "") -> Response:
        made = codes.new_recovery_codes()
        try:
            if not who.has_second_factor:
                raise Invalid("Set up your second step first.")
            _must_be_own(request, app, who, password)
        except DomainError as refusal:
            shown = _account(request, app, who, sentence=refusal.sentence)
            return pages.page("account/account.html", status=422, **shown)
        with app.database.transaction() as db:
            second_factors.renew_codes(db, who.account_id, made)
        return pages.page("account/recovery_codes.html", codes=made, is_first=False)


def _begin_second_factor(
    request: Request, app: Parts, who: Staff, *, seed: str, code: str, password: str, made: list[str]
) -> None:
    if who.has_second_factor:
        raise NotAllowed("Your second step is set up already. Turn it off first to move it to another phone.")
    _must_be_own(request, app, who, password)
    step = codes.step_of(codes.secret_of(app.settings.secret(), who.account_id, seed), code, app.clock())
    if step is None:
        raise Invalid("That code does not fit. Type the six figures that the app shows now.")
    with app.database.transaction() as db:
        second_factors.begin(db, who.account_id, seed, step, made)


def _must_be_own(request: Request, app: Parts, who: Staff, password: str) -> None:
    """The password once more, before what matters changes: a browser may have been left alone."""
    address = deps.address_of(request)
    app.wrong_passwords.must_not_wait(who.email, address)
    with app.database.reading() as db:
        known = accounts.one(db, who.account_id).password_hash
    if not password_fits(password[:LONGEST], known):
        app.wrong_passwords.failed(who.email, address)
        raise Invalid("That is not your present password.")


def _is_a_must(app: Parts, who: Staff) -> bool:
    return app.settings.second_factor_is_a_must and who.is_coordinator


def _second_factor(app: Parts, who: Staff, seed: str, sentence: str = "") -> dict[str, Any]:
    secret = codes.secret_of(app.settings.secret(), who.account_id, seed)
    return {
        "who": who.name,
        "email": who.email,
        "seed": seed,
        "picture": codes.picture(secret, who.email, app.settings.product_name),
        "spelled": codes.spelled(secret),
        "is_a_must": _is_a_must(app, who),
        "sentence": sentence,
    }


def _account(request: Request, app: Parts, who: Staff, *, said: str = "", sentence: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        return {
            "who": who.name,
            "email": who.email,
            "roles": _roles(db, who),
            "has_second_factor": who.has_second_factor,
            "is_a_must": _is_a_must(app, who),
            "codes_left": second_factors.codes_left(db, who.account_id),
            "sign_ins": accounts.sign_ins(db, who.account_id, deps.staff_key(request, app), app.clock()),
            "said": said,
            "sentence": sentence,
        }


def _roles(db: Db, who: Staff) -> list[str]:
    programmes = directory.programmes_by_id(db, who.programme_ids)
    agencies = directory.agencies_by_id(db, who.agency_ids)
    return [
        *(f"Coordinator of {programme.name}" for programme in programmes),
        *(f"Presenter for {agency.name}" for agency in agencies),
    ]
