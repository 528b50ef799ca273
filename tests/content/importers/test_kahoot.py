"""Kahoot spreadsheets as they are found: headings in any row, XLSX or CSV, one bad row among many."""

import pytest

from app.content.importers import read
from app.content.importers.imported import FoundQuestion, Imported
from tests.content.importers.written import ALARM, KAHOOT_HEADINGS, SMOKE, kahoot_rows, semicolons, workbook


def said(found: Imported) -> list[str]:
    return [str(message) for message in found.messages if message.weight != "note"]


def answers(question: FoundQuestion) -> list[tuple[str, bool]]:
    return [(option.text, option.is_right) for option in question.answers]


def read_rows(*questions: tuple[object, ...]) -> Imported:
    return read("quiz.xlsx", workbook(kahoot_rows(*questions)))


@pytest.mark.parametrize("heading_row", [1, 4, 8])
@pytest.mark.parametrize("numbered", [True, False])
def test_the_headings_are_found_wherever_they_stand(heading_row: int, numbered: bool) -> None:
    content = workbook(kahoot_rows(ALARM, SMOKE, heading_row=heading_row, numbered=numbered))
    found = read("quiz.xlsx", content)
    assert found.form == "Kahoot spreadsheet"
    assert said(found) == []
    assert [one.text for one in found.questions] == [ALARM[0], SMOKE[0]]
    assert answers(found.questions[0]) == [
        ("Once a year", False),
        ("Once a week", True),
        ("Never", False),
        ("When it beeps", False),
    ]
    assert answers(found.questions[1]) == [("Near the floor", True), ("Near the ceiling", False)]


def test_the_quiz_may_stand_on_a_later_sheet() -> None:
    found = read("quiz.xlsx", workbook([("Notes",)], kahoot_rows(ALARM)))
    assert len(found.questions) == 1


def test_a_csv_with_semicolons_reads_the_same() -> None:
    rows = kahoot_rows(ALARM, SMOKE, heading_row=4)
    assert read("quiz.csv", semicolons(rows)).questions == read("quiz.xlsx", workbook(rows)).questions


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_other_separators_are_seen_from_the_headings(separator: str) -> None:
    rows = [("Question", "Answer 1", "Answer 2", "Correct answer"), ("Float; why", "To rest", "To race", "1")]
    text = "\n".join(separator.join(row) for row in rows)
    found = read("quiz.csv", text.encode())
    assert answers(found.questions[0]) == [("To rest", True), ("To race", False)]


def test_a_file_in_windows_letters_is_read_and_said_so() -> None:
    rows = [KAHOOT_HEADINGS, ("Is a £5 reward in a café chat safe?", "No", "Yes", "", "", 20, 1)]
    found = read("quiz.csv", semicolons(rows, "cp1252"))
    assert found.questions[0].text == "Is a £5 reward in a café chat safe?"
    assert "letters were read as those of Windows" in str(found.messages[-1])


def test_one_bad_row_of_fifty_gives_forty_nine_questions_and_one_message() -> None:
    good = [(f"What is number {number}?", f"One {number}", f"Two {number}", "", "", 20, 1) for number in range(49)]
    bad = ("What has no right answer?", "This", "That", "", "", 20, "")
    found = read_rows(*good[:8], bad, *good[8:])
    assert len(found.questions) == 49
    assert said(found) == ["Row 17 has no right answer. Write 1, 2, 3 or 4 in the last column."]


@pytest.mark.parametrize("right", ["1,3", "1, 3", "3;1", "1 and 3", "13", 1.3, "A, C"])
def test_with_several_right_answers_pupils_choose_all_and_the_row_is_named(right: object) -> None:
    found = read_rows(("What keeps you safe?", "A plan", "Luck", "An alarm", "A wish", 20, right))
    assert found.questions[0].kind == "choose all"
    assert answers(found.questions[0]) == [
        ("A plan", True),
        ("Luck", False),
        ("An alarm", True),
        ("A wish", False),
    ]
    assert said(found) == ["Row 9 has 2 right answers. Pupils choose all that are right."]


def test_a_row_with_right_answers_only_is_named() -> None:
    found = read_rows(("What keeps you safe?", "A plan", "An alarm", "", "", 20, "1,2"))
    assert said(found) == ["Row 9 has right answers only. Add a wrong one."]


def test_true_and_false_are_a_kind_of_their_own() -> None:
    found = read_rows(
        ("Smoke rises.", "True", "False", "", "", 20, 1), ("Is it true?", "true", "maybe", "", "", 20, 1)
    )
    assert [question.kind for question in found.questions] == ["true or false", "choose one"]


@pytest.mark.parametrize("right", [2, 2.0, "2", " 2 ", "B", "b)", "Once a week", "Answer 2"])
def test_a_right_answer_may_be_a_number_a_letter_or_its_words(right: object) -> None:
    found = read_rows((*ALARM[:6], right))
    assert [option.text for option in found.questions[0].answers if option.is_right] == ["Once a week"]


def test_words_over_our_limits_are_imported_and_named() -> None:
    found = read_rows(("Why " + "is it so " * 14 + "far?", "Because " * 9, "It is not", "", "", 20, 1))
    assert len(found.questions) == 1
    assert any("has 134 characters. A question may have 110 at most." in told for told in said(found))
    assert any("has 71 characters. An answer may have 60 at most." in told for told in said(found))
    assert all(told.startswith("Row 9") for told in said(found))


def test_empty_rows_and_rows_with_a_time_only_are_no_questions() -> None:
    found = read_rows(ALARM, (), ("", "", "", "", "", 20, ""), SMOKE)
    assert len(found.questions) == 2
    assert said(found) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("", "Yes", "No", "", "", 20, 1), 'Row 9 has answers but no question. Write it below "Question".'),
        (("Why?", "", "", "", "", 20, 1), "Row 9 has no answers. Write two to four."),
        (("Why?", "Yes", "", "", "", 20, 1), "Row 9 has only one answer. Write two to four."),
        (("Why?", "Yes", "No", "", "", 20, 4), "Row 9 says that answer 4 is right, but there is none."),
        (("Why?", "Yes", "No", "", "", 20, "maybe"), 'Row 9 has "maybe" as its right answer, and there is no'),
    ],
)
def test_a_row_that_is_no_question_is_left_out_and_named(row: tuple[object, ...], told: str) -> None:
    found = read_rows(row, SMOKE)
    assert len(found.questions) == 1
    assert [text.startswith(told) for text in said(found)] == [True]


def test_time_limits_and_missing_whys_are_told_once() -> None:
    notes = [message.sentence for message in read_rows(ALARM, SMOKE).with_weight("note")]
    assert len(notes) == 2
    assert "Time limits were left out" in notes[0]
    assert notes[1] == "No question says why the answer is the safest."


def test_square_brackets_are_part_of_the_words_unless_they_hold_a_code() -> None:
    found = read_rows(("What is it?", "A [big] alarm [loud]", "A toy [FM6]", "", "", 20, 1))
    options = found.questions[0].answers
    assert [(option.text, option.misconception) for option in options] == [
        ("A [big] alarm [loud]", None),
        ("A toy", "FM6"),
    ]


def test_a_report_with_names_in_it_is_refused() -> None:
    rows = [("Question Number", "Question", "Answer 1", "Answer 2", "Correct Answers", "Player", "Score")]
    found = read("report.xlsx", workbook([*rows, (1, "Why?", "Yes", "No", "Yes", "Somebody", 900)]))
    assert found.is_empty
    assert "names in it" in str(found.messages[0])
    assert "Somebody" not in repr(found)
