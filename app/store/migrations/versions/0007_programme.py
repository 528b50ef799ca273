"""A programme vets its agencies, and a class link can be printed again"""

from collections.abc import Sequence

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE programme_agency ADD COLUMN vetted_on DATE")
    op.execute("ALTER TABLE class_link ADD COLUMN seed VARCHAR DEFAULT '' NOT NULL")
    op.create_index("class_link_of_class", "class_link", ["class_group_id"])
