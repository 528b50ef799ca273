"""A pupil comes in: the code, and nothing else typed."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.domain import joining
from app.domain.errors import Conflict, DomainError, Invalid, NotFound
from app.store import directory, runs
from app.store.participants import Seated, Wish
from app.web import deps
from app.web.pages import Pages, see_other
from app.web.security import new_key

SEAT_CLOSED = "This seat is closed. You can join again with the code."
LONGEST_WAIT = 10.0
SEAT_SECONDS = 12 * 60 * 60


class DoorBusy(Conflict):
    """The store did not take it; the typed code stays on the page."""


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/join")
    def join_page(code: str = "", seat: str = "") -> Response:
        sentence = SEAT_CLOSED if seat == "closed" else ""
        return pages.page("join/join.html", code=code[:20], sentence=sentence)

    @router.get("/j/{code}")
    @router.get("/J/{code}")
    def from_qr(code: str) -> Response:
        """The target of the QR: a GET never makes a row."""
        try:
            return pages.page("join/confirm.html", code=joining.read_code(code))
        except Invalid as refusal:
            return pages.page("join/join.html", code=code[:20], sentence=refusal.sentence)

    async def join(request: Request) -> Response:
        """A plain route of Starlette's: a class comes in all at once."""
        app = deps.parts(request)
        typed = (await request.form()).get("code", "")
        code = typed if isinstance(typed, str) else ""
        who = deps.address_of(request)
        try:
            app.wrong_codes.must_not_be_full(who)
            has_cookie = deps.seat_cookie(request, app) is not None
            if has_cookie and await asyncio.to_thread(_has_seat, request, app, code):
                return see_other("/play")  # pressed Join twice, or came back by the code
            seat = await _take_seat(app, code)
        except DoorBusy as refusal:
            page = pages.page("join/join.html", status=503, code=code[:20], sentence=refusal.sentence)
            page.headers["Retry-After"] = "2"
            return page
        except DomainError as refusal:
            if isinstance(refusal, Invalid | NotFound):
                app.wrong_codes.failed(who)
            return pages.page("join/join.html", code=code[:20], sentence=refusal.sentence)
        response = see_other("/play?new=1")
        app.cookies.set(response, "seat", app.cookies.sign(seat), max_age=SEAT_SECONDS)
        return response

    router.add_route("/join", join, methods=["POST"])
    return router


def _has_seat(request: Request, app: deps.Parts, typed: str) -> bool:
    """Whether this browser sits in the run of this code already."""
    pupil = deps.participant_or_none(request, app)
    if pupil is None:
        return False
    with app.database.reading() as db:
        run = runs.read(db, pupil.run_id)
    return run.ended_at is None and run.code == joining.read_code(typed)


async def _take_seat(app: deps.Parts, typed: str) -> str:
    """The value of the seat cookie: the run, so that a returning seat finds its room, and a random key."""
    key = new_key()
    wish = Wish(joining.read_code(typed), directory.hashed(key))
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            outcome = await app.joiner.write(wish)
    except TimeoutError:
        outcome = None
    match outcome:
        case Seated():
            return f"{outcome.run_id}-{key}"
        case None:
            raise DoorBusy("The door is busy just now. Your code is still here: press Join again in a moment.")
        case refusal:
            raise refusal
