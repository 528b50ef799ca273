"""Files that take a moment to make: once for whoever asks twice, and never so many that a class has to wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import Conflict, NotFound
from app.web.exports import Exports


def test_what_is_asked_for_twice_is_made_once() -> None:
    exports, may_end, begun = Exports(), threading.Event(), threading.Semaphore(0)
    made = []

    def make() -> bytes:
        made.append(1)
        begun.release()
        may_end.wait(5)
        return b"the file"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(exports.make, "report", make)
        assert begun.acquire(timeout=5)
        second = pool.submit(exports.make, "report", make)
        assert not begun.acquire(timeout=0.2)
        may_end.set()
        assert (first.result(5), second.result(5)) == (b"the file", b"the file")
    assert len(made) == 1
    assert exports.make("report", lambda: b"a later one") == b"a later one"


def test_too_many_at_a_time_are_told_to_come_back() -> None:
    exports, may_end, begun = Exports(at_a_time=1, waiting=0), threading.Event(), threading.Event()

    def make() -> bytes:
        begun.set()
        may_end.wait(5)
        return b""

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(exports.make, 1, make)
        assert begun.wait(5)
        with pytest.raises(Conflict, match="try again"):
            exports.make(2, make)
        may_end.set()
        first.result(5)
    assert exports.make(2, lambda: b"now") == b"now"


def test_a_refusal_reaches_whoever_asked_and_the_next_begins_anew() -> None:
    exports = Exports()

    def refuse() -> bytes:
        raise NotFound("Not here.")

    with pytest.raises(NotFound):
        exports.make("report", refuse)
    assert exports.make("report", lambda: b"there") == b"there"


def slow(exports: Exports, may_end: threading.Event) -> bytes | None:
    def make() -> bytes:
        may_end.wait(5)
        return b"at last"

    return exports.make("report", make)


def finish(exports: Exports, may_end: threading.Event) -> None:
    may_end.set()
    exports.stop()
    for thread in threading.enumerate():
        if thread.name.startswith("export"):
            thread.join(5)


def test_a_file_that_takes_long_is_kept_for_whoever_was_told_to_come_back_and_handed_out_once() -> None:
    exports, may_end = Exports(at_a_time=1, waiting=0, seconds=0.1), threading.Event()
    assert slow(exports, may_end) is None
    finish(exports, may_end)
    assert exports.make("report", lambda: b"another") == b"at last"
    assert exports._being_made == {}
    assert exports._kept == {}


def test_a_kept_file_that_nobody_comes_for_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    exports, may_end = Exports(at_a_time=1, waiting=1, seconds=0.1), threading.Event()
    assert slow(exports, may_end) is None
    finish(exports, may_end)
    monkeypatch.setattr("app.web.exports.KEPT_SECONDS", -1)
    exports._drop_the_old()
    assert exports._kept == {}
