"""Why the database did not take something, in one word."""

from typing import Literal

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoTurn

Trouble = Literal["full", "locked", "silent"]

# SQLite's primary result codes, and PostgreSQL's SQLSTATEs.
_FULL, _BUSY, _LOCKED = 13, 5, 6
_UNREACHABLE = (8, 10, 14, 15)  # read-only, input and output, cannot open, protocol of the lock
_NO_ROOM_FOR_INDEX = 4874  # SQLITE_IOERR_SHMSIZE: the file beside the log cannot grow
_DISK_FULL = "53100"
_LOCK_LOST = ("40001", "40P01", "55P03")


def trouble_of(error: SQLAlchemyError) -> Trouble | None:
    """None: no trouble of the database's, but a mistake of ours."""
    if isinstance(error, NoTurn):
        return "locked"
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _of_sqlite(code)
    state = getattr(error.orig, "sqlstate", None)
    if state == _DISK_FULL:
        return "full"
    if state in _LOCK_LOST:
        return "locked"
    went = state is None or state[:2] in ("08", "53", "57", "58")
    return "silent" if went and _is_of_the_connection(error) else None


def _of_sqlite(code: int) -> Trouble | None:
    primary = code & 0xFF
    if primary == _FULL or code == _NO_ROOM_FOR_INDEX:
        return "full"
    if primary in (_BUSY, _LOCKED):
        return "locked"
    return "silent" if primary in _UNREACHABLE else None


def _is_of_the_connection(error: DBAPIError) -> bool:
    return error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
