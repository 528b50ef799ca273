"""What the class takes away: its certificate, and the sheets of its lessons, as PDF."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from app.documents import calendar
from app.documents.class_papers import Certificate, certificate_pdf, paper_pdf
from app.domain.errors import Conflict, NotFound
from app.domain.impact import names_of
from app.domain.people import Teacher
from app.domain.school_days import recheck_day
from app.domain.timetable import HOME
from app.store import class_papers, directory, lessons, participation, runs, timetable
from app.store.runs import OpenRun
from app.web.calendars import CALENDAR
from app.web.deps import LARGEST_ID, App, ClassTeacher, Parts
from app.web.media import picture_content

PDF = "application/pdf"
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/class/papers/{version_id}/{paper}.pdf")
    def paper(version_id: Id, paper: str, app: App, teacher: ClassTeacher) -> Response:
        """Before the lesson too: a class needs its worksheets when it begins."""
        with app.database.reading() as db:
            group = directory.class_group(db, teacher.class_group_id)
            lesson = class_papers.lesson_of(db, group.id, version_id)
        made = paper_pdf(
            paper,
            lesson,
            lambda path: picture_content(app, path),
            product=app.settings.product_name,
            whose=f"class {group.label}, {group.school}",
            now=app.clock(),
        )
        return pdf(f"{lesson.key}-{paper}", made)

    @router.get("/class/run/certificate.pdf")
    def certificate(run: Annotated[int, Query(ge=1, le=LARGEST_ID)], app: App, teacher: ClassTeacher) -> Response:
        made = certificate_pdf(_certificate(app, teacher, run), product=app.settings.product_name, now=app.clock())
        return pdf("certificate", made)

    @router.get("/class/run/recheck.ics")
    def recheck(run: Annotated[int, Query(ge=1, le=LARGEST_ID)], app: App, teacher: ClassTeacher) -> Response:
        """An entry for the teacher's calendar, at the lesson's time of day."""
        ended = ended_run_of(app, teacher, run)
        entry = calendar.of_recheck(
            ended.seed,
            ended.class_group_id,
            ended.class_label,
            names_of(lesson.title for lesson in ended.plan.lessons),
            _recheck_at(app, ended),
        )
        written = calendar.write([entry], name=app.settings.product_name, now=app.clock())
        named = {"Content-Disposition": 'attachment; filename="check-again.ics"'}
        return Response(written, media_type=CALENDAR, headers=named)

    return router


def _recheck_at(app: Parts, run: OpenRun) -> datetime:
    with app.database.reading() as db:
        group = directory.class_group(db, run.class_group_id)
        (programme,) = directory.programmes_by_id(db, frozenset({group.programme_id}))
        holidays = timetable.season(programme).holidays
    began = run.opened_at.astimezone(HOME)
    return datetime.combine(recheck_day(began.date(), holidays), began.time(), HOME)


def pdf(name: str, made: bytes) -> Response:
    return Response(made, media_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'})


def ended_run_of(app: Parts, teacher: Teacher, run_id: int) -> OpenRun:
    """A run of this teacher's class that is over. Raises NotFound."""
    with app.database.reading() as db:
        run = runs.read(db, run_id)
    if run.class_group_id != teacher.class_group_id:
        raise NotFound("We could not find that lesson.")
    if run.ended_at is None:
        raise NotFound("This lesson has not ended yet.")
    return run


def _certificate(app: Parts, teacher: Teacher, run_id: int) -> Certificate:
    run = ended_run_of(app, teacher, run_id)
    if run.is_rehearsal:
        raise Conflict("A rehearsal gives no certificate.")
    if run.is_recheck:
        raise Conflict("A recheck gives no certificate. The lesson that it checks has one.")
    if not run.present_confirmed:
        raise Conflict("Count the class first: the certificate waits for your head-count.")
    with app.database.reading() as db:
        records = participation.records_of(db, run.id)
        shown = [lessons.version(db, record.version_id) for record in records]
        agencies = class_papers.agencies_of(db, run.id)
        programme_id = directory.class_group(db, run.class_group_id).programme_id
        (programme,) = directory.programmes_by_id(db, frozenset({programme_id}))
    if not records:
        raise Conflict("Nothing was shown in this lesson, so there is no certificate.")
    return Certificate(
        school=run.school,
        class_label=run.class_label,
        programme=programme.name,
        taught_at=records[0].began_at,
        lessons=tuple((lesson.title, lesson.topic.name) for lesson in shown),
        agencies=agencies,
    )
