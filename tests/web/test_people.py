"""Who invites whom, what an invitation opens, and what a disabled account loses."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from app.domain.people import Member
from app.store import accounts, directory, invitations, live_sessions
from app.store.tables import AccountRow, InvitationRow, ProgrammeRow
from tests.cast import CORA, FAY, PASSWORD, PAUL, PRIYA, World
from tests.classroom import Classroom

FIRE, POLICE, COORDINATOR = "kent-fire-and-rescue-service", "kent-police", "coordinator-1"
SAM = {"name": "Sam", "password": "three random words"}


def role(world: World, agency: str) -> str:
    with world.parts.database.reading() as db:
        return f"presenter-{directory.agency_by_slug(db, agency).id}"


def invite(inviter: TestClient, email: str, role: str) -> str:
    """The address of the link, as the page shows it this once."""
    page = inviter.post("/people/invitations", data={"email": email, "role": role})
    found = re.search(r'value="[^"]*(/people/invited/[^"]+)"', page.text)
    assert found, page.text
    return found[1]


def account_id(world: World, email: str) -> int:
    with world.parts.database.reading() as db:
        row = accounts.account_by_email(db, email)
        assert row is not None
        return row.id or 0


def roles_of(world: World, email: str) -> list[str]:
    with world.parts.database.reading() as db:
        return [one.role for one in accounts.memberships(db, account_id(world, email))]


# Inviting


def test_an_invited_presenter_makes_an_account_and_is_in(world: World) -> None:
    link = invite(world.staff(CORA), " Sam@Fire.example", role(world, FIRE))
    sam = world.browser()
    page = sam.get(link)
    made = sam.post(link, data=SAM)
    assert "Cora invites <b>sam@fire.example</b> to be a presenter for Kent Fire and Rescue Service." in page.text
    assert made.headers["location"] == "/programmes"
    assert sam.get("/author").status_code == 200
    assert roles_of(world, "sam@fire.example") == ["presenter"]
    assert world.browser().post("/sign-in", data=SAM | {"email": "sam@fire.example"}).status_code == 303


def test_an_invitation_is_good_once(world: World) -> None:
    link = invite(world.staff(CORA), "sam@fire.example", role(world, FIRE))
    world.browser().post(link, data=SAM)
    again = world.browser().post(link, data=SAM | {"name": "Eve"})
    assert again.status_code == world.browser().get(link).status_code == 404
    assert "Ask whoever sent it for a new one." in again.text


def test_an_invitation_is_too_old_after_seven_days(world: World) -> None:
    link = invite(world.staff(CORA), "sam@fire.example", role(world, FIRE))
    world.clock.forward(days=7, seconds=-1)
    assert world.browser().get(link).status_code == 200
    world.clock.forward(seconds=1)
    assert world.browser().post(link, data=SAM).status_code == 404


def test_a_later_invitation_ends_the_earlier_one_and_one_taken_back_opens_nothing(world: World) -> None:
    cora, fire = world.staff(CORA), role(world, FIRE)
    earlier, later = (invite(cora, "sam@fire.example", fire) for _ in range(2))
    assert [world.browser().get(link).status_code for link in (earlier, later)] == [404, 200]
    with world.parts.database.reading() as db:
        number = db.exec(select(InvitationRow.id).where(col(InvitationRow.email) == "sam@fire.example")).one()
    world.staff(FAY).post("/people/invitations/withdraw", data={"invitation_id": number})
    assert world.browser().get(later).status_code == 404


def test_only_the_hash_of_an_invitation_is_kept(world: World) -> None:
    token = invite(world.staff(CORA), "sam@fire.example", role(world, FIRE)).rpartition("/")[2]
    with world.parts.database.reading() as db:
        row = db.exec(select(InvitationRow).where(col(InvitationRow.email) == "sam@fire.example")).one()
    assert row.token_hash == directory.hashed(token)


@pytest.mark.parametrize(
    ("inviter", "kind", "status"),
    [
        (CORA, FIRE, 200),
        (CORA, POLICE, 200),
        (CORA, COORDINATOR, 200),
        (CORA, "coordinator-2", 404),
        (PRIYA, FIRE, 200),
        (PRIYA, POLICE, 404),
        (PRIYA, COORDINATOR, 404),
        (CORA, "", 422),
        (CORA, "presenter-999999999999", 422),
    ],
)
def test_an_agency_invites_its_own_and_a_coordinator_those_of_the_programme(
    world: World, inviter: str, kind: str, status: int
) -> None:
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        directory.add_programme(db, ProgrammeRow(slug="other", name="Other", area="A", starts_on=now, ends_on=now))
    form = {"email": "sam@fire.example", "role": role(world, kind) if kind.startswith("kent") else kind}
    assert world.staff(inviter).post("/people/invitations", data=form).status_code == status


@pytest.mark.parametrize(
    "email", ["", "sam", "sam@fire", "a b@fire.example", "@fire.example", "x" * 300 + "@f.example"]
)
def test_an_invitation_needs_an_e_mail_address(world: World, email: str) -> None:
    refused = world.staff(CORA).post("/people/invitations", data={"email": email, "role": COORDINATOR})
    assert refused.status_code == 422
    assert "Please give an e-mail address" in refused.text


def test_somebody_who_is_in_already_is_not_invited(world: World) -> None:
    refused = world.staff(CORA).post("/people/invitations", data={"email": FAY, "role": role(world, FIRE)})
    assert "is in already" in refused.text


def test_an_account_joins_with_its_own_sign_in_and_nobody_elses(world: World) -> None:
    link = invite(world.staff(CORA), PRIYA, role(world, POLICE))
    stranger = world.browser().post(link, data=SAM)
    other = world.staff(FAY).post(link)
    assert (stranger.status_code, other.status_code, roles_of(world, PRIYA)) == (409, 403, ["presenter"])
    priya = world.browser()
    come_back = priya.post("/sign-in", data={"email": PRIYA, "password": PASSWORD, "to": link})
    assert come_back.headers["location"] == link
    assert "Join with my account" in priya.get(link).text
    assert priya.post(link).status_code == 303
    assert roles_of(world, PRIYA) == ["presenter", "presenter"]


@pytest.mark.parametrize(
    "to", ["https://evil.example/people/invited/" + "x" * 30, "//evil.example", "/account", "/\\e"]
)
def test_a_sign_in_leads_to_no_page_that_a_link_chose(world: World, to: str) -> None:
    answer = world.browser().post("/sign-in", data={"email": PRIYA, "password": PASSWORD, "to": to})
    assert answer.headers["location"] == "/programmes"


@pytest.mark.parametrize("form", [{"name": " "}, {"password": "short"}, {"password": "SafetyInAction2026"}])
def test_an_account_needs_a_name_and_a_good_password_and_the_link_still_works(
    world: World, form: dict[str, str]
) -> None:
    link = invite(world.staff(CORA), "sam@fire.example", role(world, FIRE))
    assert world.browser().post(link, data=SAM | form).status_code == 422
    assert world.browser().post(link, data=SAM).status_code == 303


# A forgotten password


def new_password_link(world: World, email: str) -> str:
    token = f"new-password-of-{email.partition('@')[0]}"
    with world.parts.database.transaction() as db:
        invitations.allow_new_password(db, token, email, world.clock.now)
    return f"/people/invited/{token}"


def test_a_link_to_another_password_works_once_and_signs_everybody_else_out(world: World) -> None:
    there, link, browser = world.staff(PRIYA), new_password_link(world, PRIYA), world.browser()
    assert "Choose another password" in browser.get(link).text
    assert browser.post(link, data={"password": "short"}).status_code == 422
    assert browser.post(link, data={"password": "three random words"}).headers["location"] == "/programmes"
    assert browser.get("/author").status_code == 200
    assert there.get("/author").status_code == 303
    assert world.browser().post(link, data={"password": "four random words"}).status_code == 404
    assert world.browser().post("/sign-in", data={"email": PRIYA, "password": PASSWORD}).status_code == 403


def test_it_is_good_for_a_day_and_opens_no_disabled_account(world: World) -> None:
    link = new_password_link(world, PRIYA)
    world.clock.forward(hours=23)
    disable(world.staff(CORA), account_id(world, PRIYA))
    refused = world.browser().post(link, data={"password": "three random words"})
    assert (refused.status_code, "sia_staff" in refused.cookies) == (403, False)
    link = new_password_link(world, FAY)
    world.clock.forward(hours=24)
    assert world.browser().get(link).status_code == 404


# Nobody is an agency's voice by herself


def test_a_coordinator_cannot_invite_herself_to_present_for_an_agency(world: World) -> None:
    cora, fire = world.staff(CORA), role(world, FIRE)
    for email in (CORA, f" {CORA.upper()} "):
        refused = cora.post("/people/invitations", data={"email": email, "role": fire})
        assert refused.status_code == 422
        assert "Another coordinator, or a member of the agency, has to do it." in refused.text
    link = invite(world.staff(FAY), CORA, fire)
    assert cora.post(link).status_code == 303
    assert roles_of(world, CORA) == ["coordinator", "presenter"]


# The list


def test_each_sees_the_people_of_the_own_agencies_and_programmes(world: World) -> None:
    cora, paul = world.staff(CORA).get("/people").text, world.staff(PAUL).get("/people").text
    assert all(f">{name}" in cora for name in ("Cora", "Priya", "Fay", "Paul", "Rita"))
    assert ">Paul" in paul
    assert not any(f">{name}" in paul for name in ("Cora", "Priya", "Fay", "Rita"))
    assert "Disable" not in paul.replace("Disabling", "")


def test_who_also_counts_in_somebody_elses_programme_is_not_disabled(world: World) -> None:
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Other", area="A", starts_on=now, ends_on=now)
        police = directory.agency_by_slug(db, POLICE).id or 0
        directory.take_part(db, directory.add_programme(db, row), police, world.clock.now)
    cora = world.staff(CORA)
    assert disable(cora, account_id(world, PAUL)) == 404
    assert cora.post("/people/second-factor/remove", data={"account_id": account_id(world, PAUL)}).status_code == 404
    assert disable(cora, account_id(world, PRIYA)) == 303


# Disabling


def disable(by: TestClient, who: int) -> int:
    status: int = by.post("/people/disable", data={"account_id": who}).status_code
    return status


def test_a_disabled_account_is_out_everywhere_until_it_is_let_in_again(world: World) -> None:
    cora, priya, number = world.staff(CORA), world.staff(PRIYA), account_id(world, PRIYA)
    assert disable(cora, number) == 303
    assert priya.get("/author").headers["location"] == "/sign-in"
    refused = world.browser().post("/sign-in", data={"email": PRIYA, "password": PASSWORD})
    assert refused.status_code == 403
    cora.post("/people/enable", data={"account_id": number})
    assert priya.get("/author").headers["location"] == "/sign-in", "an old sign-in stays over"
    assert world.staff(PRIYA).get("/author").status_code == 200


def test_a_console_that_a_disabled_account_holds_is_free(world: World) -> None:
    session_id = Classroom(world.parts.database, world.clock).lead()
    cora = world.staff(CORA)
    assert disable(cora, account_id(world, PRIYA)) == 303
    with world.parts.database.reading() as db:
        session = live_sessions.read(db, session_id)
    page = cora.get(f"/present/{session_id}").text
    taken = cora.post(f"/present/{session_id}/console", data={"holder_epoch": session.holder_epoch})
    assert session.holder_account_id is None
    assert "<b>Nobody</b> holds the console" in page
    assert taken.status_code == 303


def test_nobody_disables_themselves_a_colleague_or_somebody_of_another_programme(world: World) -> None:
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Other", area="A", starts_on=now, ends_on=now)
        other = directory.add_programme(db, row)
        rita = accounts.account_by_email(db, "rita@sia.example")
        assert rita is not None
        accounts.add_membership(db, rita.id or 0, Member(role="coordinator", programme_id=other))
    cora, priya = world.staff(CORA), world.staff(PRIYA)
    tried: list[tuple[Any, int]] = [
        (cora, account_id(world, CORA)),
        (priya, account_id(world, FAY)),
        (cora, account_id(world, "rita@sia.example")),
        (cora, 999),
    ]
    assert [disable(by, who) for by, who in tried] == [404] * 4
    with world.parts.database.reading() as db:
        assert not [row for row in db.exec(select(AccountRow)).all() if row.disabled_at]
