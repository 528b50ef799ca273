"""A draft that leaves as a package comes back letter by letter."""

from collections.abc import Callable

import pytest

from app.content.drafts import DraftTexts
from app.content.importers import read
from app.content.importers.imported import Imported
from app.content.packages import pack
from app.content.whole_lessons import LARGEST_PACKAGE, files_of, needed_by, parsed, texts_of
from app.settings import ROOT

PICTURES = ROOT / "lessons" / "pictures"
KEYS = sorted(path.stem for path in (ROOT / "lessons").glob("*.md"))


def shipped(key: str) -> DraftTexts:
    lesson, quiz = (ROOT / "lessons" / f"{key}.md").read_text(), (ROOT / "quizzes" / f"{key}.yaml").read_text()
    return DraftTexts(key, lesson, quiz)


def find(name: str) -> tuple[str, Callable[[], bytes], int] | None:
    place = PICTURES / name
    return (f"lessons/pictures/{name}", place.read_bytes, place.stat().st_size) if place.is_file() else None


@pytest.mark.parametrize("key", KEYS)
def test_a_lesson_that_leaves_as_a_package_comes_back_letter_by_letter(key: str) -> None:
    files = files_of(shipped(key), find)
    assert len(files) > 12
    found = read("lesson.zip", pack(files))
    assert found.files == files
    assert texts_of(found) == shipped(key)
    assert files[f"lessons/{key}.md"] == (ROOT / "lessons" / f"{key}.md").read_bytes()


@pytest.mark.parametrize(
    "lesson", ["", "no front", "---\nquiz: [\n---\n", "---\nquiz: ../../x\n---\n", "---\nquiz: other\n---\n"]
)
def test_a_draft_leaves_in_whatever_state_it_is(lesson: str) -> None:
    texts = DraftTexts("new", lesson, "quéstions: [")
    assert texts_of(read("lesson.zip", pack(files_of(texts, find)))) == texts


def test_a_lesson_that_is_right_is_parsed_for_paper() -> None:
    draft, quiz = parsed(shipped("fire"), PICTURES, {})
    assert draft is not None
    assert quiz is not None
    assert parsed(DraftTexts("fire", "", ""), PICTURES, {}) == (None, None)


def test_films_for_which_there_is_no_room_stay_away() -> None:
    sizes = {"media/a.mp4": LARGEST_PACKAGE - 3, "media/b.mp4": 4, "media/c.webp": 3}
    made = files_of(
        DraftTexts("new", "film: media/a.mp4 media/b.mp4 media/c.webp", ""),
        lambda name: (name, lambda: b"x", sizes[name]) if name in sizes else None,
    )
    assert list(made) == ["lessons/new.md", "quizzes/new.yaml", "media/c.webp", "media/b.mp4"]


def test_all_that_a_lesson_names_is_needed() -> None:
    text = 'picture: media/0a.webp "x.svg"\nfilm: media/1b.mp4\ncaptions: media/1b.vtt\n![a](fire/a-b_c.png)'
    assert needed_by(DraftTexts("new", text, "picture: media/2c.webp")) == (
        "fire/a-b_c.png",
        "media/0a.webp",
        "media/1b.mp4",
        "media/1b.vtt",
        "media/2c.webp",
        "x.svg",
    )


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"lessons/fire.md": b"---\nquiz: water\n---\n", "quizzes/fire.yaml": b"title: Fire"},
        {"lessons/fire.md": b"\xff", "quizzes/fire.yaml": b"title: Fire"},
        {"lessons/fire.md": b"", "quizzes/fire.yaml": b"\xff"},
        {"lessons/Not a name.md": b"", "quizzes/fire.yaml": b""},
        {"lessons/fire.md": b"x" * 1_000_001, "quizzes/fire.yaml": b""},
    ],
)
def test_a_package_without_a_lesson_and_its_quiz_gives_no_texts(files: dict[str, bytes]) -> None:
    assert texts_of(Imported("", files=files)) is None
