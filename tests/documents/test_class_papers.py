"""Papers for the class: one page each, for every shipped lesson, and no line for a name."""

from datetime import UTC, datetime

import pytest
import typst

from app.content import library
from app.documents.class_papers import Certificate, certificate_pdf, paper_pdf, papers_of
from app.documents.prose import prose
from app.domain.errors import NotFound
from app.domain.lesson import Lesson
from app.settings import ROOT
from tests.papers import faults_for_screen_readers, pages_of, words_of

LESSONS = library.load(ROOT / "lessons", ROOT / "quizzes").lessons
NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)


def lesson(key: str) -> Lesson:
    return next(one for one in LESSONS if one.key == key)


def find(path: str) -> bytes:
    return (ROOT / "lessons" / "pictures" / path).read_bytes()


def paper(name: str, of: Lesson) -> bytes:
    return paper_pdf(name, of, find, product="Safety in Action", whose="class 6H", now=NOW)


@pytest.mark.parametrize("of", LESSONS, ids=lambda of: of.key)
def test_every_sheet_of_a_shipped_lesson_is_one_accessible_page(of: Lesson) -> None:
    for name in papers_of(of):
        made = paper(name, of)
        assert (pages_of(made), faults_for_screen_readers(made)) == (1, []), name
        assert "Name" not in words_of(made)


def test_the_take_home_sheet_says_what_the_lesson_said() -> None:
    words = words_of(paper("take-home", lesson("fire")))
    assert "Draw two ways out and a meeting place." in words
    assert "Crawl low if there is smoke." in words
    assert "Childline 0800 1111" in words


def test_a_card_has_the_promises_of_the_lesson_four_times() -> None:
    words = words_of(paper("promises", lesson("water")))
    assert words.count("I will look for signs and flags") == 4
    assert "rather not say" not in words


def test_a_worksheet_is_there_where_the_topic_has_one() -> None:
    assert "Who wakes whom" in words_of(paper("worksheet", lesson("fire")))
    assert "a spare way" in words_of(paper("worksheet", lesson("road")))
    with pytest.raises(NotFound):
        paper("worksheet", lesson("water"))


def test_words_never_become_orders_to_the_typesetter() -> None:
    odd = '#panic("x") *not bold* $x^2$ <label> @nobody \\'
    made = certificate_pdf(
        Certificate(odd, "6#H", odd, NOW, (("#eval(1)", odd),), (odd,)), product="Safety in Action", now=NOW
    )
    assert words_of(made).count('#panic("x") *not bold*') == 4


def test_markdown_is_read_and_html_stays_words() -> None:
    blocks = prose("One **two** [three](https://example.org)\n\n- four <b>five</b>\n")
    assert [(block.is_item, block.text) for block in blocks] == [(False, "One two three"), (True, "four <b>five</b>")]
    assert [one.text for one in blocks[0].words if one.strong] == ["two"]


def test_a_paper_without_tags_would_be_noticed() -> None:
    plain = typst.compile(b"= A heading", format="pdf")
    assert faults_for_screen_readers(plain)
