"""Estimate: a whole number on a scale, right within a range."""

from typing import ClassVar, Literal

from pydantic import model_validator

from app.domain.questions.choose_one import ChooseOne
from app.domain.questions.option import Bar, Counts, Face, Marks, Mistake, Option, Scale
from app.domain.questions.question import Form, QuestionBase, given

MOST_VALUES = 31
"""As many columns as a classroom screen has room for."""


class Estimate(QuestionBase, frozen=True):
    """Right is every number from `low` to `high`: a guess need not be exact."""

    form: ClassVar[Form] = "number"

    kind: Literal["estimate"] = "estimate"
    scale: Scale
    low: int
    high: int

    @model_validator(mode="after")
    def has_a_right_range_on_its_scale(self) -> "Estimate":
        values = self.scale.values
        if not 3 <= len(values) <= MOST_VALUES or values[-1] != self.scale.last:
            raise ValueError(f"a scale has 3 to {MOST_VALUES} even steps")
        if not 0 <= self.scale.first <= self.low <= self.high <= self.scale.last <= 9999:
            raise ValueError("the right numbers are on the scale")
        if not 1 <= sum(self.fits(str(value)) for value in values) < len(values):
            raise ValueError("one or more numbers are right, and not all")
        return self

    def marks(self, seed: str, place: str) -> dict[str, str]:
        return {}

    def choices(self, marks: Marks) -> tuple[str, ...]:
        return tuple(str(value) for value in self.scale.values)

    def face(self, marks: Marks) -> Face:
        return Face(scale=self.scale)

    def to_store(self, choice: str, marks: Marks) -> str | None:
        return choice if choice in self.choices(marks) else None

    def to_show(self, stored: str, marks: Marks) -> str:
        return stored

    def fits(self, stored: str) -> bool:
        return self.low <= int(stored) <= self.high

    def answer(self, marks: Marks) -> str:
        return f"{self.low}-{self.high}"

    def in_words(self, stored: str) -> str:
        return _with_measure(stored, self.scale)

    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        chosen = given(counts)
        return tuple(
            Bar(letter=value, text=self.in_words(value), n=chosen.get(value, 0)) for value in self.choices(marks)
        )

    def mistake(self, counts: Counts) -> Mistake | None:
        """Whether more guessed too low or too high."""
        chosen = given(counts)
        lower = sum(n for stored, n in chosen.items() if int(stored) < self.low)
        higher = sum(n for stored, n in chosen.items() if int(stored) > self.high)
        if not lower and not higher:
            return None
        if lower >= higher:
            return Mistake(n=lower, did="guessed", words=f"less than {_with_measure(self.low, self.scale)}")
        return Mistake(n=higher, did="guessed", words=f"more than {_with_measure(self.high, self.scale)}")

    def without_devices(self) -> ChooseOne:
        """The scale in two or three pieces, one of them the right range."""
        values = self.scale.values
        pieces = [
            ([value for value in values if value < self.low], False),
            ([value for value in values if self.low <= value <= self.high], True),
            ([value for value in values if value > self.high], False),
        ]
        options = tuple(
            Option(key=str(place), text=_span(piece, self.scale), is_correct=is_correct)
            for place, (piece, is_correct) in enumerate(pieces, start=1)
            if piece
        )
        return ChooseOne(key=self.key, text=self.text, options=options, explanation=self.explanation)


def _span(values: list[int], scale: Scale) -> str:
    if len(values) == 1:
        return _with_measure(values[0], scale)
    return f"{values[0]} to {_with_measure(values[-1], scale)}"


def _with_measure(value: str | int, scale: Scale) -> str:
    return f"{value} {scale.measure}".strip()
