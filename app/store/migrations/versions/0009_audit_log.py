"""The audit log: acts that matter, chained by their hashes"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor", sqltypes.AutoString(), nullable=False),
        sa.Column("act", sqltypes.AutoString(), nullable=False),
        sa.Column("thing", sqltypes.AutoString(), nullable=False),
        sa.Column("previous_hash", sqltypes.AutoString(), nullable=False),
        sa.Column("hash", sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seq"),
        sa.UniqueConstraint("previous_hash"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("audit_entry_actor", "audit_entry", ["actor"])
    op.create_index("audit_entry_thing", "audit_entry", ["thing"])
