"""A class has one lesson or recheck open"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
OPEN = sa.text("ended_at IS NULL AND kind IN ('lesson', 'recheck')")


def upgrade() -> None:
    op.drop_index("run_open_once", "run")
    op.create_index("run_open_once", "run", ["class_group_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
