"""An agency's own pictures and films: added by its members, counted on the way in, seen by nobody else."""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.content import film_facts, media_kinds, picture_files
from app.store import lessons, media, media_files
from app.store.media_files import MediaFolder
from app.web import own_media, security, uploads
from tests.cast import ADDRESS, CORA, PAUL, PRIYA, World
from tests.content.test_picture_files import PAYLOADS, SECRET, gps_photo, noise, picture, png_of, saved
from tests.films import CAPTIONS, box, mp4, webm
from tests.served import ServedWorld

T = TypeVar("T")

PNG = saved(picture())
WORDS = {"alt": "A smoke alarm.", "rights": "Our own photo."}


def add(
    client: TestClient, content: bytes = PNG, *, name: str = "photo.png", captions: bytes | None = None, **words: str
) -> Response:
    """One file, as a script sends it."""
    files = {"file": (name, content, "application/octet-stream")}
    if captions is not None:
        files["captions"] = ("words.vtt", captions, "text/vtt")
    accept = {"accept": "application/json"}
    return client.post("/author/media", data=WORDS | words, files=files, headers=accept)


def added(client: TestClient, content: bytes = PNG, **options: Any) -> dict[str, Any]:
    answer = add(client, content, **options)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def files_of(world: World) -> list[str]:
    return sorted(place.name for place in MediaFolder(world.folder).place.iterdir())


def nothing_is_left(world: World) -> bool:
    with world.parts.database.reading() as db:
        return not media.own(db) and not files_of(world)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for the tests that leave nothing behind."""
    with World(tmp_path_factory.mktemp("shared")) as world:
        yield world


@pytest.fixture(scope="module")
def priya(shared: World) -> TestClient:
    return shared.staff()


# What is added, and how it looks then


def test_a_picture_is_drawn_anew_and_the_answer_says_how_a_lesson_names_it(world: World) -> None:
    priya = world.staff()
    found = added(priya, saved(noise(300, 200), "JPEG"))
    assert re.fullmatch(r"[0-9a-f]{32}", found["name"])
    assert (found["kind"], found["width"], found["height"]) == ("picture", 300, 200)
    assert found["lines"] == [f'picture: media/{found["name"]}.webp "A smoke alarm."']
    seen = priya.get(f"/media/{found['name']}.webp")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/webp")
    assert (seen.content[:4], len(seen.content)) == (b"RIFF", found["size"])
    assert files_of(world) == [f"{found['name']}.webp"]


def test_a_form_without_scripts_leads_to_the_page_of_all(world: World) -> None:
    priya = world.staff()
    answer = priya.post("/author/media", data=WORDS, files={"file": ("photo.png", PNG), "captions": ("", b"")})
    assert answer.status_code == 303
    page = priya.get("/author/media")
    name = answer.headers["location"].removeprefix("/author/media#")
    assert f'id="{name}"' in page.text
    assert f'src="/media/{name}.webp" alt="A smoke alarm."' in page.text
    assert "In no lesson yet" in page.text
    assert "Our own photo." in page.text
    assert "Pictures and films" in priya.get("/author").text


def test_a_decorative_picture_needs_no_words(world: World) -> None:
    priya = world.staff()
    found = added(priya, alt="", decorative="yes")
    assert found["lines"] == [f"picture: media/{found['name']}.webp decorative"]
    assert f'src="/media/{found["name"]}.webp" alt=""' in priya.get("/author/media").text


def test_words_are_shown_as_words(world: World) -> None:
    priya = world.staff()
    added(priya, alt='A "hot" door</h3><script>alert(1)</script>', rights="<img src=x onerror=alert(1)>")
    page = priya.get("/author/media").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "A &#39;hot&#39; door&lt;/h3&gt;" in page


def test_nothing_of_a_photo_tells_where_it_was_taken(world: World) -> None:
    assert SECRET in gps_photo()
    added(world.staff(), gps_photo())
    for file in world.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for trace in (SECRET, b"Exif", b"GPS", b"adobe:ns:meta"):
                assert trace not in content, (file.name, trace)


def test_a_film_is_kept_as_it_is_and_has_its_captions_beside_it(world: World) -> None:
    priya = world.staff()
    found = added(priya, mp4(), name="film.mp4", captions=CAPTIONS.encode())
    name = found["name"]
    assert found["lines"] == [f"film: media/{name}.mp4", f"captions: media/{name}.vtt"]
    assert (found["kind"], found["needs_captions"], found["width"]) == ("film", False, 640)
    assert priya.get(f"/media/{name}.mp4").content == mp4()
    words = priya.get(f"/media/{name}.vtt")
    assert words.headers["content-type"] == "text/vtt; charset=utf-8"
    assert words.text.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n<v Priya>Smoke goes up.")


def test_captions_may_come_later_and_be_changed(world: World) -> None:
    priya = world.staff()
    found = added(priya, webm(), name="film.webm")
    assert found["needs_captions"]
    assert "No captions yet" in priya.get("/author/media").text
    assert priya.get(f"/media/{found['name']}.vtt").status_code == 404
    for words in (CAPTIONS, CAPTIONS.replace("Smoke goes up", "Heat goes up")):
        later = added(priya, words.encode(), name="words.vtt", film=found["name"])
        assert (later["name"], later["needs_captions"]) == (found["name"], False)
    assert "Heat goes up" in priya.get(f"/media/{found['name']}.vtt").text
    assert len(files_of(world)) == 1


# Who may


def test_only_members_of_the_agency_see_change_or_list_what_it_has(world: World) -> None:
    priya, paul = world.staff(), world.staff(PAUL)
    film = added(priya, mp4(), captions=CAPTIONS.encode())["name"]
    run = world.start(world.teacher())
    for stranger in (paul, world.staff(CORA), world.browser(), world.teacher(), world.pupil(run)):
        for suffix in ("mp4", "vtt"):
            assert stranger.get(f"/media/{film}.{suffix}").status_code == 404
    assert film not in paul.get("/author/media").text
    assert paul.get("/author/media", headers={"accept": "application/json"}).json() == {"media": []}
    assert add(paul, CAPTIONS.encode(), film=film).status_code == 404
    assert paul.post("/author/media/remove", data={"name": film}).status_code == 404
    assert priya.get(f"/media/{film}.mp4").status_code == 200
    found = priya.get("/author/media", headers={"accept": "application/json"}).json()["media"]
    assert [one["name"] for one in found] == [film]


def test_a_coordinator_has_no_pictures_and_is_told_why(shared: World) -> None:
    cora = shared.staff(CORA)
    assert add(cora).json() == {"say": own_media.NO_AGENCY}
    for answer in (cora.get("/author/media"), cora.post("/author/media", data=WORDS, files={"file": PNG})):
        assert answer.status_code == 403
        assert own_media.NO_AGENCY in answer.text
    assert nothing_is_left(shared)


def test_a_stranger_is_sent_away_before_anything_is_read(shared: World) -> None:
    read = 0

    def body() -> Iterator[bytes]:
        nonlocal read
        for _ in range(200):
            read += 1
            yield b"x" * 65_536

    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": str(200 * 65_536)}
    answer = shared.browser().post("/author/media", content=body(), headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert nothing_is_left(shared)


def test_a_form_from_another_site_is_refused(shared: World, priya: TestClient) -> None:
    client = TestClient(shared.app, base_url=ADDRESS, headers={"origin": "http://evil.example"})
    client.cookies.update(dict(priya.cookies))
    assert add(client).status_code == 403
    assert nothing_is_left(shared)


# What is refused


def page(content: bytes) -> Callable[[], bytes]:
    return lambda: content


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (page(b""), media_kinds.EMPTY),
    "an SVG that is called PNG": (page(b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), media_kinds.SVG),
    "a page": (page(b"<!doctype html><script>alert(1)</script>" + bytes(90)), media_kinds.UNKNOWN),
    "a picture that is also a page": (page(b"GIF89a/*<script>alert(1)</script>*/" + bytes(90)), media_kinds.GIF),
    "a program": (page(b"MZ" + bytes(200)), media_kinds.UNKNOWN),
    "an archive": (page(b"PK\x03\x04" + bytes(200)), media_kinds.UNKNOWN),
    "a bomb": (lambda: png_of(60_000, 60_000), picture_files.TOO_MANY_PIXELS),
    "a cut-off picture": (lambda: saved(noise(90, 90))[:5000], picture_files.BROKEN),
    "too large a picture": (lambda: PNG + bytes(8_000_000), uploads.TOO_LARGE["png"]),
    "captions of no film": (page(CAPTIONS.encode()), "We could not find that picture or film."),
    "too long captions": (lambda: CAPTIONS.encode() + bytes(200_000), uploads.TOO_LARGE["captions"]),
    "a cut-off film": (lambda: mp4()[:-9], film_facts.BROKEN),
    "a film with an archive at its end": (lambda: mp4(after=b"PK\x03\x04" + bytes(90)), film_facts.BROKEN),
    "a film that tells a place": (lambda: mp4(in_moov=box(b"udta", box(b"\xa9xyz", b"here"))), film_facts.PLACE),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_or_broken_is_refused_in_a_sentence_and_leaves_nothing(
    shared: World, priya: TestClient, what: str
) -> None:
    make, sentence = HOSTILE[what]
    answer = add(priya, make())
    assert answer.status_code in (404, 422)
    assert answer.json() == {"say": sentence}
    shown = priya.post("/author/media", data=WORDS, files={"file": ("photo.png", make(), "image/png")})
    assert shown.status_code in (404, 422)
    assert sentence in shown.text.replace("&#34;", '"')
    assert nothing_is_left(shared)


def test_what_hangs_on_a_picture_is_not_kept(world: World) -> None:
    priya = world.staff()
    for kind in ("PNG", "JPEG", "WEBP"):
        for payload in PAYLOADS.values():
            added(priya, saved(picture(), kind) + payload)
    assert len(files_of(world)) == 3 * len(PAYLOADS)
    for name in files_of(world):
        assert b"canary" not in (MediaFolder(world.folder).place / name).read_bytes()


def test_the_name_of_a_file_is_never_used(world: World) -> None:
    priya, names = world.staff(), set()
    for name in (
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/passwd",
        "a.png\0.html",
        "a" * 3000,
        'x"; name="alt',
    ):
        names.add(f"{added(priya, name=name)['name']}.webp")
    assert set(files_of(world)) == names
    assert len(names) == 6


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"alt": ""}, "Say what the picture shows, for those who cannot see it"),
        ({"alt": " \n "}, "Say what the picture shows, for those who cannot see it"),
        ({"alt": "A door", "decorative": "yes"}, "A decorative picture is not described."),
        ({"alt": "word " * 60}, "The description has 299 characters."),
        ({"alt": "word " * 3000}, "These words are too long."),
        ({"rights": ""}, "Say whose it is and that you may show it"),
        ({"rights": "word " * 60}, "Say whose it is in up to 200 characters."),
    ],
)
def test_words_that_are_missing_or_too_long_are_asked_for(
    shared: World, priya: TestClient, words: dict[str, str], sentence: str
) -> None:
    answer = add(priya, PNG, name="photo.png", captions=None, **words)
    assert answer.status_code == 422
    assert sentence in answer.json()["say"]
    assert nothing_is_left(shared)


def test_a_film_needs_a_few_words_too(shared: World, priya: TestClient) -> None:
    assert add(priya, mp4(), alt="", decorative="yes").json() == {"say": "Say in a few words what the film shows."}


@pytest.mark.parametrize(
    ("captions", "sentence"),
    [
        (CAPTIONS.replace(".500 -->", ",500 -->"), "Captions, line 3:"),
        (PNG.decode("latin-1"), "These are no captions."),
        (
            CAPTIONS.replace("00:02.000 -->", "00:05.000 -->").replace("00:03.500", "00:06.000"),
            "after the end of the",
        ),
    ],
)
def test_captions_that_do_not_fit_the_film_are_told_and_the_film_is_not_kept(
    shared: World, priya: TestClient, captions: str, sentence: str
) -> None:
    answer = add(priya, mp4(), captions=captions.encode("latin-1"))
    assert answer.status_code == 422
    assert sentence in answer.json()["say"]
    assert nothing_is_left(shared)


BOUNDARY = {"content-type": "multipart/form-data; boundary=b", "accept": "application/json"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", BOUNDARY),
        (b"no form at all", BOUNDARY),
        (HEAD + PNG, BOUNDARY),
        (HEAD + PNG + b"\r\n--b", BOUNDARY),
        (b"--b\r\n" + b"x" * 20_000 + b": y\r\n\r\n\r\n--b--", BOUNDARY),
        (b"--b\r\n\r\n\r\n" * 40 + b"--b--", BOUNDARY),
        (HEAD + PNG + b"\r\n--b--", BOUNDARY | {"content-type": "multipart/form-data"}),
        (HEAD + PNG + b"\r\n--b--", BOUNDARY | {"content-type": "application/x-www-form-urlencoded"}),
        (HEAD + PNG + b"\r\n--b--", BOUNDARY | {"content-type": f"multipart/form-data; boundary={'b' * 300}"}),
        (HEAD + PNG + b"\r\n" + HEAD + PNG + b"\r\n--b--", BOUNDARY),
    ],
)
def test_what_is_no_form_with_one_file_is_refused(
    shared: World, priya: TestClient, body: bytes, headers: dict[str, str]
) -> None:
    answer = priya.post("/author/media", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["say"] in (uploads.NO_FORM, uploads.NO_FILE, "Add one file at a time.")
    assert nothing_is_left(shared)


# Counted on the way in


def test_only_here_a_body_may_be_larger_and_here_too_it_has_an_end(shared: World, priya: TestClient) -> None:
    large = {"content-length": str(uploads.LARGEST_UPLOAD + 1)}
    assert priya.post("/author/media", content=b"", headers=BOUNDARY | large).status_code == 413
    for path in ("/author/media/remove", "/author/media/", "/author", "/sign-in"):
        answer = priya.post(path, content=b"x" * (security.LARGEST_BODY + 1))
        assert answer.status_code == 413, path
    assert nothing_is_left(shared)


def test_a_body_that_does_not_say_how_long_it_is_ends_at_the_same_place(
    shared: World, priya: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 300_000)

    def body() -> Iterator[bytes]:
        yield HEAD + mp4()
        for _ in range(40):
            yield bytes(10_000)

    answer = priya.post("/author/media", content=body(), headers=BOUNDARY)
    assert (answer.status_code, answer.json()) == (422, {"say": uploads.TOO_LARGE_UPLOAD})
    assert nothing_is_left(shared)


def test_a_film_of_many_pieces_arrives_whole_without_a_length(world: World) -> None:
    film = mp4(media=bytes(range(256)) * 8000)

    def body() -> Iterator[bytes]:
        whole = HEAD + film + b"\r\n"
        for name, words in WORDS.items():
            whole += f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{words}\r\n'.encode()
        whole += b"--b--\r\n"
        for place in range(0, len(whole), 30_011):
            yield whole[place : place + 30_011]

    priya = world.staff()
    answer = priya.post("/author/media", content=body(), headers=BOUNDARY)
    assert answer.status_code == 201, answer.text
    assert priya.get(f"/media/{answer.json()['name']}.mp4").content == film


def test_no_more_than_a_few_are_added_at_once(
    shared: World, priya: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "AT_ONCE", 0)
    assert add(priya).json() == {"say": uploads.MANY_AT_ONCE}


def test_a_line_that_stands_still_or_is_cut_leaves_nothing(
    seeded_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PATIENCE", 0.3)
    shutil.copytree(seeded_folder, tmp_path / "data")
    with ServedWorld(tmp_path / "data") as world:
        visitor = world.visitor().sign_in(PRIYA)
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
        head = (
            f"POST /author/media HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\nOrigin: {world.address}\r\n"
            f"Connection: close\r\nCookie: {cookie}\r\nAccept: application/json\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n"
        )
        begun = head.encode() + HEAD + mp4(media=bytes(400_000))
        with socket.create_connection(("127.0.0.1", world.port), timeout=10) as line:
            line.sendall(begun)
            assert b"half" in b"".join(wait_for(lambda: [name.encode() for name in files_of(world)]))
            assert uploads.LINE_LOST.encode() in b"".join(iter(lambda: line.recv(65_536), b""))
        assert nothing_is_left(world)
        monkeypatch.setattr(uploads, "PATIENCE", 30)
        with socket.create_connection(("127.0.0.1", world.port), timeout=10) as line:
            line.sendall(begun)
            wait_for(lambda: files_of(world))
        assert wait_for(lambda: nothing_is_left(world))
        assert visitor.http.get("/health/live").status_code == 200


def wait_for(look: Callable[[], T]) -> T:
    until = time.monotonic() + 10
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


# Room


def test_an_agency_has_so_much_room_and_no_more_and_another_has_its_own(tmp_path: Path) -> None:
    with World(tmp_path, options={"media_quota_mb": 1}) as world:
        priya, film = world.staff(), mp4(media=bytes(600_000))
        kept = added(priya, film)
        refused = add(priya, film)
        assert refused.status_code == 403
        assert "Your agency's pictures and films have 1 MB of room" in refused.json()["say"]
        assert files_of(world) == [f"{kept['name']}.mp4"]
        added(world.staff(PAUL), film)
        assert "0.6 of 1 MB used" in priya.get("/author/media").text
        assert priya.post("/author/media/remove", data={"name": kept["name"]}).status_code == 303
        added(priya, film)


def test_two_who_add_at_once_do_not_both_fit_where_one_does(tmp_path: Path) -> None:
    with World(tmp_path, options={"media_quota_mb": 1}) as world:
        film = mp4(media=bytes(600_000))
        browsers = [world.staff(), world.staff()]
        answers: list[int] = []
        start = threading.Barrier(2)

        def go(browser: TestClient) -> None:
            start.wait()
            answers.append(add(browser, film).status_code)

        threads = [threading.Thread(target=go, args=(browser,)) for browser in browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [201, 403]
        assert len(files_of(world)) == 1


def test_a_picture_that_a_lesson_shows_stays(world: World) -> None:
    priya = world.staff()
    used, unused = added(priya)["name"], added(priya)["name"]
    with world.parts.database.transaction() as db:
        _, fire = lessons.offered(db, 1)[0]
        step = fire.steps[0].model_copy(update={"text": f"![A smoke alarm](media/{used}.webp)"})
        lessons.publish(db, fire.model_copy(update={"steps": (step, *fire.steps[1:])}), world.clock.now)
    refused = priya.post("/author/media/remove", data={"name": used})
    assert refused.status_code == 409
    assert "This is shown in Get out, stay out, so it stays." in refused.text
    assert "Shown in Get out, stay out" in priya.get("/author/media").text
    assert priya.post("/author/media/remove", data={"name": unused}).status_code == 303
    assert files_of(world) == [f"{used}.webp"]


def test_an_agency_chooses_its_logo_which_stands_beside_its_name(world: World) -> None:
    priya, cora, paul = world.staff(), world.staff(CORA), world.staff(PAUL)
    name = added(priya)["name"]
    beside = '<img class="logo" src="/agencies/kent-fire-and-rescue-service/logo" alt="">'
    assert beside not in cora.get("/programmes/town/agencies").text
    assert paul.post("/author/media/logo", data={"name": name}).status_code == 404
    assert priya.post("/author/media/logo", data={"name": name}).status_code == 303
    assert "This is your agency's logo." in priya.get("/author/media").text
    assert beside in cora.get("/programmes/town/agencies").text
    assert paul.get("/agencies/kent-fire-and-rescue-service/logo").content[:4] == b"RIFF"
    assert paul.get("/agencies/kent-police/logo").status_code == 404
    assert priya.post("/author/media/remove", data={"name": name}).status_code == 303
    assert beside not in cora.get("/programmes/town/agencies").text


def test_a_film_is_no_logo(world: World) -> None:
    priya = world.staff()
    film = added(priya, mp4())["name"]
    refused = priya.post("/author/media/logo", data={"name": film})
    assert (refused.status_code, "A logo is a picture." in refused.text) == (422, True)


def test_a_file_whose_row_is_not_kept_does_not_stay(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    priya = world.staff()
    monkeypatch.setattr(media, "add", fails)
    for content in (PNG, mp4()):
        assert add(priya, content).status_code == 500
    assert nothing_is_left(world)


def test_what_was_half_written_when_a_server_was_killed_is_taken_away_a_day_later(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path)
    folder.open()
    old, new = (folder.place / f"{name}{media_files.HALF}" for name in ("old", "new"))
    for file in (old, new):
        file.write_bytes(b"half")
    long_ago = time.time() - media_files.FORGOTTEN_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    folder.open()
    assert (old.exists(), new.exists()) == (False, True)
