"""The funder's page: one sentence that is true, and other figures that are marked as what they are."""

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.domain.impact import AgencyLine, Choices, Filters, Reach, Report, TopicReport
from app.domain.press import around, press_sentence
from app.store import directory
from app.store.tables import AuditEntryRow
from tests.cast import CORA, PAUL, PRIYA, World
from tests.seasons import season, teach

OF = "/reports/programmes/town"
HOMES = {"label": "Homes visited", "amount": "1,240", "period": "November 2026", "source": "Records of home visits"}


def agency_id(world: World, slug: str = "kent-fire-and-rescue-service") -> int:
    with world.parts.database.reading() as db:
        return directory.agency_by_slug(db, slug).id or 0


def enter(client: TestClient, agency: int, **form: str) -> int:
    return client.post(f"{OF}/figures", data={"agency_id": agency} | HOMES | form).status_code


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1"), (374, "374"), (999, "999"), (1000, "around 1,000"), (1349, "around 1,300")]
)
def test_a_number_is_no_rounder_than_it_must_be(number: int, said: str) -> None:
    assert around(number) == said


def line(name: str) -> AgencyLine:
    return AgencyLine(name.lower(), name, "leads", ("Fire",), 1, 1, 1, 1, 19, 1)


def test_one_class_is_told_of_in_the_singular_and_none_not_at_all() -> None:
    nothing = Report((), "", "", Filters(), Choices(), None, None, Reach(), (), (), (), ())
    assert press_sentence(nothing) == ""
    (topic,) = (TopicReport("fire", "Fire", (), 1, 0, 0, 0, knowledge=None),)  # type: ignore[arg-type]
    one = replace(
        nothing,
        reach=Reach(schools=1, classes=1, pupils=1280),
        topics=(topic,),
        agencies=(line("RNLI"), line("Kent")),
    )
    said = "Around 1,300 Year 6 children in 1 class at 1 school took part in fire safety lessons with RNLI and Kent."
    assert press_sentence(one) == said


def test_the_page_has_the_sentence_and_every_agency(tmp_path_factory: pytest.TempPathFactory) -> None:
    with season(tmp_path_factory.mktemp("season")) as world:
        teach(world)
        page = words(world.staff(PRIYA).get(f"{OF}/funder").text)
    assert (
        "374 Year 6 children in 14 classes at 12 schools took part in fire, internet, road and water safety lessons "
        "with Crimestoppers, HM Coastguard, Kent Fire and Rescue Service, Kent Police, Medway Council and RNLI "
        "in November 2026."
    ) in page
    assert "63.6%" in page


def test_a_presenter_reports_for_the_own_agency_and_it_stands_beside_marked(world: World) -> None:
    priya = world.staff(PRIYA)
    assert enter(priya, agency_id(world)) == 303
    page = words(priya.get(f"{OF}/funder").text)
    assert "Reported by the agencies, not measured here" in page
    assert "Homes visited 1,240 November 2026 Kent Fire and Rescue Service Records of home visits" in page
    assert enter(priya, agency_id(world, "kent-police")) == 404
    assert enter(world.staff(PAUL), agency_id(world)) == 404
    assert enter(world.staff(CORA), agency_id(world, "kent-police")) == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"amount": "many"}, "as a number"),
        ({"amount": "nan"}, "between 0 and"),
        ({"amount": "-1"}, "between 0 and"),
        ({"label": " "}, "what was counted"),
        ({"period": ""}, "for which time"),
        ({"source": ""}, "where the figure comes from"),
    ],
)
def test_a_figure_that_cannot_stand_is_refused_with_what_was_typed(
    world: World, form: dict[str, str], sentence: str
) -> None:
    answer = world.staff(PRIYA).post(f"{OF}/figures", data={"agency_id": agency_id(world)} | HOMES | form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{(HOMES | form)["source"]}"' in answer.text


def test_the_same_figure_twice_is_a_conflict_and_both_acts_are_in_the_log(world: World) -> None:
    priya = world.staff(PRIYA)
    assert enter(priya, agency_id(world)) == 303
    assert enter(priya, agency_id(world)) == 409
    assert world.staff(PAUL).post(f"{OF}/figures/remove", data={"figure_id": 1}).status_code == 404
    assert priya.post(f"{OF}/figures/remove", data={"figure_id": 1}).status_code == 303
    assert "Homes visited" not in priya.get(f"{OF}/funder").text
    with world.parts.database.reading() as db:
        acts = list(db.exec(select(AuditEntryRow.act)).all())
    assert acts.count("entered a partner figure") == acts.count("removed a partner figure") == 1
