"""Reports: the demo's season to the last digit, small groups, and nothing that depends on a pupil's row."""

import pytest

from app.domain.disclosure import Mark
from app.domain.impact import ClassLine, Filters, Report
from app.main import publish_shipped
from app.settings import Settings
from app.store import directory, impact, lessons
from app.store.impact import report
from tests.classroom import TESS_CLASS, Classroom
from tests.past_lessons import DEMO, MONDAY, TOPICS, demo_season, give, scores

AFTERWARDS = MONDAY.replace(day=23)
"""The round of the demo's season is over."""


@pytest.fixture
def season(classroom: Classroom) -> Classroom:
    publish_shipped(classroom.database, Settings(), classroom.clock.now)
    with classroom.database.transaction() as db:
        newest = {row.topic_key: lessons.newest_version(db, row.id or 0) or 0 for row in lessons.rows(db)}
        demo_season(db, [newest[topic] for topic in TOPICS])
    classroom.clock.now = AFTERWARDS
    return classroom


def read(classroom: Classroom, agency: str = "", **filters: object) -> Report:
    with classroom.database.reading() as db:
        agency_id = directory.agency_by_slug(db, agency).id if agency else None
        wanted = Filters(**filters)  # type: ignore[arg-type]
        return report(db, frozenset({1}), classroom.clock.now, agency_id=agency_id, filters=wanted)


def test_the_demo_season_comes_out_to_the_digit(season: Classroom) -> None:
    found = read(season)
    reach = found.reach
    assert (reach.schools, reach.classes, reach.on_roll, reach.pupils) == (12, 14, 391, 374)
    assert (reach.attendances, reach.matched, reach.pupil_hours) == (1496, 327, 748)
    knowledge = {topic.key: topic.knowledge for topic in found.topics}
    assert {topic: one.n for topic, one in knowledge.items()} == dict.fromkeys(TOPICS, 327)
    assert [
        (one.before_share, one.after_share, one.points, one.gain) for one in map(knowledge.get, TOPICS) if one
    ] == [
        (63.6, 80.7, 17.1, 0.47),
        (53.7, 79.1, 25.4, 0.55),
        (42.5, 75.1, 32.6, 0.57),
        (50.8, 77.7, 26.9, 0.55),
    ]
