"""The presenter's console: its page, its socket, and the orders that it gives."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, WebSocket
from starlette.responses import Response

from app.domain.audit import Act, account
from app.domain.errors import Invalid, NotFound
from app.domain.run import Order, Stage
from app.domain.shown import way_of
from app.domain.teacher_question import MESSAGES, State, must_go_on_air
from app.live import messages
from app.live.consoles import PANELS
from app.store import audit, live_sessions, teacher_questions
from app.web import deps
from app.web.console_panels import ConsolePanels
from app.web.deps import LARGEST_ID, App, AtConsole, ConsoleOf, RowId
from app.web.pages import Pages, done, see_other
from app.web.play import conditional
from app.web.sockets import POLICY, open_seat, turn_away


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_page(router, pages)
    _add_socket(router)
    _add_orders(router)
    _add_words(router)
    return router


def _add_page(router: APIRouter, pages: Pages) -> None:
    panels = ConsolePanels(pages)

    @router.get("/present/{session_id}")
    def console(app: App, here: ConsoleOf) -> Response:
        view = app.consoles.look(here.session_id)
        if view.session.ended_at is not None:
            return see_other(f"{_page(here)}/ended")
        app.consoles.heard(here.session_id, here.presenter.account_id)
        return pages.page("present/console.html", **panels.context(view, here.presenter.account_id))

    @router.get("/present/{session_id}/panels/{panel}")
    def panel(panel: str, request: Request, app: App, here: ConsoleOf) -> Response:
        if panel not in PANELS:
            raise NotFound("We could not find that page.")
        app.consoles.heard(here.session_id, here.presenter.account_id)
        view = app.consoles.look(here.session_id)
        text = messages.ended() if view.session.ended_at else panels.one(panel, view, here.presenter.account_id)
        return conditional(request, text)


def _add_socket(router: APIRouter) -> None:
    @router.websocket("/present/{session_id}/socket")
    async def socket(websocket: WebSocket, session_id: int) -> None:
        app = deps.parts(websocket)
        is_id = 1 <= session_id <= LARGEST_ID
        here = await asyncio.to_thread(deps.at_console_or_none, websocket, app, session_id) if is_id else None
        if here is None:
            await turn_away(websocket, messages.signed_out(), 1000)
            return
        account_id = here.presenter.account_id
        seat = await open_seat(websocket, "console")

        def hear(text: str) -> None:
            if text.replace(" ", "") != '{"kind":"ping"}':
                seat.refuse(POLICY)
                return
            app.consoles.heard(session_id, account_id)
            seat.tell(messages.pong(0, 0))

        seat.heard = lambda text: app.inbox.put(hear, text)
        seat.left = lambda: app.consoles.leave(session_id, seat)
        app.consoles.heard(session_id, account_id)
        app.consoles.take(session_id, seat, account_id, here.key)


def _add_orders(router: APIRouter) -> None:
    @router.post("/present/{session_id}/cue")
    def cue(
        request: Request,
        app: App,
        here: ConsoleOf,
        order: Annotated[Order | Literal["pause", "resume"], Form()],
        seq: Annotated[int, Form()],
        holder_epoch: Annotated[int, Form()],
        way: Annotated[str, Form(max_length=1)] = "",
    ) -> Response:
        """An order that moves the stage of all who follow (`way` is the letter of a story), or covers it."""
        by, now = here.presenter.account_id, app.clock()
        stage: Stage | None = None
        with app.database.transaction() as db:
            session = live_sessions.read(db, here.session_id)
            if order == "pause" or order == "resume":
                paused = order == "pause"
                live_sessions.set_paused(db, session, paused=paused, holder_epoch=holder_epoch, by=by, now=now)
            else:
                to = way_of(session.plan, session.stage, session.seed, way)
                stage = live_sessions.give(
                    db, session, order, seq=seq, holder_epoch=holder_epoch, by=by, now=now, to=to
                )
                teacher_questions.take_off_air(db, here.session_id)
        app.consoles.heard(here.session_id, by)
        app.rooms.session_changed(here.session_id, stage)
        return done(request, _page(here))

    @router.post("/present/{session_id}/console")
    def take(
        request: Request,
        app: App,
        here: ConsoleOf,
        holder_epoch: Annotated[int, Form()],
        to: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        """Take the console over, or hand it to another presenter."""
        with app.database.transaction() as db:
            session = live_sessions.read(db, here.session_id)
            by = here.presenter.account_id
            if to is None:
                live_sessions.must_be_seen(session, holder_epoch)
            else:
                live_sessions.must_hold(db, session, holder_epoch, by)
            live_sessions.take_console(db, session, to or by, now=app.clock())
            act: Act = "took the console" if to is None else "handed the console over"
            audit.note(db, app.clock(), account(by), act, f"live session {here.session_id}")
        if to is None:
            app.consoles.heard(here.session_id, here.presenter.account_id)
        app.rooms.session_changed(here.session_id)
        return done(request, _page(here))


def _add_words(router: APIRouter) -> None:
    @router.post("/present/{session_id}/questions")
    def question(
        request: Request, app: App, here: ConsoleOf, question_id: RowId, state: Annotated[State, Form()]
    ) -> Response:
        """Put a question on the screens, park it, or say that it is answered."""
        with app.database.transaction() as db:
            session = live_sessions.read(db, here.session_id)
            live_sessions.must_hold(db, session, session.holder_epoch, here.presenter.account_id)
            if state == "on_air":
                must_go_on_air(session.stage)
            teacher_questions.set_state(db, here.session_id, question_id, state)
        app.rooms.session_news(here.session_id)
        return done(request, _page(here))

    @router.post("/present/{session_id}/notes")
    def note(request: Request, app: App, here: ConsoleOf, words: Annotated[str, Form()]) -> Response:
        """One of the ready-made messages, to the controls of every class."""
        if words not in MESSAGES:
            raise Invalid("That is not one of the messages.")
        with app.database.transaction() as db:
            session = live_sessions.read(db, here.session_id)
            live_sessions.must_hold(db, session, session.holder_epoch, here.presenter.account_id)
            teacher_questions.tell(db, here.session_id, words, app.clock())
        app.rooms.session_news(here.session_id)
        return done(request, _page(here))

    @router.post("/present/{session_id}/simulated")
    def simulate(request: Request, app: App, here: ConsoleOf) -> Response:
        """In the demo, a few simulated classes check in."""
        if app.demo_classes is None:
            raise NotFound("We could not find that page.")
        app.demo_classes.begin(here.session_id)
        return done(request, _page(here))


def _page(here: AtConsole) -> str:
    return f"/present/{here.session_id}"
