"""Invitations to a person, a second factor with its recovery codes, and where an account is signed in"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("account", sa.Column("seen_at", sqltypes.UTCDateTime(), nullable=True))
    op.add_column("account", sa.Column("factor_seed", sqltypes.AutoString(), nullable=True))
    op.add_column("account", sa.Column("factor_step", sa.Integer(), nullable=True))
    op.execute("UPDATE account SET seen_at = (SELECT max(seen_at) FROM sign_in WHERE account_id = account.id)")
    op.add_column("sign_in", sa.Column("browser", sqltypes.AutoString(), nullable=False, server_default=""))
    op.add_column("sign_in", sa.Column("awaits_code", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("invitation", sa.Column("email", sqltypes.AutoString(), nullable=False, server_default=""))
    op.execute("ALTER TABLE invitation ADD COLUMN invited_by INTEGER REFERENCES account (id)")
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sqltypes.AutoString(), nullable=False),
        sa.Column("used_at", sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "code_hash"),
    )
