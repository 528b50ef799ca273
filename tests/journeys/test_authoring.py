"""A draft becomes a run: written in a browser, stopped, mended, reviewed, published, taught and reported.

Priya writes, with a picture and a film of her agency's own, a picture that came with the lessons and three kinds of
question; Fay reviews, Tess teaches. A later edit changes nothing in the report of what was taught.
"""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browsers import WAIT_MS, chromium, held_back, window
from tests.cast import FAY, PASSWORD, PRIYA, TESS_LINK, message_id
from tests.films import CAPTIONS, mp4
from tests.served import ServedWorld

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LESSON = "/author/lessons/behind-the-line"
REPORT = "/reports/agencies/kent-fire-and-rescue-service"
QUESTIONS = (
    ("Where do you wait for a train?", "Behind the yellow line", "At the edge, to see it"),
    ("Your ball is on the track. What now?", "Leave it and tell an adult", "Fetch it quickly"),
    ("How do you cross the line?", "Where there is a crossing", "Where there is a gap in the fence"),
    ("The lights flash at a crossing. What now?", "Stop and wait", "Run across"),
    ("Who can you tell about a danger?", "A trusted adult", "Nobody, it is not my job"),
)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_draft_becomes_a_run_and_a_later_edit_changes_no_report(served: ServedWorld, browser: Browser) -> None:
    """Everybody's way together; it takes less than a minute."""
    priya = signed_in(served, browser, PRIYA)
    write_the_lesson(priya)
    be_stopped_and_mend(priya)
    fay = signed_in(served, browser, FAY)
    review_and_publish(served, priya, fay)
    teach(served, browser)
    before = report(served, priya)
    assert "Behind the line, version 1" in before
    assert re.search(r"\b28\b", before)
    edit_later(served, priya, fay)
    assert report(served, priya) == before


def signed_in(world: ServedWorld, browser: Browser, email: str) -> Page:
    page = window(browser).new_page()
    page.goto(f"{world.address}/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Lessons: write, review, publish").click()
    return page


def fill(page: Page, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        page.locator(f"[name='{name}']").fill(value)


def save(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("#saved")).to_contain_text("Saved", timeout=WAIT_MS)


def write_the_lesson(page: Page) -> None:
    fill(page, {"title": "Behind the line", "topic": "Rail"})
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url(f"**{LESSON}")
    address = page.url
    page.goto(f"{address}/details")
    fill(page, {"objectives": "wait in a safe place"})
    save(page)
    page.goto(f"{address}/quiz")
    fill(page, {"belief-RM1": "It will not happen to me"})
    save(page)
    page.goto(f"{address}/facts")
    page.get_by_role("button", name="Add a fact").click()
    fill(page, {"text": "Trains cannot swerve."})  # the source is forgotten
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d\d:\d\d$"), timeout=WAIT_MS)
    expect(page.locator(".beside li")).to_have_count(0)  # nobody has been at the source yet
    page.locator("#confidence").select_option("high")
    page.locator("#for").select_option("pupils")
    save(page)
    write_the_steps(page, address)
    page.route("**/preview?**", lambda route: route.abort())  # to be quicker: its frames are looked at elsewhere
    for place, question in enumerate(QUESTIONS):
        write_a_question(page, address, *question, why="" if place == 1 else "It is safer.")  # one why is forgotten
    begin_a_question(page, address, "put in order", "Things", "How do you cross at a station?")
    fill(page, {f"option-{n}": thing for n, thing in enumerate(("Stop", "Look", "Use the bridge"), start=1)})
    save(page)
    begin_a_question(page, address, "true or false", "True or false", "A train can stop at once.")
    page.locator("[name=right][value='2']").check()
    save(page)


STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("hook", {"title": "Look at the platform", "text": "What do you see?"}),
    ("film", {"title": "A train cannot swerve"}),
    ("scenario", {"title": "Sam drops a glove", "text": "It falls on the track.", "question-title": "What now?"}),
    ("take-home", {"title": "Tonight", "text": "Show someone at home a safe place to wait."}),
)


def write_the_steps(page: Page, address: str) -> None:
    for kind, fields in STEPS:
        page.goto(address)
        page.locator(f"input[name=kind][value={kind}]").check()
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_url(f"**/steps/{kind}")
        fill(page, fields)
        match kind:
            case "hook":
                add_own(page, photo(), "A platform with a yellow line.")
            case "film":
                add_own(page, film(), "A train that brakes for a long time.")
            case "scenario":
                fill(page, {"question-option-1": "Leave it", "question-option-2": "Climb down"})
                fill(page, {"question-why": "Gloves can wait."})
                page.locator("[name=question-right][value='1']").check()
                page.locator("[name=question-misconception-2]").select_option("RM1")
            case "take-home":
                page.locator("#picture").select_option(label="Water: take home")  # its alt text is forgotten
        save(page)
        shown = page.frame_locator("[data-frame=wide]").locator("h1").first
        expect(shown).to_contain_text(fields["title"], timeout=WAIT_MS)


def photo() -> FilePayload:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 360), "teal").save(drawn, "PNG")
    return {"name": "platform.png", "mimeType": "image/png", "buffer": drawn.getvalue()}


def film() -> FilePayload:
    return {"name": "train.mp4", "mimeType": "video/mp4", "buffer": mp4()}


def add_own(page: Page, file: FilePayload, alt: str) -> None:
    """Below the form of the step; what was added is chosen in it."""
    page.locator(".add-media summary").click()
    form = page.locator("form[data-media-drop]")
    form.locator("input[name=file]").set_input_files(file)
    form.locator("[name=alt]").fill(alt)
    form.locator("[name=rights]").fill("our own")
    if file["name"].endswith(".mp4"):
        captions: FilePayload = {"name": "train.vtt", "mimeType": "text/vtt", "buffer": CAPTIONS.encode()}
        form.locator("input[name=captions]").set_input_files(captions)
    form.get_by_role("button", name="Add it").click()
    chosen = page.locator("#film" if file["name"].endswith(".mp4") else "#picture")
    expect(chosen).to_have_value(re.compile("^media/"), timeout=WAIT_MS)


def write_a_question(page: Page, address: str, asked: str, right: str, wrong: str, *, why: str) -> None:
    page.goto(f"{address}/quiz")
    page.get_by_role("button", name="Add a question").click()
    page.wait_for_url("**/questions/*")
    fill(page, {"question": asked, "option-1": right, "option-2": wrong, "why": why})
    page.locator("[name=fact-RAI-01]").check()
    page.locator("[name=right][value='1']").check()
    page.locator("[name=misconception-2]").select_option("RM1")
    page.locator("#anchor").check()
    save(page)


def begin_a_question(page: Page, address: str, kind: str, legend: str, asked: str) -> None:
    page.goto(f"{address}/quiz")
    page.get_by_role("button", name="Add a question").click()
    page.wait_for_url("**/questions/*")
    page.locator("#kind").select_option(kind)
    expect(page.locator(".options legend")).to_have_text(legend, timeout=WAIT_MS)
    fill(page, {"question": asked, "why": "It is safer."})
    page.locator("[name=fact-RAI-01]").check()


def be_stopped_and_mend(page: Page) -> None:
    """Three things are missing; each is a link to its field, and mending it is saved without a button."""
    address = page.url.partition("/questions")[0]
    page.goto(f"{address}/review")
    assert page.get_by_role("button", name="Ask for a review").count() == 0
    links = page.locator(".to-publish .findings a")
    assert links.all_inner_texts() == ["Take-home: Tonight", "Fact RAI-01", "Question R2"]
    for field, words in (
        ("#alt", "A plan on a fridge door."),
        ("#source", "Kent Fire and Rescue Service, 2026"),
        ("#why", "An adult knows whom to call."),
    ):
        page.goto(f"{address}/review")
        script = held_back(page, "**/author.js*")
        links.first.click()
        expect(page.locator(".beside li")).to_have_count(1)
        page.locator(field).fill(words)
        page.unroute("**/author.js*")
        script[0].continue_()
        expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d\d:\d\d$"), timeout=WAIT_MS)
        expect(page.locator(".beside li")).to_have_count(0)
    page.goto(address)
    expect(page.locator(".to-publish")).to_contain_text("Nothing is missing")
    expect(page.locator(".total")).to_contain_text("in 6 steps")


def review_and_publish(world: ServedWorld, priya: Page, fay: Page) -> None:
    address = world.address + LESSON
    priya.goto(f"{address}/review")
    priya.get_by_role("button", name="Ask for a review").click()
    fay.goto(f"{address}/review")
    for box in fay.locator(".review input[type=checkbox]").all():
        box.check()
    fay.get_by_role("button", name="Approve").click()
    expect(fay.locator(".to-publish")).to_contain_text("Approved by Fay")
    priya.goto(f"{address}/review")
    priya.get_by_role("button", name="Publish version").click()
    priya.wait_for_url("**/versions")


def teach(world: ServedWorld, browser: Browser) -> None:
    """Tess finds the new lesson on Today; her class goes through it with one pupil, who answers once."""
    today = window(browser).new_page()
    today.goto(f"{world.address}/c/{TESS_LINK}")
    today.get_by_role("button").first.click()
    tile = today.locator(".lesson", has_text="Behind the line")
    version_id = tile.locator("input[name=version_id]").get_attribute("value") or ""
    tess = world.visitor().open_class().http
    run = world.start(tess, version_id=version_id)  # type: ignore[arg-type]  # an httpx client, as a TestClient is
    pupil = world.visitor().join(run.code).http
    world.go_to(tess, run, "quiz.R1")  # type: ignore[arg-type]
    stage = pupil.get("/play/panels/stage").json()
    answer = {
        "kind": "answer",
        "id": message_id(1),
        "asking": stage["asking"],
        "round": 1,
        "choice": "A",
        "change": 1,
    }
    assert pupil.post("/play/answers", json=answer).json()["kind"] == "ack"
    assert len({step.question.kind for step in run.plan.lessons[0].askings}) == 4  # with *How sure are you?*
    world.go_to(tess, run, "take-home", "content")  # type: ignore[arg-type]
    world.finish(tess, "28")  # type: ignore[arg-type]


def report(world: ServedWorld, page: Page) -> str:
    page.goto(world.address + REPORT)
    return page.locator("main").inner_text()


def edit_later(world: ServedWorld, priya: Page, fay: Page) -> None:
    priya.goto(f"{world.address}{LESSON}/details")
    fill(priya, {"title": "Another title"})
    save(priya)
    review_and_publish(world, priya, fay)
    expect(priya.locator("tbody tr")).to_have_count(2)
