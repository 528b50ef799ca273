"""The tables for an analyst: every asking of every run, and what each asking offered."""

from app.domain.asking_line import CHOICES, AskingLine
from app.domain.impact import Report
from app.domain.labelled import Column, Table, Value, day_of

NUMBERS = range(1, CHOICES + 1)


def askings(report: Report) -> Table:
    columns = (
        Column("date", "Date", "day"),
        Column("school", "School"),
        Column("class", "Class"),
        Column("topic", "Topic"),
        Column("lesson", "Lesson"),
        Column("version", "Version", "number"),
        Column("when", "Asked"),
        Column("asking", "Asking"),
        Column("text", "In words"),
        Column("round", "Round", "number"),
        Column("mode", "Answered by"),
        Column("joined", "Could answer", "number"),
        Column("answered", "Answered", "number"),
        *(Column(f"choice_{number}", f"Choice {number}", "number") for number in NUMBERS),
        Column("not_sure", "I’m not sure", "number"),
        Column("right", "Right", "number"),
        Column("matched", "Pupils matched", "number"),
        Column("matched_right", "Right, of matched", "number"),
        Column("note", "Note"),
        Column("run", "Run", "number"),
        Column("record", "Record", "number"),
    )
    explains = "One row for each question that a class was asked in a run, with how often each choice was made."
    if left_out := report.askings.lessons_left_out:
        explains += (
            f" Of the {left_out} oldest lessons there are none, for they are too many: choose a term or a topic."
        )
    return Table("askings", "Askings", columns, tuple(_asking(line) for line in report.askings.lines), explains)


def _asking(line: AskingLine) -> tuple[Value, ...]:
    return (
        day_of(line.taught_at),
        line.school,
        line.class_label,
        line.topic_name,
        line.lesson,
        line.version,
        line.when,
        line.key,
        line.text,
        line.round,
        "Hands up" if line.by_hands else "Devices and cards",
        line.joined,
        line.answered,
        *_padded(line.chosen),
        line.not_sure,
        line.right,
        line.matched,
        line.matched_right,
        line.why,
        line.run_id,
        line.record_id,
    )


def choices(report: Report) -> Table:
    columns = (
        Column("lesson", "Lesson"),
        Column("version", "Version", "number"),
        Column("asking", "Asking"),
        Column("when", "Asked"),
        Column("text", "In words"),
        Column("key_question", "Key question"),
        *(Column(f"choice_{number}", f"Choice {number}") for number in NUMBERS),
        Column("right", "Right answer"),
    )
    rows = (
        (
            line.lesson,
            line.version,
            line.key,
            line.when,
            line.text,
            "Yes" if line.is_key_question else "No",
            *_padded(line.choices),
            line.right,
        )
        for line in report.askings.choices
    )
    return Table("choices", "What was offered", columns, tuple(rows), "The choices that are counted under Askings.")


def _padded(each: tuple[Value, ...]) -> tuple[Value, ...]:
    return (*each, *(None,) * (CHOICES - len(each)))
