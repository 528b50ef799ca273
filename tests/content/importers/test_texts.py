"""Aiken and GIFT as Moodle writes them and as people type them."""

import time

import pytest

from app.content.importers import read
from app.content.importers.imported import FoundQuestion, Imported

AIKEN = """Where is the cleaner air?
A. Near the floor
B. Near the ceiling
ANSWER: A

How often do we test
a smoke alarm?
A) Once a year
B) Once a week
C) Never
ANSWER: B
"""

GIFT = r"""// question: 1  name: Air
$CATEGORY: safety/fire

::Air:: Where is the cleaner air? {
=Near the floor#Yes, smoke rises.
~Near the ceiling#Smoke goes there.
####Smoke goes up, so crawl low.
}

::Alarm::[html]<p>Test a smoke alarm every week &amp; each floor.<br></p>{TRUE#Look again.#Well done.}

A dog is {~a toy =an animal} and not a toy.

// a comment above a question
What is 1 \= 1\: a \{sum\}? {=Yes, \~ so ~No \= not}
"""


def said(found: Imported) -> list[str]:
    return [str(message) for message in found.messages if message.weight != "note"]


def answers(question: FoundQuestion) -> list[tuple[str, bool]]:
    return [(option.text, option.is_right) for option in question.answers]


def read_text(text: str) -> Imported:
    return read("quiz.txt", text.encode())


def test_aiken_is_read() -> None:
    found = read_text(AIKEN)
    assert found.form == "Aiken text"
    assert said(found) == []
    assert [one.text for one in found.questions] == [
        "Where is the cleaner air?",
        "How often do we test a smoke alarm?",
    ]
    assert answers(found.questions[0]) == [("Near the floor", True), ("Near the ceiling", False)]
    assert answers(found.questions[1]) == [("Once a year", False), ("Once a week", True), ("Never", False)]


def test_aiken_with_line_ends_of_windows_and_a_mark_of_its_letters_reads_the_same() -> None:
    content = b"\xef\xbb\xbf" + AIKEN.replace("\n", "\r\n").encode()
    assert read("quiz.txt", content).questions == read_text(AIKEN).questions


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Why?\nA. Yes\nB. No\n\n", "Line 1 has no right answer."),
        ("Why?\nA. Yes\nB. No\nANSWER: D\n\n", "Line 1 says that D is right, but no answer has that letter."),
        ("Why?\nA. Yes\nANSWER: A\n\n", "Line 1 has fewer than two answers."),
        ("Why?\nA. Yes\nB. No\nANSWER:\n\n", "Line 1 has no right answer."),
        ("ANSWER: A\n\n", "Line 1 has an answer but no question."),
    ],
)
def test_one_bad_aiken_question_does_not_spoil_the_others(text: str, told: str) -> None:
    found = read_text(text + AIKEN)
    assert len(found.questions) == 2
    assert [sentence.startswith(told) for sentence in said(found)] == [True]


def test_gift_is_read() -> None:
    found = read_text(GIFT)
    assert found.form == "GIFT text"
    assert [one.text for one in found.questions] == [
        "Where is the cleaner air?",
        "Test a smoke alarm every week & each floor.",
        "A dog is _____ and not a toy.",
        "What is 1 = 1: a {sum}?",
    ]
    assert answers(found.questions[0]) == [("Near the floor", True), ("Near the ceiling", False)]
    assert answers(found.questions[1]) == [("True", True), ("False", False)]
    assert answers(found.questions[2]) == [("a toy", False), ("an animal", True)]
    assert answers(found.questions[3]) == [("Yes, ~ so", True), ("No = not", False)]
    assert said(found) == ["Line 10 was written as HTML; only its words were kept."]


def test_what_gift_says_after_an_answer_becomes_the_why() -> None:
    whys = [one.why for one in read_text(GIFT).questions]
    assert whys == ["Smoke goes up, so crawl low.", "Well done.", "", ""]
    assert "2 of 4 questions do not say why" in str(read_text(GIFT).messages[-1])


def test_weights_say_which_answers_of_gift_are_right() -> None:
    found = read_text(
        "Who is it? {~%100%A friend ~%-50%A stranger}\n\nWhat? {~%50%A ~%50%B ~C}\n\nHow? {~%50%A =B ~C}"
    )
    assert answers(found.questions[0]) == [("A friend", True), ("A stranger", False)]
    assert answers(found.questions[1]) == [("A", True), ("B", True), ("C", False)]
    assert answers(found.questions[2]) == [("A", False), ("B", True), ("C", False)]
    assert said(found) == ["Line 3 has 2 right answers. Pupils choose all that are right."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Match. {=cat -> meow =dog -> woof}", "Line 1 is a matching question."),
        ("Write about smoke. {}", "Line 1 is a question for free text."),
        ("Who am I? {=Mo =Mo the badger}", "Line 1 is a question for free text."),
        ("How cold? {#12:2}", "Line 1 is a question for a number."),
        ("Why? {~Yes ~No}", "Line 1 has no right answer."),
        ("{=Yes ~No}", "Line 1 has answers but no question."),
        ("Why? {=Yes ~No", "Line 1 has an opening bracket { and no }."),
        ("Just some words.", "Line 1 has no answers, so it is no question."),
    ],
)
def test_one_bad_gift_question_does_not_spoil_the_others(text: str, told: str) -> None:
    found = read_text(f"{text}\n\n{GIFT}")
    assert len(found.questions) == 4
    assert said(found)[0].startswith(told)
    assert len(said(found)) == 2


@pytest.mark.parametrize(
    "nonsense", ["{", "{ ", "::", "\\", "\n", " ", "ANSWER:", "A. B\n", "=~#", "<", '"', ",;", "{\n\n"]
)
def test_nonsense_takes_no_time(nonsense: str) -> None:
    text = nonsense * (300_000 // len(nonsense))
    started = time.process_time()
    found = read_text(f"Question,Answer 1,Correct\n{text}")
    read_text(f"ANSWER: A\nA. {text}")
    read_text(f"Why? {{=a ~b}}\n\n{text}")
    assert time.process_time() - started < 3
    assert len(found.messages) <= 201
