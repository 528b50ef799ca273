"""The step editor in a real browser: it saves while one types, tells conflicts, shows the step, moves steps."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import FRAMES, WAIT_MS, chromium, window
from tests.cast import FAY, PASSWORD, PRIYA
from tests.journeys.test_accessibility import violations
from tests.served import ServedWorld

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LESSON = "/author/lessons/fire"
SAVED = re.compile(r"^Saved \d\d:\d\d$")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWorld]:
    with ServedWorld(tmp_path_factory.mktemp("editor")) as world:
        yield world


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def signed_in(world: ServedWorld, browser: Browser, email: str) -> Page:
    page = window(browser).new_page()
    page.goto(f"{world.address}/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/programmes")
    return page


@pytest.fixture(scope="module")
def priya(world: ServedWorld, browser: Browser) -> Page:
    return signed_in(world, browser, PRIYA)


@pytest.fixture(scope="module")
def fay(world: ServedWorld, browser: Browser) -> Page:
    return signed_in(world, browser, FAY)


def open_at(page: Page, world: ServedWorld, path: str = "") -> None:
    page.goto(f"{world.address}{LESSON}{path}")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=WAIT_MS)


def inside(page: Page, frame: str = "wide") -> str:
    return page.frame_locator(f"[data-frame={frame}]").locator("#panel-stage").inner_text()


def test_what_is_typed_is_shown_at_once_and_saved_a_second_later(world: ServedWorld, priya: Page) -> None:
    open_at(priya, world, "/steps/hook")
    priya.locator("#title").fill("Look closely")
    shown = priya.frame_locator("[data-frame=tablet]").locator("h1").first
    expect(shown).to_have_text("Look closely", timeout=WAIT_MS)
    saved(priya)
    priya.locator("#minutes").fill("soon")
    expect(priya.locator("#beside-minutes")).to_contain_text('"soon" is not a number of minutes.', timeout=WAIT_MS)
    priya.locator("#minutes").fill("2")
    expect(priya.locator("#beside-minutes")).to_be_empty(timeout=WAIT_MS)
    priya.reload()
    expect(priya.locator("#title")).to_have_value("Look closely")


def test_what_was_saved_while_typing_is_undone_from_the_same_page(world: ServedWorld, priya: Page) -> None:
    open_at(priya, world, "/steps/pledge")
    before = priya.locator("#title").input_value()
    priya.locator("#title").fill("Typed by mistake")
    saved(priya)
    priya.get_by_role("button", name="Undo").click()
    priya.wait_for_url(f"**{LESSON}")
    expect(priya.locator("[data-key=pledge] .what a")).to_have_text(before)


def test_words_that_do_not_fit_are_told_beside_the_frame(world: ServedWorld, priya: Page) -> None:
    open_at(priya, world, "/steps/hook")
    fits = priya.locator("[data-fits=old]")
    expect(fits).to_have_text("fits", timeout=WAIT_MS)
    before = priya.locator("#text").input_value()
    priya.locator("#text").fill("Look at this for one minute and then tell your partner. " * 12)
    expect(fits).to_contain_text("use fewer words", timeout=WAIT_MS)
    priya.locator("#text").fill(before)
    expect(fits).to_have_text("fits", timeout=WAIT_MS)
    saved(priya)


def test_limits_count_while_one_types_and_a_question_is_looked_at_with_its_answer(
    world: ServedWorld, priya: Page
) -> None:
    open_at(priya, world, "/questions/F1")
    priya.locator("#question").fill("x" * 112)
    expect(priya.locator("#count-question")).to_have_text("112 of 110: 2 too many")
    priya.locator("#question").fill("What do you do first?")
    expect(priya.locator("#count-question")).to_have_text("21 of 110")
    saved(priya)
    priya.locator("[data-look=phase]").select_option("revealed")
    told = priya.frame_locator("[data-frame=wide]").locator("h1").first
    expect(told).to_contain_text("The safest answer is", timeout=WAIT_MS)


def test_a_question_becomes_another_kind_and_a_danger_is_drawn_on_its_picture(
    world: ServedWorld, priya: Page
) -> None:
    open_at(priya, world, "/questions/F6")
    priya.locator("#kind").select_option("put in order")
    expect(priya.locator(".options legend")).to_have_text("Things", timeout=WAIT_MS)
    expect(priya.locator("#option-1")).to_have_value("At least one on every floor")
    expect(priya.frame_locator("[data-frame=wide]").locator("#panel-stage")).to_contain_text(
        "One, next to the cooker"
    )
    open_at(priya, world, "/steps/hook")
    place = priya.locator("#question-place-8")
    place.focus()
    drawn = priya.locator("[data-spot-map]")
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box
    for share, act in ((0.1, priya.mouse.down), (0.3, priya.mouse.up)):
        priya.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * share)
        act()
    expect(place).to_have_value(re.compile(r"^(10|9|11)% (10|9|11)% (20|19|21)% (20|19|21)%$"))
    saved(priya)


def test_two_people_on_one_step_are_told_and_choose(world: ServedWorld, priya: Page, fay: Page) -> None:
    for page in (priya, fay):
        open_at(page, world, "/steps/poll")
    fay.locator("#title").fill("Of Fay")
    saved(fay)
    priya.locator("#title").fill("Of Priya")
    expect(priya.locator("#saved")).to_contain_text("Fay changed this step", timeout=WAIT_MS)
    expect(priya.locator("#title")).to_have_value("Of Priya")
    priya.get_by_role("button", name="Look at both").click()
    expect(priya.locator(".theirs")).to_contain_text("## Poll: Of Fay", timeout=WAIT_MS)
    expect(priya.locator("#title")).to_have_value("Of Priya")
    priya.locator("#title").fill("Of both")
    priya.get_by_role("button", name="Save", exact=True).last.click()
    priya.wait_for_url("**/steps/poll")
    expect(priya.locator("#title")).to_have_value("Of both")
    expect(priya.locator(".theirs")).to_have_count(0)


def test_what_cannot_be_saved_stays_in_the_page_and_is_saved_later(world: ServedWorld, priya: Page) -> None:
    open_at(priya, world, "/steps/take-home")
    priya.route("**/steps/take-home", lambda route: route.abort())
    priya.locator("#title").fill("Kept in the page")
    expect(priya.locator("#saved")).to_contain_text("What you typed is still in this page.", timeout=WAIT_MS)
    priya.unroute("**/steps/take-home")
    priya.evaluate("dispatchEvent(new Event('online'))")  # else it tries again after five seconds
    saved(priya)
    priya.reload()
    expect(priya.locator("#title")).to_have_value("Kept in the page")


def order(page: Page) -> list[str]:
    return [item.get_attribute("data-key") or "" for item in page.locator(".steps > li").all()]


def test_a_step_is_moved_by_button_by_key_and_by_dragging_and_all_is_undone(world: ServedWorld, priya: Page) -> None:
    priya.set_viewport_size({"width": 1366, "height": 1400})  # a driven mouse cannot scroll while it drags
    open_at(priya, world)
    first = order(priya)
    priya.locator("#down-precheck").focus()
    priya.keyboard.press("Enter")
    expect(priya.locator(".steps > li").first).to_have_attribute("data-key", "hook")
    expect(priya.locator("#down-precheck")).to_be_focused()
    priya.locator("[data-key=precheck] a").focus()
    priya.keyboard.press("Alt+ArrowDown")
    expect(priya.locator(".steps > li").nth(2)).to_have_attribute("data-key", "precheck")
    priya.locator("[data-key=take-home]").drag_to(
        priya.locator("[data-key=hook]"), target_position={"x": 300, "y": 5}
    )
    expect(priya.locator("#down-take-home")).to_be_focused()  # kept, and the page has it
    assert order(priya) == ["take-home", "hook", "facts", "precheck", *first[3:-1]]
    priya.get_by_role("button", name="Undo").click()  # one person's moves within ten minutes are one change
    expect(priya.locator(".steps > li").first).to_have_attribute("data-key", "precheck")
    assert order(priya) == first
    priya.set_viewport_size({"width": 1366, "height": 768})


PAGES = ("", "/steps/facts", "/steps/scenario", "/questions/F2", "/facts", "/details", "/review", "/walk?place=3")


def test_axe_finds_nothing_and_nothing_is_cut_off_on_any_page_of_the_room(world: ServedWorld, priya: Page) -> None:
    found = []
    for address in ("/author", "/author/facts", *(LESSON + path for path in PAGES)):
        priya.goto(world.address + address)
        found += [f"{address}: {fault}" for fault in violations(priya)]
        for name, (width, height) in FRAMES.items():
            priya.set_viewport_size({"width": width, "height": height})
            too_wide = priya.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"{address}: {too_wide} px too wide on a {name}"] if too_wide > 0 else []
        priya.set_viewport_size({"width": 1366, "height": 768})
    assert found == []
