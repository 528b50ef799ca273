"""Real servers and the browser for tests: each started on a free loopback port and stopped again."""

import atexit
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def postgres(folder: Path, port: int | None = None) -> Iterator[str]:
    """A private PostgreSQL; a second call with the same folder starts it again with what it had saved."""
    programs = _postgres_programs()
    user = _server_user()
    port = port or free_port()
    home = folder / "postgres"
    if not home.exists():
        _make_postgres_home(home, programs, user)
    password = (home / "password").read_text()
    address = f"postgres:{password}@127.0.0.1:{port}/postgres"
    command = [
        *(str(programs / "postgres"), "-D", str(home.resolve() / "data"), "-p", str(port)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
    ]

    def is_ready() -> bool:
        try:
            psycopg.connect(f"postgresql://{address}", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    with _running(command, folder / "postgres.log", is_ready, user):
        yield f"postgresql+psycopg://{address}"


@contextmanager
def redis(folder: Path, port: int | None = None) -> Iterator[str]:
    """A private Redis that keeps nothing on disk."""
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("Redis is missing: install the package redis-server.")
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]

    def is_ready() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False

    with _running(command, folder / "redis.log", is_ready):
        yield f"redis://127.0.0.1:{port}/0"


class OwnRedis:
    """A Redis that can be stopped, killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._running = ExitStack()
        self.start()

    def start(self) -> None:
        self._running.enter_context(redis(self._folder, self.port))
        self.process = int(self.order("INFO", "server")["process_id"])

    def order(self, *words: str) -> Any:
        with Redis.from_url(self.url, socket_timeout=5) as client:
            return client.execute_command(*words)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def end(self) -> None:
        self._running.close()


def _postgres_programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = installed[-1] if installed else shutil.which("initdb")
    if initdb is None:
        raise RuntimeError("PostgreSQL is missing: install the package postgresql.")
    return Path(initdb).parent


def _server_user() -> tuple[int, int]:
    """User and group to run as: our own, but PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    return user.pw_uid, user.pw_gid


def _make_postgres_home(home: Path, programs: Path, user: tuple[int, int]) -> None:
    # A link, because another user than root cannot reach into pytest's temporary folders.
    real_home = Path(tempfile.mkdtemp(prefix="postgres-"))
    atexit.register(shutil.rmtree, real_home, ignore_errors=True)
    password = real_home / "password"
    password.write_text(secrets.token_hex(16))
    for path in (real_home, password):
        os.chown(path, *user)
    command = [
        *(str(programs / "initdb"), "-D", str(real_home / "data"), "-U", "postgres", f"--pwfile={password}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
    ]
    made = subprocess.run(
        command, capture_output=True, text=True, cwd=real_home, user=user[0], group=user[1], check=False
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{made.stderr}")
    home.symlink_to(real_home)


@contextmanager
def _running(
    command: list[str], log: Path, is_ready: Callable[[], bool], user: tuple[int, int] | None = None
) -> Iterator[None]:
    user_id, group_id = user or (os.geteuid(), os.getegid())
    with log.open("ab") as output:
        # A process group of its own, so that Ctrl-C reaches the tests first and they stop it.
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=user_id,
            group=group_id,
            start_new_session=True,
        )
    try:
        _wait_until_ready(server, log, is_ready)
        yield
    finally:
        _stop(server)


def _wait_until_ready(server: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 30
    while not is_ready():
        if server.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"{log.stem} did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.02)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # for PostgreSQL: end connections and stop; Redis stops too
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
