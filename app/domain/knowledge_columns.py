"""What a table says of knowledge: the same columns wherever knowledge stands."""

from app.domain.disclosure import ALONE, WHY
from app.domain.impact import Knowledge
from app.domain.labelled import Column, Value

ABOVE_CEILING = "Above 85% before: hardly room for a gain"
KNOWLEDGE = (
    Column("matched", "Pupils matched", "number"),
    Column("answers", "Answers each time", "number"),
    Column("before", "Right before", "number"),
    Column("after", "Right after", "number"),
    Column("before_share", "Before %", "percent"),
    Column("after_share", "After %", "percent"),
    Column("points", "Gain, points", "points"),
    Column("low", "95% from", "points"),
    Column("high", "95% to", "points"),
    Column("over", "95% over"),
    Column("gain", "Gain g", "gain"),
    Column("note", "Note"),
)


def knowledge_of(one: Knowledge) -> tuple[Value, ...]:
    """One row's values under `KNOWLEDGE`."""
    return (
        one.n,
        one.answers,
        one.before,
        one.after,
        one.before_share,
        one.after_share,
        one.points,
        one.low,
        one.high,
        one.interval_over if one.low is not None else "",
        one.gain,
        ABOVE_CEILING if one.at_ceiling else WHY[one.mark],
    )


def both_times(what: str) -> tuple[Column, ...]:
    return (
        Column("before", f"{what} before", "number"),
        Column("before_of", "Answered before", "number"),
        Column("after", f"{what} after", "number"),
        Column("after_of", "Answered after", "number"),
        Column("before_share", "Before %", "percent"),
        Column("after_share", "After %", "percent"),
        Column("note", "Note"),
    )


def kept_back(one: Knowledge) -> Knowledge:
    """Of a class whose single questions are not given out."""
    return Knowledge(mark="beside" if one.mark in ALONE else one.mark, n=one.n)
