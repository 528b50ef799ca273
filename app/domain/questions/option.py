"""What children choose from, the letters under which it is shown, and how often it was chosen."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel

LETTERS = "ABCD"
"""Of the four tiles."""
THING_LETTERS = "ABCDEFGH"
"""Of what is no tile: things to put in order, to match or to spot."""
Shape = Literal["triangle", "circle", "square", "diamond"]
SHAPES: tuple[Shape, ...] = ("triangle", "circle", "square", "diamond")

Marks = Mapping[str, str]
"""What stands on a screen (a letter; in a match also a number) -> the key of what it stands for."""
Counts = Mapping[str, int]
"""Stored choice -> how many chose it."""


class Option(BaseModel, frozen=True):
    """One offered choice. Its key is for the store and never leaves the server."""

    key: str
    text: str
    is_correct: bool = False
    misconception: str | None = None


class ShownOption(BaseModel, frozen=True):
    letter: str
    text: str
    shape: Shape | Literal[""] = ""


class ShownArea(BaseModel, frozen=True):
    """A part of a picture that can be tapped, in the picture's own measure."""

    letter: str
    x: float
    y: float
    width: float
    height: float


class Scale(BaseModel, frozen=True):
    """The whole numbers from which an estimate is chosen."""

    first: int
    last: int
    step: int = 1
    measure: str = ""
    """What they count: °C, m, car lengths."""

    @property
    def values(self) -> range:
        return range(self.first, self.last + 1, self.step)


class Face(BaseModel, frozen=True):
    """What children see of a question below its words. No member here knows what is right."""

    options: tuple[ShownOption, ...] = ()
    partners: tuple[ShownOption, ...] = ()
    scale: Scale | None = None
    areas: tuple[ShownArea, ...] = ()
    frame: tuple[float, float] = (0, 0)
    """Width and height of the picture with the areas, in its own measure."""


class Bar(BaseModel, frozen=True):
    """How many chose (or placed, or found) one thing."""

    letter: str
    text: str
    n: int
    shape: Shape | Literal[""] = ""


class Mistake(BaseModel, frozen=True):
    """What most of those who were not right did: so many *thought* something, or *missed* it."""

    n: int
    did: str
    words: str
    misconception: str | None = None


class Keyed(Protocol):
    """Whatever has a key in the store and words on the screen."""

    @property
    def key(self) -> str: ...

    @property
    def text(self) -> str: ...


Thing = TypeVar("Thing", bound=Keyed)


def mixed(things: Iterable[Thing], seed: str, place: str) -> tuple[Thing, ...]:
    """Things in an order drawn by the stored seed.

    The key of the shuffle is a thing's text, never its place in the file: there the safest answer comes first, and
    the order would tell (architecture, ruling 5).
    """
    return tuple(sorted(things, key=lambda thing: ticket(seed, place, thing.text)))


def ticket(seed: str, place: str, text: str) -> bytes:
    return hashlib.sha256(f"{seed}|{place}|{text}".encode()).digest()


def tiles(options: Iterable[Option], marks: Marks) -> tuple[ShownOption, ...]:
    """Options under their letters and shapes, in the order shown."""
    texts = {option.key: option.text for option in options}
    return tuple(
        ShownOption(letter=letter, shape=shape, text=texts[key])
        for shape, (letter, key) in zip(SHAPES, marks.items(), strict=False)
    )


def lettered(things: Iterable[Keyed], marks: Marks) -> tuple[ShownOption, ...]:
    """Things under their letters or numbers, without the shape of a tile, in the order shown."""
    texts = {thing.key: thing.text for thing in things}
    return tuple(ShownOption(letter=letter, text=texts[key]) for letter, key in marks.items())


def bars(options: Iterable[Option], marks: Marks, chosen: Counts) -> tuple[Bar, ...]:
    """How many chose each option, in the order shown."""
    return tuple(
        Bar(letter=tile.letter, shape=tile.shape, text=tile.text, n=chosen.get(marks[tile.letter], 0))
        for tile in tiles(options, marks)
    )


def most_chosen_wrong(options: Iterable[Option], chosen: Counts) -> Option | None:
    """The wrong option that most children chose; None when nobody chose a wrong one.

    Of two chosen equally often the first in the file stands, so that a report never changes on reload.
    """
    wrong = [option for option in options if not option.is_correct and chosen.get(option.key, 0)]
    return max(wrong, key=lambda option: chosen[option.key]) if wrong else None


def thought(options: Iterable[Option], chosen: Counts) -> Mistake | None:
    """The same as a mistake to talk about."""
    wrong = most_chosen_wrong(options, chosen)
    if wrong is None:
        return None
    return Mistake(n=chosen[wrong.key], did="thought", words=wrong.text, misconception=wrong.misconception)
