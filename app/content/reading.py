"""How easy some text is for a ten-year-old: long sentences, hard words and a grade. It warns and never blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from app.content.easier_words import EASIER
from app.content.syllables import count_syllables
from app.domain.lesson import Asking, Draft, Lesson, Pledge
from app.domain.quiz import Question, Quiz

LONGEST_SENTENCE = 15  # words
FEWEST_WORDS = 100  # below this a grade says nothing
HIGHEST_GRADE = 5.5  # Year 6 is grade 5; a hard text is well above
LONGEST_KEPT = 1_000  # characters
YEARS_BEFORE_SCHOOL = 5  # a grade of 5 is a reading age of 10

_SENTENCE_END = re.compile(r"(?<=[.!?])[*_\"'”’)]{0,4}\s|\n")
_WORD = re.compile(r"\w[\w'’\-,.]*")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDINGS = (
    ("", ""),
    ("s", ""),
    ("es", ""),
    ("d", ""),
    ("ed", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ies", "y"),
    ("ied", "y"),
)


@dataclass(frozen=True)
class LongSentence:
    text: str
    words: int


@dataclass(frozen=True)
class HardWord:
    """A word as it stands in the text, and what to try in its place."""

    text: str
    easier: str


@dataclass(frozen=True)
class Reading:
    """What a reader of ten would stumble over; no grade for a short text."""

    words: int = 0
    long_sentences: tuple[LongSentence, ...] = ()
    hard_words: tuple[HardWord, ...] = ()
    grade: float | None = None

    @property
    def age(self) -> int | None:
        return None if self.grade is None else max(YEARS_BEFORE_SCHOOL, round(self.grade + YEARS_BEFORE_SCHOOL))

    @property
    def is_hard(self) -> bool:
        return self.grade is not None and self.grade > HIGHEST_GRADE


@dataclass(frozen=True)
class _Counted:
    """What one text adds to a reading."""

    words: int
    sentences: int
    spoken: int
    syllables: int
    long_sentences: tuple[LongSentence, ...]
    hard_words: tuple[HardWord, ...]


def look_at(*texts: str) -> Reading:
    """All texts together; each ends its last sentence."""
    counted = [_counted(text) if len(text) < LONGEST_KEPT else _count(text) for text in texts]
    words, spoken = sum(one.words for one in counted), sum(one.spoken for one in counted)
    grade = None
    if spoken >= FEWEST_WORDS:
        sentences, syllables = sum(one.sentences for one in counted), sum(one.syllables for one in counted)
        grade = round(0.39 * words / sentences + 11.8 * syllables / spoken - 15.59, 1)
    return Reading(
        words=words,
        long_sentences=tuple(long for one in counted for long in one.long_sentences),
        hard_words=tuple(dict.fromkeys(hard for one in counted for hard in one.hard_words)),
        grade=grade,
    )


def _count(text: str) -> _Counted:
    sentences = [sentence for sentence in _SENTENCE_END.split(text) if count_words(sentence)]
    counts = [count_words(sentence) for sentence in sentences]
    spoken = _LETTERS.findall(text)
    return _Counted(
        words=sum(counts),
        sentences=len(sentences),
        spoken=len(spoken),
        syllables=sum(map(count_syllables, spoken)),
        long_sentences=tuple(
            LongSentence(" ".join(sentence.split()), count)
            for sentence, count in zip(sentences, counts, strict=True)
            if count > LONGEST_SENTENCE
        ),
        hard_words=tuple(hard for sentence in sentences for hard in _hard_words(sentence)),
    )


_counted = lru_cache(maxsize=4096)(_count)
"""Kept, because a lesson is looked at after every change of one of its texts."""


def count_words(text: str) -> int:
    return len(_WORD.findall(text))


def texts_of_lesson(draft: Draft) -> Iterator[str]:
    """All that pupils read in whole sentences; titles and answers are not, and notes and sources are for adults."""
    for part in draft.parts:
        yield part.text
        yield from (card.text for card in part.cards)
        if part.ending:
            yield part.ending.text
        if part.question:
            yield from _texts_of_question(part.question)


def texts_of_version(lesson: Lesson) -> Iterator[str]:
    """The same of a lesson and its quiz together, as they are published."""
    for step in lesson.steps:
        if isinstance(step, Asking | Pledge):
            yield from _texts_of_question(step.question)
        if not isinstance(step, Asking):
            yield step.text


def texts_of_quiz(quiz: Quiz) -> Iterator[str]:
    for question in quiz.questions:
        yield from _texts_of_question(question)


def _texts_of_question(question: Question) -> Iterator[str]:
    yield from (question.text, question.explanation, question.talk)


def _hard_words(sentence: str) -> Iterator[HardWord]:
    plain = sentence.casefold()
    for phrase in _phrases():
        if phrase in plain and re.search(rf"\b{phrase}\b", plain):
            yield HardWord(phrase, EASIER[phrase])
    for place, word in enumerate(_LETTERS.findall(sentence)):
        if place and word[0].isupper():
            continue  # a name, such as a department's
        if easier := _easier(word.casefold()):
            yield HardWord(word, easier)


@lru_cache(maxsize=4096)
def _easier(word: str) -> str:
    return next((EASIER[base] for base in _bases(word) if base in EASIER), "")


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(words for words in EASIER if " " in words)


def _bases(word: str) -> Iterator[str]:
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            yield word.removesuffix(ending) + instead
