"""Who holds the console, who is given a part, and one order of cues however many press at once."""

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy
from sqlmodel import select

from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound
from app.domain.people import Member, Staff
from app.store import class_lines, directory, lessons, live_sessions, presenters
from app.store.database import Database
from app.store.tables import AccountRow, CueRow
from tests.cast import CORA, PAUL, PRIYA
from tests.classroom import THEO_CLASS, Classroom, water_lesson

RACING_CUES = 1000 if os.environ.get("SOAK") else 100


def order(classroom: Classroom, session_id: int, email: str) -> str:
    """Press Next as this person sees the console; how that was taken."""
    account = classroom.account(email)
    now = classroom.session(session_id)
    try:
        with classroom.database.transaction() as db:
            live_sessions.give(
                db,
                now,
                "next",
                seq=now.stage.seq,
                holder_epoch=now.holder_epoch,
                by=account,
                now=classroom.clock.now,
            )
    except DomainError as refusal:
        return type(refusal).__name__
    return "moved"


def test_whoever_starts_a_live_session_leads_all_of_it(classroom: Classroom) -> None:
    session = classroom.lead(email=PRIYA)
    with classroom.database.reading() as db:
        [priya] = presenters.of_session(db, session)
    assert (priya.name, priya.agency, priya.leads_all) == ("Priya", "Kent Fire and Rescue Service", True)


def test_a_presenter_who_was_given_nothing_does_not_find_the_live_session(classroom: Classroom) -> None:
    session = classroom.session(classroom.lead())
    paul = classroom.account(PAUL)
    with classroom.database.reading() as db, pytest.raises(NotFound):
        presenters.one(db, session.id, paul)
    with pytest.raises(NotFound), classroom.database.transaction() as db:
        live_sessions.take_console(db, session, paul, now=classroom.clock.now)
    assert classroom.session(session.id).holder_account_id == session.holder_account_id


def test_a_coordinator_of_the_programme_leads_everything_for_no_agency(classroom: Classroom) -> None:
    session = classroom.lead()
    with classroom.database.reading() as db:
        cora = presenters.one(db, session, classroom.account(CORA))
    assert (cora.leads_all, cora.agency_id) == (True, None)


def test_a_guest_leads_the_given_module_and_hands_the_console_back(classroom: Classroom) -> None:
    water = classroom.publish(water_lesson(classroom.fire))
    offer_water(classroom)
    session = classroom.lead([classroom.versions()[0][0], water])
    classroom.give_module(session, PAUL, 1)
    classroom.cue_to(session, "hook", "content")
    classroom.take_console(session, PAUL)
    assert order(classroom, session, PAUL) == "NotAllowed"
    classroom.take_console(session, PRIYA)
    classroom.cue_to(session, "take-home", "content")
    classroom.take_console(session, PAUL)
    assert order(classroom, session, PAUL) == "moved"
    assert (classroom.session(session).stage.module, classroom.session(session).stage.step_key) == (1, "before")
    now = classroom.session(session)
    with pytest.raises(NotAllowed, match="Only the presenters who lead"), classroom.database.transaction() as db:
        live_sessions.end(
            db, now, holder_epoch=now.holder_epoch, by=now.holder_account_id or 0, now=classroom.clock.now
        )


def offer_water(classroom: Classroom) -> None:
    with classroom.database.transaction() as db:
        lessons.offer(db, 1, "water", 1)


def test_all_of_it_is_never_given_to_another_agency_nor_a_part_to_who_started_it(classroom: Classroom) -> None:
    session = classroom.session(classroom.lead())
    with classroom.database.reading() as db:
        police = directory.agency_by_slug(db, "kent-police").id
    with pytest.raises(NotAllowed), classroom.database.transaction() as db:
        presenters.add(db, session.id, classroom.account(PAUL), agency_id=police, leads_all=True)
    with pytest.raises(Conflict):
        classroom.give_module(session.id, PRIYA, 0)


def test_somebody_whose_account_is_disabled_holds_nothing_and_another_takes_over(classroom: Classroom) -> None:
    session = classroom.lead()
    classroom.give_module(session, PAUL)
    with classroom.database.transaction() as db:
        db.get_one(AccountRow, classroom.account(PRIYA)).disabled_at = classroom.clock.now
    assert order(classroom, session, PRIYA) == "NotFound"
    classroom.take_console(session, PAUL)
    assert order(classroom, session, PAUL) == "moved"


def test_open_live_sessions_are_those_one_may_present(classroom: Classroom) -> None:
    session, ended = classroom.lead(), classroom.lead()
    classroom.end_session(ended)
    with classroom.database.reading() as db:
        priya = Staff(account_id=classroom.account(PRIYA), name="Priya", memberships=())
        paul = Staff(account_id=classroom.account(PAUL), name="Paul", memberships=())
        cora = Staff(account_id=0, name="Cora", memberships=(Member(role="coordinator", programme_id=1),))
        assert [presenters.open_sessions(db, who) for who in (priya, paul, cora)] == [[session], [], [session]]


def test_of_racing_cues_of_two_presenters_exactly_one_order_remains(on_sqlite: Classroom) -> None:
    race(on_sqlite, RACING_CUES)


@pytest.mark.postgres
def test_of_racing_cues_on_postgresql_exactly_one_order_remains(fresh_postgres_url: str) -> None:
    database = Database(fresh_postgres_url)
    database.open()
    race(Classroom(database), RACING_CUES)
    database.close()


def race(classroom: Classroom, cues: int) -> None:
    """Two presenters press Next at once, again and again, and take the console from each other in between."""
    session = classroom.lead()
    classroom.give_module(session, PAUL)
    both = (PRIYA, PAUL)
    said: list[str] = []
    ready = threading.Barrier(2)

    def press(who: int) -> None:
        ready.wait()
        for number in range(cues // 2):
            if number % 10 == 5 * who:
                with contextlib.suppress(Conflict), classroom.database.transaction() as db:
                    now = live_sessions.read(db, session)
                    live_sessions.take_console(db, now, classroom.account(both[who]), now=classroom.clock.now)
            said.append(order(classroom, session, both[who]))

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(press, who) for who in range(2)]:
            done.result(timeout=120)
    with classroom.database.reading() as db:
        kept = db.exec(select(CueRow).where(CueRow.live_session_id == session).order_by(CueRow.seq)).all()  # type: ignore[arg-type]
    assert len(said) == 2 * (cues // 2)
    assert set(said) <= {"moved", "Conflict", "NotAllowed"}
    moved = [cue for cue in kept if cue.kind != "take"]
    assert len(moved) == said.count("moved")
    assert [cue.seq for cue in kept] == list(range(1, len(kept) + 1)), "each has its place, and none has another's"
    epochs = [cue.epoch for cue in kept]
    assert epochs == sorted(epochs), "nobody who has lost the console moves the stage"


# What a console reads


def test_the_classes_of_a_console_cost_as_many_queries_as_one(classroom: Classroom) -> None:
    session = classroom.lead()
    classroom.follow(session)
    one = queries(classroom, session)
    classroom.follow(session, THEO_CLASS)
    assert queries(classroom, session) == one
    classroom.cue_to(session, "before.F1")
    assert queries(classroom, session) == one, "also while a question is asked"


def queries(classroom: Classroom, session_id: int) -> int:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with classroom.database.reading() as db:
        session = live_sessions.read(db, session_id)  # parsing a version is done once
        sqlalchemy.event.listen(classroom.database.engine, "before_cursor_execute", note)
        try:
            class_lines.of_session(db, session)
        finally:
            sqlalchemy.event.remove(classroom.database.engine, "before_cursor_execute", note)
    return len(asked)


def test_a_class_is_counted_by_the_database_as_its_room_counts_it(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupils = [classroom.seat(run) for _ in range(3)]
    for step in ("before.F1", "poll.ask"):  # the second keeps no choice beside the pupil
        classroom.cue_to(session, step)
        classroom.record(*[classroom.answer(run, pupil) for pupil in pupils])
        if step == "before.F1":
            classroom.remove(run, pupils[0])
        with classroom.database.reading() as db:
            line = class_lines.of_session(db, live_sessions.read(db, session))[0]
        assert line.counts == classroom.tally(run)
        assert line.joined == 2
