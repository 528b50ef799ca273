"""What the teacher says of a lesson, on its summary."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.errors import Invalid, NotFound
from app.domain.feedback import ASKED, ENDS, LONGEST_LINE, SCALE, Feedback, read_feedback
from app.domain.people import Teacher
from app.store import feedback, runs
from app.store.database import Db
from app.store.runs import OpenRun
from app.web.deps import App, ClassTeacher, RowId
from app.web.pages import Pages, see_other, status_of
from app.web.summary import summary_of

Typed = Annotated[str, Form()]


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.post("/class/run/feedback")
    def say(
        app: App,
        teacher: ClassTeacher,
        run: RowId,
        useful: Typed = "",
        age_right: Typed = "",
        would_rebook: Typed = "",
        line: Typed = "",
        may_be_quoted: Typed = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                ended = own_ended(db, teacher, run)
                said = read_feedback(useful, age_right, would_rebook, line, may_be_quoted=bool(may_be_quoted))
                feedback.say(db, ended.id, said)
        except Invalid as refusal:
            tapped = {"useful": useful, "age_right": age_right, "would_rebook": would_rebook}
            typed = tapped | {"line": line[:LONGEST_LINE], "may_be_quoted": bool(may_be_quoted)}
            with app.database.reading() as db:
                ended = own_ended(db, teacher, run)
                face = summary_of(db, ended, app.clock()) | face_of(db, ended, refusal.sentence, typed)
            return pages.page("runs/report.html", status=status_of(refusal), **face)
        return see_other(f"/class/run/report?run={run}#feedback")

    @router.post("/class/run/feedback/erase")
    def erase(app: App, teacher: ClassTeacher, run: RowId) -> Response:
        with app.database.transaction() as db:
            feedback.take_back(db, own_ended(db, teacher, run).id)
        return see_other(f"/class/run/report?run={run}#feedback")

    return router


def own_ended(db: Db, teacher: Teacher, run_id: int) -> OpenRun:
    """A lesson of this teacher's class that has ended. What is not is not found."""
    run = runs.read(db, run_id)
    if run.class_group_id != teacher.class_group_id or run.ended_at is None or run.kind != "lesson":
        raise NotFound("We could not find that lesson.")
    return run


def face_of(db: Db, run: OpenRun, sentence: str = "", typed: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the summary shows of it; nothing for a rehearsal or a recheck."""
    said: Feedback | None = feedback.of_run(db, run.id)
    taps = typed or (said.model_dump() if said else {})
    return {
        "feedback": None
        if run.kind != "lesson"
        else {
            "asked": [(name, words, str(taps.get(name, ""))) for name, words in ASKED],
            "scale": [str(place) for place in SCALE],
            "ends": ENDS,
            "line": taps.get("line", ""),
            "may_be_quoted": taps.get("may_be_quoted", False),
            "longest": LONGEST_LINE,
            "is_said": said is not None,
            "sentence": sentence,
        }
    }
