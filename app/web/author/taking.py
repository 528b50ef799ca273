"""What leaves: a whole lesson as a package, a hand-out, and its quiz as a spreadsheet. Also the page of files."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from app.content.packages import pack
from app.content.whole_lessons import Find, files_of, parsed
from app.documents.class_papers import name_of, paper_pdf, papers_of
from app.documents.hand_out import PICTURES, hand_out
from app.documents.hand_out_page import hand_out_page
from app.documents.quiz_sheets import kahoot_csv, kahoot_xlsx, left_out, quiz_csv, quiz_xlsx, template_xlsx
from app.domain.errors import Conflict, NotFound
from app.domain.lesson import Draft, unroll
from app.domain.quiz import Quiz
from app.store.media_files import MediaFolder
from app.web.author.desk import Desk, open_desk
from app.web.author.page import frame
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
TEMPLATE = "/author/questions.xlsx"
SHEETS: dict[str, tuple[str, Callable[[Quiz], bytes]]] = {
    "questions.xlsx": (XLSX, quiz_xlsx),
    "questions.csv": (CSV, quiz_csv),
    "kahoot.xlsx": (XLSX, kahoot_xlsx),
    "kahoot.csv": (CSV, kahoot_csv),
}
LESSON_FIRST = "This lesson still has problems. Put them right first; the lesson as a package leaves as it is."
QUIZ_FIRST = "This quiz still has problems. Put them right first; the lesson as a package leaves as it is."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get(TEMPLATE)
    def template(who: SignedIn) -> Response:
        return _download("questions.xlsx", XLSX, template_xlsx())

    @router.get("/author/lessons/{key}/files")
    def files(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            draft, quiz = parsed(desk.texts, desk.pictures, desk.own)
            return pages.page(
                "author/files.html",
                **frame(db, app, desk, "files"),
                has_lesson=draft is not None and quiz is not None,
                has_quiz=quiz is not None,
                left_out=left_out(quiz) if quiz else (),
                papers=_papers(draft, quiz),
                may_bring=desk.may("edit_lesson") or desk.may_edit_step("facts"),
            )

    @router.get("/author/lessons/{key}/files/{name}")
    def file(key: str, name: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
        find = _finder(app, desk)
        draft, quiz = parsed(desk.texts, desk.pictures, desk.own)
        if name == "lesson.zip":
            return _download(f"{key}.zip", "application/zip", pack(files_of(desk.texts, find)))
        if name in SHEETS:
            if quiz is None:
                raise Conflict(QUIZ_FIRST)
            kind, make = SHEETS[name]
            return _download(f"{key}-{name}", kind, make(quiz))
        if name in ("hand-out.md", "hand-out.html"):
            if draft is None or quiz is None:
                raise Conflict(LESSON_FIRST)
            return _hand_out(desk, name, draft, quiz, find)
        if name.endswith(".pdf"):
            return _paper(app, desk, name, draft, quiz, find)
        raise NotFound("We could not find that file.")

    return router


def _papers(draft: Draft | None, quiz: Quiz | None) -> list[tuple[str, str]]:
    """File and name of each sheet for which the lesson has the words."""
    if draft is None or quiz is None:
        return []
    lesson = unroll(draft, quiz)
    return [(f"{paper}.pdf", name_of(paper, lesson)) for paper in papers_of(lesson)]


def _paper(app: Parts, desk: Desk, name: str, draft: Draft | None, quiz: Quiz | None, find: Find) -> Response:
    if draft is None or quiz is None:
        raise Conflict(LESSON_FIRST)

    def picture(path: str) -> bytes | None:
        found = find(path)
        return found[1]() if found else None

    product, now = app.settings.product_name, app.clock()
    made = paper_pdf(name.removesuffix(".pdf"), unroll(draft, quiz), picture, product=product, whose="", now=now)
    return _download(f"{desk.key}-{name}", "application/pdf", made)


def _hand_out(desk: Desk, name: str, draft: Draft, quiz: Quiz, find: Find) -> Response:
    text = hand_out(draft, quiz)
    if name.endswith(".md"):
        return _download(f"{desk.key}-{name}", "text/markdown; charset=utf-8", text.encode())
    there = {path.removeprefix(PICTURES): content for path, content in files_of(desk.texts, find).items()}
    return _download(
        f"{desk.key}-{name}", "text/html; charset=utf-8", hand_out_page(draft.title, text, there).encode()
    )


def _finder(app: Parts, desk: Desk) -> Find:
    """The lesson's folder of pictures and films, and its agencies' own."""
    folder = MediaFolder(app.settings.data_dir).place

    def find(name: str) -> tuple[str, Callable[[], bytes], int] | None:
        if medium := desk.own.get(name):
            return name, (folder / medium.file_name).read_bytes, medium.size
        if medium := next((one for one in desk.own.values() if one.captions and one.captions_path == name), None):
            captions = medium.captions.encode()
            return name, lambda: captions, len(captions)
        for kind in ("pictures", "films"):
            place = desk.pictures.with_name(kind) / name
            if place.is_file():
                return f"lessons/{kind}/{name}", place.read_bytes, place.stat().st_size
        return None

    return find


def _download(name: str, kind: str, content: bytes) -> Response:
    """Always as a file to keep: a hand-out has a style inside, which our pages forbid."""
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
