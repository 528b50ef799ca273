"""Serves pictures, films and captions: those of a run by the names they have in it, an agency's own to its members.

A preview shows a step's picture with `file_response(app, PublicFile(path=...), request)` under an address of its own.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from app.domain.errors import DomainError, NotFound
from app.domain.media import OWN
from app.domain.public_files import PublicFile, public_file
from app.domain.run import Plan
from app.store import live_sessions, media, presenters, runs
from app.store.media_files import MediaFolder
from app.store.runs import OpenRun
from app.web import deps
from app.web.deps import App, Parts

SEEN_BY_A_RUN = "private, max-age=86400, immutable"
SEEN_BY_ITS_AGENCY = "private, max-age=31536000, immutable"
TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg"}
TYPES |= {".mp4": "video/mp4", ".webm": "video/webm"}
CAPTIONS = "text/vtt; charset=utf-8"


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/media/{name}")
    def file(name: str, request: Request, app: App) -> Response:
        """By the name it has in this browser's own run or live session, or in the own agency; by no other."""
        for plan, seed in _plans_of(request, app):
            if found := public_file(plan, seed, name):
                return file_response(app, found, request, SEEN_BY_A_RUN)
        return file_response(app, _own_file(name, request, app), request, SEEN_BY_ITS_AGENCY)

    return router


def file_response(app: Parts, file: PublicFile, request: Request, caching: str = "no-cache") -> Response:
    """The picture, film (in ranges, as players ask) or captions. Raises NotFound."""
    headers = {"Cache-Control": caching}
    suffix = Path(file.path).suffix
    if file.captions:
        return Response(file.captions, headers=headers, media_type=CAPTIONS)
    place = _place_of(app, file)
    if suffix not in TYPES or not place.is_file():
        raise NotFound("We could not find that picture.")
    response = FileResponse(place, headers=headers, media_type=TYPES[suffix], stat_result=os.stat(place))
    if response.headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers | {"ETag": response.headers["etag"]})
    return response


def picture_content(app: Parts, path: str) -> bytes | None:
    """A picture as a lesson names it; None when it is not there."""
    place = _place_of(app, PublicFile(path=path))
    return place.read_bytes() if place.suffix in TYPES and place.is_file() else None


def _place_of(app: Parts, file: PublicFile) -> Path:
    if file.path.startswith(OWN):
        return MediaFolder(app.settings.data_dir).place / file.path.removeprefix(OWN)
    return app.settings.lessons_dir / ("films" if file.is_film else "pictures") / file.path


def _own_file(name: str, request: Request, app: Parts) -> PublicFile:
    """A file of the agency whose member asks."""
    found = re.fullmatch(r"([0-9a-f]{32})\.(webp|mp4|webm|vtt)", name)
    who = deps.staff_or_none(request, app) if found else None
    if found is None or who is None:
        raise NotFound("We could not find that picture.")
    with app.database.reading() as db:
        medium = media.one(db, who.agency_ids, found[1])
    if found[2] == "vtt" and medium.captions:
        return PublicFile(path=medium.captions_path, captions=medium.captions)
    if name != medium.file_name:
        raise NotFound("We could not find that picture.")
    return PublicFile(path=medium.path, is_film=medium.is_film)


def _plans_of(request: Request, app: Parts) -> Iterable[tuple[Plan, str]]:
    """What this browser may see, with the seed of its names: its runs, and the live sessions that it presents."""
    for run in _runs_of(request, app):
        yield run.plan, run.seed
    who = deps.staff_or_none(request, app)
    if who is not None:
        with app.database.reading() as db:
            for session_id in presenters.open_sessions(db, who):
                led = live_sessions.read(db, session_id)
                yield led.plan, led.seed


def _runs_of(request: Request, app: Parts) -> Iterable[OpenRun]:
    pupil = deps.participant_or_none(request, app)
    if pupil is not None:
        snapshot = app.rooms.fresh(pupil.run_id)
        if snapshot is not None:
            yield snapshot.run
        else:
            with app.database.reading() as db:
                yield runs.read(db, pupil.run_id)
    try:
        leader = deps.leader_or_none(request, app)
    except DomainError:
        return
    if leader is not None:
        yield leader.run
