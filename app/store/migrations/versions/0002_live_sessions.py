"""Live sessions, which many runs follow"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _add_live_sessions()
    _let_runs_follow()
    _let_live_sessions_have_cues()


def _add_live_sessions() -> None:
    op.create_table(
        "live_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sqltypes.UTCDateTime(), nullable=False),
        sa.Column("planned_minutes", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("video_url", sqltypes.AutoString(), nullable=True),
        sa.Column("opened_at", sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqltypes.UTCDateTime(), nullable=True),
        sa.Column("seed", sqltypes.AutoString(), nullable=False),
        sa.Column("skipped_steps", sa.JSON(), nullable=False),
        sa.Column("module_position", sa.Integer(), nullable=False),
        sa.Column("step_key", sqltypes.AutoString(), nullable=False),
        sa.Column("phase", sqltypes.AutoString(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("holder_account_id", sa.Integer(), nullable=True),
        sa.Column("holder_agency_id", sa.Integer(), nullable=True),
        sa.Column("holder_epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"]),
        sa.ForeignKeyConstraint(["holder_account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["holder_agency_id"], ["agency.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "live_session_module",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live_session_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["live_session_id"], ["live_session.id"]),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"]),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("live_session_id", "position"),
    )


def _let_runs_follow() -> None:
    # Not `batch_alter_table`: SQLite would have to drop `run`, to which other tables point. Earlier runs are alone.
    op.execute("ALTER TABLE run ADD COLUMN live_session_id INTEGER REFERENCES live_session (id)")
    op.execute("ALTER TABLE run ADD COLUMN following BOOLEAN DEFAULT false NOT NULL")
    op.create_index("run_of_live_session", "run", ["live_session_id", "class_group_id"], unique=True)


def _let_live_sessions_have_cues() -> None:
    with op.batch_alter_table("cue") as cue:
        cue.alter_column("run_id", existing_type=sa.Integer(), nullable=True)
        cue.add_column(sa.Column("live_session_id", sa.Integer(), nullable=True))
        cue.add_column(sa.Column("agency_id", sa.Integer(), nullable=True))
        cue.create_foreign_key("cue_live_session_id_fkey", "live_session", ["live_session_id"], ["id"])
        cue.create_foreign_key("cue_agency_id_fkey", "agency", ["agency_id"], ["id"])
        cue.create_unique_constraint("cue_live_session_id_seq_key", ["live_session_id", "seq"])
        cue.create_check_constraint("of_one_stage", "(run_id IS NULL) <> (live_session_id IS NULL)")
