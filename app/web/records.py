"""The records of a programme: which lesson still wants a head-count, and the correction of one."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app.domain.amendment import LONGEST_REASON, read_reason
from app.domain.audit import account
from app.domain.errors import DomainError, Invalid, NotAllowed
from app.domain.participation import read_head_count
from app.domain.people import Staff
from app.store import amendments, audit
from app.web.deps import App, Parts, SignedIn
from app.web.pages import Pages, see_other, status_of
from app.web.programme_page import Id, frame, own_programme

MOST = 1_000_000


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/programmes/{slug}/records")
    def records(
        slug: str, app: App, who: SignedIn, after: Annotated[int, Query(ge=0, le=MOST)] = 0, saved: str = ""
    ) -> Response:
        with app.database.reading() as db:
            programme = own_programme(db, who, slug)
            found = amendments.of_programme(db, programme.id or 0, after)
            waiting = amendments.without_head_count(db, programme.id or 0)
        face: dict[str, Any] = {
            "records": found[: amendments.A_PAGE],
            "waiting": waiting,
            "after": after,
            "more": after + amendments.A_PAGE if len(found) > amendments.A_PAGE else 0,
            "fewer": max(after - amendments.A_PAGE, 0),
            "done": "The head-count is corrected, here and in every report." if saved else "",
        }
        return pages.page("programmes/records.html", **frame(programme, who, "records", **face))

    @router.get("/programmes/{slug}/records/{run_id}")
    def record(slug: str, run_id: Id, app: App, who: SignedIn) -> Response:
        return pages.page("programmes/record.html", **_one(app, who, slug, run_id))

    @router.post("/programmes/{slug}/records/{run_id}")
    def correct(
        slug: str,
        run_id: Id,
        app: App,
        who: SignedIn,
        present: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            with app.database.transaction() as db:
                amendments.correct_head_count(
                    db,
                    own_programme(db, who, slug).id or 0,
                    run_id,
                    read_head_count(present),
                    reason=read_reason(reason),
                    by=who.account_id,
                    now=app.clock(),
                )
                audit.note(db, app.clock(), account(who.account_id), "corrected the attendance", f"run {run_id}")
        except (Invalid, NotAllowed) as refusal:
            face = _one(app, who, slug, run_id, refusal, present[:4], reason[:LONGEST_REASON])
            return pages.page("programmes/record.html", status=status_of(refusal), **face)
        return see_other(f"/programmes/{slug}/records?saved=yes")

    return router


def _one(
    app: Parts,
    who: Staff,
    slug: str,
    run_id: int,
    refusal: DomainError | None = None,
    present: str = "",
    reason: str = "",
) -> dict[str, Any]:
    with app.database.reading() as db:
        programme = own_programme(db, who, slug)
        record = amendments.one(db, programme.id or 0, run_id)
        history = amendments.history(db, run_id)
    face: dict[str, Any] = {
        "record": record,
        "history": history,
        "present": present or record.present or "",
        "reason": reason,
        "longest": LONGEST_REASON,
        "sentence": refusal.sentence if refusal else "",
    }
    return frame(programme, who, "records", **face)
