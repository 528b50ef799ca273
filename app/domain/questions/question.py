"""What holds for every kind of question. Each kind is a file beside this one that fills in the same few functions."""

from abc import abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel

from app.domain.questions.option import Bar, Counts, Face, Marks, Mistake

if TYPE_CHECKING:
    from app.domain.questions.one_tile import OneTile

NOT_SURE = "not_sure"
SURE = ("1", "2", "3")
"""How sure: not very, fairly, very. It follows a choice as `+2`, on the wire and in the store."""

Form = Literal["one", "some", "areas", "order", "pairs", "number"]
"""How it is answered: tap one, tap some, the same in a picture, tap in turn, put together, choose a number."""


class QuestionBase(BaseModel, frozen=True):
    """A question as it is asked, whatever its kind."""

    form: ClassVar[Form] = "one"
    is_marked: ClassVar[bool] = True

    key: str
    text: str
    explanation: str = ""
    talk: str = ""
    offers_not_sure: bool = True
    """A marked question always does (ruling 19)."""
    asks_sure: bool = False
    is_reserve: bool = False
    """Waits for the recheck 6 to 12 weeks later."""
    fact_ids: tuple[str, ...] = ()

    # What each kind fills in. `marks` are those of a run: its letters, and what they stand for.

    @abstractmethod
    def marks(self, seed: str, place: str) -> dict[str, str]:
        """The letters of a run, in the order shown."""

    @abstractmethod
    def face(self, marks: Marks) -> Face:
        """What children see below the words."""

    @abstractmethod
    def to_store(self, choice: str, marks: Marks) -> str | None:
        """The stored choice for what a device sent; None for what is not on the screen."""

    @abstractmethod
    def to_show(self, stored: str, marks: Marks) -> str:
        """The other way."""

    @abstractmethod
    def fits(self, stored: str) -> bool:
        """Whether a stored choice is the safest answer."""

    @abstractmethod
    def answer(self, marks: Marks) -> str:
        """The safest answer as a device would send it; empty when there is none."""

    @abstractmethod
    def in_words(self, stored: str) -> str:
        """A stored choice as the child who made it reads it."""

    @abstractmethod
    def bars(self, counts: Counts, marks: Marks) -> tuple[Bar, ...]:
        """The tally as it is drawn, in the order shown."""

    @abstractmethod
    def mistake(self, counts: Counts) -> Mistake | None:
        """What to talk about again."""

    @abstractmethod
    def without_devices(self) -> "OneTile | None":
        """The question for hands and cards; None when it is talked through and not counted (ruling 19)."""

    # What is the same for all

    def choices(self, marks: Marks) -> tuple[str, ...]:
        """What a choice is made of, as a device is told."""
        return tuple(marks)

    def meant(self, choice: str, marks: Marks) -> str | None:
        """The stored choice for what a device sent, *not sure* and how sure included."""
        if choice == NOT_SURE:
            return NOT_SURE if self.offers_not_sure else None
        plain, plus, sure = choice.partition("+")
        if plus and not (self.asks_sure and sure in SURE):
            return None
        stored = self.to_store(plain, marks)
        return None if stored is None else f"{stored}{plus}{sure}"

    def sent_as(self, stored: str, marks: Marks) -> str:
        """What a device sent for a stored choice."""
        if stored == NOT_SURE:
            return NOT_SURE
        plain, plus, sure = stored.partition("+")
        return f"{self.to_show(plain, marks)}{plus}{sure}"

    def is_right(self, stored: str) -> bool:
        """Not sure is not right, however often it is honest."""
        return stored != NOT_SURE and self.fits(plain(stored))

    def said(self, stored: str) -> str:
        return "I'm not sure" if stored == NOT_SURE else self.in_words(plain(stored))


def plain(stored: str) -> str:
    """A stored choice without how sure."""
    return stored.partition("+")[0]


def without_sure(counts: Counts) -> dict[str, int]:
    """Counts of choices, however sure each was."""
    merged: Counter[str] = Counter()
    for stored, n in counts.items():
        merged[plain(stored)] += n
    return dict(merged)


def how_sure(counts: Counts) -> dict[str, int]:
    """How many were how sure; whoever did not say so is in none of them."""
    sure = dict.fromkeys(SURE, 0)
    for stored, n in counts.items():
        said = stored.partition("+")[2]
        if said in sure:
            sure[said] += n
    return sure


def given(counts: Counts) -> dict[str, int]:
    """Counts of real choices: without *not sure*."""
    return {stored: n for stored, n in without_sure(counts).items() if stored != NOT_SURE}
