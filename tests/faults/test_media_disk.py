"""A full disk while a picture or film is added: told in a sentence, and nothing half written stays."""

import html
from contextlib import suppress
from pathlib import Path

from app.store import media
from app.store.media_files import FULL, MediaFolder
from tests.cast import World
from tests.content.test_picture_files import picture, saved
from tests.faults.test_disk_and_lock import small_disk
from tests.films import mp4

WORDS = {"alt": "A smoke alarm.", "rights": "Our own."}
TOLD = ("The server's disk is full.", "tell whoever runs the server")


def files_of(world: World) -> list[str]:
    return [file.name for file in MediaFolder(world.folder).place.iterdir()]


def test_on_a_full_disk_nothing_is_added_and_nothing_half_written_stays(tmp_path: Path) -> None:
    film, photo = mp4(media=bytes(9_000_000)), saved(picture())
    with small_disk(tmp_path / "data", "8m") as disk, World(disk) as world:
        priya = world.staff()
        json = {"accept": "application/json"}
        refused = priya.post("/author/media", data=WORDS, files={"file": ("film.mp4", film)}, headers=json)
        assert (refused.status_code, refused.json()) == (409, {"say": FULL})
        assert files_of(world) == []

        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as full, suppress(OSError):
            while full.write(bytes(4096)):
                pass
        page = priya.post("/author/media", data=WORDS, files={"file": ("photo.png", photo)})
        assert page.status_code in (409, 503)
        assert all(words in html.unescape(page.text) for words in TOLD)
        assert files_of(world) == []
        with world.parts.database.reading() as db:
            assert media.own(db) == {}

        ballast.unlink()
        again = priya.post("/author/media", data=WORDS, files={"file": ("photo.png", photo)}, headers=json)
        assert again.status_code == 201
        assert files_of(world) == [f"{again.json()['name']}.webp"]
