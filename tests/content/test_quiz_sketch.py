"""A quiz file in pieces: one question is changed, every other letter stays."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import quiz_files
from app.content.quiz_sketch import QuizSketch, change_question, read_question
from app.settings import ROOT

SHIPPED = sorted((ROOT / "quizzes").glob("*.yaml"))
PICTURES = ROOT / "lessons" / "pictures"
QUIZ = """\
# About this quiz.
title: Fire

misconceptions:
  FM1: Hide and wait

questions:
  # the first
  - id: F1
    question: What do you do?
    wrong:
      - Hide [FM1]

  - id: F2
    # why this one
    question: >
      A long
      question
"""
text = st.lists(
    st.one_of(
        st.sampled_from(["questions:\n", "  - id: F1\n", "    why: x\n", "- id: F2\n", "\n", "a: b\n"]), st.text()
    )
).map("".join)


@given(text)
def test_the_pieces_joined_are_the_text_whatever_it_is(text: str) -> None:
    assert QuizSketch.cut(text).text == text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_quiz_is_the_same_after_every_question_was_saved_unchanged(path: Path) -> None:
    sketch = QuizSketch.cut(path.read_text())
    for key in sketch.keys:
        question = sketch.question(key)
        assert question is not None
        values = read_question(question)
        assert values is not None
        assert values["id"] == key
        sketch = sketch.with_question(key, change_question(question, values))
    assert sketch.with_values(sketch.values or {}).text == path.read_text()
    assert sketch.with_questions(sketch.questions).text == path.read_text()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_quiz_written_anew_is_the_same_quiz(path: Path, tmp_path: Path) -> None:
    sketch = QuizSketch.cut(path.read_text())
    anew = tuple(change_question("", read_question(question) or {}) for question in sketch.questions)
    (tmp_path / path.name).write_text(sketch.with_questions(anew).text)
    assert quiz_files.load(tmp_path / path.name, PICTURES).quiz == quiz_files.load(path, PICTURES).quiz is not None


def test_one_question_is_changed_and_nothing_else() -> None:
    sketch = QuizSketch.cut(QUIZ)
    assert sketch.keys == ("F1", "F2")
    made = sketch.with_question(
        "F1", change_question(sketch.questions[0], {"question": "What first?", "why": "Air."})
    )
    assert made.text == QUIZ.replace("What do you do?", "What first?").replace(
        "      - Hide [FM1]\n", "      - Hide [FM1]\n    why: Air.\n"
    )
    again = change_question(sketch.questions[1], {"question": "Short"})
    assert again == "  - id: F2\n    # why this one\n    question: Short\n"


def test_questions_are_added_moved_and_taken_out() -> None:
    sketch = QuizSketch.cut(QUIZ)
    new = change_question("", {"id": "F3", "question": "New"})
    more = QuizSketch.cut(sketch.with_questions([new, sketch.questions[1]]).text)
    assert more.keys == ("F3", "F2")
    assert more.head == sketch.head
    first = QuizSketch.cut("title: Fire\n").with_questions([new])
    assert first.text == "title: Fire\n\nquestions:\n  - id: F3\n    question: New\n"


def test_misconceptions_are_changed_in_the_head() -> None:
    sketch = QuizSketch.cut(QUIZ)
    assert sketch.misconceptions == {"FM1": "Hide and wait"}
    made = sketch.with_values({"misconceptions": {"FM1": "Hide", "FM2": "Jump"}})
    assert made.text == QUIZ.replace("FM1: Hide and wait\n", "FM1: Hide\n  FM2: Jump\n")


def test_questions_without_an_id_of_their_own_are_named_by_their_place() -> None:
    text = "questions:\n- id: F1\n- id: F1\n- question: x\n- [a\n"
    assert QuizSketch.cut(text).keys == ("place-1", "place-2", "place-3", "place-4")


def test_a_file_that_is_no_yaml_is_still_cut() -> None:
    sketch = QuizSketch.cut("title: [\nquestions:\n  - id: F1\n")
    assert sketch.values is None
    assert sketch.keys == ("F1",)
    assert sketch.misconceptions == {}
