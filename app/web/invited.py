"""Taking up an invitation: with a new account, or with the one that the person has."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.domain.audit import account as the_account
from app.domain.errors import Conflict, Invalid, NotAllowed
from app.domain.password import must_be_good
from app.domain.people import Staff
from app.store import accounts, audit, directory, invitations
from app.store.database import Db
from app.store.tables import AccountRow, InvitationRow
from app.web import deps
from app.web.deps import App, Parts
from app.web.pages import Pages, see_other
from app.web.security import hash_password
from app.web.sign_in import after_first_step, came_in, let_in

LONGEST_NAME = 80


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/people/invited/{token}")
    def invited(token: str, request: Request, app: App) -> Response:
        """Shows the invitation and one form; a scanner of mail that follows the link changes nothing."""
        return pages.page("people/invited.html", **_invitation(app, deps.signed_in(request, app), token))

    @router.post("/people/invited/{token}")
    def take_up(
        token: str,
        request: Request,
        app: App,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
    ) -> Response:
        who = deps.signed_in(request, app)
        try:
            if (account := _with_new_password(app, token, password)) is not None:
                app.consoles.check()
                return after_first_step(request, app, account)
            if who is not None:
                _join(app, who, token)
                return see_other("/programmes")
            key = _make_account(request, app, token, name, password)
        except Invalid as refusal:
            shown = _invitation(app, who, token, sentence=refusal.sentence, name=name[:LONGEST_NAME])
            return pages.page("people/invited.html", status=422, **shown)
        return came_in(app, key)

    return router


def _join(app: Parts, who: Staff, token: str) -> None:
    with app.database.transaction() as db:
        row = invitations.of_token(db, token, app.clock())
        if row.email != who.email:
            raise NotAllowed(f"This invitation is for {row.email}. Sign out, then open its link again.")
        _use(db, app, row, who.account_id)


def _with_new_password(app: Parts, token: str, password: str) -> AccountRow | None:
    """The account whose password this link changes, signed out everywhere; None when it is an invitation."""
    with app.database.reading() as db:
        row = invitations.of_token(db, token, app.clock())
        account = accounts.account_by_email(db, row.email)
    if row.role != invitations.NEW_PASSWORD or account is None:
        return None
    must_be_good(password, (account.name, account.email, app.settings.product_name))
    password_hash = hash_password(password)
    with app.database.transaction() as db:
        row = invitations.of_token(db, token, app.clock())
        invitations.use(db, row, app.clock())
        accounts.set_password(db, account.id or 0, password_hash)
        accounts.end_sign_ins(db, account.id or 0)
    if account.disabled_at:
        raise NotAllowed("Your password is changed, but your account is disabled. Ask your coordinator.")
    return account


def _make_account(request: Request, app: Parts, token: str, name: str, password: str) -> str:
    with app.database.reading() as db:
        email = invitations.of_token(db, token, app.clock()).email
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Invalid("Please give your name.")
    must_be_good(password, (name, email, app.settings.product_name))
    password_hash = hash_password(password)
    with app.database.transaction() as db:
        row = invitations.of_token(db, token, app.clock())
        if accounts.account_by_email(db, row.email) is not None:
            raise Conflict("You have an account already. Sign in, then open this link again.")
        account_id = accounts.add_account(db, row.email, name, password_hash)
        _use(db, app, row, account_id)
        return let_in(db, app, request, accounts.one(db, account_id))


def _use(db: Db, app: Parts, row: InvitationRow, account_id: int) -> None:
    """Now the account has the role, given by whoever invited. Raises Conflict when another browser was faster."""
    now, member = app.clock(), invitations.member_of(row)
    invitations.use(db, row, now)
    audit.note(db, now, the_account(account_id), "used an invitation", invitations.place_of(member))
    if member not in accounts.memberships(db, account_id):
        accounts.add_membership(db, account_id, member)
        audit.note(db, now, the_account(row.invited_by or 0), "gave a role", the_account(account_id))


def _invitation(app: Parts, who: Staff | None, token: str, *, sentence: str = "", name: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        row = invitations.of_token(db, token, app.clock())
        has_account = accounts.account_by_email(db, row.email) is not None
        sender = accounts.one(db, row.invited_by).name if row.invited_by else "Somebody"
        return {
            "token": token,
            "email": row.email,
            "role": _role(db, row),
            "sender": sender,
            "expires_at": row.expires_at,
            "way": _way(row, who, has_account),
            "me": who.email if who is not None else "",
            "sentence": sentence,
            "name": name,
        }


def _way(row: InvitationRow, who: Staff | None, has_account: bool) -> str:
    if row.role == invitations.NEW_PASSWORD:
        return "new_password"
    if who is None:
        return "sign_in" if has_account else "make_account"
    return "join" if who.email == row.email else "sign_out"


def _role(db: Db, row: InvitationRow) -> str:
    if row.role == invitations.NEW_PASSWORD:
        return ""
    if row.agency_id is not None:
        agencies = directory.agencies_by_id(db, frozenset({row.agency_id}))
        return f"a presenter for {agencies[0].name}"
    programmes = directory.programmes_by_id(db, frozenset({row.programme_id or 0}))
    return f"a coordinator of {programmes[0].name}"
