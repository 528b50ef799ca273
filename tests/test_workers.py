"""Several workers: real processes on PostgreSQL and Redis that start, serve, die one by one and stop in time."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from app.cli import main
from app.main import create_app, keep_house_alone, open_database
from app.serving import STOP_SECONDS
from app.settings import Settings
from app.store import accounts, lessons, runs
from app.store.database import Database
from app.web.deps import Parts, now_utc
from tests.cast import Clock, seed_cast
from tests.classroom import Classroom
from tests.faults.workers import database_of_its_own
from tests.live_server import LiveServer
from tests.served import Visitor
from tests.servers import redis

POSTGRES = "postgresql+psycopg://sia@127.0.0.1:1/sia"
REDIS = "redis://127.0.0.1:1"
SECURE = ("--behind-proxy", "--address", "https://sia.example")


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    with database_of_its_own(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@dataclass
class WorkersServer(LiveServer):
    """A live server whose processes can be looked at."""

    @property
    def pid(self) -> int:
        return self._process.pid

    def seconds_to_end(self) -> float:
        began_at = time.monotonic()
        self._process.terminate()
        self._process.wait(timeout=60)
        return time.monotonic() - began_at


@pytest.fixture
def server(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[WorkersServer]:
    with serving(database_url, redis_url, tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def shared(postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkersServer]:
    """One server for tests that leave it well."""
    folder = tmp_path_factory.mktemp("shared")
    with database_of_its_own(postgres_url) as url, serving(url, redis_url, folder) as server:
        yield server


@contextmanager
def serving(database_url: str, redis_url: str, folder: Path) -> Iterator[WorkersServer]:
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SIA_WORKERS": "2"}
    server = WorkersServer(folder / "data", environment=environment)
    server.start()
    try:
        until(lambda: len(server.workers) == 2)
        yield server
    finally:
        for pid in server.workers if server._process.poll() is None else []:
            os.kill(pid, signal.SIGCONT)
        server.stop()


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "it never came to be"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def is_served(address: str) -> bool:
    """By a connection of its own, so that any worker may take it."""
    try:
        return bool(httpx2.get(f"{address}/health/ready", timeout=5, verify=False).json()["ready"])
    except (httpx2.HTTPError, OSError):
        return False


@contextmanager
def taught(server: WorkersServer, pupils: int) -> Iterator[list[Visitor]]:
    """A class with a lesson open and so many pupils in it."""
    with ExitStack() as things:
        tess = Visitor(server.address, things).open_class(server.links["class_token"])
        database = server.database()
        with database.reading() as db:
            version_id = lessons.offered(db, 1)[0][0]
        form = {"version_id": version_id, "questions": 8, "present": "28"}
        assert tess.http.post("/class/run", data=form).status_code == 303
        with database.reading() as db:
            run = runs.open_of_class(db, 1)
        database.close()
        assert run is not None
        yield [Visitor(server.address, things).join(run.code) for _ in range(pupils)]


# Starting, serving, dying, stopping


def test_any_worker_seats_any_pupil(shared: WorkersServer) -> None:
    with taught(shared, pupils=12) as pupils:
        sockets = [pupil.socket() for pupil in pupils]
        panels = [one.until(kind="panel", panel="stage") for one in sockets]
        assert {panel["phase"] for panel in panels} == {"lobby"}
        ready = httpx2.get(f"{shared.address}/health/ready", verify=False).json()
    assert ready == {"ready": True, "bus": "ok"}
    assert len(os.listdir(f"/proc/{shared.pid}/task")) == 1, "the parent may be forked only while it has one thread"


def test_what_is_done_once_is_done_once(shared: WorkersServer) -> None:
    assert shared.log.count("Safety in Action: the demo.") == 1
    database = shared.database()
    with database.reading() as db:
        assert accounts.has_accounts(db)
        versions = db.connection().exec_driver_sql("SELECT count(*), count(DISTINCT lesson_id) FROM version").one()
    database.close()
    assert versions[0] == versions[1]


def test_a_killed_worker_leaves_the_other_serving_and_is_replaced(shared: WorkersServer) -> None:
    victim, other = shared.workers
    os.kill(victim, signal.SIGKILL)
    began_at = time.monotonic()
    assert all(is_served(shared.address) for _ in range(20))
    until(lambda: len(shared.workers) == 2 and victim not in shared.workers, 15)
    assert time.monotonic() - began_at < 15
    assert other in shared.workers
    assert f"worker {victim} has ended" in shared.log
    assert all(is_served(shared.address) for _ in range(20))


def test_told_to_stop_all_end_in_time_though_devices_do_not_let_go(server: WorkersServer) -> None:
    with taught(server, pupils=4) as pupils, ExitStack() as things:
        for pupil in pupils:
            things.enter_context(stuck_device(server.port, pupil))
        half_asked = things.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        half_asked.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        workers = server.workers
        assert server.seconds_to_end() < 10
    assert not any(is_alive(pid) for pid in workers)


def test_told_to_stop_a_worker_that_hangs_is_killed_in_time(server: WorkersServer) -> None:
    workers = server.workers
    os.kill(workers[0], signal.SIGSTOP)
    took = server.seconds_to_end()
    assert STOP_SECONDS <= took < STOP_SECONDS + 5
    assert not any(is_alive(pid) for pid in workers)


def test_workers_do_not_outlive_their_parent_and_the_next_start_has_it_all(server: WorkersServer) -> None:
    workers, links = server.workers, server.links
    server.kill()
    until(lambda: not any(is_alive(pid) for pid in workers), 15)
    server.start()
    assert server.links == links
    assert is_served(server.address)


@contextmanager
def stuck_device(port: int, pupil: Visitor) -> Iterator[None]:
    """An open socket that reads nothing and answers no close."""
    cookies = "; ".join(f"{name}={value}" for name, value in pupil.http.cookies.items())
    lines = (
        "GET /play/socket HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Cookie: {cookies}",
    )
    with socket.create_connection(("127.0.0.1", port)) as device:
        device.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert device.recv(12) == b"HTTP/1.1 101"
        yield


# What is refused


@pytest.mark.parametrize(
    ("urls", "says"),
    [
        ({}, "Several workers need a PostgreSQL database"),
        ({"REDIS_URL": REDIS}, "Several workers need a PostgreSQL database"),
        ({"DATABASE_URL": POSTGRES}, "Several workers tell each other through Redis what has changed"),
        ({"DATABASE_URL": POSTGRES, "REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL must begin with redis://"),
    ],
    ids=["neither", "no PostgreSQL", "no Redis", "no address"],
)
@pytest.mark.parametrize("command", [("demo",), ("serve", *SECURE)], ids=lambda command: command[0])
def test_workers_that_could_not_agree_are_refused_in_one_sentence(
    tmp_path: Path, command: tuple[str, ...], urls: dict[str, str], says: str
) -> None:
    words = [*command, "--workers", "2", "--data-dir", str(tmp_path / "data")]
    refused = CliRunner().invoke(main, words, env={"DATABASE_URL": "", "REDIS_URL": "", **urls})
    assert refused.exit_code == 1
    assert says in " ".join(refused.output.split())
    assert "Traceback" not in refused.output
    assert not (tmp_path / "data").exists()


def test_no_worker_at_all_is_refused(tmp_path: Path) -> None:
    words = ["demo", "--data-dir", str(tmp_path / "data")]
    refused = CliRunner().invoke(main, words, env={"DATABASE_URL": "", "SIA_WORKERS": "0"})
    assert refused.exit_code == 1
    assert "At least one worker is needed" in refused.output


def test_a_redis_in_the_environment_makes_nothing_of_a_file_with_one_process(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, demo=True, **{"REDIS_URL": REDIS})  # type: ignore[arg-type]
    parts = parts_of(settings)
    assert parts.bus.state == "lone"
    parts.database.close()


# Together on one database


def parts_of(settings: Settings, clock: Callable[[], datetime] = now_utc) -> Parts:
    parts: Parts = create_app(settings, clock=clock).state.parts
    return parts


@pytest.mark.postgres
def test_workers_that_start_at_once_on_an_empty_database_all_start(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings = Settings(data_dir=tmp_path, demo=True)
    settings.secret()
    all_ready = threading.Barrier(4)
    found: list[Database] = []

    def start() -> None:
        all_ready.wait()
        found.append(open_database(settings, now_utc()))

    starting = [threading.Thread(target=start, daemon=True) for _ in range(4)]
    for one in starting:
        one.start()
    for one in starting:
        one.join(timeout=20)
    assert len(found) == 4
    with found[0].reading() as db:
        assert db.connection().exec_driver_sql("SELECT count(*) FROM version").scalar() == len(
            list(settings.lessons_dir.glob("*.md"))
        )
    for database in found:
        database.close()


@pytest.mark.postgres
def test_one_worker_at_a_time_keeps_house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    clock = Clock()
    ann, ben = (parts_of(Settings(data_dir=tmp_path, demo=True), clock) for _ in range(2))
    with ann.database.transaction() as db:
        seed_cast(db, clock.now)
    run = Classroom(ann.database, clock).start()
    clock.forward(hours=5)
    with ann.database.alone_or_not_at_all("house") as is_mine:
        assert is_mine
        assert keep_house_alone(ben) == []
    assert keep_house_alone(ben) == [run]
    for parts in (ann, ben):
        parts.database.close()


def test_alone_on_a_file_each_may_keep_house(tmp_path: Path) -> None:
    parts = parts_of(Settings(data_dir=tmp_path, demo=True))
    with (
        parts.database.alone_or_not_at_all("house") as first,
        parts.database.alone_or_not_at_all("house") as second,
    ):
        assert (first, second) == (True, True)
    parts.database.close()
