"""Checking again: what Today says of it, how it is begun, and what its teacher reads of it."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from app.domain.participation import read_head_count
from app.domain.people import Teacher
from app.domain.recheck import MINUTES_A_QUESTION, Due
from app.domain.timetable import HOME
from app.store import rechecks
from app.store.database import Db
from app.store.runs import OpenRun
from app.web.deps import Parts
from app.web.security import new_key


def for_today(db: Db, teacher: Teacher, now: datetime) -> dict[str, Any]:
    """The lessons that can be checked again today, and those whose time comes."""
    today = now.astimezone(HOME).date()
    known = rechecks.of_class(db, teacher.class_group_id)
    due_now = [one for one in known if one.is_open(today)]
    return {
        "open": [_face(one) for one in due_now],
        "to_come": [_face(one) for one in known if one.is_to_come(today)],
        "due_on": min((one.due_on for one in due_now), default=None),
        "minutes": ceil(MINUTES_A_QUESTION * sum(one.questions for one in due_now)),
    }


def _face(one: Due) -> dict[str, Any]:
    return {
        "version_id": one.version_id,
        "title": one.lesson.title,
        "topic_key": one.lesson.topic.key,
        "topic_name": one.lesson.topic.name,
        "questions": one.questions,
        "taught_on": one.taught_on,
        "first_on": one.first_on,
        "due_on": one.due_on,
        "last_on": one.last_on,
    }


def begin(app: Parts, db: Db, teacher: Teacher, wanted: Sequence[int], present: str) -> None:
    """Raises Invalid, NotAllowed or Conflict with the reason."""
    rechecks.start(
        db,
        teacher.class_group_id,
        wanted,
        present=read_head_count(present) if present.strip() else None,
        seed=new_key(),
        now=app.clock(),
        choose=app.choose,
    )


def face_of(db: Db, run: OpenRun) -> dict[str, Any]:
    """Each lesson of a recheck with its questions before, after and now; none for other runs."""
    if not run.is_recheck:
        return {"again": []}
    lines = rechecks.compared(db, run)
    return {
        "again": [
            {
                "title": lesson.title,
                "topic_key": lesson.topic.key,
                "topic_name": lesson.topic.name,
                "lines": lines[module],
            }
            for module, lesson in enumerate(run.plan.lessons)
        ]
    }
