"""A question as it is written, in a quiz file or inside a lesson, and what holds for it whatever its kind."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from app.content.fields import Fields, Words
from app.content.pictures import PictureShelf
from app.content.problems import ProblemList, quoted
from app.content.wording import check_length, check_sentences, gives_away, same_words
from app.domain.questions.option import Option
from app.domain.quiz import LONGEST_EXPLANATION, LONGEST_QUESTION

Sign = Literal["[x]", "[ ]", "-", "1."]
"""What stands before a line: the safest answer, another one, a plain one, one in its order."""


@dataclass(frozen=True)
class Item:
    """One line below a question: "- [ ] Hide and wait [FM1]"."""

    line: int
    sign: Sign
    text: str
    misconception: str | None = None
    to: str = ""
    """The title of the scene to which this answer leads a story."""

    @property
    def is_correct(self) -> bool:
        return self.sign == "[x]"


@dataclass(frozen=True)
class Written:
    """A question with its settings and lines. `made` is what every kind is made of, beside its own."""

    question: Words
    fields: Fields
    items: tuple[Item, ...]
    shelf: PictureShelf
    made: dict[str, Any]
    before: int
    """How many problems blocked the file before this question was read."""

    @property
    def problems(self) -> ProblemList:
        return self.fields.problems

    @property
    def is_good(self) -> bool:
        """Nothing is wrong with the question itself, whatever may be with the rest of its file."""
        return self.problems.blocking == self.before and not self.problems.is_full

    @property
    def line(self) -> int:
        return self.question.line

    @property
    def right(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.is_correct)

    @property
    def misconceptions(self) -> tuple[Words, ...]:
        return tuple(Words(item.line, item.misconception) for item in self.items if item.misconception)


def read_item(words: Words, sign: Sign) -> Item:
    """Takes the misconception in square brackets off the end."""
    text = words.text.strip()
    if text.endswith("]") and "[" in text:
        place = text.rindex("[")
        return Item(words.line, sign, text[:place].strip(), text[place + 1 : -1].strip() or None)
    return Item(words.line, sign, text)


def read_shared(written: Written, *, is_marked: bool) -> dict[str, Any]:
    """Question, why, talk and the switches; what is wrong with them is reported."""
    fields, problems = written.fields, written.problems
    check_length(written.question, LONGEST_QUESTION, "A question", problems)
    check_sentences(written.line, written.question.text, problems)
    why = fields.words("why", needed='Say in a line "why: ..." why the safest answer is safer.' if is_marked else "")
    talk = fields.words("talk")
    for text in (why, talk):
        if text:
            check_length(text, LONGEST_EXPLANATION, "These words", problems)
            check_sentences(text.line, text.text, problems)
    return written.made | {
        "text": written.question.text,
        "explanation": why.text if why else "",
        "talk": talk.text if talk else "",
        "offers_not_sure": _read_not_sure(written, is_marked),
        "asks_sure": _read_sure(written, is_marked),
    }


def _read_not_sure(written: Written, is_marked: bool) -> bool:
    offers = written.fields.is_yes("not sure", usually=True)
    if offers and any(same_words(item.text) == "not sure" for item in written.items):
        told = '"Not sure" is one of the answers, and every device offers it as well.'
        written.problems.warn(written.line, told, 'Add the line "not sure: no".')
    if not offers and is_marked:
        told = "Every question with a safest answer also offers not sure."
        written.problems.report(written.line, told, 'Take out the line "not sure: no".')
    return offers


def _read_sure(written: Written, is_marked: bool) -> bool:
    asks = written.fields.is_yes("sure")
    if asks and not is_marked:
        told = "Nobody can be sure where no answer is right."
        written.problems.report(written.line, told, 'Take out the line "sure: yes".')
    return asks


def check_items(items: Iterable[Item], longest: int, what: str, problems: ProblemList) -> None:
    """Each has words, few enough, and no two the same."""
    seen: dict[str, int] = {}
    for item in items:
        if not item.text:
            problems.report(item.line, f"This {what} has no words.", "Write it, or take it out.")
            continue
        check_length(Words(item.line, item.text), longest, f"{_a(what)}", problems)
        check_sentences(item.line, item.text, problems)
        key = same_words(item.text)
        if key in seen:
            told = f"{quoted(item.text)} is offered twice, first in line {seen[key]}."
            problems.report(item.line, told, "Change one of them.")
        seen.setdefault(key, item.line)


def check_talk(written: Written, answers: Iterable[str]) -> None:
    talk = written.fields.words("talk")
    if talk and gives_away(talk.text, answers):
        told = "The words to talk about hold the safest answer."
        written.problems.report(talk.line, told, "Ask something that does not give it away.")


def check_bare(items: Iterable[Item], problems: ProblemList) -> None:
    """The safest answer names no misconception."""
    for item in items:
        if item.is_correct and item.misconception:
            told = f"The safest answer names the misconception {item.misconception}."
            problems.report(item.line, told, "Take the square brackets off.")


def domain_options(items: Iterable[Item]) -> tuple[Option, ...]:
    """Keys as they are stored: the safest answer is 1, the others follow as written."""
    ordered = sorted(items, key=lambda item: not item.is_correct)
    return tuple(
        Option(key=str(place), text=item.text, is_correct=item.is_correct, misconception=item.misconception)
        for place, item in enumerate(ordered, start=1)
    )


def read_number(words: Words | None, problems: ProblemList) -> int | None:
    """A whole number from 0 to 9999."""
    if words is None:
        return None
    if not re.fullmatch(r"\d{1,4}", words.text, re.ASCII):
        told = f"{quoted(words.text)} is not a whole number."
        problems.report(words.line, told, "Write a number from 0 to 9999.")
        return None
    return int(words.text)


def _a(what: str) -> str:
    return f"{'An' if what[0] in 'aeiou' else 'A'} {what}"
