"""Spot: dangers in a picture, among things that do no harm."""

from typing import ClassVar, Literal

from pydantic import model_validator

from app.domain.picture import Picture
from app.domain.questions.option import (
    THING_LETTERS,
    Bar,
    Counts,
    Face,
    Marks,
    Mistake,
    Option,
    ShownArea,
    lettered,
    mixed,
)
from app.domain.questions.question import Form, given
from app.domain.questions.some_tiles import SomeTiles, taps

SMALLEST = 7.0
"""Per cent of the picture: less is no target for a finger."""


class Area(Option, frozen=True):
    """A thing in a picture, in per cent of its width and height. Its danger is `is_correct`: it is to be found."""

    x: float
    y: float
    width: float
    height: float

    @property
    def is_inside(self) -> bool:
        return min(self.x, self.y) >= 0 and max(self.x + self.width, self.y + self.height) <= 100

    def covers(self, other: "Area") -> bool:
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return across > 0 and down > 0


class Spot(SomeTiles, frozen=True):
    """Right is whoever has found every danger and tapped nothing that does no harm.

    The same things stand in a list, for whoever cannot or will not tap in a picture.
    """

    form: ClassVar[Form] = "areas"

    kind: Literal["spot"] = "spot"
    options: tuple[Area, ...]
    picture: Picture
    frame: tuple[float, float]
    """Width and height of the picture, in its own measure: they keep the areas in their places."""

    @model_validator(mode="after")
    def has_dangers_and_harmless_things(self) -> "Spot":
        if not 3 <= len(self.options) <= len(THING_LETTERS):
            raise ValueError(f"three to {len(THING_LETTERS)} things can be tapped")
        if not 1 <= len(self.right) < len(self.options):
            raise ValueError("one or more things are dangers, and one or more is not")
        return self

    def marks(self, seed: str, place: str) -> dict[str, str]:
        return dict(zip(THING_LETTERS, (area.key for area in mixed(self.options, seed, place)), strict=False))

    def face(self, marks: Marks) -> Face:
        letters = {key: letter for letter, key in marks.items()}
        areas = sorted((self._shown(area, letters[area.key]) for area in self.options), key=lambda area: area.letter)
        return Face(options=lettered(self.options, marks), areas=tuple(areas), frame=self.frame)

    def _shown(self, area: Area, letter: str) -> ShownArea:
        across, down = (length / 100 for length in self.frame)
        return ShownArea(
            letter=letter,
            x=round(area.x * across, 1),
            y=round(area.y * down, 1),
            width=round(area.width * across, 1),
            height=round(area.height * down, 1),
        )

    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        found = taps(counts)
        return tuple(
            Bar(letter=shown.letter, text=shown.text, n=found.get(marks[shown.letter], 0))
            for shown in lettered(self.options, marks)
        )

    def mistake(self, counts: Counts) -> Mistake | None:
        """The danger that most overlooked."""
        found, tries = taps(counts), sum(given(counts).values())
        least = min(self.right, key=lambda area: found.get(area.key, 0))
        missed = tries - found.get(least.key, 0)
        return Mistake(n=missed, did="missed", words=least.text) if missed else None
