"""What can be refused, and in whose words.

DomainError
├── NotFound     it is not there, or not yours to see
├── NotAllowed   you may not do this, or not now
├── Conflict     somebody else was first; look at the present state
└── Invalid      what was sent cannot be used

Each carries one sentence that a teacher can read. `web/pages.py` alone turns them into pages.
"""


class DomainError(Exception):
    """A refusal with a sentence for the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(DomainError):
    """It is not there, or not yours to see."""


class NotAllowed(DomainError):
    """You may not do this, or not now."""


class Conflict(DomainError):
    """Somebody else was first."""


class Invalid(DomainError):
    """What was sent cannot be used."""
