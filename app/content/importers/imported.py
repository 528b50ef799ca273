"""What was found in a file that somebody brought, and a sentence for each thing that did not fit."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.content.fields import Words
from app.content.problems import ProblemList, quoted
from app.content.text_files import visible
from app.content.wording import check_length, check_sentences, gives_away, same_words
from app.domain.quiz import LETTERS, LONGEST_EXPLANATION, LONGEST_OPTION, LONGEST_QUESTION

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
    place: int = 0
    """The row, line, slide or page that it is about; 0 when it is about the whole file."""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


class Messages:
    """Gathers messages; `counted` is what their numbers count: row, line, slide or page."""

    def __init__(self, counted: str) -> None:
        self.counted = counted.capitalize()
        self.found: list[Message] = []

    def leave_out(self, place: int, what: str, remedy: str) -> None:
        """`what` goes on after the place: "has no right answer."."""
        self._add(Message("left out", f"{self.counted} {place} {what}", remedy, place))

    def look(self, place: int, what: str, remedy: str = "") -> None:
        self._add(Message("look", f"{self.counted} {place} {what}", remedy, place))

    def note(self, sentence: str, remedy: str = "") -> None:
        self._add(Message("note", sentence, remedy))

    def check(self, question: "FoundQuestion") -> None:
        """What a screen has no room for or a child would stumble over; the question is imported all the same."""
        problems = ProblemList("")
        _check(question, problems)
        for problem in problems.found:
            sentence = f"{self.counted} {problem.line}: {problem.sentence}"
            self._add(Message("look", sentence, problem.remedy, problem.line))

    def _add(self, message: Message) -> None:
        if len(self.found) < MOST_MESSAGES - 1:
            self.found.append(message)
        elif len(self.found) == MOST_MESSAGES - 1:
            self.found.append(Message("note", "There are more things to look at.", "Put the others right first."))


@dataclass(frozen=True)
class FoundAnswer:
    """One answer as it is written."""

    text: str
    is_right: bool = False
    misconception: str | None = None


@dataclass(frozen=True)
class FoundQuestion:
    """A question and, from our own spreadsheet, what else a quiz file says of it."""

    place: int
    text: str
    answers: tuple[FoundAnswer, ...]
    why: str = ""
    talk: str = ""
    key: str = ""
    is_anchor: bool = False
    is_reserve: bool = False
    asks_sure: bool = False
    facts: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """As a quiz file names it."""
        if len(self.right) > 1:
            return "choose all"
        words = sorted(answer.text.casefold() for answer in self.answers)
        return "true or false" if words == ["false", "true"] else "choose one"

    @property
    def right(self) -> tuple[FoundAnswer, ...]:
        return tuple(answer for answer in self.answers if answer.is_right)

    @property
    def wrong(self) -> tuple[FoundAnswer, ...]:
        return tuple(answer for answer in self.answers if not answer.is_right)


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
        messages.check(question)
        kept.append(question)
    without_why = sum(not question.why for question in kept)
    if without_why:
        whose = (
            "No question says" if without_why == len(kept) else f"{without_why} of {len(kept)} questions do not say"
        )
        messages.note(f"{whose} why the answer is the safest.", "Add it before you publish; children see it.")
    return Imported(form, questions=tuple(kept), messages=tuple(messages.found))


def tell_right(answers: tuple[FoundAnswer, ...], line: int, messages: Messages) -> tuple[FoundAnswer, ...]:
    """With several right answers it becomes a question of which pupils choose all that are right."""
    right = sum(answer.is_right for answer in answers)
    if right == len(answers):
        messages.look(line, "has right answers only.", "Add a wrong one.")
    elif right > 1:
        messages.look(line, f"has {right} right answers.", "Pupils choose all that are right.")
    return answers


def read_answer(text: str, *, is_right: bool = False) -> FoundAnswer:
    """A misconception at its end, such as [FM1], is taken off; other square brackets are part of the words."""
    found = re.fullmatch(r"(.*\S) ?\[([A-Z]{1,5}\d{1,3})\]", text)
    return FoundAnswer(found[1], is_right, found[2]) if found else FoundAnswer(text, is_right)


def _check(question: FoundQuestion, problems: ProblemList) -> None:
    texts = [(question.text, LONGEST_QUESTION, "A question")]
    texts += [(answer.text, LONGEST_OPTION, "An answer") for answer in question.answers]
    texts += [(text, LONGEST_EXPLANATION, "These words") for text in (question.why, question.talk)]
    for text, longest, what in texts:
        check_length(Words(question.place, text), longest, what, problems)
        check_sentences(question.place, text, problems)
    if len(question.answers) > len(LETTERS):
        told = f"This question offers {len(question.answers)} answers."
        problems.report(question.place, told, "Offer two to four.")
    seen: set[str] = set()
    for answer in question.answers:
        if same_words(answer.text) in seen:
            problems.report(question.place, f"{quoted(answer.text)} is offered twice.", "Change one of them.")
        seen.add(same_words(answer.text))
    if gives_away(question.talk, [answer.text for answer in question.right]):
        told = "The words to talk about hold the safest answer."
        problems.report(question.place, told, "Ask something that does not give it away.")


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
