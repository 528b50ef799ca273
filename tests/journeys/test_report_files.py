"""A coordinator takes the season's figures away: a spreadsheet, and one sheet for the funder."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from playwright.sync_api import Browser, expect

from tests.browsers import chromium, held_back, window
from tests.cast import CORA, PASSWORD
from tests.papers import words_of
from tests.seasons import season, teach
from tests.served import ServedWorld

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_cora_takes_a_spreadsheet_and_one_sheet_for_the_funder(browser: Browser, tmp_path: Path) -> None:
    with season(tmp_path / "data", ServedWorld) as world:
        assert isinstance(world, ServedWorld)
        teach(world)
        page = window(browser).new_page()
        page.goto(f"{world.address}/sign-in")
        page.locator("input[name=email]").fill(CORA)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/programmes")
        page.goto(f"{world.address}/reports/programmes/town")
        with page.expect_download() as download:
            page.get_by_role("link", name="Spreadsheet", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("town-participation.xlsx is among your downloads.")
        assert download.value.suggested_filename == "town-participation.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
        assert book.sheetnames[0] == "Read me"
        asked = held_back(page, "**/*.pdf")
        page.get_by_role("link", name="PDF", exact=True).click()
        expect(page.get_by_role("progressbar", name="The file is being made")).to_be_visible()
        asked[0].abort()
        expect(page.get_by_role("status")).to_contain_text("The file could not be made.")
        page.get_by_role("link", name="For the funder", exact=True).click()
        expect(page.locator(".press")).to_contain_text("374 Year 6 children in 14 classes at 12 schools took part")
        page.get_by_role("link", name="Figures of agencies").click()
        for name, typed in (("What was counted", "Homes visited"), ("Number", "124"), ("For which time", "2026")):
            page.get_by_label(name).fill(typed)
        page.get_by_label("Where it comes from").fill("Records of home visits")
        page.get_by_label("Reported by").select_option(label="Kent Fire and Rescue Service")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("link", name="For the funder").click()
        printed = page.pdf(prefer_css_page_size=True)
    assert len(pypdfium2.PdfDocument(printed)) == 1
    assert "Reported by the agencies, not measured here" in words_of(printed)
    assert "+32.6" in words_of(printed)
