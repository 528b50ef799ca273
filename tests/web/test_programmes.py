"""A coordinator's programmes: the list, the overview, modules, a new one, a copy; and nothing of anybody else's."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.domain.lesson import Agency
from app.domain.people import Member
from app.store import consent, directory, programmes
from app.store.tables import BookingRow, LiveSessionRow, ProgrammeRow
from tests.cast import CORA, PRIYA, World, add_staff

OLGA = "olga@sia.example"
SPRING = {
    "name": "Safety in Action, spring",
    "area": "Sandbay (demo)",
    "starts_on": "2027-01-11",
    "ends_on": "2027-03-26",
}


def other_programme(world: World) -> int:
    """A programme of somebody else, with one class of a school that both have. Returns the class."""
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Another programme", area="Elsewhere", starts_on=now, ends_on=now)
        programme_id = directory.add_programme(db, row)
        group = directory.add_class_group(db, programme_id, 1, "6X", 20)
        add_staff(db, OLGA, "Olga", Member(role="coordinator", programme_id=programme_id))
        return group


def titles(world: World, slug: str) -> list[str]:
    with world.parts.database.reading() as db:
        programme = directory.programme_by_slug(db, slug)
        return [module.title for module in programmes.modules(db, programme.id or 0)]


def details(world: World, slug: str) -> dict[str, Any]:
    with world.parts.database.reading() as db:
        return directory.programme_by_slug(db, slug).model_dump()


def teach(world: World) -> None:
    """Tess's class has had the fire lesson, 28 present."""
    tess = world.teacher()
    world.go_to(tess, world.start(tess), "hook", "content")
    world.finish(tess)


def test_the_list_shows_targets_and_reach_and_an_open_live_session(world: World) -> None:
    teach(world)
    cora = world.staff(CORA)
    cora.post("/programmes/town/details", data=SPRING | {"target_classes": "40", "target_pupils": "1100"})
    cora.post("/present", data={"programme_id": "1", "version_id": "1"})
    page = " ".join(cora.get("/programmes").text.split())
    assert '<b class="big">1</b> of 40 classes reached' in page
    assert '<b class="big">28</b> of 1100 pupils reached' in page
    assert "2 classes on the list" in page
    assert "Live session open since" in page


def test_a_presenter_sees_the_own_agency_and_no_programme(world: World) -> None:
    page = world.staff(PRIYA).get("/programmes").text
    assert "/reports/agencies/kent-fire-and-rescue-service" in page
    assert "/reports/agencies/kent-police" not in page
    assert "/programmes/town" not in page


def test_a_coordinator_does_not_see_another_programme(world: World) -> None:
    other_programme(world)
    assert "Another programme" not in world.staff(CORA).get("/programmes").text
    assert "Another programme" in world.staff(OLGA).get("/programmes").text


def pages_of(world: World) -> list[tuple[str, str]]:
    """Every address of one programme's pages, with the ids of its own things."""
    ids = {"slug": "town", "name": "0" * 32}
    found = []
    for router in world.app.routes:
        for route in getattr(getattr(router, "original_router", None), "routes", ()):
            path = getattr(route, "path", "")
            if path.startswith("/programmes/{slug}"):
                filled = re.sub(r"{(\w+)}", lambda part: ids.get(part[1], "1"), path)
                found += [(method, filled) for method in route.methods]
    return found


def test_everything_of_a_programme_is_not_found_for_whoever_does_not_coordinate_it(world: World) -> None:
    other_programme(world)
    form = SPRING | {"lesson_id": "1", "agency_id": "1", "browser_id": "1", "order": "cancel", "label": "6Z"}
    form |= {"school": "X (demo)", "cost_id": "1"}
    pages = pages_of(world)
    assert len(pages) > 25
    found = {}
    for who in (OLGA, PRIYA):
        client: TestClient = world.staff(who)
        for method, path in pages:
            answer = client.request(method, path, data=form if method == "POST" else None)
            if answer.status_code != 404 or (
                "We could not find" not in answer.text and "not here any more" not in answer.text
            ):
                found[who, method, path] = answer.status_code
    brought = world.staff(OLGA).post(
        "/programmes/brought", data={"programme": "town"}, files={"file": ("a.csv", b"a")}
    )
    assert brought.status_code == 404
    assert found == {}


def test_a_new_programme_belongs_to_whoever_begins_it(world: World) -> None:
    cora = world.staff(CORA)
    made = cora.post("/programmes/new", data=SPRING | {"funder": "Demo funder", "lesson_id": "1"})
    assert made.headers["location"] == "/programmes/safety-in-action-spring"
    assert "Demo funder" in cora.get(made.headers["location"]).text
    assert titles(world, "safety-in-action-spring") == titles(world, "town")
    assert (
        world.staff(CORA).get("/programmes/safety-in-action-spring/agencies").text.count("Kent Fire and Rescue") > 0
    )


def test_a_second_programme_of_the_same_name_gets_an_address_of_its_own(world: World) -> None:
    cora = world.staff(CORA)
    addresses = [cora.post("/programmes/new", data=SPRING).headers["location"] for _ in range(2)]
    assert addresses == ["/programmes/safety-in-action-spring", "/programmes/safety-in-action-spring-2"]
    assert cora.post("/programmes/new", data=SPRING | {"name": "New"}).headers["location"] == "/programmes/new-2"


def test_a_presenter_begins_no_programme(world: World) -> None:
    refused = world.staff(PRIYA).post("/programmes/new", data=SPRING)
    assert refused.status_code == 403
    assert "Only a coordinator can begin a programme." in refused.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": " "}, "Please give the programme a name and an area."),
        ({"area": ""}, "Please give the programme a name and an area."),
        ({"starts_on": "soon"}, "Please say on which day the programme begins"),
        ({"ends_on": ""}, "Please say on which day the programme ends"),
        ({"ends_on": "2027-01-10"}, "The programme ends before it begins."),
        ({"ends_on": "2099-01-10"}, "A programme lasts 5 years at most."),
        ({"target_classes": "many"}, "The target for classes is a whole number"),
        ({"target_pupils": "-3"}, "The target for pupils is a whole number"),
    ],
    ids=str,
)
@pytest.mark.parametrize("address", ["/programmes/new", "/programmes/town/details", "/programmes/town/copy"])
def test_what_a_programme_lacks_is_said_and_what_was_typed_is_kept(
    world: World, address: str, form: dict[str, str], sentence: str
) -> None:
    before = details(world, "town")
    refused = world.staff(CORA).post(address, data=SPRING | {"funder": "A funder (demo)"} | form)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert "A funder (demo)" in refused.text
    assert details(world, "town") == before


def test_class_links_follow_the_last_day_of_their_programme(world: World) -> None:
    tess = world.teacher()
    world.staff(CORA).post(
        "/programmes/town/details", data=SPRING | {"ends_on": "2026-11-03", "starts_on": "2026-11-01"}
    )
    assert tess.get("/class").status_code == 200
    world.clock.forward(days=1)
    assert tess.get("/class").status_code == 403


def test_a_copy_has_the_modules_and_the_chosen_agencies_and_nothing_else(world: World) -> None:
    teach(world)
    made = world.staff(CORA).post("/programmes/town/copy", data=SPRING | {"agency_id": ["1", "3"]})
    slug = made.headers["location"].rpartition("/")[2]
    assert titles(world, slug) == titles(world, "town")
    with world.parts.database.reading() as db:
        programme_id = directory.programme_by_slug(db, slug).id or 0
        brought = {one.id for one in directory.agencies_of_programme(db, programme_id)}
        asked = {one.agency_id for one in consent.asked_by(db, programme_id)}
        assert (brought | asked, brought & asked) == ({1, 3}, set())
        assert programmes.listed(db, programme_id) == programmes.reached(db, programme_id) == (0, 0, 0)
    other_programme(world)
    assert world.staff(OLGA).get(made.headers["location"]).status_code == 404


def test_a_lesson_is_taken_out_and_offered_again_and_brings_its_agencies(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/programmes/town/modules/remove", data={"lesson_id": "1"})
    assert titles(world, "town") == []
    assert "No lesson is on offer yet" in cora.get("/programmes/town").text
    cora.post("/programmes/town/modules", data={"lesson_id": "1"})
    assert len(titles(world, "town")) == 1
    assert cora.post("/programmes/town/modules", data={"lesson_id": "1"}).status_code == 404


def test_a_lesson_that_a_live_session_has_stays_with_a_sentence(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/present", data={"programme_id": "1", "version_id": "1"})
    refused = cora.post("/programmes/town/modules/remove", data={"lesson_id": "1"})
    assert refused.status_code == 403
    assert "is part of a live session of this programme, so it stays." in refused.text
    assert len(titles(world, "town")) == 1


def test_a_lesson_of_an_agency_that_takes_no_part_is_not_offered(world: World) -> None:
    with world.parts.database.transaction() as db:
        directory.agency_of(db, Agency(key="far-away", name="Far Away Fire Service"))
    assert "Far Away" not in world.staff(CORA).get("/programmes/town").text


def test_the_list_shows_the_next_planned_session_and_who_is_booked(world: World) -> None:
    with world.parts.database.transaction() as db:
        for days, is_cancelled in ((1, False), (0.5, True), (-1, False)):
            row = LiveSessionRow(
                programme_id=1,
                starts_at=world.clock.now + timedelta(days=days),
                planned_minutes=60,
                seed=f"seed {days}",
                is_planned=True,
                cancelled_at=world.clock.now if is_cancelled else None,
            )
            db.add(row)
            db.flush()
            state = "confirmed" if days == 1 else "cancelled"
            db.add(BookingRow(live_session_id=row.id or 0, class_group_id=1, state=state))
    page = world.staff(CORA).get("/programmes").text
    assert "Next live session 4 Nov 2026, 10:00" in page
    assert "2 classes on the list, 1 booked" in page
    assert "59 pupils on roll on the list, 30 booked" in page
