"""Choose all: two or more of three or four answers are right."""

from typing import Literal

from pydantic import model_validator

from app.domain.questions.option import LETTERS, mixed
from app.domain.questions.some_tiles import SomeTiles


class ChooseAll(SomeTiles, frozen=True):
    """Right is whoever has tapped every right answer and no other."""

    kind: Literal["choose_all"] = "choose_all"

    @model_validator(mode="after")
    def has_several_correct_options(self) -> "ChooseAll":
        if not 3 <= len(self.options) <= len(LETTERS):
            raise ValueError("a question with several safest answers offers three or four options")
        if not 2 <= len(self.right) < len(self.options):
            raise ValueError("two or more options are right, and one or more is not")
        return self

    def marks(self, seed: str, place: str) -> dict[str, str]:
        return dict(zip(LETTERS, (option.key for option in mixed(self.options, seed, place)), strict=False))
