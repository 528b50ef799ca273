"""The timetable: planned live sessions, school holidays of a programme, and bookings"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE programme ADD COLUMN holidays JSON DEFAULT '[]' NOT NULL")
    op.execute("ALTER TABLE live_session ADD COLUMN is_planned BOOLEAN DEFAULT false NOT NULL")
    op.execute("ALTER TABLE live_session ADD COLUMN questions INTEGER DEFAULT 8 NOT NULL")
    op.execute("ALTER TABLE live_session ADD COLUMN ics_sequence INTEGER DEFAULT 0 NOT NULL")
    op.add_column("live_session", sa.Column("cancelled_at", sqltypes.UTCDateTime(), nullable=True))
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live_session_id", sa.Integer(), nullable=False),
        sa.Column("class_group_id", sa.Integer(), nullable=False),
        sa.Column("state", sqltypes.AutoString(), nullable=False),
        sa.Column("pack_sent_at", sqltypes.UTCDateTime(), nullable=True),
        sa.Column("room_checked_on", sa.Date(), nullable=True),
        sa.Column("dsl_told_on", sa.Date(), nullable=True),
        sa.Column("pupils_thought_of_on", sa.Date(), nullable=True),
        sa.Column("send_to", sqltypes.AutoString(), nullable=False),
        sa.Column("mail_trouble", sqltypes.AutoString(), nullable=False),
        sa.Column("ics_sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["live_session_id"], ["live_session.id"]),
        sa.ForeignKeyConstraint(["class_group_id"], ["class_group.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("live_session_id", "class_group_id"),
    )
    op.create_index("booking_of_class_group", "booking", ["class_group_id"])
