"""The teacher's side of a run: Today, the classroom screen, the controls, the finish."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, WebSocket
from starlette.responses import Response

from app.domain.audit import Act, class_group
from app.domain.errors import Conflict, DomainError, Invalid, NotFound
from app.domain.participation import read_head_count
from app.domain.people import Phone, Teacher
from app.domain.quiz_length import LENGTHS, length_choice, quiz_lengths
from app.domain.run import Order
from app.domain.shown import way_of
from app.live.messages import message, pong, signed_out
from app.live.room import PANELS
from app.live.seat import Audience
from app.live.snapshot import look
from app.store import audit, class_links, directory, facts, lessons, participants, participation, runs
from app.store.database import Db
from app.store.runs import OpenRun
from app.web import deps, feedback
from app.web.bookings import for_today
from app.web.deps import LARGEST_ID, App, ClassTeacher, Parts, RowId, RunLeader
from app.web.following import offers
from app.web.pages import Pages, done, see_other
from app.web.play import conditional
from app.web.security import new_key
from app.web.sockets import POLICY, open_seat, take_seat, turn_away
from app.web.summary import links, summary_of

OfFollowing = Literal["ready", "hold", "carry_on", "catch_up"]
"""What a teacher orders of the live session that the class has come to."""


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_today(router, pages)
    _add_stage(router, pages)
    _add_finish(router, pages)
    return router


def _add_today(router: APIRouter, pages: Pages) -> None:
    @router.get("/class")
    def today(app: App, teacher: ClassTeacher) -> Response:
        return pages.page("runs/today.html", **_today(app, teacher))

    @router.post("/class/run")
    def start(
        app: App,
        teacher: ClassTeacher,
        version_id: Annotated[list[int] | None, Form()] = None,
        questions: Annotated[int, Form()] = 8,
        kind: Annotated[Literal["lesson", "rehearsal"], Form()] = "lesson",
        present: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            _start(app, teacher, version_id or [], questions, kind, present)
        except (Invalid, Conflict) as refusal:
            return pages.page("runs/today.html", **_today(app, teacher, refusal.sentence))
        return see_other("/class/run/screen")

    @router.post("/class/sign-out")
    def sign_out(app: App, teacher: ClassTeacher) -> Response:
        with app.database.transaction() as db:
            directory.sign_teacher_out(db, teacher, app.clock())
            open_runs = class_links.open_runs(db, teacher.class_group_id)
        for run_id in open_runs:
            app.rooms.sign_out(run_id)
        response = see_other("/")
        app.cookies.drop(response, "class")
        return response


def _today(app: Parts, teacher: Teacher, sentence: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        group = directory.class_group(db, teacher.class_group_id)
        run = runs.open_of_class(db, teacher.class_group_id)
        past = [one for one in runs.of_class(db, teacher.class_group_id) if not one.is_rehearsal]
        offered = lessons.offered(db, group.programme_id)
        unsigned = {version_id: facts.awaiting(db, lesson) for version_id, lesson in offered}
        live = [] if run else offers(db, teacher.class_group_id)
        booked = for_today(db, teacher, group.programme_id, app.clock())
    return {
        "school": group.school,
        "class_label": group.label,
        "on_roll": group.on_roll,
        "sentence": sentence,
        "live": live,
        "booked": booked,
        "open_run": {"code": run.code, "title": _title(run)} if run else None,
        "past_runs": [
            {
                "title": _title(one),
                "date": one.opened_at,
                "present": one.present,
                "href": f"/class/run/report?run={one.id}",
            }
            for one in past
        ],
        "lengths": length_choice(lesson for _, lesson in offered),
        "modules": [
            {
                "version_id": version_id,
                "title": lesson.title,
                "topic_key": lesson.topic.key,
                "topic_name": lesson.topic.name,
                "guide": lesson.topic.guide,
                "lead": lesson.lead.name,
                "minutes": lesson.minutes,
                "lengths": quiz_lengths(lesson),
                "parts": lesson.parts,
                "before_you_start": lesson.before_you_start,
                "you_need": lesson.you_need,
                "objectives": lesson.objectives,
                "awaiting": unsigned[version_id],
                "papers": links(version_id, lesson),
                "checked": place == 0,
            }
            for place, (version_id, lesson) in enumerate(offered)
        ],
    }


def _title(run: OpenRun) -> str:
    return " and ".join(lesson.title for lesson in run.plan.lessons)


def _start(app: Parts, teacher: Teacher, wanted: list[int], questions: int, kind: str, present: str) -> None:
    head_count = read_head_count(present) if present.strip() else None
    with app.database.transaction() as db:
        group = directory.class_group(db, teacher.class_group_id)
        offered = [version_id for version_id, _ in lessons.offered(db, group.programme_id)]
        chosen = [version_id for version_id in offered if version_id in wanted]
        if not chosen:
            raise Invalid("Choose at least one lesson.")
        if questions not in LENGTHS:
            raise Invalid("A quiz has eight or ten questions.")
        if runs.open_of_class(db, teacher.class_group_id) is not None:
            raise Conflict("Your class has a lesson open already. Go back to it, or finish it first.")
        runs.start(
            db,
            teacher.class_group_id,
            chosen,
            questions=questions,
            kind=kind,
            present=head_count,
            seed=new_key(),
            now=app.clock(),
            choose=app.choose,
        )


def _add_stage(router: APIRouter, pages: Pages) -> None:
    @router.get("/class/run")
    @router.get("/class/run/screen")
    def screen(app: App, leader: RunLeader) -> Response:
        snapshot = look(app.database, leader.run.id)
        if snapshot.run.ended_at is not None:
            return see_other("/class/run/report")
        return pages.page("runs/screen.html", **app.panels.context("screen", snapshot))

    @router.get("/class/run/controls")
    def controls(app: App, leader: RunLeader) -> Response:
        snapshot = look(app.database, leader.run.id)
        if snapshot.run.ended_at is not None:
            return see_other("/class/run/report")
        return pages.page(
            "runs/controls.html", **app.panels.context("controls", snapshot), is_phone=isinstance(leader.actor, Phone)
        )

    @router.post("/class/run/cue")
    def cue(
        request: Request,
        app: App,
        leader: RunLeader,
        order: Annotated[Order | OfFollowing | Literal["calm", "resume"], Form()],
        seq: Annotated[int, Form()],
        epoch: Annotated[int, Form()],
        way: Annotated[str, Form(max_length=1)] = "",
    ) -> Response:
        """An order that moves the stage (`way` is the letter with which a story goes on), or has it follow or not."""
        by, now = leader.name, app.clock()
        with app.database.transaction() as db:
            run = runs.read(db, leader.run.id)
            match order:
                case "calm" | "resume":
                    runs.set_calm(db, run, calm=order == "calm", by=by, now=now)
                case "ready" | "catch_up":
                    runs.rejoin(db, run, epoch=epoch, by=by, now=now)
                case "hold":
                    runs.hold(db, run, epoch=epoch, by=by, now=now)
                case "carry_on":
                    to = way_of(run.plan, run.stage, run.seed, way)
                    runs.carry_on(db, run, seq=seq, epoch=epoch, by=by, now=now, to=to)
                case _:
                    to = way_of(run.plan, run.stage, run.seed, way)
                    runs.give(db, run, order, seq=seq, epoch=epoch, by=by, now=now, to=to)
        app.rooms.changed(leader.run.id, ("stage", "tally"))
        return done(request, leader.page)

    @router.post("/class/run/lock")
    def lock(request: Request, app: App, leader: RunLeader) -> Response:
        with app.database.transaction() as db:
            runs.set_locked(db, leader.run, locked=not leader.run.locked)
        app.rooms.changed(leader.run.id)
        return done(request, leader.page)

    @router.post("/class/run/seats/remove")
    def remove(request: Request, app: App, leader: RunLeader, participant_id: RowId) -> Response:
        with app.database.transaction() as db:
            runs.remove(db, leader.run, participant_id, app.clock())
        app.rooms.dismiss(leader.run.id, participant_id)
        app.rooms.changed(leader.run.id)
        return done(request, "/class/run/controls")

    @router.get("/class/run/panels/{panel}")
    def panel(panel: str, request: Request, app: App, leader: RunLeader) -> Response:
        audience = _audience(request.query_params.get("as"))
        if panel not in PANELS[audience]:
            raise NotFound("We could not find that page.")
        return conditional(request, app.panels.render(audience, panel, look(app.database, leader.run.id)))

    @router.websocket("/class/run/socket")
    async def socket(websocket: WebSocket) -> None:
        app = deps.parts(websocket)
        audience = _audience(websocket.query_params.get("as"))
        try:
            leader = await asyncio.to_thread(deps.leader_or_none, websocket, app)
        except deps.ClassLinkNeeded:
            await turn_away(websocket, signed_out(), 1000)
            return
        except DomainError:
            leader = None
        if leader is None:
            await turn_away(websocket, message(kind="bye", why="ended", say="No lesson is open."), 1000)
            return
        await app.rooms.known(leader.run.id)
        seat = await open_seat(websocket, audience)

        def hear(text: str) -> None:
            if text.replace(" ", "") == '{"kind":"ping"}':
                seat.tell(pong(*app.rooms.newest(leader.run.id)))
            else:
                seat.refuse(POLICY)

        take_seat(seat, app.rooms, leader.run.id, hear, app.inbox)


def _audience(asked: str | None) -> Audience:
    return "controls" if asked == "controls" else "screen"


def _add_finish(router: APIRouter, pages: Pages) -> None:
    @router.get("/class/run/finish")
    def finish_page(app: App, leader: RunLeader) -> Response:
        return pages.page("runs/finish.html", **_finish(app, leader.run))

    @router.post("/class/run/finish")
    def finish(
        app: App,
        leader: RunLeader,
        present: Annotated[str, Form()] = "",
        without_count: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            head_count = None if without_count else read_head_count(present)
        except Invalid as refusal:
            return pages.page("runs/finish.html", **_finish(app, leader.run, refusal.sentence, present))
        with app.database.transaction() as db:
            if head_count is not None:
                runs.confirm_present(db, leader.run.id, head_count, app.clock())
                db.flush()
            participation.finish(db, runs.read(db, leader.run.id), by=leader.name, now=app.clock())
        app.rooms.changed(leader.run.id)
        is_phone = isinstance(leader.actor, Phone)  # it is paired with this run alone
        return see_other("/class/run/report" if is_phone else f"/class/run/report?run={leader.run.id}")

    @router.post("/class/run/attendance")
    def confirm_attendance(
        app: App, teacher: ClassTeacher, run: RowId, present: Annotated[str, Form()] = ""
    ) -> Response:
        ended = _own(app, teacher, run)
        with app.database.transaction() as db:
            participation.confirm_head_count(db, ended, read_head_count(present), app.clock())
            _note(db, app, teacher, "corrected the attendance", run)
        return see_other(f"/class/run/report?run={run}")

    @router.post("/class/run/take-back")
    def take_back(app: App, teacher: ClassTeacher, run: RowId) -> Response:
        ended = _own(app, teacher, run)
        with app.database.transaction() as db:
            participation.take_back(db, ended, app.clock())
            _note(db, app, teacher, "took the end of a lesson back", run)
        app.rooms.changed(run)
        return see_other("/class/run/screen")

    @router.get("/class/run/report")
    def report(request: Request, app: App, run: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None) -> Response:
        """The class's own summary: its teacher sees all of it, and no pupil's line (T7)."""
        ended = _ended_run(request, app, run)
        with app.database.reading() as db:
            context = {"feedback": None} | summary_of(db, ended, app.clock())
            if deps.teacher_or_none(request, app) is not None:  # a paired phone shows it and says nothing
                context |= feedback.face_of(db, ended)
        return pages.page("runs/report.html", **context)


def _finish(app: Parts, run: OpenRun, sentence: str = "", typed: str = "") -> dict[str, Any]:
    with app.database.reading() as db:
        joined = len(participants.crowd(db, run.id))
    return {
        "present": typed or run.present or run.on_roll or "",
        "joined": joined,
        "sentence": sentence,
        "class_label": run.class_label,
        "school": run.school,
        "is_rehearsal": run.is_rehearsal,
        "concern_prompt": True,
    }


def _note(db: Db, app: Parts, teacher: Teacher, act: Act, run_id: int) -> None:
    audit.note(db, app.clock(), class_group(teacher.class_group_id), act, f"run {run_id}")


def _own(app: Parts, teacher: Teacher, run_id: int) -> OpenRun:
    """A run of this teacher's class. What is not is not found."""
    with app.database.reading() as db:
        run = runs.read(db, run_id)
    if run.class_group_id != teacher.class_group_id:
        raise NotFound("We could not find that lesson.")
    return run


def _ended_run(request: Request, app: Parts, run_id: int | None) -> OpenRun:
    if run_id is not None:
        run = _own(app, deps.teacher(request, app), run_id)
    else:
        leader = deps.leader_or_none(request, app)
        if leader is not None and isinstance(leader.actor, Phone):
            run = leader.run
        else:
            teacher = deps.teacher(request, app)
            with app.database.reading() as db:
                past = runs.of_class(db, teacher.class_group_id)
            if not past:
                raise NotFound("Your class has not finished a lesson yet.")
            run = past[0]
    if run.ended_at is None:
        raise NotFound("This lesson has not ended yet.")
    return run
