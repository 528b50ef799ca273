"""A full disk, a locked file, many writers: answers wait, none is lost, and people are told why (REL-19 to 21)."""

import asyncio
import errno
import html
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.faults.figures import tell
from tests.faults.lesson import (
    Device,
    Lesson,
    Server,
    everyone_is_acked_again,
    is_whole,
    lesson_on,
    losses,
    running,
    tapping,
)
from tests.served import Visitor

pytestmark = pytest.mark.slow
PUPILS = 20
READY_WITHIN = 2.0
MARGIN = 5


# --- The disk is full ---


@contextmanager
def small_disk(folder: Path, size: str = "16m") -> Iterator[Path]:
    """A disk of so many bytes in memory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def ballast(server: Server) -> Iterator[None]:
    """No byte is left, and no room in the write-ahead log either."""
    with closing(sqlite3.connect(server.file)) as connection:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy
    file = server.folder / "ballast"
    with file.open("wb", buffering=0) as full:
        for size in (2**20, 2**12, 1):
            with suppress(OSError):
                while full.write(b"x" * size) == size:
                    pass
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            full.write(b"x" * 4096)
    try:
        yield
    finally:
        file.unlink()


def test_on_a_full_disk_nothing_is_acknowledged_and_the_lesson_goes_on(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "data") as disk,
        running(Server(disk)) as server,
        lesson_on(server, 1) as lesson,
        ExitStack() as stack,
    ):
        pupil, other = (Visitor(server.address, stack).join(lesson.code) for _ in range(2))
        socket = pupil.socket()
        asking = socket.until(kind="panel", panel="stage")["asking"]
        first, second, posted = (
            {
                "kind": "answer",
                "id": f"message-{n}",
                "asking": asking,
                "round": 1,
                "choice": "ABC"[n],
                "change": n + 1,
            }
            for n in range(3)
        )
        socket.send(**first)
        assert socket.until(id=first["id"])["kind"] == "ack"  # the same is saved while there is room
        stage = lesson.run().stage

        with ballast(server):
            for _ in range(2):
                socket.send(**second)
                assert socket.until(id=second["id"], timeout=15)["kind"] == "busy"
            assert pupil.http.post("/play/answers", json=posted).json() == {"kind": "busy", "id": posted["id"]}
            told_that_the_disk_is_full(lesson, other)
            socket.send(kind="ping")
            assert socket.until(kind="pong")
            assert other.socket().until(kind="panel", panel="stage")["phase"] == "open"
            assert other.http.get("/play").status_code == 200
            assert pupil.http.get("/play/panels/stage").json()["phase"] == "open"
            assert lesson.teacher.http.get("/class/run/screen").status_code == 200
            assert lesson.teacher.socket("/class/run/socket?as=screen").until(panel="tally")
            ready = other.http.get("/health/ready")
            assert (ready.status_code, ready.json()["why"]) == (503, "the disk is full")
            assert other.http.get("/health/live").status_code == 200
            assert server.is_running
            assert stored(server) == [(first["change"], first["id"])]
            assert lesson.run().stage == stage

        socket.send(**second)
        assert socket.until(id=second["id"]) == second | {"kind": "ack"}
        assert pupil.http.post("/play/answers", json=posted).json()["kind"] == "ack"
        assert stored(server) == [(posted["change"], posted["id"])]
        assert other.http.get("/health/ready").status_code == 200
        assert lesson.give("close") == 204
        with closing(server.database()) as database:
            assert is_whole(database)


def told_that_the_disk_is_full(lesson: Lesson, other: Visitor) -> None:
    """Teachers by script and by page in plain words, a pupil at the door kindly; nobody sees the inside."""
    run = lesson.run()
    order = {"order": "close", "seq": run.stage.seq, "epoch": run.epoch}
    for accept in ("application/json", "text/html"):
        reply = lesson.teacher.http.post("/class/run/cue", data=order, headers={"accept": accept})
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
        assert "disk is full. Nothing saved is lost; tell whoever runs the server" in html.unescape(reply.text)
        assert "sqlite" not in reply.text.lower()
    with ExitStack() as stack:
        late = Visitor(other.address, stack).http.post("/join", data={"code": lesson.code})
    assert late.status_code == 503
    assert f'value="{lesson.code}"' in late.text
    assert "Your code is still here" in late.text


def stored(server: Server) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(server.file)) as connection:
        return connection.execute("SELECT change_no, message_id FROM answer").fetchall()


# --- Another process holds the file ---

HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
sys.stdout.write("held\\n")
sys.stdout.flush()
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


def test_answers_wait_while_another_process_holds_the_file(tmp_path: Path) -> None:
    held_for(tmp_path, 6)


@pytest.mark.soak
def test_answers_wait_while_another_process_holds_the_file_for_long(tmp_path: Path) -> None:
    held_for(tmp_path, 12)


def held_for(folder: Path, seconds: float) -> None:
    with running(Server(folder / "data")) as server, lesson_on(server, PUPILS) as lesson:
        devices, too_early, slowest_read = asyncio.run(tap_while_held(lesson, seconds))
        assert too_early == []
        assert slowest_read < 2
        with closing(server.database()) as database:
            assert losses(database, lesson, devices) == []
            assert is_whole(database)
    assert not any(device.refused for device in devices)
    tell(
        f"held for {seconds} s: told busy {sum(device.busy for device in devices)} times, longest wait for an ack "
        f"{max(max(device.waits) for device in devices):.1f} s, slowest read {slowest_read:.2f} s"
    )


def test_an_order_is_told_in_a_sentence_while_another_process_holds_the_file(tmp_path: Path) -> None:
    with running(Server(tmp_path / "data")) as server, lesson_on(server, 1) as lesson:
        with subprocess.Popen([sys.executable, "-c", HOLD, server.file, "9"], stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            run, ready_after = lesson.run(), time.monotonic()
            ready = lesson.teacher.http.get("/health/ready")
            ready_after = time.monotonic() - ready_after
            order = {"order": "close", "seq": run.stage.seq, "epoch": run.epoch}
            page = lesson.teacher.http.post("/class/run/cue", data=order)
            assert holder.poll() is None
        assert (ready.status_code, ready_after < READY_WITHIN * MARGIN) == (503, True)
        assert "another program holds the database" in ready.json()["why"]
        assert page.status_code == 503
        assert "The server is busy saving. Nothing saved is lost. Press again in a moment." in page.text
        assert lesson.give("close") == 204


def test_a_server_that_acknowledges_before_the_commit_is_caught_by_the_lock(tmp_path: Path) -> None:
    with running(Server(tmp_path / "data", alteration="hasty")) as server, lesson_on(server, PUPILS) as lesson:
        _, too_early, _ = asyncio.run(tap_while_held(lesson, 1))
    assert too_early


async def tap_while_held(lesson: Lesson, seconds: float) -> tuple[list[Device], list[str], float]:
    """Devices, what was acknowledged and not written while nobody could write, and the slowest page meanwhile."""
    async with tapping(lesson) as devices:
        command = [sys.executable, "-c", HOLD, lesson.server.file, str(seconds)]
        holder = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert holder.stdout is not None
        await holder.stdout.readline()
        ends = time.monotonic() + seconds - 0.3
        slowest = 0.0
        while (began := time.monotonic()) < ends:
            await asyncio.to_thread(lesson.teacher.http.get, "/class/run/screen")
            slowest = max(slowest, time.monotonic() - began)
            await asyncio.sleep(0.1)
        with closing(lesson.server.database()) as database:
            too_early = losses(database, lesson, devices)
        assert holder.returncode is None
        await holder.wait()
        await everyone_is_acked_again(devices)
    return devices, too_early, slowest


# --- Many write at once ---

TOUCH = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
while True:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE alembic_version SET version_num = version_num")
    connection.execute("COMMIT")
    time.sleep(0.02)
"""


def test_writers_and_readers_never_meet_a_locked_database(tmp_path: Path) -> None:
    assert everyone_at_once(tmp_path, "", 4) == []


@pytest.mark.soak
def test_writers_and_readers_never_meet_a_locked_database_for_a_minute(tmp_path: Path) -> None:
    assert everyone_at_once(tmp_path, "", 60) == []


def test_writes_that_begin_as_reads_are_caught(tmp_path: Path) -> None:
    assert everyone_at_once(tmp_path, "deferring", 2)


def everyone_at_once(folder: Path, alteration: str, seconds: float) -> list[str]:
    """Two give cues, three join, three answer, two read, and another process writes too; returns what failed."""
    server = Server(folder / "data", alteration=alteration, environment={"SIA_SEAT_LIMIT_SPARE": "1500"})
    done: Counter[str] = Counter()
    failed: list[str] = []
    with running(server), lesson_on(server, 3) as lesson, ExitStack() as stack:
        crowd = Crowd(lesson, stack, done, failed, time.monotonic() + seconds)
        jobs = [*[crowd.give_cues] * 2, *[crowd.join] * 3, *[crowd.answer] * 3, *[crowd.read] * 2]
        threads = [threading.Thread(target=crowd.keep_at, args=(job,)) for job in jobs]
        foreign = subprocess.Popen([sys.executable, "-c", TOUCH, server.file])
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(seconds + 60)
        finally:
            foreign.kill()
            foreign.wait()
        with closing(server.database()) as database:
            assert is_whole(database)
    failed += re.findall(r"database is locked", server.log)
    tell(f"{alteration or 'as it is'}: {dict(done)}, {len(failed)} failures")
    if not alteration:
        assert min(done[kind] for kind in ("cue", "join", "answer", "read")) > seconds
    return failed


class Crowd:
    """People who do one thing over and over, each with a browser of their own."""

    def __init__(self, lesson: Lesson, stack: ExitStack, done: Counter[str], failed: list[str], until: float) -> None:
        self._lesson, self._done, self._failed, self._until = lesson, done, failed, until
        self._stack = stack
        self._cookies = list(lesson.cookies)
        self._teacher_cookies = dict(lesson.teacher.http.cookies.items())

    def keep_at(self, job: Callable[[Visitor], None]) -> None:
        with ExitStack() as stack:
            browser = Visitor(self._lesson.server.address, stack)
            while time.monotonic() < self._until:
                try:
                    job(browser)
                except Exception as error:
                    self._failed.append(repr(error))

    def give_cues(self, browser: Visitor) -> None:
        browser.http.cookies.update(self._teacher_cookies)
        now = self._lesson.run()
        for order in ("next", "back") if now.stage.phase != "finished" else ("back",):
            form = {"order": order, "seq": now.stage.seq, "epoch": now.epoch}
            reply = browser.http.post("/class/run/cue", data=form, headers={"accept": "application/json"})
            self._note("cue", reply, may_be=(204, 403, 409))

    def join(self, browser: Visitor) -> None:
        browser.http.cookies.clear()
        self._note("join", browser.http.post("/join", data={"code": self._lesson.code}), may_be=(303,))

    def answer(self, browser: Visitor) -> None:
        if not browser.http.cookies:
            browser.join(self._lesson.code)
        stage = browser.http.get("/play/panels/stage").json()
        sent = {"kind": "answer", "id": "message-1", "asking": stage["asking"] or "0" * 16, "round": 1}
        reply = browser.http.post("/play/answers", json=sent | {"choice": "A", "change": 1})
        self._note("answer", reply, may_be=(200,))
        if reply.json()["kind"] == "busy":
            self._failed.append("an answer was told busy")

    def read(self, browser: Visitor) -> None:
        browser.http.cookies.update(self._teacher_cookies)
        self._note("read", browser.http.get("/class/run/screen"), may_be=(200,))

    def _note(self, kind: str, reply: httpx2.Response, may_be: tuple[int, ...]) -> None:
        self._done[kind] += 1
        if reply.status_code not in may_be:
            self._failed.append(f"{kind}: {reply.status_code}")
