"""The start page, notices, and probes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from app.domain.retention import by_kind
from app.store.database import Database
from app.store.trouble import Trouble, trouble_of
from app.web import deps
from app.web.deps import App
from app.web.pages import Pages

READY_SECONDS, PROBE_MS = 1.5, 1000
NOT_READY: dict[Trouble, str] = {
    "full": "the disk is full",
    "locked": "another program holds the database, or it has more to save than it can",
    "silent": "the database does not answer",
}
LOOPBACK = ("127.0.0.1", "::1")


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def home(request: Request, app: App) -> Response:
        # Staff sign-ins of the demo are shown to this machine only (ruling 15).
        is_local = deps.address_of(request) in LOOPBACK and not app.settings.behind_proxy
        links = app.demo_links() if app.settings.demo and is_local else None
        is_staff = deps.staff_or_none(request, app) is not None
        return pages.page("pages/home.html", demo_links=links, is_staff=is_staff)

    @router.get("/privacy")
    def privacy() -> Response:
        return pages.page("pages/privacy.html", kept=by_kind())

    @router.get("/accessibility")
    def accessibility() -> Response:
        return pages.page("pages/accessibility.html")

    @router.get("/help")
    def help_page() -> Response:
        return pages.page("pages/help.html")

    @router.get("/health/live")
    async def live() -> Response:  # without a thread: all of them may be waiting for a database that hangs
        return JSONResponse({"live": True})

    readiness = Readiness()

    @router.get("/health/ready")
    async def ready(request: Request) -> Response:
        app = deps.parts(request)
        if why := await readiness.why_not(app.database):
            return JSONResponse({"ready": False, "why": why}, status_code=503)
        return JSONResponse({"ready": True, "bus": app.bus.state})

    return router


class Readiness:
    """One look at a time, in a thread of its own; whoever asks meanwhile waits for the same, and never for long."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "readiness")
        self._look: asyncio.Future[str] | None = None

    async def why_not(self, database: Database) -> str:
        """Why no write can begin, in plain words; empty when one can."""
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().run_in_executor(self._thread, _why_no_writes, database)
        done, _ = await asyncio.wait({self._look}, timeout=READY_SECONDS)
        return self._look.result() if done else NOT_READY["locked" if database.is_sqlite else "silent"]


def _why_no_writes(database: Database) -> str:
    try:
        database.must_take_writes(busy_ms=PROBE_MS)
    except SQLAlchemyError as error:
        return NOT_READY[trouble_of(error) or "silent"]
    return ""
