"""Aiken: a question, answers such as "A. Get out", and a last line such as "ANSWER: A"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.content.importers.imported import FoundAnswer, FoundQuestion, Messages, clean, tell_right

FORM = "Aiken text"

_OPTION = re.compile(r"\s*([A-Za-z])[.)]\s+(.*)")
_ANSWER = re.compile(r"\s*ANSWERS?\s*:?\s+([A-Z](?:[\s,;&]+[A-Z])*)\s*", re.IGNORECASE)
_ANSWER_LABEL = re.compile(r"\s*ANSWERS?\s*:", re.IGNORECASE)


@dataclass
class _Block:
    """The lines since the last question ended."""

    line: int = 0
    question: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)


def claims(text: str) -> bool:
    return re.search(r"^[ \t]*ANSWERS?[ \t]*:", text, re.MULTILINE) is not None and any(
        _OPTION.match(line) for line in text.split("\n")
    )


def read(text: str, messages: Messages) -> Iterator[FoundQuestion]:
    block = _Block()
    for number, line in enumerate(text.split("\n"), start=1):
        if _ANSWER_LABEL.match(line) or (block.options and _ANSWER.fullmatch(line)):
            found = _ANSWER.fullmatch(line)
            question = _finish(block, set(re.findall("[A-Z]", found[1].upper())) if found else set(), messages)
            if question:
                yield question
            block = _Block()
        elif (option := _OPTION.match(line)) and (block.question or block.options):
            block.options[option[1].upper()] = clean(option[2])
        elif line.strip():
            if block.options:  # a new question, and the one above has no line ANSWER
                _finish(block, set(), messages)
                block = _Block()
            block.line = block.line or number
            block.question.append(line)
    if block.question:
        _finish(block, set(), messages)


def _finish(block: _Block, right: set[str], messages: Messages) -> FoundQuestion | None:
    line = block.line or 1
    if not block.question:
        messages.leave_out(line, "has an answer but no question.", "Write the question above its answers.")
    elif len(block.options) < 2:
        messages.leave_out(line, "has fewer than two answers.", 'Write each in a line such as "A. Get out".')
    elif not right:
        messages.leave_out(line, "has no right answer.", 'Write a line such as "ANSWER: A" below its answers.')
    elif unknown := right - block.options.keys():
        told = f"says that {min(unknown)} is right, but no answer has that letter."
        messages.leave_out(line, told, "Name one of its answers.")
    else:
        answers = tuple(FoundAnswer(text, is_right=letter in right) for letter, text in block.options.items())
        return FoundQuestion(line, clean(" ".join(block.question)), tell_right(answers, line, messages))
    return None
