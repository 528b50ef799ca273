"""One lesson: its steps in order, what is missing, and how steps are added, moved and taken out."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.content import drafts as content
from app.content.drafts import SOURCES
from app.content.lesson_starts import with_new_part
from app.content.parts import KINDS, REPEATED
from app.content.reading import look_at, texts_of_version
from app.content.sketch import LessonSketch, read_part
from app.domain.errors import Conflict, NotAllowed
from app.domain.lesson import CONFIDENCE
from app.store import drafts
from app.store.database import Db
from app.web.author import desk as desks
from app.web.author.desk import Desk, kind_and_title, open_desk, save
from app.web.author.page import finding_face, frame
from app.web.author.preview import whole
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other

KIND_WORDS = {
    "precheck": "The key questions before the lesson. No answers are shown yet.",
    "hook": "Something to look at or to guess, so that everybody wants to know more.",
    "facts": "Cards with what to know, one after another.",
    "film": "A clip with captions, on the classroom screen.",
    "scenario": "A short story in which the class decides what to do.",
    "poll": "A question without a right answer, to talk about.",
    "quiz": "The questions after the lesson, each with its answer and why.",
    "pledge": "One promise that each child may choose.",
    "take-home": "What to do tonight, with somebody at home.",
}
"""What each kind of step is for, told where one is added."""

FIRST_STEPS = 2
"""A new lesson has these; until there are more, its author is told how to begin."""


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/lessons/{key}")
    def lesson(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/lesson.html", **lesson_page(db, app, desk))

    @router.post("/author/lessons/{key}/steps")
    def add(key: str, app: App, who: SignedIn, kind: Annotated[str, Form()]) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            if kind not in KINDS or (kind in desk.sketch.keys and kind not in REPEATED):
                raise Conflict("This lesson has that step already.")
            sketch = with_new_part(desk.sketch, kind)
            save(db, app, desk, f"steps/{kind}", lesson=sketch.text)
        newest = [one for one in sketch.keys if one == kind or one.startswith(f"{kind}-")][-1]
        return see_other(f"/author/lessons/{key}/steps/{newest}")

    @router.post("/author/lessons/{key}/steps/{part}/remove")
    def remove(key: str, part: str, app: App, who: SignedIn) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            desk.part(part)
            kept = [text for one, text in zip(desk.sketch.keys, desk.sketch.parts, strict=True) if one != part]
            save(db, app, desk, "order", lesson=desk.sketch.with_parts(kept).text)
        return see_other(f"/author/lessons/{key}")

    @router.post("/author/lessons/{key}/order")
    def order(
        key: str,
        app: App,
        who: SignedIn,
        part: Annotated[str, Form()] = "",
        by: Annotated[int, Form(ge=-1, le=1)] = 0,
        order: Annotated[str, Form()] = "",
    ) -> Response:
        """One step up or down, or all steps in the order to which they were dragged."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            wanted = order.split(",") if order else moved(desk.sketch, part, by)
            save(db, app, desk, "order", lesson=reordered(desk.sketch, wanted).text)
        return see_other(f"/author/lessons/{key}")

    @router.post("/author/lessons/{key}/undo")
    def undo(key: str, app: App, who: SignedIn, revision: Annotated[int, Form(ge=0)]) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            last = next(iter(drafts.changes(db, desk.draft)), None)
            if desk.draft.revision != revision:
                raise Conflict("Somebody has changed this lesson meanwhile. Look at it again before you undo.")
            if last is None or desk.draft.state == "published":
                raise NotAllowed("There is nothing left to undo.")
            desk.must_edit_place(last.place)
            undo_last(db, app, desk)
        return see_other(f"/author/lessons/{key}")

    @router.post("/author/lessons/{key}/shipped")
    def shipped(key: str, app: App, who: SignedIn, answer: Annotated[Literal["take", "keep"], Form()]) -> Response:
        """A release brought another text: take it into the draft, or keep what is written here."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            texts = desks.shipped_texts(app, key)
            if answer == "take" and texts.lesson:
                desk = save(db, app, desk, "shipped", lesson=texts.lesson, quiz=texts.quiz)
            if desk.draft.id:
                drafts.keep_shipped(db, desk.draft, desks.hash_of(texts))
        return see_other(f"/author/lessons/{key}")

    return router


def undo_last(db: Db, app: Parts, desk: Desk) -> None:
    before = drafts.before_last_change(db, desk.draft)
    if before is None:
        return
    texts = content.DraftTexts(desk.key, *before)
    title = str(desks.read_front(texts).get("title") or desk.draft.title)
    drafts.undo(
        db,
        desk.draft,
        title=title,
        agencies=desks.agencies_in(texts),
        by=desk.who.account_id,
        now=app.clock(),
    )


def moved(sketch: LessonSketch, part: str, by: int) -> list[str]:
    """The steps after one of them went up or down; facts always stand last."""
    keys = list(sketch.keys)
    if part not in keys:
        raise Conflict("That step is not there any more. Look at the steps again.")
    place = keys.index(part)
    other = place + by
    if 0 <= other < len(keys) and not keys[other].startswith(SOURCES):
        keys[place], keys[other] = keys[other], keys[place]
    return keys


def reordered(sketch: LessonSketch, wanted: list[str]) -> LessonSketch:
    """Raises Conflict when these are not the steps of the lesson any more."""
    keys = sketch.keys
    wanted = [key for key in wanted if not key.startswith(SOURCES)] + [key for key in keys if key.startswith(SOURCES)]
    if sorted(wanted) != sorted(keys):
        raise Conflict("Somebody has added or removed a step meanwhile. Look at the steps again.")
    texts = dict(zip(keys, sketch.parts, strict=True))
    return sketch.with_parts(texts[key] for key in wanted)


def lesson_page(db: Db, app: Parts, desk: Desk) -> dict[str, Any]:
    steps = [
        _step_face(desk, place, key) for place, key in enumerate(desk.sketch.keys) if not key.startswith(SOURCES)
    ]
    shared = frame(db, app, desk, "steps")
    single = [kind for kind in KIND_WORDS if kind in desk.sketch.keys and kind not in REPEATED]
    return shared | {
        "steps": steps,
        "is_begun": desk.may("edit_lesson") and not shared["version"] and len(steps) <= FIRST_STEPS,
        "minutes": sum(step["minutes"] for step in steps),
        "reading": look_at(*texts_of_version(desk.checked.lesson)) if desk.checked.lesson else None,
        "screens": len(whole(desk).steps),
        "always_asked": [question.text for question in CONFIDENCE],
        "kinds": [(kind, words) for kind, words in KIND_WORDS.items() if kind not in single],
        "single": single,
        "findings": [finding_face(desk, finding) for finding in desk.checked.findings],
        "may_edit": desk.may("edit_lesson"),
    }


def _step_face(desk: Desk, place: int, key: str) -> dict[str, Any]:
    kind, title = kind_and_title(desk.sketch.parts[place])
    part = read_part(desk.sketch.parts[place])
    try:
        minutes = float(part.setting("minutes")) if part else 0.0
    except ValueError:
        minutes = 0.0
    found = desk.checked.of("steps", key)
    leader = desk.leader(key)
    return {
        "key": key,
        "kind": kind,
        "title": title or "No title yet",
        "minutes": minutes if 0 < minutes < 1000 else 0.0,
        "inside": [section.heading for section in part.sections] if part else [],
        "leader": leader.name if leader.id != desk.draft.owner_agency_id else "",
        "problems": sum(not finding.is_warning for finding in found),
        "hints": sum(finding.is_warning for finding in found),
        "is_optional": bool(part and part.setting("sensitivity") == "2"),
        "is_mine": desk.may_edit_step(key),
    }
