"""The live wall: all live sessions and lessons of a programme today, who needs help, and what is not counted yet."""

from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.domain import console
from app.domain.console import ClassLine, Light
from app.domain.people import Staff
from app.domain.run import Plan, Stage
from app.domain.timetable import HOME, countdown
from app.live import pulse
from app.live.console_view import ConsoleView
from app.store import answers, class_lines, participants, timetable, wall
from app.store.runs import OpenRun
from app.web.console_panels import LIGHTS, lasted
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages
from app.web.panels import etag
from app.web.programme_page import frame, own_programme

STUCK_AFTER = timedelta(minutes=15)
"""A class by itself whose stage has not moved for so long may want a call."""
WITH: dict[Light, str] = {"with_you": "with presenter"}
"""The words of the console, but for those that speak to whoever leads."""
PHASES = {
    "lobby": "in the lobby",
    "content": "on screen",
    "ready": "about to answer",
    "open": "answering",
    "closed": "closed, looking up",
    "revealed": "answers shown",
    "finished": "at the end",
}


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes/{slug}/wall")
    def live_wall(slug: str, app: App, who: SignedIn) -> Response:
        return pages.page("wall/wall.html", **_wall(app, who, slug))

    @router.get("/programmes/{slug}/wall/panel")
    def panel(slug: str, request: Request, app: App, who: SignedIn) -> Response:
        """The wall alone, which its page asks for every few seconds; 304 while nothing has changed."""
        text = pages.render("wall/_wall.html", **_wall(app, who, slug))
        tag = etag(text)
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(text, media_type="text/html", headers={"ETag": tag})

    return router


def _wall(app: Parts, who: Staff, slug: str) -> dict[str, Any]:
    now = app.clock()
    midnight = datetime.combine(now.astimezone(HOME).date(), time(), tzinfo=HOME)
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        programme_id = programme.id or 0
        ids = wall.sessions(db, programme_id, midnight, midnight + timedelta(days=1))
        planned = {one.id: one for one in timetable.of_ids(db, ids)}
        alone = wall.runs_alone(db, programme_id)
        joined = participants.counts(db, [run.id for run in alone])
        counts = answers.counts(db, alone)
        moved = wall.moved_at(db, [run.id for run in alone])
        uncounted = wall.without_head_count(db, programme_id, midnight)
    views = {session_id: app.consoles.look(session_id) for session_id in ids}
    sessions = [_session(view, planned[one].title if one in planned else "", now) for one, view in views.items()]
    lines = [class_lines.line_of(run, joined.get(run.id, 0), counts.get(run.id, {})) for run in alone]
    rows = [
        _alone(app, run, line, moved.get(run.id, run.opened_at), now) for run, line in zip(alone, lines, strict=True)
    ]
    return {
        **frame(programme, who, "wall"),
        "now": now,
        "sessions": sessions,
        "alone": sorted(rows, key=lambda row: not row["is_trouble"]),
        "uncounted": uncounted,
        "totals": _totals(sessions, rows, len(uncounted)),
    }


def _session(view: ConsoleView, title: str, now: datetime) -> dict[str, Any]:
    session = view.session
    is_open = session.opened_at is not None and session.ended_at is None
    told = console.totals(view.lines, session.stage)
    here = session.plan.at(session.stage)
    return {
        "id": session.id,
        "title": title or " and ".join(lesson.title for lesson in session.plan.lessons),
        "starts_at": session.starts_at,
        "state": "open" if is_open else "ended" if session.ended_at else "planned",
        "countdown": countdown(session.starts_at, now),
        "where": where(session.plan, session.stage) if is_open else "",
        "step": here.step.title if is_open and here else "",
        "holder": view.holder.name if view.holder else "",
        "holder_is_gone": is_open and view.holder_is_gone,
        "totals": told,
        "rows": _rows(view, is_open=is_open),
        "questions": [one for one in view.questions if one.state == "new"] if is_open else [],
        "classes": len(view.lines),
    }


def _rows(view: ConsoleView, *, is_open: bool) -> list[dict[str, Any]]:
    """Its classes now; after the end who took part, and who had a place and never came."""
    if is_open:
        return [_row(line, view.session.plan, view.session.stage) for line in view.lines]
    if view.session.ended_at is None:
        return []
    return [
        _row(line, view.session.plan, view.session.stage)
        | {"words": "booked, never opened" if line.run_id is None else "took part", "where": ""}
        | {"light": "not_opened" if line.run_id is None else "ended", "is_open": False, "is_trouble": False}
        for line in view.lines
    ]


def _row(line: ClassLine, plan: Plan, stage: Stage) -> dict[str, Any]:
    seconds, words = round(line.silence.seconds), (LIGHTS | WITH)[line.light]
    is_open = line.run_id is not None and not line.has_ended
    return {
        "light": line.light,
        "words": f"{words} {lasted(seconds)}" if line.light in ("lost", "slow") else words,
        "school": line.school,
        "label": line.label,
        "where": where(plan, line.stage) if is_open else "",
        "joined": line.joined,
        "answered": line.answered if is_open and line.stage.phase in ("open", "closed") else None,
        "present": line.expected,
        "is_open": is_open,
        "is_trouble": console.is_trouble(line, stage),
    }


def _alone(app: Parts, run: OpenRun, line: ClassLine, moved_at: datetime, now: datetime) -> dict[str, Any]:
    """A class that nobody leads: there it is no trouble to be by oneself, but to stand still."""
    line = line.model_copy(update={"silence": app.rooms.pulse.silence(pulse.screens(run.id))})
    row = _row(line, run.plan, run.stage)
    if line.light not in ("lost", "slow"):
        is_still = now - moved_at > STUCK_AFTER
        minutes = int((now - moved_at).total_seconds() // 60)
        row |= {"words": f"no step for {minutes} min" if is_still else "by itself", "is_trouble": is_still}
    return row | {"title": " and ".join(lesson.title for lesson in run.plan.lessons)}


def where(plan: Plan, stage: Stage) -> str:
    """What a class does, and at which step."""
    here = plan.at(stage)
    if here is None:
        return "at the ground rules" if stage.is_rules else PHASES[stage.phase]
    return f"{PHASES[stage.phase]}, step {plan.index(stage) + 1} of {len(plan.places)}"


def _totals(
    sessions: list[dict[str, Any]], alone: list[dict[str, Any]], uncounted: int
) -> list[tuple[str, int, bool]]:
    rows = [row for one in sessions for row in one["rows"]] + alone
    return [
        ("classes open", sum(row["is_open"] for row in rows), False),
        ("to look at", sum(row["is_trouble"] for row in rows), True),
        ("questions waiting", sum(len(one["questions"]) for one in sessions), True),
        ("head-counts missing", uncounted, True),
    ]
