"""What an author brings is shown before it is kept, and what is taken away comes back the same."""

import io
import os
import re
import time
from typing import Any

import pytest
from httpx2 import Response

from app.content.importers import read
from app.content.packages import pack
from app.store import media
from app.store.brought_files import KEPT_SECONDS
from app.web.author import bringing
from tests.authors import Author, author, forms_on
from tests.cast import CORA, FAY, PAUL, World
from tests.content.importers.test_slides import add_picture, picture, talk, words
from tests.content.importers.written import ALARM, SMOKE, kahoot_rows, workbook
from tests.web.author.test_lessons import draft

BAD = ("What has no right answer?", "This", "That", "", "", 20, "")
KAHOOT = workbook(kahoot_rows(ALARM, BAD, SMOKE))
FILES = ("lesson.zip", "hand-out.md", "hand-out.html", "questions.xlsx", "questions.csv", "kahoot.xlsx", "kahoot.csv")


def bring(who: Author, content: bytes, name: str = "quiz.xlsx", key: str = "") -> Response:
    files = {"file": (name, io.BytesIO(content), "application/octet-stream")}
    return who.client.post("/author/brought", data={"lesson": key or who.key}, files=files)


def shown(who: Author, content: bytes, name: str = "quiz.xlsx") -> tuple[str, str]:
    """The address of the preview, and the page."""
    address = bring(who, content, name).headers["location"]
    page = who.client.get(address)
    assert page.status_code == 200
    return address, page.text


def keep(who: Author, address: str, **fields: Any) -> Response:
    return who.client.post(address, data=fields)


def test_what_was_found_is_shown_and_nothing_is_kept(world: World) -> None:
    priya = author(world)
    _, page = shown(priya, KAHOOT, "Fire_quiz.xlsx")
    assert "Fire quiz" in page
    assert "Kahoot spreadsheet" in page
    assert "<li>2 questions</li><li>1 left out</li>" in page
    assert "Row 10 has no right answer. Write 1, 2, 3 or 4 in the last column." in page
    assert "Where is the cleaner air?" in page
    assert "Where is the cleaner air?" not in priya.page("/quiz")
    with pytest.raises(Exception, match="could not find"):
        draft(world)


def test_what_is_ticked_is_kept_and_can_be_undone(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, KAHOOT)
    assert keep(priya, address, question=["1"]).headers["location"] == f"{priya.address}/quiz"
    quiz = priya.page("/quiz")
    assert "Where is the cleaner air?" in quiz
    assert "How often do we test a smoke alarm?" not in quiz
    assert "Undo<span" in quiz
    priya.undo()
    assert "Where is the cleaner air?" not in priya.page("/quiz")


def test_a_kept_file_is_gone_and_cannot_be_kept_twice(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, KAHOOT)
    keep(priya, address, question=["0", "1"])
    again = keep(priya, address, question=["0", "1"])
    assert again.status_code == 404
    assert "Bring it again." in again.text
    assert priya.page("/quiz").count("Where is the cleaner air?") == 1


def test_nothing_ticked_is_told(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, KAHOOT)
    for ticked in ([], ["7"]):
        refused = keep(priya, address, question=ticked)
        assert refused.status_code == 422
        assert "Nothing was ticked, so nothing was kept." in refused.text


def test_more_than_a_lesson_can_hold_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    priya = author(world)
    address, _ = shown(priya, KAHOOT)
    monkeypatch.setattr(bringing, "LARGEST_TEXT", 5_000)
    refused = keep(priya, address, question=["0"])
    assert refused.status_code == 422
    assert "more than one lesson can hold" in refused.text
    assert "How often do we test a smoke alarm?" not in priya.page("/quiz")


def test_a_file_that_cannot_be_read_is_told_in_one_sentence_and_offers_nothing(world: World) -> None:
    _, page = shown(author(world), b"\xd0\xcf\x11\xe0old office")
    assert "This is an old Office file, or one with a password." in page
    assert "Keep what is ticked" not in page


def test_slides_are_shown_with_their_pictures_and_become_cards(world: World) -> None:
    priya = author(world)
    address, page = shown(priya, talk(words, lambda slide: add_picture(slide, "A door.")), "talk.pptx")
    assert "Let pupils bend low." in page
    [source] = re.findall(r'<img src="([^"]+)" alt="A door."', page)
    seen = priya.client.get(source)
    assert seen.content == picture().getvalue()
    assert seen.headers["content-type"] == "image/png"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert keep(priya, address, slide=["0"]).headers["location"] == f"{priya.address}/steps/facts"
    assert "Smoke goes up" in priya.page("/steps/facts")
    assert "### Smoke goes up\n\n- Crawl low\n" in draft(world).lesson_text


def test_pictures_of_slides_become_the_agency_s_own(world: World) -> None:
    priya = author(world)
    two = talk(lambda slide: add_picture(slide, "A door."), add_picture)
    address, page = shown(priya, two, "talk.pptx")
    assert 'name="alt-2-1"' in page
    assert 'name="alt-1-1"' not in page
    fields = {"slide": ["0", "1"], "rights": "our own photos", "alt-2-1": 'The "key"'}
    assert keep(priya, address, **fields).status_code == 303
    with world.parts.database.reading() as db:
        kept = media.own(db)
    lines = [one.lines[0] for one in kept.values()]
    assert [one.rights for one in kept.values()] == ["our own photos"] * 2
    assert {one.alt for one in kept.values()} == {"A door.", "The 'key'"}
    assert all(f"### Look\n{line}\n" in draft(world).lesson_text for line in lines)


def test_a_picture_may_be_described_later_and_then_blocks_publishing(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, talk(add_picture), "talk.pptx")
    keep(priya, address, slide=["0"], rights="our own photos")
    with world.parts.database.reading() as db:
        [medium] = media.own(db).values()
    assert medium.alt == "From slide 1: Look"
    assert f"picture: {medium.path}\n" in draft(world).lesson_text
    assert "This picture has no alt text." in priya.page()


def test_pictures_are_not_kept_before_it_is_told_whose_they_are(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, talk(add_picture), "talk.pptx")
    refused = keep(priya, address, slide=["0"])
    assert refused.status_code == 422
    assert "Say whose it is" in refused.text
    assert keep(priya, address, slide=["0"], rights="our own").status_code == 303


def test_a_package_brings_its_pictures_under_the_names_they_have_in_it(world: World) -> None:
    priya = author(world)
    name = "0" * 31 + "1"
    address, _ = shown(priya, talk(lambda slide: add_picture(slide, "A door.")), "talk.pptx")
    keep(priya, address, slide=["0"], rights="our own")
    package = read("", priya.client.get(f"{priya.address}/files/lesson.zip").content)
    [path] = [path for path in package.files if path.startswith("media/")]
    files = {
        file.replace(path, f"media/{name}.webp"): content.replace(path.encode(), f"media/{name}.webp".encode())
        for file, content in package.files.items()
    }
    address, page = shown(priya, pack(files), "fire.zip")
    assert "Whose are the pictures and films?" in page
    assert keep(priya, address, **forms_on(page)[address]).status_code == 422
    assert keep(priya, address, **forms_on(page)[address] | {"rights": "our own"}).status_code == 303
    with world.parts.database.reading() as db:
        kept = media.own(db)[f"media/{name}.webp"]
    assert (kept.alt, kept.width, kept.height) == ("A door.", 40, 20)
    again = read("", priya.client.get(f"{priya.address}/files/lesson.zip").content)
    assert f"media/{name}.webp" in again.files
    assert again.files["lessons/fire.md"] == files["lessons/fire.md"]


def test_a_lesson_is_taken_away_and_brought_back_letter_by_letter(world: World) -> None:
    priya = author(world)
    package = priya.client.get(f"{priya.address}/files/lesson.zip").content
    _, page = shown(priya, package, "fire.zip")
    assert "This is the lesson as it stands here, to the letter." in page
    assert priya.client.get(f"{priya.address}/files/lesson.zip").content == package

    priya.send("/order", part="poll", by="-1")
    address, page = shown(priya, package, "fire.zip")
    assert "take the place of those here" in page
    assert keep(priya, address, **forms_on(page)[address]).status_code == 303
    assert priya.client.get(f"{priya.address}/files/lesson.zip").content == package
    assert "the whole lesson" in priya.page()
    priya.undo()
    assert priya.client.get(f"{priya.address}/files/lesson.zip").content != package


def test_a_package_does_not_overwrite_what_somebody_has_written_meanwhile(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    package = priya.client.get(f"{priya.address}/files/lesson.zip").content
    priya.send("/order", part="poll", by="-1")
    address, page = shown(priya, package, "fire.zip")
    fay.send("/order", part="poll", by="1")
    fay.send("/steps/poll/remove")
    refused = keep(priya, address, **forms_on(page)[address])
    assert refused.status_code == 409
    assert "## Poll" not in draft(world).lesson_text


def test_a_package_without_a_lesson_changes_nothing(world: World) -> None:
    priya = author(world)
    address, page = shown(priya, pack({"lessons/fire.md": b"\xff", "quizzes/fire.yaml": b""}), "fire.zip")
    assert "There is no lesson with its quiz in this package." in page
    assert keep(priya, address, revision="0").status_code == 422


def test_everything_is_taken_away_as_a_file_of_its_own(world: World) -> None:
    priya = author(world)
    page = priya.page("/files")
    for name in FILES:
        answer = priya.client.get(f"{priya.address}/files/{name}")
        assert answer.status_code == 200
        assert re.fullmatch(r'attachment; filename="fire[a-z-]*\.\w+"', answer.headers["content-disposition"])
        assert f'href="{priya.address}/files/{name}"' in page


def test_the_hand_out_holds_its_pictures(world: World) -> None:
    page = author(world).client.get("/author/lessons/fire/files/hand-out.html").text
    assert page.count('src="data:image/svg+xml;base64,') == page.count("<img ") > 10


def test_questions_leave_as_a_spreadsheet_that_can_be_brought_back(world: World) -> None:
    content = author(world).client.get("/author/lessons/fire/files/questions.xlsx").content
    assert len(read("", content).questions) == 12


def test_the_template_is_for_every_author(world: World) -> None:
    answer = author(world).client.get("/author/questions.xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="questions.xlsx"'
    assert read("", answer.content).is_empty


def test_a_draft_with_problems_leaves_as_a_package_and_as_nothing_else(world: World) -> None:
    priya = author(world)
    priya.send("/steps/poll/remove")
    priya.send("/steps", kind="poll")
    page = priya.page("/files")
    assert "A hand-out can be made once the lesson has no more problems." in page
    assert "/files/lesson.zip" in page
    assert "/files/hand-out.html" not in page
    refused = priya.client.get(f"{priya.address}/files/hand-out.html")
    assert refused.status_code == 409
    assert "Put them right first" in refused.text
    assert priya.client.get(f"{priya.address}/files/lesson.zip").status_code == 200


def test_whoever_may_not_see_a_lesson_neither_takes_nor_brings_anything(world: World) -> None:
    stranger = author(world, PAUL)
    address, _ = shown(author(world), KAHOOT)
    assert bring(stranger, KAHOOT).status_code == 404
    for path in ("/files", *(f"/files/{name}" for name in FILES)):
        assert stranger.client.get(stranger.address + path).status_code == 404
    assert stranger.client.get(address).status_code == 404
    assert keep(stranger, address, question=["0"]).status_code == 404


def test_a_coordinator_takes_but_does_not_bring(world: World) -> None:
    cora = author(world, CORA)
    assert "whose members edit it" in cora.page("/files")
    assert cora.client.get(f"{cora.address}/files/lesson.zip").status_code == 200
    refused = bring(cora, KAHOOT)
    assert refused.status_code == 403
    assert "whose members edit it" in refused.text


def test_nobody_else_sees_what_somebody_brought(world: World) -> None:
    priya, fay = author(world), author(world, FAY)
    address, _ = shown(priya, KAHOOT)
    assert fay.client.get(address).status_code == 404
    assert keep(fay, address, question=["0"]).status_code == 404


def test_a_brought_file_is_gone_after_an_hour(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, KAHOOT)
    [folder] = (world.settings.data_dir / "brought").iterdir()
    before = time.time() - KEPT_SECONDS - 1
    os.utime(folder, (before, before))
    shown(priya, KAHOOT)
    assert priya.client.get(address).status_code == 404


def test_a_form_without_a_file_is_told(world: World) -> None:
    client = author(world).client
    forms: tuple[dict[str, Any], ...] = (
        {"data": {"lesson": "fire"}},
        {"data": {"lesson": "fire"}, "files": {"file": ("", b"")}},
        {"content": b"x"},
    )
    for form in forms:
        refused = client.post("/author/brought", **form)
        assert refused.status_code == 422
        assert "Choose a file first." in refused.text


def test_a_file_that_is_too_large_is_told_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "LARGEST_BROUGHT", 100_000)
    refused = bring(author(world), b"x" * 200_000)
    assert refused.status_code == 422
    assert "This file is larger than 50 MB." in refused.text
    monkeypatch.setattr(bringing, "LARGEST_SENT", 150_000)
    assert "This file is larger than 50 MB." in bring(author(world), b"x" * 200_000).text


def test_who_is_not_signed_in_brings_nothing(world: World) -> None:
    answer = world.browser().post("/author/brought", data={"lesson": "fire"}, files={"file": ("a.csv", b"a")})
    assert answer.status_code in (303, 401, 403)
    assert not (world.settings.data_dir / "brought").exists()


def test_a_picture_that_is_not_there_is_not_found(world: World) -> None:
    priya = author(world)
    address, _ = shown(priya, KAHOOT)
    for place in ("1-1", "9-9", "%2e%2e", "..%2ffound.json", "x" * 300):
        assert priya.client.get(f"{address}/pictures/{place}").status_code == 404


def test_hostile_words_are_only_words(world: World) -> None:
    hostile = '<script>alert("1")</script>'
    _, page = shown(author(world), workbook(kahoot_rows((hostile, "a", "b", "", "", 20, 1))), f"{hostile}.xlsx")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)" in page
