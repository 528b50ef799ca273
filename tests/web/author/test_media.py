"""The agencies' own pictures and films in the authoring room: chosen in a step's form, seen in its preview."""

import re

import pytest

from app.content.films import NO_CAPTIONS
from app.content.sketch import PartSketch
from app.content.step_forms import fields_of, part_from
from app.domain.lesson import Film
from app.domain.media import Medium
from app.domain.people import Member, Staff
from app.store import directory, media
from app.store.media_files import MediaFolder
from app.web.author.desk import open_desk
from app.web.author.preview import whole
from tests.authors import JSON, Author, author
from tests.cast import CORA, PAUL, World
from tests.content.test_step_forms import as_sent
from tests.films import CAPTIONS, mp4
from tests.web.author.test_lessons import draft

PHOTO, FILM, SILENT, FOREIGN = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
HOOK, FILM_STEP = "/steps/hook", "/steps/film"


@pytest.fixture
def priya(world: World) -> Author:
    """Priya, whose agency has a picture and two films; the police have a picture too."""
    folder = MediaFolder(world.folder).place
    (folder / f"{PHOTO}.webp").write_bytes(b"a photo")
    (folder / f"{FILM}.mp4").write_bytes(mp4())
    with world.parts.database.transaction() as db:
        fire = directory.agency_by_slug(db, "kent-fire-and-rescue-service").id or 0
        police = directory.agency_by_slug(db, "kent-police").id or 0
        for one in (
            Medium(public_name=PHOTO, agency_id=fire, mime="image/webp", size=9, alt="Our smoke alarm."),
            Medium(public_name=FILM, agency_id=fire, mime="video/mp4", size=9, alt="Low smoke.", captions=CAPTIONS),
            Medium(public_name=SILENT, agency_id=fire, mime="video/mp4", size=9, alt="A silent film."),
            Medium(public_name=FOREIGN, agency_id=police, mime="image/webp", size=9, alt="Of the police."),
        ):
            media.add(db, one, quota=1000)
    return author(world)


def test_a_step_offers_the_agencys_own_pictures_before_the_shipped_ones(priya: Author) -> None:
    page = priya.page(HOOK)
    offered = re.findall(r"<option value=\"([^\"]+)\"[^>]*>([^<]*)</option>", page)
    assert (f"media/{PHOTO}.webp", "Ours: Our smoke alarm.") in offered
    assert FOREIGN not in page
    paths = [path for path, _ in offered]
    assert paths.index(f"media/{PHOTO}.webp") < paths.index("fire/alarm.svg")
    assert "data-media-drop" in page


def test_an_own_picture_is_chosen_seen_in_the_preview_and_blocks_nothing(world: World, priya: Author) -> None:
    assert priya.type(HOOK, picture=f"media/{PHOTO}.webp", alt="Our smoke alarm.").status_code == 303
    assert f'picture: media/{PHOTO}.webp "Our smoke alarm."' in draft(world).lesson_text
    assert priya.autosave(HOOK, priya.form(HOOK)).json()["findings"] == []
    [address] = set(re.findall(r'src="(/author/lessons/fire/media/\w+)"', priya.page("/preview?part=hook")))
    seen = priya.client.get(address)
    assert (seen.status_code, seen.headers["content-type"], seen.content) == (200, "image/webp", b"a photo")
    assert world.staff(CORA).get(address).status_code == 200  # who reviews it sees it
    assert world.staff(PAUL).get(address).status_code == 404
    refused = priya.client.post("/author/media/remove", data={"name": PHOTO})
    assert "This is shown in Get out, stay out, so it stays." in refused.text


def test_another_agencys_picture_is_told_as_missing(priya: Author) -> None:
    told = priya.autosave(HOOK, priya.form(HOOK) | {"picture": f"media/{FOREIGN}.webp", "alt": "x"}).json()
    assert [one["sentence"] for one in told["findings"]] == [
        f'"media/{FOREIGN}.webp" is not among your agency\'s own pictures.'
    ]


def test_a_film_is_a_step_of_its_own_and_needs_captions_before_it_is_published(world: World, priya: Author) -> None:
    assert priya.send("/steps", kind="film").headers["location"].endswith(FILM_STEP)
    page = priya.page(FILM_STEP)
    assert f'<option value="media/{FILM}.mp4">Low smoke.</option>' in page
    assert f'<option value="media/{SILENT}.mp4">A silent film. (no captions yet)</option>' in page
    told = priya.autosave(FILM_STEP, priya.form(FILM_STEP) | {"title": "Low", "film": f"media/{SILENT}.mp4"}).json()
    [problem] = told["findings"]
    assert (problem["field"], problem["sentence"]) == (
        "film",
        NO_CAPTIONS,
    )
    assert priya.page("/preview?part=film")  # nothing to show yet, and no crash
    told = priya.autosave(FILM_STEP, priya.form(FILM_STEP) | {"film": f"media/{FILM}.mp4"}).json()
    assert told["findings"] == []
    assert f"film: media/{FILM}.mp4\ncaptions: media/{FILM}.vtt\n" in draft(world).lesson_text
    assert (
        priya.send("/steps", kind="film").headers["location"].endswith("/steps/film-2")
    )  # a lesson may have several


def test_a_film_is_looked_at_in_its_frames_with_captions_and_transcript(world: World, priya: Author) -> None:
    priya.send("/steps", kind="film")
    typed = priya.form(FILM_STEP) | {"title": "Low", "film": f"media/{FILM}.mp4"}
    shown = priya.client.post(f"{priya.address}{FILM_STEP}/preview", data=typed, headers=JSON).json()
    assert "Priya: Smoke goes up." in shown["pupil"]
    film, captions = re.findall(r'src="(/author/lessons/fire/media/\w+)"', shown["screen"])[:2]
    answer = priya.client.get(film, headers={"range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (206, mp4()[:10])
    assert priya.client.get(captions).headers["content-type"] == "text/vtt; charset=utf-8"


def test_a_lesson_with_own_picture_and_film_makes_a_version(world: World, priya: Author) -> None:
    priya.type(HOOK, picture=f"media/{PHOTO}.webp", alt="Our smoke alarm.")
    priya.send("/steps", kind="film")
    priya.type(FILM_STEP, title="Low", film=f"media/{FILM}.mp4")
    with world.parts.database.reading() as db:
        fire = directory.agency_by_slug(db, "kent-fire-and-rescue-service").id
        who = Staff(account_id=1, name="Priya", memberships=(Member(role="presenter", agency_id=fire),))
        desk = open_desk(db, world.parts, who, "fire")
    assert desk.checked.blocking == ()
    step = whole(desk).step("film")
    assert isinstance(step, Film)
    assert step.file.transcript == ("Priya: Smoke goes up.", "Mo: So you go low!")


def test_an_untouched_film_form_keeps_its_captions() -> None:
    part = PartSketch(
        kind="Film", title="Low", settings=(("minutes", "1"), ("film", "fire/a.mp4"), ("captions", "fire/b.vtt"))
    )
    sent = as_sent(fields_of(part))
    assert part_from(sent | {"film": "fire/a.mp4"}, part) == part
    assert part_from(sent | {"film": ""}, part).setting("captions") == ""
