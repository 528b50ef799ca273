"""How words for children must be: short sentences, short cards, pictures that do not tell the answer."""

import re
from collections.abc import Iterable

from app.content.fields import Words
from app.content.problems import ProblemList, quoted

LONGEST_SENTENCE = 15  # words
LONGEST_CARD = 32  # words: "about 30" beside a picture

_SENTENCE_END = re.compile(r"(?<=[.!?])[*_\"'”’)]{0,4}\s|\n")
_WORD = re.compile(r"\w[\w'’\-,.]*")


def check_sentences(line: int, text: str, problems: ProblemList) -> None:
    """Warns of long sentences; a formula is too shaky on short texts to forbid anything."""
    for sentence in _SENTENCE_END.split(text):
        count = len(_WORD.findall(sentence))
        if count > LONGEST_SENTENCE:
            told = f"The sentence {quoted(' '.join(sentence.split()))} has {count} words."
            problems.warn(line, told, f"Children read up to {LONGEST_SENTENCE} easily. Make two of it.")


def check_card(line: int, text: str, problems: ProblemList) -> None:
    """Warns of a card that does not fit beside its picture on an old projector."""
    count = len(_WORD.findall(text))
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
