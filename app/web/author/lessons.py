"""The authoring room: the lessons of my agencies, and a new one."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.content.drafts import DraftTexts
from app.content.lesson_starts import new_lesson
from app.content.parts import slug
from app.content.sketch import one_line
from app.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from app.domain.lesson import Topic
from app.domain.people import Staff
from app.store import directory, drafts, lessons
from app.store.database import Db
from app.store.tables import AgencyRow
from app.web.author import desk as desks
from app.web.author.desk import STATES, Desk, open_desk
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other

LONGEST_TITLE = 80


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

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

    return router


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
    owner = leader(db, who, agency)
    if not 0 < len(title) <= LONGEST_TITLE or not topic:
        raise Invalid(f"Please give a title of up to {LONGEST_TITLE} characters and a topic, such as Fire.")
    key = "-".join(slug(title).encode("ascii", "ignore").decode().split("-"))[:40].strip("-")
    if not key or not slug(topic):
        raise Invalid("A title and a topic have letters or numbers in them.")
    texts = new_lesson(key, title=title, topic=topic[:40], lead=owner.name, today=app.clock().date())
    begin_lesson(db, app, who, owner, texts, title=title, topic=topic)
    return key


def leader(db: Db, who: Staff, agency: str) -> AgencyRow:
    """The agency for which this person writes, as chosen where there are several."""
    mine = must_write(db, who)
    owner = next((one for one in mine if one.slug == agency), mine[0] if len(mine) == 1 else None)
    if owner is None:
        raise Invalid("Choose the agency that leads this lesson.")
    return owner


def must_write(db: Db, who: Staff) -> list[AgencyRow]:
    """The agencies for which this person writes lessons."""
    mine = directory.agencies_by_id(db, who.agency_ids)
    if not mine:
        raise NotAllowed("Lessons are written by the members of an agency.")
    return mine


def begin_lesson(
    db: Db, app: Parts, who: Staff, owner: AgencyRow, texts: DraftTexts, *, title: str, topic: str
) -> None:
    """Raises Conflict when there is a lesson of that name already."""
    drafts.add_lesson(db, texts.key, Topic(key=slug(topic)[:20], name=topic[:40]), title, owner.id or 0)
    drafts.begin(
        db,
        texts.key,
        title=title,
        agencies=desks.agencies_in(texts),
        lesson_text=texts.lesson,
        quiz_text=texts.quiz,
        shipped_hash="",
        state="draft",
        by=who.account_id,
        now=app.clock(),
    )
