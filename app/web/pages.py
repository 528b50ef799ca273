"""Pages and fragments, and the one place that turns refusals into them."""

import hashlib
import logging
import math
import secrets
import time
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.websockets import WebSocket

from app.domain import joining
from app.domain.errors import Conflict, DomainError, NotAllowed, NotFound
from app.settings import ROOT, Settings
from app.store.trouble import Trouble, trouble_of
from app.web.deps import ClassLinkNeeded, SeatNeeded, SecondFactorNeeded, SignInNeeded
from app.web.markdown import markdown, unbroken

log = logging.getLogger(__name__)
STATIC = ROOT / "static"
HOME = ZoneInfo("Europe/London")
COME_BACK_SECONDS = 2
TRY_AGAIN_LATER = 1013  # close code of a socket
NOT_SAVED: dict[Trouble, str] = {
    "full": "The server's disk is full. Nothing saved is lost; tell whoever runs the server. "
    "It goes on by itself as soon as there is room.",
    "locked": "The server is busy saving. Nothing saved is lost. Press again in a moment.",
    "silent": "The server's database does not answer. Nothing saved is lost. Press again in a moment.",
}
PUPIL_WAITS = "The lesson is busy for a moment. Nothing you have sent is lost. Wait a little, then try again."
JOINING_WAITS = "The lesson is busy for a moment. Your code is still here: press Join again."


class _Compiled(BytecodeCache):
    """Templates are compiled once a process: a class that comes in must not wait for it."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


class Pages:
    """Renders templates; knows nothing of requests but what it is given."""

    def __init__(self, settings: Settings) -> None:
        self._env = Environment(
            loader=FileSystemLoader(ROOT / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,  # it would look at each file for each page
            bytecode_cache=_compiled,
        )
        self._env.globals.update(
            product_name=settings.product_name,
            static=static_address,
            demo=settings.demo,
            plain_http=not settings.is_secure,
            provider=settings.provider_name if settings.provider_issuer else "",
        )
        self._env.filters.update(
            markdown=markdown,
            unbroken=unbroken,
            spaced=joining.spaced,
            day=day,
            weekday=weekday,
            clock=clock_time,
            number=plain_number,
            length_of_time=length_of_time,
        )

    def render(self, name: str, /, **context: Any) -> str:
        return self._env.get_template(name).render(**context)

    def compile(self, *beginnings: str) -> None:
        """Compile templates whose names begin so: while classes are in, it would hold the event loop up."""
        for name in self._env.list_templates(filter_func=lambda name: name.startswith(beginnings)):
            self._env.get_template(name)

    def page(self, name: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(self.render(name, **context), status_code=status)


def day(value: date | datetime) -> str:
    """2 Nov 2026, by British clocks."""
    local = value.astimezone(HOME) if isinstance(value, datetime) else value
    return f"{local.day} {local:%b %Y}"


def weekday(value: datetime) -> str:
    """Tuesday 10 Nov 2026."""
    return f"{value.astimezone(HOME):%A} {day(value)}"


def clock_time(value: datetime) -> str:
    return f"{value.astimezone(HOME):%H:%M}"


def plain_number(value: float) -> str:
    """19 for 19.0, 1½ for 1.5, 2.3 for 2.3."""
    whole, part = divmod(round(value, 1), 1)
    if part == 0.5:
        return f"{int(whole)}½" if whole else "½"
    return f"{value:.1f}".removesuffix(".0")


def length_of_time(seconds: float) -> str:
    """2 min 5 s, 40 s."""
    minutes, rest = divmod(round(seconds), 60)
    return " ".join([*([f"{minutes} min"] if minutes else []), *([f"{rest} s"] if rest or not minutes else [])])


@cache
def static_address(name: str) -> str:
    """The address of a static file; its content's fingerprint in it lets browsers keep it for a year."""
    path = STATIC / name
    fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "0"
    return f"/static/{name}?v={fingerprint}"


def see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


def done(request: Request, address: str) -> Response:
    """An order was carried out. live.js is pushed its panels; without scripts the page is shown again."""
    return Response(status_code=204) if wants_json(request) else see_other(address)


def wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def handle_errors(app: FastAPI, pages: Pages) -> None:
    """Refusals become a page (or JSON for live.js) with their sentence."""

    def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, DomainError)
        status = status_of(error)
        if wants_json(request):
            return JSONResponse({"say": error.sentence}, status_code=status)
        match error:
            case SeatNeeded():
                return see_other("/join")
            case SignInNeeded():
                return see_other("/sign-in")
            case SecondFactorNeeded():
                return see_other("/account/second-factor")
            case ClassLinkNeeded():
                back = {"href": "/", "words": "Start page"}
                title = "Your class link opens this page"
                return pages.page(
                    "pages/error.html",
                    status=status,
                    title=title,
                    sentence=error.sentence,
                    back=back,
                    for_pupil=False,
                )
            case _:
                return _error_page(pages, request, status, error.sentence)

    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _error_page(pages, request, error.status_code, "We could not find that page.")

    def not_understood(request: Request, error: Exception) -> Response:
        if wants_json(request):
            return JSONResponse({"say": "That could not be understood."}, status_code=422)
        return _error_page(pages, request, 422, "Something was missing in that form. Go back and try again.")

    told_at = -math.inf

    async def not_saved(request: HTTPConnection, error: Exception) -> Response | None:
        """In the event loop: while the database hangs, every thread may be waiting for it."""
        assert isinstance(error, SQLAlchemyError)
        trouble = trouble_of(error)
        if trouble is None:
            raise error
        nonlocal told_at
        if time.monotonic() - told_at > 1:  # thousands are told the same; the log needs it once a second
            told_at = time.monotonic()
            log.error("the database did not take it: %s (%s)", trouble, getattr(error, "orig", error))
        if isinstance(request, WebSocket):
            await request.close(TRY_AGAIN_LATER)
            return None
        assert isinstance(request, Request)
        return await _come_back(pages, request, trouble)

    app.add_exception_handler(SQLAlchemyError, not_saved)  # type: ignore[arg-type]  # Starlette takes None for sockets
    app.add_exception_handler(DomainError, refuse)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, not_understood)


async def _come_back(pages: Pages, request: Request, trouble: Trouble) -> Response:
    """503, what is wrong in plain words, and a way to try again."""
    sentence = PUPIL_WAITS if _is_for_pupil(request) else NOT_SAVED[trouble]
    if wants_json(request):
        answer: Response = JSONResponse({"say": sentence}, status_code=503)
    elif (request.method, request.url.path) == ("POST", "/join"):
        code = str((await request.form()).get("code", ""))[:20]
        answer = pages.page("join/join.html", status=503, code=code, sentence=JOINING_WAITS)
    else:
        answer = _error_page(pages, request, 503, sentence)
    answer.headers["Retry-After"] = str(COME_BACK_SECONDS)
    return answer


def crash_page(pages: Pages, request: Request, error: Exception) -> Response:
    """The page for an error that nobody foresaw: a reference to find it in the log, and nothing of the inside."""
    reference = secrets.token_hex(4)
    log.error("unexpected error %s", reference, exc_info=error)
    sentence = f"Something went wrong on our side. Nothing saved is lost. If it happens again, say {reference}."
    return _error_page(pages, request, 500, sentence)


def status_of(error: DomainError) -> int:
    match error:
        case NotFound():
            return 404
        case NotAllowed():
            return 403
        case Conflict():
            return 409
        case _:
            return 422


def _error_page(pages: Pages, request: Request, status: int, sentence: str) -> Response:
    if status == 503 and request.method == "GET":
        back = {"href": request.url.path, "words": "Try again"}
    elif request.url.path.startswith("/class"):
        back = {"href": "/class", "words": "Back to Today"}
    elif request.url.path.startswith("/author/"):
        back = {"href": "/author", "words": "Back to the lessons"}
    elif request.url.path.startswith("/programmes/"):
        back = {"href": "/programmes", "words": "Back to the programmes"}
    else:
        back = {"href": "/", "words": "Start page"}
    return pages.page(
        "pages/error.html",
        status=status,
        title="Hmm, that did not work",
        sentence=sentence,
        back=back,
        for_pupil=_is_for_pupil(request),
    )


def _is_for_pupil(request: Request) -> bool:
    return request.url.path.startswith(("/play", "/join", "/j/", "/J/", "/pair"))
