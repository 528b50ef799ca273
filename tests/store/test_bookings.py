"""Bookings on both databases: one place a class, the last for one alone, and what the hour makes of them."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.presenter import Presenter
from app.domain.timetable import Planned
from app.store import bookings, class_lines, live_sessions, lobbies, timetable
from app.store.timetable import Wish
from tests.cast import CORA, PAUL, PRIYA
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom

BEGINS = datetime(2026, 11, 10, 10, tzinfo=UTC)


def wish(classroom: Classroom, capacity: int | None = 1, **changed: object) -> Wish:
    priya = Presenter(account_id=classroom.account(PRIYA), name="Priya", agency_id=3, leads_all=True)
    members: dict[str, object] = {
        "starts_at": BEGINS,
        "minutes": 45,
        "capacity": capacity,
        "video_url": "",
        "questions": 8,
        "module_ids": (1,),
        "presenters": (priya,),
    }
    return Wish(**(members | changed))  # type: ignore[arg-type]


def plan(classroom: Classroom, capacity: int | None = 1) -> int:
    with classroom.database.transaction() as db:
        return timetable.plan(db, 1, wish(classroom, capacity), "seed")


def planned(classroom: Classroom, session_id: int) -> Planned:
    with classroom.database.reading() as db:
        return timetable.one(db, 1, session_id)


def request(classroom: Classroom, session_id: int, class_group_id: int) -> None:
    with classroom.database.transaction() as db:
        bookings.request(db, session_id, class_group_id)


def book(classroom: Classroom, session_id: int, *class_group_ids: int) -> None:
    with classroom.database.transaction() as db:
        bookings.book(db, session_id, class_group_ids)


def open_lobby(classroom: Classroom, session_id: int, email: str = PRIYA) -> None:
    classroom.clock.now = BEGINS - timedelta(minutes=30)
    with classroom.database.transaction() as db:
        lobbies.open_lobby(db, session_id, classroom.account(email), classroom.clock.now)


def states(classroom: Classroom, session_id: int) -> list[tuple[int, str]]:
    return [(one.class_group_id, one.state) for one in planned(classroom, session_id).bookings]


def test_of_many_who_want_the_last_place_at_one_moment_exactly_one_gets_it(classroom: Classroom) -> None:
    session_id = plan(classroom)
    at_once = threading.Barrier(2)
    refused = []

    def wants(class_group_id: int) -> None:
        at_once.wait()
        try:
            request(classroom, session_id, class_group_id)
        except Conflict as refusal:
            refused.append(refusal.sentence)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(wants, (TESS_CLASS, THEO_CLASS)))
    assert [state for _, state in states(classroom, session_id)] == ["requested"]
    assert "last place" in refused[0]


def test_a_class_has_one_booking_of_a_session_however_often_it_asks(classroom: Classroom) -> None:
    session_id = plan(classroom, capacity=None)
    at_once = threading.Barrier(4)

    def asks(_: int) -> None:
        at_once.wait()
        with contextlib.suppress(Conflict):
            request(classroom, session_id, TESS_CLASS)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(asks, range(4)))
    assert states(classroom, session_id) == [(TESS_CLASS, "requested")]


def test_a_coordinator_may_book_more_classes_than_there_is_room_for(classroom: Classroom) -> None:
    session_id = plan(classroom)
    book(classroom, session_id, TESS_CLASS, THEO_CLASS)
    assert states(classroom, session_id) == [(TESS_CLASS, "confirmed"), (THEO_CLASS, "confirmed")]


def test_a_place_that_was_cancelled_is_free_again(classroom: Classroom) -> None:
    session_id = plan(classroom)
    request(classroom, session_id, TESS_CLASS)
    with classroom.database.transaction() as db:
        bookings.cancel(db, planned(classroom, session_id).bookings[0])
    request(classroom, session_id, THEO_CLASS)
    assert states(classroom, session_id) == [(TESS_CLASS, "cancelled"), (THEO_CLASS, "requested")]


def test_what_a_teacher_ticks_keeps_the_day_on_which_it_was_first_said(classroom: Classroom) -> None:
    session_id = plan(classroom)
    book(classroom, session_id, TESS_CLASS)
    booking_id = planned(classroom, session_id).bookings[0].id
    for day, room in ((date(2026, 11, 3), True), (date(2026, 11, 5), False)):
        with classroom.database.transaction() as db:
            bookings.tick(db, TESS_CLASS, booking_id, day, dsl=True, pupils=False, room=room)
    [found] = planned(classroom, session_id).bookings
    assert (found.dsl_told_on, found.pupils_thought_of_on, found.room_checked_on) == (date(2026, 11, 3), None, None)
    assert found.state == "confirmed"
    with pytest.raises(NotFound), classroom.database.transaction() as db:
        bookings.tick(db, THEO_CLASS, booking_id, day, dsl=True, pupils=True, room=True)


def test_only_a_class_with_a_place_may_join_and_is_expected(classroom: Classroom) -> None:
    session_id = plan(classroom, capacity=None)
    book(classroom, session_id, TESS_CLASS)
    request(classroom, session_id, THEO_CLASS)
    before = offers(classroom)
    open_lobby(classroom, session_id)
    assert (before, offers(classroom)) == ([[], []], [[session_id], []])
    with classroom.database.reading() as db:
        lines = class_lines.of_session(db, live_sessions.read(db, session_id))
    assert [line.class_group_id for line in lines] == [TESS_CLASS]


def offers(classroom: Classroom) -> list[list[int]]:
    with classroom.database.reading() as db:
        return [live_sessions.on_offer(db, class_group_id) for class_group_id in (TESS_CLASS, THEO_CLASS)]


def test_opening_takes_the_newest_version_and_it_stays(classroom: Classroom) -> None:
    session_id = plan(classroom)
    newer = classroom.publish(classroom.fire.model_copy(update={"title": "Fire, once more"}))
    open_lobby(classroom, session_id)
    classroom.publish(classroom.fire.model_copy(update={"title": "Fire, too late"}))
    session = classroom.session(session_id)
    assert (session.version_ids, session.stage.is_rules) == ((newer,), True)
    assert session.holder_account_id == classroom.account(PRIYA)


def test_two_who_open_at_one_moment_do_it_once(classroom: Classroom) -> None:
    session_id = plan(classroom)
    open_lobby(classroom, session_id)
    with pytest.raises(Conflict):
        open_lobby(classroom, session_id, CORA)
    assert classroom.session(session_id).holder_account_id == classroom.account(PRIYA)


def test_nobody_opens_too_early_nor_what_they_do_not_present(classroom: Classroom) -> None:
    session_id = plan(classroom)
    with pytest.raises(NotAllowed, match="30 minutes"), classroom.database.transaction() as db:
        lobbies.open_lobby(db, session_id, classroom.account(PRIYA), BEGINS - timedelta(minutes=31))
    with pytest.raises(NotFound):
        open_lobby(classroom, session_id, PAUL)


def test_who_came_has_attended_once_the_run_ends_and_who_did_not_is_a_no_show(
    classroom: Classroom,
) -> None:
    session_id = plan(classroom, capacity=None)
    book(classroom, session_id, TESS_CLASS, THEO_CLASS)
    open_lobby(classroom, session_id)
    run = classroom.follow(session_id, TESS_CLASS)
    classroom.end_session(session_id)
    assert states(classroom, session_id) == [(TESS_CLASS, "confirmed"), (THEO_CLASS, "no_show")]
    classroom.finish(run)
    assert states(classroom, session_id)[0] == (TESS_CLASS, "attended")
    classroom.take_back(run)
    assert states(classroom, session_id)[0] == (TESS_CLASS, "confirmed")


def test_a_change_that_calendars_must_know_raises_the_number_and_another_does_not(classroom: Classroom) -> None:
    session_id = plan(classroom)
    with classroom.database.transaction() as db:
        assert not timetable.change(db, planned(classroom, session_id), wish(classroom, 5))
    with classroom.database.transaction() as db:
        later = wish(classroom, 5, starts_at=BEGINS + timedelta(hours=1))
        assert timetable.change(db, planned(classroom, session_id), later)
    found = planned(classroom, session_id)
    assert (found.ics_sequence, found.capacity, found.starts_at) == (1, 5, BEGINS + timedelta(hours=1))


def test_a_cancelled_session_takes_its_bookings_with_it_and_is_never_opened(classroom: Classroom) -> None:
    session_id = plan(classroom)
    book(classroom, session_id, TESS_CLASS)
    with classroom.database.transaction() as db:
        timetable.cancel(db, planned(classroom, session_id), classroom.clock.now)
    assert states(classroom, session_id) == [(TESS_CLASS, "cancelled")]
    with pytest.raises(NotFound):
        open_lobby(classroom, session_id)
    with pytest.raises(NotFound):
        request(classroom, session_id, THEO_CLASS)


def test_a_session_that_is_only_planned_is_no_open_one(classroom: Classroom) -> None:
    plan(classroom)
    with classroom.database.reading() as db:
        assert not live_sessions.any_open(db)


def test_target_classes_without_a_place_are_named_until_they_have_one(classroom: Classroom) -> None:
    session_id = plan(classroom)
    book(classroom, session_id, TESS_CLASS)
    with classroom.database.reading() as db:
        assert [label for _, label in bookings.not_booked(db, 1)] == ["6A"]
