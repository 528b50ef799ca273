"""What makes a password good enough: its length, and that nobody guesses it first."""

import re
from collections.abc import Iterable

from app.domain.errors import Invalid

SHORTEST, LONGEST = 12, 128
FIRST_GUESSED = (
    "password",
    "passwort",
    "letmein",
    "welcome",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1234567890",
    "iloveyou",
    "sunshine",
    "football",
    "liverpool",
    "dragon",
    "monkey",
    "changeme",
    "secret",
    "admin",
    "safety",
    "inaction",
    "action",
    "school",
    "teacher",
    "presenter",
    "coordinator",
    "council",
    "police",
    "lifeboat",
)
"""Words that a guesser tries first, among them those of our own trade."""
LEFT_OVER = 4


def must_be_good(password: str, own_words: Iterable[str] = ()) -> None:
    """Raises Invalid. `own_words` are what a guesser knows of the person: name, e-mail address, product."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("A password has at least twelve characters. Three random words are good.")
    known = {part for word in own_words for part in re.split(r"[^a-z0-9]+", word.lower()) if len(part) >= 3}
    rest = password.lower()
    for word in sorted({*FIRST_GUESSED, *known}, key=len, reverse=True):
        rest = rest.replace(word, "")
    if re.search(r"[a-z]", password.lower()):  # digits behind a known word make it no better
        rest = re.sub(r"[^a-z]", "", rest)
    if len(set(rest)) < LEFT_OVER:
        raise Invalid("This password would be guessed soon. Three random words are good.")
