"""A coordinator before a live session, at the pages and by keys: programme, list, letters, plan, bookings."""

import io
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pypdfium2
from playwright.sync_api import Page, expect

from app.domain.timetable import HOME
from tests.journeys.looks import Looks
from tests.journeys.test_keyboard import tab_to

HEADINGS = ("School reference", "School", "District", "Class", "Year", "On roll", "Usual mode")
CLASSES = 45
ADDRESS = "/programmes/safety-in-action-sandbay"


def spreadsheet(place: Path) -> Path:
    """45 classes of 23 schools."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(HEADINGS))
    for number in range(CLASSES):
        school = number // 2
        name = f"Sandbay {school + 1} Primary School (demo)"
        sheet.append([f"S{school:02}", name, "Sandbay", "6A" if number % 2 == 0 else "6B", 6, 30, "Devices"])
    book.save(place / "classes.xlsx")
    return place / "classes.xlsx"


def press(page: Page, words: str, address: str | re.Pattern[str]) -> None:
    """Tab to a link or button, press Enter, and wait for the page that comes."""
    tab_to(page, words)
    page.keyboard.press("Enter")
    page.wait_for_url(address)


def fill(page: Page, name: str, words: str) -> None:
    tab_to(page, name)
    page.keyboard.type(words)


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    page.goto(f"{address}/sign-in")
    fill(page, "email", email)
    fill(page, "password", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/programmes")


@dataclass
class Coordinator:
    """Signed in, at the list of programmes."""

    page: Page
    site: str
    looks: Looks

    def begin_programme(self) -> None:
        page, year = self.page, datetime.now(HOME).year
        press(page, "New programme", "**/programmes/new")
        self.looks.at(page)
        fill(page, "name", "Safety in Action, Sandbay")
        fill(page, "area", "Sandbay (demo)")
        fill(page, "starts_on", f"0101{year}")  # the same day whichever comes first, day or month
        page.locator("#ends_on").focus()
        page.keyboard.type(f"1212{year + 1}")
        fill(page, "target_classes", str(CLASSES))
        press(page, "Begin the programme", f"**{ADDRESS}")
        self.looks.at(page)

    def bring_list(self, folder: Path) -> None:
        page = self.page
        press(page, "Schools", "**/schools")
        press(page, "Bring a list", "**/schools/list")
        self.looks.at(page)
        page.locator("#file").set_input_files(spreadsheet(folder))
        press(page, "Read the list", "**/schools/brought/*")
        expect(page.get_by_text(f"23 schools, {CLASSES} classes")).to_be_visible()
        self.looks.at(page)
        press(page, f"Keep these {CLASSES} rows", f"**/schools?kept={CLASSES}")
        self.looks.at(page)

    def make_letters(self) -> list[str]:
        """What stands in each letter to be typed, in the order of the list."""
        page = self.page
        press(page, "Classes", "**/class-groups")
        self.looks.at(page)
        press(page, f"Make {CLASSES} links", "**/class-groups")
        with page.expect_download() as download:
            page.get_by_role("link", name="All letters (PDF)").press("Enter")
        pdf = pypdfium2.PdfDocument(io.BytesIO(Path(download.value.path()).read_bytes()))
        assert (len(pdf), pdf.is_tagged()) == (CLASSES, True)
        page.get_by_role("link", name=f"Letters to print ({CLASSES})").press("Enter")
        page.wait_for_url("**/letters")
        self.looks.at(page, ["phone"])  # it is long
        shown = page.locator(".letter-address").all_inner_texts()
        press(page, "Back to the classes", "**/class-groups")
        page.get_by_role("link", name="6B of Sandbay 1 Primary School (demo)", exact=True).click()
        self.looks.at(page)
        return [printed.replace("\n", "").replace("\u2011", "-").partition("/")[2] for printed in shown]

    def look_around(self) -> None:
        """Pages of the programme that the way through it does not pass."""
        for path in ("/details", "/copy", "/agencies", "/schools/15"):
            self.page.goto(self.site + ADDRESS + path)
            self.looks.at(self.page)
        self.page.goto(self.site + ADDRESS + "/agencies")
        self.page.locator("table.list th a").first.click()
        self.looks.at(self.page)

    def invite(self, email: str, role: str) -> str:
        """The link of the invitation."""
        page = self.page
        page.goto(f"{self.site}/people")
        page.locator("input[name=email]").fill(email)
        page.locator("select[name=role]").select_option(label=role)
        page.get_by_role("button", name="Make the invitation").click()
        return page.locator("#new-link").input_value()

    def plan(self, lead: str, other: str, capacity: int) -> datetime:
        """A live session with the fire lesson, in ten minutes. One presenter leads it, another has the lesson too."""
        page, begins = self.page, datetime.now(HOME).replace(second=0, microsecond=0) + timedelta(minutes=10)
        page.goto(self.site + ADDRESS + "/timetable")
        self.looks.at(page)
        press(page, "Plan a live session", "**/timetable/new")
        self.looks.at(page)
        page.locator("#on").fill(f"{begins:%Y-%m-%d}")
        page.locator("#at").fill(f"{begins:%H:%M}")
        fire = page.locator("li.topic-fire")
        fire.locator("select").select_option(label="First")
        page.locator("li", has_text=lead).locator("select").select_option("all")
        lesson = fire.locator("input[name=module_id]").input_value()
        page.locator("li", has_text=other).locator("select").select_option(lesson)
        page.locator("#capacity").fill(str(capacity))
        press(page, "Plan it", re.compile(r"/timetable/\d+$"))
        return begins

    def book(self, classes: int) -> None:
        """The first classes of the list."""
        page = self.page
        boxes = page.locator("input[name=class_group_id]")
        expect(boxes).to_have_count(CLASSES)
        for number in range(classes):
            boxes.nth(number).check()
        page.get_by_role("button", name="Book the ticked classes").click()
        expect(page.locator("table.bookings tr.is-confirmed")).to_have_count(classes)
        self.looks.at(page)
