"""A correction of a record: the head-count alone may be corrected, and never without a reason."""

from app.domain.errors import Invalid, NotAllowed
from app.domain.programme import one_line

LONGEST_REASON = 200
HEAD_COUNT = "present"
"""The one field of a record that may be corrected."""


def read_reason(typed: str) -> str:
    """Raises Invalid without one."""
    reason = one_line(typed, LONGEST_REASON)
    if len(reason) < 3:
        raise Invalid("Please say in a few words why it changes, for example: counted before two came late.")
    return reason


def must_change(old: int | None, new: int) -> None:
    if old == new:
        raise NotAllowed(f"The head-count of this lesson is {new} already.")
