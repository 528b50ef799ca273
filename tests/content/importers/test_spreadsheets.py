"""What spreadsheets may bring: formulas, dates, huge cells, bombs, and files that are something else."""

import csv
import io
import zipfile
from datetime import date

import pytest

from app.content.importers import read
from app.content.importers.imported import Imported
from app.content.importers.tables import read_text_table
from tests.content.importers.written import ALARM, KAHOOT_HEADINGS, kahoot_rows, semicolons, workbook


def said(found: Imported) -> str:
    return " ".join(str(message) for message in found.messages)


def with_part(content: bytes, name: str, change: tuple[bytes, bytes]) -> bytes:
    """The same zip with some bytes of one part replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = old.read(entry)
            if entry.filename == name:
                assert change[0] in part
                part = part.replace(*change)
            new.writestr(entry.filename, part)
    return made.getvalue()


OWN = ("Question", "Right answer", "Wrong answer 1", "Wrong answer 2", "Why", "Facts", "Before and after", "Name")


def test_our_own_spreadsheet_says_all_that_a_quiz_file_says() -> None:
    row = (
        "Where is the cleaner air?",
        "Low down",
        "High up [FM4]",
        "",
        "Smoke rises.",
        "FIR-05, FIR-01",
        "yes",
        "F3",
    )
    found = read("fire.xlsx", workbook([OWN, row], [("Code", "Misconception"), ("fm4", "Stand tall")]))
    question = found.questions[0]
    assert found.form == "spreadsheet"
    assert found.messages == ()
    assert found.misconceptions == {"FM4": "Stand tall"}
    assert (question.key, question.is_anchor, question.is_reserve) == ("F3", True, False)
    assert question.facts == ("FIR-05", "FIR-01")
    assert question.why == "Smoke rises."
    assert [(option.text, option.is_right, option.misconception) for option in question.answers] == [
        ("Low down", True, None),
        ("High up", False, "FM4"),
    ]


def test_columns_are_known_by_name_and_not_by_place() -> None:
    rows = [("Why", "Wrong answer 1", "Question", "Right answer"), ("So.", "High", "Where is the air?", "Low")]
    question = read("a.xlsx", workbook(rows)).questions[0]
    assert question.text == "Where is the air?"
    assert question.right[0].text == "Low"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("", "Low", "High"), 'Row 2 has no question. Write it below "Question".'),
        (("Where?", "", "High"), 'Row 2 has no right answer. Write it below "Right answer".'),
        (("Where?", "Low", ""), "Row 2 has no wrong answer. Write one to three."),
    ],
)
def test_a_row_of_ours_that_is_no_question_is_left_out(row: tuple[str, ...], told: str) -> None:
    found = read("a.xlsx", workbook([OWN, row]))
    assert found.questions == ()
    assert [str(message) for message in found.messages] == [told]


def test_a_formula_is_never_worked_out_and_its_row_is_named() -> None:
    rows = kahoot_rows(("What is it?", '=HYPERLINK("http://example.invalid/","A tap")', "A", "B", "", 20, 2))
    found = read("a.xlsx", workbook(rows))
    assert [option.text for option in found.questions[0].answers] == ["0", "A", "B"]
    assert "Row 9 has a formula. Its last result was taken" in said(found)


def test_the_last_result_of_a_formula_is_taken() -> None:
    content = workbook(kahoot_rows(("=A1", "Low", "High", "", "", 20, 1)))
    result = (b'<c r="B9"><f>A1</f><v>0</v>', b'<c r="B9" t="str"><f>A1</f><v>Where is the air?</v>')
    found = read("a.xlsx", with_part(content, "xl/worksheets/sheet1.xml", result))
    assert found.questions[0].text == "Where is the air?"


def test_text_that_starts_like_a_formula_stays_text() -> None:
    text = "Question,Answer 1,Answer 2,Correct\r\n=1+1 is what?,'=2,@home,1\r\n"
    question = read("a.csv", text.encode()).questions[0]
    assert question.text == "=1+1 is what?"
    assert [option.text for option in question.answers] == ["=2", "@home"]


def test_a_date_that_a_spreadsheet_made_is_named() -> None:
    found = read("a.xlsx", workbook([KAHOOT_HEADINGS, ("What share?", date(2026, 4, 3), "All", "", "", 20, 1)]))
    assert found.questions[0].answers[0].text == "3 April 2026"
    assert "Row 2 has a date in a cell." in said(found)


def test_numbers_read_as_they_are_shown() -> None:
    found = read("a.xlsx", workbook([KAHOOT_HEADINGS, ("Which is most?", 2.0, 0.5, True, 10, 20, 4)]))
    assert [option.text for option in found.questions[0].answers] == ["2", "0.5", "True", "10"]


def test_a_cell_of_ten_megabytes_is_cut_or_refused_in_one_sentence() -> None:
    long_text = "".join(chr(97 + (place * place) % 23) for place in range(10_000)) * 5
    found = read("a.xlsx", workbook([KAHOOT_HEADINGS, (long_text[:30_000], "Low", "High", "", "", 20, 1), ALARM]))
    assert len(found.questions) == 2
    assert "Row 2 has 30,000 characters in one cell, and only the first 2,000 were kept." in said(found)

    huge = workbook([KAHOOT_HEADINGS, ("Why?", "Low", "High", "", "", 20, 1)])
    refused = read("a.xlsx", with_part(huge, "xl/sharedStrings.xml", (b"Why?", b"w" * 10_000_000)))
    assert [str(message) for message in refused.messages] == [
        "This file unpacks to far more than it should. "
        "Open it in the program that made it, save it again, and send that."
    ]

    assert "larger than 1 MB" in said(read("a.csv", b"Question,Answer 1\n" + b"a" * 10_000_000))


def test_a_quotation_mark_that_is_never_closed_does_not_bring_anything_down() -> None:
    text = 'Question,Answer 1,Answer 2,Correct\nWhere?,Low,High,1\n"Why?,Low,High,1\n' + "Where?,Low,High,1\n" * 40
    found = read("a.csv", text.encode())
    assert len(found.questions) == 1
    assert "Row 3 has no answers." in said(found)


def test_xml_that_unfolds_is_refused() -> None:
    content = with_part(
        workbook(kahoot_rows(ALARM)),
        "xl/worksheets/sheet1.xml",
        (b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><worksheet'),
    )
    found = read("a.xlsx", content)
    assert found.is_empty
    assert said(found).startswith("This spreadsheet is damaged.")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_spreadsheet_that_is_cut_off_is_refused(share: float) -> None:
    content = workbook(kahoot_rows(ALARM))
    found = read("a.xlsx", content[: int(len(content) * share)])
    assert found.is_empty
    assert len(found.messages) == 1


def test_a_spreadsheet_whose_parts_are_broken_is_refused() -> None:
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"):
        content = with_part(workbook(kahoot_rows(ALARM)), name, (b">", b"<"))
        found = read("a.xlsx", content)
        assert said(found).startswith("This spreadsheet is damaged."), name


def test_a_million_rows_are_not_read() -> None:
    rows = [KAHOOT_HEADINGS, *[ALARM] * 2_100]
    found = read("a.csv", semicolons(rows))
    assert len(found.questions) == 500
    assert "Only the first 2,000 rows were read." in said(found)
    assert "Only the first 500 questions were read." in said(found)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "This file is empty."),
        (b"  \r\n", "This file is empty."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "This is an old Office file, or one with a password."),
        (b"PK\x03\x04nonsense", "This file is damaged."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is not a kind of file that we can read."),
        (b"Dear class, see you on Monday.", "No questions were found in this text."),
        (b"Question,Answer 1,Answer 2,Correct\n", "There are headings in this file, and no questions below them."),
        (b'<?xml version="1.0"?><quiz></quiz>', "This is Moodle's XML."),
        (b"%PDF-1.7\nnonsense", "This PDF is damaged."),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_sentence(content: bytes, told: str) -> None:
    found = read("quiz.xlsx", content)
    assert found.is_empty
    assert [message.sentence for message in found.messages] == [told]


def test_a_word_document_is_named() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert said(read("quiz.xlsx", content.getvalue())).startswith("This is a Word document.")


def test_the_name_gives_a_title_and_no_more() -> None:
    content = workbook(kahoot_rows(ALARM))
    assert read("C:\\talks\\Fire_safety.pptx", content).title == "Fire safety"
    assert read("../../etc/\0pass\u202ewd.csv", content).title == "passwd"


def test_reading_a_short_table_leaves_long_cells_readable_for_everybody_else() -> None:
    assert list(read_text_table("a,b\n1,2"))
    long = "x" * 100
    assert next(csv.reader([long])) == [long]
