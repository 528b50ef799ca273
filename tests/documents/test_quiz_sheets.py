"""A quiz leaves as a spreadsheet and comes back the same; nothing in it is ever run."""

import csv
import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings

from app.content import library
from app.content.importers import read
from app.documents.quiz_sheets import kahoot_csv, kahoot_xlsx, left_out, quiz_csv, quiz_xlsx, template_xlsx
from app.domain.questions.match import Pair
from app.domain.questions.option import Scale
from app.domain.quiz import ChooseAll, ChooseOne, Estimate, Match, Option, PutInOrder, Quiz, TrueOrFalse
from app.settings import ROOT
from tests.made_quizzes import RUN_ELSEWHERE, as_questions, quizzes

QUIZZES = library.load(ROOT / "lessons", ROOT / "quizzes").quizzes


@settings(max_examples=25, deadline=None)
@given(quizzes)
def test_our_spreadsheet_comes_back_the_same(quiz: Quiz) -> None:
    found = read("quiz.xlsx", quiz_xlsx(quiz))
    assert as_questions(found) == quiz.questions
    assert found.misconceptions == quiz.misconceptions
    assert as_questions(read("quiz.csv", quiz_csv(quiz))) == quiz.questions


@settings(max_examples=25, deadline=None)
@given(quizzes)
def test_a_kahoot_spreadsheet_comes_back_with_the_same_answers(quiz: Quiz) -> None:
    for content in (kahoot_xlsx(quiz), kahoot_csv(quiz)):
        found = read("quiz", content)
        assert found.form == "Kahoot spreadsheet"
        assert [question.text for question in found.questions] == [one.text for one in quiz.questions]
        for question, one in zip(found.questions, quiz.questions, strict=True):
            assert isinstance(one, ChooseOne | TrueOrFalse | ChooseAll)
            offered = {(answer.text, answer.is_right) for answer in question.answers}
            assert offered == {(option.text, option.is_correct) for option in one.options}


@pytest.mark.parametrize("quiz", QUIZZES, ids=lambda quiz: quiz.key)
def test_a_shipped_quiz_loses_nothing(quiz: Quiz) -> None:
    found = read("quiz.xlsx", quiz_xlsx(quiz))
    assert as_questions(found) == quiz.questions
    assert found.misconceptions == quiz.misconceptions
    assert found.messages == ()
    assert as_questions(read("quiz.csv", quiz_csv(quiz))) == quiz.questions


@pytest.mark.parametrize("quiz", QUIZZES, ids=lambda quiz: quiz.key)
def test_the_right_answer_is_not_always_the_first_in_a_kahoot_spreadsheet(quiz: Quiz) -> None:
    rows = list(csv.reader(io.StringIO(kahoot_csv(quiz).decode("utf-8-sig"), newline="")))[1:]
    assert len({row[-1] for row in rows}) > 2
    right = {one.text: one.correct.text for one in quiz.questions if isinstance(one, ChooseOne)}
    assert len(right) > 8
    assert [row[1 + int(row[-1])] for row in rows if row[1] in right] == list(right.values())


SHARED: dict[str, Any] = {"text": "Which?", "explanation": "So."}
OTHERS = Quiz(
    key="fire",
    title="Fire",
    misconceptions={},
    questions=(
        Estimate(key="E1", scale=Scale(first=1, last=9), low=4, high=6, **SHARED),
        PutInOrder(key="O1", things=tuple(Option(key=one, text=one) for one in "abc"), **SHARED),
        Match(key="M1", pairs=tuple(Pair(key=one, text=one, partner=one.upper()) for one in "ab"), **SHARED),
        ChooseAll(
            key="A1", options=tuple(Option(key=one, text=one, is_correct=one < "c") for one in "abcd"), **SHARED
        ),
    ),
)


def test_kinds_that_no_row_can_hold_are_left_out_and_named() -> None:
    assert left_out(OTHERS) == ("E1", "O1", "M1")
    assert [question.key for question in read("", quiz_xlsx(OTHERS)).questions] == ["A1"]


def test_kahoot_asks_other_kinds_as_a_class_without_devices_is_asked() -> None:
    found = read("", kahoot_csv(OTHERS))
    right = [sorted(answer.text for answer in question.right) for question in found.questions]
    assert right == [["4 to 6"], ["a"], ["A"], ["a", "b"]]


def hostile(text: str) -> Quiz:
    options = (Option(key="1", text=text, is_correct=True), Option(key="2", text=f"{text}!"))
    return Quiz(
        key="fire",
        title="Fire",
        misconceptions={"FM1": text},
        questions=(ChooseOne(key="F1", text=text, options=options, explanation=text, talk=text),),
    )


@pytest.mark.parametrize("text", [*RUN_ELSEWHERE, "\t=1", "http://example.invalid/", "mailto:a@example.invalid"])
def test_nothing_that_leaves_is_a_formula_or_a_link(text: str) -> None:
    for content in (quiz_xlsx(hostile(text)), kahoot_xlsx(hostile(text))):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
        assert len(sheets) in (1, 3)
        assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets)
    for content in (quiz_csv(hostile(text)), kahoot_csv(hostile(text))):
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0")) for cell in row)


def test_the_same_quiz_gives_the_same_bytes() -> None:
    assert quiz_xlsx(QUIZZES[0]) == quiz_xlsx(QUIZZES[0])
    assert kahoot_xlsx(QUIZZES[0]) == kahoot_xlsx(QUIZZES[0])


def test_the_template_says_how_and_its_examples_are_not_taken_for_questions() -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(template_xlsx()))
    assert book.sheetnames == ["Read me", "Questions", "Misconceptions"]
    assert book.active is not None
    assert book.active.title == "Questions"
    assert [row[1].value for row in book["Questions"].iter_rows(min_row=2)][0:2] == [
        "Example: the smoke alarm sounds at night. What do you do first?",
        "Example: how often should somebody test a smoke alarm?",
    ]
    empty = read("template.xlsx", template_xlsx())
    assert empty.is_empty
    assert str(empty.messages[0]).startswith("There are headings in this file, and no questions below them.")

    book["Questions"].cell(2, 2, "Where is the cleaner air?")
    content = io.BytesIO()
    book.save(content)
    found = read("template.xlsx", content.getvalue())
    assert [question.text for question in found.questions] == ["Where is the cleaner air?"]
    assert found.messages == ()
