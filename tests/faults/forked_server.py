"""A server that dies often: its code is loaded once, and each life is a fork of that, to be killed as any process.

Run as `python -m tests.faults.forked_server demo --data-dir …`; orders come line by line.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

from tests.faults.lesson import Server
from tests.live_server import ROOT


@dataclass
class ForkedServer(Server):
    """Like Server; ready again in a tenth of the time, which is what fifty kills need."""

    life: int = 0

    def start(self) -> None:
        if not self.life:
            self._process = self._load()
        self.life = int(self._ask("live"))
        self._wait_until_ready()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=15)
        self._process.stdout.close()
        self._log.close()

    def _load(self) -> subprocess.Popen[bytes]:
        self._log = (self.folder.parent / "server.log").open("ab")
        command = [sys.executable, "-m", "tests.faults.forked_server", "demo", "--no-results"]
        return subprocess.Popen(
            [*command, "--data-dir", str(self.folder), "--port", str(self.port)],
            cwd=ROOT,
            env=os.environ | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def _ask(self, order: str) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order.encode() + b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def _end(self, how: signal.Signals) -> None:
        os.kill(self.life, how)
        self._ask("bury")


def main() -> None:
    from app import cli

    life = 0
    for order in sys.stdin.buffer:
        if order == b"live\n":
            life = os.fork()
            if life == 0:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(2, 1)
                cli.main()
        else:
            os.waitpid(life, 0)
        os.write(1, b"%d\n" % life)


if __name__ == "__main__":
    main()
