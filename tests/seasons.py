"""A world in which the demo's whole season has been taught and given out."""

from datetime import datetime
from pathlib import Path

from app.settings import Settings
from app.store import lessons
from tests.cast import World
from tests.past_lessons import MONDAY, TOPICS, demo_season

AFTERWARDS = MONDAY.replace(month=12, day=1)
"""When all results of the season are given out."""


def season(folder: Path, kind: type[World] = World) -> World:
    """To be used as a context manager; then fill it with `teach`."""
    shipped = Settings()
    world = kind(folder, options={"lessons_dir": shipped.lessons_dir, "quizzes_dir": shipped.quizzes_dir})
    world.clock.now = MONDAY
    return world


def teach(world: World, now: datetime = AFTERWARDS) -> None:
    with world.parts.database.transaction() as db:
        newest = {lesson.topic.key: version for version, lesson in lessons.offered(db, 1)}
        demo_season(db, [newest[topic] for topic in TOPICS])
    world.clock.now = now
