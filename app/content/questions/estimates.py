"""Estimates: a scale with even steps, and the numbers on it that are right."""

import re

from app.content.fields import Words
from app.content.problems import quoted
from app.content.questions.written import Written, check_talk, read_number, read_shared
from app.content.wording import check_length
from app.domain.questions.estimate import MOST_VALUES
from app.domain.questions.option import Scale
from app.domain.quiz import Estimate

SETTINGS = ("from", "to", "step", "unit", "right")
LONGEST_MEASURE = 12
RANGE = 'Write "right: 10 to 15", or one number.'


def read_estimate(written: Written) -> Estimate | None:
    shared = read_shared(written, is_marked=True)
    scale, right = _read_scale(written), _read_right(written)
    if scale is None or right is None:
        return None
    low, high = right
    numbers = [value for value in scale.values if low <= value <= high]
    if not scale.first <= low <= high <= scale.last or not numbers:
        told = f"The right numbers are not on the scale from {scale.first} to {scale.last}."
        written.problems.report(written.line, told, RANGE)
    elif len(numbers) == len(scale.values):
        written.problems.report(written.line, "Every number on the scale is right.", "Make the range smaller.")
    check_talk(written, [str(number) for number in numbers])
    return None if not written.is_good else Estimate(**shared, scale=scale, low=low, high=high)


def _read_scale(written: Written) -> Scale | None:
    fields, problems = written.fields, written.problems
    first = read_number(fields.words("from", needed='Write the smallest number: "from: 5".'), problems)
    last = read_number(fields.words("to", needed='Write the largest number: "to: 30".'), problems)
    step = read_number(fields.words("step") or Words(written.line, "1"), problems)
    measure = fields.words("unit")
    if measure:
        check_length(measure, LONGEST_MEASURE, "A unit", problems)
    if first is None or last is None or step is None:
        return None
    if last <= first or step < 1 or (last - first) % step:
        told = f"There are no even steps of {step} from {first} to {last}."
        problems.report(
            written.line, told, "Change from, to or step, so that the steps end exactly at the last number."
        )
        return None
    scale = Scale(first=first, last=last, step=step, measure=measure.text if measure else "")
    if not 3 <= len(scale.values) <= MOST_VALUES:
        told = f"This scale has {len(scale.values)} numbers."
        problems.report(written.line, told, f"Have 3 to {MOST_VALUES}: use a larger step.")
        return None
    return scale


def _read_right(written: Written) -> tuple[int, int] | None:
    right = written.fields.words("right", needed=RANGE)
    if right is None:
        return None
    found = re.fullmatch(r"(\d{1,4})(?: *(?:to|-|–) *(\d{1,4}))?", right.text, re.IGNORECASE)
    if not found:
        written.problems.report(right.line, f"{quoted(right.text)} is not a range of numbers.", RANGE)
        return None
    return int(found[1]), int(found[2] or found[1])
