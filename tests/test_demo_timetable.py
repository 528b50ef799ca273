"""The demo's timetable is not empty."""

from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path

from app import demo
from app.domain.timetable import HOME
from app.main import create_app
from app.settings import Settings
from app.store import directory, timetable


def test_the_demos_presenter_has_a_live_session_next_week_with_classes_booked(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path, demo=True).model_copy(update={"database_url": ""})
    app = create_app(settings)
    with closing(app.state.parts.database) as database:
        demo.seed(database, settings)
        with database.reading() as db:
            [planned] = timetable.all_of_programme(db, directory.programme_by_slug(db, "demo").id or 0)
    assert 1 <= (planned.on - datetime.now(HOME).date()).days <= 14
    assert Counter(one.state for one in planned.bookings) == {"confirmed": 3, "requested": 1}
    assert [one.name for one in planned.presenters] == [demo.PRESENTER[1]]
    assert planned.has_room
