"""Reads `quizzes/*.yaml` into a quiz, or into all that is wrong with it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from app.content.fields import Fields, Items, Words
from app.content.pictures import PictureShelf
from app.content.plain_yaml import read_fields
from app.content.problems import ProblemList, did_you_mean, quoted
from app.content.questions import kinds
from app.content.questions.written import Item, Sign, Written, read_item
from app.content.quiz_sketch import written_question
from app.content.reading import texts_of_quiz
from app.content.text_files import read_text, shown_name
from app.content.wording import check_grade
from app.domain.lesson import CONFIDENCE
from app.domain.media import OwnMedia
from app.domain.quiz import MarkedQuestion, Quiz

ANCHORS = 5
CHOOSE_ONE = "choose one"
QUIZ_NAMES = ("title", "misconceptions", "questions")
QUESTION_NAMES = (
    "id",
    "anchor",
    "reserve",
    "question",
    "facts",
    *(name for name in kinds.SHARED if name != "not sure"),
)
MISSING = {
    "right": 'Write the safest answer in a line "right: ...".',
    "order": 'Write "order:", then the things in their right order, each in a line "- ...".',
    "pairs": 'Write "pairs:", then lines such as "- Red flag = Do not go in".',
}
LISTS: dict[str, Sign] = {"right": "[x]", "wrong": "[ ]", "order": "1.", "pairs": "-"}
"""The named lines of a quiz file, and the signs that they have in a lesson."""


@dataclass
class QuizFile:
    """One quiz file: the quiz when nothing blocks it, and what the lessons are checked against."""

    key: str
    problems: ProblemList
    shelf: PictureShelf
    quiz: Quiz | None = None
    misconceptions: frozenset[str] = frozenset()
    right_answers: list[str] = field(default_factory=list)
    facts: list[Words] = field(default_factory=list)


@dataclass(frozen=True)
class _Question:
    id: str
    kind: str
    written: Written
    made: MarkedQuestion | None
    is_anchor: bool
    is_reserve: bool
    facts: tuple[Words, ...]

    @property
    def line(self) -> int:
        return self.written.line


def load(path: Path, pictures: Path, own: OwnMedia | None = None) -> QuizFile:
    """Never raises for what the file holds: everything wrong is in `problems`."""
    problems = ProblemList(shown_name(path))
    return read(path.stem, read_text(path, problems), pictures, problems, own)


def read(key: str, text: str | None, pictures: Path, problems: ProblemList, own: OwnMedia | None = None) -> QuizFile:
    """The same for a text that is in no file."""
    file = QuizFile(key=key, problems=problems, shelf=PictureShelf(pictures, problems, own or {}))
    fields = read_fields(text, problems) if text is not None else None
    if fields is None:
        return file
    fields.allow(QUIZ_NAMES)
    title = fields.text("title", needed="Give the quiz a title, such as Fire.")
    misconceptions = _read_misconceptions(fields)
    asked = [_read_question(item, file.shelf) for item in _question_fields(fields)]
    _check_ids(asked, problems)
    _check_misconceptions(asked, misconceptions, problems)
    _check_whole(asked, fields.line, problems)
    file.misconceptions = frozenset(misconceptions)
    file.right_answers = [
        words for one in asked if one.kind in kinds.WITH_RIGHT_WORDS for words in kinds.right_words(one.written)
    ]
    file.facts = [fact for question in asked for fact in question.facts]
    if not problems.blocks:
        made = tuple(one.made for one in asked if one.made)
        file.quiz = Quiz(key=file.key, title=title, misconceptions=misconceptions, questions=made)
        check_grade(texts_of_quiz(file.quiz), problems)
    return file


def question_alone(text: str, pictures: Path, own: OwnMedia | None = None) -> MarkedQuestion | None:
    """One question of a quiz, whatever is wrong with the others; None while it is not finished itself."""
    problems = ProblemList("question")
    fields = read_fields(written_question(text), problems)
    asked = _read_question(fields, PictureShelf(pictures, problems, own or {})) if fields else None
    return None if asked is None or problems.blocks else asked.made


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


def _read_question(fields: Fields, shelf: PictureShelf) -> _Question:
    problems, before = fields.problems, fields.problems.blocking
    question = fields.words("question", needed="Write the question.") or Words(fields.line, "")
    key, is_anchor, is_reserve = _read_id(fields), fields.is_yes("anchor"), fields.is_yes("reserve")
    facts = fields.listed("facts")
    made = {"key": key, "is_reserve": is_reserve, "fact_ids": tuple(fact.text for fact in facts)}
    kind = kinds.kind_of(fields, CHOOSE_ONE, kinds.IN_QUIZ)
    if kind == CHOOSE_ONE:
        made["is_anchor"] = is_anchor
    elif is_anchor:
        remedy = 'Take out "anchor: yes", or let it have one safest answer.'
        problems.report(question.line, "Only a question of the kind choose one can be an anchor.", remedy)
    names = kinds.KINDS[kind].names if kind else ()
    fields.allow((*QUESTION_NAMES, *names, *(kinds.KINDS[kind].settings if kind else LISTS)))
    written = Written(question, fields, _read_items(fields, names), shelf, made, before)
    done = kinds.read(written, kind) if kind else None
    if not facts:
        remedy = 'Name the fact behind it, such as "facts: FIR-04".'
        problems.report(fields.line, "This question rests on no fact.", remedy)
    assert done is None or done.kind != "opinion"
    return _Question(key, kind, written, done, is_anchor, is_reserve, facts)


def _read_id(fields: Fields) -> str:
    key = fields.text("id", needed='Give the question a short name, such as "id: F1".')
    if key and (not re.fullmatch(r"[A-Za-z0-9]{1,12}", key) or key in {one.key for one in CONFIDENCE}):
        remedy = "Use a capital letter and a number, such as F1."
        fields.problems.report(fields.line, f"{quoted(key)} cannot name a question.", remedy)
    return key


def _read_items(fields: Fields, names: tuple[str, ...]) -> tuple[Item, ...]:
    """The lines of a question, with the signs that they would have in a lesson."""
    items = []
    for name in names:
        if name not in fields.values and name != "wrong":
            fields.problems.report(fields.line, f"{quoted(name)} is missing.", MISSING[name])
        written = fields.values.get(name)
        if isinstance(written, Words):  # one line, maybe with commas in its text
            fields.values[name] = Items(written.line, (written,))
        items += [read_item(words, LISTS[name]) for words in fields.listed(name)]
    return tuple(items)


def _check_ids(read: list[_Question], problems: ProblemList) -> None:
    seen: dict[str, int] = {}
    for question in read:
        key, line = question.id.casefold(), question.line
        if key and key in seen:
            told = f"There are two questions {quoted(question.id)}; the other is in line {seen[key]}."
            problems.report(line, told, "Give one of them another id.")
        seen.setdefault(key, line)


def _check_misconceptions(read: list[_Question], misconceptions: dict[str, str], problems: ProblemList) -> None:
    for question in read:
        for item in question.written.items:
            if item.misconception and item.misconception not in misconceptions and not problems.is_full:
                told = f"{quoted(item.misconception)} is not among the misconceptions above."
                problems.report(item.line, told, did_you_mean(item.misconception, misconceptions))
            elif item.sign == "[ ]" and not item.misconception and question.kind != "spot":
                told = f"The answer {quoted(item.text)} names no misconception."
                problems.report(item.line, told, "Add one at its end in square brackets, such as [FM1].")


def _check_whole(read: list[_Question], line: int, problems: ProblemList) -> None:
    anchors = [question for question in read if question.is_anchor]
    if len(anchors) != ANCHORS:
        told = f"{len(anchors)} questions are anchors."
        problems.report(line, told, f'Mark exactly {ANCHORS} with "anchor: yes"; they are asked before and after.')
    for question in anchors:
        if question.is_reserve:
            told = "This question is an anchor and a reserve."
            problems.report(question.line, told, "It can only be one of them.")
    chosen = [question for question in read if question.kind == CHOOSE_ONE]
    longest = [question for question in chosen if _right_is_longest(question.written)]
    if chosen and len(longest) > len(chosen) / 2:
        told = f"The safest answer is the longest in {len(longest)} of {len(chosen)} questions."
        problems.report(line, told, "Children would see that. Shorten it, or lengthen another answer.")


def _right_is_longest(written: Written) -> bool:
    others = [len(item.text) for item in written.items if not item.is_correct]
    return bool(written.right and others) and len(written.right[0].text) > max(others)
