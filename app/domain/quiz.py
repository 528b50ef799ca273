"""Questions, their options, marking and the order in which options are shown."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from app.domain.errors import Invalid

NOT_SURE = "not_sure"
LETTERS = "ABCD"
LONGEST_QUESTION = 110
LONGEST_OPTION = 60
LONGEST_EXPLANATION = 160


class Option(BaseModel, frozen=True):
    """One offered choice. Its key is for the store and never leaves the server."""

    key: str
    text: str
    is_correct: bool = False
    misconception: str | None = None


class ChooseOne(BaseModel, frozen=True):
    """A question with one safest answer."""

    kind: Literal["choose_one"] = "choose_one"
    key: str
    text: str
    options: tuple[Option, ...]
    explanation: str
    talk: str = ""
    is_anchor: bool = False
    is_reserve: bool = False
    fact_ids: tuple[str, ...] = ()

    @model_validator(mode="after")
    def has_one_correct_option(self) -> "ChooseOne":
        if not 2 <= len(self.options) <= len(LETTERS):
            raise ValueError("a question offers two to four options")
        if sum(option.is_correct for option in self.options) != 1:
            raise ValueError("exactly one option is the safest answer")
        return self

    @property
    def correct(self) -> Option:
        return next(option for option in self.options if option.is_correct)


class Opinion(BaseModel, frozen=True):
    """A question without a right answer: poll, confidence, pledge."""

    kind: Literal["opinion"] = "opinion"
    key: str
    text: str
    options: tuple[Option, ...]
    explanation: str = ""
    talk: str = ""
    offers_not_sure: bool = True


Question = Annotated[ChooseOne | Opinion, Field(discriminator="kind")]


class Quiz(BaseModel, frozen=True):
    """Reusable ordered questions; publishing a lesson unrolls them into question steps."""

    key: str
    title: str
    misconceptions: Mapping[str, str]
    questions: tuple[ChooseOne, ...]

    @property
    def live(self) -> tuple[ChooseOne, ...]:
        """All but the reserve questions, which wait for the recheck 6 to 12 weeks later."""
        return tuple(question for question in self.questions if not question.is_reserve)

    @property
    def anchors(self) -> tuple[ChooseOne, ...]:
        return tuple(question for question in self.live if question.is_anchor)


def shown_order(question: ChooseOne | Opinion, seed: str, place: str) -> tuple[Option, ...]:
    """Options in the order in which children see them; the first is A.

    A marked question is shuffled by the stored seed. The key of the shuffle is the option's text, never its
    place in the file: there the safest answer comes first, and the order would tell (architecture, ruling 5).
    """
    match question:
        case ChooseOne():
            return tuple(
                sorted(
                    question.options,
                    key=lambda option: hashlib.sha256(f"{seed}|{place}|{option.text}".encode()).digest(),
                )
            )
        case Opinion():
            return question.options


def meanings(question: ChooseOne | Opinion, seed: str, place: str) -> dict[str, str]:
    """What a device may send (a shown letter; NOT_SURE where offered) -> the stored choice (an option key)."""
    letters = zip(LETTERS, shown_order(question, seed, place), strict=False)
    meant = {letter: option.key for letter, option in letters}
    return meant | {NOT_SURE: NOT_SURE} if offers_not_sure(question) else meant


def must_offer(question: ChooseOne | Opinion, seed: str, place: str, choice: str) -> str:
    """The stored choice for what a device sent. Raises Invalid for anything that is not on the screen."""
    try:
        return meanings(question, seed, place)[choice]
    except KeyError:
        raise Invalid("That is not one of the answers on the screen.") from None


def offers_not_sure(question: ChooseOne | Opinion) -> bool:
    match question:
        case ChooseOne():
            return True
        case Opinion():
            return question.offers_not_sure


def letter_of(question: ChooseOne | Opinion, seed: str, place: str, choice: str) -> str:
    """The shown letter of a stored choice; NOT_SURE stays as it is."""
    if choice == NOT_SURE:
        return NOT_SURE
    keys = [option.key for option in shown_order(question, seed, place)]
    return LETTERS[keys.index(choice)]


def is_right(question: ChooseOne | Opinion, choice: str) -> bool:
    """Whether a stored choice is the safest answer; not sure is not, and an opinion never is."""
    match question:
        case ChooseOne():
            return choice == question.correct.key
        case Opinion():
            return False


def most_chosen_misconception(question: ChooseOne, tally: Mapping[str, int]) -> Option | None:
    """The wrong option that most children chose; None when nobody chose a wrong one.

    Of two chosen equally often the first in the file stands, so that a report never changes on reload.
    """
    wrong = [option for option in question.options if not option.is_correct and tally.get(option.key, 0)]
    return max(wrong, key=lambda option: tally[option.key]) if wrong else None
