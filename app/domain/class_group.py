"""What may be said of a school and of a class group. Never a name of a pupil: a label, a year and a number."""

import re
from collections.abc import Mapping
from typing import Literal

from app.domain.errors import Invalid
from app.domain.programme import one_line

Mode = Literal["devices", "hands", "cards"]
MODES: Mapping[Mode, str] = {"devices": "Devices", "hands": "Hands up", "cards": "Cards"}
MODE_WORDS: Mapping[str, Mode] = {
    **dict.fromkeys(("", "device", "devices", "tablets", "chromebooks", "laptops"), "devices"),
    **dict.fromkeys(("hands", "hand", "hands up", "hands-up"), "hands"),
    **dict.fromkeys(("cards", "card", "paper cards"), "cards"),
}
LARGEST_ROLL = 60
LONGEST_LABEL = 20
LONGEST_SCHOOL = 120
USUAL_YEAR = 6
TAKEN = "rehearsal"
"""How the references of schools begin that are none."""
MOST_CLASSES = 12
"""Of one school in one year. Whoever lists more has listed children."""


def read_label(typed: str) -> str:
    label = one_line(typed, LONGEST_LABEL + 1)
    if not label or len(label) > LONGEST_LABEL:
        raise Invalid(f"A class has a short label of up to {LONGEST_LABEL} letters, for example 6H.")
    return label


def read_school_name(typed: str) -> str:
    name = one_line(typed, LONGEST_SCHOOL)
    if not name:
        raise Invalid("Please give the name of the school.")
    return name


def read_reference(typed: str) -> str:
    """The school's own number (URN) or another code that never changes; empty when none is known."""
    reference = typed.strip()
    if reference and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,19}", reference):
        raise Invalid("A school reference is a short code such as 118456: letters and numbers, up to 20.")
    if reference.casefold().startswith(TAKEN):
        raise Invalid(f"A school reference cannot begin with “{TAKEN}”. Please choose another one.")
    return reference


def read_roll(typed: str) -> int | None:
    """Pupils on roll; None when the field was left empty."""
    text = typed.strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= LARGEST_ROLL:
        raise Invalid(f"One class has between 1 and {LARGEST_ROLL} pupils on roll.")
    return int(text)


def read_year(typed: str) -> int:
    found = re.fullmatch(r"(?:y(?:ea)?r? ?)?([0-9]{1,2})", typed.strip().casefold())
    if not typed.strip():
        return USUAL_YEAR
    if not found or not 1 <= int(found[1]) <= 13:
        raise Invalid("The year is a number from 1 to 13, for example 6.")
    return int(found[1])


def read_mode(typed: str) -> Mode:
    mode = MODE_WORDS.get(one_line(typed, 40).casefold())
    if mode is None:
        raise Invalid("The usual way to answer is devices, hands up or cards.")
    return mode
