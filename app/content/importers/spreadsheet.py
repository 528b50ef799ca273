"""Our own spreadsheet: the right answer in one column, the wrong ones in others, and all else a quiz file holds."""

import re
from collections.abc import Iterable, Iterator

from app.content.importers.columns import Columns
from app.content.importers.imported import FoundQuestion, Messages, read_answer, tell_right
from app.content.importers.tables import Row, Sheet

FORM = "spreadsheet"
HEADINGS = {
    "key": "Name",
    "question": "Question",
    "right": "Right answer",
    "wrong 1": "Wrong answer 1",
    "wrong 2": "Wrong answer 2",
    "wrong 3": "Wrong answer 3",
    "right 2": "Right answer 2",
    "right 3": "Right answer 3",
    "why": "Why",
    "talk": "To talk about",
    "facts": "Facts",
    "anchor": "Before and after",
    "reserve": "For later",
    "sure": "How sure",
}
"""What the template and the export have, in order; read by name, so that columns may be moved or missing."""
MISCONCEPTIONS = ("Code", "Misconception")
EXAMPLES = (
    {
        "key": "F1",
        "question": "Example: the smoke alarm sounds at night. What do you do first?",
        "right": "Shout to wake everyone and get out",
        "wrong 1": "Hide under the bed and wait for help [FM1]",
        "wrong 2": "Go and look for the fire",
        "wrong 3": "Pack your bag, then get out",
        "why": "Every second counts. Shout, follow your plan and get out.",
        "talk": "Who would you wake first at home?",
        "facts": "FIR-04",
        "anchor": "yes",
    },
    {
        "key": "F2",
        "question": "Example: how often should somebody test a smoke alarm?",
        "right": "Once a week",
        "wrong 1": "Once a year",
        "why": "Ask an adult to press the button each week.",
    },
)
"""The first rows of the template; whoever leaves them in does not mean them."""


def claims(columns: Columns) -> bool:
    return "right" in columns.places


def read(columns: Columns, messages: Messages) -> Iterator[FoundQuestion]:
    examples = {example["question"] for example in EXAMPLES}
    for row in columns.filled():
        if columns.text(row, "question") in examples:
            continue
        question = _read_row(columns, row, messages)
        if question:
            yield question


def read_misconceptions(sheets: Iterable[Sheet]) -> dict[str, str]:
    """The sheet that says in a few words what each code such as FM1 means, if there is one."""
    for sheet in sheets:
        for place, heading in enumerate(sheet.rows):
            if tuple(cell.casefold() for cell in heading.cells[:2]) == tuple(map(str.casefold, MISCONCEPTIONS)):
                pairs = (row.cells[:2] for row in sheet.rows[place + 1 :] if len(row.cells) > 1)
                return {code.upper(): words for code, words in pairs if code and words}
    return {}


def _read_row(columns: Columns, row: Row, messages: Messages) -> FoundQuestion | None:
    question, right = columns.text(row, "question"), columns.text(row, "right")
    wrong = [text for _, text in columns.numbered(row, "wrong") if text]
    if not question:
        messages.leave_out(row.number, "has no question.", f'Write it below "{columns.named("question")}".')
    elif not right:
        messages.leave_out(row.number, "has no right answer.", f'Write it below "{columns.named("right")}".')
    elif not wrong:
        messages.leave_out(row.number, "has no wrong answer.", "Write one to three.")
    else:
        also_right = [text for _, text in columns.numbered(row, "right") if text]
        answers = (
            *(read_answer(text, is_right=True) for text in (right, *also_right)),
            *(read_answer(text) for text in wrong),
        )
        return FoundQuestion(
            place=row.number,
            text=question,
            answers=tell_right(answers, row.number, messages),
            why=columns.text(row, "why"),
            talk=columns.text(row, "talk"),
            key=_read_key(columns, row, messages),
            is_anchor=_is_yes(columns, row, "anchor", messages),
            is_reserve=_is_yes(columns, row, "reserve", messages),
            asks_sure=_is_yes(columns, row, "sure", messages),
            facts=tuple(re.findall(r"[^\s,;]+", columns.text(row, "facts"))),
        )
    return None


def _read_key(columns: Columns, row: Row, messages: Messages) -> str:
    key = columns.text(row, "key")
    if key and not re.fullmatch(r"[A-Za-z0-9]{1,12}", key):
        messages.look(
            row.number, f'has the name "{key[:20]}".', "It gets another one: letters and numbers, up to 12."
        )
        return ""
    return key


def _is_yes(columns: Columns, row: Row, role: str, messages: Messages) -> bool:
    text = columns.text(row, role).casefold()
    if text not in ("", "yes", "no", "y", "n", "true", "false", "x"):
        remedy = "It was read as no. Write yes, or nothing."
        messages.look(row.number, f'has "{text[:20]}" below "{columns.named(role)}".', remedy)
    return text in ("yes", "y", "true", "x")
