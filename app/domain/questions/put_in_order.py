"""Put in order: three to five things, each tapped in its turn."""

from typing import ClassVar, Literal

from pydantic import model_validator

from app.domain.questions.choose_one import ChooseOne
from app.domain.questions.option import (
    LETTERS,
    THING_LETTERS,
    Bar,
    Counts,
    Face,
    Marks,
    Mistake,
    Option,
    lettered,
    mixed,
)
from app.domain.questions.question import Form, QuestionBase, given

MOST_THINGS = 5


class PutInOrder(QuestionBase, frozen=True):
    """The file has them in their right order. Stored are their keys, sent their letters, as they were tapped."""

    form: ClassVar[Form] = "order"

    kind: Literal["put_in_order"] = "put_in_order"
    things: tuple[Option, ...]

    @model_validator(mode="after")
    def has_things_to_order(self) -> "PutInOrder":
        if not 3 <= len(self.things) <= MOST_THINGS:
            raise ValueError(f"three to {MOST_THINGS} things are put in order")
        return self

    def marks(self, seed: str, place: str) -> dict[str, str]:
        return dict(zip(THING_LETTERS, (thing.key for thing in mixed(self.things, seed, place)), strict=False))

    def face(self, marks: Marks) -> Face:
        return Face(options=lettered(self.things, marks))

    def to_store(self, choice: str, marks: Marks) -> str | None:
        """Only a whole order is an answer."""
        return ",".join(marks[letter] for letter in choice) if sorted(choice) == sorted(marks) else None

    def to_show(self, stored: str, marks: Marks) -> str:
        letters = {key: letter for letter, key in marks.items()}
        return "".join(letters[key] for key in stored.split(","))

    @property
    def _right(self) -> str:
        return ",".join(thing.key for thing in self.things)

    def fits(self, stored: str) -> bool:
        return stored == self._right

    def answer(self, marks: Marks) -> str:
        return self.to_show(self._right, marks)

    def in_words(self, stored: str) -> str:
        texts = {thing.key: thing.text for thing in self.things}
        return "; ".join(f"{place}. {texts[key]}" for place, key in enumerate(stored.split(","), start=1))

    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        """How many put each thing into its right place."""
        placed = self._placed(counts)
        return tuple(
            Bar(letter=shown.letter, text=shown.text, n=placed[marks[shown.letter]])
            for shown in lettered(self.things, marks)
        )

    def _placed(self, counts: Counts) -> dict[str, int]:
        found = {thing.key: 0 for thing in self.things}
        for stored, n in given(counts).items():
            for thing, key in zip(self.things, stored.split(","), strict=True):
                found[key] += n if thing.key == key else 0
        return found

    def mistake(self, counts: Counts) -> Mistake | None:
        """The thing that fewest put into its place."""
        placed, orders = self._placed(counts), sum(given(counts).values())
        least = min(self.things, key=lambda thing: placed[thing.key])
        missed = orders - placed[least.key]
        return Mistake(n=missed, did="put in another place", words=least.text) if missed else None

    def without_devices(self) -> ChooseOne:
        options = tuple(
            thing.model_copy(update={"is_correct": place == 0}) for place, thing in enumerate(self.things)
        )
        return ChooseOne(key=self.key, text="Which comes first?", options=options[: len(LETTERS)])
