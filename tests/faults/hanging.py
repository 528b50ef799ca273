"""Processes that hang instead of ending, as with a disk that does not answer."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def postgres_processes(folder: Path) -> list[int]:
    """The postmaster first, then its children."""
    first = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    children = [int(one) for one in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
    return [first, *children]


@contextmanager
def stopped(processes: list[int]) -> Iterator[None]:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
