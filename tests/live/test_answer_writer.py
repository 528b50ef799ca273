"""The answer writer: told "saved" means on the disk, and nothing that one device does stops it."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import event

from app.live.answer_writer import AnswerWriter, Written
from app.store.answers import Answer
from tests.classroom import Classroom

SOON = 8
T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, as the server has one; answers are told on it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def call(self, what: Callable[[], T]) -> T:
        async def run() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(SOON)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Writers:
    """Starts answer writers and stops them at the end of the test."""

    def __init__(self, classroom: Classroom, loop: Loop) -> None:
        self._classroom, self._loop = classroom, loop
        self._started: list[AnswerWriter] = []
        self.told: list[list[Answer]] = []

    def make(self, *, queue_size: int = 100, batch_size: int = 50) -> AnswerWriter:
        return AnswerWriter(
            self._classroom.database,
            lambda batch: self.told.append(list(batch)),
            queue_size=queue_size,
            batch_size=batch_size,
        )

    def begin(self, writer: AnswerWriter) -> AnswerWriter:
        self._loop.call(writer.start)
        self._started.append(writer)
        return writer

    def start(self, *, queue_size: int = 100, batch_size: int = 50) -> AnswerWriter:
        return self.begin(self.make(queue_size=queue_size, batch_size=batch_size))

    def stop(self) -> None:
        for writer in self._started:
            writer.stop()


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.stop()


@pytest.fixture
def writers(classroom: Classroom, loop: Loop) -> Iterator[Writers]:
    writers = Writers(classroom, loop)
    yield writers
    writers.stop()


def submit(writer: AnswerWriter, answer: Answer) -> "Future[Written]":
    """Hand an answer over; the result is what its device is told."""
    future: Future[Written] = Future()
    writer.submit(answer, future.set_result)
    return future


@pytest.fixture
def on_its_way(classroom: Classroom) -> Callable[[int], list[Answer]]:
    """Answers of so many pupils to an open question."""

    def answers(pupils: int) -> list[Answer]:
        run = classroom.start()
        seated = [classroom.seat(run) for _ in range(pupils)]
        classroom.go_to(run, "before.F1")
        return [classroom.answer(run, pupil, "1") for pupil in seated]

    return answers


Answers = Callable[[int], list[Answer]]


def rows(file: Path) -> int:
    """Answers that another process can see."""
    connection = sqlite3.connect(file)
    found: int = connection.execute("SELECT count(*) FROM answer").fetchone()[0]
    connection.close()
    return found


def give_up_soon(classroom: Classroom) -> None:
    """Wait for the lock a fraction of a second instead of five."""
    classroom.database.engine.dispose()
    event.listen(
        classroom.database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 250")
    )


def test_when_an_answer_is_acknowledged_another_process_can_read_it(
    writers: Writers, on_its_way: Answers, file: Path
) -> None:
    sent = on_its_way(20)
    writer = writers.start(batch_size=3)
    for number, answer in enumerate(sent, start=1):
        assert submit(writer, answer).result(SOON) == "saved"
        assert rows(file) == number


def test_a_run_is_told_of_its_new_answers_once_they_are_saved(
    writers: Writers, on_its_way: Answers, loop: Loop
) -> None:
    sent = on_its_way(1)[0]
    submit(writers.start(), sent).result(SOON)
    loop.call(lambda: None)
    assert writers.told == [[sent]]


def test_answers_that_wait_share_one_commit(writers: Writers, on_its_way: Answers) -> None:
    writer = writers.make()
    futures = [submit(writer, answer) for answer in on_its_way(25)]
    writers.begin(writer)
    assert [future.result(SOON) for future in futures] == ["saved"] * 25
    writer.stop()
    assert [len(batch) for batch in writers.told] == [25]


def test_a_full_queue_takes_no_answer_and_says_so_at_once(writers: Writers, on_its_way: Answers) -> None:
    writer = writers.make(queue_size=2)
    sent = on_its_way(3)
    first, second, third = (submit(writer, answer) for answer in sent)
    assert third.result(0) is None
    assert not first.done()
    writers.begin(writer)
    assert [first.result(SOON), second.result(SOON)] == ["saved", "saved"]
    writer.stop()


def test_one_bad_row_costs_one_client(writers: Writers, on_its_way: Answers, file: Path) -> None:
    sent = on_its_way(10)
    sent[4] = sent[4]._replace(choice=None)  # type: ignore[arg-type]
    writer = writers.make()
    futures = [submit(writer, answer) for answer in sent]
    writers.begin(writer)
    outcomes = [future.result(SOON) for future in futures]
    writer.stop()
    assert outcomes == ["saved"] * 4 + [None] + ["saved"] * 5
    assert rows(file) == 9


def test_a_row_that_not_even_the_driver_understands_costs_one_client(writers: Writers, on_its_way: Answers) -> None:
    sent = on_its_way(3)
    sent[1] = sent[1]._replace(change=2**80)
    writer = writers.start()
    outcomes = [submit(writer, answer).result(SOON) for answer in sent]
    assert outcomes == ["saved", None, "saved"]


def test_a_request_that_is_given_up_stops_nobody_else(writers: Writers, on_its_way: Answers, loop: Loop) -> None:
    gone, stays, later = on_its_way(3)
    writer = writers.make()
    waiting = asyncio.run_coroutine_threadsafe(writer.write(gone), loop.loop)
    loop.call(lambda: None)
    waiting.cancel()  # a tab was closed while its answer was on its way to the disk
    other = submit(writer, stays)
    writers.begin(writer)
    assert other.result(SOON) == "saved"
    assert submit(writer, later).result(SOON) == "saved"


def test_a_device_that_cannot_be_told_costs_nobody_else_the_word(writers: Writers, on_its_way: Answers) -> None:
    def gone(_: Written) -> None:
        raise RuntimeError("this socket is closed")

    first, second, third = on_its_way(3)
    writer = writers.make()
    before = submit(writer, first)
    writer.submit(second, gone)
    after = submit(writer, third)
    writers.begin(writer)
    assert (before.result(SOON), after.result(2)) == ("saved", "saved")


def test_answers_wait_while_another_process_holds_the_database(
    writers: Writers, on_its_way: Answers, file: Path
) -> None:
    sent = on_its_way(5)
    writer = writers.start()
    with held(file, seconds=1):
        futures = [submit(writer, answer) for answer in sent]
        time.sleep(0.3)
        assert not any(future.done() for future in futures)
    assert [future.result(SOON) for future in futures] == ["saved"] * 5
    assert rows(file) == 5


def test_while_the_database_is_held_for_long_devices_are_told_to_keep_their_answers(
    writers: Writers, on_its_way: Answers, classroom: Classroom, file: Path
) -> None:
    sent = on_its_way(4)
    give_up_soon(classroom)
    writer = writers.start()
    with held(file, seconds=1):
        futures = [submit(writer, answer) for answer in sent]
        told = [future.result(SOON) for future in futures]
    assert None in told
    assert rows(file) == told.count("saved")
    assert [submit(writer, answer).result(SOON) for answer in sent] == ["saved"] * 4
    assert rows(file) == 4


def test_stop_saves_what_waits(writers: Writers, on_its_way: Answers, file: Path) -> None:
    writer = writers.make(batch_size=4)
    futures = [submit(writer, answer) for answer in on_its_way(22)]
    writers.begin(writer)
    writer.stop()
    assert [future.result(SOON) for future in futures] == ["saved"] * 22
    assert rows(file) == 22


def test_an_answer_to_a_closed_question_is_told_so_and_not_saved(
    writers: Writers, classroom: Classroom, on_its_way: Answers, file: Path
) -> None:
    sent = on_its_way(1)[0]
    classroom.give(sent.run_id, "close")
    assert submit(writers.start(), sent).result(SOON) == "closed"
    assert rows(file) == 0


class held:  # noqa: N801 - reads as a phrase in a with statement
    """Another process holds the write lock, for so long at most."""

    def __init__(self, file: Path, seconds: float) -> None:
        self._file, self._seconds = file, seconds
        self._has_it, self._let_go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self) -> None:
        self._thread.start()
        assert self._has_it.wait(5)

    def __exit__(self, *_: object) -> None:
        self._let_go.set()
        self._thread.join()

    def _hold(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        self._has_it.set()
        self._let_go.wait(self._seconds)
        connection.execute("ROLLBACK")
        connection.close()
