"""A teacher's phone becomes the controls: a QR for a minute, and a number that only the teacher can see on it."""

import random
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.domain.errors import NotAllowed
from app.store import pairings
from app.web.deps import App, ClassTeacher, RunLeader
from app.web.pages import Pages, see_other
from app.web.panels import qr
from app.web.security import new_key

PHONE_SECONDS = 4 * 60 * 60


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/class/run/pair")
    def pair_page(app: App, _: ClassTeacher, leader: RunLeader) -> Response:
        """What the screen shows: nothing yet, or the three numbers to pick from, or the result."""
        with app.database.reading() as db:
            row = pairings.newest(db, leader.run.id)
        if row is None or (row.confirmed_at is None and app.clock() >= row.expires_at):
            return pages.page("runs/pair.html", state="expired" if row else "start", qr="", choices=[])
        if row.confirmed_at is not None:
            return pages.page("runs/pair.html", state="done", qr="", choices=[])
        if row.confirm_number is not None:
            return pages.page("runs/pair.html", state="pick", qr="", choices=_three(row.confirm_number, row.id or 0))
        return _again(pages.page("runs/pair.html", state="waiting", qr="", choices=[]))

    @router.post("/class/run/pair")
    def start_pairing(app: App, _: ClassTeacher, leader: RunLeader) -> Response:
        token = new_key()
        with app.database.transaction() as db:
            pairings.start(db, leader.run.id, token, app.clock(), app.settings.pairing_seconds)
        # The secret stands in this one page only; asking again for the page shows the state without it.
        picture = qr(f"{app.settings.base_address}/pair/{token}", keep_case=True)
        address = f"{app.settings.base_address}/pair/{token}" if app.settings.demo else ""
        return pages.page("runs/pair.html", state="waiting", qr=picture, choices=[], address=address)

    @router.post("/class/run/pair/confirm")
    def confirm(app: App, _: ClassTeacher, leader: RunLeader, number: Annotated[int, Form()]) -> Response:
        with app.database.transaction() as db:
            pairings.confirm(db, leader.run.id, number, app.clock())
        return see_other("/class/run/pair")

    @router.get("/pair/wait")
    def wait(request: Request, app: App) -> Response:
        key = request.cookies.get(app.cookies.name("phone"))
        with app.database.reading() as db:
            row = pairings.of_phone(db, key) if key else None
        if row is not None and row.confirmed_at is not None:
            return see_other("/class/run/controls")
        if row is None or app.clock() >= row.expires_at:
            return pages.page("runs/phone.html", state="refused", number=None)
        return _again(pages.page("runs/phone.html", state="number", number=row.confirm_number))

    @router.get("/pair/{token}")
    def phone_page(token: str) -> Response:
        """The target of the QR: a GET changes nothing."""
        return pages.page("runs/phone.html", state="ask", number=None, token=token)

    @router.post("/pair/{token}")
    def claim(token: str, app: App) -> Response:
        key, number = new_key(), random.SystemRandom().randrange(10, 100)
        try:
            with app.database.transaction() as db:
                pairings.claim(db, token, key, number, app.clock())
        except NotAllowed:
            return pages.page("runs/phone.html", status=403, state="refused", number=None)
        response = see_other("/pair/wait")
        app.cookies.set(response, "phone", key, max_age=PHONE_SECONDS)
        return response

    return router


def _again(page: Response) -> Response:
    """Ask the browser to look again in two seconds: these pages wait for another screen, without scripts."""
    page.headers["Refresh"] = "2"
    return page


def _three(number: int, seed: int) -> list[int]:
    """The number among two others, the same on every reload."""
    others = random.Random(seed)
    numbers = {number}
    while len(numbers) < 3:
        numbers.add(others.randrange(10, 100))
    shown = sorted(numbers)
    others.shuffle(shown)
    return shown
