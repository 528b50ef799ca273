"""The people of a programme and its agencies: who is there, who is invited, and whose account is disabled."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.errors import DomainError, Invalid, NotFound
from app.domain.people import Action, Member, Staff, may
from app.store import accounts, directory, invitations, live_sessions, second_factors
from app.store.database import Db
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import Pages, see_other
from app.web.security import new_key

LONGEST_EMAIL = 200


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_list(router, pages)
    _add_accounts(router)
    return router


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("/people")
    def people(app: App, who: SignedIn) -> Response:
        return pages.page("people/people.html", **_people(app, who))

    @router.post("/people/invitations")
    def invite(
        app: App, who: SignedIn, email: Annotated[str, Form()] = "", role: Annotated[str, Form()] = ""
    ) -> Response:
        """A link for one person, shown this once; the store keeps only its hash."""
        token = new_key()
        try:
            with app.database.transaction() as db:
                member = _invited(db, who, role)
                invitations.invite(db, token, _read_email(email), member, who.account_id, app.clock())
        except NotFound:
            raise
        except DomainError as refusal:
            shown = _people(app, who, sentence=refusal.sentence, email=email[:LONGEST_EMAIL], role=role)
            return pages.page("people/people.html", status=422, **shown)
        link = {"address": f"{app.settings.base_address}/people/invited/{token}", "email": email.strip().lower()}
        return pages.page("people/people.html", **_people(app, who, new_link=link))

    @router.post("/people/invitations/withdraw")
    def withdraw(app: App, who: SignedIn, invitation_id: RowId) -> Response:
        with app.database.transaction() as db:
            invitation = invitations.one(db, invitation_id)
            if not _may_invite(db, who, invitations.member_of(invitation)):
                raise NotFound("We could not find that invitation.")
            invitations.withdraw(db, invitation)
        return see_other("/people")


def _add_accounts(router: APIRouter) -> None:
    @router.post("/people/disable")
    def disable(app: App, who: SignedIn, account_id: RowId) -> Response:
        """Signed out everywhere at once; a console that was held is free for another presenter."""
        with app.database.transaction() as db:
            _must_be_theirs(db, who, "disable_account", account_id)
            accounts.disable(db, account_id, app.clock())
            freed = live_sessions.free_consoles(db, account_id, now=app.clock())
        app.consoles.check()
        for session_id in freed:
            app.rooms.session_changed(session_id)
        return see_other("/people")

    @router.post("/people/enable")
    def enable(app: App, who: SignedIn, account_id: RowId) -> Response:
        with app.database.transaction() as db:
            _must_be_theirs(db, who, "disable_account", account_id)
            accounts.enable(db, account_id)
        return see_other("/people")

    @router.post("/people/second-factor/remove")
    def reset_second_factor(app: App, who: SignedIn, account_id: RowId) -> Response:
        """For a colleague who has lost the phone and the recovery codes."""
        with app.database.transaction() as db:
            _must_be_theirs(db, who, "reset_second_factor", account_id)
            second_factors.remove(db, account_id)
            accounts.end_sign_ins(db, account_id)
        app.consoles.check()
        return see_other("/people")


def _must_be_theirs(db: Db, who: Staff, action: Action, account_id: int) -> None:
    if not may(who, action, account_id=account_id, places=accounts.places(db, account_id)):
        raise NotFound("We could not find that account.")


def _may_invite(db: Db, who: Staff, member: Member) -> bool:
    if member.agency_id is not None:
        programmes = directory.programmes_of_agency(db, member.agency_id)
        return may(who, "invite_presenter", agency_id=member.agency_id, programme_ids=programmes)
    return may(who, "invite_coordinator", programme_ids=frozenset({member.programme_id or 0}))


def _invited(db: Db, who: Staff, role: str) -> Member:
    """The role that the form names, such as presenter-3. Raises NotFound when it is not theirs to give."""
    kind, _, number = role.partition("-")
    if not number.isdecimal() or len(number) > 9:
        raise Invalid("Choose what the person shall be.")
    member = (
        Member(role="coordinator", programme_id=int(number))
        if kind == "coordinator"
        else Member(role="presenter", agency_id=int(number))
    )
    if not _may_invite(db, who, member):
        raise NotFound("We could not find that agency or programme.")
    return member


def _read_email(typed: str) -> str:
    name, at, host = typed.strip().partition("@")
    if not name or not at or "." not in host or len(typed) > LONGEST_EMAIL or len(typed.split()) != 1:
        raise Invalid("Please give an e-mail address, for example sam@fire.example")
    return typed


def _people(
    app: Parts,
    who: Staff,
    *,
    sentence: str = "",
    email: str = "",
    role: str = "",
    new_link: dict[str, str] | None = None,
) -> dict[str, Any]:
    with app.database.reading() as db:
        groups = [_group(db, app, who, *one) for one in _roles(db, who)]
    return {
        "who": who.name,
        "groups": groups,
        "sentence": sentence,
        "email": email,
        "role": role,
        "new_link": new_link,
    }


def _roles(db: Db, who: Staff) -> list[tuple[Member, str, str]]:
    """The roles whose people somebody sees, each with a heading and what one person is called."""
    programmes = directory.programmes_by_id(db, who.programme_ids)
    agencies = {agency.id: agency for agency in directory.agencies_by_id(db, who.agency_ids)}
    for programme in programmes:
        agencies |= {agency.id: agency for agency in directory.agencies_of_programme(db, programme.id or 0)}
    return [
        *(
            (
                Member(role="coordinator", programme_id=programme.id),
                f"Coordinators of {programme.name}",
                f"Coordinator of {programme.name}",
            )
            for programme in programmes
        ),
        *(
            (Member(role="presenter", agency_id=agency.id), agency.name, f"Presenter for {agency.name}")
            for agency in sorted(agencies.values(), key=lambda agency: agency.name)
        ),
    ]


def _group(db: Db, app: Parts, who: Staff, member: Member, heading: str, called: str) -> dict[str, Any]:
    return {
        "role": f"{member.role}-{member.agency_id or member.programme_id}",
        "heading": heading,
        "called": called,
        "people": [
            {
                "person": person,
                "is_me": person.account_id == who.account_id,
                "may_disable": may(
                    who,
                    "disable_account",
                    account_id=person.account_id,
                    places=accounts.places(db, person.account_id),
                ),
            }
            for person in accounts.people(db, member)
        ],
        "invitations": invitations.waiting(db, member, app.clock()),
    }
