"""Reports of a programme or an agency, read from counts alone: never from an answer."""

from datetime import datetime

from app.domain.impact import Filters, Report
from app.store.database import Db


def report(
    db: Db,
    programme_ids: frozenset[int],
    now: datetime,
    *,
    agency_id: int | None = None,
    filters: Filters | None = None,
    cost_pence: int | None = None,
) -> Report:
    """What these programmes gave, or what this agency gave in them; outcomes as far as they may leave a school."""
    raise NotImplementedError
