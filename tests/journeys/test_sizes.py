"""Every step of the fire lesson, and every slide of the others, fits every screen; a pupil's page is light."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request
from sqlmodel import select

from app import demo
from app.main import alias_words
from app.settings import Settings
from app.store.tables import ParticipantRow, RunRow
from tests.browsers import catch_up, choose, chromium, expect_phase, open_lesson, window
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CLASSROOM = ((1366, 768), (1024, 768), (1920, 1080), (1280, 720), (1280, 800))
DEVICES = ((1366, 657), (1024, 690), (768, 1024), (360, 640), (320, 568))
TIGHTEST = ((1024, 768), (1280, 720)), ((1024, 690), (320, 568))
OTHERS = sorted(path.stem for path in Settings().lessons_dir.glob("*.md") if path.stem != "fire")
LIGHTEST, FEWEST = 120_000, 10
CHILDREN = 29  # beside the one with a real browser

# What both measurements share: the text that can be seen, line by line, and where.
TEXTS = """
  const isShown = (one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const seen = (one) => isShown(one) && !one.closest(".sr, noscript");
  const boxOf = (one) => one.getBoundingClientRect();
  const nameOf = (one) => {
    const words = (one.textContent || one.getAttribute("class") || "").trim().replace(/\\s+/g, " ");
    return `${one.tagName.toLowerCase()}.${one.getAttribute("class") || one.id} "${words.slice(0, 40)}"`;
  };
  const texts = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode, parent = node.parentElement;
      if (!node.data.trim() || !seen(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width < 1) continue;
        // A line's box is higher than its letters.
        const [top, bottom] = [box.top + box.height * 0.18, box.bottom - box.height * 0.18];
        const size = parseFloat(getComputedStyle(parent).fontSize);
        found.push({ parent, size, left: box.left, right: box.right, top, bottom });
      }
    }
    return found;
  };
  const outside = (inner, outer, by = 1) =>
    inner.left < outer.left - by || inner.right > outer.right + by ||
    inner.top < outer.top - by || inner.bottom > outer.bottom + by;
  const meet = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
  const overlaps = (all) => {
    const found = [];
    all.forEach((one, place) => {
      for (const other of all.slice(place + 1)) {
        const isKin = one.parent.contains(other.parent) || other.parent.contains(one.parent);
        if (!isKin && meet(one, other)) found.push(`${nameOf(one.parent)} over ${nameOf(other.parent)}`);
      }
    });
    return found;
  };
  const HOLDERS = ".tile, .bubble, .btn, .call, .flag, .code, .note, .tell, .status, .arrivals li";
  const holder = (one) => one.closest(HOLDERS);
  const spilt = (all) => all.filter((one) => holder(one.parent) && outside(one, boxOf(holder(one.parent))));
"""
CLASSROOM_FAULTS = f"""() => {{ {TEXTS}
  const found = [], page = document.documentElement;
  if (page.scrollWidth > innerWidth) found.push(`the page is ${{page.scrollWidth}} wide`);
  if (page.scrollHeight > innerHeight) found.push(`the page is ${{page.scrollHeight}} high`);
  const bar = boxOf(document.querySelector(".bar-controls"));
  const room = {{ left: 0, top: 0, right: innerWidth, bottom: bar.top }};
  const forChildren = (one) => !one.parent.closest(".bar-controls");
  const all = [...document.querySelectorAll(".panel")].flatMap(texts).filter(forChildren);
  for (const one of all) {{
    if (outside(one, room)) found.push(`cut off: ${{nameOf(one.parent)}}`);
    const share = 100 * one.size / innerHeight;
    if (share < 3.98) found.push(`${{share.toFixed(2)}} vh: ${{nameOf(one.parent)}}`);
  }}
  for (const one of document.querySelectorAll(".tile, .bubble, .picture, .code, .qr, .bars li"))
    if (seen(one) && outside(boxOf(one), room)) found.push(`cut off: ${{nameOf(one)}}`);
  for (const one of spilt(all)) found.push(`spills over its edge: ${{nameOf(one.parent)}}`);
  for (const one of document.querySelectorAll(".class-name"))
    if (seen(one) && one.scrollWidth > one.clientWidth + 1) found.push(`shortened: ${{nameOf(one)}}`);
  found.push(...overlaps(all));
  const buttons = [...document.querySelectorAll(".bar-controls .btn, .bar-controls .place, #link")].filter(seen);
  for (const one of buttons)
    if (outside(boxOf(one), {{ left: 0, top: bar.top, right: innerWidth, bottom: innerHeight }}))
      found.push(`out of the bar: ${{nameOf(one)}}`);
  buttons.forEach((one, place) => {{
    for (const other of buttons.slice(place + 1))
      if (meet(boxOf(one), boxOf(other))) found.push(`${{nameOf(one)}} over ${{nameOf(other)}}`);
  }});
  const share = (selector) => [...document.querySelectorAll(selector)].filter(seen)
    .map((one) => 100 * parseFloat(getComputedStyle(one).fontSize) / innerHeight);
  const shares = {{ question: share(".ask h1"), options: share(".ask .tile"), code: share(".lobby .code") }};
  return {{ faults: [...new Set(found)], ...shares }};
}}"""
DEVICE_FAULTS = f"""() => {{ {TEXTS}
  const found = [], page = document.documentElement;
  scrollTo(0, 0);
  if (page.scrollWidth > innerWidth) found.push(`the page is ${{page.scrollWidth}} wide`);
  const isInPage = (one) => !one.parent.closest(".skip");
  const all = [...document.querySelectorAll("body > *")].flatMap(texts).filter(isInPage);
  for (const one of all) {{
    if (one.left < -1 || one.right > innerWidth + 1) found.push(`cut off: ${{nameOf(one.parent)}}`);
    if (one.size < 18.99 && !one.parent.closest(".mark")) found.push(`${{one.size}} px: ${{nameOf(one.parent)}}`);
  }}
  for (const one of spilt(all)) found.push(`spills over its edge: ${{nameOf(one.parent)}}`);
  found.push(...overlaps(all.filter((one) => !one.parent.closest("#status"))));
  for (const flag of [...document.querySelectorAll(".flag")].filter(seen))
    for (const one of all)
      if (!one.parent.closest(".flag, #status") && meet(one, boxOf(flag)))
        found.push(`the flag covers ${{nameOf(one.parent)}}`);
  // A link within a sentence is as high as its line, and of a field within a label the label is the target.
  const isTarget = (one) =>
    seen(one) && !one.matches(".skip, [type=hidden], label input, label:not(:has(input))") &&
    getComputedStyle(one).display !== "inline";
  const targets = [...document.querySelectorAll("a, button, input, summary, label")].filter(isTarget);
  targets.forEach((one, place) => {{
    const box = boxOf(one), size = `${{box.width.toFixed(0)}} x ${{box.height.toFixed(0)}} px`;
    if (box.height < 47.9 || box.width < 47.9) found.push(`${{size}}: ${{nameOf(one)}}`);
    for (const other of targets.slice(place + 1)) {{
      const near = boxOf(other);
      const across = Math.max(near.left - box.right, box.left - near.right);
      const down = Math.max(near.top - box.bottom, box.top - near.bottom);
      if (Math.max(across, down) < 7.9) found.push(`${{nameOf(one)}} is too near to ${{nameOf(other)}}`);
    }}
  }});
  return {{ faults: [...new Set(found)], targets: targets.length }};
}}"""
Size = tuple[int, int]
Sight = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("sizes")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Witness:
    """Keeps what a browser asks for and complains of."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.complaints.append(line.text)

    def hosts(self) -> set[str]:
        return {
            urlsplit(url).netloc for url in self.requests if urlsplit(url).scheme in ("http", "https", "ws", "wss")
        }


class Walk:
    """What was seen at each stage of one lesson: (place, size) -> the measurement."""

    def __init__(self, classroom: tuple[Size, ...] = CLASSROOM, devices: tuple[Size, ...] = DEVICES) -> None:
        self.sizes = classroom, devices
        self.classroom: dict[tuple[str, Size], Sight] = {}
        self.devices: dict[tuple[str, Size], Sight] = {}
        self.witness = Witness()

    def look(self, place: str, screen: Page, pupil: Page) -> None:
        for width, height in self.sizes[0]:
            screen.set_viewport_size({"width": width, "height": height})
            self.classroom[place, (width, height)] = screen.evaluate(CLASSROOM_FAULTS)
        self.look_at_device(place, pupil)

    def look_at_device(self, place: str, pupil: Page) -> None:
        for width, height in self.sizes[1]:
            pupil.set_viewport_size({"width": width, "height": height})
            self.devices[place, (width, height)] = pupil.evaluate(DEVICE_FAULTS)


@pytest.fixture(scope="module")
def walk(browser: Browser, server: LiveServer) -> Walk:
    """A full class goes through the whole lesson; every stage is measured in every size."""
    walk = Walk()
    with open_lesson(browser, server) as lesson:
        set_seed(server, lesson.run.id, "sizes")
        server.kill()
        server.start()  # a seed never changes under an open room
        pupil = lesson.pupil()
        for _ in range(CHILDREN - 1):
            join_quickly(server, lesson.code)
        give_the_longest_names(server, lesson.run.id)
        join_quickly(server, lesson.code)  # the crowd is drawn anew when somebody comes
        for page in (lesson.screen, pupil):
            page.emulate_media(reduced_motion="reduce")
            walk.witness.watch(page)
            page.reload()
        pupil.goto(f"{server.address}/play?new=1")
        walk.look("welcome", lesson.screen, pupil)
        pupil.locator("#start").click()
        while True:
            catch_up(lesson.screen)
            catch_up(pupil)
            stage = lesson.run.stage
            place = f"{stage.step_key}/{stage.phase}"
            walk.look(place, lesson.screen, pupil)
            if stage.phase == "open":
                choose(pupil, "AB"[stage.seq % 2])
                walk.look_at_device(f"{place} answered", pupil)
            if place == "hook/content":
                lesson.give("calm")
                expect_phase(pupil, "calm")
                expect_phase(lesson.screen, "calm")
                walk.look("calm", lesson.screen, pupil)
                lesson.give("resume")
            if stage.phase == "finished":
                break
            lesson.give()
        lesson.post("run/finish", present="30")
        expect_phase(pupil, "ended")
        walk.look_at_device("ended", pupil)
    return walk


def join_quickly(server: LiveServer, code: str) -> None:
    """A child without a browser."""
    origin = {"Origin": server.address}
    answer = httpx2.post(f"{server.address}/join", data={"code": code}, headers=origin, timeout=10)
    assert answer.status_code == 303


def set_seed(server: LiveServer, run_id: int, seed: str) -> None:
    """The same order of answers in every walk."""
    database = server.database()
    with database.transaction() as db:
        row = db.get_one(RunRow, run_id)
        row.seed = seed
    database.close()


def give_the_longest_names(server: LiveServer, run_id: int) -> None:
    """Chance would hide what does not fit."""
    adjectives, animals = (sorted(each, key=len, reverse=True) for each in alias_words())
    names = [f"{one} {other}" for one, other in zip(adjectives, animals, strict=False)]
    database = server.database()
    with database.transaction() as db:
        rows = db.exec(select(ParticipantRow).where(ParticipantRow.run_id == run_id)).all()
        for row in rows:
            row.alias = None  # first, since one of them may have been dealt a long name already
        db.flush()
        for place, row in enumerate(sorted(rows, key=lambda row: -(row.id or 0))):
            row.alias = names[place]
    database.close()


def faults(sights: dict[tuple[str, Size], Sight], size: Size) -> list[str]:
    return [f"{place}: {fault}" for (place, at), sight in sights.items() if at == size for fault in sight["faults"]]


def shares(walk: Walk, size: Size, name: str) -> dict[str, list[float]]:
    """place -> font sizes in per cent of the screen's height, where the place has any."""
    return {place: sight[name] for (place, at), sight in walk.classroom.items() if at == size and sight[name]}


@pytest.mark.parametrize("size", CLASSROOM, ids=str)
def test_everything_fits_on_the_classroom_screen(walk: Walk, size: Size) -> None:
    assert faults(walk.classroom, size) == []


@pytest.mark.parametrize("size", CLASSROOM, ids=str)
def test_a_question_is_7_answers_5_and_the_code_18_hundredths_of_the_height(walk: Walk, size: Size) -> None:
    questions, options, code = (shares(walk, size, name) for name in ("question", "options", "code"))
    assert len(questions) >= 50
    assert [f"{place}: {one}" for place, all in questions.items() for one in all if abs(one - 7) > 0.14] == []
    assert [f"{place}: {one}" for place, all in options.items() for one in all if one < 4.99] == []
    assert code["/lobby"] == [pytest.approx(18, rel=0.02)]


@pytest.mark.parametrize("size", DEVICES, ids=str)
def test_everything_fits_on_a_pupils_device(walk: Walk, size: Size) -> None:
    assert faults(walk.devices, size) == []


@pytest.mark.parametrize("topic", OTHERS)
def test_every_slide_of_the_other_lessons_fits(browser: Browser, server: LiveServer, topic: str) -> None:
    """Their questions keep to the lengths that the walk above has measured."""
    walk = Walk(*TIGHTEST)
    with open_lesson(browser, server, topic=topic) as lesson:
        pupil = lesson.pupil()
        for page in (lesson.screen, pupil):
            page.emulate_media(reduced_motion="reduce")
        while (stage := lesson.give().stage).phase != "finished":
            if stage.phase == "content" or (stage.step_key, stage.phase) == ("pledge", "open"):
                catch_up(lesson.screen)
                catch_up(pupil)
                walk.look(stage.step_key, lesson.screen, pupil)
    assert len({place for place, _ in walk.devices}) >= 14
    assert [fault for size in TIGHTEST[0] for fault in faults(walk.classroom, size)] == []
    assert [fault for size in TIGHTEST[1] for fault in faults(walk.devices, size)] == []


def test_the_walk_saw_every_step_and_every_phase(walk: Walk) -> None:
    places = {place for place, _ in walk.devices}
    assert len([place for place in places if place.endswith("/open")]) >= 19
    assert {place.rpartition("/")[2] for place in places if "/" in place} >= {
        "lobby", "content", "ready", "open", "closed", "revealed", "finished",
    }  # fmt: skip


def test_a_lesson_asks_no_other_host_and_the_console_stays_quiet(walk: Walk, server: LiveServer) -> None:
    assert len(walk.witness.requests) > 20
    assert walk.witness.hosts() == {urlsplit(server.address).netloc}
    assert walk.witness.complaints == []


def test_text_that_is_too_small_or_cut_off_is_found(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        catch_up(lesson.screen)
        assert lesson.screen.evaluate(CLASSROOM_FAULTS)["faults"] == []
        # The page's own rules forbid a style attribute, not a script's style property.
        lesson.screen.locator(".ask .words").first.evaluate("words => (words.style.fontSize = '20px')")
        lesson.screen.locator(".ask h1").evaluate("title => (title.style.marginTop = '60vh')")
        found = " ".join(lesson.screen.evaluate(CLASSROOM_FAULTS)["faults"])
        assert "vh: span.words" in found
        assert "cut off" in found


def test_targets_that_are_too_small_and_words_over_words_are_found(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        pupil = lesson.pupil("phone")
        pupil.evaluate(
            """() => {
              document.querySelector(".foot .tell").style.cssText = "min-height: 20px; padding: 0";
              document.querySelector(".question").style.transform = "translateY(140px)";
              document.querySelector(".tile .words").style.fontSize = "12px";
            }"""
        )
        found = " ".join(pupil.evaluate(DEVICE_FAULTS)["faults"])
        assert "12 px: span.words" in found
        assert " over " in found
        assert re.search(r"x \d\d px: a\.", found)


def test_the_first_load_of_an_open_question_is_light(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        seat = window(browser)
        page = lesson.pupil(context=seat)
        cold = browser.new_context(storage_state=seat.storage_state(), viewport={"width": 768, "height": 1024})
        page.close()
        loaded, requests = load_cold(cold, f"{server.address}/play")
    own = urlsplit(server.address).netloc
    assert [url for url in requests if urlsplit(url).netloc != own] == []
    assert 10_000 < loaded < LIGHTEST
    needed = [url for url in requests if "/lighthouse.svg" not in url]  # the tab's icon comes after all else
    assert len(needed) < FEWEST, "\n".join(requests)


def load_cold(context: BrowserContext, address: str) -> tuple[int, list[str]]:
    """Bytes on the wire, and the addresses asked for, until the page rests."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    requests: list[Request] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.on("request", lambda request: requests.append(request))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert len(sizes) >= len(requests) - 1
    return sum(sizes), [request.url for request in requests]


def test_no_page_asks_another_host_or_complains(browser: Browser, server: LiveServer) -> None:
    """Follows every link, as visitor, teacher, presenter and coordinator."""
    witness = Witness()
    with open_lesson(browser, server) as lesson:
        lesson.go_to("before.F1")
        visited = crawl(window(browser), server.address, witness)
        visited |= crawl(lesson.teacher, f"{server.address}/class", witness)
        visited |= crawl(lesson.teacher, f"{server.address}/class/run/screen", witness)
        for email, password in (
            (demo.PRESENTER[0], server.links["presenter_password"]),
            (demo.COORDINATOR[0], server.links["coordinator_password"]),
        ):
            staff = window(browser)
            sign_in(staff, server, email, password)
            visited |= crawl(staff, f"{server.address}/programmes", witness)
    assert visited >= {
        "/", "/help", "/privacy", "/accessibility", "/sign-in", "/class", "/class/run/screen", "/class/run/controls",
        "/class/run/pair", "/class/run/finish", "/programmes", "/author/media", "/reports/agencies/rnli",
    }  # fmt: skip
    assert witness.hosts() == {urlsplit(server.address).netloc}
    assert witness.complaints == []


def sign_in(context: BrowserContext, server: LiveServer, email: str, password: str) -> None:
    page = context.new_page()
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/programmes")
    page.close()


ONE_OF_MANY = re.compile(r"(?<=/)(lessons|steps|questions|facts|versions|present)/[^/]+")


def crawl(context: BrowserContext, start: str, witness: Witness) -> set[str]:
    """Opens a page and all that its links lead to; returns the paths. Of pages of one kind two are enough."""
    page = context.new_page()
    witness.watch(page)
    own = urlsplit(start).netloc
    waiting, visited, kinds = [start], set[str](), Counter[str]()
    while waiting:
        path = urlsplit(waiting.pop()).path
        kind = ONE_OF_MANY.sub(r"\1/*", path)
        if path in visited or kinds[kind] == 2 or re.search(r"\.\w{2,4}$|/files/|^/c/", path):
            continue
        visited.add(path)
        kinds[kind] += 1
        page.goto(f"http://{own}{path}")
        if path.endswith("/preview"):
            continue  # a preview's buttons belong to a run that is not there
        links = page.evaluate("() => [...document.links].map((link) => link.href)")
        waiting += [link for link in links if urlsplit(link).scheme == "http" and urlsplit(link).netloc == own]
    page.close()
    return visited


def test_a_complaint_would_be_heard(browser: Browser, server: LiveServer) -> None:
    page = window(browser).new_page()
    witness = Witness()
    witness.watch(page)
    page.goto(server.address)
    page.evaluate(
        "() => { const other = new Image(); other.src = 'http://localhost:9/x.png'; document.body.append(other); }"
    )
    page.wait_for_timeout(200)
    assert any("Content Security Policy" in line for line in witness.complaints)
    page.context.close()
