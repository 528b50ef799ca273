"""A lesson on paper: everything that is taught is on it, and it fetches nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.content import library
from app.documents.hand_out import hand_out, plain
from app.documents.hand_out_page import hand_out_page
from app.domain.lesson import Agency, Card, Draft, Part, Picture, Topic
from app.domain.questions.match import Pair
from app.domain.questions.option import Scale
from app.domain.quiz import ChooseAll, ChooseOne, Estimate, Match, Option, PutInOrder, Question, Quiz
from app.settings import ROOT

SHIPPED = library.load(ROOT / "lessons", ROOT / "quizzes")
PICTURES = {
    path.relative_to(ROOT / "lessons" / "pictures").as_posix(): path.read_bytes()
    for path in Path(ROOT / "lessons" / "pictures").rglob("*.*")
}
LESSONS = [(draft, next(quiz for quiz in SHIPPED.quizzes if quiz.key == draft.quiz)) for draft in SHIPPED.drafts]


def one_card(card: Card) -> tuple[Draft, Quiz]:
    options = (Option(key="1", text="Yes", is_correct=True), Option(key="2", text="No"))
    quiz = Quiz(
        key="q",
        title="Q",
        misconceptions={},
        questions=(ChooseOne(key="Q1", text="Is it?", options=options, explanation="It is."),),
    )
    part = Part(kind="facts", title=card.title, minutes=1, cards=(card,))
    draft = Draft(
        key="k",
        title=card.title,
        topic=Topic(key="t", name="T"),
        lead=Agency(key="l", name="L"),
        quiz="q",
        parts=(part,),
    )
    return draft, quiz


def page_of(card: Card) -> str:
    draft, quiz = one_card(card)
    return hand_out_page(draft.title, hand_out(draft, quiz), {})


@pytest.mark.parametrize(("draft", "quiz"), LESSONS, ids=lambda lesson: lesson.key)
def test_everything_that_is_taught_is_on_paper(draft: Draft, quiz: Quiz) -> None:
    text = hand_out(draft, quiz)
    for part in draft.parts:
        assert plain(part.title) in text
        assert part.text in text
        assert plain(part.teacher_note) in text
        assert all(card.text in text for card in part.cards)
    for question in quiz.live:
        assert plain(question.text) in text
        assert plain(question.explanation) in text
        assert isinstance(question, ChooseOne)
        assert all(plain(option.text) in text for option in question.options)
    assert all(plain(fact.source) in text for fact in draft.facts)


@pytest.mark.parametrize(("draft", "quiz"), LESSONS, ids=lambda lesson: lesson.key)
def test_no_answer_can_be_seen_before_the_page_of_answers(draft: Draft, quiz: Quiz) -> None:
    before, _, after = hand_out(draft, quiz).partition("\n## Answers\n")
    live = [question for question in quiz.live if isinstance(question, ChooseOne)]
    right = [
        re.search(rf"- ([A-D])\) {re.escape(plain(question.correct.text))}\n", before[before.rindex("## Quiz") :])
        for question in live
    ]
    assert len({found[1] for found in right if found}) > 2
    assert not any(plain(question.explanation) in before for question in quiz.live)
    for number, question in enumerate(live, start=1):
        assert re.search(rf"^{number}\. [A-D]\) {re.escape(plain(question.correct.text))}", after, re.MULTILINE)


def test_reserve_questions_stay_back() -> None:
    draft, quiz = LESSONS[0]
    text = hand_out(draft, quiz)
    reserve = [question for question in quiz.questions if question.is_reserve]
    assert reserve
    assert not any(plain(question.text) in text for question in reserve)


@pytest.mark.parametrize(("draft", "quiz"), LESSONS, ids=lambda lesson: lesson.key)
def test_the_page_holds_its_pictures_and_fetches_nothing(draft: Draft, quiz: Quiz) -> None:
    page = hand_out_page(draft.title, hand_out(draft, quiz), PICTURES)
    sources = re.findall(r'src="([^"]{0,30})', page)
    named = re.findall(r"!\[.*?\]\((.*?)\)", hand_out(draft, quiz))
    assert len(set(named)) == len(named)  # a picture that is asked about stands beside its question only
    assert len(sources) == len(re.findall(r"!\[", hand_out(draft, quiz)))
    assert all(source.startswith("data:image/") for source in sources)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//|@import|url\(|<script|<link", page)


def test_a_picture_that_is_not_there_is_its_alt_text() -> None:
    page = page_of(Card(title="Look", picture=Picture(path="fire/gone.svg", alt="A <b>closed</b> door.")))
    assert "A &lt;b&gt;closed&lt;/b&gt; door." in page
    assert "<img" not in page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![a](https://example.invalid/track.png)",
        "![a](data:image/svg+xml;base64,AAAA)",
        "[a](javascript:alert(1))",
        '"><img src=x onerror=alert(1)>',
        "</style><script>alert(1)</script>",
    ],
)
def test_hostile_words_stay_words(text: str) -> None:
    page = page_of(Card(title=text, text=text))
    assert re.findall(r"<(script|img|iframe|svg|link)\b", page) == []
    assert "javascript:" not in " ".join(re.findall(r'href="[^"]*"', page))
    assert re.findall(r"<[^>]*\bonerror", page) == []


@pytest.mark.parametrize(
    "title", ["# 1 * 2 _3_", "1. First", "- dash", "> quoted", "[a](b)", "`code`", "a | b & c < d"]
)
def test_titles_are_never_markdown(title: str) -> None:
    page = page_of(Card(title=title))
    shown = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<h1>{shown}</h1>" in page
    assert f"<h3>{shown}</h3>" in page


def test_every_kind_of_question_can_be_asked_on_paper() -> None:
    shared: dict[str, Any] = {"text": "Which?", "explanation": "So."}
    asked: dict[str, Question] = {
        "Tick all that are right.": ChooseAll(
            key="A", options=tuple(Option(key=one, text=one, is_correct=one < "c") for one in "abcd"), **shared
        ),
        "Write a number.": Estimate(key="E", scale=Scale(first=1, last=9, measure="°C"), low=4, high=6, **shared),
        "Write the letters in the right order.": PutInOrder(
            key="O", things=tuple(Option(key=one, text=one) for one in "abc"), **shared
        ),
        "Write the right number beside each letter.": Match(
            key="M", pairs=tuple(Pair(key=one, text=one, partner=one.upper()) for one in "ab"), **shared
        ),
    }
    answers = {}
    for how, question in asked.items():
        draft, quiz = one_card(Card(title="Look"))
        part = draft.parts[0].model_copy(update={"question": question, "ask_after": 1})
        text = hand_out(draft.model_copy(update={"parts": (part,)}), quiz)
        assert f"**Which?**\n\n*{how}*\n\n- " in text
        assert text.index("### Look") < text.index("**Which?**")
        answers[question.key] = text.partition("## Answers")[2]
    assert re.search(r"[A-D]{2}\) a; b\. So\.", answers["A"])
    assert "4 to 6 °C. So." in answers["E"]
    assert re.search(r"[A-C]{3}\) 1\\\. a; 2\. b; 3\. c\. So\.", answers["O"])
    assert re.search(r"A[12]B[12]\) a: A; b: B\. So\.", answers["M"])
