"""Class groups typed in, changed and removed while nothing hangs on them."""

import pytest

from app.store import directory, schools
from tests.cast import CORA, World
from tests.web.test_programmes import other_programme, teach

NEW = {"school": "Tidegate Primary School (demo)", "label": "6T", "year": "6", "on_roll": "31", "mode": "hands"}


def groups(world: World) -> list[tuple[str, str, int | None]]:
    with world.parts.database.reading() as db:
        return [(group.school, group.label, group.on_roll) for group in directory.class_groups(db, 1)]


def test_a_class_is_added_with_its_school(world: World) -> None:
    added = world.staff(CORA).post("/programmes/town/class-groups", data=NEW)
    assert added.headers["location"] == "/programmes/town/class-groups"
    assert ("Tidegate Primary School (demo)", "6T", 31) in groups(world)


def test_a_second_class_of_a_school_belongs_to_that_school(world: World) -> None:
    world.staff(CORA).post(
        "/programmes/town/class-groups", data=NEW | {"school": " harrowmarsh primary school (demo) "}
    )
    with world.parts.database.reading() as db:
        found = {one.reference: (one.name, one.classes) for one in schools.of_programme(db, 1)}
    assert found["D01"] == ("Harrowmarsh Primary School (demo)", 2)
    assert len(found) == 2


ROLL = "One class has between 1 and 60 pupils on roll."


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"school": "  "}, "Please give the name of the school."),
        ({"label": ""}, "A class has a short label of up to 20 letters, for example 6H."),
        ({"label": "x" * 21}, "A class has a short label of up to 20 letters, for example 6H."),
        ({"on_roll": "0"}, ROLL),
        ({"on_roll": "61"}, ROLL),
        ({"on_roll": "-1"}, ROLL),
        ({"on_roll": "many"}, ROLL),
        ({"on_roll": "3²"}, ROLL),
        ({"year": "14"}, "The year is a number from 1 to 13, for example 6."),
        ({"mode": "shouting"}, "The usual way to answer is devices, hands up or cards."),
    ],
    ids=str,
)
def test_a_class_that_lacks_something_is_refused_with_a_sentence(
    world: World, form: dict[str, str], sentence: str
) -> None:
    before, cora = groups(world), world.staff(CORA)
    refused = cora.post("/programmes/town/class-groups", data=NEW | form)
    assert (refused.status_code, sentence in refused.text) == (422, True)
    if "school" not in form:
        changed = cora.post("/programmes/town/class-groups/1", data=NEW | form)
        assert (changed.status_code, sentence in changed.text) == (422, True)
    assert groups(world) == before


def test_a_class_that_is_there_already_is_refused_with_a_sentence(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/programmes/town/class-groups", data=NEW)
    refused = cora.post("/programmes/town/class-groups", data=NEW)
    assert refused.status_code == 409
    assert "This school has a class called 6T already." in refused.text


def test_a_class_is_changed(world: World) -> None:
    world.staff(CORA).post(
        "/programmes/town/class-groups/1", data=NEW | {"label": "6Y", "year": "Year 5", "on_roll": ""}
    )
    with world.parts.database.reading() as db:
        group = schools.class_group(db, 1, 1)
    assert (group.label, group.year, group.on_roll, group.mode) == ("6Y", 5, None, "hands")


def test_a_class_is_removed_with_its_link_until_it_has_had_a_lesson(world: World) -> None:
    teach(world)
    cora, theo = world.staff(CORA), world.teacher("theo-class-link-token")
    refused = cora.post("/programmes/town/class-groups/1/remove")
    assert refused.status_code == 403
    assert "has had a lesson or is booked for one, so it stays." in refused.text
    assert cora.post("/programmes/town/class-groups/2/remove").status_code == 303
    assert [label for _, label, _ in groups(world)] == ["6H"]
    assert theo.get("/class").status_code == 403


def test_a_class_of_another_programme_is_not_found(world: World) -> None:
    foreign = other_programme(world)
    cora = world.staff(CORA)
    for number in (foreign, 999):
        for end in ("", "/remove", "/link"):
            refused = cora.post(f"/programmes/town/class-groups/{number}{end}", data=NEW)
            assert refused.status_code == 404
            assert "We could not find that class." in refused.text


def test_names_are_text_and_never_markup(world: World) -> None:
    cora = world.staff(CORA)
    cora.post("/programmes/town/class-groups", data=NEW | {"school": '<script>x</script>"', "label": "<b>6</b>"})
    page = cora.get("/programmes/town/class-groups").text
    assert "<script>x" not in page
    assert "<b>6</b>" not in page
    assert "&lt;script&gt;x" in page
