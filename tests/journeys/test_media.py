"""Pictures and films from an author's page to the classroom screen, and hostile words, all in a real browser."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.domain.lesson import Film
from app.domain.media import FilmFile
from app.store import lessons, media
from app.web.markdown import markdown
from tests.browsers import WAIT_MS, chromium, code_on, expect_phase, join, press_next, window
from tests.cast import PASSWORD, PRIYA, TESS_LINK
from tests.films import CAPTIONS
from tests.hostile_words import HOSTILE
from tests.journeys.test_accessibility import violations
from tests.served import ServedWorld

pytestmark = pytest.mark.browser

RECORD = """async (seconds) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const pen = canvas.getContext("2d");
  const paint = (at) => {
    pen.fillStyle = `hsl(${at / 10} 60% 50%)`;
    pen.fillRect(0, 0, 320, 180);
  };
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    paint(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  recorder.stop();
  await stopped;
  window.film = new File(pieces, "film.webm", { type: "video/webm" });
}"""
DRAW = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 2000, height: 1000 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "teal";
  pen.fillRect(0, 0, 2000, 1000);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  window.photo = new File([blob], "photo.png", { type: "image/png" });
}"""
PASTE = """() => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(window.photo);
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
DROP = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(window.film);
  document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWorld]:
    with ServedWorld(tmp_path_factory.mktemp("data")) as world:
        yield world


def own_page(browser: Browser, server: ServedWorld, complaints: list[str]) -> Page:
    """Priya's page of pictures and films."""
    page = window(browser).new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill(PRIYA)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{server.address}/author/media")
    return page


def open_screen(context: BrowserContext, server: ServedWorld) -> Page:
    page = context.new_page()
    page.goto(f"{server.address}/c/{TESS_LINK}")
    page.get_by_role("button").first.click()
    page.wait_for_url("**/class")
    page.locator("input[name=present]").fill("28")
    page.locator("button[name=kind][value=lesson]").click()
    page.wait_for_url("**/class/run/screen")
    return page


def added_in_a_step(page: Page, server: ServedWorld) -> None:
    """A picture pasted into the editor is chosen in its step, with its words, and saved."""
    page.goto(f"{server.address}/author/lessons/fire/steps/hook")
    page.evaluate(DRAW)
    page.evaluate(PASTE)
    page.locator("#add-alt").fill("A teal wall, seen again.")
    page.locator("#add-rights").fill("Our own picture.")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("#picture option:checked")).to_have_text("Ours: A teal wall, seen again.", timeout=WAIT_MS)
    expect(page.locator("#alt")).to_have_value("A teal wall, seen again.")
    expect(page.locator("#saved")).to_contain_text("Saved", timeout=WAIT_MS)
    inside = page.frame_locator("iframe[data-frame=wide]").locator(".picture")
    expect(inside).to_have_js_property("naturalWidth", 1600, timeout=WAIT_MS)


def wait_until_film_is_past(screen: Page, seconds: float) -> None:
    until = time.monotonic() + WAIT_MS / 1000
    while screen.locator("#film").evaluate("film => film.currentTime") < seconds:
        assert time.monotonic() < until, "the film stands still"
        screen.wait_for_timeout(20)


def publish_with(server: ServedWorld) -> None:
    """The fire lesson, beginning with the film that was added."""
    with server.parts.database.transaction() as db:
        film = next(one for one in media.own(db).values() if one.is_film)
        file = FilmFile(
            path=film.path,
            captions_path=film.captions_path,
            captions=film.captions,
            transcript=("Priya: Smoke goes up.", "Mo: So you go low!"),
        )
        _, fire = lessons.offered(db, 1)[0]
        step = Film(key="film", part="film", title="The smoke alarm", lead=fire.lead, file=file)
        lessons.publish(db, fire.model_copy(update={"steps": (step, *fire.steps)}), server.clock.now)


def test_a_pasted_picture_and_a_dropped_film_are_added_and_the_film_plays_for_a_class(
    browser: Browser, server: ServedWorld, tmp_path: Path
) -> None:
    complaints: list[str] = []
    page = own_page(browser, server, complaints)
    page.evaluate(DRAW)
    page.evaluate(PASTE)
    expect(page.locator("[data-preview] canvas")).to_be_visible()
    expect(page.locator("[data-for-films]")).to_be_hidden()
    page.get_by_role("button", name="Add it").click()  # the browser itself asks for the words
    page.get_by_label("Whose is it").fill("Our own picture.")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("[data-said]")).to_contain_text("Say what the picture shows")
    page.get_by_label("What does it show?").fill("A teal wall.")
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/author/media?added=*")
    expect(page.locator(".medium img")).to_have_js_property("naturalWidth", 1600)

    page.evaluate(RECORD, 2)
    page.evaluate(DROP)
    expect(page.locator("[data-for-pictures]")).to_be_hidden()
    page.get_by_label("What does it show?").fill("A wall that changes its colour.")
    page.get_by_label("Whose is it").fill("Our own film.")
    words = tmp_path / "words.vtt"
    words.write_text(CAPTIONS)
    page.get_by_label("Captions, if it is a film").set_input_files(words)
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".medium video")).to_have_count(1, timeout=WAIT_MS)
    expect(page.locator(".medium")).to_have_count(2)
    assert violations(page) == []
    added_in_a_step(page, server)
    page.context.close()
    assert [words for words in complaints if "422" not in words] == []  # the refusal above is an error to a browser

    publish_with(server)
    teacher = window(browser)
    screen = open_screen(teacher, server)
    screen.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    pupil = join(window(browser, "tablet"), server, code_on(screen))  # type: ignore[arg-type]
    press_next(screen)  # the ground rules
    expect(pupil.locator("#panel-stage")).to_contain_text("ground rules", timeout=WAIT_MS)
    press_next(screen)
    expect(pupil.locator("#panel-stage")).to_contain_text("So you go low!", timeout=WAIT_MS)
    assert pupil.locator("video").count() == 0

    assert violations(screen) + violations(pupil) == []

    film = screen.locator("#film")
    assert film.evaluate("film => film.paused && film.autoplay === false")
    film.evaluate(
        "film => { film.muted = true; film.mark = 'the same'; film.playbackRate = 0.25; return film.play(); }"
    )
    wait_until_film_is_past(screen, 0.1)
    assert film.evaluate("film => [film.textTracks[0].mode, film.textTracks[0].cues.length]") == ["showing", 2]
    screen.locator("#order-more").click()
    screen.locator("#order-lock").click()
    expect(screen.locator(".top")).to_contain_text("Door locked", timeout=WAIT_MS)
    assert film.evaluate("film => [film.mark, film.paused]") == ["the same", False]

    at = film.evaluate("film => film.currentTime")
    screen.wait_for_timeout(260)  # two touches within 250 ms are one
    screen.locator("#order-calm").click()
    expect_phase(screen, "calm")
    assert film.count() == 0
    screen.wait_for_timeout(260)
    screen.locator("#order-resume").click()
    expect_phase(screen, "content")
    wait_until_film_is_past(screen, at)
    assert film.evaluate("film => film.paused")

    film.focus()
    screen.wait_for_timeout(260)
    screen.keyboard.press("PageDown")  # a clicker's Next, also while the film has the focus
    expect(film).to_have_count(0, timeout=WAIT_MS)
    assert [words for words in complaints if "422" not in words] == []
    teacher.close()
    pupil.context.close()


def test_hostile_words_are_only_read_in_a_real_browser(browser: Browser) -> None:
    page = window(browser).new_page()
    asked: list[str] = []
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(
        "window.sung = []; window.sing = window.alert = (...words) => sung.push(words.join() || 'la');"
    )
    page.goto("about:blank")
    rooms = [f"<section>{markdown(text, links=links)}</section>" for text in HOSTILE for links in (False, True)]
    page.set_content("<main>" + "".join(rooms) + "</main>")
    found = page.evaluate(
        """() => {
          document.addEventListener("click", (event) => event.preventDefault(), true);
          const all = [...document.querySelectorAll("main *")];
          for (const one of all) {
            for (const kind of ["mouseover", "focus", "error", "load", "toggle", "click"]) {
              one.dispatchEvent(new Event(kind, { bubbles: true, cancelable: true }));
            }
          }
          return {
            sections: document.querySelectorAll("main > section").length,
            tags: [...new Set(all.map((one) => one.localName))].sort(),
            attributes: [...new Set(all.flatMap((one) => one.getAttributeNames()))].sort(),
            schemes: [...new Set([...document.links].map((link) => link.protocol))].sort(),
            sung,
          };
        }"""
    )
    page.wait_for_timeout(100)
    assert page.evaluate("sung") == []
    assert found["sections"] == 2 * len(HOSTILE)  # none has closed the section around it
    assert set(found["tags"]) <= {"section", "p", "ul", "ol", "li", "strong", "em", "br", "img", "a", "span"}
    assert set(found["attributes"]) == {"alt", "href", "rel", "src", "target"}
    assert set(found["schemes"]) <= {"https:", "mailto:"}
    assert [url for url in asked if "evil" in url or "x.example" in url] == []
    # The canary does sing where words are not made harmless.
    page.set_content("<img src=x onerror=sing()>")
    page.wait_for_function("sung.length > 0")
    page.context.close()
