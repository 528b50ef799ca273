"""Servers as forks of one process that has loaded the program: each costs a third of a start from nothing.

Run as `python -m tests.forks`. Each line that it reads is the order for one server, answered with its process number.
"""

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app import cli
from app.serving import build
from app.settings import ROOT, Settings
from app.web.deps import Parts
from tests.made_once import made_once

_one_order = threading.Lock()


class Fork:
    """What tests need of `subprocess.Popen`, for a process that is another's child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle: int | None = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs; with what it ended is known to its parent alone."""
        return 0 if self._ends_within(0) else None

    def wait(self, timeout: float | None = None) -> int:
        if not self._ends_within(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return 0

    def send_signal(self, number: int) -> None:
        if self._handle is not None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ends_within(self, seconds: float | None) -> bool:
        if self._handle is None:
            return True
        looking = select.poll()
        looking.register(self._handle, select.POLLIN)
        if not looking.poll(None if seconds is None else seconds * 1000):
            return False
        os.close(self._handle)
        self._handle = None
        return True


def fork(arguments: Sequence[str], environment: Mapping[str, str], log: Path, *, alteration: str = "") -> Fork:
    """`safety-in-action` with these arguments, with one thing altered if so named (`faults/altered_server.py`)."""
    order = {"arguments": arguments, "environment": dict(environment), "log": str(log), "alteration": alteration}
    with _one_order:
        parent = _parent()
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(order).encode() + b"\n")
        parent.stdin.flush()
        return Fork(int(parent.stdout.readline()))


@cache
def _parent() -> subprocess.Popen[bytes]:
    """One for all servers of a process of tests."""
    command = [sys.executable, "-m", "tests.forks"]
    parent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(parent.communicate)
    return parent


def main() -> None:
    with made_once():
        _warm_up()
        for line in sys.stdin.buffer:
            _bury()
            pid = os.fork()
            if pid == 0:
                _become(json.loads(line))
            os.write(1, b"%d\n" % pid)
    _bury()  # so that what the last ones cost is counted too


def _warm_up() -> None:
    """What the first server would make, so that each has it when it begins."""
    with TemporaryDirectory() as folder:
        parts: Parts = build(Settings(demo=True, data_dir=Path(folder))).state.parts
        parts.compile_pages()
        parts.database.close()
    gc.freeze()


def _bury() -> None:
    """Those that have ended. Not before the next order, so that no number is another's when somebody asks for it."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:  # none is left
        pass


def _become(order: dict[str, Any]) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv[1:] = order["arguments"]
    if order["alteration"]:
        from tests.faults.altered_server import ALTERATIONS

        ALTERATIONS[order["alteration"]]()
    cli.main()


if __name__ == "__main__":
    main()
