"""The agencies of a programme: asked, brought in, described, and removed only while they have contributed nothing."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.domain.lesson import Agency
from app.store import agencies, consent, directory, lessons, presenters, timetable
from app.store.agencies import Partner
from app.store.tables import AuditEntryRow, ModuleRow
from tests.cast import CORA, PAUL, PRIYA, World
from tests.web.test_programmes import OLGA, SPRING, other_programme, teach

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
    council = agency_number(world, "medway-council")
    olga.post("/programmes/other/agencies", data={"agency_id": council})
    form = {"contact": "Desk, desk@sia.example", "vetted": "yes", "vetted_on": "2026-10-01"}
    assert cora.post(f"/programmes/town/agencies/{council}", data=form).status_code == 303
    name = next(iter(partners(world, 2)))
    here, there = partners(world)[name], partners(world, 2)[name]
    assert (here.contact, str(here.vetted_on)) == ("Desk, desk@sia.example", "2026-10-01")
    assert (there.contact, there.vetted_on) == ("", None)
    cora.post(f"/programmes/town/agencies/{council}", data=form | {"vetted": ""})
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


# Asked first


def agency_number(world: World, slug: str) -> int:
    with world.parts.database.reading() as db:
        return directory.agency_by_slug(db, slug).id or 0


def ask_fire(world: World) -> tuple[TestClient, int]:
    """Olga, whose other programme has asked the fire service; and the number of the fire service."""
    other_programme(world)
    olga, fire = world.staff(OLGA), agency_number(world, "kent-fire-and-rescue-service")
    asked = olga.post("/programmes/other/agencies", data={"agency_id": fire})
    assert asked.headers["location"] == "/programmes/other/agencies"
    return olga, fire


def answer(world: World, client: TestClient, word: str) -> int:
    with world.parts.database.reading() as db:
        asked_id = consent.asked_by(db, 2)[0].id
    status: int = client.post(f"/programmes/asked/{word}", data={"asked_id": asked_id}).status_code
    return status


def acts(world: World) -> list[tuple[str, str]]:
    with world.parts.database.reading() as db:
        found = [(row.act, row.thing) for row in db.exec(select(AuditEntryRow)).all()]
    return [one for one in found if "take part" in one[0]]


def test_an_agency_that_has_presenters_is_asked_and_the_question_can_be_taken_back(world: World) -> None:
    olga, fire = ask_fire(world)
    page = olga.get("/programmes/other/agencies").text
    assert "Asked on 3 Nov 2026, not answered yet" in page
    assert "Priya" not in page
    assert olga.post(f"/programmes/other/agencies/{fire}/remove").status_code == 303
    assert "not answered yet" not in olga.get("/programmes/other/agencies").text
    assert "asks Kent" not in world.staff(PRIYA).get("/programmes").text


def test_while_it_is_asked_a_programme_opens_nothing_of_an_agency(world: World) -> None:
    olga, fire = ask_fire(world)
    for path in (
        "/author/lessons/fire",
        "/author/lessons/fire/review",
        "/reports/agencies/kent-fire-and-rescue-service",
        f"/programmes/other/agencies/{fire}",
    ):
        assert olga.get(path).status_code == 404, path
    invited = olga.post("/people/invitations", data={"email": "x@fire.example", "role": f"presenter-{fire}"})
    offered = olga.post("/programmes/other/modules", data={"lesson_id": "1"})
    described = olga.post(f"/programmes/other/agencies/{fire}", data={"contact": "Sam"})
    assert [one.status_code for one in (invited, offered, described)] == [404] * 3
    assert "Priya" not in olga.get("/people").text
    assert "Get out, stay out" not in olga.get("/programmes/other").text
    with world.parts.database.reading() as db:
        assert presenters.candidates(db, 2) == []


def test_its_presenter_says_yes_and_it_takes_part(world: World) -> None:
    olga, fire = ask_fire(world)
    priya = world.staff(PRIYA)
    page = " ".join(priya.get("/programmes").text.split())
    assert "<b>Another programme</b>, Elsewhere, asks Kent Fire and Rescue Service to take part." in page
    assert "asks Kent" not in world.staff(PAUL).get("/programmes").text
    assert answer(world, world.staff(PAUL), "accept") == 404
    assert answer(world, olga, "accept") == 404
    assert answer(world, priya, "accept") == 303
    assert "takes part in Another programme now" in priya.get("/programmes?joined=2").text
    assert "takes part in" not in world.staff(PAUL).get("/programmes?joined=2").text
    assert "asks Kent" not in priya.get("/programmes").text
    assert FIRE in partners(world, 2)
    assert olga.get("/author/lessons/fire").status_code == 200
    assert olga.get(f"/programmes/other/agencies/{fire}").status_code == 200
    assert acts(world) == [("agreed to take part", "programme 2")]


def test_its_presenter_says_no_and_nothing_is_left(world: World) -> None:
    olga, _ = ask_fire(world)
    priya = world.staff(PRIYA)
    assert answer(world, world.staff(PAUL), "decline") == 404
    assert answer(world, priya, "decline") == 303
    assert acts(world) == [("declined to take part", "programme 2")]
    assert "asks Kent" not in priya.get("/programmes").text
    assert "not answered yet" not in olga.get("/programmes/other/agencies").text
    assert olga.get("/author/lessons/fire").status_code == 404
    assert priya.post("/programmes/asked/accept", data={"asked_id": "1"}).status_code == 404, "accepted long ago"


def test_a_copy_asks_again_and_its_lessons_wait_for_the_answer(world: World) -> None:
    cora = world.staff(CORA)
    ids = [one.id for one in partners(world).values()]
    slug = cora.post("/programmes/town/copy", data=SPRING | {"agency_id": ids}).headers["location"]
    assert FIRE not in partners(world, 2)
    assert "Medway Council" in partners(world, 2), "nobody presents for it"
    assert f"Waits for {FIRE}." in cora.get(slug).text
    assert f"{FIRE} has not said yes to this programme." in cora.get(f"{slug}/timetable/new").text
    assert planned_and_taught(world, cora, slug) == (404, 422, 0, 0)
    with world.parts.database.reading() as db:
        asked_id = next(one.id for one in consent.asked_by(db, 2) if one.agency == FIRE)
    assert world.staff(PRIYA).post("/programmes/asked/accept", data={"asked_id": asked_id}).status_code == 303
    assert "Waits for" not in cora.get(slug).text
    assert planned_and_taught(world, cora, slug) == (303, 303, 1, 1)


def planned_and_taught(world: World, cora: TestClient, address: str) -> tuple[Any, ...]:
    """What planning the copied lesson and leading it at once come to, and on how many lists it stands."""
    with world.parts.database.reading() as db:
        module = db.exec(select(ModuleRow.id).where(ModuleRow.programme_id == 2)).one()
        listed = len(lessons.offered(db, 2)), len(timetable.modules(db, 2))
    plan = {"on": "2027-02-02", "at": "10:00", "minutes": 45, "questions": 8, "module_id": module, "place": 1}
    planned = cora.post(f"{address}/timetable/new", data=plan)
    led = cora.post("/present", data={"programme_id": "2", "version_id": "1"})
    return planned.status_code, led.status_code, *listed
