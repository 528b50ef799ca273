"""A real server in its own process, for sockets, browsers and kill -9."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.settings import Settings
from app.store import runs
from app.store.database import Database
from app.store.runs import OpenRun
from tests.forks import Fork, fork
from tests.servers import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 30


@dataclass
class LiveServer:
    """`safety-in-action demo` on a free port of the loopback, with its own data folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    alteration: str = ""
    """One thing that is altered in it (`faults/altered_server.py`)."""
    from_nothing: bool = False
    """Started as an operator starts it, not forked: for what is about the start."""

    def start(self) -> None:
        self._process = self._from_nothing() if self.from_nothing else self._forked()
        self._wait_until_ready()

    def _forked(self) -> Fork:
        environment = os.environ | self.environment
        return fork(self._arguments, environment, self._log_file, alteration=self.alteration)

    def _from_nothing(self) -> subprocess.Popen[bytes]:
        module = ["tests.faults.altered_server", self.alteration] if self.alteration else ["app.cli"]
        command = [sys.executable, "-m", *module, *self._arguments]
        with self._log_file.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=os.environ | self.environment, stdout=log, stderr=log)

    @property
    def _arguments(self) -> list[str]:
        return ["demo", "--no-results", "--data-dir", str(self.folder), "--port", str(self.port)]

    @property
    def _log_file(self) -> Path:
        return self.folder.parent / "server.log"

    @property
    def log(self) -> str:
        return self._log_file.read_text(errors="replace")

    def kill(self) -> None:
        """No goodbye, as when the power goes."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def cut_the_power(self) -> None:
        """The same for all workers of a server at once."""
        workers = self.workers
        self.kill()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def workers(self) -> list[int]:
        """Processes that the server has started: none when it serves alone."""
        parent = self._process.pid
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def links(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "demo-links.json").read_text())
        return found

    @property
    def class_link(self) -> str:
        return f"{self.address}/c/{self.links['class_token']}"

    def database(self) -> Database:
        """The same database, for a test's own look. Close it."""
        return Database(self.environment.get("DATABASE_URL") or Settings(data_dir=self.folder).database)

    def run(self, code: str) -> OpenRun:
        """The run of this join code as the store has it now."""
        database = self.database()
        try:
            with database.reading() as db:
                return runs.by_code(db, code)
        finally:
            database.close()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended: {self.log[-2000:]}")
            try:
                with urllib.request.urlopen(f"{self.address}/health/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError("the server did not start in time")


@contextmanager
def live_server(folder: Path, **environment: str) -> Iterator[LiveServer]:
    server = LiveServer(folder / "data", environment=environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()
