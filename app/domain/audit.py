"""The audit log: which acts are noted, and the chain that shows whether an entry was changed or taken out."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, get_args

from pydantic import BaseModel

Act = Literal[
    "signed in with a new browser",
    "made an invitation",
    "used an invitation",
    "took an invitation back",
    "gave a role",
    "disabled an account",
    "let an account in again",
    "removed a second step",
    "made a link to another password",
    "took the console",
    "handed the console over",
    "made a class link",
    "ended a class link",
    "confirmed a booking",
    "cancelled a booking",
    "published a lesson",
    "retired a lesson",
    "made a programme",
    "copied a programme",
    "agreed to take part",
    "declined to take part",
    "signed a fact",
    "entered a partner figure",
    "removed a partner figure",
    "stated a cost",
    "removed a cost",
    "made a key of the read API",
    "revoked a key of the read API",
    "corrected the attendance",
    "took the end of a lesson back",
    "erased a school",
    "forgot entries",
]
ACTS: tuple[Act, ...] = get_args(Act)
OPERATOR, SERVER = "operator", "server"
"""Who acts without an account: on the command line, or by itself."""
BEGIN = ""
"""What the first entry of all follows."""


class Entry(BaseModel, frozen=True):
    """Who did what to which thing, chained to the entry before. Things are named by their kind and number alone."""

    seq: int
    at: datetime
    actor: str
    act: str
    thing: str
    previous_hash: str
    hash: str


def account(account_id: int) -> str:
    return f"account {account_id}"


def class_group(class_group_id: int) -> str:
    return f"class group {class_group_id}"


def entries_to(seq: int) -> str:
    """Of the act that deletes what is too old: up to and with this entry."""
    return f"entries to {seq}"


def follow(seq: int, previous_hash: str, *, at: datetime, actor: str, act: str, thing: str) -> Entry:
    """The entry that comes after the one with this hash."""
    made = Entry(seq=seq, at=at, actor=actor, act=act, thing=thing, previous_hash=previous_hash, hash="")
    return made.model_copy(update={"hash": hash_of(made)})


def hash_of(entry: Entry) -> str:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [entry.previous_hash, entry.seq, at, entry.actor, entry.act, entry.thing]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def broken_at(entries: Iterable[Entry]) -> int | None:
    """The first entry, in order of `seq`, that is not as it was written or not where it was; None: the chain holds.

    It may begin after entries that are too old, where an entry says that they were deleted.
    """
    begins_after, deleted = 0, {0}
    last: Entry | None = None
    for entry in entries:
        if last is None:
            begins_after = entry.seq - 1
            follows = begins_after > 0 or entry.previous_hash == BEGIN
        else:
            follows = entry.seq == last.seq + 1 and entry.previous_hash == last.hash
        if not follows or entry.hash != hash_of(entry):
            return entry.seq
        if entry.act == "forgot entries":
            deleted.add(_number(entry.thing))
        last = entry
    return None if begins_after in deleted else begins_after


def _number(thing: str) -> int:
    word = thing.rpartition(" ")[2]
    return int(word) if word.isdecimal() else 0
