"""The token of a class link. It is not stored: whoever has the server's secret and the link's seed makes it anew."""

import hashlib
import hmac

ALPHABET = "2346789CDFGHJKMNPQRTVWXYZ"
"""Without vowels, and without what looks like another on paper: 0 and O, 1, I and L, 5 and S."""
GROUPS, GROUP = 5, 5


def token_of(secret: str, seed: str) -> str:
    """Five groups of five letters, some 117 bits: long enough that nobody guesses it, and a teacher can type it."""
    digest = hmac.new(secret.encode(), f"class link {seed}".encode(), hashlib.sha512).digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(GROUPS * GROUP):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "-".join("".join(letters[start : start + GROUP]) for start in range(0, GROUPS * GROUP, GROUP))
