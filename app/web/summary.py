"""The class's own summary page: gathers what the template shows."""

from datetime import datetime, timedelta
from typing import Any

from app.documents.class_papers import name_of, papers_of
from app.domain.lesson import Lesson
from app.domain.summary import summarise
from app.store import participation
from app.store.database import Db
from app.store.runs import OpenRun

TAKE_BACK = timedelta(hours=24)


def summary_of(db: Db, run: OpenRun, now: datetime) -> dict[str, Any]:
    counted = participation.of_run(db, run.id)
    minutes = {record.module_position: record.minutes for record in participation.records_of(db, run.id)}
    modules = [
        {
            "summary": summarise(
                lesson,
                [one for one in counted if one.module == module],
                participation.score_pairs(db, run.id, module),
                participation.anchors_of(db, run.id, module),
            ),
            "minutes": minutes.get(module, 0),
            "papers": links(run.version_ids[module], lesson),
        }
        for module, lesson in enumerate(run.plan.lessons)
    ]
    ended_at = run.ended_at or now
    return {
        "run_id": run.id,
        "school": run.school,
        "class_label": run.class_label,
        "modules": modules,
        "present": run.present if run.present_confirmed else None,
        "joined": max((one.joined for one in counted), default=0),
        "ended_at": ended_at,
        "again": [],
        "is_rehearsal": run.is_rehearsal,
        "can_take_back": now - ended_at < TAKE_BACK,
        "head_count_missing": not run.present_confirmed and not run.is_rehearsal,
        "agencies": sorted(
            {agency.name for lesson in run.plan.lessons for agency in (lesson.lead, *lesson.supports)}
        ),
    }


def links(version_id: int, lesson: Lesson) -> list[tuple[str, str]]:
    """Address and name of each sheet of a lesson that its class can print."""
    return [(f"/class/papers/{version_id}/{paper}.pdf", name_of(paper, lesson)) for paper in papers_of(lesson)]
