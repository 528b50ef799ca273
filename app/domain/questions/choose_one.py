"""Choose one: one of two to four answers is the safest."""

from typing import Literal

from pydantic import model_validator

from app.domain.questions.one_tile import OneTile
from app.domain.questions.option import LETTERS, Option, mixed


class ChooseOne(OneTile, frozen=True):
    """A question with one safest answer: the only kind that can be an anchor."""

    kind: Literal["choose_one"] = "choose_one"
    is_anchor: bool = False

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

    def marks(self, seed: str, place: str) -> dict[str, str]:
        return dict(zip(LETTERS, (option.key for option in mixed(self.options, seed, place)), strict=False))

    def without_devices(self) -> "ChooseOne":
        return self
