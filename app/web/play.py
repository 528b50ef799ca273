"""A pupil in a run: the page, the socket, and the same by plain requests."""

import asyncio
import hashlib
from collections.abc import Callable

from fastapi import APIRouter, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.domain.errors import Invalid, NotFound
from app.live import messages
from app.live.answer_writer import Written
from app.live.line import LONGEST_MESSAGE
from app.live.seat import Seat
from app.live.snapshot import Snapshot, look
from app.store import directory, runs
from app.store.answers import Answer
from app.store.participants import Guest
from app.web import answering, deps
from app.web.answering import Allowance, AnswerMessage, Leave, Ping, read_pupil_message, reply, to_store
from app.web.deps import App, Parts, Pupil, SeatNeeded
from app.web.pages import see_other
from app.web.panels import etag
from app.web.security import new_key
from app.web.sockets import POLICY, open_seat, take_seat, turn_away

SOCKET_GONE = 4410
WAIT_FOR_COMMIT = 10.0


def routes() -> APIRouter:
    router = APIRouter()

    # Plain routes of Starlette's: a class does these all at once, and FastAPI's way to a handler costs as much again.

    async def socket(websocket: WebSocket) -> None:
        app = deps.parts(websocket)
        seated = await _seated_in_turn(websocket, app)
        if seated is None:
            await turn_away(websocket, messages.removed(), SOCKET_GONE)
            return
        snapshot, guest = seated
        seat = await open_seat(websocket, "pupil", guest.id)
        seat.tell(app.panels.me(snapshot, guest))
        take_seat(seat, app.rooms, snapshot.run.id, _hearing(app, snapshot, seat), app.inbox)

    async def play(request: Request) -> Response:
        app = deps.parts(request)
        seated = await _seated_in_turn(request, app)
        if seated is None:
            raise SeatNeeded("Type the code on the big screen.")
        snapshot, guest = seated
        is_new = bool(request.query_params.get("new"))
        return HTMLResponse(app.panels.pupils_page(snapshot, guest, _run_key(guest), is_new=is_new))

    router.add_websocket_route("/play/socket", socket)
    router.add_route("/play", play, methods=["GET"])

    @router.post("/play/alias")
    def another_name(app: App, pupil: Pupil) -> Response:
        with app.database.transaction() as db:
            runs.deal_again(db, pupil.guest.id, app.names, app.choose)
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
        seated = await _seated(request, app)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        if seated is None:
            gone = Response(messages.removed(), status_code=410, media_type="application/json")
            return gone if is_json else see_other("/join")
        snapshot, guest = seated
        try:
            sent = await _read_json(request) if is_json else await _read_form(request, snapshot, guest)
        except Invalid as refusal:
            say = {"kind": "refused", "id": "", "why": "not_understood", "say": refusal.sentence}
            return JSONResponse(say, status_code=422) if is_json else see_other("/play")
        answer = to_store(sent, app.rooms.offered(snapshot.run), snapshot.run.id, guest.id, app.clock())
        said = answer if isinstance(answer, str) else reply(sent, await _written(app, answer))
        return Response(said, media_type="application/json") if is_json else see_other("/play")

    @router.get("/play/panels/{panel}")
    def panel(panel: str, request: Request, app: App) -> Response:
        pupil = deps.participant_or_none(request, app)
        if pupil is None:
            return Response(messages.removed(), status_code=410, media_type="application/json")
        snapshot = app.rooms.fresh(pupil.run_id) or look(app.database, pupil.run_id)
        if panel == "me":
            text = app.panels.me(snapshot, pupil.guest)
        elif panel == "stage":
            text = app.panels.render("pupil", "stage", snapshot)
        else:
            raise NotFound("We could not find that page.")
        return conditional(request, text)

    return router


async def _seated(connection: HTTPConnection, app: Parts) -> tuple[Snapshot, Guest] | None:
    """Room and guest of a seat cookie. A returning seat costs no query: its room knows it."""
    held = deps.seat_cookie(connection, app)
    if held is None:
        return None
    run_id, key = held
    try:
        snapshot = await app.rooms.known(run_id)
    except NotFound:
        return None
    guest = snapshot.guests.get(directory.hashed(key))
    if guest is None:  # joined a moment ago, or removed: the store decides
        seated = await asyncio.to_thread(deps.participant_or_none, connection, app)
        guest = seated.guest if seated else None
    return (snapshot, guest) if guest else None


async def _seated_in_turn(connection: HTTPConnection, app: Parts) -> tuple[Snapshot, Guest] | None:
    """The same for what a class does all at once: first its room is known, then each has its turn."""
    if await _seated(connection, app) is None:
        return None
    await app.turns.next()
    return await _seated(connection, app)  # the wait may have been long


def conditional(request: Request, text: str) -> Response:
    """304 while the panel is what the browser has."""
    tag = etag(text)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(text, media_type="application/json", headers={"ETag": tag})


def _hearing(app: Parts, snapshot: Snapshot, seat: Seat) -> Callable[[str], None]:
    """What is done with each message of one pupil's socket."""
    allowance = Allowance()
    run_id, participant_id = snapshot.run.id, seat.participant_id or 0
    offered = app.rooms.offered(snapshot.run)

    def hear(text: str) -> None:
        if seat.is_closing:
            return
        try:
            sent = read_pupil_message(text) if allowance.takes_one() else None
        except Invalid:
            sent = None
        match sent:
            case AnswerMessage():
                answer = to_store(sent, offered, run_id, participant_id, app.clock())
                if isinstance(answer, str):
                    seat.tell(answer)
                else:
                    app.writer.submit(answer, lambda written: seat.tell(reply(sent, written)))
            case Ping():
                seat.tell(messages.pong(*app.rooms.newest(run_id)))
            case Leave():
                seat.close(messages.ended())
            case None:
                seat.refuse(POLICY)

    return hear


async def _written(app: Parts, answer: Answer) -> Written:
    try:
        async with asyncio.timeout(WAIT_FOR_COMMIT):
            return await app.writer.write(answer)
    except TimeoutError:  # the database hangs: the device keeps the answer and asks again
        return None


async def _read_json(request: Request) -> AnswerMessage:
    body = await request.body()
    if len(body) > LONGEST_MESSAGE:
        raise Invalid(answering.SAY["not_understood"])
    sent = read_pupil_message(body.decode("utf-8", "replace"))
    if not isinstance(sent, AnswerMessage):
        raise Invalid(answering.SAY["not_understood"])
    return sent


async def _read_form(request: Request, snapshot: Snapshot, guest: Guest) -> AnswerMessage:
    form = await request.form()
    saved = snapshot.sheet.saved.get(guest.id)
    try:
        return AnswerMessage(
            kind="answer",
            id=new_key()[:20].replace("_", "-"),
            asking=str(form.get("asking", "")),
            round=int(str(form.get("round", "1"))),
            choice=answering.typed_choice([(name, str(value)) for name, value in form.multi_items()]),
            change=saved.change + 1 if saved else 1,
        )
    except ValueError as error:
        raise Invalid(answering.SAY["not_understood"]) from error


def _run_key(guest: Guest) -> str:
    """Under this name the browser keeps unsent answers; it tells nothing and is of this seat only."""
    return hashlib.sha256(f"outbox|{guest.key_hash}".encode()).hexdigest()[:16]
