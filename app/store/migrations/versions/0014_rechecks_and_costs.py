"""A class has one lesson or recheck open; costs of a programme; records of broken off lessons"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
OPEN = sa.text("ended_at IS NULL AND kind IN ('lesson', 'recheck')")


def upgrade() -> None:
    op.drop_index("run_open_once", "run")
    op.create_index("run_open_once", "run", ["class_group_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "cost",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("pence", sa.Integer(), nullable=False),
        sa.Column("covers", sqltypes.AutoString(), nullable=False),
        sa.Column("period", sqltypes.AutoString(), nullable=False),
        sa.Column("source", sqltypes.AutoString(), nullable=False),
        sa.Column("stated_by", sa.Integer(), nullable=False),
        sa.Column("stated_at", sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"]),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.ForeignKeyConstraint(["stated_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("programme_id", "covers", "period"),
    )
    op.add_column(
        "participation_record", sa.Column("ended_early", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _mark_what_was_broken_off(op.get_bind())


def _mark_what_was_broken_off(connection: sa.Connection) -> None:
    """Records whose lesson had a last step that was never shown, though the class had not left it out."""
    lasts: dict[int, list[str]] = {}
    early = []
    for record_id, run_id, module, version_id, shown in connection.execute(
        sa.text("SELECT id, run_id, module_position, version_id, steps_shown FROM participation_record")
    ).all():
        if version_id not in lasts:
            lasts[version_id] = _steps(connection, version_id)
        skipped = connection.execute(sa.text("SELECT skipped_steps FROM run WHERE id = :id"), {"id": run_id}).scalar()
        left_out = {key for at, key in _read(skipped) if at == module}
        planned = [key for key in lasts[version_id] if key not in left_out]
        if planned and planned[-1] not in _read(shown):
            early.append({"id": record_id})
    if early:
        connection.execute(sa.text("UPDATE participation_record SET ended_early = true WHERE id = :id"), early)


def _steps(connection: sa.Connection, version_id: int) -> list[str]:
    found = connection.execute(sa.text("SELECT document FROM version WHERE id = :id"), {"id": version_id}).scalar()
    return [str(step["key"]) for step in _read(found).get("steps", ())]


def _read(stored: Any) -> Any:
    """JSON comes as text from SQLite and read from PostgreSQL."""
    return json.loads(stored) if isinstance(stored, str) else stored
