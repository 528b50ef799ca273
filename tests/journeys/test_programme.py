"""A coordinator sets up a programme from a spreadsheet of 45 classes and sends the letters, by keys alone."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import FRAMES, chromium, window
from tests.cast import CORA, PASSWORD
from tests.journeys.test_accessibility import violations
from tests.journeys.test_keyboard import tab_to
from tests.served import ServedWorld

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
HEADINGS = ("School reference", "School", "District", "Class", "Year", "On roll", "Usual mode")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def spreadsheet(place: Path) -> Path:
    """45 classes of 23 schools."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(HEADINGS))
    for number in range(45):
        school = number // 2
        name = f"Sandbay {school + 1} Primary School (demo)"
        sheet.append([f"S{school:02}", name, "Sandbay", "6A" if number % 2 == 0 else "6B", 6, 28, "Devices"])
    book.save(place / "classes.xlsx")
    return place / "classes.xlsx"


def press(page: Page, words: str, address: str) -> None:
    """Tab to a link or button, press Enter, and wait for the page that comes."""
    tab_to(page, words)
    page.keyboard.press("Enter")
    page.wait_for_url(address)


def fill(page: Page, field: str, words: str) -> None:
    tab_to(page, field)
    page.keyboard.type(words)


def look(page: Page, found: list[str]) -> None:
    """Axe, and no sideways scrolling, on a laptop and on a phone."""
    for frame in ("phone", "laptop"):
        width, height = FRAMES[frame]
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{page.url}, {frame}: {fault}" for fault in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{page.url}, {frame}: wider than its screen")


def test_a_programme_is_set_up_from_a_spreadsheet_and_its_letters_are_made(
    browser: Browser, served: ServedWorld, tmp_path: Path
) -> None:
    found: list[str] = []
    page = window(browser).new_page()
    page.goto(f"{served.address}/sign-in")
    fill(page, "email", CORA)
    fill(page, "password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/programmes")
    look(page, found)

    press(page, "New programme", "**/programmes/new")
    look(page, found)
    fill(page, "name", "Safety in Action, spring")
    fill(page, "area", "Sandbay (demo)")
    fill(page, "starts_on", "02022027")  # the same day whichever comes first, day or month
    page.locator("#ends_on").focus()
    page.keyboard.type("03032027")
    fill(page, "target_classes", "45")
    press(page, "Begin the programme", "**/programmes/safety-in-action-spring")
    look(page, found)

    press(page, "Schools", "**/schools")
    press(page, "Bring a list", "**/schools/list")
    look(page, found)
    page.locator("#file").set_input_files(spreadsheet(tmp_path))
    press(page, "Read the list", "**/schools/brought/*")
    expect(page.get_by_text("23 schools, 45 classes")).to_be_visible()
    look(page, found)
    press(page, "Keep these 45 rows", "**/schools?kept=45")
    look(page, found)

    press(page, "Classes", "**/class-groups")
    look(page, found)
    press(page, "Make 45 links", "**/class-groups")
    expect(page.get_by_text("Letters to print (45)")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="All letters (PDF)").press("Enter")
    pdf = pypdfium2.PdfDocument(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert (len(pdf), pdf.is_tagged()) == (45, True)
    page.get_by_role("link", name="Letters to print (45)").press("Enter")
    page.wait_for_url("**/letters")
    look(page, found)
    expect(page.locator(".letter")).to_have_count(45)
    shown = page.locator(".letter-address").nth(1).inner_text().replace("\n", "").replace("\u2011", "-")
    printed = shown.partition("/")[2]  # the world's own address is not that of its server

    press(page, "Back to the classes", "**/class-groups")
    page.get_by_role("link", name="6B of Sandbay 1 Primary School (demo)", exact=True).click()
    look(page, found)
    for path in ("", "/details", "/copy", "/agencies", "/agencies/1", "/schools/3"):
        page.goto(
            f"{served.address}/programmes/{'town' if path == '/agencies/1' else 'safety-in-action-spring'}{path}"
        )
        look(page, found)

    teacher = window(browser, "phone").new_page()
    teacher.goto(f"{served.address}/{printed.upper()}")
    teacher.get_by_role("button").first.click()
    teacher.wait_for_url("**/class")
    expect(teacher.get_by_role("heading", name="Today, class 6B")).to_be_attached()
    assert found == []
