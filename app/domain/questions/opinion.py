"""An opinion: two to four answers, none of them right or wrong."""

from typing import ClassVar, Literal

from app.domain.questions.one_tile import OneTile
from app.domain.questions.option import Counts


class Opinion(OneTile, frozen=True):
    """A question without a right answer: poll, confidence, pledge. It keeps its author's order."""

    is_marked: ClassVar[bool] = False

    kind: Literal["opinion"] = "opinion"

    def mistake(self, counts: Counts) -> None:
        return None

    def without_devices(self) -> "Opinion":
        return self
