"""What is the same for questions of which several answers are right."""

from collections.abc import Iterable
from typing import ClassVar

from app.domain.questions.option import Bar, Counts, Face, Marks, Mistake, Option, bars, thought, tiles
from app.domain.questions.question import Form, QuestionBase, given


class SomeTiles(QuestionBase, frozen=True):
    """Stored are the keys of all tapped options in the file's order, sent are their letters in order of letters.

    Right is whoever has tapped every right option and no other.
    """

    form: ClassVar[Form] = "some"

    options: tuple[Option, ...]

    def face(self, marks: Marks) -> Face:
        return Face(options=tiles(self.options, marks))

    def to_store(self, choice: str, marks: Marks) -> str | None:
        letters = set(choice)
        if not choice or choice != "".join(sorted(letters)) or not letters <= marks.keys():
            return None
        return _joined(marks[letter] for letter in letters)

    def to_show(self, stored: str, marks: Marks) -> str:
        keys = stored.split(",")
        return "".join(letter for letter, key in marks.items() if key in keys)

    @property
    def right(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.is_correct)

    def fits(self, stored: str) -> bool:
        return stored == _joined(option.key for option in self.right)

    def answer(self, marks: Marks) -> str:
        return self.to_show(_joined(option.key for option in self.right), marks)

    def in_words(self, stored: str) -> str:
        keys = stored.split(",")
        return "; ".join(option.text for option in self.options if option.key in keys)

    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        return bars(self.options, marks, taps(counts))

    def mistake(self, counts: Counts) -> Mistake | None:
        return thought(self.options, taps(counts))

    def without_devices(self) -> None:
        return None


def taps(counts: Counts) -> dict[str, int]:
    """How many tapped each option, whatever else they tapped."""
    found: dict[str, int] = {}
    for stored, n in given(counts).items():
        for key in stored.split(","):
            found[key] = found.get(key, 0) + n
    return found


def _joined(keys: Iterable[str]) -> str:
    return ",".join(sorted(keys))
