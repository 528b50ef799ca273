"""A report as a file: every kind says the same as the page, to the last digit, and none says what it hides."""

import csv
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import openpyxl
import pypdfium2
import pytest

from app.domain.impact import Choices, Filters, Reach, Report
from app.domain.report_tables import tables_of
from app.domain.report_words import explained
from app.store.tables import SchoolRow
from tests.cast import CORA, PAUL, PRIYA, World
from tests.papers import faults_for_screen_readers, words_of
from tests.seasons import season, teach

TOWN = "/reports/programmes/town"
FIRE = "/reports/agencies/kent-fire-and-rescue-service"
ASKED = {"askings": "Askings", "choices": "What was offered"}
SUM = '=HYPERLINK("https://example.org","Harrowmarsh")'


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo's season; one of its schools has a name that a spreadsheet would run."""
    with season(tmp_path_factory.mktemp("season")) as world:
        teach(world)
        with world.parts.database.transaction() as db:
            db.get_one(SchoolRow, 1).name = SUM
        yield world


def file(world: World, address: str, who: str = CORA) -> bytes:
    answer = world.staff(who).get(address)
    assert answer.status_code == 200, answer.text
    return answer.content


def as_json(world: World, address: str = TOWN, query: str = "", who: str = CORA) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file(world, f"{address}.json{query}", who))
    return found


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def test_json_is_the_oracle_of_the_demo(taught: World) -> None:
    made = as_json(taught)
    reach = made["reach"]
    assert [reach[key] for key in ("schools", "classes", "pupils", "attendances")] == [12, 14, 374, 1496]
    assert (reach["matched"], reach["pupil_hours"]) == (327, 748)
    gains = {
        row["topic"]: (row["before_share"], row["after_share"], row["points"], row["gain"]) for row in made["topics"]
    }
    assert gains == {
        "Internet": (63.6, 80.7, 17.1, 0.47),
        "Fire": (53.7, 79.1, 25.4, 0.55),
        "Water": (42.5, 75.1, 32.6, 0.57),
        "Road": (50.8, 77.7, 26.9, 0.55),
    }


@pytest.mark.parametrize("address", [TOWN, FIRE])
def test_spreadsheet_csv_and_json_have_the_same_tables(taught: World, address: str) -> None:
    who = CORA if address == TOWN else PRIYA
    made = as_json(taught, address, who=who)
    book = sheets(file(taught, f"{address}.xlsx", who))
    text = file(taught, f"{address}.csv", who).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    named = {"topics": "Knowledge gain by topic", "questions": "Key questions", "classes": "By class and topic"}
    for key, title in (named | {"records": "Lessons", "class_questions": "Key questions by class", **ASKED}).items():
        rows = [[plain(value) for value in row.values()] for row in made[key]]
        assert [[plain(value) for value in row] for row in book[title][1:]] == rows, key
        start = 1 if key == "records" else lines.index([title]) + 2
        assert [[unquoted(cell) for cell in line] for line in lines[start : start + len(rows)]] == rows, key
    totals = [plain(value) for _, value in book["Totals"][1:]]
    assert totals == [plain(value) for value in made["reach"].values()]


def plain(value: Any) -> str:
    """A value as text, whatever the file made of it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}" if value == int(value) else str(value)
    return str(value).removesuffix(" 00:00:00")


def unquoted(cell: str) -> str:
    """Without the sign that keeps a text from being run; numbers as `plain` has them."""
    try:
        return plain(float(cell)) if "." in cell else cell
    except ValueError:
        return cell[1:] if re.match(r"'+[=+\-@]", cell) else cell


def test_the_page_and_the_paper_say_the_same_figures(taught: World) -> None:
    made = as_json(taught)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", taught.staff(CORA).get(TOWN).text))
    paper = words_of(file(taught, f"{TOWN}.pdf"))
    for row in made["topics"]:
        for said in (f"{row['before_share']}%", f"{row['after_share']}%", f"+{row['points']}", f"{row['gain']:.2f}"):
            assert said in page
            assert said in paper
        ends = [f"{row[end]:+.1f}".replace("-", "−") for end in ("low", "high")]
        assert f"{ends[0]} to {ends[1]} over {row['over']}" in page
        assert f"{ends[0]} to {ends[1]} over {row['over']}" in paper
    for row in made["confidence"]:
        assert f"{row['before_share']}% {row['before']} of {row['before_of']}" in page
        assert f"{row['before']} {row['before_of']} {row['after']} {row['after_of']}" in paper
    for row in made["classes"]:
        if row["points"] is not None:
            assert f"{row['after_share']}% +{row['points']} {row['matched']} matched" in page
            assert f"{row['after_share']}% +{row['points']}, {row['matched']} matched" in paper
    for said in ("374", "1,496", "748", made["headline"], made["basis"]):
        assert said in page
        assert said in paper


def test_counts_by_choice_add_up_to_the_right_answers_of_the_key_questions(taught: World) -> None:
    """An analyst can work out from the askings what the classes' key questions say."""
    made = as_json(taught)
    gains = {
        (row["school"], row["class"], row["question"]): row for row in made["class_questions"] if row["question"]
    }
    right = {
        (row["school"], row["class"], *row["asking"].split(".")): row["matched_right"]
        for row in made["askings"]
        if row["matched_right"] is not None
    }
    assert len(gains) > 200
    for (school, label, question), row in gains.items():
        assert right[school, label, "before", question] == row["before"]
        assert right[school, label, "quiz", question] == row["after"]


def test_what_is_hidden_is_in_no_file(taught: World) -> None:
    """Oystergreave matched nine pupils, and Wherrywood is hidden beside it."""
    made = as_json(taught)
    figures = ("answers", "before", "after", "before_share", "after_share", "points", "low", "high", "gain")
    hidden = {
        row["school"]: row["note"]
        for row in made["classes"]
        if row["topic"] == "Fire" and all(row[key] is None for key in figures)
    }
    assert {name.split()[0]: note.split(",")[0] for name, note in hidden.items()} == {
        "Oystergreave": "Hidden: fewer than 10 matched pupils",
        "Wherrywood": "Hidden",
        "Rushenhithe": "Not measured before and after",
    }
    of_hidden = [row for row in made["class_questions"] if row["school"].split()[0] in ("Oystergreave", "Wherrywood")]
    assert len(of_hidden) == 8
    assert all(row[key] is None for row in of_hidden for key in ("before", "after", "before_share", "after_share"))


def test_no_cell_is_a_formula_and_no_line_of_csv_would_be_run(taught: World) -> None:
    book = openpyxl.load_workbook(io.BytesIO(file(taught, f"{TOWN}.xlsx")))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == SUM for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    lines = csv.reader(io.StringIO(file(taught, f"{TOWN}.csv").decode("utf-8-sig"), newline=""))
    texts = [cell for line in lines for cell in line]
    assert f"'{SUM}" in texts
    assert not [text for text in texts if re.match(r"[=+@\t\r]|-(?!\d)", text)]


def test_the_paper_is_accessible_and_the_spreadsheet_says_its_limits(taught: World) -> None:
    assert faults_for_screen_readers(file(taught, f"{TOWN}.pdf")) == []
    book = sheets(file(taught, f"{TOWN}.xlsx"))
    read_me = " ".join(str(cell) for row in book["Read me"] for cell in row if cell)
    told = {cell for row in book["Read me"] for cell in row}
    for title in book.keys() - {"Read me", "Totals"}:
        assert title in told
        assert {head for head in book[title][0] if head} <= told
    notes = {
        row[book[title][0].index("Note")] for title in book if "Note" in book[title][0] for row in book[title][1:]
    }
    assert notes - {None} <= told
    assert "do not show what pupils will do" in read_me
    assert "fewer than 10 pupils are hidden" in read_me


def test_each_column_of_each_table_is_explained() -> None:
    empty = Report((), "", "", Filters(), Choices(), None, None, Reach(), (), (), (), ())
    for table in tables_of(empty, date(2026, 12, 1)).tables:
        assert [explained(table.key, column.key) for column in table.columns]
        assert table.explains


def test_the_paper_says_when_it_was_made_and_which_page_it_is(taught: World) -> None:
    paper = file(taught, f"{TOWN}.pdf")
    pages = pypdfium2.PdfDocument(paper)
    name = as_json(taught)["title"]
    assert pages.get_metadata_value("Title") == name
    for number, page in enumerate(pages, start=1):
        foot = re.sub(r"\s+", " ", page.get_textpage().get_text_bounded())
        assert f"{name}. Made on 1 Dec 2026" in foot
        assert f"Page {number} of {len(pages)}" in foot


def test_a_file_has_what_was_chosen_on_the_page_and_says_so(taught: World) -> None:
    page = taught.staff(CORA).get(f"{TOWN}?topic=fire").text
    assert f"{TOWN}.xlsx?topic=fire" in page
    made = as_json(taught, query="?topic=fire")
    assert [row["topic"] for row in made["topics"]] == ["Fire"]
    assert made["about"]["only_topic"] == "Fire"


def test_an_agencys_file_is_its_own_part_and_nobody_elses(taught: World) -> None:
    made = as_json(taught, FIRE, who=PRIYA)
    assert {row["topic"] for row in made["records"]} == {"Fire", "Water"}
    assert {row["role"] for row in made["records"]} == {"leads"}
    for kind in ("json", "xlsx", "pdf", "csv"):
        assert taught.staff(PAUL).get(f"{FIRE}.{kind}").status_code == 404
        assert taught.staff(PRIYA).get(f"{TOWN}.{kind}").status_code == 404


def test_an_export_that_is_started_twice_gives_the_same_file_twice(taught: World) -> None:
    browsers = [taught.staff(CORA) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda browser: browser.get(f"{TOWN}.json").content, browsers))
    assert made[0] == made[1]
    assert json.loads(made[0])["reach"]["pupils"] == 374
