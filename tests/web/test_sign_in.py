"""Staff come in with a password, teachers with their class link, the first coordinator with a set-up link."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import func, select

from app.store import accounts, invitations
from app.store.tables import AccountRow, ClassSignInRow, SignInRow
from app.web.wrong_passwords import WrongPasswords
from tests.cast import ADDRESS, CORA, PASSWORD, PRIYA, TESS_LINK, THEO_LINK, World

WRONG = "That e-mail address and password do not fit together."
SET_UP = {
    "name": "Cora",
    "email": "Cora@Town.example",
    "password": "three random words",
    "programme": "Safety in Action, spring",
    "area": "The town",
}


def count(world: World, table: type) -> int:
    with world.parts.database.reading() as db:
        found: int = db.exec(select(func.count()).select_from(table)).one()
        return found


# Staff


def test_a_member_of_staff_signs_in_and_out(world: World) -> None:
    priya = world.staff()
    key = priya.cookies["sia_staff"]
    assert priya.get("/programmes").status_code == 200
    priya.post("/sign-out")
    again = world.browser().get("/programmes", headers={"cookie": f"sia_staff={key}"})
    assert again.headers["location"] == "/sign-in"
    assert count(world, SignInRow) == 0


@pytest.mark.parametrize("email", [f"  {PRIYA.upper()} ", PRIYA.title()])
def test_an_e_mail_address_may_be_typed_in_any_case(world: World, email: str) -> None:
    assert world.browser().post("/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {"email": PRIYA, "password": "wrong"},
        {"email": PRIYA, "password": ""},
        {"email": PRIYA, "password": PASSWORD + "x"},
        {"email": "nobody@sia.example", "password": PASSWORD},
        {"email": "", "password": ""},
        {"email": "' OR 1=1 --", "password": "x" * 5000},
        {},
    ],
    ids=str,
)
def test_a_wrong_sign_in_tells_nothing_of_the_account(world: World, form: dict[str, str]) -> None:
    refused = world.browser().post("/sign-in", data=form)
    known = world.browser().post("/sign-in", data={"email": PRIYA, "password": "another"})
    assert refused.status_code == known.status_code == 403
    assert WRONG in refused.text
    assert WRONG in known.text
    assert "set-cookie" not in refused.headers


def test_pages_for_a_known_and_an_unknown_account_are_the_same(world: World) -> None:
    pages = [
        world.browser().post("/sign-in", data={"email": email, "password": "wrong"}).text.replace(email, "")
        for email in (PRIYA, "nobody@sia.example")
    ]
    assert pages[0] == pages[1]


def test_a_disabled_account_is_refused_like_a_wrong_password(world: World) -> None:
    with world.parts.database.transaction() as db:
        account = accounts.account_by_email(db, PRIYA)
        assert account is not None
        account.disabled_at = world.clock.now
    refused = world.browser().post("/sign-in", data={"email": PRIYA, "password": PASSWORD})
    assert refused.status_code == 403
    assert WRONG in refused.text


def test_an_account_that_is_disabled_is_signed_out_at_once(world: World) -> None:
    priya = world.staff()
    with world.parts.database.transaction() as db:
        account = accounts.account_by_email(db, PRIYA)
        assert account is not None
        account.disabled_at = world.clock.now
    assert priya.get("/programmes").headers["location"] == "/sign-in"


def test_whoever_guesses_waits_and_the_owner_elsewhere_does_not(world: World) -> None:
    seconds = [0.0]
    world.parts.wrong_passwords = WrongPasswords(clock=lambda: seconds[0])
    right = {"email": PRIYA, "password": PASSWORD}
    for _ in range(5):
        world.browser().post("/sign-in", data=right | {"password": "wrong"})
    refused = world.browser().post("/sign-in", data=right)
    at_home = TestClient(world.app, base_url=ADDRESS, headers={"origin": ADDRESS}, client=("192.0.2.7", 50000))
    seconds[0] = 3
    assert refused.status_code == 403
    assert "That was wrong several times. Wait 2 seconds, then try again." in refused.text
    assert at_home.post("/sign-in", data=right, follow_redirects=False).status_code == 303
    assert world.browser().post("/sign-in", data=right).status_code == 303


def test_a_sign_in_ends_after_an_hour_without_use_and_after_twelve_in_any_case(world: World) -> None:
    idle, busy = world.staff(PRIYA), world.staff(CORA)
    world.clock.forward(minutes=59)
    still = [client.get("/programmes").status_code for client in (idle, busy)]
    world.clock.forward(minutes=59)
    busy.get("/programmes")
    world.clock.forward(minutes=2)
    gone, here = idle.get("/programmes").status_code, busy.get("/programmes").status_code
    for _ in range(11):
        world.clock.forward(minutes=59)
        busy.get("/programmes")
    assert (still, gone, here) == ([200, 200], 303, 200)
    assert busy.get("/programmes").status_code == 303


def test_no_two_sign_ins_have_one_key(world: World) -> None:
    assert len({world.staff().cookies["sia_staff"] for _ in range(3)}) == 3


# Class links


def test_a_hundred_looks_at_a_class_link_change_nothing(world: World) -> None:
    scanner = world.browser()
    for _ in range(100):
        seen = scanner.get(f"/c/{TESS_LINK}")
        assert seen.status_code == 200
        assert "set-cookie" not in seen.headers
    assert count(world, ClassSignInRow) == 0
    assert world.teacher().get("/class").status_code == 200


def test_the_secret_of_a_class_link_leaves_the_address(world: World) -> None:
    client = world.browser()
    opened = client.post(f"/c/{TESS_LINK}")
    assert opened.headers["location"] == "/class"
    assert TESS_LINK not in client.get("/class").text
    assert TESS_LINK not in client.cookies["sia_class"]


def test_the_sixth_browser_of_a_class_link_is_told_why_it_may_not(world: World) -> None:
    holders = [world.teacher() for _ in range(5)]
    refused = world.browser().post(f"/c/{TESS_LINK}")
    assert refused.status_code == 403
    assert "Five browsers use this class link already." in refused.text
    holders[0].post("/class/sign-out")
    assert world.browser().post(f"/c/{TESS_LINK}").status_code == 303


def test_a_teacher_may_open_the_own_link_in_the_same_browser_every_week(world: World) -> None:
    tess = world.browser()
    opened = [tess.post(f"/c/{TESS_LINK}").status_code for _ in range(8)]
    assert opened == [303] * 8
    assert world.browser().post(f"/c/{TESS_LINK}").status_code == 303


@pytest.mark.parametrize("token", ["invented", "x" * 3000, TESS_LINK.upper(), f"{TESS_LINK}x"])
def test_a_wrong_class_link_says_whom_to_ask(world: World, token: str) -> None:
    for refused in (world.browser().get(f"/c/{token}"), world.browser().post(f"/c/{token}")):
        assert refused.status_code == 404
        assert "Ask your coordinator for a new one." in refused.text


def test_the_link_of_another_class_opens_that_class_only(world: World) -> None:
    tess, theo = world.teacher(), world.teacher(THEO_LINK)
    world.start(tess)
    assert "6A" in theo.get("/class").text
    assert "6H" not in theo.get("/class").text
    assert "Your lesson is open" not in theo.get("/class").text
    assert theo.get("/class/run/screen").status_code == 404


def test_a_class_link_lives_as_long_as_its_programme(world: World) -> None:
    tess = world.teacher()
    world.clock.now = world.clock.now.replace(year=2027, month=7, day=23)
    last_day = tess.get("/class").status_code
    world.clock.forward(days=1)
    assert (last_day, tess.get("/class").status_code) == (200, 403)
    assert world.browser().get(f"/c/{TESS_LINK}").status_code == 404


# First start


@pytest.fixture
def invited(tmp_path: Path) -> World:
    """A new installation with nobody in it but an invitation."""
    return World(tmp_path / "new", seeds_cast=False)


def test_a_set_up_link_makes_the_first_account_and_programme_once(invited: World) -> None:
    with invited as world:
        invite(world, "set-up-token")
        first = world.browser()
        page = first.get("/set-up/set-up-token")
        made = first.post("/set-up/set-up-token", data=SET_UP)
        home = first.get("/programmes")
        second = world.browser().post("/set-up/set-up-token", data=SET_UP | {"email": "eve@evil.example"})
        assert page.status_code == 200
        assert (made.status_code, made.headers["location"]) == (303, "/programmes")
        assert "Safety in Action, spring" in home.text
        assert "set-cookie" not in second.headers
        assert "This set-up link has been used or is too old." in second.text
        assert count(world, AccountRow) == 1
        signed_in = world.browser().post(
            "/sign-in", data={"email": "cora@town.example", "password": SET_UP["password"]}
        )
        assert signed_in.status_code == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"password": "elevenchars"}, "A password has at least twelve characters."),
        ({"password": "Password1234567"}, "This password would be guessed soon."),
        ({"password": "x" * 129}, "A password has at least twelve characters."),
        ({"email": "cora"}, "Please give your name, your e-mail address and the name of the programme."),
        ({"name": " "}, "Please give your name, your e-mail address and the name of the programme."),
        ({"programme": ""}, "Please give your name, your e-mail address and the name of the programme."),
    ],
    ids=str,
)
def test_a_set_up_that_lacks_something_says_what_and_the_link_still_works(
    invited: World, form: dict[str, str], sentence: str
) -> None:
    with invited as world:
        invite(world, "set-up-token")
        refused = world.browser().post("/set-up/set-up-token", data=SET_UP | form)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert SET_UP["password"] not in refused.text
        assert count(world, AccountRow) == 0
        assert world.browser().post("/set-up/set-up-token", data=SET_UP).status_code == 303


def test_a_set_up_link_is_too_old_after_half_an_hour(invited: World) -> None:
    with invited as world:
        invite(world, "set-up-token")
        world.clock.forward(minutes=30)
        refused = world.browser().get("/set-up/set-up-token")
        assert refused.status_code == 404
        assert "Start the server again for a new one." in refused.text


def test_a_later_set_up_link_ends_the_earlier_one(invited: World) -> None:
    with invited as world:
        invite(world, "earlier")
        invite(world, "later")
        assert world.browser().get("/set-up/earlier").status_code == 404
        assert world.browser().get("/set-up/later").status_code == 200


def invite(world: World, token: str) -> None:
    with world.parts.database.transaction() as db:
        invitations.invite_first_coordinator(db, token, world.clock.now)
