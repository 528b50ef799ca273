"""The signature of a run: another one whenever something that its panels show may have changed."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from app.store import participants, participation, runs
from app.store.signatures import signatures
from tests.classroom import NAMES, THEO_CLASS, Classroom


def signature(classroom: Classroom, run_id: int) -> tuple[Any, ...]:
    with classroom.database.reading() as db:
        return signatures(db, [run_id])[run_id]


def lock(classroom: Classroom, run_id: int) -> None:
    with classroom.database.transaction() as db:
        runs.set_locked(db, runs.read(db, run_id), locked=True)


def count_heads(classroom: Classroom, run_id: int) -> None:
    with classroom.database.transaction() as db:
        runs.confirm_present(db, run_id, 28, classroom.clock.now)  # the number that stood there already


def deal_again(classroom: Classroom, run_id: int) -> None:
    with classroom.database.transaction() as db:
        runs.deal_again(db, participants.crowd(db, run_id)[0].id or 0, NAMES, secrets.choice)


def swap_seats(classroom: Classroom, run_id: int) -> None:
    with classroom.database.reading() as db:
        newest = participants.crowd(db, run_id)[0].id or 0
    classroom.remove(run_id, newest)
    classroom.seat(run_id)


def take_back(classroom: Classroom, run_id: int) -> None:
    classroom.finish(run_id)
    with classroom.database.transaction() as db:
        participation.take_back(db, runs.read(db, run_id), classroom.clock.now)


CHANGES: dict[str, Callable[[Classroom, int], Any]] = {
    "a cue": Classroom.give,
    "the calm screen": lambda classroom, run: classroom.calm(run, True),
    "a locked door": lock,
    "a confirmed head-count": count_heads,
    "a new seat": Classroom.seat,
    "another alias": deal_again,
    "one goes and one comes": swap_seats,
    "the end": Classroom.finish,
    "the end taken back": take_back,
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_the_panels_show_changes_the_signature(classroom: Classroom, change: str) -> None:
    run = classroom.start()
    classroom.seat(run)
    before = signature(classroom, run)
    assert signature(classroom, run) == before
    CHANGES[change](classroom, run)
    assert signature(classroom, run) != before


def test_each_answer_and_each_change_of_mind_changes_it_and_a_resend_does_not(classroom: Classroom) -> None:
    run = classroom.start()
    ann, ben = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "before.F1")
    seen = [signature(classroom, run)]
    first = classroom.answer(run, ann)
    for answer in (first, classroom.answer(run, ben), classroom.answer(run, ann, change=2)):
        classroom.record(answer)
        seen.append(signature(classroom, run))
    assert len(set(seen)) == 4
    classroom.record(first)
    assert signature(classroom, run) == seen[-1]


def test_a_secret_vote_changes_it(classroom: Classroom) -> None:
    run = classroom.start()
    ann, ben = classroom.seat(run), classroom.seat(run)
    classroom.go_to(run, "poll.ask")
    seen = {signature(classroom, run)}
    for participant in (ann, ben):
        classroom.record(classroom.answer(run, participant))
        seen.add(signature(classroom, run))
    assert len(seen) == 3


def test_one_run_says_nothing_of_another_and_one_that_is_not_there_has_none(classroom: Classroom) -> None:
    tess, theo = classroom.start(), classroom.start(THEO_CLASS)
    other = signature(classroom, theo)
    classroom.seat(tess)
    classroom.go_to(tess, "before.F1")
    classroom.record(classroom.answer(tess, classroom.seat(tess)))
    assert signature(classroom, theo) == other
    with classroom.database.reading() as db:
        assert set(signatures(db, [tess, theo, 4711])) == {tess, theo}
        assert signatures(db, []) == {}


def test_many_runs_cost_no_more_queries_than_one(classroom: Classroom) -> None:
    counted: list[str] = []
    event.listen(classroom.database.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    many = [classroom.start(THEO_CLASS, kind="rehearsal") for _ in range(40)]
    for run_ids in (many[:1], many):
        counted.clear()
        with classroom.database.reading() as db:
            assert len(signatures(db, run_ids)) == len(run_ids)
        assert len([one for one in counted if "SELECT" in one.upper()]) == 4
