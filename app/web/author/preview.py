"""What children and the classroom screen will show of a draft: drawn by the same panels as in a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.content.picture_fields import picture_words
from app.content.preview import lesson_with, question_part
from app.content.question_forms import question_from
from app.content.sketch import write_part
from app.content.step_forms import part_from, part_with_form
from app.domain.errors import NotFound
from app.domain.lesson import Asking, Lesson, Pledge, Step
from app.domain.media import Medium
from app.domain.public_files import PublicFile, files_of_step
from app.domain.run import OF_A_QUESTION, Phase, Stage, plan
from app.domain.shown import PREVIEW, public_name
from app.live.snapshot import Snapshot
from app.store.answers import Sheet
from app.store.participants import Guest
from app.store.runs import OpenRun
from app.web.author.desk import Desk, Typed, open_desk
from app.web.author.page import frame as frame_of
from app.web.deps import App, Parts, SignedIn
from app.web.media import file_response
from app.web.pages import Pages
from app.web.panels import own_face

Audience = Literal["screen", "pupil"]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NOBODY = Guest(id=0, alias="Brave Otter", key_hash="", deals=3)
PHASE_WORDS: dict[str, str] = {
    "content": "",
    "ready": "before it opens",
    "open": "while it is open",
    "closed": "when it is closed",
    "revealed": "with its answer",
}


@dataclass(frozen=True)
class Frame:
    """One of the screens on which a step is looked at."""

    name: str
    audience: Audience
    words: str
    width: int
    height: int


SEEING = {
    "": "all colours",
    "grey": "without colour",
    "protan": "without red",
    "deutan": "without green",
    "tritan": "without blue",
}
"""Ways of seeing in which colour tells less."""
FRAMES = (
    Frame("wide", "screen", "Classroom screen, 16:9", 1366, 768),
    Frame("old", "screen", "Old projector, 4:3", 1024, 768),
    Frame("tablet", "pupil", "Pupil, tall", 768, 1024),
    Frame("laptop", "pupil", "Pupil, wide", 1366, 690),
)


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/lessons/{key}/preview")
    def frame(
        key: str,
        app: App,
        who: SignedIn,
        audience: Annotated[Audience, Query(alias="as")] = "screen",
        part: str = "",
        question: str = "",
        place: Annotated[int, Query(ge=0, le=999)] = 0,
        phase: Phase | Literal[""] = "",
    ) -> Response:
        """A whole screen for a frame of the editor; of one part, of one question, or of the whole lesson."""
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
        lesson = of_question(desk, question) if question else of_part(desk, part) if part else whole(desk)
        look = look_at(lesson, place, phase)
        if look is None:
            return pages.page("author/nothing_yet.html")
        context = app.panels.context(audience, look)
        if audience == "screen":
            return HTMLResponse(_pictured(pages.render("author/frame_screen.html", **context), desk))
        stage = Markup(pages.render("play/_stage.html", **context))
        me = own_face(look, NOBODY)
        page = pages.render("author/frame_pupil.html", **context, stage=stage, me=me, run_key="")
        return HTMLResponse(_pictured(page, desk))

    @router.get("/author/lessons/{key}/walk")
    def walk(
        key: str,
        app: App,
        who: SignedIn,
        place: Annotated[int, Query(ge=0, le=999)] = 0,
        phase: Phase | Literal[""] = "",
        see: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        """Through the whole lesson, step by step, as the class and a pupil will see it."""
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/walk.html", **frame_of(db, app, desk, "walk"), **_walk(desk, place, phase, see))

    @router.get("/author/lessons/{key}/media/{name}")
    def file(key: str, name: str, request: Request, app: App, who: SignedIn) -> Response:
        """A picture or film that a preview shows, by the name it has there."""
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
        found = next((one for one in files_of(desk) if public_name(PREVIEW, one.path) == name), None)
        if found is None:
            raise NotFound("We could not find that picture.")
        return file_response(app, found, request)

    @router.post("/author/lessons/{key}/steps/{part}/preview")
    def typed_step(key: str, part: str, app: App, who: SignedIn, form: Typed) -> Response:
        """How the step looks as typed, before it is saved."""
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
        before = part_with_form(desk.part(part))
        text = form.get("raw", "") if before is None else write_part(part_from(form, before))
        return JSONResponse(_stages(app, desk, lesson_with(desk.texts, [text], desk.pictures, desk.own), form))

    @router.post("/author/lessons/{key}/questions/{question}/preview")
    def typed_question(key: str, question: str, app: App, who: SignedIn, form: Typed) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
        before = desk.texts.quiz_sketch.question(question)
        if before is None:
            raise NotFound("We could not find that question.")
        return JSONResponse(_stages(app, desk, of_question(desk, question, question_from(form, before)), form))

    def _stages(app: Parts, desk: Desk, lesson: Lesson, form: dict[str, str]) -> dict[str, Any]:
        """The stage for both audiences, and which steps there are to look at."""
        place, phase = form.get("place", ""), form.get("phase", "")
        look = look_at(lesson, int(place) if place.isdecimal() else 0, phase)
        if look is None:
            return {"screen": "", "pupil": "", "steps": []}
        drawn = {
            "screen": _pictured(pages.render("runs/_screen_stage.html", **app.panels.context("screen", look)), desk),
            "pupil": _pictured(pages.render("play/_stage.html", **app.panels.context("pupil", look)), desk),
        }
        return drawn | {"steps": steps_of(lesson)}

    return router


def _walk(desk: Desk, place: int, phase: str, see: str) -> dict[str, Any]:
    """Next goes through the phases of a question, then on to the following step."""
    lesson = whole(desk)
    steps = steps_of(lesson)
    place = min(place, max(len(steps) - 1, 0))
    phases = phases_of(lesson.steps[place]) if steps else ("content",)
    now = phase if phase in phases else phases[0]
    at = phases.index(now)
    following = (place, phases[at + 1]) if at + 1 < len(phases) else (place + 1, "")
    before = (place, phases[at - 1]) if at else (place - 1, "")
    return {
        "steps": steps,
        "place": place,
        "phase": now,
        "phase_words": PHASE_WORDS.get(now, ""),
        "following": following if following[0] < len(steps) else None,
        "before": before if before[0] >= 0 else None,
        "frames": [FRAMES[0], FRAMES[2]],
        "see": see if see in SEEING else "",
        "seeing": SEEING,
        "frame_query": f"place={place}&phase={now}",
    }


def _pictured(html: str, desk: Desk) -> str:
    """A preview has no run that names its pictures, so they have an address of their own."""
    return html.replace('="/media/', f'="{desk.address}/media/')


@dataclass(frozen=True)
class Offered:
    """A picture as the list of a form names it; only an own one brings its description along."""

    words: str
    alt: str | None = None


def pictures_of(desk: Desk) -> dict[str, Offered]:
    """By path: the agencies' own, then those that came with the lessons, of which those of this topic first."""
    folder = desk.pictures
    paths = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    shipped = sorted(paths, key=lambda path: not path.startswith(f"{desk.draft.topic_key}/"))
    own = {path: medium for path, medium in desk.own.items() if not medium.is_film}
    ours = {path: Offered(f"Ours: {medium.alt or 'decorative'}", medium.alt) for path, medium in own.items()}
    return {**ours, **{path: Offered(picture_words(path)) for path in shipped}}


def films_of(desk: Desk) -> list[Medium]:
    return [medium for medium in desk.own.values() if medium.is_film]


def files_of(desk: Desk) -> Iterator[PublicFile]:
    """All that any step of the lesson may show."""
    yield from (PublicFile(path=path) for path in pictures_of(desk))
    for film in films_of(desk):
        yield PublicFile(path=film.path, is_film=True)
        yield PublicFile(path=film.captions_path, captions=film.captions)
    for step in whole(desk).steps:  # films that came with the lessons
        yield from files_of_step(step)


def of_part(desk: Desk, part: str) -> Lesson:
    return lesson_with(desk.texts, [desk.part(part)], desk.pictures, desk.own)


def of_question(desk: Desk, question: str, text: str | None = None) -> Lesson:
    """The one question, alone in its quiz."""
    sketch = desk.texts.quiz_sketch
    shown = text if text is not None else sketch.question(question)
    if shown is None:
        raise NotFound("We could not find that question.")
    alone = desk.texts.with_quiz(sketch.with_questions([shown]).text)
    lesson = lesson_with(alone, [question_part()], desk.pictures)
    asked = tuple(step for step in lesson.steps if isinstance(step, Asking) and step.purpose == "quiz")
    return lesson.model_copy(update={"steps": asked})


def whole(desk: Desk) -> Lesson:
    return desk.checked.lesson or lesson_with(desk.texts, desk.sketch.parts, desk.pictures, desk.own)


def steps_of(lesson: Lesson) -> list[dict[str, Any]]:
    """What can be looked at: each step, and whether it asks something."""
    return [
        {"place": place, "title": step.title, "is_asking": isinstance(step, Asking | Pledge)}
        for place, step in enumerate(lesson.steps)
    ]


def phases_of(step: Step) -> tuple[Phase, ...]:
    """A question of the precheck has no answer to show."""
    if not isinstance(step, Asking | Pledge):
        return ("content",)
    return OF_A_QUESTION if step.has_feedback else OF_A_QUESTION[:-1]


def look_at(lesson: Lesson, place: int, phase: str) -> Snapshot | None:
    """A run of nobody that stands at this step; None for a lesson without steps."""
    if not lesson.steps:
        return None
    step = lesson.steps[min(place, len(lesson.steps) - 1)]
    phases = phases_of(step)
    usual: Phase = "open" if "open" in phases else phases[0]
    now = next((one for one in phases if one == phase), usual)
    whole_plan = plan([lesson])
    run = OpenRun(
        id=0,
        kind="lesson",
        code="KMTPVX",
        locked=False,
        seed=PREVIEW,
        mode="devices",
        epoch=0,
        stage=Stage(step_key=step.key, phase=now),
        calm=False,
        opened_at=LONG_AGO,
        ended_at=None,
        present=None,
        present_confirmed=False,
        class_group_id=0,
        class_label="6H",
        school="",
        on_roll=None,
        plan=whole_plan,
        version_ids=(),
        reached={},
        questions_asked=0,
    )
    return Snapshot(run=run, crowd=(), sheet=Sheet(saved={}), revision=0)
