"""One quiz, three unlucky pupils: twenty refreshes, a link that drops, a socket half open; no point is lost (REL-8).

Each keeps the alias, has one answer for each question, and the score that they earned.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select

from app.domain.lesson import Asking
from app.domain.quiz import ChooseOne, shown_choice
from app.domain.run import Place
from app.domain.shown import asking_name
from app.store.runs import OpenRun
from app.store.tables import AnswerRow, ParticipantRow, ScorePairRow
from tests.browsers import WAIT_MS, OpenLesson, choose, chromium, expect_phase, join, open_lesson, window
from tests.faults.proxy import Proxy, proxy_to
from tests.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
UNLUCKY = ("quiz.F1", "quiz.F3", "quiz.F5")
REFRESHES = 20 if os.environ.get("SOAK") else 7
"""In the middle of each unlucky question."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path) as server:
        yield server


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def alias(page: Page) -> str:
    return page.locator("#panel-me .me").get_attribute("data-alias") or ""


def expect_choice(page: Page, letter: str) -> None:
    expect(page.locator("#panel-stage button[aria-pressed=true]")).to_have_attribute("data-choice", letter)


def letters(lesson: OpenLesson, place: Place) -> tuple[str, str]:
    """The right letter of a question as this run shows it, and a wrong one."""
    run = lesson.run
    assert isinstance(place.step, Asking)
    question = place.step.question
    assert isinstance(question, ChooseOne)
    where = f"{place.module}/{place.step.key}"
    right = shown_choice(question, run.seed, where, question.correct.key)
    return right, "B" if right == "A" else "A"


def refresh_often(page: Page, letter: str, times: int) -> None:
    choose(page, letter)
    for _ in range(times):
        page.reload()
        expect_choice(page, letter)


def drop_and_return(proxy: Proxy, page: Page, letter: str) -> None:
    """The tap is made, the link is gone before the word that it is saved; it comes back before the reveal."""
    proxy.mode = "refuse"
    proxy.cut()
    page.locator(f"#panel-stage button[data-choice={letter}]").click()
    expect(page.locator("#status")).to_contain_text("Saving")
    proxy.mode = "ok"
    expect(page.locator("#status")).to_contain_text("Answer saved", timeout=WAIT_MS)


def half_open_then_new_tab(proxy: Proxy, page: Page, letter: str) -> Page:
    """The tap goes into a socket that is dead and does not know it; the child opens another tab."""
    proxy.swallow()
    page.locator(f"#panel-stage button[data-choice={letter}]").click()
    again = page.context.new_page()
    again.goto(page.url.partition("?")[0])
    page.close()
    expect_choice(again, letter)
    expect(again.locator("#status")).to_contain_text("Answer saved", timeout=WAIT_MS)
    return again


@dataclass
class Quiz:
    """The lesson, its three pupils, and what each should have in the end."""

    lesson: OpenLesson
    pupils: list[Page]
    links: list[Proxy | LiveServer]
    earned: dict[str, list[bool]] = field(default_factory=dict)
    """Step -> who of the three was right."""

    def ask(self, place: Place, number: int) -> None:
        right, wrong = letters(self.lesson, place)
        taps = [right if (pupil + number) % 3 else wrong for pupil in range(3)]
        self.lesson.go_to(place.step.key)
        asked = asking_name(self.lesson.run.seed, place)
        for page in self.pupils:
            expect_phase(page, "open", asked)
        if place.step.key in UNLUCKY or (os.environ.get("SOAK") and place.step.key.startswith("quiz")):
            self.answer_unluckily(taps)
        else:
            for page, letter in zip(self.pupils, taps, strict=True):
                choose(page, letter)
        self.earned[place.step.key] = [letter == right for letter in taps]

    def answer_unluckily(self, taps: list[str]) -> None:
        _, shaky, dead = self.links
        assert isinstance(shaky, Proxy)
        assert isinstance(dead, Proxy)
        refresh_often(self.pupils[0], taps[0], REFRESHES)
        drop_and_return(shaky, self.pupils[1], taps[1])
        self.pupils[2] = half_open_then_new_tab(dead, self.pupils[2], taps[2])
        self.lesson.give("close")
        self.lesson.give("reveal")
        right = self.pupils[0].locator("#panel-stage .stage").get_attribute("data-safest", timeout=WAIT_MS)
        for page, letter in zip(self.pupils, taps, strict=True):
            told = page.locator(f"[data-mine={'right' if letter == right else 'other'}]")
            expect(told).to_be_visible(timeout=WAIT_MS)


def test_refreshes_drops_and_half_open_sockets_cost_nobody_a_point(browser: Browser, server: LiveServer) -> None:
    with open_lesson(browser, server) as lesson, proxy_to(server.port) as shaky, proxy_to(server.port) as dead:
        links: list[Proxy | LiveServer] = [server, shaky, dead]
        quiz = Quiz(lesson, [join(window(browser), link, lesson.code) for link in links], links)
        names = [alias(page) for page in quiz.pupils]
        for number, place in enumerate(marked(lesson.run)):
            quiz.ask(place, number)
        assert [alias(page) for page in quiz.pupils] == names
        run = lesson.run
        lesson.finish()
        database = server.database()
        with database.reading() as db:
            seats = db.exec(select(ParticipantRow).order_by(col(ParticipantRow.id))).all()
            rows = db.exec(select(AnswerRow)).all()
            pairs = db.exec(select(ScorePairRow)).all()
        database.close()
    assert [seat.alias for seat in seats] == names
    questions = {place.step.key: place.step.question for place in run.plan.places if isinstance(place.step, Asking)}
    place_of = {seat.id: number for number, seat in enumerate(seats)}
    stored = {
        (row.step_key, place_of[row.participant_id]): questions[row.step_key].is_right(row.choice) for row in rows
    }
    assert len(rows) == len(stored)
    assert stored == {(step, who): hit for step, hits in quiz.earned.items() for who, hit in enumerate(hits)}
    scores = Counter((sum(before), sum(after)) for before, after in zip(*anchor_hits(run, quiz.earned), strict=True))
    assert {(pair.before_right, pair.after_right): pair.n for pair in pairs} == scores


def marked(run: OpenRun) -> list[Place]:
    """The questions before and in the quiz, in order."""
    steps = [(place, place.step) for place in run.plan.places]
    return [
        place
        for place, step in steps
        if isinstance(step, Asking) and step.purpose in ("before", "quiz") and isinstance(step.question, ChooseOne)
    ]


def anchor_hits(run: OpenRun, earned: dict[str, list[bool]]) -> tuple[list[tuple[bool, ...]], list[tuple[bool, ...]]]:
    """Of each pupil, which anchor questions were right before and which after."""
    anchors = [place.step for place in run.plan.places if isinstance(place.step, Asking) and place.step.is_anchor]
    both = [[earned[step.key] for step in anchors if step.purpose == purpose] for purpose in ("before", "quiz")]
    return list(zip(*both[0], strict=True)), list(zip(*both[1], strict=True))
