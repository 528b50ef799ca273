"""Checking again: a class is asked the key questions of its lessons once more, six to twelve weeks later."""

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import BaseModel

from app.domain.errors import Invalid, NotAllowed
from app.domain.lesson import Asking, Lesson
from app.domain.school_days import FIRST_RECHECK, LAST_RECHECK, Holiday, recheck_day

MINUTES_A_QUESTION = 0.5
KIND = "recheck"


class Due(BaseModel, frozen=True):
    """One lesson that a class had, in the version that it saw, and when it is asked about again."""

    version_id: int
    lesson: Lesson
    taught_on: date
    due_on: date
    """A school day, as the teacher's calendar entry has it."""
    asked_again_on: date | None = None

    @property
    def first_on(self) -> date:
        return self.taught_on + timedelta(weeks=FIRST_RECHECK)

    @property
    def last_on(self) -> date:
        return self.taught_on + timedelta(weeks=LAST_RECHECK)

    def is_open(self, today: date) -> bool:
        return self.asked_again_on is None and self.first_on <= today <= self.last_on

    def is_to_come(self, today: date) -> bool:
        return self.asked_again_on is None and today < self.first_on

    @property
    def questions(self) -> int:
        return len(asked_again(self.lesson))


def due(version_id: int, lesson: Lesson, taught_on: date, holidays: Sequence[Holiday], again: date | None) -> Due:
    return Due(
        version_id=version_id,
        lesson=lesson,
        taught_on=taught_on,
        due_on=recheck_day(taught_on, holidays),
        asked_again_on=again,
    )


def asked_again(lesson: Lesson) -> dict[str, str]:
    """Question key -> its step: as in the quiz, with the answer shown once all have answered."""
    return {
        step.question.key: step.key
        for step in lesson.steps
        if isinstance(step, Asking) and step.is_anchor and step.purpose == "quiz"
    }


def left_out(lesson: Lesson) -> tuple[str, ...]:
    """All steps but the quiz's first slide and its key questions."""
    kept = {"quiz", *asked_again(lesson).values()}
    return tuple(step.key for step in lesson.steps if step.key not in kept)


def chosen(offered: Sequence[Due], wanted: Sequence[int], today: date) -> list[Due]:
    """Those of the lessons that were ticked. Raises Invalid for none, NotAllowed for what is not due."""
    found = [one for one in offered if one.version_id in wanted]
    if not found:
        raise Invalid("Choose at least one lesson to check again.")
    for one in found:
        if one.asked_again_on:
            raise NotAllowed(f"Your class was asked about “{one.lesson.title}” again on {_said(one.asked_again_on)}.")
        if one.is_to_come(today):
            raise NotAllowed(f"“{one.lesson.title}” can be checked again from {_said(one.first_on)}, not before.")
        if not one.is_open(today):
            raise NotAllowed(
                f"“{one.lesson.title}” could be checked again until {_said(one.last_on)}. That time is over."
            )
    return found


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
