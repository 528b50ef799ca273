"""Every kind of question, as long as files may have it: it fits every screen, keys answer it, axe is content."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from app.domain.lesson import Lesson
from app.domain.quiz import NOT_SURE, Question
from app.domain.run import Place
from app.domain.shown import marks_of
from app.store import answers, lessons
from app.store.tables import RunModuleRow, RunRow
from tests.browsers import OpenLesson, catch_up, chromium, open_lesson
from tests.journeys.test_accessibility import violations
from tests.journeys.test_keyboard import tab_to
from tests.live_server import LiveServer, live_server
from tests.questions import MARKED, longest, with_every_kind
from tests.sizes import CLASSROOM, CLASSROOM_FAULTS, DEVICE_FAULTS, DEVICES, Sight, Size

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


class Visit:
    """One lesson with a question of every kind, its classroom screen and one pupil with a keyboard."""

    def __init__(self, lesson: OpenLesson) -> None:
        self.lesson = lesson
        self.pupil = lesson.pupil()
        self.classroom: dict[tuple[str, Size], Sight] = {}
        self.devices: dict[tuple[str, Size], Sight] = {}
        self.stored: dict[str, str] = {}
        self.verdicts: dict[str, str] = {}
        self.violations: list[str] = []

    def walk(self) -> None:
        while True:
            catch_up(self.lesson.screen)
            catch_up(self.pupil)
            stage = self.lesson.run.stage
            place = self.lesson.run.plan.at(stage)
            if stage.phase == "finished":
                return
            if place and place.is_asking:
                name = f"{stage.step_key}/{stage.phase}"
                if stage.phase == "open":
                    self.answer(place)
                    self.look(self.pupil, f"{name} answered", DEVICES, DEVICE_FAULTS, self.devices)
                if stage.phase == "revealed":
                    shown = self.pupil.locator(".kind-word:visible")
                    self.verdicts[self.question_of(place).kind] = shown.inner_text()
                if stage.phase in ("open", "revealed"):
                    for page in (self.lesson.screen, self.pupil):
                        self.violations += [f"{name}: {fault}" for fault in violations(page)]
                self.look(self.lesson.screen, name, CLASSROOM, CLASSROOM_FAULTS, self.classroom)
                self.look(self.pupil, name, DEVICES, DEVICE_FAULTS, self.devices)
            self.lesson.give()

    def look(
        self, page: Page, name: str, sizes: tuple[Size, ...], faults: str, found: dict[tuple[str, Size], Sight]
    ) -> None:
        before = page.viewport_size
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            found[name, (width, height)] = page.evaluate(faults)
        if before:
            page.set_viewport_size(before)

    def question_of(self, place: Place) -> Question:
        question: Question = getattr(place.step, "question")  # noqa: B009 - only some steps have one
        return question

    def answer(self, place: Place) -> None:
        """The safest answer, by keys alone."""
        question, run = self.question_of(place), self.lesson.run
        right = question.answer(marks_of(place, run.seed))
        self.pupil.evaluate("() => document.activeElement.blur()")
        BY_KEYS[question.form](self.pupil, right)
        expect(self.pupil.locator("#status")).to_contain_text("Answer saved")
        database = self.lesson.server.database()
        with database.reading() as db:
            [stored] = answers.sheet(db, run.id, run.stage, tally_only=False).counts
        database.close()
        self.stored[question.kind] = stored
        self.lesson.screen.wait_for_timeout(300)  # the tally is drawn


def _tap_letters(page: Page, right: str) -> None:
    """The first answer has the focus; the keys of the letters do the rest."""
    page.locator("#panel-stage form [data-choice]").first.focus()
    for letter in right:
        page.keyboard.press(letter)


def _tap_turns(page: Page, right: str) -> None:
    """The last is placed, and the answer saved, before it is tapped: that tap takes nothing back."""
    _tap_letters(page, right[:-1])
    expect(page.locator("#status")).to_contain_text("Answer saved")
    page.keyboard.press(right[-1])


def _choose_number(page: Page, right: str) -> None:
    low = int(right.partition("-")[0])
    tab_to(page, "choice")
    page.keyboard.type(str(low))
    tab_to(page, "This is my guess")
    page.keyboard.press("Enter")


def _tab_to_each(page: Page, right: str) -> None:
    """Tab from box to box, and Space."""
    for letter in right:
        page.locator(f"#panel-stage form [data-choice={letter}]").focus()
        page.keyboard.press("Space")


BY_KEYS: dict[str, Callable[[Page, str], None]] = {
    "one": _tap_letters,
    "some": _tab_to_each,
    "areas": _tap_letters,
    "order": _tap_turns,
    "pairs": _tap_letters,
    "number": _choose_number,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    with live_server(tmp_path_factory.mktemp("kinds")) as server, open_lesson(browser, server) as lesson:
        teach_every_kind(server, lesson)
        lesson.screen.reload()
        visit = Visit(lesson)
        visit.walk()
        yield visit


def teach_every_kind(server: LiveServer, lesson: OpenLesson) -> None:
    """The run that has just been opened goes through another version."""
    run_id = lesson.run.id
    server.kill()
    database = server.database()
    with database.transaction() as db:
        version_id = lessons.publish(db, short(lesson.run.plan.lessons[0]), lesson.run.opened_at)
        db.get_one(RunRow, run_id).seed = "every kind"
        db.exec(select(RunModuleRow).where(RunModuleRow.run_id == run_id)).one().version_id = version_id
    database.close()
    server.start()


def short(fire: Lesson) -> Lesson:
    each = tuple(longest(question) for question in MARKED)
    asked = with_every_kind(fire, each)
    return asked.model_copy(
        update={"steps": tuple(s for s in asked.steps if s.key == "before" or s.key.startswith("facts.ask"))}
    )


def faults(sights: dict[tuple[str, Size], Sight], size: Size) -> list[str]:
    return [f"{place}: {fault}" for (place, at), sight in sights.items() if at == size for fault in sight["faults"]]


@pytest.mark.parametrize("size", CLASSROOM, ids=str)
def test_every_kind_fits_on_the_classroom_screen(visit: Visit, size: Size) -> None:
    assert faults(visit.classroom, size) == []


@pytest.mark.parametrize("size", DEVICES, ids=str)
def test_every_kind_fits_on_a_pupils_device(visit: Visit, size: Size) -> None:
    assert faults(visit.devices, size) == []


def test_axe_finds_nothing_in_any_kind_open_or_shown(visit: Visit) -> None:
    assert visit.violations == []


def test_every_kind_is_answered_by_keys_alone_and_says_well_done(visit: Visit) -> None:
    assert set(visit.stored) == {question.kind for question in MARKED}
    for question in MARKED:
        assert longest(question).is_right(visit.stored[question.kind]), question.kind
        assert visit.verdicts[question.kind].startswith("Yes!"), question.kind
    assert NOT_SURE not in visit.stored.values()
