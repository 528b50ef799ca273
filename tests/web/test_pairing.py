"""A teacher's phone becomes the controls: for a minute, once, and only after the teacher has picked its number."""

import re

import pytest
from fastapi.testclient import TestClient

from app.store import participants
from app.store.runs import OpenRun
from tests.cast import THEO_LINK, World


def token_on(page: str) -> str:
    """The secret of the pairing; in the demo it stands under the picture code as an address."""
    found = re.search(r"/pair/([\w-]{20,})", page)
    assert found, "no pairing address on the page"
    return found[1]


def number_on(page: str) -> int:
    found = re.search(r'big-number">(\d\d)<', page)
    assert found, "no number on the phone"
    return int(found[1])


def offered(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'name="number" value="(\d+)"', page)]


def shown(world: World) -> tuple[TestClient, OpenRun, str]:
    """A teacher whose screen shows a picture code."""
    tess = world.teacher()
    run = world.start(tess)
    return tess, run, token_on(tess.post("/class/run/pair").text)


def claimed(world: World, token: str) -> tuple[TestClient, int]:
    """A phone that has said yes, and its number."""
    phone = world.browser()
    assert phone.post(f"/pair/{token}").headers["location"] == "/pair/wait"
    return phone, number_on(phone.get("/pair/wait").text)


def may_lead(phone: TestClient) -> bool:
    return phone.get("/class/run/controls").status_code == 200


def paired(world: World) -> tuple[TestClient, OpenRun, TestClient]:
    tess, run, token = shown(world)
    phone, number = claimed(world, token)
    assert tess.post("/class/run/pair/confirm", data={"number": number}).status_code == 303
    return tess, run, phone


def test_a_phone_whose_number_the_teacher_picks_leads_the_lesson(world: World) -> None:
    _, run, phone = paired(world)
    assert phone.get("/pair/wait").headers["location"] == "/class/run/controls"
    moved = world.order(phone, run, "next")
    assert moved.headers["location"] == "/class/run/controls"
    assert world.run(run).stage.is_rules


def test_until_the_number_is_picked_the_phone_leads_nothing(world: World) -> None:
    _, run, token = shown(world)
    phone, _ = claimed(world, token)
    assert not may_lead(phone)
    assert world.order(phone, run, "next").status_code == 403
    assert world.run(run).stage.seq == 0


def test_the_screen_offers_three_numbers_in_the_same_order_each_time(world: World) -> None:
    tess, _, token = shown(world)
    _, number = claimed(world, token)
    numbers = offered(tess.get("/class/run/pair").text)
    assert len(set(numbers)) == 3
    assert number in numbers
    assert offered(tess.get("/class/run/pair").text) == numbers


def test_a_wrong_pick_ends_the_pairing_and_a_second_pick_mends_nothing(world: World) -> None:
    tess, _, token = shown(world)
    phone, number = claimed(world, token)
    wrong = next(one for one in offered(tess.get("/class/run/pair").text) if one != number)
    tess.post("/class/run/pair/confirm", data={"number": wrong})
    again = tess.post("/class/run/pair/confirm", data={"number": number})
    assert again.status_code == 403
    assert "This pairing is over." in again.text
    assert "That was not the same number" in phone.get("/pair/wait").text
    assert not may_lead(phone)


def test_a_pupil_who_scans_the_code_too_gets_nothing(world: World) -> None:
    tess, run, token = shown(world)
    phone, number = claimed(world, token)
    pupil = world.pupil(run)
    refused = pupil.post(f"/pair/{token}")
    tess.post("/class/run/pair/confirm", data={"number": number})
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert not may_lead(pupil)
    assert may_lead(phone)


def test_a_pupil_who_scans_first_has_a_number_that_the_teacher_does_not_see_on_the_own_phone(world: World) -> None:
    tess, run, token = shown(world)
    pupil = world.pupil(run)
    pupil.post(f"/pair/{token}")
    assert world.browser().post(f"/pair/{token}").status_code == 403  # the teacher's phone, and the teacher stops
    assert not may_lead(pupil)
    assert world.order(pupil, run, "next").status_code == 403
    assert tess.get("/class/run/screen").status_code == 200


def test_an_earlier_phone_is_never_shown_the_number_of_a_later_one(world: World) -> None:
    tess, _, first = shown(world)
    early, early_number = claimed(world, first)
    second = token_on(tess.post("/class/run/pair").text)
    numbers = {claimed(world, second)[1]}
    for _ in range(3):  # two draws may be alike
        numbers.add(claimed(world, token_on(tess.post("/class/run/pair").text))[1])
    page = early.get("/pair/wait").text
    assert [number for number in numbers - {early_number} if f">{number}<" in page] == []


def test_a_code_is_too_old_after_a_minute(world: World) -> None:
    _, _, token = shown(world)
    world.clock.forward(seconds=60)
    refused = world.browser().post(f"/pair/{token}")
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


def test_a_number_can_be_picked_for_a_minute_only(world: World) -> None:
    tess, _, token = shown(world)
    phone, number = claimed(world, token)
    world.clock.forward(seconds=61)
    assert tess.post("/class/run/pair/confirm", data={"number": number}).status_code == 403
    assert not may_lead(phone)


def test_looking_at_the_code_uses_nothing_up(world: World) -> None:
    tess, _, token = shown(world)
    for _ in range(5):
        assert "Use this phone as your controls?" in world.browser().get(f"/pair/{token}").text
    phone, number = claimed(world, token)
    tess.post("/class/run/pair/confirm", data={"number": number})
    assert may_lead(phone)


def test_an_invented_code_pairs_nothing(world: World) -> None:
    shown(world)
    refused = world.browser().post("/pair/invented-token-of-nobody-at-all")
    assert refused.status_code == 404
    assert "This code pairs nothing." in refused.text


def test_the_secret_stands_on_one_page_only(world: World) -> None:
    tess, _, token = shown(world)
    assert token not in tess.get("/class/run/pair").text


@pytest.mark.parametrize("path", ["/class/run/pair", "/class/run/pair/confirm"])
def test_a_phone_cannot_pair_another_phone(world: World, path: str) -> None:
    _, _, phone = paired(world)
    assert phone.post(path, data={"number": "42"}).status_code == 403


def test_a_phone_leads_its_own_run_and_no_other(world: World) -> None:
    _, _, phone = paired(world)
    theirs = world.start(world.teacher(THEO_LINK))
    world.order(phone, theirs, "next")
    assert world.run(theirs).stage.seq == 0


def test_another_class_cannot_confirm_a_phone(world: World) -> None:
    _, _, token = shown(world)
    phone, number = claimed(world, token)
    theo = world.teacher(THEO_LINK)
    world.start(theo)
    assert theo.post("/class/run/pair/confirm", data={"number": number}).status_code == 403
    assert not may_lead(phone)


def test_a_phone_that_finishes_the_lesson_is_led_to_a_page_that_it_may_read(world: World) -> None:
    _, run, phone = paired(world)
    ended = phone.post("/class/run/finish", data={"present": "28"})
    assert world.run(run).ended_at is not None
    page = phone.get(ended.headers["location"])
    assert page.status_code == 200


def test_a_phone_gives_no_order_once_the_lesson_has_ended(world: World) -> None:
    tess, run, phone = paired(world)
    world.pupil(run)
    world.finish(tess)
    refused = world.order(phone, run, "back")
    assert refused.status_code == 403
    assert "This lesson has ended." in refused.text


def test_a_phone_locks_no_door_and_removes_nobody_once_the_lesson_has_ended(world: World) -> None:
    tess, run, phone = paired(world)
    world.pupil(run)
    world.finish(tess)
    with world.parts.database.reading() as db:
        seat = participants.crowd(db, run.id)[0].id
    phone.post("/class/run/lock")
    phone.post("/class/run/seats/remove", data={"participant_id": seat})
    assert (world.run(run).locked, world.seated(run)) == (False, 1)
