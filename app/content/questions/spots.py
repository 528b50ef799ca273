"""Dangers in a picture: "A towel over the hob (12% 40% 20% 15%)"."""

import re
from dataclasses import replace

from app.content.problems import quoted
from app.content.questions.written import (
    Item,
    Written,
    check_bare,
    check_items,
    check_talk,
    domain_options,
    read_shared,
)
from app.domain.questions.option import THING_LETTERS
from app.domain.questions.spot import SMALLEST, Area
from app.domain.quiz import Spot

SETTINGS = ("picture",)
MOST_DANGERS, LONGEST_SPOT = 6, 32
"""As many and as long as stand beside the picture on an old projector."""
PLACE = "(left% top% width% height%)"
_AREA = re.compile(r"(.*)\(\s*" + r"[\s,]+".join([r"(\d{1,3}(?:\.\d)?)\s*%"] * 4) + r"\s*\)\s*", re.ASCII)


def read_spot(written: Written) -> Spot | None:
    shared = read_shared(written, is_marked=True)
    written.fields.words("picture", needed='Add a line such as "picture: fire/home.svg" with its description.')
    picture = written.shelf.take(written.fields)
    read = [_read_area(item, written) for item in written.items]
    items, places = [item for item, _ in read], {item.text: place for item, place in read if place}
    if not 3 <= len(items) <= len(THING_LETTERS):
        told = f"{len(items)} things can be tapped."
        written.problems.report(written.line, told, f"Have three to {len(THING_LETTERS)}, with harmless ones.")
    if not 1 <= len(written.right) <= min(MOST_DANGERS, len(items) - 1):
        told = f"{len(written.right)} of {len(items)} things are dangers."
        remedy = f"Mark one to {MOST_DANGERS}, and leave one or more unmarked."
        written.problems.report(written.line, told, remedy)
    check_items(items, LONGEST_SPOT, "thing", written.problems)
    check_bare(items, written.problems)
    check_talk(written, [item.text for item in items if item.is_correct])
    frame = written.shelf.size_of(picture) if picture and written.is_good else None
    if picture is None or frame is None:
        if written.is_good:
            remedy = "Use a drawing (.svg) with a viewBox that begins with 0 0, or a .png."
            written.problems.report(written.line, "The size of this picture cannot be read.", remedy)
        return None
    areas = tuple(Area.model_validate(dict(option) | places[option.text]) for option in domain_options(items))
    are_good = _places_are_good(areas, written, {item.text: item.line for item in items})
    return Spot(**shared, options=areas, picture=picture, frame=frame) if are_good else None


def _read_area(item: Item, written: Written) -> tuple[Item, dict[str, float]]:
    """The words without the place at their end, and the place."""
    found = _AREA.fullmatch(item.text)
    if not found:
        told = f"{quoted(item.text)} does not say where it is in the picture."
        written.problems.report(item.line, told, f"End it with its place in per cent: {PLACE}.")
        return item, {}
    place = dict(zip(("x", "y", "width", "height"), (float(number) for number in found.groups()[1:]), strict=True))
    return replace(item, text=found[1].strip()), place


def _places_are_good(areas: tuple[Area, ...], written: Written, lines: dict[str, int]) -> bool:
    for place, area in enumerate(areas):
        line = lines[area.text]
        if not area.is_inside:
            written.problems.report(line, "This place is not inside the picture.", "Left + width is 100% at most.")
        if min(area.width, area.height) < SMALLEST:
            told = f"This place is smaller than {SMALLEST:.0f}%."
            written.problems.report(line, told, "Make it large enough for a finger.")
        for other in areas[:place]:
            if area.covers(other):
                told = f"{quoted(area.text)} lies over {quoted(other.text)}."
                written.problems.report(line, told, "Make one of the two places smaller.")
    return written.is_good


def without_place(text: str) -> str:
    found = _AREA.fullmatch(text)
    return found[1].strip() if found else text
