"""Trying a draft out: a rehearsal with pupils who are not there, led from this browser."""

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.errors import Invalid, NotAllowed
from app.store import directory, lessons, participation, runs
from app.store.database import Db
from app.web.author.desk import Desk, open_desk
from app.web.author.preview import whole
from app.web.deps import App, Parts, SignedIn
from app.web.pages import see_other
from app.web.security import new_key

PUPILS = 12
ALL_QUESTIONS = 1000


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/author/lessons/{key}/rehearse")
    def rehearse(key: str, app: App, who: SignedIn) -> Response:
        """Opens the classroom screen of a rehearsal in this browser, which holds its class link from now on."""
        token, browser = new_key(), new_key()
        with app.database.transaction() as db:
            run_id = _start(db, app, open_desk(db, app, who, key), token, browser)
        with app.database.reading() as db:
            app.rehearsals.begin(runs.read(db, run_id), PUPILS)
        response = see_other("/class/run/screen")
        app.cookies.set(response, "class", browser)
        return response

    return router


def _start(db: Db, app: Parts, desk: Desk, token: str, browser: str) -> int:
    lesson, now = whole(desk), app.clock()
    if not lesson.steps:
        raise Invalid("There is no step yet that could be rehearsed.")
    programme_id = min(desk.programme_ids, default=0)
    if not programme_id:
        raise NotAllowed("Your agency takes part in no programme yet. Ask a coordinator to add it.")
    group = directory.rehearsal_class(db, programme_id, desk.who.account_id, PUPILS)
    earlier = runs.open_of_class(db, group.id)
    if earlier is not None:
        participation.finish(db, earlier, by="presenter", now=now)
    directory.end_class_links(db, group.id, now)
    directory.make_class_link(db, group, token)
    db.flush()
    link_id, _ = directory.class_of_link(db, token, now)
    directory.open_class_link(db, link_id, browser, now)
    return runs.start(
        db,
        group.id,
        [lessons.freeze_for_rehearsal(db, lesson, now)],
        questions=ALL_QUESTIONS,
        kind="rehearsal",
        present=PUPILS,
        seed=new_key(),
        now=now,
        choose=app.choose,
    )
