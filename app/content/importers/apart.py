"""Reads a file in a process of its own: what breaks or stalls a reader, or eats the memory, harms nobody else."""

import subprocess
import sys

from app.content.importers.imported import Imported, Unreadable, refused
from app.content.importers.sent import from_bytes, to_bytes

LONGEST_SECONDS = 40
MOST_MEMORY = 2_000_000_000  # bytes; a large talk needs about a quarter of it


def read_apart(name: str, content: bytes, *, seconds: float = LONGEST_SECONDS) -> Imported:
    """As `read`."""
    try:
        return from_bytes(run_apart(__name__, name, content, seconds=seconds))
    except Unreadable as unreadable:
        return refused(unreadable)


def run_apart(module: str, name: str, content: bytes, *, seconds: float = LONGEST_SECONDS) -> bytes:
    """What the module says of the content, as a program of its own. Raises Unreadable.

    The process that reads gets none of our settings, for it may be led astray by the file.
    """
    command = [sys.executable, "-I", "-m", module, name.replace("\0", "")[-300:]]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds, env={}, check=False)
    except subprocess.TimeoutExpired:
        raise Unreadable("Reading this file takes too long.", "Split it, and send the parts.") from None
    if done.returncode:
        raise Unreadable("This file cannot be read.", "Save it again, or split it, and send that.")
    return done.stdout


def _main() -> None:
    from app.content.importers import read

    limit()
    found = read(sys.argv[1], sys.stdin.buffer.read())
    sys.stdout.buffer.write(to_bytes(found))


def limit(seconds: int = LONGEST_SECONDS, memory: int = MOST_MEMORY) -> None:
    """So much time and memory, and no more, for the process that reads."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time-out holds there too
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _main()
