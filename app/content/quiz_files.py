"""Reads `quizzes/*.yaml` into a quiz, or into all that is wrong with it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from app.content import questions
from app.content.fields import Fields, Items, Words
from app.content.plain_yaml import read_fields
from app.content.problems import ProblemList, did_you_mean, quoted
from app.content.questions import Asked, Offered, domain_options, read_option
from app.content.quiz_sketch import written_question
from app.content.text_files import read_text, shown_name
from app.domain.lesson import CONFIDENCE
from app.domain.quiz import ChooseOne, Quiz

ANCHORS = 5
QUIZ_NAMES = ("title", "misconceptions", "questions")
QUESTION_NAMES = ("id", "anchor", "reserve", "question", "right", "wrong", "why", "talk", "facts")


@dataclass
class QuizFile:
    """One quiz file: the quiz when nothing blocks it, and what the lessons are checked against."""

    key: str
    problems: ProblemList
    quiz: Quiz | None = None
    misconceptions: frozenset[str] = frozenset()
    right_answers: list[str] = field(default_factory=list)
    facts: list[Words] = field(default_factory=list)


@dataclass(frozen=True)
class _Question:
    id: str
    asked: Asked
    is_anchor: bool
    is_reserve: bool
    facts: tuple[Words, ...]


def load(path: Path) -> QuizFile:
    """Never raises for what the file holds: everything wrong is in `problems`."""
    problems = ProblemList(shown_name(path))
    return read(path.stem, read_text(path, problems), problems)


def read(key: str, text: str | None, problems: ProblemList) -> QuizFile:
    """The same for a text that is in no file."""
    file = QuizFile(key=key, problems=problems)
    fields = read_fields(text, problems) if text is not None else None
    if fields is None:
        return file
    fields.allow(QUIZ_NAMES)
    title = fields.text("title", needed="Give the quiz a title, such as Fire.")
    misconceptions = _read_misconceptions(fields)
    written = [_read_question(item) for item in _question_fields(fields)]
    _check_ids(written, problems)
    _check_misconceptions(written, misconceptions, problems)
    _check_whole(written, fields.line, problems)
    file.misconceptions = frozenset(misconceptions)
    file.right_answers = [question.asked.right.text for question in written if question.asked.right]
    file.facts = [fact for question in written for fact in question.facts]
    if not problems.blocks:
        made = tuple(_made(question) for question in written)
        file.quiz = Quiz(key=file.key, title=title, misconceptions=misconceptions, questions=made)
    return file


def question_alone(text: str) -> ChooseOne | None:
    """One question of a quiz, whatever is wrong with the others; None while it is not finished itself."""
    problems = ProblemList("question")
    fields = read_fields(written_question(text), problems)
    written = _read_question(fields) if fields else None
    return None if written is None or problems.blocks else _made(written)


def _read_misconceptions(fields: Fields) -> dict[str, str]:
    match fields.values.get("misconceptions"):
        case Fields() as named:
            needed = "Say in a few words what a child may believe."
            # Codes are read in capitals, for names of fields are kept in small letters.
            return {name.upper(): named.text(name, needed=needed) for name in named.values}
        case _:
            remedy = 'Write "misconceptions:", then lines such as "  FM1: Hide and wait".'
            fields.problems.report(fields.line, "There are no misconceptions here.", remedy)
            return {}


def _question_fields(fields: Fields) -> list[Fields]:
    match fields.values.get("questions"):
        case Items(items=items) if items:
            found = [item for item in items if isinstance(item, Fields)]
            for item in items:
                if not isinstance(item, Fields):
                    remedy = 'Write "- id: F1" and the other lines below it.'
                    fields.problems.report(item.line, "This is not a question.", remedy)
            return found
        case _:
            remedy = 'Write "questions:" and below it "- id: F1" and so on.'
            fields.problems.report(fields.line, "There are no questions here.", remedy)
            return []


def _read_question(fields: Fields) -> _Question:
    fields.allow(QUESTION_NAMES)
    key = fields.text("id", needed='Give the question a short name, such as "id: F1".')
    if key and (not re.fullmatch(r"[A-Za-z0-9]{1,12}", key) or key in {one.key for one in CONFIDENCE}):
        remedy = "Use a capital letter and a number, such as F1."
        fields.problems.report(fields.line, f"{quoted(key)} cannot name a question.", remedy)
    asked = Asked(
        question=fields.words("question", needed="Write the question.") or Words(fields.line, ""),
        options=_read_options(fields),
        why=questions.read_why(fields, needed=True),
        talk=fields.words("talk"),
    )
    questions.check(asked, fields.problems)
    facts = fields.listed("facts")
    if not facts:
        remedy = 'Name the fact behind it, such as "facts: FIR-04".'
        fields.problems.report(fields.line, "This question rests on no fact.", remedy)
    return _Question(key, asked, fields.is_yes("anchor"), fields.is_yes("reserve"), facts)


def _read_options(fields: Fields) -> tuple[Offered, ...]:
    right = fields.words("right", needed='Write the safest answer in a line "right: ...".')
    wrong = fields.values.get("wrong")
    if isinstance(wrong, Words):  # one line, maybe with commas in its text
        wrong = Items(wrong.line, (wrong,))
        fields.values["wrong"] = wrong
    others = tuple(read_option(words) for words in fields.listed("wrong"))
    return ((read_option(right, is_correct=True), *others)) if right else others


def _check_ids(written: list[_Question], problems: ProblemList) -> None:
    seen: dict[str, int] = {}
    for question in written:
        key, line = question.id.casefold(), question.asked.question.line
        if key and key in seen:
            told = f"There are two questions {quoted(question.id)}; the other is in line {seen[key]}."
            problems.report(line, told, "Give one of them another id.")
        seen.setdefault(key, line)


def _check_misconceptions(written: list[_Question], misconceptions: dict[str, str], problems: ProblemList) -> None:
    for option in (option for question in written for option in question.asked.options):
        if option.misconception and option.misconception not in misconceptions and not problems.is_full:
            told = f"{quoted(option.misconception)} is not among the misconceptions above."
            problems.report(option.line, told, did_you_mean(option.misconception, misconceptions))
        elif not option.misconception and not option.is_correct:
            told = f"The answer {quoted(option.text)} names no misconception."
            problems.report(option.line, told, "Add one at its end in square brackets, such as [FM1].")


def _check_whole(written: list[_Question], line: int, problems: ProblemList) -> None:
    anchors = [question for question in written if question.is_anchor]
    if len(anchors) != ANCHORS:
        told = f"{len(anchors)} questions are anchors."
        problems.report(line, told, f'Mark exactly {ANCHORS} with "anchor: yes"; they are asked before and after.')
    for question in anchors:
        if question.is_reserve:
            told = "This question is an anchor and a reserve."
            problems.report(question.asked.question.line, told, "It can only be one of them.")
    longest = [question for question in written if _right_is_longest(question.asked)]
    if written and len(longest) > len(written) / 2:
        told = f"The safest answer is the longest in {len(longest)} of {len(written)} questions."
        problems.report(line, told, "Children would see that. Shorten it, or lengthen another answer.")


def _right_is_longest(asked: Asked) -> bool:
    others = [len(option.text) for option in asked.options if not option.is_correct]
    return asked.right is not None and bool(others) and len(asked.right.text) > max(others)


def _made(question: _Question) -> ChooseOne:
    return ChooseOne(
        key=question.id,
        text=question.asked.question.text,
        options=domain_options(question.asked.options),
        explanation=question.asked.why.text if question.asked.why else "",
        talk=question.asked.talk.text if question.asked.talk else "",
        is_anchor=question.is_anchor,
        is_reserve=question.is_reserve,
        fact_ids=tuple(fact.text for fact in question.facts),
    )
