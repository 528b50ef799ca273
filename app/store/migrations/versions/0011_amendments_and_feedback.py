"""Corrections of a head-count, what teachers say of a lesson, and schools that were erased"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("school", sa.Column("erased_at", sqltypes.UTCDateTime(), nullable=True))
    op.create_table(
        "amendment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("field", sqltypes.AutoString(), nullable=False),
        sa.Column("old", sqltypes.AutoString(), nullable=False),
        sa.Column("new", sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqltypes.AutoString(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["participation_record.id"]),
        sa.ForeignKeyConstraint(["by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("amendment_of_record", "amendment", ["record_id"])
    op.create_table(
        "class_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("age_right", sa.Integer(), nullable=False),
        sa.Column("would_rebook", sa.Integer(), nullable=False),
        sa.Column("line", sqltypes.AutoString(), nullable=False),
        sa.Column("may_be_quoted", sa.Boolean(), nullable=False),
        sa.Column("concern_prompt_shown", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id"),
    )
