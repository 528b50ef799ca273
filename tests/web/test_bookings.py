"""Bookings: what the coordinator gives, what the teacher sees and ticks, packs, and whom to chase."""

import re

from fastapi.testclient import TestClient

from tests.cast import CORA, PRIYA, THEO_LINK, World
from tests.planning import TIMETABLE, book, go_to_the_day, plan, planned

BOOKINGS = "/programmes/town/bookings"


def text_of(client: TestClient, address: str = "/class") -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(address).text))


def test_a_teacher_asks_for_a_place_and_the_coordinator_gives_it(world: World) -> None:
    cora, tess = world.staff(CORA), world.teacher()
    session_id = plan(world, cora)
    assert "2 places left" in text_of(tess)
    assert tess.post("/class/bookings", data={"live_session_id": session_id}).status_code == 303
    assert "You asked for a place" in text_of(tess)
    assert tess.post("/class/bookings", data={"live_session_id": session_id}).status_code == 409
    [booked] = planned(world, session_id).bookings
    assert "Asking for a place" in text_of(cora, BOOKINGS)
    assert cora.post(f"{BOOKINGS}/{booked.id}", data={"order": "confirm"}).status_code == 303
    assert "Booked: in 7 days" in text_of(tess)


def test_a_full_session_is_offered_to_no_teacher(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora, capacity="1")
    book(world, cora, session_id, 1)
    theo = world.teacher(THEO_LINK)
    assert "Request a place" not in text_of(theo)
    assert theo.post("/class/bookings", data={"live_session_id": session_id}).status_code == 409


def test_all_classes_of_a_school_are_booked_with_one_tick(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    where = f"{TIMETABLE}/{session_id}/bookings"
    assert cora.post(where, data={"school": "Harrowmarsh Primary School (demo)"}).status_code == 303
    assert [one.label for one in planned(world, session_id).bookings] == ["6H"]
    assert cora.post(where).status_code == 422


def test_ticks_show_their_date_and_belong_to_the_class(world: World) -> None:
    cora, tess = world.staff(CORA), world.teacher()
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    [booked] = planned(world, session_id).bookings
    form = {"booking_id": booked.id, "ticked": ["dsl", "room"]}
    assert world.teacher(THEO_LINK).post("/class/bookings/ticks", data=form).status_code == 404
    assert tess.post("/class/bookings/ticks", data=form).status_code == 303
    [booked] = planned(world, session_id).bookings
    assert (booked.state, booked.not_ticked) == ("room_checked", ("pupils thought of",))
    assert "Our safeguarding lead knows the date 3 Nov 2026" in text_of(tess)


def test_the_video_opens_elsewhere_and_is_told_nothing_of_us(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora, video_url="https://video.example/room")
    book(world, cora, session_id, 1)
    link = re.compile(
        r'<a class="btn"[^>]*href="https://video.example/room" target="_blank" rel="noreferrer">Open video'
    )
    assert link.search(world.teacher().get("/class").text)
    assert "The lesson works without any video." in text_of(world.teacher())


def test_a_booked_class_joins_once_the_console_is_open_and_has_attended_when_it_finishes(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora, video_url="https://video.example/room")
    book(world, cora, session_id, 1, 2)
    go_to_the_day(world)
    priya, tess = world.staff(PRIYA), world.teacher()
    assert tess.post("/class/live", data={"live_session_id": session_id}).status_code == 404
    priya.post(f"/present/{session_id}/open")
    assert "Join the live session</button>" in tess.get("/class").text
    assert tess.post("/class/live", data={"live_session_id": session_id, "present": "28"}).status_code == 303
    assert "https://video.example/room" in tess.get("/class/run/controls").text
    priya.post(f"/present/{session_id}/end", data={"holder_epoch": 0})
    world.finish(tess)
    assert [one.state for one in planned(world, session_id).bookings] == ["attended", "no_show"]


def test_a_class_without_a_place_cannot_join(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    go_to_the_day(world)
    world.staff(PRIYA).post(f"/present/{session_id}/open")
    theo = world.teacher(THEO_LINK)
    assert "Join the live session</button>" not in theo.get("/class").text
    assert theo.post("/class/live", data={"live_session_id": session_id}).status_code == 404


def test_packs_that_are_due_are_printed_with_a_class_link_that_opens(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1, 2)
    assert "2 packs are due" in text_of(cora, BOOKINGS)
    for class_group in (1, 2):
        assert cora.post(f"/programmes/town/class-groups/{class_group}/link").status_code == 303
    printed = cora.post(f"{BOOKINGS}/packs").text
    links = re.findall(r"/c/([\w-]+)", printed)
    assert (len(links), printed.count("/network-check</p>")) == (2, 2)
    assert world.browser().post(f"/c/{links[0]}").status_code == 303
    assert [one.state for one in planned(world, session_id).bookings] == ["pack_sent", "pack_sent"]
    assert "No pack is due" in text_of(cora, BOOKINGS)


def test_the_chase_list_names_who_has_not_ticked_not_counted_and_not_booked(world: World) -> None:
    cora, theo = world.staff(CORA), world.teacher(THEO_LINK)
    session_id = plan(world, cora)
    assert "6H Harrowmarsh Primary School (demo)" in text_of(cora, BOOKINGS).partition("without a booking")[2]
    book(world, cora, session_id, 1)
    world.go_to(theo, world.start(theo), "before.F1")
    assert theo.post("/class/run/finish", data={"without_count": "1"}).status_code == 303
    page = text_of(cora, BOOKINGS)
    assert "Missing: safeguarding lead told, pupils thought of, room checked" in page
    assert "6A Saltern Wharf Primary School (demo) 3 Nov 2026" in page.partition("No head-count yet")[2]
    assert "6H" not in page.partition("without a booking")[2]


def test_a_coordinator_of_nothing_and_a_presenter_find_no_booking(world: World) -> None:
    cora, priya = world.staff(CORA), world.staff(PRIYA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    [booked] = planned(world, session_id).bookings
    assert priya.get(BOOKINGS).status_code == 404
    for address in (f"{BOOKINGS}/packs", f"{BOOKINGS}/{booked.id}/pack"):
        assert priya.post(address).status_code == 404
    assert priya.post(f"{BOOKINGS}/{booked.id}", data={"order": "cancel"}).status_code == 404
    assert cora.post(f"{BOOKINGS}/99/pack").status_code == 404
