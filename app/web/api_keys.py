"""Keys of the read API: made and revoked by coordinators for their programmes, by presenters for their agency."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.domain.audit import account
from app.domain.errors import NotFound
from app.domain.people import Staff
from app.domain.programme import one_line
from app.store import api_tokens, audit, directory
from app.web.deps import App, Parts, RowId, SignedIn
from app.web.pages import Pages, see_other
from app.web.security import new_key

LONGEST_NAME = 80
Words = Annotated[str, Form(max_length=200)]


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/reports/keys")
    def keys(app: App, who: SignedIn) -> Response:
        return pages.page("reports/keys.html", **_keys(app, who))

    @router.post("/reports/keys")
    def make(app: App, who: SignedIn, opens: Words = "", name: Words = "") -> Response:
        """The key is on this one page, and nowhere else: we keep only its hash."""
        programme_id, agency_id = _opened(app, who, opens)
        if not (called := one_line(name, LONGEST_NAME)):
            face = _keys(app, who, sentence="Give the key a name, for example “Dashboard of the fire service”.")
            return pages.page("reports/keys.html", status=422, **face)
        token, now = new_key(), app.clock()
        with app.database.transaction() as db:
            key_id = api_tokens.make(
                db, token, called, programme_id=programme_id, agency_id=agency_id, by=who.account_id, now=now
            )
            audit.note(db, now, account(who.account_id), "made a key of the read API", f"key {key_id}")
        return pages.page("reports/keys.html", **_keys(app, who, made=token))

    @router.post("/reports/keys/revoke")
    def revoke(app: App, who: SignedIn, key_id: RowId) -> Response:
        with app.database.transaction() as db:
            api_tokens.revoke(db, who, key_id, app.clock())
            audit.note(db, app.clock(), account(who.account_id), "revoked a key of the read API", f"key {key_id}")
        return see_other("/reports/keys")

    return router


def _choices(app: Parts, who: Staff) -> dict[str, str]:
    """What this person may open with a key: value of the form -> name."""
    with app.database.reading() as db:
        programmes = directory.programmes_by_id(db, who.programme_ids)
        agencies = directory.agencies_by_id(db, who.agency_ids)
    return {f"programme-{one.id}": one.name for one in programmes} | {
        f"agency-{one.id}": one.name for one in agencies
    }


def _opened(app: Parts, who: Staff, opens: str) -> tuple[int | None, int | None]:
    """Programme or agency of a new key. Raises NotFound for what is not one's own."""
    if opens not in _choices(app, who):
        raise NotFound("We could not find that programme or agency.")
    kind, _, number = opens.partition("-")
    return (int(number), None) if kind == "programme" else (None, int(number))


def _keys(app: Parts, who: Staff, *, sentence: str = "", made: str = "") -> dict[str, Any]:
    choices = _choices(app, who)
    with app.database.reading() as db:
        rows = api_tokens.seen_by(db, who)
    return {
        "who": who.name,
        "choices": choices,
        "keys": [
            (row, choices.get(f"programme-{row.programme_id}") or choices.get(f"agency-{row.agency_id}", ""))
            for row in rows
        ],
        "sentence": sentence,
        "made": made,
        "address": f"{app.settings.base_address}/api/v1",
    }
