"""The step editor: a form over one part of the lesson, saved while its author types."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.content.drafts import SOURCES
from app.content.lesson_starts import new_part
from app.content.named_facts import boxes
from app.content.parts import KINDS
from app.content.question_bodies import WORDS, Body
from app.content.sketch import LessonSketch, lines_of, read_part, write_part
from app.content.step_forms import StepFields, fields_of, part_from, part_with_form, rearranged
from app.domain.errors import Invalid
from app.domain.people import may
from app.domain.shown import PREVIEW, public_name
from app.store import drafts
from app.store.database import Db
from app.web.author.desk import Desk, Typed, fingerprint, open_desk, save, saved
from app.web.author.page import finding_face, frame, told_findings
from app.web.author.preview import FRAMES, films_of, of_part, pictures_of, steps_of
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, clock_time, wants_json

ONE_STEP = "A step begins with one line such as “## Hook: Title”, and has no second line like it."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/lessons/{key}/steps/{part}")
    def editor(key: str, part: str, app: App, who: SignedIn, missing: bool = False) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            page = editor_page(db, app, desk, part, desk.part(part), is_asked=missing)
            return pages.page("author/step.html", **page)

    @router.post("/author/lessons/{key}/steps/{part}")
    def save_step(key: str, part: str, request: Request, app: App, who: SignedIn, form: Typed) -> Response:
        """What was typed, unless somebody else has changed the step since it was read; then both are shown."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must_edit_step(part)
            try:
                text = typed_text(form, desk.part(part))
            except Invalid as refusal:
                return _refused(pages, request, editor_page(db, app, desk, part, form["raw"]), refusal)
            if form.get("read") != fingerprint(desk.part(part)) and fingerprint(text) != fingerprint(desk.part(part)):
                return _conflict(pages, request, db, app, desk, part, text)
            desk = save(db, app, desk, f"steps/{part}", lesson=desk.sketch.with_part(part, text).text)
            faces = [finding_face(desk, one) for one in desk.checked.of("steps", part)]
            address = f"{desk.address}/steps/{part}{_anchor(form)}"
            return saved(request, desk, address, read=fingerprint(desk.part(part)), findings=faces)

    return router


def typed_text(form: dict[str, str], before: str) -> str:
    """The text of the part as typed into its form, or as text. Raises Invalid for a text that is not one part."""
    part = part_with_form(before)
    if "raw" in form or part is None:
        text = lines_of(form.get("raw", before))
        sketch = LessonSketch.cut(text)
        if sketch.head.strip() or len(sketch.parts) != 1 or text.startswith("---"):
            raise Invalid(ONE_STEP)
        return text + "\n"
    return write_part(rearranged(part_from(form, part), form.get("do", "")))


def _anchor(form: dict[str, str]) -> str:
    """Where the page goes on after one of its buttons."""
    verb, _, name = form.get("do", "").partition("-")
    return f"#{name}" if verb in ("up", "down", "add") else ""


def _refused(pages: Pages, request: Request, page: dict[str, Any], refusal: Invalid) -> Response:
    """The editor again, with what was typed."""
    if wants_json(request):
        raise refusal
    return pages.page("author/step.html", status=422, **page | {"sentence": refusal.sentence})


def _conflict(pages: Pages, request: Request, db: Db, app: Parts, desk: Desk, part: str, mine: str) -> Response:
    by, at = drafts.name_of(db, desk.draft.edited_by), clock_time(desk.draft.edited_at)
    sentence = f"{by} changed this step at {at}. Your text is still here. Look at both, then keep one or join them."
    if wants_json(request):
        return JSONResponse({"say": sentence, "conflict": True}, status_code=409)
    page = editor_page(db, app, desk, part, mine) | {
        "sentence": sentence,
        "theirs": desk.part(part),
        "their_name": by,
    }
    return pages.page("author/step.html", status=409, **page)


def editor_page(db: Db, app: Parts, desk: Desk, part: str, text: str, *, is_asked: bool = False) -> dict[str, Any]:
    """The editor with this text in it, which may be another than the one that is kept."""
    found = part_with_form(text) if not part.startswith(SOURCES) else None  # facts have pages of their own
    shown: StepFields | None = fields_of(found) if found else None
    return frame(db, app, desk, "steps") | {
        "part": part,
        "shown": shown,
        "raw": text.strip("\n"),
        "read": fingerprint(desk.part(part)),
        "may_edit": desk.may_edit_step(part),
        "leader": desk.leader(part).name,
        "owner": desk.owner.name,
        "agencies": [agency.name for agency in desk.known.values()],
        "pictures": pictures_of(desk),
        "kinds_in_lesson": list(WORDS.items()),
        "spot_image": spot_image(desk, *(section.body for section in shown.sections)) if shown else "",
        "films": films_of(desk),
        "may_add_media": any(may(desk.who, "use_media", agency_id=one) for one in desk.agency_ids),
        "misconceptions": desk.texts.quiz_sketch.misconceptions,
        "facts": boxes(facts_of(desk), shown.part.setting("facts") if shown else ""),
        **told_findings(desk, "steps", part, is_new=_is_new(text, shown), is_asked=is_asked),
        "frames": FRAMES,
        "frame_query": f"part={part}",
        "steps_to_see": steps_of(of_part(desk, part)),
        "sentence": "",
        "theirs": "",
        "their_name": "",
    }


def _is_new(text: str, shown: StepFields | None) -> bool:
    return shown is not None and shown.kind in KINDS and text.strip() == new_part(shown.kind).strip()


def spot_image(desk: Desk, *bodies: Body) -> str:
    """Where the picture of a spot question is, to draw places on it."""
    path = next((body.picture.path for body in bodies if body.picture.path), "")
    return f"{desk.address}/media/{public_name(PREVIEW, path)}" if path else ""


def facts_of(desk: Desk) -> list[tuple[str, str]]:
    """The facts of the lesson, for whoever names those behind a step."""
    text = next((desk.sketch.part(key) for key in desk.sketch.keys if key.startswith(SOURCES)), None)
    found = read_part(text) if text else None
    return [(section.heading, section.text) for section in found.sections] if found else []
