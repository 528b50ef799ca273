"""Schools typed in and brought as a list: shown first, kept once, and never a name of a pupil."""

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient

from app.store import schools
from tests.cast import CORA, PRIYA, World
from tests.web.test_programmes import OLGA, other_programme

HEADINGS = ("School reference", "School", "District", "Class", "Year", "On roll", "Usual mode")
TIDEGATE = ("D03", "Tidegate Primary School (demo)", "Medway", "6T", 6, 31, "Devices")


def csv_of(*rows: Sequence[object]) -> bytes:
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def bring(client: TestClient, content: bytes, slug: str = "town") -> str:
    """Address of the preview; a list that is refused has none."""
    answer = client.post("/programmes/brought", data={"programme": slug}, files={"file": ("list.csv", content)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def known(world: World, programme_id: int = 1) -> list[tuple[str, str, int]]:
    with world.parts.database.reading() as db:
        return [(one.reference, one.name, one.classes) for one in schools.of_programme(db, programme_id)]


def laid_by(world: World) -> Iterable[Path]:
    return [Path(place) / file for place, _, files in os.walk(world.folder / "brought") for file in files]


def test_a_school_is_added_with_its_first_class(world: World) -> None:
    form = {"school": "Tidegate (demo)", "reference": "D03", "district": "Medway", "label": "6T", "on_roll": "31"}
    assert world.staff(CORA).post("/programmes/town/schools", data=form).status_code == 303
    assert ("D03", "Tidegate (demo)", 1) in known(world)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"school": ""}, "Please give the name of the school."),
        ({"reference": "rehearsal-1"}, "A school reference cannot begin with"),
        ({"reference": "<b>"}, "A school reference is a short code such as 118456"),
        ({"label": "x" * 30}, "A class has a short label"),
    ],
    ids=str,
)
def test_a_school_that_cannot_be_is_refused_and_nothing_is_kept(
    world: World, form: dict[str, str], sentence: str
) -> None:
    before = known(world)
    refused = world.staff(CORA).post("/programmes/town/schools", data={"school": "Tidegate (demo)"} | form)
    assert (refused.status_code, sentence in refused.text) == (422, True)
    assert known(world) == before


def test_a_reference_that_is_another_schools_is_refused_by_hand(world: World) -> None:
    before = known(world)
    refused = world.staff(CORA).post("/programmes/town/schools", data={"school": "Other (demo)", "reference": "d01"})
    assert refused.status_code == 409
    assert "The reference D01 is that of Harrowmarsh Primary School (demo)." in refused.text
    assert known(world) == before


def test_a_school_is_removed_once_it_has_no_class(world: World) -> None:
    cora = world.staff(CORA)
    refused = cora.post("/programmes/town/schools/1/remove")
    assert "still has a class in this programme. Remove its classes first." in refused.text
    cora.post("/programmes/town/class-groups/1/remove")
    assert cora.post("/programmes/town/schools/1/remove").status_code == 303
    assert [reference for reference, _, _ in known(world)] == ["D02"]


def test_a_school_that_another_programme_has_too_keeps_its_name(world: World) -> None:
    other_programme(world)
    cora, olga = world.staff(CORA), world.staff(OLGA)
    olga.post(bring(olga, csv_of(HEADINGS, ("D01", "Renamed (demo)", "", "6Z", 6, 20, "")), "other"))
    refused = cora.post("/programmes/town/schools/1", data={"school": "Renamed (demo)"})
    assert refused.status_code == 403
    assert "also takes part in another programme, so its name stays as it is." in refused.text
    assert known(world)[0] == ("D01", "Harrowmarsh Primary School (demo)", 1)


def test_nothing_is_kept_before_it_was_seen(world: World) -> None:
    cora, before = world.staff(CORA), known(world)
    address = bring(cora, csv_of(HEADINGS, TIDEGATE))
    page = cora.get(address).text
    assert "Nothing is kept yet." in page
    assert "Tidegate Primary School (demo)" in page
    assert known(world) == before
    assert cora.post(address).headers["location"] == "/programmes/town/schools?kept=1"
    assert ("D03", "Tidegate Primary School (demo)", 1) in known(world)
    assert laid_by(world) == []
    assert cora.get(address).status_code == 404


def test_one_bad_row_of_45_keeps_44_and_says_one_sentence(world: World) -> None:
    cora = world.staff(CORA)
    rows = [(f"E{n:02}", f"School {n} (demo)", "Medway", "6", 6, 99 if n == 10 else 28, "") for n in range(45)]
    book = openpyxl.Workbook()
    for row in (HEADINGS, *rows):
        book.worksheets[0].append(list(row))
    content = io.BytesIO()
    book.save(content)
    address = bring(cora, content.getvalue())
    page = cora.get(address).text
    assert page.count('class="wrong"') == 1
    said = "Row 12, School 10 (demo), class 6: One class has between 1 and 60 pupils on roll. The cell holds “99”."
    assert said in page
    cora.post(address)
    assert len(known(world)) == 2 + 44


def test_a_list_that_is_brought_twice_changes_nothing_and_says_what_was_new(world: World) -> None:
    cora = world.staff(CORA)
    cora.post(bring(cora, csv_of(HEADINGS, TIDEGATE)))
    before = known(world)
    address = bring(cora, csv_of(HEADINGS, TIDEGATE))
    assert "All of it is here already. There is nothing to keep." in cora.get(address).text
    again = cora.post(bring(cora, csv_of(HEADINGS, TIDEGATE, ("D09", "New (demo)", "", "6", 6, 20, ""))))
    assert "1 row was kept. 1 row was here already and unchanged." in cora.get(again.headers["location"]).text
    before = [*before, ("D09", "New (demo)", 1)]
    assert sorted(known(world)) == sorted(before)


def test_a_changed_name_is_told_and_merged_by_reference(world: World) -> None:
    cora = world.staff(CORA)
    address = bring(cora, csv_of(HEADINGS, ("d01", "Harrowmarsh Academy (demo)", "", "6H", 6, 30, "")))
    said = "Row 2 renames school D01: “Harrowmarsh Primary School (demo)” becomes “Harrowmarsh Academy (demo)”."
    assert said in cora.get(address).text
    cora.post(address)
    assert known(world)[0] == ("D01", "Harrowmarsh Academy (demo)", 1)


@pytest.mark.parametrize(
    "content",
    [
        csv_of((*HEADINGS, "First name"), (*TIDEGATE, "Ada")),
        csv_of(("School", "Class", "Pupil"), ("Tidegate (demo)", "6T", "Ada")),
        csv_of(("School", "Class", "Name"), ("Tidegate (demo)", "6T", "Ada")),
        csv_of((*HEADINGS, "Who"), *[(*TIDEGATE, f"Ada {name}") for name in ("Brook", "Cliff", "Dale", "Field")]),
        csv_of(("School", "Class"), *[("Tidegate (demo)", f"Ada {n}") for n in range(13)]),
    ],
    ids=["first name", "pupil", "name", "by what stands there", "as labels"],
)
def test_a_column_that_looks_like_pupils_names_is_refused_and_never_stored(world: World, content: bytes) -> None:
    cora, before = world.staff(CORA), known(world)
    refused = cora.post("/programmes/brought", data={"programme": "town"}, files={"file": ("list.csv", content)})
    assert refused.status_code == 422
    assert "nothing of it was read or kept." in refused.text
    assert "Ada" not in refused.text
    assert known(world) == before
    assert laid_by(world) == []


def test_a_list_is_seen_by_whoever_brought_it_only(world: World) -> None:
    other_programme(world)
    address = bring(world.staff(CORA), csv_of(HEADINGS, TIDEGATE))
    for who in (OLGA, PRIYA):
        client = world.staff(who)
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
        assert client.post(address.replace("town", "other")).status_code == 404


def test_the_spreadsheet_to_fill_in_can_be_filled_in(world: World) -> None:
    cora = world.staff(CORA)
    book = openpyxl.load_workbook(io.BytesIO(cora.get("/programmes/town/schools/list.xlsx").content))
    book["Classes"].append(list(TIDEGATE))
    content = io.BytesIO()
    book.save(content)
    cora.post(bring(cora, content.getvalue()))
    assert ("D03", "Tidegate Primary School (demo)", 1) in known(world)


def test_a_list_of_more_than_5_mb_is_refused(world: World) -> None:
    refused = world.staff(CORA).post(
        "/programmes/brought", data={"programme": "town"}, files={"file": ("list.csv", b"x" * 5_100_000)}
    )
    assert refused.status_code == 422
    assert "This list is larger than 5 MB." in refused.text
