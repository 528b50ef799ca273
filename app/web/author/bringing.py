"""What an author brings: a spreadsheet, a quiz, a talk or a whole lesson. All of it is shown before it is kept."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from app.content.brought import with_questions, with_slides
from app.content.importers import LARGEST_FILE, LARGEST_TEXT
from app.content.importers.apart import read_apart
from app.content.importers.imported import FoundSlide, Imported, Message
from app.content.importers.sent import from_bytes, to_bytes
from app.content.whole_lessons import texts_of
from app.domain.errors import Conflict, Invalid
from app.domain.people import Staff
from app.store.brought_files import BroughtFiles
from app.web.author import brought_media
from app.web.author.desk import Desk, open_desk, save
from app.web.author.lessons import must_write
from app.web.author.page import frame
from app.web.brought_file import Readers, received
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other
from app.web.security import COUNTED_AS_THEY_COME

ROOM = "/author"
ADDRESS = "/author/brought"
LARGEST_BROUGHT = LARGEST_FILE + 64 * 1024
LARGEST_SENT = COUNTED_AS_THEY_COME[ADDRESS]
FACTS = "facts"
PICTURE_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}

NO_LESSON = "There is no lesson with its quiz in this package, so nothing was changed."
TOO_LARGE = "This file is larger than 50 MB. Make its pictures smaller, or split it."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    readers = Readers()

    @router.post(ADDRESS)
    async def bring(request: Request, app: App, who: SignedIn) -> Response:
        async with received(request, "lesson", LARGEST_BROUGHT, LARGEST_SENT, TOO_LARGE) as (key, file):
            address = await run_in_threadpool(_may_bring, app, who, key)
            async with readers.turn():
                found = await run_in_threadpool(read_apart, file.filename or "", await file.read())
                brought = await run_in_threadpool(_lay_by, app, who, found)
        return see_other(f"{address}/brought/{brought}")

    _add_preview(router, pages)
    return router


def _add_preview(router: APIRouter, pages: Pages) -> None:
    @router.get("/author/lessons/{key}/brought/{name}")
    def preview(key: str, name: str, app: App, who: SignedIn) -> Response:
        found = laid_by(app, who, name)
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/brought.html", **frame(db, app, desk, "files"), **_face(desk, name, found))

    @router.get("/author/lessons/{key}/brought/{name}/pictures/{picture}")
    def picture(key: str, name: str, picture: str, app: App, who: SignedIn) -> Response:
        content = BroughtFiles(app.settings.data_dir).read(who.account_id, name, f"picture-{picture}")
        kind = next((kind for start, kind in PICTURE_KINDS.items() if content.startswith(start)), "")
        return Response(content, media_type=kind or "application/octet-stream")

    @router.post("/author/lessons/{key}/brought/{name}")
    def keep(key: str, name: str, app: App, who: SignedIn, form: Chosen) -> Response:
        found = laid_by(app, who, name)
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
        address = (_keep_package if found.files else _keep_chosen)(app, desk, found, form)
        BroughtFiles(app.settings.data_dir).remove(who.account_id, name)
        return see_other(address)


async def _form(request: Request) -> FormData:
    return await request.form()


Chosen = Annotated[FormData, Depends(_form)]


def _may_bring(app: Parts, who: Staff, key: str) -> str:
    """The address of the lesson, when this person may add something to it; of the room for a lesson that is new."""
    with app.database.reading() as db:
        if not key:
            must_write(db, who)
            return ROOM
        desk = open_desk(db, app, who, key)
        if not (desk.may("edit_lesson") or desk.may_edit_step(FACTS)):
            desk.must("edit_lesson")
        return desk.address


def _lay_by(app: Parts, who: Staff, found: Imported) -> str:
    pictures = {
        f"picture-{slide.place}-{place}": picture.content
        for slide in found.slides
        for place, picture in enumerate(slide.pictures, start=1)
    }
    files = BroughtFiles(app.settings.data_dir)
    return files.lay_by(who.account_id, {"found.json": to_bytes(found), **pictures})


def laid_by(app: Parts, who: Staff, name: str) -> Imported:
    return from_bytes(BroughtFiles(app.settings.data_dir).read(who.account_id, name, "found.json"))


def _keep_chosen(app: Parts, desk: Desk, found: Imported, form: FormData) -> str:
    """What is ticked becomes part of the draft; pictures are kept first. Returns where to look at it."""
    questions = tuple(one for n, one in enumerate(found.questions) if str(n) in form.getlist("question"))
    slides = tuple(one for n, one in enumerate(found.slides) if str(n) in form.getlist("slide"))
    if not (questions or slides):
        raise Invalid("Nothing was ticked, so nothing was kept.")
    if questions:
        desk.must("edit_lesson")
    if slides:
        desk.must_edit_step(FACTS)
    slides, names = brought_media.kept(app, desk, slides, form)
    with app.database.transaction() as db:
        desk = open_desk(db, app, desk.who, desk.key)
        if questions:
            texts = with_questions(desk.texts, replace(found, questions=questions))
            _must_fit(texts.quiz)
            desk = save(db, app, desk, "quiz", quiz=texts.quiz)
        if slides:
            texts = with_slides(desk.texts, slides, names)
            _must_fit(texts.lesson)
            desk = save(db, app, desk, f"steps/{FACTS}", lesson=texts.lesson)
    return f"{desk.address}/quiz" if questions else f"{desk.address}/steps/{FACTS}"


def _must_fit(text: str) -> None:
    """No lesson is that long, and every page of it would be slow."""
    if len(text.encode()) > LARGEST_TEXT:
        raise Invalid("That is more than one lesson can hold. Go back and take the tick off some of it.")


def _keep_package(app: Parts, desk: Desk, found: Imported, form: FormData) -> str:
    """The texts of a package in place of the draft's; undo brings the draft back."""
    texts = texts_of(found)
    if texts is None:
        raise Invalid(NO_LESSON)
    if str(desk.draft.revision) != form.get("revision"):
        raise Conflict("Somebody has changed this lesson meanwhile. Look at it again, then bring the package again.")
    desk.must("edit_lesson")
    for part in {*desk.sketch.keys, *texts.sketch.keys}:
        if part in desk.sketch.keys and texts.sketch.part(part) != desk.sketch.part(part):
            desk.must_edit_step(part)
    brought_media.kept_of_package(app, desk.draft.owner_agency_id, found, texts, form)
    with app.database.transaction() as db:
        save(db, app, desk, "whole", lesson=texts.lesson, quiz=texts.quiz)
    return desk.address


def _face(desk: Desk, name: str, found: Imported) -> dict[str, Any]:
    texts = texts_of(found) if found.files else None
    return {
        "brought": f"{desk.address}/brought/{name}",
        "file_title": found.title,
        "form": found.form,
        "counts": counts(found),
        "left_out": found.with_weight("left out"),
        "to_look_at": [one for one in found.with_weight("look") if one.place not in _places(found)],
        "notes": found.with_weight("note"),
        "questions": [(question, _beside(found, question.place)) for question in found.questions],
        "slides": [
            _slide_face(desk, name, slide) | {"beside": _beside(found, slide.place)} for slide in found.slides
        ],
        "files": sorted(found.files),
        "brings_pictures": brought_media.are_in(found),
        "has_lesson": texts is not None,
        "same": texts is not None and (texts.lesson, texts.quiz) == (desk.texts.lesson, desk.texts.quiz),
        "may_add_questions": desk.may("edit_lesson"),
        "may_add_slides": desk.may_edit_step(FACTS),
    }


def _places(found: Imported) -> set[int]:
    return {question.place for question in found.questions} | {slide.place for slide in found.slides}


def _beside(found: Imported, place: int) -> list[Message]:
    """What is told right beside the question or slide that it is about."""
    return [message for message in found.with_weight("look") if message.place == place]


def counts(found: Imported) -> list[str]:
    """How many of each: ["49 questions", "1 left out"]."""
    numbers = (
        (len(found.questions), "question", "questions"),
        (len(found.slides), "slide", "slides"),
        (len(found.files), "file", "files"),
        (len(found.with_weight("left out")), "left out", "left out"),
        (len(found.with_weight("look")), "thing to look at", "things to look at"),
    )
    return [f"{number} {one if number == 1 else many}" for number, one, many in numbers if number]


def _slide_face(desk: Desk, name: str, slide: FoundSlide) -> dict[str, Any]:
    return {
        "place": slide.place,
        "title": slide.title or f"Slide {slide.place}",
        "text": slide.text,
        "notes": slide.notes,
        "pictures": [
            {
                "address": f"{desk.address}/brought/{name}/pictures/{slide.place}-{place}",
                "key": f"{slide.place}-{place}",
                "alt": picture.alt,
                "is_decorative": picture.is_decorative,
            }
            for place, picture in enumerate(slide.pictures, start=1)
        ],
    }
