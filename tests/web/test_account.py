"""One's own account: the second step, its recovery codes, the password, and where one is signed in."""

import re

import pyotp
import pytest
from fastapi.testclient import TestClient

from tests.authors import forms_on
from tests.cast import CORA, FAY, PASSWORD, PRIYA, World

SET_UP = "/account/second-factor"


def app_of(world: World, client: TestClient) -> pyotp.TOTP:
    """Set up the second step; the app on the phone then holds this."""
    app, _ = set_up(world, client)
    return app


def set_up(world: World, client: TestClient) -> tuple[pyotp.TOTP, list[str]]:
    page = client.get(SET_UP).text
    key = re.search(r'class="spelled">([A-Z2-7 ]+)<', page)
    assert key
    app = pyotp.TOTP(key[1].replace(" ", ""))
    form = forms_on(page)[SET_UP] | {"code": code(world, app), "password": PASSWORD}
    done = client.post(SET_UP, data=form)
    assert done.status_code == 200, done.text
    return app, re.findall(r"<li>([A-Z]{4}(?:-[A-Z]{4}){3})</li>", done.text)


def code(world: World, app: pyotp.TOTP) -> str:
    return app.at(world.clock.now)


def past_password(world: World, email: str = PRIYA) -> TestClient:
    """A browser in which the password was right."""
    client = world.browser()
    answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/code"
    assert "sia_staff" not in client.cookies
    return client


def comes_in(client: TestClient, typed: str) -> bool:
    answer = client.post("/sign-in/code", data={"code": typed})
    assert (answer.status_code == 303) == ("sia_staff" in client.cookies)
    return answer.status_code == 303 and client.get("/author").status_code == 200


# The second step


def test_a_code_of_the_app_is_asked_for_after_the_password(world: World) -> None:
    app = app_of(world, world.staff())
    world.clock.forward(seconds=60)
    client = past_password(world)
    assert client.get("/author").headers["location"] == "/sign-in", "the password alone opens nothing"
    assert not comes_in(client, "000000")
    assert comes_in(client, f" {code(world, app)[:3]} {code(world, app)[3:]}")


def test_a_code_opens_once(world: World) -> None:
    app = app_of(world, world.staff())
    assert not comes_in(past_password(world), code(world, app)), "with it the step was set up"
    world.clock.forward(seconds=30)
    assert comes_in(past_password(world), code(world, app))
    assert not comes_in(past_password(world), code(world, app))


@pytest.mark.parametrize(("seconds", "right"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_the_clock_of_a_phone_may_be_half_a_minute_off(world: World, seconds: int, right: bool) -> None:
    app = app_of(world, world.staff())
    world.clock.forward(minutes=5)
    assert comes_in(past_password(world), app.at(world.clock.now, counter_offset=seconds // 30)) is right


def test_a_password_waits_ten_minutes_for_its_code(world: World) -> None:
    app = app_of(world, world.staff())
    client = past_password(world)
    world.clock.forward(minutes=10)
    assert client.get("/sign-in/code").headers["location"] == "/sign-in"
    assert client.post("/sign-in/code", data={"code": code(world, app)}).headers["location"] == "/sign-in"


def test_wrong_codes_make_one_wait_like_wrong_passwords(world: World) -> None:
    app_of(world, world.staff())
    client = past_password(world)
    for _ in range(5):
        client.post("/sign-in/code", data={"code": "000000"})
    assert "Wait 2 seconds" in client.post("/sign-in/code", data={"code": "000000"}).text


def test_each_of_ten_recovery_codes_opens_once(world: World) -> None:
    _, made = set_up(world, world.staff())
    assert len(set(made)) == 10
    typed = made[3].lower().replace("-", " ")
    assert [comes_in(past_password(world), one) for one in (typed, typed, made[4])] == [True, False, True]
    client = past_password(world)
    assert comes_in(client, made[5])
    assert "7 recovery codes are left" in client.get("/account").text


def test_new_recovery_codes_end_the_earlier_ones(world: World) -> None:
    priya = world.staff()
    _, earlier = set_up(world, priya)
    page = priya.post("/account/recovery-codes", data={"password": PASSWORD}).text
    later = re.findall(r"<li>([A-Z]{4}(?:-[A-Z]{4}){3})</li>", page)
    assert [comes_in(past_password(world), one) for one in (earlier[0], later[0])] == [False, True]


@pytest.mark.parametrize("path", ["/account/second-factor/remove", "/account/recovery-codes"])
def test_what_guards_the_account_changes_only_with_the_password(world: World, path: str) -> None:
    priya = world.staff()
    app_of(world, priya)
    refused = priya.post(path, data={"password": "wrong"})
    assert refused.status_code == 422
    assert "That is not your present password." in refused.text
    past_password(world)


def test_the_second_step_can_be_turned_off(world: World) -> None:
    priya = world.staff()
    app_of(world, priya)
    priya.post("/account/second-factor/remove", data={"password": PASSWORD})
    assert world.staff().get("/author").status_code == 200


def test_a_second_set_up_needs_the_first_to_be_turned_off(world: World) -> None:
    priya = world.staff()
    form = forms_on(priya.get(SET_UP).text)[SET_UP]
    app = app_of(world, priya)
    again = priya.post(SET_UP, data=form | {"code": code(world, app), "password": PASSWORD})
    assert again.status_code == 422
    assert priya.get(SET_UP).headers["location"] == "/account"


def test_a_coordinator_takes_the_second_step_of_a_lost_phone_away(world: World) -> None:
    priya = world.staff()
    app_of(world, priya)
    number = forms_on(world.staff(CORA).get("/people").text)["/people/second-factor/remove"]
    assert world.staff(FAY).post("/people/second-factor/remove", data=number).status_code == 404
    assert world.staff(CORA).post("/people/second-factor/remove", data=number).status_code == 303
    assert priya.get("/author").headers["location"] == "/sign-in"
    assert world.staff().get("/author").status_code == 200


def test_outside_the_demo_a_coordinator_sets_it_up_before_anything_else(world: World) -> None:
    world.parts.settings = world.parts.settings.model_copy(update={"demo": False})
    cora, priya = world.staff(CORA), world.staff(PRIYA)
    turned = [cora.get(path).headers.get("location") for path in ("/programmes", "/people", "/author", "/present")]
    assert turned == [SET_UP] * 4
    assert priya.get("/programmes").status_code == 200
    app_of(world, cora)
    assert cora.get("/programmes").status_code == 200
    assert (
        "always sign in with a second step"
        in cora.post("/account/second-factor/remove", data={"password": PASSWORD}).text
    )


def test_an_operator_may_leave_it_to_the_coordinators(world: World) -> None:
    change = {"demo": False, "coordinators_need_second_factor": False}
    world.parts.settings = world.parts.settings.model_copy(update=change)
    assert world.staff(CORA).get("/programmes").status_code == 200


# Password and sign-ins


def test_a_new_password_signs_all_other_browsers_out(world: World) -> None:
    here, there = world.staff(), world.staff()
    key = here.cookies["sia_staff"]
    form = {"password": PASSWORD, "new_password": "three random words"}
    assert here.post("/account/password", data=form).status_code == 303
    assert here.get("/author").status_code == 200
    assert here.cookies["sia_staff"] != key
    assert there.get("/author").status_code == 303
    signed_in = [
        world.browser().post("/sign-in", data={"email": PRIYA, "password": password}).status_code
        for password in (PASSWORD, "three random words")
    ]
    assert signed_in == [403, 303]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"password": "wrong"}, "That is not your present password."),
        ({"new_password": "short"}, "A password has at least twelve characters."),
        ({"new_password": "priya-priya-priya"}, "This password would be guessed soon."),
    ],
)
def test_a_new_password_needs_the_old_one_and_must_be_good(world: World, form: dict[str, str], sentence: str) -> None:
    asked = {"password": PASSWORD, "new_password": "three random words"} | form
    refused = world.staff().post("/account/password", data=asked)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert world.staff().get("/author").status_code == 200


def test_one_browser_or_all_are_signed_out(world: World) -> None:
    here, there, third = (world.staff() for _ in range(3))
    number = re.findall(r'name="sign_in_id" value="(\d+)"', here.get("/account").text)[0]
    assert world.staff(FAY).post("/account/sign-ins/end", data={"sign_in_id": number}).status_code == 404
    here.post("/account/sign-ins/end", data={"sign_in_id": number})
    assert sorted(client.get("/author").status_code for client in (here, there, third)) == [200, 200, 303]
    here.post("/account/sign-ins/end")
    assert [client.get("/author").status_code for client in (here, there, third)] == [303] * 3


def test_a_browser_is_named_as_a_person_would(world: World) -> None:
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
    client = world.browser()
    client.headers["user-agent"] = firefox
    client.post("/sign-in", data={"email": PRIYA, "password": PASSWORD})
    page = client.get("/account").text
    assert "Firefox on Windows" in page
    assert "143" not in page


@pytest.mark.parametrize("hours", [0, 2])
def test_a_sign_in_replaces_the_one_that_was_there_with_a_new_key(world: World, hours: int) -> None:
    client = world.staff()
    earlier = client.cookies["sia_staff"]
    world.clock.forward(hours=hours)
    client.post("/sign-in", data={"email": PRIYA, "password": PASSWORD})
    assert client.cookies["sia_staff"] != earlier
    stale = world.browser().get("/author", headers={"cookie": f"sia_staff={earlier}"})
    assert stale.headers["location"] == "/sign-in"
