"""Class links: one for each class, printed in a letter, and taken away while they are in use."""

import re
from datetime import timedelta

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.store import class_links, directory
from app.store.tables import ClassLinkRow
from tests.cast import CORA, TESS_LINK, World
from tests.papers import faults_for_screen_readers
from tests.planning import book, plan
from tests.served import ServedWorld
from tests.web.test_programmes import other_programme


def make(world: World, cora: TestClient, class_group: int = 1) -> str:
    """A new link of a class; its address without the host."""
    assert cora.post(f"/programmes/town/class-groups/{class_group}/link").status_code == 303
    found = re.search(
        r'value="http://127\.0\.0\.1:8000(/c/[\w-]+)"', cora.get(f"/programmes/town/class-groups/{class_group}").text
    )
    assert found, "no class link on the page"
    return found[1]


def browsers(world: World, class_group: int = 1) -> list[int]:
    with world.parts.database.reading() as db:
        links = class_links.of_programme(db, 1, secret=world.settings.secret(), now=world.clock.now)
    return [one.id for one in links[class_group].browsers]


def words_of(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def test_a_new_link_opens_the_class_and_ends_the_old_one_in_use(world: World) -> None:
    tess, cora = world.teacher(), world.staff(CORA)
    address = make(world, cora)
    assert tess.get("/class").status_code == 403
    assert world.browser().post(f"/c/{TESS_LINK}").status_code == 404
    teacher = world.browser()
    assert teacher.post(address).headers["location"] == "/class"
    assert "6H" in teacher.get("/class").text


@pytest.mark.parametrize("write", [str.lower, str.upper])
def test_a_printed_link_is_typed_in_any_case(world: World, write: object) -> None:
    address = make(world, world.staff(CORA))
    assert callable(write)
    page = world.browser().get(write(address))
    assert page.status_code == 200
    assert "6H" in page.text
    assert world.browser().post(write(address)).headers["location"] == "/class"


def test_a_token_is_not_in_the_database(world: World) -> None:
    token = make(world, world.staff(CORA)).rpartition("/")[2]
    with world.parts.database.reading() as db:
        group = directory.class_group(db, 1)
        rows = db.exec(select(ClassLinkRow)).all()
    assert group.label == "6H"
    assert all(token not in str(row.model_dump()) for row in rows)
    with world.parts.database.reading() as db:
        other_secret = class_links.of_programme(db, 1, secret="another", now=world.clock.now)
    assert other_secret[1].token == ""


def test_links_are_made_for_classes_that_have_none_and_others_stay(world: World) -> None:
    cora = world.staff(CORA)
    address = make(world, cora)
    for label in ("6A", "6B"):
        cora.post("/programmes/town/class-groups", data={"school": "Tidegate (demo)", "label": label})
    assert "2 classes have no class link yet." in cora.get("/programmes/town/class-groups").text
    made = cora.post("/programmes/town/letters").headers["location"]
    assert "2 class links were made." in cora.get(made).text
    assert world.browser().get(address).status_code == 200
    assert world.teacher("theo-class-link-token").get("/class").status_code == 200
    letters = cora.get("/programmes/town/letters").text
    assert letters.count("Your class link") == 3
    assert "no class link yet" not in cora.get("/programmes/town/class-groups").text


def test_a_letter_names_its_coordinator_and_the_live_session_in_which_the_class_has_a_place(world: World) -> None:
    cora = world.staff(CORA)
    make(world, cora)
    make(world, cora, 2)
    book(world, cora, plan(world, cora), 1)
    for of_class, is_booked in ((1, True), (2, False)):
        address = f"/programmes/town/letters/{of_class}"
        [printed] = words_of(cora.get(f"{address}/letter.pdf").content)
        for said in (cora.get(address).text, " ".join(printed.split())):
            assert "Ask Cora (cora@sia.example), who coordinates" in said
            assert ("Tuesday 10 November 2026, 10:00 to 10:45" in said) is is_booked


def test_all_letters_are_one_tagged_pdf_with_a_page_for_each_class(world: World) -> None:
    cora = world.staff(CORA)
    token = make(world, cora).rpartition("/")[2]
    make(world, cora, 2)
    answer = cora.get("/programmes/town/letters.pdf")
    pages = words_of(answer.content)
    assert answer.headers["content-type"] == "application/pdf"
    assert faults_for_screen_readers(answer.content) == []
    assert [("class 6H" in page, "class 6A" in page) for page in pages] == [(True, False), (False, True)]
    letters_only = [re.sub(r"[^A-Z0-9]", "", page.upper()) for page in pages]
    assert token.replace("-", "") in letters_only[0]
    assert "Nothing about pupils" in pages[0]
    assert len(words_of(cora.get("/programmes/town/letters/2/letter.pdf").content)) == 1


def test_a_link_of_an_earlier_release_has_no_letter_and_says_so(world: World) -> None:
    cora = world.staff(CORA)
    assert "only its holder knows it" in cora.get("/programmes/town/class-groups/1").text
    for end in ("", ".pdf", "/1", "/1/letter.pdf"):
        refused = cora.get(f"/programmes/town/letters{end}")
        assert refused.status_code == 404
        assert "Make a new class link first" in refused.text


def test_a_browser_that_is_removed_is_signed_out_and_makes_room(world: World) -> None:
    kept, gone = world.teacher(), world.teacher()
    first, second = browsers(world)
    cora = world.staff(CORA)
    assert "2 of 5." in cora.get("/programmes/town/class-groups/1").text
    cora.post("/programmes/town/class-groups/1/browsers/remove", data={"browser_id": second})
    assert (kept.get("/class").status_code, gone.get("/class").status_code) == (200, 403)
    assert browsers(world) == [first]


def test_a_browser_of_another_class_is_not_found(world: World) -> None:
    theo = world.teacher("theo-class-link-token")
    other_programme(world)
    refused = world.staff(CORA).post(
        "/programmes/town/class-groups/1/browsers/remove", data={"browser_id": browsers(world, 2)[0]}
    )
    assert refused.status_code == 404
    assert "We could not find that browser." in refused.text
    assert theo.get("/class").status_code == 200


def test_a_link_that_has_run_out_counts_as_none(world: World) -> None:
    make(world, world.staff(CORA))
    with world.parts.database.reading() as db:
        later = world.clock.now + timedelta(days=400)
        assert class_links.of_programme(db, 1, secret=world.settings.secret(), now=later) == {}


@pytest.mark.parametrize("how", ["link", "browsers/remove", "sign-out"])
def test_sockets_of_whoever_loses_the_link_close_in_the_midst_of_a_lesson(served: ServedWorld, how: str) -> None:
    tess, cora = served.visitor().open_class(), served.visitor().sign_in(CORA)
    assert (
        tess.http.post("/class/run", data={"version_id": "1", "questions": "8", "present": "28"}).status_code == 303
    )
    line = tess.socket("/class/run/socket?as=screen")
    line.until(kind="panel", panel="live")
    if how == "sign-out":
        tess.http.post("/class/sign-out")
    else:
        cora.http.post(f"/programmes/town/class-groups/1/{how}", data={"browser_id": "1"})
    assert line.closed_code() == 1000
    assert tess.socket("/class/run/socket?as=screen").until(kind="bye")["why"] == "signed_out"
    assert tess.http.get("/class").status_code == 403
