"""Review and publication: a colleague looks at a draft, and what was approved is frozen as a version."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.audit import account
from app.domain.errors import Conflict, Invalid, NotAllowed
from app.domain.lesson import Film, Lesson
from app.domain.lesson_changes import changes, is_reordered
from app.domain.people import Staff
from app.domain.read_through import facts_of_nothing, read_through
from app.domain.shown import PREVIEW, public_name
from app.store import audit, directory, drafts, lessons, reviews
from app.store.database import Db
from app.store.drafts import OpenDraft
from app.web.author import colleagues
from app.web.author import desk as desks
from app.web.author.desk import Desk, Typed, open_desk
from app.web.author.page import finding_face, frame
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other

FILMS = "captions"
CHECKLIST = {
    "facts": "The facts are right, and each has its source",
    "tone": "Calm and kind; nothing frightens or blames",
    "pictures": "Pictures are clear, and their descriptions say what they show",
    FILMS: "Films have captions, and nothing is said by sound alone",
    "reading": "A ten-year-old can read every sentence",
    "switches": "Sensitive steps are marked, so that a teacher can leave them off",
}
LONGEST_WORDS = 1000
STALE = "Somebody has changed this lesson since you opened the page. Look at it again first."


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/author/lessons/{key}/review")
    def review(key: str, app: App, who: SignedIn) -> Response:
        with app.database.reading() as db:
            return pages.page("author/review.html", **_page(db, app, open_desk(db, app, who, key)))

    @router.post("/author/lessons/{key}/review/ask")
    def ask(key: str, app: App, who: SignedIn, revision: Annotated[int, Form(ge=0)]) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("edit_lesson")
            _must_be_publishable(desk)
            _must_be_at(desk, revision)
            drafts.set_state(db, _kept(db, app, desk), "in review")
        return see_other(f"/author/lessons/{key}/review")

    @router.post("/author/lessons/{key}/review")
    def give(key: str, app: App, who: SignedIn, form: Typed) -> Response:
        """Approve, or send back with words for the author; what is missing is told where it is ticked."""
        try:
            _give(app, who, key, form)
        except Invalid as refusal:
            with app.database.reading() as db:
                page = _page(db, app, open_desk(db, app, who, key))
            given = {"ticked": set(form), "words": form.get("words", ""), "review_sentence": refusal.sentence}
            return pages.page("author/review.html", status=422, **page | given)
        return see_other(f"/author/lessons/{key}/review")

    @router.post("/author/lessons/{key}/publish")
    def publish(key: str, app: App, who: SignedIn, revision: Annotated[int, Form(ge=0)]) -> Response:
        """Freeze the approved revision; where the lesson is new, its agency's programmes offer it."""
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            desk.must("publish_lesson")
            _must_be_at(desk, revision)
            lesson = _must_be_publishable(desk)
            if reviews.approval(db, desk.draft) is None:
                raise NotAllowed("A colleague has to review this text before it is published.")
            lessons.publish(db, lesson, app.clock(), by=who.account_id)
            drafts.set_state(db, desk.draft, "published")
            audit.note(db, app.clock(), account(who.account_id), "published a lesson", f"lesson {key}")
            for programme_id in directory.programmes_of_agency(db, desk.draft.owner_agency_id):
                lessons.offer(db, programme_id, key, lessons.count_offered(db, programme_id))
        return see_other(f"/author/lessons/{key}/versions")

    @router.post("/author/lessons/{key}/retire")
    def retire(key: str, app: App, who: SignedIn) -> Response:
        with app.database.transaction() as db:
            desk = open_desk(db, app, who, key)
            if not desk.may("retire_lesson"):
                raise NotAllowed("Lessons are retired by the coordinator.")
            lessons.retire(db, desk.draft.lesson_id, app.clock())
            audit.note(db, app.clock(), account(who.account_id), "retired a lesson", f"lesson {key}")
        return see_other(f"/author/lessons/{key}/versions")

    return router


def _give(app: Parts, who: Staff, key: str, form: dict[str, str]) -> None:
    with app.database.transaction() as db:
        desk = open_desk(db, app, who, key)
        if not desk.may("review_lesson"):
            raise NotAllowed("Nobody reviews their own work. Ask a colleague, or the coordinator.")
        _must_be_at(desk, _number(form.get("revision", "")))
        if desk.draft.state != "in review":
            raise Conflict("This lesson is not in review any more.")
        checklist = checklist_for(desk.checked.lesson)
        ticked, result = tuple(name for name in checklist if name in form), form.get("result", "")
        words = form.get("words", "").strip()[:LONGEST_WORDS]
        _must_be_complete(result, checklist.keys() - set(ticked), words)
        reviews.give(
            db,
            desk.draft,
            reviewer_id=who.account_id,
            result=result,
            checklist=ticked,
            words=words,
            now=app.clock(),
        )


def checklist_for(lesson: Lesson | None) -> dict[str, str]:
    """Nobody ticks that films have captions where there is no film."""
    has_film = lesson is None or any(isinstance(step, Film) for step in lesson.steps)
    return {name: said for name, said in CHECKLIST.items() if name != FILMS or has_film}


def _page(db: Db, app: Parts, desk: Desk) -> dict[str, Any]:
    newest = lessons.newest_version(db, desk.draft.lesson_id)
    published = lessons.version(db, newest) if newest else None
    approved = reviews.approval(db, desk.draft)
    made = desk.checked.lesson
    paths = [path for step in made.steps for path in step.pictures] if made else []
    return frame(db, app, desk, "review") | {
        "blocking": [finding_face(desk, one) for one in desk.checked.blocking],
        "hints": [finding_face(desk, one) for one in desk.checked.findings if one.is_warning],
        "passages": read_through(made) if made and not published else (),
        "idle_facts": facts_of_nothing(made) if made and not published else (),
        "about": made,
        "pictures": {path: f"{desk.address}/media/{public_name(PREVIEW, path)}" for path in paths},
        "changes": changes(published, made) if made and published else [],
        "is_reordered": bool(published and made and is_reordered(published, made)),
        "is_new": published is None,
        "awaiting": colleagues.awaiting(db, desk, made) if made else [],
        "checklist": checklist_for(made),
        "ticked": set(),
        "words": "",
        "review_sentence": "",
        "reviewers": colleagues.reviewers(db, desk),
        "review_address": f"{app.settings.base_address}{desk.address}/review",
        "offered_in": colleagues.offered_in(db, desk),
        "reviews": reviews.of_draft(db, desk.draft),
        "approved": approved,
        "may_ask": desk.may("edit_lesson") and desk.draft.state == "draft" and made is not None,
        "may_review": desk.may("review_lesson") and desk.draft.state == "in review" and approved is None,
        "may_publish": desk.may("publish_lesson") and desk.draft.state == "in review" and approved is not None,
        "is_own": desk.draft.edited_by == desk.who.account_id,
        "next_number": max((one.number for one in lessons.versions_of(db, desk.draft.lesson_id)), default=0) + 1,
    }


def _kept(db: Db, app: Parts, desk: Desk) -> OpenDraft:
    return desk.draft if desk.draft.id else desks.begin(db, app, desk)


def _must_be_publishable(desk: Desk) -> Lesson:
    blocking = desk.checked.blocking
    if desk.checked.lesson is None or blocking:
        count = f"{len(blocking)} {'problem' if len(blocking) == 1 else 'problems'}"
        raise Invalid(f"This lesson still has {count}. They are listed on its page, each with a link to its field.")
    return desk.checked.lesson


def _must_be_at(desk: Desk, revision: int) -> None:
    if desk.draft.revision != revision:
        raise Conflict(STALE)


def _must_be_complete(result: str, unticked: Collection[str], words: str) -> None:
    if result not in (reviews.APPROVED, reviews.SENT_BACK):
        raise Invalid("Choose whether to approve the lesson or to send it back.")
    if result == reviews.APPROVED and unticked:
        raise Invalid("Tick each line of the checklist before you approve, or send the lesson back with a note.")
    if result == reviews.SENT_BACK and not words:
        raise Invalid("Say in a few words what should change.")


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 10 else -1
