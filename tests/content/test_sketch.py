"""A lesson file in pieces: nothing is lost, and only what is saved is written anew."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import lesson_files
from app.content.sketch import LessonSketch, PartSketch, SectionSketch, read_part, tidy, write_part
from app.settings import ROOT

SHIPPED = sorted((ROOT / "lessons").glob("*.md"))
SIGNS = [
    "## ",
    "### ",
    "# ",
    ">",
    "Teacher: ",
    "minutes: 3",
    "picture: a.svg",
    "---",
    "- [x] ",
    "\n",
    "\n\n",
    ":",
    "  ",
]
words = st.lists(st.one_of(st.sampled_from(SIGNS), st.text(max_size=12)), max_size=8).map("".join)
names = st.sampled_from(["minutes", "picture", "facts", "lead", "why", "source", "own thing"])
settings = st.dictionaries(names, words, max_size=3).map(lambda found: tuple(found.items()))
sections = st.lists(st.builds(SectionSketch, heading=words, settings=settings, text=words), max_size=3).map(tuple)
parts = st.builds(
    PartSketch,
    kind=st.one_of(st.sampled_from(["Hook", "take home", "quiz"]), words),
    title=words,
    settings=settings,
    text=words,
    teacher=words,
    presenter=words,
    sections=sections,
)


@given(parts)
def test_what_is_written_is_read_again_as_the_same_part(part: PartSketch) -> None:
    clean = tidy(part)
    assert read_part(write_part(clean)) == clean


@given(words)
def test_a_part_as_it_is_read_is_tidy_already(text: str) -> None:
    found = read_part(f"## Hook: Look\n{text}")
    if found is not None:
        assert tidy(found) == found
        assert read_part(write_part(found)) == found


@given(words, words)
def test_the_pieces_joined_are_the_text_whatever_it_is(front: str, body: str) -> None:
    for text in (body, f"---\n{front}\n---\n{body}"):
        assert LessonSketch.cut(text).text == text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_lesson_written_anew_is_the_same_lesson(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    sketch = LessonSketch.cut(text)
    assert sketch.text == text
    assert sketch.with_parts(sketch.parts).text == text
    rewritten = sketch
    for key, part in zip(sketch.keys, sketch.parts, strict=True):
        found = read_part(part)
        assert found is not None, key
        rewritten = rewritten.with_part(key, write_part(found))
    (tmp_path / path.name).write_text(rewritten.text)
    pictures = path.parent / "pictures"
    before, after = (lesson_files.load(place, pictures).draft for place in (path, tmp_path / path.name))
    assert before is not None
    assert after == before


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_part_that_is_saved_leaves_every_other_letter_alone(path: Path) -> None:
    sketch = LessonSketch.cut(path.read_text())
    changed = sketch.with_part("hook", "## Hook: Look\nminutes: 2\n")
    assert changed.head == sketch.head
    assert [new for new, old in zip(changed.parts, sketch.parts, strict=True) if new != old] == [
        "## Hook: Look\nminutes: 2\n\n"
    ]


def test_parts_are_named_by_their_kind() -> None:
    text = "---\n## no part\n---\n## Hook: One\n\n## Take home: Two\n\n## Hook: Three\n\n##\n"
    assert LessonSketch.cut(text).keys == ("hook", "take-home", "hook-2", "part")


def test_the_front_is_changed_without_touching_what_follows() -> None:
    sketch = LessonSketch.cut("---\ntitle: One\n---\n\nstray\n\n## Hook: Look\n")
    assert sketch.front == "title: One"
    assert sketch.with_front("title: Two\n").text == "---\ntitle: Two\n---\n\nstray\n\n## Hook: Look\n"
    assert LessonSketch.cut("## Hook: Look\n").with_front("title: Two").text == (
        "---\ntitle: Two\n---\n\n## Hook: Look\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "## Hook: One\nminutes: 1\nminutes: 2\n",
        "## Hook: One\n# too large\n",
        "## Hook: One\n\n> who is this for\n",
        "no heading\n",
    ],
)
def test_what_has_no_place_in_a_form_is_left_as_text(text: str) -> None:
    assert read_part(text) is None


def test_words_that_look_like_structure_are_kept_as_words() -> None:
    part = tidy(
        PartSketch(kind="hook", title="A\nB", text="minutes: 3\n## Hook\n> quoted", teacher="One\n\nPresenter: x")
    )
    assert write_part(part) == (
        "## Hook: A B\n\nminutes\\: 3\n\\## Hook\n\\> quoted\n\n> Teacher: One Presenter: x\n"
    )
