"""Questions of every kind, and quizzes of them. Each kind is one file in `questions/`."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from app.domain.picture import Picture
from app.domain.questions.choose_all import ChooseAll as ChooseAll
from app.domain.questions.choose_one import ChooseOne as ChooseOne
from app.domain.questions.estimate import Estimate as Estimate
from app.domain.questions.match import Match as Match
from app.domain.questions.opinion import Opinion as Opinion
from app.domain.questions.option import LETTERS as LETTERS
from app.domain.questions.option import Option as Option
from app.domain.questions.put_in_order import PutInOrder as PutInOrder
from app.domain.questions.question import NOT_SURE as NOT_SURE
from app.domain.questions.spot import Spot as Spot
from app.domain.questions.true_or_false import TrueOrFalse as TrueOrFalse

LONGEST_QUESTION = 110
LONGEST_OPTION = 60
LONGEST_EXPLANATION = 160
LONGEST_THING = 40
"""To put in order or to match."""

Marked = ChooseOne | TrueOrFalse | ChooseAll | Estimate | PutInOrder | Match | Spot
MarkedQuestion = Annotated[Marked, Field(discriminator="kind")]
Question = Annotated[Marked | Opinion, Field(discriminator="kind")]


class Quiz(BaseModel, frozen=True):
    """Reusable ordered questions; publishing a lesson unrolls them into question steps."""

    key: str
    title: str
    misconceptions: Mapping[str, str]
    questions: tuple[MarkedQuestion, ...]

    @property
    def live(self) -> tuple[MarkedQuestion, ...]:
        """All but the reserve questions, which wait for the recheck 6 to 12 weeks later."""
        return tuple(question for question in self.questions if not question.is_reserve)

    @property
    def anchors(self) -> tuple[ChooseOne, ...]:
        """Asked before and after. Only a choose-one question compares fairly, so only it can be one."""
        return tuple(one for one in self.live if isinstance(one, ChooseOne) and one.is_anchor)


def meanings(question: Question, marks: Mapping[str, str]) -> dict[str, str]:
    """Choices of one tap -> the stored choice. Longer ones are put together from the same marks when they come."""
    found = {choice: question.meant(choice, marks) for choice in (*question.choices(marks), NOT_SURE)}
    return {choice: stored for choice, stored in found.items() if stored is not None}


def shown_choice(question: Question, seed: str, place: str, stored: str) -> str:
    """What a device sends for a stored choice: for choose one its letter."""
    return question.sent_as(stored, question.marks(seed, place))


def picture_of(question: Question) -> Picture | None:
    """The picture that a question asks about."""
    match question:
        case Spot(picture=picture):
            return picture
        case _:
            return None
