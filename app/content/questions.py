"""What holds for a question wherever it is written: in a quiz file or inside a lesson."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.content.fields import Fields, Words
from app.content.problems import ProblemList, quoted
from app.content.wording import check_length, check_sentences, gives_away, same_words
from app.domain.quiz import LETTERS, LONGEST_EXPLANATION, LONGEST_OPTION, LONGEST_QUESTION, Option


@dataclass(frozen=True)
class Offered:
    """One option as it is written: "Hide and wait [FM1]"."""

    line: int
    text: str
    is_correct: bool = False
    misconception: str | None = None


@dataclass(frozen=True)
class Asked:
    """One question as it is written."""

    question: Words
    options: tuple[Offered, ...]
    why: Words | None
    talk: Words | None
    is_marked: bool = True

    @property
    def right(self) -> Offered | None:
        return next((option for option in self.options if option.is_correct), None)

    @property
    def misconceptions(self) -> tuple[Words, ...]:
        return tuple(Words(option.line, option.misconception) for option in self.options if option.misconception)


def read_option(words: Words, *, is_correct: bool = False) -> Offered:
    """Takes the misconception in square brackets off the end."""
    text = words.text.strip()
    if text.endswith("]") and "[" in text:
        place = text.rindex("[")
        return Offered(words.line, text[:place].strip(), is_correct, text[place + 1 : -1].strip() or None)
    return Offered(words.line, text, is_correct)


def read_why(fields: Fields, *, needed: bool) -> Words | None:
    remedy = 'Say in a line "why: ..." why the safest answer is safer.' if needed else ""
    return fields.words("why", needed=remedy)


def check(asked: Asked, problems: ProblemList) -> None:
    check_length(asked.question, LONGEST_QUESTION, "A question", problems)
    check_sentences(asked.question.line, asked.question.text, problems)
    for text in (asked.why, asked.talk):
        if text:
            check_length(text, LONGEST_EXPLANATION, "These words", problems)
            check_sentences(text.line, text.text, problems)
    _check_options(asked, problems)
    if asked.is_marked:
        _check_marking(asked, problems)


def _check_options(asked: Asked, problems: ProblemList) -> None:
    if not 2 <= len(asked.options) <= len(LETTERS):
        told = f"This question offers {len(asked.options)} answers."
        problems.report(asked.question.line, told, "Offer two to four.")
    seen: dict[str, int] = {}
    for option in asked.options:
        if not option.text:
            problems.report(option.line, "This answer has no words.", "Write it, or take it out.")
            continue
        check_length(Words(option.line, option.text), LONGEST_OPTION, "An answer", problems)
        check_sentences(option.line, option.text, problems)
        key = same_words(option.text)
        if key in seen:
            told = f"{quoted(option.text)} is offered twice, first in line {seen[key]}."
            problems.report(option.line, told, "Change one of them.")
        seen.setdefault(key, option.line)


def _check_marking(asked: Asked, problems: ProblemList) -> None:
    right = [option for option in asked.options if option.is_correct]
    if len(right) != 1:
        told = f"{len(right)} answers are marked as the safest one."
        problems.report(asked.question.line, told, "Mark exactly one.")
    for option in right:
        if option.misconception:
            told = f"The safest answer names the misconception {option.misconception}."
            problems.report(option.line, told, "Take the square brackets off.")
        if asked.talk and gives_away(asked.talk.text, [option.text]):
            told = "The words to talk about hold the safest answer."
            problems.report(asked.talk.line, told, "Ask something that does not give it away.")


def domain_options(options: Sequence[Offered]) -> tuple[Option, ...]:
    """Keys as they are stored: the safest answer is 1, the others follow as written."""
    ordered = sorted(options, key=lambda option: not option.is_correct)
    return tuple(
        Option(
            key=str(place),
            text=option.text,
            is_correct=option.is_correct,
            misconception=option.misconception,
        )
        for place, option in enumerate(ordered, start=1)
    )
