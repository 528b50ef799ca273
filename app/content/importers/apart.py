"""Reads a file in a process of its own: what breaks or stalls a reader, or eats the memory, harms nobody else."""

import subprocess
import sys

from pydantic import BaseModel

from app.content.importers.imported import Imported, Unreadable, refused

LONGEST_SECONDS = 40
MOST_MEMORY = 2_000_000_000  # bytes; a large talk needs about a quarter of it


class _Sent(BaseModel, ser_json_bytes="base64", val_json_bytes="base64"):
    """What the reading process answers."""

    found: Imported


def read_apart(name: str, content: bytes, *, seconds: float = LONGEST_SECONDS) -> Imported:
    """As `read`. The process that reads gets none of our settings, for it may be led astray by the file."""
    command = [sys.executable, "-I", "-m", __name__, name.replace("\0", "")[-300:]]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds, env={}, check=False)
    except subprocess.TimeoutExpired:
        return refused(Unreadable("Reading this file takes too long.", "Split it, and send the parts."))
    if done.returncode:
        return refused(Unreadable("This file cannot be read.", "Save it again, or split it, and send that."))
    return _Sent.model_validate_json(done.stdout).found


def _main() -> None:
    from app.content.importers import read

    _limit(LONGEST_SECONDS, MOST_MEMORY)
    found = read(sys.argv[1], sys.stdin.buffer.read())
    sys.stdout.buffer.write(_Sent(found=found).model_dump_json().encode())


def _limit(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time-out holds there too
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _main()
