"""The programme's home: reports, class groups, and class links that are shown once."""

import re

import pytest

from app.domain.lesson import Agency
from app.domain.people import Member
from app.store import directory
from app.store.tables import ProgrammeRow
from tests.cast import CORA, PRIYA, World, add_staff

NEW = {"school": "Tidegate Primary School (demo)", "label": "6T", "on_roll": "31"}


def groups(world: World) -> list[tuple[str, str, int | None]]:
    with world.parts.database.reading() as db:
        return [(group.school, group.label, group.on_roll) for group in directory.class_groups(db, 1)]


def link_on(page: str) -> str:
    found = re.search(r'value="http://127\.0\.0\.1:8000(/c/[\w-]+)"', page)
    assert found, "no class link on the page"
    return found[1]


def other_programme(world: World) -> int:
    """A programme of somebody else, with one class."""
    with world.parts.database.transaction() as db:
        now = world.clock.now.date()
        row = ProgrammeRow(slug="other", name="Another programme", area="Elsewhere", starts_on=now, ends_on=now)
        programme_id = directory.add_programme(db, row)
        school = directory.class_groups(db, 1)[0]
        assert school
        group = directory.add_class_group(db, programme_id, 1, "6X", 20)
        add_staff(db, "olga@sia.example", "Olga", Member(role="coordinator", programme_id=programme_id))
        return group


def test_a_coordinator_sees_the_programme_with_its_classes_and_reports(world: World) -> None:
    page = world.staff(CORA).get("/programmes").text
    assert "Safety in Action, the town (demo)" in page
    assert "Harrowmarsh Primary School (demo)" in page
    assert "/reports/agencies/kent-police" in page


def test_a_presenter_sees_the_own_agency_and_no_class(world: World) -> None:
    page = world.staff(PRIYA).get("/programmes").text
    assert "/reports/agencies/kent-fire-and-rescue-service" in page
    assert "/reports/agencies/kent-police" not in page
    assert "Harrowmarsh" not in page


def test_a_class_is_added(world: World) -> None:
    added = world.staff(CORA).post("/programmes/town/class-groups", data=NEW)
    assert added.headers["location"] == "/programmes"
    assert ("Tidegate Primary School (demo)", "6T", 31) in groups(world)


def test_a_second_class_of_a_school_belongs_to_that_school(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/programmes/town/class-groups", data=NEW | {"school": " Harrowmarsh Primary School (demo) "})
    with world.parts.database.reading() as db:
        references = {
            directory.school_reference(db, group.id)
            for group in directory.class_groups(db, 1)
            if group.school == "Harrowmarsh Primary School (demo)"
        }
    assert references == {"D01"}


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"school": "  "}, "Please give the school and the class, for example 6H."),
        ({"label": ""}, "Please give the school and the class, for example 6H."),
        ({"on_roll": "0"}, "One class has between 1 and 60 pupils on roll."),
        ({"on_roll": "61"}, "One class has between 1 and 60 pupils on roll."),
        ({"on_roll": "-1"}, "One class has between 1 and 60 pupils on roll."),
        ({"on_roll": "many"}, "One class has between 1 and 60 pupils on roll."),
        ({"on_roll": "3²"}, "One class has between 1 and 60 pupils on roll."),
    ],
    ids=str,
)
def test_a_class_that_lacks_something_is_refused_with_a_sentence(
    world: World, form: dict[str, str], sentence: str
) -> None:
    before = groups(world)
    refused = world.staff(CORA).post("/programmes/town/class-groups", data=NEW | form)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert groups(world) == before


def test_a_class_that_is_there_already_is_refused_with_a_sentence(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/programmes/town/class-groups", data=NEW)
    refused = cora.post("/programmes/town/class-groups", data=NEW)
    assert refused.status_code == 409
    assert "This school has a class called 6T already." in refused.text


def test_a_new_class_link_is_shown_once_and_opens_the_class(world: World) -> None:
    cora = world.staff(CORA)
    page = cora.post("/programmes/town/class-links", data={"class_group_id": "1"}).text
    address = link_on(page)
    teacher = world.browser()
    assert teacher.post(address).headers["location"] == "/class"
    assert "6H" in teacher.get("/class").text
    assert address not in cora.get("/programmes").text


@pytest.mark.parametrize("who", [PRIYA, "olga@sia.example"])
def test_nobody_else_adds_a_class_or_makes_a_link_in_this_programme(world: World, who: str) -> None:
    other_programme(world)
    before, client = groups(world), world.staff(who)
    for path, form in (("class-groups", NEW), ("class-links", {"class_group_id": "1"})):
        refused = client.post(f"/programmes/town/{path}", data=form)
        assert refused.status_code == 404
        assert "We could not find that programme." in refused.text
        missing = client.post(f"/programmes/nowhere/{path}", data=form)
        assert missing.text == refused.text
    assert groups(world) == before


def test_no_link_is_made_for_a_class_of_another_programme(world: World) -> None:
    foreign = other_programme(world)
    for class_group in (foreign, 999):
        refused = world.staff(CORA).post("/programmes/town/class-links", data={"class_group_id": class_group})
        assert refused.status_code == 404
        assert "We could not find that class." in refused.text


def test_a_coordinator_does_not_see_another_programme(world: World) -> None:
    other_programme(world)
    assert "Another programme" not in world.staff(CORA).get("/programmes").text
    assert "Harrowmarsh Primary School (demo)" in world.staff("olga@sia.example").get("/programmes").text


def test_names_are_text_and_never_markup(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/programmes/town/class-groups", data=NEW | {"school": '<script>x</script>"', "label": "<b>6</b>"})
    page = cora.get("/programmes").text
    assert "<script>x" not in page
    assert "<b>6</b>" not in page
    assert "&lt;script&gt;x" in page


def test_an_agency_of_no_programme_of_hers_is_not_listed(world: World) -> None:
    with world.parts.database.transaction() as db:
        directory.agency_of(db, Agency(key="far-away", name="Far Away Fire Service"))
    assert "Far Away" not in world.staff(CORA).get("/programmes").text
