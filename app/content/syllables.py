"""Counts the syllables of an English word by its groups of vowels."""

import re
from functools import lru_cache

_KNOWN = {
    "area": 3, "being": 2, "business": 2, "create": 2, "created": 3, "diary": 3, "different": 2, "evening": 2,
    "every": 2, "everybody": 4, "everyone": 3, "everything": 3, "everywhere": 3, "idea": 3, "ideas": 3,
    "medicine": 2, "people": 2, "poem": 2, "quiet": 2, "quietly": 3, "science": 2, "someone": 2, "somewhere": 2,
    "video": 3, "videos": 3, "wednesday": 2,
}  # fmt: skip
_STARTS = ("some", "fire", "home", "life", "where", "safe", "care", "shore", "time")
_ENDS = ("ly", "ful", "less", "ness", "ment", "ments", "ty", "wards", "work")
_SPOKEN_APART = re.compile(
    r"i[ao](?!u)(?<!ti[ao])(?<!ci[ao])(?<!si[ao])(?<!gio)"  # lion, giant; but not station, special
    r"|[eouy]ing|ual|eo(?=[^u]|$)|iet|ier\b"  # seeing, usual, video, diet, busier
)


@lru_cache(maxsize=4096)
def count_syllables(word: str) -> int:
    """Right for about 19 words of 20; the rest are one too many or one too few."""
    word = re.sub(r"[^a-z]", "", re.split("['’]", word.casefold())[0])
    if word in _KNOWN:
        return _KNOWN[word]
    for start in _STARTS:
        if len(word) > len(start) + 2 and word.startswith(start) and word[len(start)] not in "aeiouyrds":
            return count_syllables(start) + count_syllables(word[len(start) :])
    for end in _ENDS:
        if word.endswith(f"e{end}") and len(word) > len(end) + 3:
            return count_syllables(word.removesuffix(end)) + count_syllables(end)
    spoken = _without_silent_letters(word)
    return max(1, len(re.findall(r"[aeiouy]+", spoken)) + len(_SPOKEN_APART.findall(spoken)))


def _without_silent_letters(word: str) -> str:
    word = re.sub(r"[qg]u(?=[aeiou])", "q", word)  # queen, guess
    word = re.sub(r"(^|[aeiou])y(?=[aeiou])", r"\1-", word)  # beyond: this y is no vowel
    if not re.search(r"[^aeiouy-]les?$", word):  # but table, candles
        word = re.sub(r"(?<=[^aeiouy])e$", "", word)  # smoke
        if not re.search(r"(?:[cs]h|[sxzcg-])es$", word):  # but beaches, places
            word = re.sub(r"(?<=[^aeiouy])es$", "s", word)  # bikes
    return re.sub(r"(?<=[^aeiouytd])ed$", "d", word)  # walked, but wanted
