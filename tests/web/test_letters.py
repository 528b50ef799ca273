"""Calendar files and letters: what teacher, presenter and coordinator download, and what a mail server is handed."""

import email
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar

from tests.cast import CORA, FAY, PRIYA, THEO_LINK, World
from tests.planning import TIMETABLE, book, plan, plan_form, planned, presenter_value
from tests.servers import free_port

BOOKINGS = "/programmes/town/bookings"
OFFICE = "office@harrowmarsh.example"


class PostOffice:
    """A real mail server on the loopback that keeps what it is handed, or takes nothing."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.takes_letters = True

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if not self.takes_letters:
            return "554 no"
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextmanager
def post_office(port: int) -> Iterator[PostOffice]:
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def posting(tmp_path: Path, port: int) -> Iterator[World]:
    """A world that has a mail server."""
    options = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from": "lessons@sia.example"}
    with World(tmp_path / "data", options=options) as world:
        yield world


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def calendar_in(letter: EmailMessage) -> Any:
    [attached] = letter.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    return Calendar.from_ical(attached.get_content())


def booked_with_address(world: World, **changed: Any) -> tuple[Any, int, int]:
    cora = world.staff(CORA)
    session_id = plan(world, cora, **changed)
    book(world, cora, session_id, 1)
    [booked] = planned(world, session_id).bookings
    answer = cora.post(f"{BOOKINGS}/{booked.id}", data={"order": "address", "send_to": OFFICE})
    assert answer.status_code == 303
    return cora, session_id, booked.id


# Downloads


def test_each_downloads_a_calendar_of_what_concerns_them(world: World) -> None:
    cora = world.staff(CORA)
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    teacher = world.teacher().get("/class/calendar.ics")
    assert teacher.headers["content-type"] == "text/calendar; charset=utf-8"
    [own] = events(teacher.content)
    assert "class 6H" in own["SUMMARY"]
    assert events(world.teacher(THEO_LINK).get("/class/calendar.ics").content) == []
    [presented] = events(world.staff(PRIYA).get("/present/calendar.ics").content)
    [looked_after] = events(cora.get("/programmes/town/calendar.ics").content)
    assert presented["UID"] == looked_after["UID"] != own["UID"]
    assert world.staff(PRIYA).get("/programmes/town/calendar.ics").status_code == 404


def test_a_download_after_a_change_takes_the_place_of_the_one_before(world: World) -> None:
    cora, tess = world.staff(CORA), world.teacher()
    session_id = plan(world, cora)
    book(world, cora, session_id, 1)
    [before] = events(tess.get("/class/calendar.ics").content)
    cora.post(f"{TIMETABLE}/{session_id}/plan", data=plan_form(world, at="11:00"))
    [moved] = events(tess.get("/class/calendar.ics").content)
    cora.post(f"{TIMETABLE}/{session_id}/cancel")
    [cancelled] = events(tess.get("/class/calendar.ics").content)
    assert before["UID"] == moved["UID"] == cancelled["UID"]
    assert before["SEQUENCE"] < moved["SEQUENCE"] < cancelled["SEQUENCE"]
    assert (moved["DTSTART"].dt.hour, cancelled["STATUS"]) == (11, "CANCELLED")


# E-mail


def test_a_move_and_a_cancellation_are_told_with_their_calendar_entry(posting: World, port: int) -> None:
    cora, session_id, _ = booked_with_address(posting)
    with post_office(port) as office:
        cora.post(f"{TIMETABLE}/{session_id}/plan", data=plan_form(posting, at="11:00"))
        cora.post(f"{TIMETABLE}/{session_id}/cancel")
    moved, cancelled = [letter for letter in office.letters if letter["To"] == OFFICE]
    assert (moved["To"], moved["From"]) == (OFFICE, "lessons@sia.example")
    assert calendar_in(moved)["METHOD"] == "PUBLISH"
    assert calendar_in(cancelled)["METHOD"] == "CANCEL"
    assert cancelled["Subject"].startswith("Cancelled:")


def test_presenters_get_their_calendar_entry_moved_handed_on_and_taken_out(posting: World, port: int) -> None:
    cora, fay = posting.staff(CORA), [presenter_value(posting, FAY)]
    with post_office(port) as office:
        session_id = plan(posting, cora)
        change = f"{TIMETABLE}/{session_id}/plan"
        cora.post(change, data=plan_form(posting, at="11:00"))
        cora.post(change, data=plan_form(posting, at="11:00", capacity="9"))  # no calendar shows it
        cora.post(change, data=plan_form(posting, at="11:00", presenter=fay))
        cora.post(f"{TIMETABLE}/{session_id}/cancel")
    _, _, taken, handed_on, _ = office.letters
    assert [letter["To"] for letter in office.letters] == [PRIYA, PRIYA, PRIYA, FAY, FAY]
    methods = [str(calendar_in(letter)["METHOD"]) for letter in office.letters]
    assert methods == ["PUBLISH", "PUBLISH", "CANCEL", "PUBLISH", "CANCEL"]
    assert "No longer yours:" in taken["Subject"]
    assert "You present Get out, stay out" in handed_on["Subject"]
    entries = [calendar_in(letter).walk("VEVENT")[0] for letter in office.letters]
    assert len({str(entry["UID"]) for entry in entries}) == 1
    assert [entry["SEQUENCE"] for entry in entries] == [0, 1, 2, 2, 3]


def test_a_letter_to_a_presenter_that_fails_stops_no_plan(posting: World) -> None:
    assert [one.name for one in planned(posting, plan(posting)).presenters] == ["Priya"]  # nobody listens there


def test_a_pack_goes_by_mail_with_link_content_notes_and_room_check(posting: World, port: int) -> None:
    cora, session_id, _ = booked_with_address(posting, video_url="https://video.example/room")
    assert cora.post("/programmes/town/class-groups/1/link").status_code == 303
    with post_office(port) as office:
        said = cora.post(f"{BOOKINGS}/packs").text
    [letter] = office.letters
    body = letter.get_body()
    assert body is not None
    words = body.get_content()
    assert "1 sent by e-mail." in said
    assert "/c/" not in said
    for wanted in ("/c/", "/network-check", "Before you start", "safeguarding lead", "without any video"):
        assert wanted in words
    assert [one.state for one in planned(posting, session_id).bookings] == ["pack_sent"]


def test_a_letter_that_fails_is_told_beside_the_booking_and_sent_again_by_hand(posting: World, port: int) -> None:
    cora, session_id, booking_id = booked_with_address(posting)
    assert "1 could not be sent" in cora.post(f"{BOOKINGS}/packs").text  # nobody listens on that port
    page = cora.get(f"{TIMETABLE}/{session_id}").text
    assert "The mail server could not be reached." in page
    assert [one.state for one in planned(posting, session_id).bookings] == ["confirmed"]
    with post_office(port) as office:
        office.takes_letters = False
        cora.post(f"{BOOKINGS}/{booking_id}", data={"order": "again"})
        assert "did not take the letter" in cora.get(f"{TIMETABLE}/{session_id}").text
        office.takes_letters = True
        cora.post(f"{BOOKINGS}/{booking_id}", data={"order": "again"})
    assert len(office.letters) == 1
    assert "Send again" not in cora.get(f"{TIMETABLE}/{session_id}").text


def test_an_address_that_could_forge_a_letter_is_refused(posting: World) -> None:
    cora, _, booking_id = booked_with_address(posting)
    forged = ("a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example")
    for address in ("office", "a@b", *forged, f"{'a' * 250}@b.example"):
        form = {"order": "address", "send_to": address}
        assert cora.post(f"{BOOKINGS}/{booking_id}", data=form).status_code == 422, address


def test_without_a_mail_server_nothing_is_sent_and_no_address_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtplib, "SMTP", None)
    cora, session_id, _ = booked_with_address(world)
    cora.post(f"{TIMETABLE}/{session_id}/plan", data=plan_form(world, at="11:00"))
    assert "Letters go to" not in cora.get(f"{TIMETABLE}/{session_id}").text
