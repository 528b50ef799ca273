"""Match: two to four things, each with the words that go with it."""

from typing import ClassVar, Literal

from pydantic import BaseModel, model_validator

from app.domain.questions.choose_one import ChooseOne
from app.domain.questions.option import LETTERS, Bar, Counts, Face, Marks, Mistake, Option, lettered, mixed
from app.domain.questions.question import Form, QuestionBase, given

NUMBERS = "1234"


class Pair(BaseModel, frozen=True):
    """A thing and what goes with it; one key stands for both."""

    key: str
    text: str
    partner: str


class Match(QuestionBase, frozen=True):
    """Things have letters and partners have numbers, each mixed by itself.

    Stored is, for each thing in the file's order, the key of the partner that was chosen for it; sent is `A3B1C2`.
    """

    form: ClassVar[Form] = "pairs"

    kind: Literal["match"] = "match"
    pairs: tuple[Pair, ...]

    @model_validator(mode="after")
    def has_pairs(self) -> "Match":
        if not 2 <= len(self.pairs) <= len(NUMBERS):
            raise ValueError("two to four pairs are matched")
        return self

    @property
    def _partners(self) -> tuple[Option, ...]:
        return tuple(Option(key=pair.key, text=pair.partner) for pair in self.pairs)

    def marks(self, seed: str, place: str) -> dict[str, str]:
        things = zip(LETTERS, (pair.key for pair in mixed(self.pairs, seed, place)), strict=False)
        partners = zip(NUMBERS, (one.key for one in mixed(self._partners, seed, place)), strict=False)
        return {**dict(things), **dict(partners)}

    def face(self, marks: Marks) -> Face:
        things = {mark: key for mark, key in marks.items() if mark in LETTERS}
        numbers = {mark: key for mark, key in marks.items() if mark in NUMBERS}
        return Face(options=lettered(self.pairs, things), partners=lettered(self._partners, numbers))

    def to_store(self, choice: str, marks: Marks) -> str | None:
        """Only when each thing has a partner of its own."""
        letters, numbers = choice[::2], choice[1::2]
        if letters + "".join(sorted(numbers)) != "".join(marks):
            return None
        chosen = {marks[letter]: marks[number] for letter, number in zip(letters, numbers, strict=True)}
        return ",".join(chosen[pair.key] for pair in self.pairs)

    def to_show(self, stored: str, marks: Marks) -> str:
        numbers = {key: mark for mark, key in marks.items() if mark in NUMBERS}
        chosen = dict(zip((pair.key for pair in self.pairs), stored.split(","), strict=True))
        return "".join(f"{mark}{numbers[chosen[key]]}" for mark, key in marks.items() if mark in LETTERS)

    @property
    def _right(self) -> str:
        return ",".join(pair.key for pair in self.pairs)

    def fits(self, stored: str) -> bool:
        return stored == self._right

    def answer(self, marks: Marks) -> str:
        return self.to_show(self._right, marks)

    def in_words(self, stored: str) -> str:
        partners = {pair.key: pair.partner for pair in self.pairs}
        chosen = zip(self.pairs, stored.split(","), strict=True)
        return "; ".join(f"{pair.text}: {partners[key]}" for pair, key in chosen)

    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        """How many found the right partner of each thing."""
        found = self._found(counts)
        return tuple(
            Bar(letter=shown.letter, text=shown.text, n=found[marks[shown.letter]])
            for shown in self.face(marks).options
        )

    def _found(self, counts: Counts) -> dict[str, int]:
        found = {pair.key: 0 for pair in self.pairs}
        for stored, n in given(counts).items():
            for pair, key in zip(self.pairs, stored.split(","), strict=True):
                found[pair.key] += n if pair.key == key else 0
        return found

    def mistake(self, counts: Counts) -> Mistake | None:
        """The pair that fewest found."""
        found, tries = self._found(counts), sum(given(counts).values())
        least = min(self.pairs, key=lambda pair: found[pair.key])
        missed = tries - found[least.key]
        return Mistake(n=missed, did="did not match", words=f"{least.text} - {least.partner}") if missed else None

    def without_devices(self) -> ChooseOne:
        asked = self.pairs[0]
        options = tuple(
            Option(key=pair.key, text=pair.partner, is_correct=pair.key == asked.key) for pair in self.pairs
        )
        return ChooseOne(key=self.key, text=f"What goes with this: {asked.text}?", options=options)
