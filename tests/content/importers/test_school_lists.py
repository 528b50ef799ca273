"""Lists of schools as they really come: any order, any sign between cells, rows above, and files made to harm."""

import io
import zipfile

import openpyxl
import pytest

from app.content.importers.school_lists import FoundList, read, read_list_apart
from tests.content.importers.written import semicolons, workbook

HEADINGS = ("School reference", "School", "District", "Class", "Year", "On roll", "Usual mode")
ROW = ("D01", "Harrowmarsh Primary School (demo)", "Medway", "6H", "6", "30", "Hands up")
OFFICIAL = (
    "Postcode",
    "LA (name)",
    "URN",
    "PhaseOfEducation (name)",
    "EstablishmentName",
    "HeadLastName",
    "NumberOfPupils",
)


def sentences(found: FoundList) -> list[str]:
    return [message.sentence for message in found.messages]


@pytest.mark.parametrize(
    "content",
    [
        workbook([HEADINGS, ROW]),
        workbook([("Our schools",), (), HEADINGS, ROW]),
        semicolons([HEADINGS, ROW]),
        semicolons([HEADINGS, ROW], "latin-1"),
        "\n".join([",".join(HEADINGS), ",".join(ROW)]).encode("utf-8-sig"),
        semicolons([HEADINGS[::-1], ROW[::-1]]),
        semicolons([HEADINGS, ("",) * 7, ROW, ("",) * 7]),
    ],
    ids=["xlsx", "rows above", "semicolons", "latin-1", "commas", "other order", "empty rows"],
)
def test_our_own_list_is_read_in_every_shape(content: bytes) -> None:
    found = read(content)
    one = found.listed[0]
    assert (len(found.listed), found.refusal, found.messages) == (1, "", ())
    assert (one.reference, one.school, one.district) == ROW[:3]
    assert (one.label, one.year, one.on_roll, one.mode) == ("6H", 6, 30, "hands")


def test_letters_of_latin_1_are_read() -> None:
    found = read(semicolons([HEADINGS, ("W1", "Ysgol Tŵr (demo)".replace("ŵ", "ô"), "", "6", "", "", "")], "latin-1"))
    assert found.listed[0].school == "Ysgol Tôr (demo)"


def test_the_official_list_gives_schools_that_teach_year_6() -> None:
    rows = [
        ("ZZ99 9ZZ", "Medway", 900001, "Primary", "Harrowmarsh Primary School (demo)", "Head", 210),
        ("ZZ99 9ZZ", "Medway", 900002, "Secondary", "Tidegate Upper School (demo)", "Head", 900),
        ("ZZ99 9ZZ", "Medway", "", "Primary", "Nobody's School (demo)", "Head", 20),
    ]
    found = read(workbook([("Schools, all of England",), OFFICIAL, *rows]))
    assert [(one.reference, one.school, one.district, one.label) for one in found.listed] == [
        ("900001", "Harrowmarsh Primary School (demo)", "Medway", "")
    ]
    assert sentences(found) == [
        "Row 5, Nobody's School (demo): There is no URN.",
        "1 school was left out: they teach no Year 6.",
    ]


def test_each_row_that_cannot_be_read_is_named_and_the_rest_is_kept() -> None:
    bad = [("D02", "", "", "6", "", "", ""), ("D03", "X", "", "6", "x", "", ""), ("D04", "X", "", "6", "", "", "odd")]
    found = read(semicolons([HEADINGS, *bad, ROW]))
    assert len(found.listed) == 1
    assert sentences(found) == [
        "Row 2: Please give the name of the school.",
        "Row 3, X, class 6: The year is a number from 1 to 13, for example 6. The cell holds “x”.",
        "Row 4, X, class 6: The usual way to answer is devices, hands up or cards. The cell holds “odd”.",
    ]


def test_what_may_be_a_person_is_not_repeated() -> None:
    [said] = sentences(read(semicolons([HEADINGS, ("D04", "X", "", "6", "", "Brave Otter", ""), ROW])))
    assert said == "Row 2, X, class 6: One class has between 1 and 60 pupils on roll."


def test_a_formula_is_not_worked_out() -> None:
    book = openpyxl.Workbook()
    for row in (HEADINGS, ("D01", "=1+1", "", "6H", 6, 30, "")):
        book.worksheets[0].append(list(row))
    content = io.BytesIO()
    book.save(content)
    found = read(content.getvalue())
    assert found.listed == ()
    assert sentences(found) == ["Row 2: Please give the name of the school."]


def zip_of(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 nothing",
        b"%PDF-1.7",
        b"\xd0\xcf\x11\xe0 old",
        b"\0\1\2" * 100,
        b"School\nX" * 10,
        zip_of(xl__workbook=b"0" * 30_000_000),
        zip_of(**{"..__..__evil": b"x"}),
        semicolons([("School", "Class")]),
        semicolons([("What", "Who"), ("a", "b")]),
    ],
    ids=[
        "empty",
        "broken zip",
        "pdf",
        "old office",
        "bytes",
        "no table",
        "bomb",
        "no book",
        "no rows",
        "no headings",
    ],
)
def test_what_is_no_list_gets_a_sentence(content: bytes) -> None:
    found = read(content)
    assert found.listed == ()
    assert found.refusal.endswith(".")


def test_a_cell_of_ten_megabytes_harms_nobody() -> None:
    found = read_list_apart(workbook([HEADINGS, ("D01", "A" * 32_000, "", "6H", 6, 30, ""), ROW]))
    assert len(found.listed) == 2
    assert len(found.listed[0].school) == 120
    huge = read(semicolons([HEADINGS, ("D01", "A" * 4_900_000, "", "6H", 6, 30, "")]))
    assert len(huge.listed[0].school) == 120
    assert "characters in one cell" in sentences(huge)[0]


def test_the_official_lists_head_teachers_are_no_pupils() -> None:
    names = ("HeadFirstName", "HeadLastName", "PercentageFSM", "Gender (name)")
    found = read(
        semicolons([("URN", "EstablishmentName", *names), (900001, "X (demo)", "Ada", "Brook", "20", "Mixed")])
    )
    assert found.refusal == ""
