"""Kahoot's spreadsheet: numbered answers, and a column that says which of them are right."""

import re
from collections.abc import Iterator

from app.content.importers.columns import Columns
from app.content.importers.imported import FoundQuestion, Messages, read_answer, tell_right
from app.content.importers.tables import Row
from app.content.wording import same_words

FORM = "Kahoot spreadsheet"
JOINING_WORDS = {"and", "or", "answer", "answers", "option", "options"}


def claims(columns: Columns) -> bool:
    return "answer 1" in columns.places


def read(columns: Columns, messages: Messages) -> Iterator[FoundQuestion]:
    has_time = False
    for row in columns.filled():
        has_time = has_time or bool(columns.text(row, "time"))
        question = _read_row(columns, row, messages)
        if question:
            yield question
    if has_time:
        messages.note("Time limits were left out: here everybody has the time they need.")


def _read_row(columns: Columns, row: Row, messages: Messages) -> FoundQuestion | None:
    question = columns.text(row, "question")
    offered = {number: text for number, text in columns.numbered(row, "answer") if text}
    if not question:
        messages.leave_out(
            row.number, "has answers but no question.", f'Write it below "{columns.named("question")}".'
        )
        return None
    if len(offered) < 2:
        told = "has only one answer." if offered else "has no answers."
        messages.leave_out(row.number, told, "Write two to four.")
        return None
    right = _right_numbers(columns.text(row, "right"), offered)
    if not right:
        _tell_nothing_right(columns, row, messages)
        return None
    if empty := right - offered.keys():
        remedy = "Write that answer, or name another one as right."
        messages.leave_out(row.number, f"says that answer {min(empty)} is right, but there is none.", remedy)
        return None
    answers = tuple(read_answer(text, is_right=number in right) for number, text in offered.items())
    return FoundQuestion(
        place=row.number,
        text=question,
        answers=tell_right(answers, row.number, messages),
        why=columns.text(row, "why"),
        talk=columns.text(row, "talk"),
    )


def _tell_nothing_right(columns: Columns, row: Row, messages: Messages) -> None:
    last = max(columns.places.values()) == columns.places.get("right")
    place = "in the last column" if last else f'below "{columns.named("right")}"'
    written = columns.text(row, "right")
    told = f'has "{written[:20]}" as its right answer, and there is no such answer.' if written else ""
    messages.leave_out(row.number, told or "has no right answer.", f"Write 1, 2, 3 or 4 {place}.")


def _right_numbers(text: str, offered: dict[int, str]) -> set[int]:
    """ "2", "1,3", "13", "1.3" (what a spreadsheet makes of 1,3), "B", or the answer's own words."""
    words = [word for word in re.split(r"[^0-9a-z]+", text.casefold()) if word and word not in JOINING_WORDS]
    if re.fullmatch(r"[1-8]", "".join(words)):
        return {int(words[0])}
    by_words = {number for number, answer in offered.items() if text and same_words(answer) == same_words(text)}
    if by_words:
        return by_words
    if words and all(re.fullmatch(r"[1-8]+", word) for word in words):
        return {int(digit) for word in words for digit in word}
    if words and all(re.fullmatch(r"[a-h]", word) for word in words):
        return {ord(word) - ord("a") + 1 for word in words}
    return set()
