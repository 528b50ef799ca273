"""True or false: a statement, and the answers stand in this order for everybody."""

from typing import Literal

from pydantic import model_validator

from app.domain.questions.one_tile import OneTile

WORDS = ("True", "False")


class TrueOrFalse(OneTile, frozen=True):
    """One of the two is right. They are never mixed, so their order tells nothing."""

    kind: Literal["true_or_false"] = "true_or_false"

    @model_validator(mode="after")
    def has_true_and_false(self) -> "TrueOrFalse":
        if tuple(option.text for option in self.options) != WORDS:
            raise ValueError("the answers are True and False, in this order")
        if sum(option.is_correct for option in self.options) != 1:
            raise ValueError("one of the two is right")
        return self

    def without_devices(self) -> "TrueOrFalse":
        return self
