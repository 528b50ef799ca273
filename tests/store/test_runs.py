"""Runs: one open lesson a class, one order at a time, one alias a seat, and nothing of a pupil after a day."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound
from app.store import participants, participation, runs
from app.store.tables import AnswerRow, ParticipantRow, SecretVoteRow
from tests.classroom import NAMES, THEO_CLASS, Classroom


def aliases(classroom: Classroom, run_id: int) -> list[str]:
    with classroom.database.reading() as db:
        return [row.alias for row in participants.crowd(db, run_id)]


# Starting


def test_a_class_has_one_open_lesson_at_a_time(classroom: Classroom) -> None:
    classroom.start()
    with pytest.raises(Conflict, match="has a lesson open already"):
        classroom.start()


def test_of_two_that_start_at_once_one_opens_the_lesson(classroom: Classroom) -> None:
    both_ready = threading.Barrier(2)

    def start(_: int) -> str:
        both_ready.wait()
        try:
            classroom.start()
        except Conflict:
            return "conflict"
        return "started"

    with ThreadPoolExecutor(2) as at_once:
        assert sorted(at_once.map(start, range(2))) == ["conflict", "started"]


def test_another_class_starts_its_own_lesson_under_another_code(classroom: Classroom) -> None:
    one, other = classroom.run(classroom.start()), classroom.run(classroom.start(THEO_CLASS))
    assert one.code != other.code
    assert one.seed != other.seed


def test_a_class_may_start_again_once_its_lesson_has_ended(classroom: Classroom) -> None:
    first = classroom.start()
    classroom.finish(first)
    assert classroom.start() != first


def test_eight_questions_leave_out_the_last_two_and_ten_leave_out_none(classroom: Classroom) -> None:
    eight = classroom.run(classroom.start(questions=8))
    ten = classroom.run(classroom.start(THEO_CLASS, questions=10))
    assert {p.step.key for p in ten.plan.places} - {p.step.key for p in eight.plan.places} == {"quiz.F9", "quiz.F10"}


# Joining


def test_a_code_opens_its_run_until_the_run_ends(classroom: Classroom) -> None:
    run = classroom.run(classroom.start())
    with classroom.database.reading() as db:
        assert runs.by_code(db, run.code).id == run.id
    classroom.finish(run.id)
    with classroom.database.reading() as db, pytest.raises(NotFound, match="That lesson has finished"):
        runs.by_code(db, run.code)


def test_a_code_of_no_run_is_not_found_in_a_childs_words(classroom: Classroom) -> None:
    with classroom.database.reading() as db, pytest.raises(NotFound, match="We can't find CCC CCC"):
        runs.by_code(db, "CCCCCC")


def test_a_class_and_three_more_fit_in_and_the_next_is_told_so(classroom: Classroom) -> None:
    run = classroom.start(present=4)
    for _ in range(7):
        classroom.seat(run)
    with pytest.raises(NotAllowed, match="Every seat in this lesson is taken"):
        classroom.seat(run)
    assert len(set(aliases(classroom, run))) == 7


def test_a_removed_seat_makes_room_but_its_alias_stays_taken(classroom: Classroom) -> None:
    run = classroom.start(present=1)
    seated = [classroom.seat(run) for _ in range(4)]
    gone = aliases(classroom, run)[0]
    classroom.remove(run, seated[-1])
    classroom.seat(run)
    assert len(aliases(classroom, run)) == 4
    assert gone not in aliases(classroom, run)


def test_a_locked_door_lets_nobody_in_and_those_inside_stay(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.seat(run)
    with classroom.database.transaction() as db:
        runs.set_locked(db, runs.read(db, run), locked=True)
    with pytest.raises(NotAllowed, match="Your teacher has locked the door"):
        classroom.seat(run)
    assert len(aliases(classroom, run)) == 1


def test_thirty_one_that_join_at_once_all_have_a_name_of_their_own(classroom: Classroom) -> None:
    run = classroom.start(present=28)

    def join(_: int) -> None:
        classroom.seat(run)

    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(join, range(31)))
    assert len(set(aliases(classroom, run))) == 31


def test_of_many_that_join_at_once_no_more_are_seated_than_there_are_seats(classroom: Classroom) -> None:
    run = classroom.start(present=1)
    all_ready = threading.Barrier(12)

    def join(_: int) -> str:
        all_ready.wait()
        try:
            classroom.seat(run)
        except DomainError as refusal:
            return type(refusal).__name__
        return "seated"

    with ThreadPoolExecutor(12) as at_once:
        list(at_once.map(join, range(12)))
    assert len(aliases(classroom, run)) == 4


def test_two_other_names_are_dealt_and_no_more(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    dealt = [aliases(classroom, run)[0]]
    for _ in range(2):
        with classroom.database.transaction() as db:
            runs.deal_again(db, pupil, NAMES, secrets.choice)
        dealt.append(aliases(classroom, run)[0])
    with pytest.raises(NotAllowed, match="You have had three names"), classroom.database.transaction() as db:
        runs.deal_again(db, pupil, NAMES, secrets.choice)
    assert len(set(dealt)) == 3
    assert aliases(classroom, run) == dealt[-1:]


def test_a_seat_of_another_run_cannot_be_removed(classroom: Classroom) -> None:
    tess, theo = classroom.start(), classroom.start(THEO_CLASS)
    pupil = classroom.seat(theo)
    with pytest.raises(NotFound, match="That seat is not in this lesson"):
        classroom.remove(tess, pupil)
    assert len(aliases(classroom, theo)) == 1


# Orders


def test_an_order_for_a_stage_that_has_moved_on_is_a_conflict_and_changes_nothing(classroom: Classroom) -> None:
    run = classroom.run(classroom.start())
    classroom.give(run.id)
    now = classroom.run(run.id)
    with pytest.raises(Conflict, match="moved on already"), classroom.database.transaction() as db:
        runs.give(db, now, "next", seq=run.stage.seq, epoch=run.epoch, by="phone", now=classroom.clock.now)
    assert classroom.run(run.id).stage.is_rules


def test_of_racing_orders_exactly_one_moves_the_stage(classroom: Classroom) -> None:
    run = classroom.run(classroom.start())
    all_ready = threading.Barrier(6)

    def press(by: int) -> str:
        with classroom.database.reading() as db:
            seen = runs.read(db, run.id)
        all_ready.wait()
        try:
            with classroom.database.transaction() as db:
                runs.give(db, seen, "next", seq=seen.stage.seq, epoch=seen.epoch, by=str(by), now=classroom.clock.now)
        except Conflict:
            return "conflict"
        return "moved"

    with ThreadPoolExecutor(6) as at_once:
        results = sorted(at_once.map(press, range(6)))
    assert results == ["conflict"] * 5 + ["moved"]
    assert classroom.run(run.id).stage.seq == run.stage.seq + 1


def test_every_order_is_kept_as_a_cue_with_who_and_when(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.give(run)
    classroom.clock.forward(minutes=1)
    classroom.give(run)
    with classroom.database.reading() as db:
        history = runs.shifts(db, run)
    assert [(shift.kind, shift.step_key) for shift in history] == [("next", ""), ("next", "before")]
    assert history[1].at - history[0].at == timedelta(minutes=1)


def test_back_finds_a_question_as_it_was_left_with_its_round(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.go_to(run, "quiz.F1", "closed")
    classroom.give(run, "reopen")
    classroom.give(run, "close")
    classroom.give(run, "reveal")
    classroom.give(run, "next")
    stage = classroom.give(run, "back").stage
    assert (stage.step_key, stage.phase, stage.round) == ("quiz.F1", "revealed", 2)


def test_an_ended_run_takes_no_order(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.finish(run)
    with pytest.raises(NotAllowed, match="This lesson has ended"):
        classroom.give(run)


def test_the_calm_screen_covers_the_stage_and_leaves_it_as_it_was(classroom: Classroom) -> None:
    run = classroom.start()
    before = classroom.go_to(run, "before.F1")
    classroom.calm(run, True)
    covered = classroom.run(run)
    classroom.calm(run, False)
    after = classroom.run(run)
    assert covered.calm
    assert not after.calm
    assert after.stage.model_copy(update={"seq": 0}) == before.stage.model_copy(update={"seq": 0})


# The end, taken back


def test_an_end_by_mistake_is_taken_back_and_the_lesson_stands_where_it_was(classroom: Classroom) -> None:
    run = classroom.start()
    before = classroom.go_to(run, "scenario.ask", "closed").stage
    classroom.finish(run)
    with classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), classroom.clock.now)
    after = classroom.run(run)
    assert after.ended_at is None
    assert (after.stage.step_key, after.stage.phase) == (before.step_key, before.phase)


def test_an_end_is_not_taken_back_after_a_day(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.finish(run)
    classroom.clock.forward(hours=25)
    with pytest.raises(NotAllowed, match="for 24 hours after its end"), classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), classroom.clock.now)
    assert classroom.run(run).ended_at is not None


def test_an_end_is_not_taken_back_while_the_class_has_another_lesson_open(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.finish(run)
    classroom.start()
    with pytest.raises(Conflict, match="another lesson open"), classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), classroom.clock.now)


def test_a_screen_from_before_the_end_gives_no_order_after_it_was_taken_back(classroom: Classroom) -> None:
    run = classroom.start()
    before = classroom.go_to(run, "before.F1", "closed")
    classroom.finish(run)
    with classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run), classroom.clock.now)
    now = classroom.run(run)
    with pytest.raises(Conflict), classroom.database.transaction() as db:
        runs.give(db, now, "next", seq=now.stage.seq, epoch=before.epoch, by="phone", now=classroom.clock.now)


# Forgetting


def test_the_purge_deletes_pupil_level_rows_of_ended_runs_only(classroom: Classroom) -> None:
    ended, open_still = classroom.start(), classroom.start(THEO_CLASS)
    for run in (ended, open_still):
        pupil = classroom.seat(run)
        classroom.go_to(run, "before.F1")
        classroom.record(classroom.answer(run, pupil, "1"))
        classroom.go_to(run, "poll.ask")
        classroom.record(classroom.answer(run, pupil, "1"))
    classroom.finish(ended)
    classroom.clock.forward(hours=25)
    assert classroom.purge() == 1
    with classroom.database.reading() as db:
        left = [
            db.exec(select(func.count()).select_from(t)).one() for t in (ParticipantRow, AnswerRow, SecretVoteRow)
        ]
        counts = participation.of_run(db, ended)
    assert left == [1, 1, 1]
    assert {(one.step_key, one.answered) for one in counts if one.answered} == {("before.F1", 1), ("poll.ask", 1)}


def test_a_purged_seat_is_nobody(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.seat(run, key="a-cookie")
    classroom.finish(run)
    classroom.clock.forward(hours=25)
    classroom.purge()
    with classroom.database.reading() as db:
        assert runs.participant_by_key(db, "a-cookie") is None


def test_after_the_purge_no_alias_and_no_choice_is_left_in_the_file(on_sqlite: Classroom, tmp_path: Path) -> None:
    run = on_sqlite.start()
    pupils = [on_sqlite.seat(run) for _ in range(28)]
    names = aliases(on_sqlite, run)
    for step in ("before.F1", "before.F2", "quiz.F1"):
        on_sqlite.go_to(run, step)
        on_sqlite.record(*(on_sqlite.answer(run, pupil, change=n + 1) for n, pupil in enumerate(pupils)))
    on_sqlite.finish(run)
    on_sqlite.clock.forward(hours=25)
    on_sqlite.purge()
    left = b"".join(file.read_bytes() for file in tmp_path.glob("safety-in-action.db*"))
    assert [name for name in names if name.encode() in left] == []
    assert b"message-" not in left


def test_a_join_code_is_given_up_thirty_days_after_the_end(classroom: Classroom) -> None:
    run = classroom.start()
    classroom.finish(run)
    classroom.clock.forward(days=31)
    classroom.purge()
    assert classroom.run(run).code == ""
