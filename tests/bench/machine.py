"""What the bench needs of the machine: cores, processor time, memory, and a door into a server process."""

import asyncio
import contextlib
import inspect
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

TICK = 0.005
LONGEST_CALL = 60.0
LONGEST_START = 60.0
Calls = Mapping[str, Callable[..., object]]


def cores() -> tuple[int, int]:
    """The server's core and the generator's; on a machine with one core both are the same."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


def pin(*on: int) -> None:
    """Keep this process and all that it will start on one core, or on these."""
    os.sched_setaffinity(0, on)


def raise_open_files() -> int:
    """As many open files as we may have; returns how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def cpu_seconds(pid: int) -> float:
    """Processor time of a whole process, all its threads, to the microsecond (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def busy_seconds() -> float:
    """Time that all cores have spent on anything."""
    with open("/proc/stat") as stat:
        user, nice, system, _idle, _wait, irq, softirq, steal = (int(n) for n in stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """Time of this process and of those that it started and that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def memory_kb(pid: int) -> int:
    """Resident memory."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class LagProbe:
    """How late the event loop is. Ticks that a blocked loop missed count too, each with its own lateness."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._due = time.monotonic()

    def start(self) -> None:
        self._due = time.monotonic() + TICK
        asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        while self._due <= now:
            self._late.append(now - self._due)
            self._due += TICK
        asyncio.get_running_loop().call_later(self._due - now, self._tick)

    def read(self) -> list[float]:
        """Milliseconds late since the last reading."""
        late, self._late = self._late, []
        return [round(one * 1000, 2) for one in late]


async def open_door(port: int, calls: Calls) -> None:
    """Let the bench call into this process: one line of JSON asks, one answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            asked = json.loads(line)
            said = calls[asked.pop("call")](**asked)
            if inspect.isawaitable(said):
                said = await said
            writer.write(json.dumps(said).encode() + b"\n")

    await asyncio.start_server(answer, "127.0.0.1", port, limit=2**24)


@dataclass
class ServerProcess:
    """One server under test, in a process of its own."""

    pid: int
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def call(self, call: str, **arguments: object) -> Any:
        self.writer.write(json.dumps({"call": call, **arguments}).encode() + b"\n")
        return json.loads(await asyncio.wait_for(self.reader.readline(), LONGEST_CALL))

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    def memory(self) -> int:
        return memory_kb(self.pid)


@contextlib.asynccontextmanager
async def server(module: str, core: int, **told: object) -> AsyncIterator[ServerProcess]:
    """Start `python -m module` with its orders as JSON; killed in the end, for the bench wants nothing more of it."""
    port, door = free_ports(2)
    orders = json.dumps({"core": core, "port": port, "door": door, **told})
    process = subprocess.Popen([sys.executable, "-m", module, orders], stdin=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        reader, writer = await _through_the_door(process, door)
        yield ServerProcess(process.pid, port, reader, writer)
        writer.close()
    finally:
        process.kill()
        process.wait()


async def _through_the_door(
    process: subprocess.Popen[bytes], door: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    give_up_at = time.monotonic() + LONGEST_START
    while time.monotonic() < give_up_at and process.poll() is None:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", door, limit=2**24)
        await asyncio.sleep(0.05)
    raise RuntimeError("a server of the bench did not start")
