"""What a member answers when a programme asks the agency to take part."""

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.audit import Act, account
from app.domain.people import Staff
from app.store import audit, consent
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import see_other


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/programmes/asked/accept")
    def accept(app: App, who: SignedIn, asked_id: RowId) -> Response:
        return _answer(app, who, asked_id, "agreed to take part")

    @router.post("/programmes/asked/decline")
    def decline(app: App, who: SignedIn, asked_id: RowId) -> Response:
        return _answer(app, who, asked_id, "declined to take part")

    return router


def _answer(app: Parts, who: Staff, asked_id: int, act: Act) -> Response:
    with app.database.transaction() as db:
        takes_part = act == "agreed to take part"
        programme_id = consent.answer(db, who, asked_id, app.clock(), takes_part=takes_part)
        audit.note(db, app.clock(), account(who.account_id), act, f"programme {programme_id}")
    return see_other(f"/programmes?joined={programme_id}" if takes_part else "/programmes")
