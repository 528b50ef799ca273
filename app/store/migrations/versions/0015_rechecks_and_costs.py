"""A class has one lesson or recheck open; a coordinator states what a programme cost"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0015"
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
