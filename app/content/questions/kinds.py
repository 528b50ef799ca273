"""All kinds of question as a file names them, with the lines and settings that each one has."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.content.fields import Fields, plain_name
from app.content.problems import did_you_mean, quoted
from app.content.questions import choices, estimates, matches, orders, spots
from app.content.questions.written import Sign, Written
from app.domain.quiz import Question

SHARED = ("kind", "why", "talk", "not sure", "sure")
BOXED: tuple[Sign, ...] = ("[x]", "[ ]")


@dataclass(frozen=True)
class Kind:
    """How a kind is written."""

    read: Callable[[Written], Question | None]
    signs: tuple[Sign, ...]
    lines: str
    """What a line of it looks like in a lesson."""
    names: tuple[str, ...]
    """Its own names in a quiz file, where lines have names instead of signs."""
    settings: tuple[str, ...] = ()

    @property
    def in_lesson(self) -> tuple[str, ...]:
        return (*SHARED, *self.settings)


OPINION = "opinion"
KINDS = {
    "choose one": Kind(
        choices.read_choose_one, BOXED, "- [x] for the safest answer, - [ ] for another", ("right", "wrong")
    ),
    "true or false": Kind(choices.read_true_or_false, BOXED, "- [x] True or - [x] False", ("right", "wrong")),
    "choose all": Kind(
        choices.read_choose_all, BOXED, "- [x] for each safest answer, - [ ] for another", ("right", "wrong")
    ),
    "estimate": Kind(estimates.read_estimate, (), "none: only settings", (), estimates.SETTINGS),
    "put in order": Kind(orders.read_put_in_order, ("1.",), "1. for each thing, in the right order", ("order",)),
    "match": Kind(matches.read_match, ("-",), "- thing = what goes with it", ("pairs",)),
    "spot": Kind(
        spots.read_spot,
        BOXED,
        f"- [x] for a danger, - [ ] for another thing, then {spots.PLACE}",
        ("right", "wrong"),
        spots.SETTINGS,
    ),
    OPINION: Kind(choices.read_opinion, ("-",), "- for each answer", ()),
}
IN_QUIZ = tuple(name for name in KINDS if name != OPINION)
WITH_RIGHT_WORDS = ("choose one", "choose all", "spot")
"""Of these a picture's name or description could tell the safest answer."""
ALL_SETTINGS = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.in_lesson))


def kind_of(fields: Fields, usual: str, known: Collection[str] = KINDS) -> str:
    """The name of a question's kind: as it says, else the usual one; empty after a name that we do not know."""
    found = fields.words("kind")
    name = plain_name(found.text) if found else usual
    if found and name not in known:
        told = f"{quoted(found.text)} is no kind of question that we know here."
        fields.problems.report(found.line, told, did_you_mean(name, known))
        return ""
    return name


def read(written: Written, name: str) -> Question | None:
    """The question, or None after a problem."""
    kind = KINDS[name]
    strays = [item for item in written.items if item.sign not in kind.signs]
    for item in strays:
        told = f"{quoted(item.text)} is not a line of a question of the kind {quoted(name)}."
        written.problems.report(item.line, told, f"Its lines: {kind.lines}.")
    return None if strays else kind.read(written)


def right_words(written: Written) -> list[str]:
    """What neither a picture's name nor its description may hold."""
    bare = [spots.without_place(item.text) for item in written.right]
    return [text for text in bare if text]
