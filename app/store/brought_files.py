"""Files that somebody has brought and not yet decided about. They are gone after an hour."""

import contextlib
import errno
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from app.domain.errors import Conflict, NotFound

KEPT_SECONDS = 60 * 60
FULL = (
    "The server's disk is full. Nothing was read, and nothing saved is lost; tell whoever runs the server, "
    "and try again once there is room."
)
GONE = "That file is not here any more: it is kept for an hour. Bring it again."


class BroughtFiles:
    """`brought` in the data folder, with a folder for each file. Only who brought it can see it."""

    def __init__(self, data_dir: Path) -> None:
        self.place = data_dir / "brought"

    def lay_by(self, account_id: int, files: Mapping[str, bytes]) -> str:
        """The name under which the same account finds them. Raises Conflict when there is no room."""
        self.forget()
        name = secrets.token_hex(16)
        folder = self.place / f"{account_id}-{name}"
        try:
            folder.mkdir(parents=True)
            for file, content in files.items():
                (folder / file).write_bytes(content)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Conflict(FULL) from error
            raise
        return name

    def read(self, account_id: int, name: str, file: str) -> bytes:
        """Raises NotFound."""
        if re.fullmatch(r"[0-9a-f]{32}", name) and re.fullmatch(r"[a-z0-9-]{1,40}(\.[a-z]{1,5})?", file):
            with contextlib.suppress(FileNotFoundError):
                return (self.place / f"{account_id}-{name}" / file).read_bytes()
        raise NotFound(GONE)

    def remove(self, account_id: int, name: str) -> None:
        if re.fullmatch(r"[0-9a-f]{32}", name):
            shutil.rmtree(self.place / f"{account_id}-{name}", ignore_errors=True)

    def forget(self) -> None:
        """What nobody decided about."""
        for folder in self.place.glob("*-*"):
            with contextlib.suppress(FileNotFoundError):  # another worker was faster
                if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
