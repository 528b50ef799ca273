"""Live sessions: one cue moves all who follow, a class may hold and catch up, and nothing jumps back."""

import contextlib
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.run import Order, Stage
from app.domain.shown import offered_askings, show
from app.store import answers, lessons, live_sessions, participants, runs
from app.store.database import Database
from app.store.live_sessions import OpenSession
from app.store.runs import OpenRun
from app.store.tables import RunRow
from tests.cast import CORA, PAUL, PRIYA
from tests.classroom import TESS_CLASS, THEO_CLASS, Classroom, lead_on, water_lesson
from tests.domain.test_run import small


def where(run: OpenRun | OpenSession) -> tuple[str, str, int]:
    return run.stage.step_key, run.stage.phase, run.stage.round


def pushed(run: OpenRun) -> tuple[int, int]:
    return run.epoch, run.stage.seq


# Checking in


def test_the_presenters_first_cue_waits_for_the_teacher_to_say_that_the_class_is_ready(classroom: Classroom) -> None:
    session = classroom.lead()
    waiting, ready = classroom.check_in(session), classroom.follow(session, THEO_CLASS)
    classroom.cue_to(session, "before.F1", "ready")
    here = classroom.run(waiting)
    assert (here.is_waiting, here.stage.phase) == (True, "lobby")
    assert where(classroom.run(ready)) == ("before.F1", "ready", 1)
    assert classroom.give(waiting).stage.is_rules
    before = classroom.run(waiting)
    assert before.is_waiting
    follows = classroom.rejoin(waiting)
    assert where(follows) == ("before.F1", "ready", 1)
    assert pushed(follows) > pushed(before)
    assert (follows.is_waiting, follows.has_always_followed) == (False, True)
    assert pushed(follows) == pushed(classroom.run(ready))


def test_what_was_led_before_a_class_was_ready_is_no_part_of_its_hour(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.check_in(session)
    classroom.cue_to(session, "before.F3", "open")
    classroom.rejoin(run)
    assert classroom.run(run).questions_asked == 1
    classroom.cue_to(session, "before.F4", "open")
    assert classroom.run(run).questions_asked == 2


def test_a_class_that_does_not_wait_for_the_presenter_starts_by_itself_and_catches_up_later(
    classroom: Classroom,
) -> None:
    session = classroom.lead()
    run = classroom.check_in(session)
    classroom.go_to(run, "before.F1", "closed")
    classroom.cue_to(session, "before.F1", "open")
    late = classroom.rejoin(run)
    assert not late.has_always_followed
    assert where(late) == ("before.F1", "closed", 1)
    pupil = classroom.seat(run)
    assert classroom.record(classroom.answer(run, pupil)) == ["closed"]


def test_a_class_that_waits_when_the_live_session_ends_starts_by_itself(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.check_in(session)
    assert classroom.end_session(session) == []
    with pytest.raises(NotAllowed, match="live session has ended"):
        classroom.rejoin(run)
    assert classroom.give(run).stage.is_rules


# Following


def test_one_cue_moves_every_class_that_follows(classroom: Classroom) -> None:
    session = classroom.lead()
    both = [classroom.follow(session), classroom.follow(session, THEO_CLASS)]
    classroom.cue_to(session, "before.F1", "open")
    found = [classroom.run(run) for run in both]
    assert [where(run) for run in found] == [("before.F1", "open", 1)] * 2
    assert {pushed(run) for run in found} == {(1, classroom.session(session).stage.seq)}


def test_classes_that_follow_are_shown_the_same_bytes_under_the_same_names(classroom: Classroom) -> None:
    session = classroom.lead()
    both = [classroom.follow(session), classroom.follow(session, THEO_CLASS)]
    classroom.cue_to(session, "quiz.F1", "open")
    one, other = (classroom.run(run) for run in both)
    assert one.code != other.code
    assert show(one.stage, one.plan, one.seed) == show(other.stage, other.plan, other.seed)
    assert one.plan is other.plan
    assert one.seed == classroom.session(session).seed


def test_a_class_that_comes_late_stands_at_once_where_the_presenter_is(classroom: Classroom) -> None:
    session = classroom.lead()
    classroom.cue_to(session, "hook", "content")
    assert where(classroom.run(classroom.follow(session))) == ("hook", "content", 1)


def test_a_class_follows_a_live_session_once(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    with pytest.raises(Conflict, match="has a lesson open already"):
        classroom.follow(session)
    classroom.finish(run)
    with pytest.raises(Conflict, match="took part in this live session already"):
        classroom.follow(session)


def test_a_class_of_another_programme_does_not_find_the_live_session(classroom: Classroom) -> None:
    session = classroom.lead()
    with pytest.raises(NotFound):
        classroom.follow(session, 999)


def test_a_lesson_that_the_programme_does_not_offer_is_not_led(classroom: Classroom) -> None:
    water = classroom.publish(water_lesson(classroom.fire))
    with pytest.raises(NotFound, match="not one of the programme's modules"):
        classroom.lead([water])


@pytest.mark.parametrize("order", ["next", "back", "open", "close", "reveal", "reopen"])
def test_while_a_class_follows_its_own_orders_are_refused(classroom: Classroom, order: Order) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "before.F1", "open")
    with pytest.raises(NotAllowed, match=r"The presenter leads this lesson\. Hold your class first"):
        classroom.give(run, order)
    assert where(classroom.run(run)) == ("before.F1", "open", 1)


def test_calm_is_the_classs_own_and_pushes_something_newer_while_others_go_on(classroom: Classroom) -> None:
    session = classroom.lead()
    run, other = classroom.follow(session), classroom.follow(session, THEO_CLASS)
    classroom.cue_to(session, "before.F1", "open")
    before = classroom.run(run)
    classroom.calm(run, True)
    calm = classroom.run(run)
    assert (calm.cover, calm.stage, classroom.run(other).cover) == ("calm", before.stage, "")
    assert pushed(calm) > pushed(before)
    moved = classroom.cue(session, "close")
    assert classroom.run(run).cover == "calm", "an order of the presenter leaves the class's calm screen alone"
    classroom.calm(run, False)
    after = classroom.run(run)
    assert (after.cover, after.stage) == ("", moved.stage)
    assert pushed(after) > pushed(calm)


def test_a_pause_of_the_presenter_covers_every_class_that_follows_until_the_next_order(classroom: Classroom) -> None:
    session = classroom.lead()
    run, held = classroom.follow(session), classroom.follow(session, THEO_CLASS)
    classroom.cue_to(session, "hook", "content")
    classroom.hold(held)
    before = classroom.run(run)
    classroom.pause(session, True)
    paused = classroom.run(run)
    assert (paused.cover, classroom.run(held).cover) == ("paused", "")
    assert pushed(paused) > pushed(before)
    classroom.cue(session)
    assert classroom.run(run).cover == ""


def test_a_step_that_the_class_left_out_is_covered_until_the_presenter_moves_on(classroom: Classroom) -> None:
    session = classroom.lead()
    run, other = classroom.follow(session, left_out=((0, "scenario.ask"),)), classroom.follow(session, THEO_CLASS)
    covers = []
    for step, phase in (("scenario", "content"), ("scenario.ask", "ready"), ("scenario.ask", "open")):
        classroom.cue_to(session, step, phase)
        covers.append((classroom.run(run).cover, classroom.run(other).cover))
    classroom.cue_to(session, "scenario.ask", "revealed")
    classroom.cue(session)
    assert covers == [("", ""), ("left_out", ""), ("left_out", "")]
    assert classroom.run(run).cover == ""
    assert (
        len(offered_askings(classroom.run(run).plan, "x")) == len(offered_askings(classroom.run(other).plan, "x")) - 1
    )


# Holding and catching up


def test_a_class_that_holds_goes_on_from_the_stage_that_it_saw_and_the_presenter_without_it(
    classroom: Classroom,
) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "before.F1", "open")
    before = classroom.run(run)
    held = classroom.hold(run)
    assert (held.following, held.stage) == (False, before.stage)
    assert pushed(held) > pushed(before)
    classroom.cue_to(session, "hook", "content")
    assert where(classroom.run(run)) == ("before.F1", "open", 1)
    assert where(classroom.give(run)) == ("before.F1", "closed", 1)
    assert where(classroom.give(run)) == ("before.F2", "ready", 1)


def test_what_was_closed_while_it_followed_is_found_as_it_was_left_when_the_class_holds(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "quiz.F1", "revealed")
    classroom.cue(session)
    classroom.hold(run)
    assert where(classroom.give(run, "back")) == ("quiz.F1", "revealed", 1)


def test_a_class_that_holds_at_a_step_it_left_out_stands_at_its_own_step_before(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session, left_out=((0, "before.F2"), (0, "before.F3")))
    classroom.cue_to(session, "before.F3", "open")
    assert where(classroom.hold(run)) == ("before.F1", "closed", 1)
    assert where(classroom.give(run)) == ("before.F4", "ready", 1)


def test_a_class_that_leaves_out_the_first_step_and_holds_there_is_at_the_ground_rules(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session, left_out=((0, "before"),))
    classroom.cue(session)
    assert classroom.hold(run).stage.is_rules
    assert classroom.give(run).stage.step_key == "before.F1"


def test_a_class_catches_up_without_a_jump_back_and_with_something_newer(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "hook", "content")
    classroom.hold(run)
    ahead = classroom.go_to(run, "scenario", "content")
    caught_up = classroom.rejoin(run)
    assert where(caught_up) == ("hook", "content", 1)
    assert caught_up.stage.seq < ahead.stage.seq
    assert pushed(caught_up) > pushed(ahead)


def test_a_question_that_the_class_closed_by_itself_stays_closed_for_it(classroom: Classroom) -> None:
    session = classroom.lead()
    run, other = classroom.follow(session), classroom.follow(session, THEO_CLASS)
    pupil, theirs = classroom.seat(run), classroom.seat(other)
    classroom.cue_to(session, "quiz.F1", "open")
    classroom.hold(run)
    classroom.give(run, "close")
    classroom.rejoin(run)
    assert where(classroom.run(run)) == ("quiz.F1", "closed", 1)
    assert where(classroom.run(other)) == ("quiz.F1", "open", 1)
    late, in_time = classroom.answer(run, pupil), classroom.answer(other, theirs)
    assert classroom.record(late, in_time) == ["closed", "saved"]
    classroom.cue(session)
    assert where(classroom.cue(session)) == ("quiz.F1", "revealed", 1)
    assert where(classroom.run(run)) == ("quiz.F1", "revealed", 1)


def test_a_question_that_the_class_showed_by_itself_is_not_open_again_in_a_second_round(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "quiz.F1", "closed")
    classroom.hold(run)
    classroom.give(run, "reveal")
    classroom.rejoin(run)
    classroom.cue(session, "reopen")
    assert where(classroom.run(run)) == ("quiz.F1", "revealed", 1)


def test_a_class_that_asked_ahead_finds_the_question_as_it_left_it_when_the_presenter_comes_there(
    classroom: Classroom,
) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "before.F1", "closed")
    classroom.hold(run)
    classroom.go_to(run, "before.F2", "closed")
    classroom.rejoin(run)
    classroom.cue_to(session, "before.F2", "ready")
    assert where(classroom.run(run)) == ("before.F2", "closed", 1)
    classroom.cue(session)
    assert where(classroom.run(run)) == ("before.F2", "closed", 1)


def test_a_class_that_catches_up_from_its_own_open_question_has_closed_it(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupil = classroom.seat(run)
    classroom.cue_to(session, "before.F1", "open")
    classroom.hold(run)
    on_its_way = classroom.answer(run, pupil)
    classroom.cue_to(session, "hook", "content")
    classroom.rejoin(run)
    assert classroom.record(on_its_way) == ["closed"]
    assert classroom.run(run).reached[0, "before.F1"] == ("closed", 1)


def test_a_class_that_comes_back_to_the_same_open_question_goes_on_answering(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupil = classroom.seat(run)
    classroom.cue_to(session, "before.F1", "open")
    classroom.hold(run)
    classroom.rejoin(run)
    assert classroom.record(classroom.answer(run, pupil)) == ["saved"]


def test_holding_twice_or_catching_up_twice_is_a_conflict_and_changes_nothing(classroom: Classroom) -> None:
    session = classroom.lead()
    seen = classroom.run(classroom.follow(session))
    held = classroom.hold(seen.id)
    with pytest.raises(Conflict), classroom.database.transaction() as db:
        runs.hold(db, seen, epoch=seen.epoch, by="phone", now=classroom.clock.now)
    with pytest.raises(NotAllowed, match="goes on by itself already"), classroom.database.transaction() as db:
        runs.hold(db, held, epoch=held.epoch, by="phone", now=classroom.clock.now)
    classroom.rejoin(seen.id)
    with pytest.raises(Conflict), classroom.database.transaction() as db:
        runs.rejoin(db, held, epoch=held.epoch, by="phone", now=classroom.clock.now)
    assert classroom.run(seen.id).following


def test_a_run_that_follows_nothing_has_nothing_to_catch_up_with(classroom: Classroom) -> None:
    run = classroom.start()
    with pytest.raises(NotAllowed, match="no live session"):
        classroom.rejoin(run)


# The end


def test_the_end_of_a_live_session_leaves_each_class_on_its_last_stage_to_go_on_by_itself(
    classroom: Classroom,
) -> None:
    session = classroom.lead()
    run, held = classroom.follow(session), classroom.follow(session, THEO_CLASS)
    classroom.cue_to(session, "before.F1", "open")
    classroom.hold(held)
    before = [classroom.run(one) for one in (run, held)]
    assert classroom.end_session(session) == [run]
    after = [classroom.run(one) for one in (run, held)]
    assert [where(one) for one in after] == [where(one) for one in before]
    assert [one.following for one in after] == [False, False]
    assert pushed(after[0]) > pushed(before[0])
    assert pushed(after[1]) == pushed(before[1])
    assert where(classroom.give(run)) == ("before.F1", "closed", 1)


def test_an_ended_live_session_is_neither_led_nor_followed_nor_caught_up_with(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.end_session(session)
    with pytest.raises(NotAllowed, match="live session has ended"):
        classroom.cue(session)
    with pytest.raises(NotAllowed, match="live session has ended"):
        classroom.follow(session, THEO_CLASS)
    with pytest.raises(NotAllowed, match="live session has ended"):
        classroom.rejoin(run)


def test_a_run_that_ends_while_it_follows_stays_as_it_was_and_can_be_taken_back(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    classroom.cue_to(session, "quiz.F1", "closed")
    before = classroom.run(run)
    classroom.finish(run)
    ended = classroom.run(run)
    classroom.cue(session)
    assert classroom.run(run).stage == ended.stage
    assert pushed(ended) > pushed(before)
    back = classroom.take_back(run)
    assert (where(back), back.following) == (("quiz.F1", "closed", 1), False)
    assert pushed(back) > pushed(ended)
    assert where(classroom.rejoin(run)) == ("quiz.F1", "revealed", 1)


def test_a_run_is_not_forgotten_while_the_session_that_it_follows_is_led(classroom: Classroom) -> None:
    session = classroom.lead()
    follows, held = classroom.follow(session), classroom.follow(session, THEO_CLASS)
    classroom.hold(held)
    classroom.clock.forward(hours=5)
    before = classroom.clock.now
    classroom.clock.forward(minutes=1)
    classroom.cue(session)
    with classroom.database.reading() as db:
        assert runs.forgotten(db, before) == [held]
        assert set(runs.forgotten(db, classroom.clock.now.replace(year=2027))) == {follows, held}


def test_the_purge_forgets_the_pupils_of_a_run_that_followed_and_keeps_its_place(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupil = classroom.seat(run)
    classroom.cue_to(session, "before.F1", "open")
    classroom.record(classroom.answer(run, pupil))
    classroom.finish(run)
    classroom.clock.forward(hours=25)
    assert classroom.purge() == 1
    with classroom.database.reading() as db:
        assert participants.crowd(db, run) == []
    assert classroom.run(run).questions_asked == 1


# The console


def test_an_order_from_an_old_console_is_a_conflict(classroom: Classroom) -> None:
    session = classroom.session(classroom.lead())
    holder = session.holder_account_id or 0
    classroom.take_console(session.id, PAUL)
    with pytest.raises(Conflict), classroom.database.transaction() as db:
        live_sessions.give(db, session, "next", seq=0, holder_epoch=0, by=holder, now=classroom.clock.now)
    now = classroom.session(session.id)
    with pytest.raises(NotAllowed, match="Somebody else holds the console"), classroom.database.transaction() as db:
        live_sessions.give(
            db, now, "next", seq=now.stage.seq, holder_epoch=now.holder_epoch, by=holder, now=classroom.clock.now
        )
    assert classroom.session(session.id).stage.is_rules
    assert classroom.cue(session.id).stage.step_key == "before"


def at_once(database: Database, act: Any, n: int) -> list[str]:
    """Let several do the same in the same moment, each having seen the same; who moved and who was refused."""
    ready = threading.Barrier(n)

    def one(who: int) -> str:
        ready.wait()
        try:
            with database.transaction() as db:
                act(db, who)
        except Conflict:
            return "conflict"
        return "moved"

    with ThreadPoolExecutor(n) as threads:
        return sorted(threads.map(one, range(n)))


def test_of_two_consoles_at_once_one_moves_the_stage_and_the_other_is_told(classroom: Classroom) -> None:
    session = classroom.session(classroom.lead())

    def give(db: Any, _: int) -> None:
        holder = session.holder_account_id or 0
        live_sessions.give(db, session, "next", seq=0, holder_epoch=0, by=holder, now=classroom.clock.now)

    assert at_once(classroom.database, give, 6) == ["conflict"] * 5 + ["moved"]
    assert classroom.session(session.id).stage.seq == 1


def test_of_an_order_and_a_hand_over_at_once_one_is_told(classroom: Classroom) -> None:
    session, paul = classroom.session(classroom.lead()), classroom.account(PAUL)
    classroom.give_module(session.id, PAUL)

    def act(db: Any, who: int) -> None:
        if who:
            live_sessions.take_console(db, session, paul, now=classroom.clock.now)
        else:
            holder = session.holder_account_id or 0
            live_sessions.give(db, session, "next", seq=0, holder_epoch=0, by=holder, now=classroom.clock.now)

    assert at_once(classroom.database, act, 2) == ["conflict", "moved"]
    assert classroom.session(session.id).stage.seq == 1


def test_an_agency_holds_the_console_and_a_coordinator_holds_it_for_none(classroom: Classroom) -> None:
    session = classroom.lead(email=PRIYA)
    agencies = [classroom.session(session).holder_agency_id]
    for email in (PAUL, CORA):
        classroom.take_console(session, email)
        agencies.append(classroom.session(session).holder_agency_id)
    assert len(set(agencies)) == 3
    assert agencies[-1] is None


# Answers and the close


def test_an_answer_counts_exactly_when_it_commits_before_the_presenters_close(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    early, late = classroom.seat(run), classroom.seat(run)
    classroom.cue_to(session, "before.F1", "open")
    on_its_way = classroom.answer(run, late)
    assert classroom.record(classroom.answer(run, early)) == ["saved"]
    classroom.cue(session, "close")
    assert classroom.record(on_its_way) == ["closed"]
    assert sum(classroom.tally(run).values()) == 1


@pytest.mark.parametrize("closes", ["presenter", "class"])
def test_a_close_waits_for_the_answers_that_were_taken_before_it(classroom: Classroom, closes: str) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupil, later = classroom.seat(run), classroom.seat(run)
    classroom.cue_to(session, "before.F1", "open")
    taken, on_its_way = classroom.answer(run, pupil), classroom.answer(run, later)

    def close() -> None:
        if closes == "presenter":
            classroom.cue(session, "close")
        else:
            classroom.hold(run)
            classroom.give(run, "close")

    with ThreadPoolExecutor(1) as other:
        with classroom.database.transaction() as db:
            outcome = answers.record(db, [taken])
            closing: Future[None] = other.submit(close)
            with pytest.raises(TimeoutError):
                closing.result(timeout=0.5)
        closing.result(timeout=10)
    assert outcome == ["saved"]
    assert classroom.record(on_its_way) == ["closed"]
    assert sum(classroom.tally(run).values()) == 1


def test_whatever_the_moment_of_the_close_what_was_acknowledged_is_what_is_stored(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupils = [classroom.seat(run) for _ in range(30)]
    classroom.cue_to(session, "before.F1", "open")
    sent = [classroom.answer(run, pupil) for pupil in pupils]
    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(classroom.record, one) for one in sent[:15]]
        closing = threads.submit(classroom.cue, session, "close")
        outcomes += [threads.submit(classroom.record, one) for one in sent[15:]]
        closing.result(timeout=60)
        said = [one.result(timeout=60)[0] for one in outcomes]
    assert set(said) <= {"saved", "closed"}
    assert sum(classroom.tally(run).values()) == said.count("saved")


def test_the_end_of_a_session_and_a_batch_of_answers_lock_in_one_order(classroom: Classroom) -> None:
    session = classroom.lead()
    run = classroom.follow(session)
    pupil = classroom.seat(run)
    classroom.cue_to(session, "before.F1", "open")
    sent = classroom.answer(run, pupil)
    with ThreadPoolExecutor(1) as other:
        with classroom.database.transaction() as db:
            db.exec(select(RunRow.id).where(RunRow.id == run).with_for_update(read=True)).all()
            ending = other.submit(classroom.end_session, session)
            with pytest.raises(TimeoutError):
                ending.result(timeout=0.5)
            outcome = answers.record(db, [sent])  # now the batch locks the session too
        assert (outcome, ending.result(timeout=10)) == (["saved"], [run])


def test_answers_holds_and_orders_of_many_classes_at_once_all_come_through(classroom: Classroom) -> None:
    session = classroom.lead()
    both = [classroom.follow(session), classroom.follow(session, THEO_CLASS)]
    pupils = [classroom.seat(run) for run in both]
    classroom.cue_to(session, "before.F1", "open")
    sent = [classroom.answer(run, pupil) for run, pupil in zip(both, pupils, strict=True)]

    def again(act: Callable[[], object]) -> None:
        for _ in range(12):
            with contextlib.suppress(Conflict, NotAllowed):
                act()

    def hold_and_rejoin() -> None:
        classroom.hold(both[0])
        classroom.rejoin(both[0])

    acts: list[Callable[[], object]] = [
        lambda: classroom.record(*sent),
        lambda: classroom.record(*sent),
        hold_and_rejoin,
        lambda: classroom.calm(both[1], not classroom.run(both[1]).calm),
        lambda: classroom.pause(session, not classroom.session(session).paused),
    ]
    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(again, act) for act in acts]:
            done.result(timeout=60)
        ending = threads.submit(classroom.end_session, session)
        threads.submit(classroom.record, *sent).result(timeout=60)
        ending.result(timeout=60)
    assert [classroom.run(run).following for run in both] == [False, False]
    assert [sum(classroom.tally(run).values()) for run in both] == [1, 1]


# Reading many


def test_many_runs_are_read_in_as_many_queries_as_one(classroom: Classroom) -> None:
    session = classroom.lead()
    follows = [classroom.follow(session, kind="rehearsal")]
    follows += [classroom.follow(session, THEO_CLASS)]
    alone = classroom.start()
    classroom.cue_to(session, "before.F1", "closed")
    counts = [queries(classroom, [follows[0]]), queries(classroom, [alone]), queries(classroom, [*follows, alone])]
    assert counts == [4, 3, 4]
    with classroom.database.reading() as db:
        many = runs.read_many(db, [*follows, alone, 999])
        assert many == {run: runs.read(db, run) for run in (*follows, alone)}


def queries(classroom: Classroom, run_ids: list[int]) -> int:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with classroom.database.reading() as db:
        runs.read_many(db, run_ids)  # parsing a version is done once
        sqlalchemy.event.listen(classroom.database.engine, "before_cursor_execute", note)
        try:
            runs.read_many(db, run_ids)
        finally:
            sqlalchemy.event.remove(classroom.database.engine, "before_cursor_execute", note)
    return len(asked)


# Whatever happens


class Model:
    """What a class should see, in a few lines: the session's stage, or its own, and what it closed by itself."""

    def __init__(self) -> None:
        self.led = self.own = Stage(phase="content")
        self.follows = True
        self.closed: dict[str, Stage] = {}

    def shown(self) -> Stage:
        if not self.follows:
            return self.own
        left = self.closed.get(self.led.step_key)
        order = ("ready", "open", "closed", "revealed")
        if left is None or self.led.phase not in order:
            return self.led
        return max(self.led, left, key=lambda s: (s.phase == "revealed", s.round, order.index(s.phase)))


ACTS = (
    *("cue", "cue", "cue back", "cue reopen", "own", "own", "own back", "own reopen"),
    *("hold", "rejoin", "hold", "rejoin", "calm", "pause"),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(ACTS), max_size=30))
def test_whatever_is_ordered_each_push_is_newer_and_the_class_sees_what_the_model_says(
    on_sqlite: Classroom, acts: list[str]
) -> None:
    model = Model()
    with on_sqlite.database.transaction() as db:
        session_id = start_in(db, on_sqlite)
        run_id = live_sessions.check_in(
            db,
            live_sessions.read(db, session_id),
            TESS_CLASS,
            present=28,
            now=on_sqlite.clock.now,
            choose=secrets.choice,
            kind="rehearsal",
        )
        runs.rejoin(db, runs.read(db, run_id), epoch=0, by="teacher", now=on_sqlite.clock.now)
        last = runs.read(db, run_id)
        for act in ["cue", "cue", "cue", *acts]:
            try:
                do(db, act, session_id, runs.read(db, run_id), on_sqlite)
            except NotAllowed:
                assert runs.read(db, run_id) == last
                continue
            follow_model(db, act, model, session_id, run_id)
            now = runs.read(db, run_id)
            assert (now.stage.module, *where(now)) == (
                model.shown().module,
                *(model.shown().step_key, model.shown().phase, model.shown().round),
            )
            changed = (now.stage, now.cover, now.following) != (last.stage, last.cover, last.following)
            assert pushed(now) > pushed(last) or (not changed and pushed(now) == pushed(last))
            last = now


def start_in(db: Any, classroom: Classroom) -> int:
    """A live session with a short lesson, so that orders soon reach a question of every kind."""
    version_ids = [lessons.publish(db, small(classroom.fire), classroom.clock.now)]
    return live_sessions.start(
        db,
        1,
        version_ids,
        questions=8,
        account_id=2,
        planned_minutes=45,
        seed=secrets.token_urlsafe(16),
        now=classroom.clock.now,
    )


def do(db: Any, act: str, session_id: int, run: OpenRun, classroom: Classroom) -> None:
    verb, _, order = act.partition(" ")
    by = {"by": "teacher", "now": classroom.clock.now}
    match verb:
        case "cue":
            lead_on(db, session_id, order or "next", classroom.clock)  # type: ignore[arg-type]
        case "own":
            runs.give(db, run, order or "next", seq=run.stage.seq, epoch=run.epoch, **by)  # type: ignore[arg-type]
        case "hold":
            runs.hold(db, run, epoch=run.epoch, **by)  # type: ignore[arg-type]
        case "rejoin":
            runs.rejoin(db, run, epoch=run.epoch, **by)  # type: ignore[arg-type]
        case "calm":
            runs.set_calm(db, run, calm=not run.calm, **by)  # type: ignore[arg-type]
        case "pause":
            now = live_sessions.read(db, session_id)
            live_sessions.set_paused(db, now, paused=not now.paused, holder_epoch=0, by=2, now=classroom.clock.now)


def follow_model(db: Any, act: str, model: Model, session_id: int, run_id: int) -> None:
    match act.partition(" ")[0]:
        case "cue":
            model.led = live_sessions.read(db, session_id).stage
        case "own":
            model.own = runs.read(db, run_id).stage
            if model.own.phase in ("closed", "revealed"):
                model.closed[model.own.step_key] = model.own
        case "hold":
            model.own, model.follows = model.shown(), False
        case "rejoin":
            same = ("module", "step_key", "phase", "round")
            if model.own.phase == "open" and any(getattr(model.own, k) != getattr(model.led, k) for k in same):
                model.closed[model.own.step_key] = model.own.model_copy(update={"phase": "closed"})
            model.follows = True
