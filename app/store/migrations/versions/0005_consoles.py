"""Presenters of a live session, what classes ask them, and what they tell teachers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE live_session ADD COLUMN is_rehearsal BOOLEAN DEFAULT false NOT NULL")
    op.execute("UPDATE live_session SET phase = 'content' WHERE phase = 'lobby'")  # it begins at the ground rules now
    _add_presenters()
    _add_questions()
    op.create_table(
        "pulse",
        sa.Column("name", sqltypes.AutoString(), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _add_presenters() -> None:
    op.create_table(
        "live_session_presenter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live_session_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("leads_all", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["live_session_id"], ["live_session.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("live_session_id", "account_id"),
    )
    op.execute(
        "INSERT INTO live_session_presenter (live_session_id, account_id, agency_id, leads_all) "
        "SELECT id, holder_account_id, holder_agency_id, true FROM live_session WHERE holder_account_id IS NOT NULL"
    )


def _add_questions() -> None:
    op.create_table(
        "teacher_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live_session_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("text", sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqltypes.AutoString(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("asked_at", sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["live_session_id"], ["live_session.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("teacher_question_of_live_session", "teacher_question", ["live_session_id"])
    on_air = sa.text("state = 'on_air'")
    op.create_index(
        "teacher_question_on_air_once",
        "teacher_question",
        ["live_session_id"],
        unique=True,
        sqlite_where=on_air,
        postgresql_where=on_air,
    )
    op.create_table(
        "also_asked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("teacher_question_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["teacher_question_id"], ["teacher_question.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("teacher_question_id", "run_id"),
    )
    op.create_table(
        "teacher_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live_session_id", sa.Integer(), nullable=False),
        sa.Column("text", sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["live_session_id"], ["live_session.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("teacher_note_of_live_session", "teacher_note", ["live_session_id"])
