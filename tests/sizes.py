"""What is seen of a lesson in every size: a full class walks through it, and each stage is measured."""

from typing import Any
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from sqlmodel import select

from app.main import alias_words
from app.store.runs import OpenRun
from app.store.tables import ParticipantRow, RunRow
from app.web.author.preview import phases_of
from tests.browsers import WAIT_MS, OpenLesson, catch_up, choose, expect_phase, open_lesson, press_next
from tests.live_server import LiveServer

CHILDREN = 29  # beside the one with a real browser
MOST_QUESTIONS = 10

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
CLASSROOM: tuple[Size, ...] = ((1024, 768), (1280, 720))
DEVICES: tuple[Size, ...] = ((1024, 690), (320, 568))
"""The tightest, where all that was ever cut off was cut off. `test_every_lesson` measures every frame."""


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
        self.planned: set[str] = set()

    def look(self, place: str, screen: Page, pupil: Page) -> None:
        for width, height in self.sizes[0]:
            screen.set_viewport_size({"width": width, "height": height})
            self.classroom[place, (width, height)] = screen.evaluate(CLASSROOM_FAULTS)
        self.look_at_device(place, pupil)

    def look_at_device(self, place: str, pupil: Page) -> None:
        for width, height in self.sizes[1]:
            pupil.set_viewport_size({"width": width, "height": height})
            self.devices[place, (width, height)] = pupil.evaluate(DEVICE_FAULTS)


def walk_through(
    browser: Browser, server: LiveServer, walk: Walk, topic: str = "fire", *, presses: bool = False
) -> None:
    """A full class goes through a whole lesson; every stage is measured in every size.

    With `presses` it is as long as a lesson can be, and nothing but *Next* is pressed, from the lobby to the summary.
    """
    with open_lesson(browser, server, topic=topic, questions=MOST_QUESTIONS if presses else 8) as lesson:
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
        while look_at_stage(lesson, pupil, walk, calms=not presses):
            if presses:
                press_next(lesson.screen)
            else:
                lesson.give()
        walk.planned = planned(lesson.run)
        finish(lesson, walk, presses=presses)
        expect_phase(pupil, "ended")
        walk.look_at_device("ended", pupil)


def look_at_stage(lesson: OpenLesson, pupil: Page, walk: Walk, *, calms: bool) -> bool:
    """False once the lesson is over."""
    catch_up(lesson.screen)
    catch_up(pupil)
    stage = lesson.run.stage
    place = f"{stage.step_key}/{stage.phase}"
    walk.look(place, lesson.screen, pupil)
    if stage.phase == "open":
        answer(pupil, "AB"[stage.seq % 2])
        walk.look_at_device(f"{place} answered", pupil)
    if calms and place == "hook/content":
        lesson.give("calm")
        expect_phase(pupil, "calm")
        expect_phase(lesson.screen, "calm")
        walk.look("calm", lesson.screen, pupil)
        lesson.give("resume")
    return stage.phase != "finished"


def answer(pupil: Page, letter: str) -> None:
    """Any answer, in the way of the question's form."""
    here = pupil.locator("#panel-stage .stage")
    match here.get_attribute("data-form"):
        case "order":
            for button in here.locator(".turn").all()[:-1]:  # the last one has only one place left
                button.click()
        case "pairs":
            left, right = (column.locator(".turn").all() for column in here.locator(".pairs ul").all())
            for one, other in zip(left[:-1], right[:-1], strict=True):
                one.click()
                other.click()
        case "number":
            guess = here.locator("#guess")
            guess.fill(guess.get_attribute("min") or "0")
            here.locator("[data-save]").click()
        case _:
            choose(pupil, letter)
    expect(pupil.locator("#status")).to_contain_text("Answer saved", timeout=WAIT_MS)


def planned(run: OpenRun) -> set[str]:
    """Every step of a run in each of its phases."""
    return {f"{place.step.key}/{phase}" for place in run.plan.places for phase in phases_of(place.step)}


def finish(lesson: OpenLesson, walk: Walk, *, presses: bool) -> None:
    if not presses:
        lesson.finish()
        return
    lesson.screen.locator("#order-finish").click()
    lesson.screen.wait_for_url("**/class/run/finish")
    lesson.screen.get_by_role("button", name="Finish the lesson").click()
    lesson.screen.wait_for_url("**/class/run/report**")
    for width, height in walk.sizes[0]:
        lesson.screen.set_viewport_size({"width": width, "height": height})
        spilt = lesson.screen.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        found = [f"the page is {spilt} px too wide"] if spilt > 0 else []
        walk.classroom["summary", (width, height)] = {"faults": found, "question": [], "options": [], "code": []}


def join_quickly(server: LiveServer, code: str) -> None:
    """A child without a browser."""
    origin = {"Origin": server.address}
    answer = httpx2.post(f"{server.address}/join", data={"code": code}, headers=origin, timeout=10, verify=False)
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
