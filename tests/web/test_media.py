"""Pictures, films and captions of a run, under the names that they have in it; films in ranges, as players ask."""

import re

import pytest
from fastapi.testclient import TestClient

from app.domain.lesson import Film, Lesson, Picture, Slide
from app.domain.media import FilmFile, Medium
from app.domain.shown import public_name
from app.store import lessons, media
from app.store.media_files import MediaFolder
from app.store.runs import OpenRun
from tests.cast import THEO_LINK, World, stage_of
from tests.films import CAPTIONS, mp4

FILM = mp4(media=bytes(range(256)) * 40)
NAME, PHOTO = "c" * 32, "d" * 32


def pictures(run: OpenRun) -> dict[str, str]:
    """Name in this run -> path of the file."""
    lesson = run.plan.lessons[0]
    return {public_name(run.seed, step.picture.path): step.picture.path for step in lesson.steps if step.picture}


def test_every_picture_of_a_lesson_is_served_under_the_name_of_its_run(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    pupil = world.pupil(run)
    for name, path in pictures(run).items():
        seen = pupil.get(f"/media/{name}")
        assert seen.status_code == 200, path
        assert seen.headers["content-type"] == "image/svg+xml"
        assert seen.content == (world.settings.lessons_dir / "pictures" / path).read_bytes()
        assert tess.get(f"/media/{name}").status_code == 200


def test_a_picture_has_no_name_but_that_of_the_own_run(world: World) -> None:
    tess, theo = world.teacher(), world.teacher(THEO_LINK)
    run, theirs = world.start(tess), world.start(theo)
    pupil = world.pupil(run)
    for name in (*pictures(theirs), "fire/alarm.svg", "alarm.svg", "..%2Ffire.md", "0" * 16):
        assert pupil.get(f"/media/{name}").status_code == 404, name
        assert tess.get(f"/media/{name}").status_code == 404, name


def test_a_stranger_sees_no_picture(world: World) -> None:
    run = world.start(world.teacher())
    for name in pictures(run):
        assert world.browser().get(f"/media/{name}").status_code == 404


def test_a_paired_or_later_teacher_without_an_open_lesson_sees_no_picture(world: World) -> None:
    tess = world.teacher()
    run = world.start(tess)
    world.finish(tess)
    assert tess.get(f"/media/{next(iter(pictures(run)))}").status_code == 404


# A film


def with_film(lesson: Lesson) -> Lesson:
    """The lesson, beginning with a film and a picture of the agency's own."""
    shared = {"part": "hook", "lead": lesson.lead, "teacher_note": "Sound on."}
    file = FilmFile(
        path=f"media/{NAME}.mp4",
        captions_path=f"media/{NAME}.vtt",
        captions=CAPTIONS,
        transcript=("Priya: Smoke goes up.", "Mo: So you go low!"),
        seconds=125,
    )
    film = Film.model_validate(shared | {"part": "film", "key": "film", "title": "The smoke alarm", "file": file})
    photo = Picture(path=f"media/{PHOTO}.webp", alt="A smoke alarm")
    text = f"Look closely. ![A hot door](fire/hot-door.svg) ![Ours](media/{PHOTO}.webp)"
    slide = Slide.model_validate(shared | {"key": "look", "title": "Look", "picture": photo, "text": text})
    return lesson.model_copy(update={"steps": (film, slide, *lesson.steps)})


def start_film(world: World) -> tuple[TestClient, OpenRun]:
    """Tess starts a lesson that begins with a film, and stands on it."""
    folder = MediaFolder(world.folder).place
    (folder / f"{NAME}.mp4").write_bytes(FILM)
    (folder / f"{PHOTO}.webp").write_bytes(b"a photo")
    with world.parts.database.transaction() as db:
        _, fire = lessons.offered(db, 1)[0]
        lessons.publish(db, with_film(fire), world.clock.now)
        medium = Medium(public_name=NAME, agency_id=1, mime="video/mp4", size=len(FILM), captions=CAPTIONS)
        media.add(db, medium, quota=10**9)
    tess = world.teacher()
    run = world.start(tess)
    return tess, world.go_to(tess, run, "film", "content")


def film_on(page: str) -> str:
    """The address of the film that a classroom screen shows."""
    found = re.search(r'<video [^>]*src="(/media/[0-9a-f]{16})"', page)
    assert found, "no film on the screen"
    return found[1]


def test_a_film_plays_on_the_classroom_screen_with_its_captions_and_never_by_itself(world: World) -> None:
    tess, _ = start_film(world)
    page = tess.get("/class/run/screen").text
    video = re.search(r"<video .*?</video>", page, re.DOTALL)
    assert video
    assert ' controls playsinline preload="metadata"' in video[0]
    assert "autoplay" not in page
    captions = re.search(
        r'<track kind="captions" srclang="en-GB" label="English" src="(/media/\w+)" default>', video[0]
    )
    assert captions
    words = tess.get(captions[1])
    assert (words.status_code, words.headers["content-type"]) == (200, "text/vtt; charset=utf-8")
    assert words.text == CAPTIONS
    assert NAME not in page
    assert "http-equiv" not in page  # without scripts the screen asks anew every five seconds, but not during a film


def test_pupils_read_what_is_said_and_get_no_film(world: World) -> None:
    _, run = start_film(world)
    pupil = world.pupil(run)
    for page in (stage_of(pupil)["html"], pupil.get("/play").text):
        assert "Watch the film on the big screen" in page
        assert "<p>Priya: Smoke goes up.</p><p>Mo: So you go low!</p>" in page
        assert "<video" not in page
        assert public_name(run.seed, f"media/{NAME}.mp4") not in page


def test_the_controls_say_how_the_film_is_played(world: World) -> None:
    tess, _ = start_film(world)
    page = tess.get("/class/run/controls").text
    assert "The film plays on the classroom screen only, and starts when you press play there." in page
    assert "It takes 2 min 5 s." in page
    assert "Sound on." in page
    assert "<video" not in page


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=0-", 206, FILM, f"bytes 0-{len(FILM) - 1}/{len(FILM)}"),
        ("bytes=0-0", 206, FILM[:1], f"bytes 0-0/{len(FILM)}"),
        ("bytes=100-199", 206, FILM[100:200], f"bytes 100-199/{len(FILM)}"),
        ("bytes=-50", 206, FILM[-50:], f"bytes {len(FILM) - 50}-{len(FILM) - 1}/{len(FILM)}"),
        (f"bytes=5-{len(FILM) * 9}", 206, FILM[5:], f"bytes 5-{len(FILM) - 1}/{len(FILM)}"),
        (f"bytes={len(FILM)}-", 416, b"", f"bytes */{len(FILM)}"),
        ("", 200, FILM, ""),
    ],
)
def test_a_film_is_sent_in_the_range_that_a_player_asks_for(
    world: World, asked: str, status: int, content: bytes, told: str
) -> None:
    tess, _ = start_film(world)
    address = film_on(tess.get("/class/run/screen").text)
    answer = tess.get(address, headers={"range": asked, "accept-encoding": "gzip"} if asked else {})
    assert (answer.status_code, answer.headers.get("content-range", "")) == (status, told)
    assert answer.content == content
    assert "content-encoding" not in answer.headers
    if status != 416:
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["content-type"] == "video/mp4"


def test_a_range_of_another_film_than_before_is_the_whole_film(world: World) -> None:
    tess, _ = start_film(world)
    address = film_on(tess.get("/class/run/screen").text)
    tag = tess.get(address, headers={"range": "bytes=0-9"}).headers["etag"]
    same = tess.get(address, headers={"range": "bytes=10-19", "if-range": tag})
    other = tess.get(address, headers={"range": "bytes=10-19", "if-range": '"another"'})
    assert (same.status_code, same.content) == (206, FILM[10:20])
    assert (other.status_code, other.content) == (200, FILM)


def test_what_a_browser_has_already_is_not_sent_again(world: World) -> None:
    tess, _ = start_film(world)
    address = film_on(tess.get("/class/run/screen").text)
    tag = tess.get(address).headers["etag"]
    again = tess.get(address, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_files_are_kept_by_browsers_and_can_do_nothing(world: World) -> None:
    tess, run = start_film(world)
    for path in (f"media/{NAME}.mp4", f"media/{NAME}.vtt", f"media/{PHOTO}.webp", "fire/hot-door.svg"):
        answer = tess.get(f"/media/{public_name(run.seed, path)}")
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert policy.endswith("; sandbox")
    assert "sandbox" not in tess.get("/media/no-such-name").headers["content-security-policy"]


def test_pictures_among_the_words_have_the_names_of_the_run(world: World) -> None:
    tess, run = start_film(world)
    run = world.give(tess, run)
    pupil = world.pupil(run)
    for page in (tess.get("/class/run/screen").text, stage_of(pupil)["html"]):
        addresses = re.findall(r'<img[^>]* src="(/media/[^"]+)"', page)
        assert len(addresses) == 3
        assert set(addresses) == {
            f"/media/{public_name(run.seed, path)}" for path in ("fire/hot-door.svg", f"media/{PHOTO}.webp")
        }
        for address in addresses:
            assert pupil.get(address).status_code == 200


def test_nobody_else_sees_a_film_or_its_words_by_any_name(world: World) -> None:
    tess, run = start_film(world)
    theo = world.teacher(THEO_LINK)
    world.start(theo)
    for path in (f"media/{NAME}.mp4", f"media/{NAME}.vtt"):
        for name in (public_name(run.seed, path), path.removeprefix("media/")):
            for stranger in (theo, world.browser()):
                assert stranger.get(f"/media/{name}").status_code == 404
    assert tess.get(f"/media/{NAME}.mp4").status_code == 404
    for name in (
        "..%2F..%2Fsecret",
        f"..%2Fmedia%2F{NAME}.mp4",
        f"{NAME}.mp4%00",
        f"{NAME}.MP4",
        NAME,
        f"{NAME}.svg",
    ):
        assert world.staff().get(f"/media/{name}").status_code == 404


def test_a_film_whose_file_is_gone_is_not_found(world: World) -> None:
    tess, _ = start_film(world)
    address = film_on(tess.get("/class/run/screen").text)
    (MediaFolder(world.folder).place / f"{NAME}.mp4").unlink()
    assert tess.get(address).status_code == 404
    assert tess.get("/class/run/screen").status_code == 200
