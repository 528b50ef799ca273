"""A pupil in a run: the page, the socket, and the same by plain requests."""

import asyncio
import hashlib

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import JSONResponse, Response

from app.domain.errors import Invalid, NotFound
from app.live import messages
from app.live.rooms import look
from app.live.seat import Seat
from app.store import runs
from app.store.runs import OpenRun
from app.store.tables import ParticipantRow
from app.web import answering, deps
from app.web.answering import Allowance, AnswerMessage, Leave, Ping, read_pupil_message, reply, to_store
from app.web.deps import App, Parts, Pupil
from app.web.pages import Pages, see_other
from app.web.panels import Panels, etag, own_face
from app.web.security import new_key
from app.web.sockets import Hear, serve_seat

SOCKET_GONE = 4410
WAIT_FOR_COMMIT = 10.0


def routes(pages: Pages, panels: Panels) -> APIRouter:
    router = APIRouter()

    @router.get("/play")
    def play(request: Request, app: App, pupil: Pupil, new: str = "") -> Response:
        snapshot = look(app.database, pupil.run_id)
        me = own_face(app.database, snapshot.run, pupil) | {
            "can_deal_again": pupil.deals < 3 and snapshot.run.stage.phase == "lobby",
            "is_new": bool(new) and snapshot.run.ended_at is None,
        }
        return pages.page(
            "play/page.html",
            **panels.context("pupil", snapshot),
            me=me,
            run_key=_run_key(pupil),
        )

    @router.post("/play/alias")
    def another_name(app: App, pupil: Pupil) -> Response:
        with app.database.transaction() as db:
            runs.deal_again(db, pupil.id or 0, app.names, app.choose)
        app.rooms.changed(pupil.run_id, ("crowd",))
        return see_other("/play?new=1")

    @router.post("/play/leave")
    def leave(app: App) -> Response:
        """This browser forgets its seat; the answers given from it stay."""
        response = see_other("/")
        app.cookies.drop(response, "seat")
        return response

    @router.post("/play/answers")
    async def answer(request: Request, app: App) -> Response:
        """An answer without a socket: JSON from live.js, or the plain form of a page without scripts."""
        pupil = await asyncio.to_thread(deps.participant_or_none, request, app)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        if pupil is None:
            return JSONResponse({"kind": "bye", "why": "removed"}, status_code=410) if is_json else see_other("/join")
        run = await _run_of(app, pupil)
        try:
            sent = await _read_json(request) if is_json else await _read_form(request, app, run, pupil)
        except Invalid as refusal:
            say = {"kind": "refused", "id": "", "why": "not_understood", "say": refusal.sentence}
            return JSONResponse(say, status_code=422) if is_json else see_other("/play")
        said = await _store(app, run, pupil, sent)
        return Response(said, media_type="application/json") if is_json else see_other("/play")

    @router.get("/play/panels/{panel}")
    def panel(panel: str, request: Request, app: App) -> Response:
        pupil = deps.participant_or_none(request, app)
        if pupil is None:
            return Response(messages.removed(), status_code=410, media_type="application/json")
        snapshot = look(app.database, pupil.run_id)
        if panel == "me":
            text = panels.me(app.database, snapshot.run, pupil)
        elif panel == "stage":
            text = panels.render("pupil", "stage", snapshot)
        else:
            raise NotFound("We could not find that page.")
        return conditional(request, text)

    @router.websocket("/play/socket")
    async def socket(websocket: WebSocket) -> None:
        app = deps.parts(websocket)
        pupil = await asyncio.to_thread(deps.participant_or_none, websocket, app)
        await websocket.accept()
        if pupil is None:
            await websocket.send_text(messages.removed())
            await websocket.close(SOCKET_GONE)
            return
        seat = Seat("pupil", pupil.id)
        snapshot = await app.rooms.take(pupil.run_id, seat)
        seat.tell(await asyncio.to_thread(panels.me, app.database, snapshot.run, pupil))
        await serve_seat(
            websocket, app.rooms, pupil.run_id, seat, _hearing(app, pupil, seat), app.settings.stuck_seconds
        )

    return router


def conditional(request: Request, text: str) -> Response:
    """304 while the panel is what the browser has."""
    tag = etag(text)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(text, media_type="application/json", headers={"ETag": tag})


def _hearing(app: Parts, pupil: ParticipantRow, seat: Seat) -> Hear:
    allowance = Allowance()

    async def hear(text: str) -> bool:
        if not allowance.takes_one():
            return False
        try:
            sent = read_pupil_message(text)
        except Invalid:
            return False
        match sent:
            case Ping():
                seat.tell(messages.message(kind="pong"))
            case Leave():
                seat.close(messages.ended())
            case AnswerMessage():
                run = await _run_of(app, pupil)
                seat.tell(await _store(app, run, pupil, sent))
        return True

    return hear


async def _run_of(app: Parts, pupil: ParticipantRow) -> OpenRun:
    """The run as its room knows it, else as the store does."""
    known = app.rooms.snapshot(pupil.run_id)
    return known.run if known else (await asyncio.to_thread(look, app.database, pupil.run_id)).run


async def _store(app: Parts, run: OpenRun, pupil: ParticipantRow, sent: AnswerMessage) -> str:
    """Hand an answer to the writer and wait for the disk. The reply is the protocol's message."""
    answer = to_store(sent, run, pupil.id or 0, app)
    if isinstance(answer, str):
        return answer
    try:
        written = await asyncio.wait_for(asyncio.wrap_future(app.writer.submit(answer)), WAIT_FOR_COMMIT)
    except TimeoutError:  # the database hangs: the device keeps the answer and asks again
        written = None
    return reply(sent, written)


async def _read_json(request: Request) -> AnswerMessage:
    body = await request.body()
    if len(body) > answering.LONGEST_MESSAGE:
        raise Invalid(answering.SAY["not_understood"])
    sent = read_pupil_message(body.decode("utf-8", "replace"))
    if not isinstance(sent, AnswerMessage):
        raise Invalid(answering.SAY["not_understood"])
    return sent


async def _read_form(request: Request, app: Parts, run: OpenRun, pupil: ParticipantRow) -> AnswerMessage:
    form = await request.form()
    me = await asyncio.to_thread(own_face, app.database, run, pupil)
    try:
        return AnswerMessage(
            kind="answer",
            id=new_key()[:20].replace("_", "-"),
            asking=str(form.get("asking", "")),
            round=int(str(form.get("round", "1"))),
            choice=str(form.get("choice", "")),
            change=int(me["change"] or 0) + 1,
        )
    except ValueError as error:
        raise Invalid(answering.SAY["not_understood"]) from error


def _run_key(pupil: ParticipantRow) -> str:
    """Under this name the browser keeps unsent answers; it tells nothing and is of this seat only."""
    return hashlib.sha256(f"outbox|{pupil.key_hash}".encode()).hexdigest()[:16]
