"""A class in a live session: its teacher joins, and asks the presenter for the class."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.domain.errors import Conflict, NotFound
from app.domain.participation import read_head_count
from app.live.snapshot import look
from app.store import lessons, live_sessions, runs, session_faces, teacher_questions
from app.store.database import Db
from app.web.deps import App, ClassTeacher, RowId, RunLeader
from app.web.pages import Pages, done, see_other

ASKED_AT = {"controls": "/class/run/controls", "screen": "/class/run/screen", "ask": "/class/run/ask"}
"""Where a question to the presenter was typed -> where its teacher goes on."""


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.post("/class/live")
    def join(
        app: App, teacher: ClassTeacher, live_session_id: RowId, present: Annotated[str, Form()] = ""
    ) -> Response:
        """The class comes to a live session. It follows once its teacher says that it is ready."""
        head_count = read_head_count(present) if present.strip() else None
        with app.database.transaction() as db:
            if runs.open_of_class(db, teacher.class_group_id) is not None:
                raise Conflict("Your class has a lesson open already. Go back to it, or finish it first.")
            if live_session_id not in live_sessions.on_offer(db, teacher.class_group_id):
                raise NotFound("That live session is not open for your class.")
            live_sessions.check_in(
                db,
                live_sessions.read(db, live_session_id),
                teacher.class_group_id,
                present=head_count,
                now=app.clock(),
                choose=app.choose,
            )
        app.rooms.session_news(live_session_id)
        return see_other("/class/run/screen")

    @router.get("/class/run/ask")
    def ask_page(app: App, leader: RunLeader) -> Response:
        """The form alone: the classroom screen comes here without scripts, so it shows nothing private."""
        snapshot = look(app.database, leader.run.id)
        live = app.panels.context("screen", snapshot)["live"]
        asked = [one["text"] for one in live.questions if one["is_mine"]] if live else []
        return pages.page("runs/ask.html", live=live, asked=asked)

    @router.post("/class/run/questions")
    def ask(
        request: Request,
        app: App,
        leader: RunLeader,
        text: Annotated[str, Form()] = "",
        back: Annotated[Literal["controls", "screen", "ask"], Form()] = "controls",
    ) -> Response:
        """Ask the officer: what the teacher types for the class, never a pupil."""
        with app.database.transaction() as db:
            teacher_questions.ask(db, leader.run, text, app.clock())
        app.rooms.session_news(leader.run.live_session_id or 0)
        return done(request, ASKED_AT[back])

    @router.post("/class/run/questions/also")
    def ask_too(request: Request, app: App, leader: RunLeader, question_id: RowId) -> Response:
        """Us too: this class asks what another has asked."""
        with app.database.transaction() as db:
            teacher_questions.ask_too(db, leader.run, question_id)
        app.rooms.session_news(leader.run.live_session_id or 0)
        return done(request, "/class/run/controls")

    return router


def offers(db: Db, class_group_id: int) -> list[dict[str, Any]]:
    """The live sessions that a class may join now, for Today."""
    ids = live_sessions.on_offer(db, class_group_id)
    faces = session_faces.read_many(db, ids)
    found = []
    for session_id in ids:
        taught = [lessons.version(db, version_id) for version_id in live_sessions.version_ids(db, session_id)]
        face = faces[session_id]
        found.append(
            {
                "id": session_id,
                "title": " and ".join(lesson.title for lesson in taught),
                "topic_key": taught[0].topic.key,
                "topics": list(dict.fromkeys((lesson.topic.key, lesson.topic.name) for lesson in taught)),
                "led_by": face.led_by,
                "has_begun": not face.stage.is_rules,
                "video_url": face.video_url,
            }
        )
    return found
