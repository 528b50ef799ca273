"""The chain of the audit log: what breaks it, and what does not."""

from datetime import UTC, datetime

import pytest

from app.domain import audit
from app.domain.audit import Entry

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)


def chain(*acts: str, begin: int = 0, previous_hash: str = audit.BEGIN) -> list[Entry]:
    entries: list[Entry] = []
    for seq, act in enumerate(acts, begin + 1):
        act, _, thing = act.partition(": ")
        entry = audit.follow(seq, previous_hash, at=NOW, actor="account 1", act=act, thing=thing)
        entries.append(entry)
        previous_hash = entry.hash
    return entries


def test_a_chain_as_it_was_written_holds() -> None:
    assert audit.broken_at([]) is None
    assert audit.broken_at(chain("a", "b", "c")) is None


@pytest.mark.parametrize(
    "other", [{"actor": "account 2"}, {"act": "x"}, {"thing": "run 1"}, {"at": NOW.replace(hour=9)}], ids=str
)
def test_an_entry_that_was_changed_breaks_it_also_with_a_hash_made_anew(other: dict[str, object]) -> None:
    first, second, third = chain("a", "b", "c")
    changed = second.model_copy(update=other)
    hashed = changed.model_copy(update={"hash": audit.hash_of(changed)})
    assert audit.broken_at([first, changed, third]) == 2
    assert audit.broken_at([first, hashed, third]) == 3


def test_an_entry_that_was_taken_out_breaks_it_wherever_it_stood() -> None:
    first, second, third = chain("a", "b", "c")
    assert audit.broken_at([first, third]) == 3
    assert audit.broken_at([second, third]) == 1
    assert audit.broken_at([second, first, third]) == 1


def test_entries_that_were_too_old_may_be_missing_where_an_entry_says_so() -> None:
    entries = chain("a", "b", "c", f"forgot entries: {audit.entries_to(2)}")
    assert audit.broken_at(entries[2:]) is None
    assert audit.broken_at(entries[1:]) == 1
    assert audit.broken_at(entries[3:]) == 3
