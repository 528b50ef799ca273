"""Single values of a YAML text are changed; comments, order and every other line stay."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.sketch import LessonSketch, lines_of, one_line
from app.content.yaml_pieces import changed, read_values
from app.settings import ROOT

FRONT = """\
# About this lesson.
title: Get out

# Who leads.
lead: Fire service
objectives:
  - one
  - "two: three"
# The end.
"""
SIGNS = [
    "- ",
    ": ",
    "#",
    "&a",
    "*a",
    "!x",
    '"',
    "'",
    "|",
    ">",
    "{",
    "[",
    "---",
    "...",
    "%",
    "?",
    "\n",
    "yes",
    "a b c ",
]
words = st.lists(st.one_of(st.sampled_from(SIGNS), st.text(max_size=12)), max_size=12).map("".join)
lines = words.map(one_line)
values = st.one_of(lines, words.map(lines_of), st.lists(lines, max_size=3).map(tuple))
fields = st.dictionaries(st.sampled_from(["title", "lead", "you need", "objectives", "own"]), values, min_size=1)


@given(fields, fields)
def test_what_is_written_is_read_again_as_the_same_values(first: dict[str, str], then: dict[str, str]) -> None:
    text = changed("", first)
    assert read_values(text) == first
    assert read_values(changed(text, then)) == first | then


@given(fields)
def test_every_other_line_stays_as_it_was(values: dict[str, str]) -> None:
    made = changed(FRONT, values)
    for line in ("# About this lesson.", "# Who leads.", "# The end."):
        assert line in made.split("\n")


def test_equal_values_change_nothing() -> None:
    assert changed(FRONT, {"title": "Get out", "objectives": ("one", "two: three")}) == FRONT


def test_one_value_is_changed_added_or_taken_out() -> None:
    made = changed(FRONT, {"title": "Stay out", "lead": None, "quiz": "fire"})
    assert made == FRONT.replace("Get out", "Stay out").replace("lead: Fire service\n", "") + "quiz: fire\n"


@pytest.mark.parametrize("path", sorted((ROOT / "lessons").glob("*.md")), ids=lambda path: path.stem)
def test_the_head_of_a_shipped_lesson_stays_as_it_was(path: Path) -> None:
    front = LessonSketch.cut(path.read_text()).front
    assert front is not None
    found = read_values(front)
    assert found is not None
    assert changed(front, found) == front + "\n"


@pytest.mark.parametrize("text", ["title: [", "a: {b: {c: d}}", "- a", "title: a\ntitle: b", "a: &x b\nc: *x"])
def test_what_is_no_plain_list_of_values_is_left_as_text(text: str) -> None:
    assert read_values(text) is None


@pytest.mark.parametrize("text", ["{title: a, lead: b}", "  title: a\n  lead: b", "title: a\nlead: b\n..."])
def test_an_unusual_form_is_written_anew(text: str) -> None:
    assert read_values(changed(text, {"title": "c", "quiz": "d"})) == {"title": "c", "lead": "b", "quiz": "d"}
