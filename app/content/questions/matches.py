"""Pairs to match: "Red flag = Danger, do not go in"."""

from dataclasses import replace

from app.content.questions.written import Item, Written, check_items, read_shared
from app.domain.questions.match import NUMBERS, Pair
from app.domain.quiz import LONGEST_THING, Match

LONGEST_NAME = 24
"""Of the thing itself, which stands beside the words that go with it."""


def read_match(written: Written) -> Match | None:
    shared = read_shared(written, is_marked=True)
    if not 2 <= len(written.items) <= len(NUMBERS):
        told = f"There are {len(written.items)} pairs to match."
        written.problems.report(written.line, told, f"Have two to {len(NUMBERS)}.")
    pairs = [pair for item in written.items if (pair := _read_pair(item, written))]
    check_items([thing for thing, _ in pairs], LONGEST_NAME, "thing", written.problems)
    check_items([partner for _, partner in pairs], LONGEST_THING, "partner", written.problems)
    if not written.is_good:
        return None
    return Match(
        **shared,
        pairs=tuple(
            Pair(key=str(place), text=thing.text, partner=partner.text)
            for place, (thing, partner) in enumerate(pairs, start=1)
        ),
    )


def _read_pair(item: Item, written: Written) -> tuple[Item, Item] | None:
    thing, equals, partner = item.text.partition("=")
    if not equals:
        remedy = "Write the thing, then =, then what goes with it."
        written.problems.report(item.line, "This is not a pair.", remedy)
        return None
    return replace(item, text=thing.strip()), replace(item, text=partner.strip())
