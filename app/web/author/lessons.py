"""The authoring room: lessons of my agencies, one lesson with its steps, and what it says about itself."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.content import drafts as content
from app.content.drafts import SOURCES, Finding
from app.content.lesson_starts import new_lesson, with_new_part
from app.content.parts import KINDS, REPEATED, read_agency, slug
from app.content.sketch import LessonSketch, lines_of, one_line, read_part
from app.content.yaml_pieces import Value, changed
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.lesson import Topic
from app.domain.people import Staff
from app.store import directory, drafts, lessons
from app.store.database import Db
from app.web.author import desk as desks
from app.web.author.desk import STATES, Desk, Typed, kind_and_title, open_desk, save
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other

LONGEST_TITLE = 80
KIND_WORDS = {
    "precheck": "Precheck: the key questions, before",
    "hook": "Hook: something to look at or guess",
    "facts": "Facts: cards with what to know",
    "film": "Film: a clip with captions",
    "scenario": "Scenario: a story with a decision",
    "poll": "Poll: a question without a right answer",
    "quiz": "Quiz: the questions, after",
    "pledge": "Pledge: one promise",
    "take-home": "Take-home: what to do tonight",
}


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()
    _add_room(router, pages)
    _add_steps(router, pages)
    _add_details(router, pages)
    return router


def _add_room(router: APIRouter, pages: Pages) -> None:
    @router.get("/author")
    def room(app: App, who: SignedIn) -> Response:
        return pages.page("author/room.html", **_room(app, who))

    @router.post("/author/lessons")
    def add(
        app: App,
        who: SignedIn,
        title: Annotated[str, Form()] = "",
        topic: Annotated[str, Form()] = "",
        agency: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                key = _add_lesson(db, app, who, one_line(title), one_line(topic), agency)
        except (Invalid, Conflict) as refusal:
            typed = {"title": title[:200], "topic": topic[:200]}
            return pages.page("author/room.html", status=422, **_room(app, who, refusal.sentence, typed))
        return see_other(f"/author/lessons/{key}")


def _room(app: Parts, who: Staff, sentence: str = "", typed: dict[str, str] | None = None) -> dict[str, Any]:
    with app.database.reading() as db:
        rows = [desk for row in lessons.rows(db) if (desk := _seen(db, app, who, row.key))]
        topics = sorted({lesson.topic.name for _, lesson in _newest(db, rows)})
        faces = [_lesson_face(db, desk) for desk in rows]
        mine = directory.agencies_by_id(db, who.agency_ids)
    return {
        "who": who.name,
        "lessons": sorted(faces, key=lambda face: face["edited_at"], reverse=True),
        "agencies": mine,
        "topics": topics,
        "sentence": sentence,
        "typed": typed or {"title": "", "topic": ""},
    }


def _seen(db: Db, app: Parts, who: Staff, key: str) -> Desk | None:
    try:
        return open_desk(db, app, who, key)
    except NotFound:
        return None


def _newest(db: Db, rows: list[Desk]) -> list[tuple[int, Any]]:
    ids = [lessons.newest_version(db, desk.draft.lesson_id) for desk in rows]
    return [(version_id, lessons.version(db, version_id)) for version_id in ids if version_id]


def _lesson_face(db: Db, desk: Desk) -> dict[str, Any]:
    newest = lessons.newest_version(db, desk.draft.lesson_id)
    return {
        "title": desk.draft.title,
        "address": desk.address,
        "topic_key": desk.draft.topic_key,
        "owner": desk.owner.name,
        "state": STATES[desk.draft.state],
        "version": lessons.version_number(db, newest) if newest else 0,
        "edited_at": desk.draft.edited_at,
        "edited_by": drafts.name_of(db, desk.draft.edited_by) if desk.draft.edited_by else "",
        "can_review": desk.draft.state == "in review" and desk.may("review_lesson"),
    }


def _add_lesson(db: Db, app: Parts, who: Staff, title: str, topic: str, agency: str) -> str:
    mine = directory.agencies_by_id(db, who.agency_ids)
    owner = next((one for one in mine if one.slug == agency), mine[0] if len(mine) == 1 else None)
    if not mine:
        raise NotAllowed("Lessons are written by the members of an agency.")
    if owner is None:
        raise Invalid("Choose the agency that leads this lesson.")
    if not 0 < len(title) <= LONGEST_TITLE or not topic:
        raise Invalid(f"Please give a title of up to {LONGEST_TITLE} characters and a topic, such as Fire.")
    key = "-".join(slug(title).encode("ascii", "ignore").decode().split("-"))[:40].strip("-")
    if not key or not slug(topic):
        raise Invalid("A title and a topic have letters or numbers in them.")
    drafts.add_lesson(db, key, Topic(key=slug(topic)[:20], name=topic[:40]), title, owner.id or 0)
    texts = new_lesson(key, title=title, topic=topic[:40], lead=owner.name, today=app.clock().date())
    drafts.begin(
        db,
        key,
        title=title,
        agencies=desks.agencies_in(texts),
        lesson_text=texts.lesson,
        quiz_text=texts.quiz,
        shipped_hash="",
        state="draft",
        by=who.account_id,
        now=app.clock(),
    )
    return key


# One lesson


def _add_steps(router: APIRouter, pages: Pages) -> None:
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
            if last is None:
                raise NotAllowed("There is nothing left to undo.")
            must_edit_place(desk, last.place)
            undo_last(db, app, desk)
        return see_other(f"/author/lessons/{key}")


def must_edit_place(desk: Desk, place: str) -> None:
    """Whoever may change a step may undo a change of it. Raises NotAllowed."""
    area, _, part = place.partition("/")
    if area == "steps":
        desk.must_edit_step(part)
    elif area == "facts":
        if not desk.may_edit_facts:
            raise NotAllowed("The facts of this lesson are written by the agencies that lead its steps.")
    else:
        desk.must("edit_lesson")


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
    return frame(db, app, desk, "steps") | {
        "steps": steps,
        "minutes": sum(step["minutes"] for step in steps),
        "kinds": [
            (kind, words) for kind, words in KIND_WORDS.items() if kind in REPEATED or kind not in desk.sketch.keys
        ],
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


def frame(db: Db, app: Parts, desk: Desk, tab: str) -> dict[str, Any]:
    """What every page of a lesson shows: its title and state, who saved last, what can be undone."""
    last = next(iter(drafts.changes(db, desk.draft)), None)
    newest = lessons.newest_version(db, desk.draft.lesson_id)
    return {
        "who": desk.who.name,
        "tab": tab,
        "key": desk.key,
        "address": desk.address,
        "title": desk.draft.title,
        "topic_key": desk.draft.topic_key,
        "topic_name": str(desk.front.get("topic") or desk.draft.topic_key),
        "owner": desk.owner.name,
        "state": STATES[desk.draft.state],
        "version": lessons.version_number(db, newest) if newest else 0,
        "revision": desk.draft.revision,
        "edited_at": desk.draft.edited_at,
        "is_today": app.clock() - desk.draft.edited_at < timedelta(hours=12),
        "edited_by": drafts.name_of(db, desk.draft.edited_by) if desk.draft.edited_by else "",
        "last_change": {"what": place_words(desk, last.place), "who": last.who, "at": last.at} if last else None,
    }


def place_words(desk: Desk, place: str) -> str:
    """What a change was about, for the button that undoes it."""
    area, _, key = place.partition("/")
    if area == "steps":
        text = desk.sketch.part(key)
        return kind_and_title(text)[0] if text else key.capitalize()
    named = {"order": "the steps", "details": "about the lesson", "quiz": "the quiz", "facts": f"fact {key}"}
    return named.get(area, f"question {key}")


def finding_face(desk: Desk, finding: Finding) -> dict[str, Any]:
    """A problem as a link to the field where it can be put right."""
    places = {
        "lesson": ("About the lesson", f"{desk.address}/details"),
        "steps": (_step_name(desk, finding.key), f"{desk.address}/steps/{finding.key}"),
        "facts": (f"Fact {finding.key}".strip(), f"{desk.address}/facts/{finding.key}".rstrip("/")),
        "quiz": ("Quiz", f"{desk.address}/quiz"),
        "questions": (f"Question {finding.key}", f"{desk.address}/questions/{finding.key}"),
    }
    where, address = places[finding.area]
    return {
        "where": where,
        "href": f"{address}#{finding.field}" if finding.field else address,
        "field": finding.field,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
        "is_warning": finding.is_warning,
    }


def _step_name(desk: Desk, key: str) -> str:
    kind, title = kind_and_title(desk.sketch.part(key) or key)
    return f"{kind}: {title}" if title else kind


# About the lesson


def _add_details(router: APIRouter, pages: Pages) -> None:
    @router.get("/author/lessons/{key}/details")
    def details(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            desk = open_desk(db, app, who, key)
            return pages.page("author/details.html", **_details(db, app, desk))

    @router.post("/author/lessons/{key}/details")
    def save_details(key: str, request: Request, app: App, who: SignedIn, form: Typed) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            head = desk.sketch.front or ""
            if form.get("read") != desks.fingerprint(head) and typed_front(form, desk) != head:
                raise Conflict("Somebody has changed these details meanwhile. Go back, and look at them again.")
            desk = save(db, app, desk, "details", lesson=desk.sketch.with_front(typed_front(form, desk)).text)
            faces = [finding_face(desk, one) for one in desk.checked.of("lesson")]
            read = desks.fingerprint(desk.sketch.front or "")
            return desks.saved(request, desk, f"{desk.address}/details", read=read, findings=faces)


def _details(db: Db, app: Parts, desk: Desk) -> dict[str, Any]:
    supports = desk.front.get("supports", ())
    supporting = {read_agency(name).key for name in (supports if isinstance(supports, tuple) else (str(supports),))}
    objectives = desk.front.get("objectives", ())
    return frame(db, app, desk, "details") | {
        "may_edit": desk.may("edit_lesson"),
        "read": desks.fingerprint(desk.sketch.front or ""),
        "front_title": desk.front.get("title", ""),
        "topic": desk.front.get("topic", ""),
        "objectives": "\n".join(objectives) if isinstance(objectives, tuple) else str(objectives),
        "before_you_start": desk.front.get("before you start", ""),
        "you_need": desk.front.get("you need", ""),
        "supports": supporting,
        "agencies": [one for one in desk.known.values() if one.id != desk.draft.owner_agency_id],
        "findings": [finding_face(desk, one) for one in desk.checked.of("lesson")],
    }


def typed_front(form: dict[str, str], desk: Desk) -> str:
    """The head of the lesson as typed. Its leader and its quiz stay."""
    chosen = [agency.name for agency in desk.known.values() if f"supports-{agency.slug}" in form]
    values: dict[str, Value | None] = {
        "title": one_line(form.get("title", ""))[:LONGEST_TITLE],
        "topic": one_line(form.get("topic", ""))[:40],
        "supports": tuple(chosen),
        "objectives": tuple(one_line(line) for line in lines_of(form.get("objectives", "")).split("\n") if line),
        "before you start": lines_of(form.get("before-you-start", "")),
        "you need": lines_of(form.get("you-need", "")),
    }
    return changed(desk.sketch.front or "", values)
