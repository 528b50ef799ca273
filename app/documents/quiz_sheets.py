"""A quiz as a spreadsheet: ours, which holds all of it, and Kahoot's, so that nobody is locked in."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from app.content.importers.spreadsheet import EXAMPLES, HEADINGS, MISCONCEPTIONS
from app.documents.plain_csv import plain_csv
from app.domain.quiz import (
    LONGEST_EXPLANATION,
    LONGEST_OPTION,
    LONGEST_QUESTION,
    ChooseAll,
    ChooseOne,
    Option,
    Quiz,
    TrueOrFalse,
)

Rows = Sequence[Sequence[str]]

NO_TIME = datetime(1980, 1, 1)  # the same quiz gives the same bytes
IN_OURS = (ChooseOne, TrueOrFalse, ChooseAll)
KAHOOT_SECONDS = "60"  # it asks for one; 20, its own usual time, is short for a ten-year-old
KAHOOT_HEADINGS = (
    "",
    "Question - max 120 characters",
    "Answer 1 - max 75 characters",
    "Answer 2 - max 75 characters",
    "Answer 3 - max 75 characters",
    "Answer 4 - max 75 characters",
    "Time limit (sec) - 5, 10, 20, 30, 60, 90, 120, or 240",
    "Correct answer(s) - choose at least one",
)
WIDTHS = {"key": 8, "question": 50, "why": 50, "talk": 40, "facts": 12, "anchor": 12, "reserve": 12, "sure": 12}
LONGEST = {"question": LONGEST_QUESTION, "why": LONGEST_EXPLANATION, "talk": LONGEST_EXPLANATION}
READ_ME = (
    "Questions for Safety in Action",
    "",
    'Write one question in each row of the sheet "Questions". Then choose this file under Import.',
    "You see everything before it is kept. A row that cannot be read is named; all others come in.",
    "",
    "Question: up to 110 characters. Right and wrong answers: up to 60 each, two to four in all.",
    "Devices mix the order of the answers, so the right one may always come first here.",
    "Why: up to 160 characters. Everybody sees it after the question, whatever they chose.",
    "To talk about: something to say to a partner first. It must not give the answer away.",
    "Facts: the facts behind the question, by their names in the lesson, such as FIR-04.",
    "Before and after: yes for the five questions that are asked before and after the lesson.",
    "For later: yes for a question that is kept back for 6 to 12 weeks later.",
    "Right answer 2 and 3: only where several answers are right, and pupils choose all of them.",
    "How sure: yes where pupils may also say how sure they are.",
    "Name: short, such as F1. Leave it empty and one is given.",
    "",
    "A code in square brackets after a wrong answer, such as [FM1], says what a child who picks it may believe.",
    'What each code means stands in the sheet "Misconceptions". Both may be left empty.',
    "",
    "Only Question, Right answer and Wrong answer 1 are needed. Columns may be moved or taken out.",
    "The two example rows are left out by themselves.",
)


def quiz_xlsx(quiz: Quiz) -> bytes:
    return _own_book(list(_own_rows(quiz)), list(quiz.misconceptions.items()))


def quiz_csv(quiz: Quiz) -> bytes:
    return plain_csv([tuple(HEADINGS.values()), *_own_rows(quiz)])


def template_xlsx() -> bytes:
    """What an author downloads to fill in."""
    return _own_book([[row.get(role, "") for role in HEADINGS] for row in EXAMPLES], [("FM1", "Hide and wait")])


def kahoot_xlsx(quiz: Quiz) -> bytes:
    return _book({"Quiz": _kahoot_rows(quiz)}, widths=[5, 50, 25, 25, 25, 25, 12, 12])


def kahoot_csv(quiz: Quiz) -> bytes:
    return plain_csv(_kahoot_rows(quiz))


def left_out(quiz: Quiz) -> tuple[str, ...]:
    """The names of questions that our spreadsheet cannot hold; a lesson package holds all."""
    return tuple(question.key for question in quiz.questions if not isinstance(question, IN_OURS))


def _own_rows(quiz: Quiz) -> Iterator[list[str]]:
    for question in quiz.questions:
        match question:
            case ChooseOne() | TrueOrFalse() | ChooseAll():
                yield _own_row(question)


def _own_row(question: ChooseOne | TrueOrFalse | ChooseAll) -> list[str]:
    right = [_with_code(option) for option in question.options if option.is_correct]
    wrong = [_with_code(option) for option in question.options if not option.is_correct]
    cells = {
        "key": question.key,
        "question": question.text,
        "right": right[0],
        **{f"right {place}": text for place, text in enumerate(right[1:], start=2)},
        **{f"wrong {place}": text for place, text in enumerate(wrong, start=1)},
        "why": question.explanation,
        "talk": question.talk,
        "facts": ", ".join(question.fact_ids),
        "anchor": "yes" if isinstance(question, ChooseOne) and question.is_anchor else "",
        "reserve": "yes" if question.is_reserve else "",
        "sure": "yes" if question.asks_sure else "",
    }
    return [cells.get(role, "") for role in HEADINGS]


def _with_code(option: Option) -> str:
    return f"{option.text} [{option.misconception}]" if option.misconception else option.text


def _kahoot_rows(quiz: Quiz) -> list[list[str]]:
    """The right answer is mixed in among the others: in our files it always comes first.

    Other kinds leave as what a class without devices is asked; what is only talked through there stays away.
    """
    rows = [list(KAHOOT_HEADINGS)]
    for question in quiz.questions:
        asked = question if isinstance(question, ChooseAll) else question.without_devices()
        if asked is None:
            continue
        marks = asked.marks(quiz.key, question.key)
        options = {option.key: option for option in asked.options}
        shown = [options[key] for key in marks.values()]
        texts = [option.text for option in shown] + [""] * (4 - len(shown))
        right = ",".join(str(place) for place, option in enumerate(shown, start=1) if option.is_correct)
        rows.append([str(len(rows)), asked.text, *texts, KAHOOT_SECONDS, right])
    return rows


def _own_book(questions: Rows, misconceptions: Iterable[tuple[str, str]]) -> bytes:
    sheets: dict[str, Rows] = {
        "Read me": [[line] for line in READ_ME],
        "Questions": [list(HEADINGS.values()), *questions],
        "Misconceptions": [MISCONCEPTIONS, *misconceptions],
    }
    return _book(sheets, widths=[WIDTHS.get(role, 28) for role in HEADINGS], is_own=True)


def _book(sheets: dict[str, Rows], *, widths: Sequence[int], is_own: bool = False) -> bytes:
    """Every cell is written as text, whatever it starts with: a spreadsheet runs none of it."""
    import xlsxwriter  # when somebody exports: a server must start fast

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": NO_TIME})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, text in enumerate(cells):
                    sheet.write_string(row, column, text, plain if row else heading)
            if name == "Read me":
                sheet.set_column(0, 0, 100)
                continue
            for column, width in enumerate(widths if name != "Misconceptions" else (10, 50)):
                sheet.set_column(column, column, width, plain)
            sheet.freeze_panes(1, 0)
            if is_own and name == "Questions":
                _warn_of_length(sheet)
                sheet.activate()
    return content.getvalue()


def _warn_of_length(sheet: Any) -> None:
    """The spreadsheet program itself says when a text is too long; it lets its author go on."""
    for column, role in enumerate(HEADINGS):
        longest = LONGEST.get(role, LONGEST_OPTION + len(" [FM12]") if role.startswith(("right", "wrong")) else 0)
        if longest:
            rule = {
                "validate": "length",
                "criteria": "<=",
                "value": longest,
                "error_type": "warning",
                "error_title": "Too long for the screen",
                "error_message": f"At most {longest} characters fit.",
            }
            sheet.data_validation(1, column, 500, column, rule)
