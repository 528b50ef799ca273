"""A lesson that comes as a package and is not here yet: looked at, then begun for the agency of whoever brings it."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.content.drafts import DraftTexts
from app.content.importers.imported import Imported
from app.content.parts import read_agency, slug
from app.content.sketch import one_line
from app.content.whole_lessons import led_by, texts_of
from app.domain.errors import Conflict, Invalid
from app.domain.people import Staff
from app.store import lessons
from app.store.brought_files import BroughtFiles
from app.store.database import Db
from app.web.author import brought_media
from app.web.author.bringing import ADDRESS, Chosen, counts, laid_by
from app.web.author.desk import read_front
from app.web.author.lessons import LONGEST_TITLE, begin_lesson, leader, must_write
from app.web.deps import App, SignedIn
from app.web.pages import Pages, see_other

NO_PACKAGE = (
    "There is no lesson with its quiz in this file. To bring questions or slides, open the lesson that they are for, "
    "then choose Files."
)
NO_TITLE = "The lesson in this package does not say its title and its topic. Export it again, and bring that."


@dataclass(frozen=True)
class Arrival:
    """A lesson that may be begun here."""

    texts: DraftTexts
    title: str
    topic: str
    lead: str


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get(f"{ADDRESS}/{{name}}")
    def preview(name: str, app: App, who: SignedIn) -> Response:
        found = laid_by(app, who, name)
        with app.database.reading() as db:
            return pages.page("author/arriving.html", **_face(db, who, name, found))

    @router.post(f"{ADDRESS}/{{name}}")
    def begin(name: str, app: App, who: SignedIn, form: Chosen) -> Response:
        found = laid_by(app, who, name)
        arrival = _arrival(found)
        with app.database.reading() as db:
            _must_be_free(db, arrival.texts.key)
            owner = leader(db, who, str(form.get("agency", "")))
        texts = led_by(arrival.texts, owner.name)
        brought_media.kept_of_package(app, owner.id or 0, found, texts, form)
        with app.database.transaction() as db:
            begin_lesson(db, app, who, owner, texts, title=arrival.title, topic=arrival.topic)
        BroughtFiles(app.settings.data_dir).remove(who.account_id, name)
        return see_other(f"/author/lessons/{texts.key}")

    return router


def _arrival(found: Imported) -> Arrival:
    """Raises Invalid when nothing can be begun with it."""
    texts = texts_of(found)
    if texts is None:
        raise Invalid(NO_PACKAGE)
    front = read_front(texts)
    title, topic = (one_line(str(front.get(name, ""))) for name in ("title", "topic"))
    if not title or not slug(topic):
        raise Invalid(NO_TITLE)
    return Arrival(texts, title[:LONGEST_TITLE], topic, str(front.get("lead", "")))


def _must_be_free(db: Db, key: str) -> None:
    if any(row.key == key for row in lessons.rows(db)):
        raise Conflict(
            f'There is a lesson "{key}" here already. To put this package in its place, open that lesson, then '
            "choose Files. If you do not see it among your lessons, it is another agency's: ask your coordinator."
        )


def _looked_at(db: Db, found: Imported) -> tuple[Arrival | None, str]:
    """What can be begun with this file, or why nothing can."""
    try:
        arrival = _arrival(found)
        _must_be_free(db, arrival.texts.key)
    except (Invalid, Conflict) as refusal:
        return None, refusal.sentence
    return arrival, ""


def _face(db: Db, who: Staff, name: str, found: Imported) -> dict[str, Any]:
    arrival, refusal = _looked_at(db, found)
    mine = must_write(db, who)
    lead = read_agency(arrival.lead).key if arrival else ""
    return {
        "who": who.name,
        "brought": f"{ADDRESS}/{name}",
        "file_title": arrival.title if arrival else found.title,
        "form": found.form,
        "topic": arrival.topic if arrival else "",
        "counts": counts(found) if arrival else [],
        "left_out": found.with_weight("left out"),
        "to_look_at": found.with_weight("look"),
        "notes": found.with_weight("note"),
        "files": sorted(found.files) if arrival else [],
        "refusal": refusal,
        "agencies": sorted(mine, key=lambda agency: agency.slug != lead),
        "led_elsewhere": arrival.lead if arrival and lead not in {one.slug for one in mine} else "",
        "brings_media": brought_media.are_in(found),
    }
