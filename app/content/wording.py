"""How words for children must be: easy to read, short on a card, pictures that do not tell the answer."""

import re
from collections.abc import Iterable

from app.content import reading
from app.content.fields import Words
from app.content.problems import ProblemList, quoted

LONGEST_CARD = 32  # words: "about 30" beside a picture


def check_sentences(line: int, text: str, problems: ProblemList) -> None:
    """Warns of long sentences and hard words; on a short text nothing is sure enough to forbid anything."""
    found = reading.look_at(text)
    for sentence in found.long_sentences:
        told = f"The sentence {quoted(sentence.text)} has {sentence.words} words."
        problems.warn(line, told, f"Children read up to {reading.LONGEST_SENTENCE} easily. Make two of it.")
    for word in found.hard_words:
        problems.warn(line, f"{quoted(word.text)} is a hard word.", f"Try {quoted(word.easier)}.")


def check_grade(texts: Iterable[str], problems: ProblemList) -> None:
    """Warns when all that pupils read in a file is for older ones."""
    found = reading.look_at(*texts)
    if found.is_hard:
        told = f"What pupils read here suits an age of about {found.age}."
        problems.warn(1, told, "Many in Year 6 read like a nine-year-old. Use shorter words and sentences.")


def check_card(line: int, text: str, problems: ProblemList) -> None:
    """Warns of a card that does not fit beside its picture on an old projector."""
    count = reading.count_words(text)
    if count > LONGEST_CARD:
        told = f"This card has {count} words."
        problems.warn(line, told, "About 30 can be read from the back of the room. Split it or cut it.")


def check_length(words: Words, longest: int, what: str, problems: ProblemList) -> None:
    if len(words.text) > longest:
        told = f"{quoted(words.text)} has {len(words.text)} characters."
        problems.report(words.line, told, f"{what} may have {longest} at most.")


def gives_away(text: str, answers: Iterable[str]) -> str | None:
    """The safest answer whose words stand in this text, if any does."""
    bare = f" {_bare(text)} "
    return next((answer for answer in answers if _bare(answer) and f" {_bare(answer)} " in bare), None)


def same_words(text: str) -> str:
    """Two options with the same words are one option, whatever their capitals and signs."""
    return _bare(text) or text.strip()


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
