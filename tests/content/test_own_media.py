"""A lesson file names pictures and films: shipped ones, and those that the agency has added itself."""

from pathlib import Path

import pytest

from app.content.films import NO_CAPTIONS
from app.content.lesson_files import LessonFile, load
from app.content.quiz_files import load as load_quiz
from app.domain.lesson import Film, Picture, Slide, unroll
from app.domain.media import Medium
from app.settings import ROOT
from tests.content.test_lesson_files import LESSON, write_lesson
from tests.films import CAPTIONS, box, mp4

PICTURE = Medium(public_name="a" * 32, agency_id=1, mime="image/webp", size=9, alt="A smoke alarm.")
SILENT = Medium(public_name="b" * 32, agency_id=1, mime="video/mp4", size=9)
FILM = Medium(public_name="c" * 32, agency_id=1, mime="video/webm", size=9, captions=CAPTIONS, seconds=3.5)
OWN = {medium.path: medium for medium in (PICTURE, SILENT, FILM)}
FILM_PART = """## Film: The smoke alarm
minutes: 1
film: fire/alarm.mp4
captions: fire/alarm.vtt

"""


def read(folder: Path, text: str) -> LessonFile:
    path = write_lesson(folder, text)
    films = path.parent / "films" / "fire"
    films.mkdir(parents=True, exist_ok=True)
    (films / "alarm.mp4").write_bytes(mp4())
    (films / "alarm.vtt").write_text(CAPTIONS)
    (films / "broken.vtt").write_text("WEBVTT\n\n00:01.000 -> 00:02.000\nHello")
    (films / "broken.mp4").write_bytes(mp4()[:-30])
    (films / "placed.mp4").write_bytes(mp4(in_moov=box(b"udta", box(b"\xa9xyz", b"here"))))
    return load(path, path.parent / "pictures", OWN)


def with_film(old: str = "", new: str = "", part: str = FILM_PART) -> str:
    assert old in part
    return LESSON.replace("## Quiz:", part.replace(old, new) + "## Quiz:")


def with_picture(line: str) -> str:
    return LESSON.replace('picture: fire/home.svg "A house with two doors."', line)


def told(folder: Path, text: str) -> list[str]:
    return [problem.sentence for problem in read(folder, text).problems.found]


@pytest.mark.parametrize(
    ("line", "picture"),
    [
        (PICTURE.lines[0], Picture(path=PICTURE.path, alt="A smoke alarm.")),
        (f"picture: {PICTURE.path} decorative", Picture(path=PICTURE.path)),
        ("picture: fire/home.svg Decorative", Picture(path="fire/home.svg")),
    ],
)
def test_a_picture_is_described_or_decorative(tmp_path: Path, line: str, picture: Picture) -> None:
    file = read(tmp_path, with_picture(line))
    assert file.problems.found == []
    assert file.draft is not None
    assert file.draft.parts[0].picture == picture


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"picture: {PICTURE.path}", "This picture has no alt text."),
        (f"picture: media/{'d' * 32}.webp decorative", "is not among your agency's own pictures."),
        (f"picture: media/../{PICTURE.path} decorative", "cannot name a picture."),
        (f"picture: {FILM.path} decorative", "is not a kind of picture that we show."),
    ],
)
def test_a_picture_that_is_not_there_or_not_described_is_told(tmp_path: Path, line: str, sentence: str) -> None:
    [problem] = told(tmp_path, with_picture(line))
    assert sentence in problem


def test_without_ones_own_pictures_none_is_found(tmp_path: Path) -> None:
    path = write_lesson(tmp_path, with_picture(PICTURE.lines[0]))
    assert [problem.line for problem in load(path, path.parent / "pictures").problems.found] == [17]


@pytest.mark.parametrize("path", ["fire/low.svg", PICTURE.path])
def test_pictures_may_stand_among_the_words(tmp_path: Path, path: str) -> None:
    file = read(tmp_path, LESSON.replace("Crawl low.", f"Crawl low. ![A child near the floor]({path})"))
    assert file.problems.found == []
    assert file.draft is not None
    quiz = load_quiz(ROOT / "quizzes" / "fire.yaml", ROOT / "lessons" / "pictures").quiz
    assert quiz is not None
    card = unroll(file.draft, quiz).step("facts.1")
    assert isinstance(card, Slide)
    assert card.pictures == ("fire/low.svg", path)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("![](fire/low.svg)", "This picture has no alt text."),
        ("![A child](fire/nowhere.svg)", 'There is no picture "fire/nowhere.svg" in the folder pictures.'),
        (f"![A child](media/{'d' * 32}.webp)", "is not among your agency's own pictures."),
        ("![Get out](fire/low.svg)", 'This picture\'s name or alt text gives away the answer "Get out".'),
    ],
)
def test_a_picture_among_the_words_is_checked_like_any_other(tmp_path: Path, written: str, sentence: str) -> None:
    file = read(tmp_path, LESSON.replace("Crawl low.", f"Crawl low. {written}"))
    file.shelf.check_answers(["Get out"])
    [problem] = file.problems.found
    assert sentence in problem.sentence
    assert LESSON.splitlines()[problem.line - 1] == "Crawl low."


@pytest.mark.parametrize(
    ("part", "path", "seconds"),
    [
        (FILM_PART, "fire/alarm.mp4", 4),
        (FILM_PART.replace("film: fire/alarm.mp4\ncaptions: fire/alarm.vtt", "\n".join(FILM.lines)), FILM.path, 3.5),
    ],
)
def test_a_film_part_is_a_step_with_its_captions_and_transcript(
    tmp_path: Path, part: str, path: str, seconds: float
) -> None:
    file = read(tmp_path, with_film(part=part))
    assert file.problems.found == []
    assert file.draft is not None
    quiz = load_quiz(ROOT / "quizzes" / "fire.yaml", ROOT / "lessons" / "pictures").quiz
    assert quiz is not None
    step = unroll(file.draft, quiz).step("film")
    assert isinstance(step, Film)
    assert (step.title, step.minutes, step.file.path, step.file.seconds) == ("The smoke alarm", 1, path, seconds)
    assert step.file.transcript == ("Priya: Smoke goes up.", "Mo: So you go low!")
    assert step.file.captions.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n<v Priya>Smoke goes up.\n")


def test_a_lesson_may_have_several_films_even_the_same_twice(tmp_path: Path) -> None:
    draft = read(tmp_path, with_film(part=FILM_PART + FILM_PART)).draft
    quiz = load_quiz(ROOT / "quizzes" / "fire.yaml", ROOT / "lessons" / "pictures").quiz
    assert draft is not None
    assert quiz is not None
    keys = [step.key for step in unroll(draft, quiz).steps]
    assert [key for key in keys if key.startswith("film")] == ["film", "film.2"]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("captions: fire/alarm.vtt\n", "", NO_CAPTIONS),
        ("film: fire/alarm.mp4\n", "", '"film" is missing.'),
        ("alarm.mp4", "nowhere.mp4", 'There is no film "fire/nowhere.mp4" in the folder films.'),
        ("alarm.mp4", "alarm.avi", '"fire/alarm.avi" cannot name a film.'),
        ("fire/alarm.mp4", "../films/fire/alarm.mp4", '"../films/fire/alarm.mp4" cannot name a film.'),
        ("alarm.vtt", "nowhere.vtt", 'There are no captions "fire/nowhere.vtt" in the folder films.'),
        ("fire/alarm.vtt", "../pictures/../fire.md", "There are no captions"),
        ("alarm.vtt", "broken.vtt", "Line 3 of the captions:"),
        ("alarm.mp4", "broken.mp4", "This film cannot be read:"),
        ("alarm.mp4", "placed.mp4", "This film tells where it was filmed."),
        ("fire/alarm.mp4", SILENT.path, NO_CAPTIONS),
        ("fire/alarm.mp4", FILM.path, "These are not the captions of this film."),
        ("fire/alarm.mp4", f"media/{'d' * 32}.mp4", "is not among your agency's own films."),
        (
            "minutes: 1\n",
            "minutes: 1\npicture: fire/low.svg decorative\n",
            "While a film plays, nothing else is shown",
        ),
        ("alarm.vtt\n\n", "alarm.vtt\n\nWatch closely.\n", "While a film plays, nothing else is shown"),
    ],
)
def test_a_film_that_could_not_be_shown_to_everybody_is_told(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    [problem] = told(tmp_path, with_film(old, new))
    assert sentence in problem


def test_a_film_in_another_part_is_told(tmp_path: Path) -> None:
    [problem] = told(tmp_path, LESSON.replace("minutes: 5\n", "minutes: 5\nfilm: fire/alarm.mp4\n"))
    assert problem == "The quiz part shows no film."
