"""The files of pictures and films: in one folder, each whole or not there at all."""

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Conflict

HALF = ".half"
FORGOTTEN_SECONDS = 24 * 60 * 60
FULL = (
    "The server's disk is full. Nothing was added, and nothing saved is lost; tell whoever runs the server, "
    "and add it again once there is room."
)


class DiskFull(Conflict):
    """There is no room for another file."""


class MediaFolder:
    """`media` in the data folder. Several machines that serve one programme share it."""

    def __init__(self, data_dir: Path) -> None:
        self.place = data_dir / "media"

    def open(self) -> None:
        """Make the folder, and take away what was half written when a server was killed."""
        self.place.mkdir(exist_ok=True)
        for half in self.place.glob(f"*{HALF}"):
            with contextlib.suppress(FileNotFoundError):  # another worker was faster
                if time.time() - half.stat().st_mtime > FORGOTTEN_SECONDS:
                    half.unlink()

    @contextlib.contextmanager
    def half_written(self) -> Iterator["HalfWritten"]:
        """A file that is being written; gone when the block ends, unless it was put at its place."""
        place = self.place / (secrets.token_hex(16) + HALF)
        with _told_when_full(), place.open("xb") as file:
            try:
                yield HalfWritten(place, file)
            finally:
                place.unlink(missing_ok=True)

    @contextlib.contextmanager
    def placed(self, half: "HalfWritten", name: str) -> Iterator[None]:
        """The whole file under its name, on the disk; taken away again when the block fails."""
        whole = self.place / name
        with _told_when_full():
            half.file.flush()
            os.fsync(half.file.fileno())
            half.place.rename(whole)
            self._keep_names()
        try:
            yield
        except BaseException:
            whole.unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        (self.place / name).unlink(missing_ok=True)

    def _keep_names(self) -> None:
        folder = os.open(self.place, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class HalfWritten:
    """A file on its way in."""

    def __init__(self, place: Path, file: BinaryIO) -> None:
        self.place, self.file = place, file

    def write(self, content: bytes) -> None:
        """Raises DiskFull."""
        with _told_when_full():
            self.file.write(content)

    def reading(self) -> BinaryIO:
        """The same file, to be read from its beginning. Close it."""
        with _told_when_full():
            self.file.flush()
        return self.place.open("rb")


@contextlib.contextmanager
def _told_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(FULL) from error
        raise
