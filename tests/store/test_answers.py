"""Answers: saved once, the newest change stands, and only while the question is open."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from app.store import answers, runs
from app.store.answers import Saved, Sheet
from app.store.tables import AnswerRow, SecretCountRow, SecretVoteRow
from tests.classroom import THEO_CLASS, Classroom


def saved(classroom: Classroom, participant_id: int) -> list[tuple[str, int, str, int]]:
    """Step, round, choice and change of all that a participant has saved."""
    with classroom.database.reading() as db:
        rows = db.exec(
            select(AnswerRow).where(AnswerRow.participant_id == participant_id).order_by(AnswerRow.step_key)
        ).all()
        return sorted((row.step_key, row.round, row.choice, row.change_no) for row in rows)


def test_an_answer_to_the_open_question_is_saved(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    outcomes = classroom.record(classroom.answer(run, pupil, "1"))
    assert outcomes == ["saved"]
    assert saved(classroom, pupil) == [("before.F1", 1, "1", 1)]


def test_a_change_of_mind_takes_the_place_of_the_first_answer(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    classroom.record(classroom.answer(run, pupil, "1", change=1))
    classroom.record(classroom.answer(run, pupil, "2", change=2))
    assert saved(classroom, pupil) == [("before.F1", 1, "2", 2)]


def test_a_late_older_message_is_acknowledged_and_changes_nothing(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    classroom.record(classroom.answer(run, pupil, "2", change=2))
    outcomes = classroom.record(classroom.answer(run, pupil, "1", change=1))
    assert outcomes == ["saved"]
    assert saved(classroom, pupil) == [("before.F1", 1, "2", 2)]


def test_a_resend_is_acknowledged_and_counted_once(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    sent = classroom.answer(run, pupil, "1")
    outcomes = [*classroom.record(sent), *classroom.record(sent), *classroom.record(sent, sent)]
    assert outcomes == ["saved"] * 4
    assert classroom.tally(run) == {"1": 1}


def test_in_one_batch_the_greatest_change_of_a_participant_stays_whatever_its_order(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    batch = [classroom.answer(run, pupil, choice, change=change) for choice, change in (("3", 3), ("1", 1), ("2", 2))]
    classroom.record(*batch)
    assert saved(classroom, pupil) == [("before.F1", 1, "3", 3)]


@pytest.mark.parametrize("phase", ["ready", "closed"])
def test_an_answer_counts_only_while_the_question_is_open(classroom: Classroom, phase: str) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1", phase)
    assert classroom.record(classroom.answer(run, pupil, "1")) == ["closed"]
    assert saved(classroom, pupil) == []


def test_an_answer_that_was_read_before_the_close_is_refused_after_it(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    on_its_way = classroom.answer(run, pupil, "1")
    classroom.give(run, "close")
    assert classroom.record(on_its_way) == ["closed"]
    assert classroom.tally(run) == {}


def test_an_answer_to_another_question_than_the_open_one_is_refused(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F2")
    assert classroom.record(classroom.answer(run, pupil, "1", step="before.F1")) == ["closed"]


def test_a_run_that_has_ended_takes_no_answer(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    on_its_way = classroom.answer(run, pupil, "1")
    classroom.finish(run)
    assert classroom.record(on_its_way) == ["closed"]


def test_a_question_opened_again_keeps_the_first_round_beside_the_second(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "quiz.F1")
    classroom.record(classroom.answer(run, pupil, "1"))
    classroom.give(run, "close")
    classroom.give(run, "reopen")
    classroom.record(classroom.answer(run, pupil, "2", round=2))
    assert saved(classroom, pupil) == [("quiz.F1", 1, "1", 1), ("quiz.F1", 2, "2", 1)]


def test_an_answer_to_the_first_round_is_refused_in_the_second(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "quiz.F1", "closed")
    classroom.give(run, "reopen")
    assert classroom.record(classroom.answer(run, pupil, "1", round=1)) == ["closed"]


def test_the_answer_before_and_the_answer_after_are_two_answers(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    classroom.record(classroom.answer(run, pupil, "2"))
    classroom.go_to(run, "quiz.F1")
    classroom.record(classroom.answer(run, pupil, "1"))
    assert saved(classroom, pupil) == [("before.F1", 1, "2", 1), ("quiz.F1", 1, "1", 1)]


def test_a_removed_seat_cannot_answer_and_its_answer_leaves_the_tally(classroom: Classroom) -> None:
    run = classroom.start()
    stays, goes = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "before.F1")
    classroom.record(classroom.answer(run, stays, "1"), classroom.answer(run, goes, "1"))
    classroom.remove(run, goes)
    assert classroom.record(classroom.answer(run, goes, "2", change=2)) == ["removed"]
    assert classroom.tally(run) == {"1": 1}


def test_answers_of_one_class_are_not_in_the_tally_of_another(classroom: Classroom) -> None:
    tess, theo = classroom.start(), classroom.start(THEO_CLASS)
    one, other = classroom.seat(tess), classroom.seat(theo)
    classroom.go_to(tess, "before.F1")
    classroom.go_to(theo, "before.F1")
    classroom.record(classroom.answer(tess, one, "1"), classroom.answer(theo, other, "2"))
    assert (classroom.tally(tess), classroom.tally(theo)) == ({"1": 1}, {"2": 1})


def test_a_tally_only_vote_is_one_row_without_a_choice_and_one_counter(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "poll.ask")
    outcomes = classroom.record(classroom.answer(run, pupil, "2"))
    with classroom.database.reading() as db:
        votes = db.exec(select(SecretVoteRow)).all()
        counts = db.exec(select(SecretCountRow)).all()
    assert outcomes == ["saved"]
    assert [vote.participant_id for vote in votes] == [pupil]
    assert [(count.choice, count.n) for count in counts] == [("2", 1)]
    assert saved(classroom, pupil) == []


def test_the_first_tap_of_a_tally_only_question_is_final(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "poll.ask")
    classroom.record(classroom.answer(run, pupil, "1"))
    assert classroom.record(classroom.answer(run, pupil, "2", change=2)) == ["final"]
    assert classroom.tally(run) == {"1": 1}


def test_a_resend_of_the_first_secret_tap_is_acknowledged_and_counted_once(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "poll.ask")
    sent = classroom.answer(run, pupil, "1")
    assert classroom.record(sent, sent) == ["saved", "saved"]
    assert classroom.record(sent) == ["saved"]
    assert classroom.tally(run) == {"1": 1}


@pytest.mark.parametrize("step", ["poll.ask", "before.F1"])
def test_fifty_parallel_duplicates_count_once(classroom: Classroom, step: str) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, step)
    sent = classroom.answer(run, pupil, "1")
    with ThreadPoolExecutor(10) as at_once:
        outcomes = list(at_once.map(lambda _: classroom.record(sent), range(50)))
    assert outcomes == [["saved"]] * 50
    assert classroom.tally(run) == {"1": 1}


def test_thirty_secret_votes_at_once_are_all_counted(classroom: Classroom) -> None:
    run = classroom.start()
    pupils = [classroom.seat(run) for _ in range(30)]
    classroom.go_to(run, "poll.ask")
    sent = [classroom.answer(run, pupil, "13"[place % 2]) for place, pupil in enumerate(pupils)]
    with ThreadPoolExecutor(10) as at_once:
        list(at_once.map(classroom.record, sent))
    assert classroom.tally(run) == {"1": 15, "3": 15}


def test_a_batch_with_a_row_that_the_database_refuses_saves_none_of_it(classroom: Classroom) -> None:
    run = classroom.start()
    good, bad = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "before.F1")
    broken = classroom.answer(run, bad, "1")._replace(choice=None)  # type: ignore[arg-type]
    with pytest.raises(SQLAlchemyError):
        classroom.record(classroom.answer(run, good, "1"), broken)
    assert classroom.tally(run) == {}


def test_one_batch_tells_each_answer_its_own_outcome(classroom: Classroom) -> None:
    run = classroom.start()
    good, gone = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "before.F1")
    classroom.remove(run, gone)
    outcomes = classroom.record(
        classroom.answer(run, gone, "1"),
        classroom.answer(run, good, "1", step="before.F2"),
        classroom.answer(run, good, "1"),
        classroom.answer(run, good, "1")._replace(participant_id=999_999),
    )
    assert outcomes == ["removed", "closed", "saved", "removed"]


def test_the_sheet_holds_what_each_has_saved_for_the_asking_and_round_on_the_stage(classroom: Classroom) -> None:
    run = classroom.start()
    pupil, silent = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "quiz.F1")
    classroom.record(classroom.answer(run, pupil, "2", change=3))
    first = sheet(classroom, run)
    classroom.give(run, "close")
    classroom.give(run, "reopen")
    second = sheet(classroom, run)
    assert first.saved == {pupil: Saved(choice="2", change=3)}
    assert first.answered == 1
    assert silent not in first.saved
    assert second.saved == {}


def test_the_sheet_of_a_secret_question_says_who_has_voted_and_never_what(classroom: Classroom) -> None:
    run = classroom.start()
    pupil, other = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "poll.ask")
    classroom.record(classroom.answer(run, pupil, "3"), classroom.answer(run, other, "3"))
    found = sheet(classroom, run, tally_only=True)
    assert found.saved == {pupil: Saved(choice="", change=1), other: Saved(choice="", change=1)}
    assert found.counts == {"3": 2}


def test_an_answer_whose_ack_was_lost_is_acknowledged_again_after_the_close(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    sent = classroom.answer(run, pupil, "1", change=2)
    classroom.record(sent)
    classroom.give(run, "close")
    newer = sent._replace(change=3, choice="2")
    assert classroom.record(sent, newer) == ["saved", "closed"]
    assert classroom.tally(run) == {"1": 1}


def test_a_look_stays_as_it_was_while_others_write(classroom: Classroom) -> None:
    run = classroom.start()
    pupil = classroom.seat(run)
    classroom.go_to(run, "before.F1")
    sent = classroom.answer(run, pupil, "1")
    with classroom.database.reading() as db:
        stage = runs.read(db, run).stage
        before = answers.sheet(db, run, stage, tally_only=False).counts
        classroom.record(sent)
        after = answers.sheet(db, run, stage, tally_only=False).counts
    assert before == after == {}


def sheet(classroom: Classroom, run_id: int, *, tally_only: bool = False) -> Sheet:
    with classroom.database.reading() as db:
        return answers.sheet(db, run_id, runs.read(db, run_id).stage, tally_only=tally_only)
