"""The read API: what a key opens and what it does not, pages, ETags, and the document that describes it."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.store import directory
from app.store.tables import ApiTokenRow
from app.web.exports import Exports
from tests.cast import CORA, PAUL, PRIYA, World
from tests.seasons import season, teach

REPORT = "/api/v1/programmes/town/report"
FIRE = "/api/v1/agencies/kent-fire-and-rescue-service/records"


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with season(tmp_path_factory.mktemp("season")) as world:
        teach(world)
        yield world


def make(client: TestClient, opens: str) -> str:
    """A key, as the page shows it once."""
    page = client.post("/reports/keys", data={"opens": opens, "name": "A dashboard"})
    assert page.status_code == 200, page.text
    found = re.search(r'class="key-shown">([^<]+)<', page.text)
    assert found
    return found[1]


def of_fire(world: World) -> str:
    with world.parts.database.reading() as db:
        return f"agency-{directory.agency_by_slug(db, 'kent-fire-and-rescue-service').id}"


def get(world: World, address: str, key: str = "", **headers: str) -> Response:
    sent = {"authorization": f"Bearer {key}"} if key else {}
    return world.browser().get(address, headers=sent | headers)


def test_a_programmes_key_reads_the_report_as_the_file_has_it(taught: World) -> None:
    key = make(taught.staff(CORA), "programme-1")
    answer = get(taught, REPORT, key)
    assert answer.json() == json.loads(taught.staff(CORA).get("/reports/programmes/town.json").content)
    assert answer.json()["reach"]["pupils"] == 374
    assert [row["topic"] for row in get(taught, f"{REPORT}?topic=fire", key).json()["topics"]] == ["Fire"]


def test_nothing_has_changed_is_said_in_one_line(taught: World) -> None:
    key = make(taught.staff(CORA), "programme-1")
    tag = get(taught, REPORT, key).headers["etag"]
    again = get(taught, REPORT, key, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert get(taught, f"{REPORT}?topic=fire", key, **{"if-none-match": tag}).status_code == 200


def test_a_report_that_takes_long_is_there_when_it_is_asked_for_again(
    taught: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(taught.staff(CORA), "programme-1")
    monkeypatch.setattr(taught.parts, "exports", Exports(seconds=0))
    answer = get(taught, REPORT, key)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "again in a minute" in answer.json()["say"]
    for _ in range(100):
        answer = get(taught, REPORT, key)
        if answer.status_code == 200:
            break
        time.sleep(0.05)
    assert answer.json()["reach"]["pupils"] == 374


def test_records_come_page_by_page_and_none_is_missing(taught: World) -> None:
    key = make(taught.staff(PRIYA), of_fire(taught))
    first = get(taught, f"{FIRE}?size=10", key).json()
    assert (first["agency"], first["total"], len(first["records"])) == ("Kent Fire and Rescue Service", 28, 10)
    seen: list[int] = []
    page: dict[str, Any] = first
    while True:
        seen += [row["record"] for row in page["records"]]
        if page["next"] is None:
            break
        page = get(taught, page["next"], key).json()
    assert len(seen) == len(set(seen)) == 28


def test_a_key_opens_what_it_was_made_for_and_nothing_else(taught: World) -> None:
    programme, agency = make(taught.staff(CORA), "programme-1"), make(taught.staff(PRIYA), of_fire(taught))
    assert get(taught, REPORT, agency).status_code == 404
    assert get(taught, FIRE, programme).status_code == 200
    assert get(taught, "/api/v1/agencies/kent-police/records", agency).status_code == 404
    assert get(taught, "/api/v1/programmes/nowhere/report", programme).json()["say"].startswith("We could not find")
    assert get(taught, f"{FIRE}?page=0", agency).status_code == 422
    assert get(taught, "/reports/programmes/town.json", programme).headers["location"] == "/sign-in"


def test_no_key_and_a_wrong_one_are_told_in_json_and_guessing_is_stopped(world: World) -> None:
    for key in ("", "wrong"):
        answer = get(world, REPORT, key)
        assert (answer.status_code, "key" in answer.json()["say"]) == (401, True)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for _ in range(30):
        get(world, REPORT, "wrong")
    assert get(world, REPORT, "wrong").status_code == 403


def test_a_key_is_shown_once_kept_as_its_hash_and_dead_when_revoked(world: World) -> None:
    priya = world.staff(PRIYA)
    key = make(priya, of_fire(world))
    assert get(world, FIRE, key).status_code == 200
    page = priya.get("/reports/keys").text
    assert key not in page
    assert "3 Nov 2026" in page
    with world.parts.database.reading() as db:
        assert key not in str(db.get_one(ApiTokenRow, 1).model_dump())
    assert world.staff(PAUL).post("/reports/keys/revoke", data={"key_id": 1}).status_code == 404
    assert get(world, FIRE, key).status_code == 200
    assert priya.post("/reports/keys/revoke", data={"key_id": 1}).status_code == 303
    assert get(world, FIRE, key).status_code == 401


def test_nobody_makes_a_key_for_what_is_not_their_own(world: World) -> None:
    for who, opens in ((PAUL, of_fire(world)), (PRIYA, "programme-1"), (CORA, of_fire(world)), (PRIYA, "agency-x")):
        assert world.staff(who).post("/reports/keys", data={"opens": opens, "name": "Mine"}).status_code == 404
    assert world.staff(PRIYA).post("/reports/keys", data={"opens": of_fire(world), "name": " "}).status_code == 422


def test_the_document_describes_these_addresses_alone_as_they_answer(taught: World) -> None:
    document = taught.browser().get("/api/v1/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/v1/programmes/{slug}/report",
        "/api/v1/agencies/{agency}/records",
    }
    told = get(taught, REPORT, make(taught.staff(CORA), "programme-1")).json()
    shapes = document["components"]["schemas"]
    assert set(shapes["Report"]["properties"]) == set(told)
    for key in ("topics", "records", "askings"):
        assert set(shapes[f"{key.capitalize()}Row"]["properties"]) == set(told[key][0]), key
    assert taught.browser().get("/openapi.json").status_code == 404
