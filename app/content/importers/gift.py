"""Moodle's GIFT: choose one and true or false; other kinds are named and left out."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.content.importers.imported import FoundAnswer, FoundQuestion, Messages, clean, tell_right

FORM = "GIFT text"

_BRACKET = re.compile(r"\\.|[{}]", re.DOTALL)  # an escaped sign is passed over
_MARK = re.compile(r"(?<!\\)([=~])")
_TITLE = re.compile(r"\s*::(.*?)(?<!\\)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"\s*%(-?\d+(?:\.\d+)?)%")
_GENERAL = re.compile(r"(?<!\\)####")
_FEEDBACK = re.compile(r"(?<!\\)#")
_BLANK = "_____"


@dataclass(frozen=True)
class _Answer:
    text: str
    is_right: bool
    feedback: str
    is_partly_right: bool = False


def claims(text: str) -> bool:
    return any(_brackets(block)[1] >= 0 for _, block in _blocks(text))


def read(text: str, messages: Messages) -> Iterator[FoundQuestion]:
    for line, block in _blocks(text):
        question = _read_block(line, block, messages)
        if question:
            yield question


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Questions are set apart by empty lines; lines starting with // or $CATEGORY: are no part of them."""
    start, lines = 0, list[str]()
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.lstrip().startswith(("//", "$CATEGORY", "$category")):
            continue
        if line.strip():
            start = start or number
            lines.append(line)
        elif lines:
            yield start, "\n".join(lines)
            start, lines = 0, []


def _brackets(block: str) -> tuple[int, int]:
    """Where the answers start and end; -1 for a bracket that is not there."""
    opened = -1
    for sign in _BRACKET.finditer(block):
        if sign[0] == "{" and opened < 0:
            opened = sign.start()
        elif sign[0] == "}" and opened >= 0:
            return opened, sign.start()
    return opened, -1


def _read_block(line: int, block: str, messages: Messages) -> FoundQuestion | None:
    block = _TITLE.sub("", block, count=1)
    opened, closed = _brackets(block)
    if closed < 0:
        if opened >= 0:
            messages.leave_out(line, "has an opening bracket { and no }.", "Write its answers between both.")
        else:
            messages.leave_out(line, "has no answers, so it is no question.", "Write them between { and }.")
        return None
    before, after = block[:opened], block[closed + 1 :]
    if as_html := (kind := _FORMAT.match(before)) is not None and kind[1].casefold() == "html":
        messages.look(line, "was written as HTML; only its words were kept.")
    question = _plain(_FORMAT.sub("", before, count=1), as_html)
    if after.strip():
        question = f"{question} {_BLANK} {_plain(after, as_html)}"
    answers, general = _split_general(block[opened + 1 : closed])
    read = _read_answers(answers, as_html)
    if isinstance(read, str):
        messages.leave_out(line, f"is {read}.", "We read choose one and true or false.")
        return None
    return _made(line, question, read, _plain(general, as_html), messages)


def _made(line: int, question: str, answers: list[_Answer], general: str, messages: Messages) -> FoundQuestion | None:
    right = [answer for answer in answers if answer.is_right] or [one for one in answers if one.is_partly_right]
    if not question:
        messages.leave_out(line, "has answers but no question.", "Write the question before {.")
    elif len(answers) < 2:
        messages.leave_out(line, "has fewer than two answers.", "Start a right one with = and a wrong one with ~.")
    elif not right:
        messages.leave_out(line, "has no right answer.", "Start it with = instead of ~.")
    else:
        offered = tuple(FoundAnswer(answer.text, answer in right) for answer in answers)
        why = general or right[0].feedback
        return FoundQuestion(line, question, tell_right(offered, line, messages), why=why)
    return None


def _split_general(answers: str) -> tuple[str, str]:
    answers, *general = _GENERAL.split(answers, maxsplit=1)
    return answers.strip(), general[0] if general else ""


def _read_answers(answers: str, as_html: bool) -> list[_Answer] | str:
    """The answers, or what kind of question this is when we have no such kind."""
    if not answers:
        return "a question for free text"
    if answers.startswith("#"):
        return "a question for a number"
    if truth := re.match(r"(T|TRUE|F|FALSE)\s*(?:#|$)", answers, re.IGNORECASE):
        return _true_or_false(answers, truth[1][0].upper() == "T", as_html)
    pieces = _MARK.split(answers)
    marked = list(zip(pieces[1::2], pieces[2::2], strict=True))
    if any(re.search(r"(?<!\\)->", text) for _, text in marked):
        return "a matching question"
    if not any(sign == "~" for sign, _ in marked):
        return "a question for free text"
    return [_answer(sign, text, as_html) for sign, text in marked]


def _answer(sign: str, text: str, as_html: bool) -> _Answer:
    weight = _WEIGHT.match(text)
    text, *feedback = _FEEDBACK.split(text[weight.end() :] if weight else text, maxsplit=1)
    per_cent = float(weight[1]) if weight else 100 if sign == "=" else 0
    return _Answer(
        text=_plain(_FORMAT.sub("", text, count=1), as_html),
        is_right=per_cent >= 100,
        feedback=_plain("".join(feedback), as_html),
        is_partly_right=per_cent > 0,
    )


def _true_or_false(answers: str, is_true: bool, as_html: bool) -> list[_Answer]:
    """{T#said to those who are wrong#said to those who are right}"""
    feedback = [_plain(text, as_html) for text in _FEEDBACK.split(answers)[1:3]]
    said = feedback[1] if len(feedback) == 2 else ""
    return [_Answer(text, (text == "True") == is_true, said) for text in ("True", "False")]


def _plain(text: str, as_html: bool) -> str:
    """Takes the escapes off, and tags and entities where the file says that it is HTML."""
    if as_html:
        text = html.unescape(re.sub(r"<[^<>]*>", " ", text))
    return clean(re.sub(r"\\n", " ", re.sub(r"\\([~=#{}:\\])", r"\1", text)))
