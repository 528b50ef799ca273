"""An agency is asked before it takes part; all that are in a programme already have said yes"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql import sqltypes

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("programme_agency", sa.Column("asked_at", sqltypes.UTCDateTime(), nullable=True))
    op.add_column("programme_agency", sa.Column("accepted_at", sqltypes.UTCDateTime(), nullable=True))
    op.execute("UPDATE programme_agency SET accepted_at = CURRENT_TIMESTAMP")
