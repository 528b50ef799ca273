"""The read API: a report and an agency's records as JSON, for dashboards. A key opens one programme or one agency."""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, create_model
from starlette.responses import JSONResponse, Response

from app.documents.report_files import json_bytes, report_json
from app.domain.errors import DomainError, NotAllowed, NotFound
from app.domain.impact import Choices, Filters, Reach, Report
from app.domain.labelled import Column, Table
from app.domain.report_tables import tables_of
from app.store import api_tokens, directory, impact, report_rows
from app.store.database import Db
from app.store.tables import ApiTokenRow
from app.web.deps import App, Parts, address_of
from app.web.exports import ComeBack
from app.web.pages import HOME, status_of
from app.web.report_files import file_of
from app.web.reports import FiltersOfProgramme

ROOT, VERSION = "/api/v1", "1"
NO_KEY = "This needs a key. Send it as “Authorization: Bearer KEY”; a coordinator or presenter makes one."
WRONG_KEY = "This key opens nothing: it was never made, or it was revoked."
OTHER_KEY = "We could not find that. A key opens one programme, or one agency."
LARGEST_PAGE = 500
COME_BACK_SECONDS = 60
bearer = HTTPBearer(auto_error=False, description="A key made on the page *Keys of the read API*.")


class Said(BaseModel):
    """Why something was refused, in a sentence."""

    say: str


class NoKey(NotAllowed):
    """No key, or one that opens nothing."""


class InJson(APIRoute):
    """Here every refusal is JSON, whatever the caller accepts."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_in_json(request: Request) -> Response:
            try:
                return await handle(request)
            except NoKey as refusal:
                headers = {"WWW-Authenticate": 'Bearer realm="reports"'}
                return JSONResponse({"say": refusal.sentence}, status_code=401, headers=headers)
            except ComeBack as refusal:
                headers = {"Retry-After": str(COME_BACK_SECONDS)}
                return JSONResponse({"say": refusal.sentence}, status_code=503, headers=headers)
            except DomainError as refusal:
                return JSONResponse({"say": refusal.sentence}, status_code=status_of(refusal))
            except RequestValidationError:
                return JSONResponse({"say": "A parameter could not be read. See docs/api.md."}, status_code=422)

        return handle_in_json


def key_of(
    request: Request, app: App, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> ApiTokenRow:
    """The key that was sent. Raises NoKey; guessing is slowed down as it is for passwords."""
    address = address_of(request)
    app.wrong_keys.must_not_be_full(address)
    if sent is None:
        raise NoKey(NO_KEY)
    with app.database.reading() as db:
        found = api_tokens.find(db, sent.credentials)
    if found is None:
        app.wrong_keys.failed(address)
        raise NoKey(WRONG_KEY)
    now = app.clock()
    if found.used_on != now.date():
        with app.database.transaction() as db:
            api_tokens.note_use(db, found.id or 0, now)
    return found


Key = Annotated[ApiTokenRow, Depends(key_of)]


def routes() -> APIRouter:
    router = APIRouter(route_class=InJson)
    document, page = _shapes()
    refusals: dict[int | str, dict[str, Any]] = {
        304: {"description": "Nothing has changed since the ETag that was sent"},
        401: {"model": Said, "description": "No key, or one that opens nothing"},
        403: {"model": Said, "description": "Too many wrong keys"},
        404: {"model": Said, "description": "Not there, or not what this key opens"},
        503: {"model": Said, "description": "Still being made, or too many at a time: ask again as Retry-After says"},
    }

    @router.get(f"{ROOT}/programmes/{{slug}}/report", responses={200: {"model": document}, **refusals})
    def programme_report(
        slug: str,
        request: Request,
        app: App,
        key: Key,
        filters: FiltersOfProgramme,
    ) -> Response:
        """Everything that the programme's report shows. Hidden figures are null, and `note` says why."""

        def make() -> bytes:
            with app.database.reading() as db:
                programme_id = _programme(db, key, slug)
                report = impact.report(db, frozenset({programme_id}), app.clock(), filters=filters)
                return file_of(app, "json", report)

        made = app.exports.make(("api", key.id, slug, filters), make)
        if made is None:
            raise ComeBack("The report is still being made. Ask for it again in a minute.")
        return _unless_the_same(request, made)

    @router.get(f"{ROOT}/agencies/{{agency}}/records", responses={200: {"model": page}, **refusals})
    def agency_records(
        agency: str,
        request: Request,
        app: App,
        key: Key,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
        size: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> Response:
        """The agency's participation records, newest first, a page at a time: reach, exact."""
        with app.database.reading() as db:
            report = _of_agency(db, app, key, agency)
        last = min(page * size, len(report.records))
        shown = replace(report, records=report.records[(page - 1) * size : last])
        made = report_json(tables_of(shown, app.clock().astimezone(HOME).date()))
        more = last < len(report.records)
        body = {
            "agency": report.agency,
            "page": page,
            "size": size,
            "total": len(report.records),
            "next": f"{ROOT}/agencies/{agency}/records?page={page + 1}&size={size}" if more else None,
            "records": made["records"],
        }
        return _unless_the_same(request, json_bytes(body))

    document_of_routes = get_openapi(
        title="Safety in Action: reports", version=VERSION, description="See docs/api.md.", routes=router.routes
    )

    @router.get(f"{ROOT}/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        """What these addresses take and give. The rest of the app publishes none."""
        return JSONResponse(document_of_routes)

    return router


def _programme(db: Db, key: ApiTokenRow, slug: str) -> int:
    try:
        programme = directory.programme_by_slug(db, slug)
    except NotFound:
        raise NotFound(OTHER_KEY) from None
    if key.programme_id is None or programme.id != key.programme_id:
        raise NotFound(OTHER_KEY)
    return key.programme_id


def _of_agency(db: Db, app: Parts, key: ApiTokenRow, slug: str) -> Report:
    """All of an agency's part for its own key; within the programme for a programme's key."""
    try:
        agency = directory.agency_by_slug(db, slug)
    except NotFound:
        raise NotFound(OTHER_KEY) from None
    programme_ids = report_rows.programmes_with(db, agency.id or 0)
    if key.programme_id is not None:
        programme_ids &= frozenset({key.programme_id})
    elif key.agency_id != agency.id:
        raise NotFound(OTHER_KEY)
    return impact.report(db, programme_ids, app.clock(), agency_id=agency.id)


def _unless_the_same(request: Request, body: bytes) -> Response:
    """304 while the caller has it already."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


# What the OpenAPI document says of the answers: made of the same columns as the answers


def _shapes() -> tuple[type[BaseModel], type[BaseModel]]:
    empty = tables_of(
        Report((), "", "", Filters(), Choices(), None, None, Reach(), (), (), (), ()), date(2026, 11, 2)
    )
    lists: dict[str, Any] = {table.key: _list(table) for table in empty.tables}
    texts: Any = (list[str], ...)
    document = create_model(
        "Report",
        title=(str, ...),
        headline=(str, Field(description="What was learnt, in one sentence")),
        basis=(str, Field(description="How many pupils and questions that rests on")),
        about=(dict[str, str | None], Field(description="Programme, filters and dates")),
        reach=(dict[str, float | None], Field(description="Exact totals")),
        **lists,
        notes=texts,
        limits=texts,
    )
    page = create_model(
        "RecordPage",
        agency=(str, ...),
        page=(int, ...),
        size=(int, ...),
        total=(int, ...),
        next=(str | None, Field(description="The address of the next page")),
        records=lists["records"],
    )
    return document, page


def _list(table: Table) -> Any:
    row: Any = _row(table)
    return list[row], Field(description=f"{table.title}. {table.explains}".strip())


def _row(table: Table) -> type[BaseModel]:
    columns: dict[str, Any] = {
        column.key: (_type(column), Field(alias=column.key, description=column.label)) for column in table.columns
    }
    renamed = {f"{key}_" if key == "class" else key: value for key, value in columns.items()}
    return create_model(f"{table.key.capitalize()}Row", **renamed)


def _type(column: Column) -> Any:
    match column.kind:
        case "text":
            return str | None
        case "day":
            return date | None
        case "number":
            return int | None
        case _:
            return float | None
