"""Every table has its line in the retention table, and what is pupil-level can be deleted in that order."""

from collections import Counter

from sqlmodel import SQLModel

from app.domain import retention
from app.settings import Settings
from app.store import tables

NOT_OURS = {"alembic_version"}


def test_every_table_is_named_once_and_no_other() -> None:
    assert tables.RunRow.__tablename__ in SQLModel.metadata.tables
    named = Counter(kept.table for kept in retention.KEPT)
    assert set(named) == set(SQLModel.metadata.tables) - NOT_OURS
    assert set(named.values()) == {1}


def test_each_kind_says_why_whose_and_for_how_long() -> None:
    for kind, kept in retention.by_kind():
        assert all((kind.name, kind.basis, kind.owner, kind.how_long)), kind
        assert all(one.purpose for one in kept), kind


def test_whatever_points_at_a_pupil_is_pupil_level() -> None:
    """A table with a seat's number cannot outlive the seat."""
    pupil_level = set(retention.of_kind("P"))
    pointing = {name for name, table in SQLModel.metadata.tables.items() if "participant_id" in table.c}
    assert pointing <= pupil_level
    assert all({"run_id", "participant_id"} & set(SQLModel.metadata.tables[name].c.keys()) for name in pupil_level)


def test_the_default_time_of_the_purge_is_that_of_the_table() -> None:
    assert Settings.model_fields["purge_hours"].default == 24
    assert retention.KINDS["P"].after == retention.PUPIL_LEVEL
