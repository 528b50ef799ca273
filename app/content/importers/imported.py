"""What was found in a file that somebody brought, and a sentence for each thing that did not fit."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.content import questions
from app.content.problems import ProblemList
from app.content.questions import Asked, Offered
from app.content.text_files import visible

MOST_MESSAGES = 200
MOST_QUESTIONS = 500
LONGEST_TEXT = 2_000  # characters: whatever is longer was never meant for a card or a question

Weight = Literal["left out", "look", "note"]


class Unreadable(Exception):
    """Nothing of this file can be used; says why, and what its owner can do."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


@dataclass(frozen=True)
class Message:
    """One thing to know about the file: something was left out, should be looked at, or is good to know."""

    weight: Weight
    sentence: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


class Messages:
    """Gathers messages; `counted` is what their numbers count: row, line, slide or page."""

    def __init__(self, counted: str) -> None:
        self.counted = counted.capitalize()
        self.found: list[Message] = []

    def leave_out(self, place: int, what: str, remedy: str) -> None:
        """`what` goes on after the place: "has no right answer."."""
        self._add(Message("left out", f"{self.counted} {place} {what}", remedy))

    def look(self, place: int, what: str, remedy: str = "") -> None:
        self._add(Message("look", f"{self.counted} {place} {what}", remedy))

    def note(self, sentence: str, remedy: str = "") -> None:
        self._add(Message("note", sentence, remedy))

    def check(self, asked: Asked) -> None:
        """What the quiz files' own check says of a question; it is imported all the same."""
        problems = ProblemList("")
        questions.check(asked, problems)
        for problem in problems.found:
            self._add(Message("look", f"{self.counted} {problem.line}: {problem.sentence}", problem.remedy))

    def _add(self, message: Message) -> None:
        if len(self.found) < MOST_MESSAGES - 1:
            self.found.append(message)
        elif len(self.found) == MOST_MESSAGES - 1:
            self.found.append(Message("note", "There are more things to look at.", "Put the others right first."))


@dataclass(frozen=True)
class FoundQuestion:
    """A question and, from our own spreadsheet, what else a quiz file says of it."""

    asked: Asked
    key: str = ""
    is_anchor: bool = False
    is_reserve: bool = False
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundPicture:
    """A picture's bytes as PNG, JPEG or WebP; no alt text means that the author has to write it."""

    content: bytes
    alt: str = ""
    is_decorative: bool = False


@dataclass(frozen=True)
class FoundSlide:
    """One slide of a talk."""

    place: int
    title: str
    text: str = ""
    notes: str = ""
    pictures: tuple[FoundPicture, ...] = ()


@dataclass(frozen=True)
class Imported:
    """All that a file gives. Nothing of it is kept until its owner has seen it and said so."""

    form: str
    title: str = ""
    questions: tuple[FoundQuestion, ...] = ()
    misconceptions: Mapping[str, str] = field(default_factory=dict)
    slides: tuple[FoundSlide, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.questions or self.slides or self.files)

    def with_weight(self, weight: Weight) -> tuple[Message, ...]:
        return tuple(message for message in self.messages if message.weight == weight)


def refused(unreadable: Unreadable) -> Imported:
    return Imported(form="", messages=(Message("left out", unreadable.sentence, unreadable.remedy),))


def gather(form: str, found: Iterable[FoundQuestion], messages: Messages) -> Imported:
    """Checks the questions as a quiz file's are and says what all of them still need."""
    kept: list[FoundQuestion] = []
    for question in found:
        if len(kept) == MOST_QUESTIONS:
            messages.note(f"Only the first {MOST_QUESTIONS} questions were read.", "Split the file.")
            break
        messages.check(question.asked)
        kept.append(question)
    without_why = sum(question.asked.why is None for question in kept)
    if without_why:
        whose = (
            "No question says" if without_why == len(kept) else f"{without_why} of {len(kept)} questions do not say"
        )
        messages.note(f"{whose} why the answer is the safest.", "Add it before you publish; children see it.")
    return Imported(form, questions=tuple(kept), messages=tuple(messages.found))


def with_one_right(options: tuple[Offered, ...], line: int, messages: Messages) -> tuple[Offered, ...]:
    """Of several right answers the first stays so: a question has one safest answer."""
    right = [option for option in options if option.is_correct]
    if len(right) < 2:
        return options
    remedy = "The first was kept as right. Change the others, or take them out."
    messages.look(line, f"has {len(right)} right answers.", remedy)
    return tuple(
        Offered(option.line, option.text, option is right[0], None if option in right else option.misconception)
        for option in options
    )


def _seen(text: str) -> str:
    """Also without the soft hyphens and empty spaces that come along from a talk."""
    return re.sub("[\u00ad\u200b\u2060\ufeff]", "", visible(text[: 4 * LONGEST_TEXT]))


def clean(text: str) -> str:
    """One line of visible words, no longer than anybody would put on a screen."""
    return " ".join(_seen(text).split())[:LONGEST_TEXT].rstrip()


def clean_lines(text: str) -> str:
    """Visible words that keep their paragraphs."""
    lines = (" ".join(line.split()) for line in re.split(r"[\n\v\r]", _seen(text)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))[:LONGEST_TEXT].strip()
