"""The agencies of a programme: brought in, described, and removed only while they have contributed nothing."""

import pytest

from app.domain.lesson import Agency
from app.store import agencies, directory
from app.store.agencies import Partner
from tests.cast import CORA, World
from tests.web.test_programmes import OLGA, other_programme, teach

FIRE = "Kent Fire and Rescue Service"


def partners(world: World, programme_id: int = 1) -> dict[str, Partner]:
    with world.parts.database.reading() as db:
        return {one.name: one for one in agencies.partners(db, programme_id)}


def test_the_list_names_lessons_presenters_and_reach(world: World) -> None:
    teach(world)
    fire = partners(world)[FIRE]
    page = world.staff(CORA).get("/programmes/town/agencies").text
    assert (fire.presenters, fire.reach) == (("Fay", "Priya"), (1, 1, 28))
    assert "Fay, Priya" in page
    assert "Get out, stay out" in page
    assert "/reports/agencies/kent-police" in page


def test_a_new_agency_takes_part(world: World) -> None:
    cora = world.staff(CORA)
    made = cora.post("/programmes/town/agencies/new", data={"name": " Sandbay  Lifeboat (demo) ", "kind": "Charity"})
    assert made.status_code == 303
    assert partners(world)["Sandbay Lifeboat (demo)"].kind == "Charity"


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({"name": " "}, 422, "Please give the name of the agency."),
        ({"name": "kent police"}, 409, "There is an agency called kent police already. Choose it from the list."),
        ({"name": "X (demo)", "kind": "Circus"}, 422, "Please choose what kind of agency it is."),
    ],
)
def test_a_new_agency_that_cannot_be_is_refused_with_a_sentence(
    world: World, form: dict[str, str], status: int, sentence: str
) -> None:
    before = partners(world)
    refused = world.staff(CORA).post("/programmes/town/agencies/new", data=form)
    assert (refused.status_code, sentence in refused.text) == (status, True)
    assert partners(world) == before


def test_contact_and_vetting_belong_to_one_programme(world: World) -> None:
    other_programme(world)
    cora, olga = world.staff(CORA), world.staff(OLGA)
    olga.post("/programmes/other/agencies", data={"agency_id": "1"})
    form = {"contact": "Desk, desk@sia.example", "vetted": "yes", "vetted_on": "2026-10-01"}
    assert cora.post("/programmes/town/agencies/1", data=form).status_code == 303
    name = next(iter(partners(world, 2)))
    here, there = partners(world)[name], partners(world, 2)[name]
    assert (here.contact, str(here.vetted_on)) == ("Desk, desk@sia.example", "2026-10-01")
    assert (there.contact, there.vetted_on) == ("", None)
    cora.post("/programmes/town/agencies/1", data=form | {"vetted": ""})
    assert partners(world)[name].vetted_on is None


def test_a_vetting_without_a_day_or_in_the_future_is_refused(world: World) -> None:
    cora = world.staff(CORA)
    for day, sentence in (("", "on which day the agency was vetted"), ("2026-12-24", "lies in the future")):
        refused = cora.post("/programmes/town/agencies/1", data={"vetted": "yes", "vetted_on": day})
        assert (refused.status_code, sentence in refused.text) == (422, True)


def test_an_agency_leaves_while_it_has_contributed_nothing(world: World) -> None:
    teach(world)
    ids = {name: one.id for name, one in partners(world).items()}
    cora = world.staff(CORA)
    assert cora.post(f"/programmes/town/agencies/{ids['RNLI']}/remove").status_code == 303
    refused = cora.post(f"/programmes/town/agencies/{ids[FIRE]}/remove")
    assert refused.status_code == 403
    assert f"{FIRE} has taken part in lessons of one class, so it stays in this programme." in refused.text
    assert set(ids) - set(partners(world)) == {"RNLI"}


def test_an_agency_that_leads_a_module_stays_until_the_lesson_is_taken_out(world: World) -> None:
    cora, fire = world.staff(CORA), partners(world)[FIRE].id
    refused = cora.post(f"/programmes/town/agencies/{fire}/remove")
    assert "Take that lesson out of the programme first." in refused.text
    cora.post("/programmes/town/modules/remove", data={"lesson_id": "1"})
    assert cora.post(f"/programmes/town/agencies/{fire}/remove").status_code == 303


def test_an_agency_of_no_programme_of_hers_is_not_found_until_it_is_brought_in(world: World) -> None:
    with world.parts.database.transaction() as db:
        far = directory.agency_of(db, Agency(key="far-away", name="Far Away Fire Service"))
    cora = world.staff(CORA)
    assert cora.get(f"/programmes/town/agencies/{far}").status_code == 404
    cora.post("/programmes/town/agencies", data={"agency_id": str(far)})
    assert cora.get(f"/programmes/town/agencies/{far}").status_code == 200
    assert cora.post("/programmes/town/agencies", data={"agency_id": "999"}).status_code == 404
