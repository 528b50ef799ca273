"""Join codes and aliases: all that a pupil ever types, and the only name a pupil ever has."""

from collections.abc import Callable, Collection, Sequence

from app.domain.errors import Conflict, Invalid, NotAllowed

CODE_LETTERS = "CDFGHJKMNPQRTVWXY"
"""No vowels, so no words; no look-alikes of a digit or of each other (interaction design 9)."""
CODE_LENGTH = 6
BLOCKED_IN_CODES = (
    "FCK",
    "FKC",
    "KKK",
    "DCK",
    "CCK",
    "NGR",
    "NGG",
    "CNT",
    "TWT",
    "PRC",
    "PRN",
    "WNK",
    "FGT",
    "DMN",
    "GYP",
    "PKY",
)
"""Consonant skeletons that a ten-year-old would read as a rude word."""
RE_DEALS = 2

Choose = Callable[[Sequence[str]], str]
"""Draws one of several: `secrets.choice` in the product, a seeded one in tests."""


def new_code(choose: Choose) -> str:
    """A join code such as KMTPVX."""
    while True:
        code = "".join(choose(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if not any(word in code for word in BLOCKED_IN_CODES):
            return code


def read_code(typed: str) -> str:
    """The code a child meant: any case, with or without spaces and hyphens.

    Raises Invalid in words for a ten-year-old.
    """
    code = "".join(letter for letter in typed.upper() if letter.isalnum())[:20]
    if not code:
        raise Invalid("Type the six letters on the big screen.")
    if len(code) != CODE_LENGTH or any(letter not in CODE_LETTERS for letter in code):
        raise Invalid(f"We can't find {spaced(code)}. Check each letter.")
    return code


def spaced(code: str) -> str:
    """A code as it is shown: three letters, a space, three letters."""
    return f"{code[:3]} {code[3:]}".strip()


def deal_alias(adjectives: Sequence[str], animals: Sequence[str], taken: Collection[str], choose: Choose) -> str:
    """An alias such as *Brave Otter* that nobody in the run has; animals repeat only when all are taken."""
    taken_animals = {alias.rpartition(" ")[2] for alias in taken}
    free_animals = [animal for animal in animals if animal not in taken_animals] or list(animals)
    for _ in range(200):
        alias = f"{choose(adjectives)} {choose(free_animals)}"
        if alias not in taken:
            return alias
    for animal in animals:
        for adjective in adjectives:
            if f"{adjective} {animal}" not in taken:
                return f"{adjective} {animal}"
    raise Conflict("This lesson is full.")


def must_deal_again(dealt: int) -> None:
    """Raises NotAllowed after the first name and two others."""
    if dealt > RE_DEALS:
        raise NotAllowed("You have had three names. Keep this one for today.")
