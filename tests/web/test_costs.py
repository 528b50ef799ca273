"""What a programme cost: stated by its coordinator, over pupils counted once, and never more than that."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.store.tables import AuditEntryRow
from tests.cast import CORA, PRIYA, World
from tests.classroom import TESS_CLASS, Classroom
from tests.past_lessons import give, scores

OF = "/programmes/town/costs"
TRAVEL = {"amount": "£1,249.50", "covers": "Presenters' time", "period": "November 2026", "source": "Budget"}


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def state(client: TestClient, **form: str) -> int:
    return client.post(OF, data=TRAVEL | form).status_code


def taught(world: World, present: int | None) -> None:
    with world.parts.database.transaction() as db:
        version = Classroom(world.parts.database, world.clock).versions()[0][0]
        give(db, TESS_CLASS, version, scores(20, 40, 80), present=present, began_at=world.clock.now)


def test_the_cost_per_pupil_stands_on_report_and_funders_page_with_its_basis(world: World) -> None:
    taught(world, 25)
    cora = world.staff(CORA)
    assert state(cora) == state(cora, amount="250.5", covers="Packs", agency_id="2") == 303
    basis = "£1,500 over 25 pupils, each counted once, as stated by the coordinator on 3 November 2026."
    each = "Cost per pupil is £60: "
    for address in ("/reports/programmes/town", "/reports/programmes/town/funder"):
        assert f"{each}{basis}" in words(cora.get(address).text)
    assert "borne by" in words(cora.get("/reports/programmes/town/funder").text)
    assert "£1,500" in words(cora.get("/programmes/town").text)
    filtered = words(cora.get("/reports/programmes/town?topic=fire").text)
    assert "Cost per pupil" not in filtered


@pytest.mark.parametrize("present", [None, 0])
def test_without_a_counted_pupil_there_is_no_cost_per_pupil(world: World, present: int | None) -> None:
    taught(world, present)
    cora = world.staff(CORA)
    assert state(cora) == 303
    assert "Cost per pupil" not in words(cora.get("/reports/programmes/town").text)
    assert "ost per pupil" not in words(cora.get("/reports/programmes/town/funder").text)
    assert cora.get("/reports/programmes/town.json").json()["reach"]["cost_per_pupil"] is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"amount": "-5"}, "not less than nothing"),
        ({"amount": "£ −5"}, "not less than nothing"),
        ({"amount": "much"}, "amount in pounds"),
        ({"amount": "1,24"}, "amount in pounds"),
        ({"amount": "1e6"}, "amount in pounds"),
        ({"amount": "nan"}, "amount in pounds"),
        ({"amount": "0.00"}, "amount is nothing"),
        ({"amount": "10,000,000"}, "in pounds, not in pence"),
        ({"covers": " "}, "what the amount covers"),
        ({"period": ""}, "for which time"),
        ({"source": ""}, "where the amount comes from"),
    ],
)
def test_an_amount_that_cannot_stand_is_refused_with_what_was_typed(
    world: World, form: dict[str, str], sentence: str
) -> None:
    answer = world.staff(CORA).post(OF, data=TRAVEL | form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{(TRAVEL | form)["period"]}"' in answer.text


def test_the_same_cost_twice_is_a_conflict_and_both_acts_are_in_the_log(world: World) -> None:
    cora = world.staff(CORA)
    assert (state(cora), state(cora), state(world.staff(PRIYA))) == (303, 409, 404)
    assert cora.post(f"{OF}/remove", data={"cost_id": 99}).status_code == 404
    assert cora.post(f"{OF}/remove", data={"cost_id": 1}).status_code == 303
    assert "Budget" not in cora.get(OF).text.partition('<form class="stack"')[0]
    with world.parts.database.reading() as db:
        acts = list(db.exec(select(AuditEntryRow.act)).all())
    assert acts.count("stated a cost") == acts.count("removed a cost") == 1
