"""What a teacher says of a lesson: three taps, and one line if there is something to say."""

from pydantic import BaseModel

from app.domain.errors import Invalid
from app.domain.programme import one_line

LONGEST_LINE = 200
SCALE = (1, 2, 3, 4, 5)
ASKED = (
    ("useful", "It was useful for my class"),
    ("age_right", "It was right for their age"),
    ("would_rebook", "I would book it again"),
)
ENDS = ("not at all", "very much")


class Feedback(BaseModel, frozen=True):
    useful: int
    age_right: int
    would_rebook: int
    line: str = ""
    may_be_quoted: bool = False


def read_feedback(useful: str, age_right: str, would_rebook: str, line: str, *, may_be_quoted: bool) -> Feedback:
    """Raises Invalid until all three are tapped. Nothing is quoted that was not said."""
    said = one_line(line, LONGEST_LINE)
    return Feedback(
        useful=_tap(useful),
        age_right=_tap(age_right),
        would_rebook=_tap(would_rebook),
        line=said,
        may_be_quoted=may_be_quoted and bool(said),
    )


def _tap(typed: str) -> int:
    if typed not in {str(place) for place in SCALE}:
        raise Invalid("Please tap one number in each of the three lines.")
    return int(typed)
