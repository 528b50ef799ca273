"""What children may believe, as rows of a form: the author types the sentence, its code is given here."""

import re
from collections.abc import Mapping

from app.content.sketch import one_line

FIELD = "belief-"
SPARE, FEWEST = 3, 6
"""So many empty rows there are at least, and so many rows in all."""
_CODE = re.compile(r"([A-Z]{1,6})(\d{1,4})")


def rows(beliefs: Mapping[str, str], topic: str) -> list[tuple[str, str]]:
    """(code, sentence) of each belief, then rows for new ones, with the codes that they will have."""
    spare = max(SPARE, FEWEST - len(beliefs))
    return [*beliefs.items(), *((code, "") for code in _next_codes(list(beliefs), topic, spare))]


def typed(form: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The beliefs as typed; a row without words is not there, and what the form does not show stays."""
    found = {code: words for code, words in known.items() if f"{FIELD}{code}" not in form}
    for field, words in form.items():
        code = field.removeprefix(FIELD)
        is_row = field.startswith(FIELD) and (code in known or _CODE.fullmatch(code))
        if is_row and one_line(words):
            found[code] = one_line(words)
    order = [*known, *found]
    return {code: found[code] for code in dict.fromkeys(order) if code in found}


def _next_codes(codes: list[str], topic: str, count: int) -> list[str]:
    """FM12, FM13 ... after FM11; WM1 for the first belief about water."""
    known = [match for code in codes if (match := _CODE.fullmatch(code))]
    letters = known[-1][1] if known else f"{re.sub(r'[^A-Z]', '', topic.upper())[:1] or 'X'}M"
    last = max((int(match[2]) for match in known if match[1] == letters), default=0)
    return [f"{letters}{last + n}" for n in range(1, count + 1)]
