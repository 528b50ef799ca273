"""A package starts a new lesson where there is none of its name, with all that belongs to it, byte for byte."""

import io
import shutil
from pathlib import Path

from PIL import Image

from app.content.importers import read
from app.content.packages import pack
from app.store import media
from tests.authors import JSON, Author, author, forms_on
from tests.cast import CORA, PAUL, PRIYA, World
from tests.films import CAPTIONS, mp4
from tests.web.author.test_files import KAHOOT, keep, shown
from tests.web.author.test_lessons import draft


def room(world: World, email: str = PRIYA) -> Author:
    return author(world, email, key="")


def renamed(world: World, key: str = "den", **texts: str) -> dict[str, bytes]:
    """The fire lesson under a name that is free, with these words in place of others."""
    lesson = (world.settings.lessons_dir / "fire.md").read_text().replace("\nquiz: fire\n", f"\nquiz: {key}\n")
    for old, new in texts.items():
        lesson = lesson.replace(old, new)
    quiz = (world.settings.quizzes_dir / "fire.yaml").read_text()
    return {f"lessons/{key}.md": lesson.encode(), f"quizzes/{key}.yaml": quiz.encode()}


def add(who: Author, file: bytes, **more: bytes) -> str:
    """An own picture or film; its path."""
    files = {"file": ("x", file), **{name: ("x", content) for name, content in more.items()}}
    words = {"alt": "A den under a table.", "rights": "our own"}
    added = who.client.post("/author/media", data=words, files=files, headers=JSON)
    assert added.status_code == 201, added.text
    return str(added.json()["path"])


def photo() -> bytes:
    drawn = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(drawn, "PNG")
    return drawn.getvalue()


def begin(who: Author, package: bytes, **fields: str) -> str:
    address, page = shown(who, package, "den.zip")
    assert "Nothing is kept yet." in page
    begun = keep(who, address, **forms_on(page)[address] | fields)
    assert begun.status_code == 303, begun.text
    return begun.headers["location"]


def test_a_lesson_with_its_picture_and_film_goes_to_another_server_and_leaves_it_the_same(
    world: World, seeded_folder: Path, tmp_path: Path
) -> None:
    priya = room(world)
    picture, film = add(priya, photo()), add(priya, mp4(), captions=CAPTIONS.encode())
    step = f"## Film: A den\nminutes: 1\nfilm: {film}\ncaptions: {film.removesuffix('.mp4')}.vtt\n\n## Facts"
    files = renamed(world, **{"## Facts": step, "fire/home-plan.svg": picture})
    assert picture.encode() in files["lessons/den.md"]
    assert begin(priya, pack(files)) == "/author/lessons/den"
    package = priya.client.get("/author/lessons/den/files/lesson.zip").content
    assert {path[-4:] for path in read("", package).files} == {".svg", "yaml", "n.md", "webp", ".mp4", ".vtt"}

    shutil.copytree(seeded_folder, tmp_path / "elsewhere", symlinks=True)
    with World(tmp_path / "elsewhere") as elsewhere:
        there = room(elsewhere)
        address, page = shown(there, package, "den.zip")
        assert keep(there, address, **forms_on(page)[address]).status_code == 422  # whose are the pictures?
        begin(there, package, rights="Kent Fire and Rescue Service")
        den = author(elsewhere, key="den")
        assert den.client.get(f"{den.address}/files/lesson.zip").content == package
        assert "Nothing is missing" in den.page()
        with elsewhere.parts.database.reading() as db:
            kept = media.own(db)
        assert (kept[film].alt, kept[film].rights) == ("A den", "Kent Fire and Rescue Service")
        assert "This is the lesson as it stands here, to the letter." in shown(den, package, "den.zip")[1]


def test_a_name_that_is_taken_is_told_and_nothing_is_changed(world: World) -> None:
    priya = room(world)
    package = author(world).client.get("/author/lessons/fire/files/lesson.zip").content
    address, page = shown(priya, package, "fire.zip")
    assert "There is a lesson &#34;fire&#34; here already." in page
    assert "Add this lesson" not in page
    assert keep(priya, address).status_code == 409


def test_another_agency_leads_what_it_brings(world: World) -> None:
    paul = room(world, PAUL)
    _, page = shown(paul, pack(renamed(world)), "den.zip")
    assert "It will be led by Kent Police instead of Kent Fire and Rescue Service." in page
    begin(paul, pack(renamed(world)))
    text = draft(world, "den").lesson_text.encode()
    lead = b"\nlead: Kent Police\n"
    assert text.replace(lead, b"\nlead: Kent Fire and Rescue Service\n") == renamed(world)["lessons/den.md"]
    assert author(world).client.get("/author/lessons/den").status_code == 404


def test_what_is_no_package_of_a_lesson_begins_none(world: World) -> None:
    priya = room(world)
    for content, name in ((KAHOOT, "quiz.xlsx"), (pack({"lessons/den.md": b"\xff"}), "den.zip")):
        address, page = shown(priya, content, name)
        assert "There is no lesson with its quiz in this file." in page
        assert keep(priya, address).status_code == 422
    untitled = pack(renamed(world, **{"\ntopic: ": "\nsubject: "}))
    assert "does not say its title and its topic" in shown(priya, untitled, "den.zip")[1]


def test_only_members_of_an_agency_bring_a_lesson(world: World) -> None:
    cora = room(world, CORA)
    files = {"file": ("den.zip", pack(renamed(world)))}
    assert cora.client.post("/author/brought", data={"lesson": ""}, files=files).status_code == 403
