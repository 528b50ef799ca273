"""An agency's own pictures and films: its page of them, and how one is added.

How an author's page lets somebody add one, with or without scripts:

- `POST /author/media`, a form (`multipart/form-data`) with `file` (PNG, JPEG, WebP, MP4, WebM or WebVTT), `alt`,
  `decorative` ("yes"), `rights`; with a film also `captions` (WebVTT) if they are at hand. A WebVTT `file` with
  `film` (the film's public name) gives that film its captions, now or anew.
- With `Accept: application/json` the answer is 201 and `{"kind": "picture" | "film", "path": "media/NAME.webp",
  "lines": ["picture: media/NAME.webp \\"alt\\""], "alt", "needs_captions", ...}`: `lines` are what a lesson file
  says to show it. A refusal is `{"say": "one sentence"}`. Without that header the answer is 303 to `/author/media`.
- `static/media_drop.js` turns a form that is marked `data-media-drop` into a place to paste, drop or choose, and
  fires `media:added` on it with that answer as its `detail`. The form itself is the macro of
  `templates/media/parts.html`.
- `GET /author/media` with `Accept: application/json` lists all that the agency has, to choose from.
- The readers of lesson files are handed `store.media.own(db, agency_ids)`: `app/content/library.py`,
  `app/content/lesson_files.py`.
"""

import secrets
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from app.content.captions import Cue, read_captions, written
from app.content.films import examine
from app.content.media_kinds import FILMS, PICTURES
from app.content.picture_files import as_written, cleaned
from app.content.problems import ProblemList
from app.domain.errors import DomainError, Invalid, NotAllowed
from app.domain.media import Medium, described, owned
from app.domain.people import Staff, may
from app.domain.public_files import PublicFile
from app.store import directory, media
from app.store.media_files import MediaFolder
from app.web.deps import App, Parts, SignedIn
from app.web.media import file_response
from app.web.pages import Pages, see_other, status_of, wants_json
from app.web.uploads import Received, Upload, Uploads

NO_AGENCY = "Pictures and films belong to an agency, and your account is of none."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    uploads = Uploads()

    @router.get("/author/media")
    def own_media(request: Request, app: App, who: SignedIn) -> Response:
        if wants_json(request):
            return JSONResponse({"media": [_as_json(one) for one in _all_of(app, agency_of(who))]})
        return pages.page("media/list.html", **_list(app, who))

    @router.post("/author/media")
    async def add(request: Request, app: App, who: SignedIn) -> Response:
        """Async, for the file is written while it comes; who sends it is known before the first byte is read."""
        try:
            agency_id = agency_of(who)
            async with uploads.receive(request, MediaFolder(app.settings.data_dir)) as upload:
                added = await uploads.work(partial(_add, app, agency_id, upload))
        except DomainError as refusal:
            if wants_json(request):
                raise
            shown = await uploads.work(partial(_list, app, who, refusal.sentence))
            return pages.page("media/list.html", status=status_of(refusal), **shown)
        if wants_json(request):
            return JSONResponse(_as_json(added), status_code=201)
        return see_other(f"/author/media#{added.public_name}")

    @router.post("/author/media/remove")
    def remove(app: App, who: SignedIn, name: Annotated[str, Form()] = "") -> Response:
        agency_id = agency_of(who)
        with app.database.transaction() as db:
            removed = media.remove(db, [agency_id], name)
        MediaFolder(app.settings.data_dir).remove(removed.file_name)
        return see_other("/author/media")

    @router.post("/author/media/logo")
    def choose_logo(app: App, who: SignedIn, name: Annotated[str, Form()] = "") -> Response:
        with app.database.transaction() as db:
            media.choose_logo(db, agency_of(who), name)
        return see_other(f"/author/media#{name}" if name else "/author/media")

    @router.get("/agencies/{agency}/logo")
    def logo(agency: str, request: Request, app: App, _who: SignedIn) -> Response:
        """For all staff: it stands wherever an agency is named to adults."""
        with app.database.reading() as db:
            row = directory.agency_by_slug(db, agency)
            medium = media.one(db, [row.id or 0], row.logo)
        return file_response(app, PublicFile(path=medium.path), request)

    return router


def agency_of(who: Staff) -> int:
    """The agency for which a presenter adds pictures and films. Raises NotAllowed for who is of none."""
    mine = [agency_id for agency_id in sorted(who.agency_ids) if may(who, "use_media", agency_id=agency_id)]
    if not mine:
        raise NotAllowed(NO_AGENCY)
    return mine[0]


def _add(app: Parts, agency_id: int, upload: Upload) -> Medium:
    file = upload.file("file")
    if file.kind in PICTURES:
        return _add_picture(app, agency_id, upload, file)
    if file.kind in FILMS:
        return _add_film(app, agency_id, upload, file)
    cues = _captions(file)
    with app.database.transaction() as db:
        film = media.one(db, [agency_id], upload.words.get("film", ""))
        _must_belong(cues, film.seconds)
        return media.set_captions(db, [agency_id], film.public_name, written(cues))


def _add_picture(app: Parts, agency_id: int, upload: Upload, file: Received) -> Medium:
    words = _words(upload, is_film=False)
    with file.half.reading() as content:
        return add_picture(app, agency_id, content.read(), **words)


def add_picture(app: Parts, agency_id: int, content: bytes, *, name: str = "", **words: Any) -> Medium:
    """Draws it anew and keeps it under a new name.

    From a lesson package it keeps its name, and its bytes too where they are such as we write.
    """
    clean = (as_written(content) if name else None) or cleaned(content)
    medium = Medium(
        public_name=name or secrets.token_hex(16),
        agency_id=agency_id,
        mime="image/webp",
        size=len(clean.content),
        width=clean.width,
        height=clean.height,
        **words,
    )
    folder = MediaFolder(app.settings.data_dir)
    with folder.half_written() as half:
        half.write(clean.content)
        with folder.placed(half, medium.file_name):
            _keep(app, medium)
    return medium


def _add_film(app: Parts, agency_id: int, upload: Upload, file: Received) -> Medium:
    words = _words(upload, is_film=True)
    captions = _captions(upload.files["captions"]) if "captions" in upload.files else ()
    return add_film(app, agency_id, file, captions, **words)


def add_film(
    app: Parts, agency_id: int, file: Received, cues: tuple[Cue, ...], *, name: str = "", **words: Any
) -> Medium:
    """Keeps it as it came, under a new name or under that which it has in a lesson package."""
    with file.half.reading() as content:
        facts = examine(content)
    if cues:
        _must_belong(cues, facts.seconds)
    medium = Medium(
        public_name=name or secrets.token_hex(16),
        agency_id=agency_id,
        mime="video/webm" if file.kind == "webm" else "video/mp4",
        size=file.size,
        captions=written(cues) if cues else "",
        **facts.model_dump(),
        **words,
    )
    with MediaFolder(app.settings.data_dir).placed(file.half, medium.file_name):
        _keep(app, medium)
    return medium


def _words(upload: Upload, *, is_film: bool) -> dict[str, Any]:
    is_decorative = not is_film and upload.words.get("decorative", "") not in ("", "no")
    alt = described(upload.words.get("alt", ""), is_decorative=is_decorative, is_film=is_film)
    return {"alt": alt, "is_decorative": is_decorative, "rights": owned(upload.words.get("rights", ""))}


def _keep(app: Parts, medium: Medium) -> None:
    with app.database.transaction() as db:
        media.add(db, medium, quota=app.settings.media_quota_mb * 1_000_000)


def _captions(file: Received) -> tuple[Cue, ...]:
    if file.kind != "captions":
        raise Invalid("These are no captions. Captions are a WebVTT file, which begins with WEBVTT.")
    with file.half.reading() as content:
        return cues_of(content.read())


def cues_of(content: bytes) -> tuple[Cue, ...]:
    """Raises Invalid with the first thing that is wrong in these captions."""
    problems = ProblemList("Captions")
    cues = read_captions(content, problems)
    if problems.found:
        raise Invalid(str(problems.found[0]))
    return cues


def _must_belong(cues: tuple[Cue, ...], seconds: float) -> None:
    """A film that does not say how long it is takes any."""
    if seconds and cues[-1].begins > seconds:
        raise Invalid("These captions go on after the end of the film. Choose those of this film.")


def _all_of(app: Parts, agency_id: int) -> list[Medium]:
    with app.database.reading() as db:
        return media.of_agency(db, agency_id)


def _list(app: Parts, who: Staff, sentence: str = "") -> dict[str, Any]:
    agency_id = agency_of(who)
    with app.database.reading() as db:
        mine = media.of_agency(db, agency_id)
        lessons = media.used_by(db, [one.public_name for one in mine])
        logo = media.logo_of(db, agency_id)
    used = sum(one.size for one in mine)
    return {
        "who": who.name,
        "media": mine,
        "used_by": lessons,
        "logo": logo,
        "used_mb": round(used / 1e6, 1),
        "quota_mb": app.settings.media_quota_mb,
        "sentence": sentence,
    }


def _as_json(medium: Medium) -> dict[str, Any]:
    return {
        "kind": "film" if medium.is_film else "picture",
        "name": medium.public_name,
        "path": medium.path,
        "lines": medium.lines,
        "alt": medium.alt,
        "is_decorative": medium.is_decorative,
        "width": medium.width,
        "height": medium.height,
        "size": medium.size,
        "needs_captions": medium.is_film and not medium.captions,
    }
