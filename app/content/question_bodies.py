"""What an author fills in of a question, whatever its kind, and how a quiz file and a lesson file write it.

A kind is a form of its own in `templates/author/kinds`; here are the lines and settings in which it is written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.content.fields import Words, plain_name
from app.content.picture_fields import PictureFields
from app.content.questions.kinds import IN_QUIZ, KINDS, OPINION
from app.content.questions.written import read_item
from app.content.sketch import SectionSketch, Settings, one_line
from app.content.yaml_pieces import Value
from app.domain.questions.match import NUMBERS
from app.domain.questions.option import LETTERS, THING_LETTERS
from app.domain.questions.put_in_order import MOST_THINGS

Form = Mapping[str, str]
CHOOSE_ONE, TRUE_OR_FALSE, CHOOSE_ALL = "choose one", "true or false", "choose all"
ESTIMATE, PUT_IN_ORDER, MATCH, SPOT = "estimate", "put in order", "match", "spot"
WITH_BELIEFS = (CHOOSE_ONE, TRUE_OR_FALSE, CHOOSE_ALL)
"""Of these a wrong answer shows what a child may believe."""
UNMARKED = ("poll", "pledge")
ONE_RIGHT = (CHOOSE_ONE, TRUE_OR_FALSE)
ROWS = {PUT_IN_ORDER: MOST_THINGS, MATCH: len(NUMBERS), SPOT: len(THING_LETTERS), TRUE_OR_FALSE: 2, ESTIMATE: 0}
WORDS = {
    CHOOSE_ONE: "Choose one: one answer is the safest",
    TRUE_OR_FALSE: "True or false",
    CHOOSE_ALL: "Choose all that are right",
    ESTIMATE: "Estimate on a scale",
    PUT_IN_ORDER: "Put in order",
    MATCH: "Match pairs",
    SPOT: "Spot the dangers in a picture",
    OPINION: "No right answer",
}
_ITEM = re.compile(r"- \[(x| )\] ?|- |(\d)\. ", re.IGNORECASE)
_PLACE = re.compile(r"(.*?)\s*\(([^()]*%[^()]*)\)\s*")


@dataclass(frozen=True)
class Line:
    """One answer, thing, pair or place, as it is typed."""

    text: str
    is_correct: bool = False
    misconception: str = ""
    partner: str = ""
    place: str = ""


@dataclass(frozen=True)
class Body:
    """A question without its words: its kind, its lines and the settings of its kind."""

    kind: str = CHOOSE_ONE
    lines: tuple[Line, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    asks_sure: bool = False

    @property
    def picture(self) -> PictureFields:
        return PictureFields.of(self.settings.get("picture", ""))

    @property
    def rows(self) -> int:
        """As many lines as the kind may have, or as there are."""
        most = ROWS.get(self.kind, len(LETTERS))
        return most if self.kind == TRUE_OR_FALSE else max(most, len(self.lines))

    @property
    def is_marked(self) -> bool:
        return self.kind != OPINION

    @property
    def form(self) -> str:
        """The name of its template."""
        return self.kind.replace(" ", "_")

    def true_or_false(self, word: str) -> Line:
        return next((line for line in self.lines if line.text.casefold() == word.casefold()), Line(word))


# In a quiz file


def body_in_quiz(values: Mapping[str, Value]) -> Body | None:
    """None for what no form can show, such as a kind that is not known here."""
    kind = plain_name(str(values.get("kind", CHOOSE_ONE)))
    if kind not in IN_QUIZ:
        return None
    names = KINDS[kind].names
    lines = [_read(kind, text, is_correct=name == "right") for name in names for text in _texts(values.get(name))]
    settings = {name: str(values.get(name, "")) for name in KINDS[kind].settings}
    return Body(kind, tuple(lines), settings, _is_yes(values.get("sure")))


def values_of(body: Body) -> dict[str, Value | None]:
    """The named values of this kind; those of other kinds are taken out."""
    every = {name for kind in KINDS.values() for name in (*kind.names, *kind.settings)}
    values: dict[str, Value | None] = dict.fromkeys(sorted(every))
    values["kind"] = None if body.kind == CHOOSE_ONE else body.kind
    values |= {name: body.settings.get(name, "") for name in KINDS[body.kind].settings}
    right = tuple(_written(body.kind, line) for line in body.lines if line.is_correct)
    others = tuple(_written(body.kind, line) for line in body.lines if not line.is_correct)
    match KINDS[body.kind].names:
        case ("right", "wrong"):
            values |= {"right": right if len(right) > 1 else "".join(right), "wrong": others}
        case (name,):
            values[name] = (*right, *others)
    values["sure"] = "yes" if body.asks_sure else None
    return values


# In a lesson file


def body_in_lesson(section: SectionSketch, part: str) -> Body | None:
    """The same for a question inside a step."""
    items = [line for line in section.text.split("\n") if line.strip()]
    found = [_ITEM.match(line) for line in items]
    boxed = any(match and match[1] for match in found)
    is_opinion = part in UNMARKED or (items and not boxed and part != "scenario")
    usual = OPINION if is_opinion else CHOOSE_ONE
    kind = plain_name(section.setting("kind")) or usual
    known = KINDS.get(kind)
    if known is None or any(name not in known.in_lesson for name, _ in section.settings):
        return None
    lines = []
    for match, text in zip(found, items, strict=True):
        sign = match and ("1." if match[2] else f"[{match[1].lower()}]" if match[1] else "-")
        if not match or sign not in known.signs:
            return None
        lines.append(_read(kind, text[match.end() :], is_correct=sign == "[x]"))
    settings = {name: section.setting(name) for name in known.settings}
    return Body(kind, tuple(lines), settings, _is_yes(section.setting("sure")))


def in_lesson(body: Body, part: str) -> tuple[Settings, str]:
    """Settings and lines below a question's heading, which often tell the kind without naming it."""
    is_plain_opinion = part in UNMARKED or (body.lines and part != "scenario")
    says_kind = body.kind != CHOOSE_ONE and not (body.kind == OPINION and is_plain_opinion)
    settings = {"kind": body.kind if says_kind else ""}
    settings |= {name: body.settings.get(name, "") for name in KINDS[body.kind].settings}
    settings["sure"] = "yes" if body.asks_sure else ""
    lines = [
        f"{_sign(body.kind, line, place)}{_written(body.kind, line)}" for place, line in enumerate(body.lines, 1)
    ]
    return tuple(settings.items()), "\n".join(lines)


def _sign(kind: str, line: Line, place: int) -> str:
    signs = KINDS[kind].signs
    if "[x]" in signs:
        return "- [x] " if line.is_correct else "- [ ] "
    return f"{place}. " if "1." in signs else "- "


# In a form


def typed_body(form: Form, name: str, shown: Body) -> Body:
    """The body as typed into the form of the kind that was shown, in the kind that is chosen now."""
    kind = form.get(f"{name}kind", shown.kind)
    kind = kind if kind in KINDS else shown.kind
    lines = [_typed_line(form, name, shown, number) for number in range(1, shown.rows + 1)]
    is_same = kind == shown.kind  # else the form had other fields
    settings = {one: one_line(form.get(f"{name}{one}", "")) if is_same else "" for one in KINDS[kind].settings}
    if "picture" in settings and is_same:
        settings["picture"] = PictureFields.typed(form, name).setting
    kept = tuple(line for line in lines if line.text or line.partner) if kind != ESTIMATE else ()
    return Body(kind, _without_the_obvious(kept, shown.kind), settings, f"{name}sure" in form)


def _without_the_obvious(lines: tuple[Line, ...], kind: str) -> tuple[Line, ...]:
    """Whoever says that True is right has said enough: False follows, unless it shows what a child may believe."""
    if kind != TRUE_OR_FALSE or not any(line.is_correct for line in lines):
        return lines
    return tuple(line for line in lines if line.is_correct or line.misconception)


def _typed_line(form: Form, name: str, shown: Body, number: int) -> Line:
    def typed(field: str) -> str:
        return one_line(form.get(f"{name}{field}-{number}", ""))

    if shown.kind in ONE_RIGHT:
        is_correct = form.get(f"{name}right") == str(number)
    else:
        is_correct = f"{name}right-{number}" in form
    text = ("True", "False")[number - 1] if shown.kind == TRUE_OR_FALSE else typed("option")
    return Line(text, is_correct, typed("misconception"), typed("partner"), typed("place"))


# One line


def _read(kind: str, text: str, *, is_correct: bool) -> Line:
    item = read_item(Words(0, text), "[x]" if is_correct else "[ ]")
    words, misconception = item.text, item.misconception or ""
    if kind == MATCH:
        thing, _, partner = words.partition("=")
        return Line(thing.strip(), False, misconception, partner.strip())
    if kind == SPOT and (found := _PLACE.fullmatch(words)):
        return Line(found[1], is_correct, misconception, place=found[2])
    return Line(words, is_correct, misconception)


def _written(kind: str, line: Line) -> str:
    text = line.text
    if kind == MATCH:
        text = f"{line.text} = {line.partner}"
    if kind == SPOT and line.place:
        text = f"{line.text} ({line.place})"
    return f"{text} [{line.misconception}]" if kind in WITH_BELIEFS and line.misconception else text


def _texts(value: Value | None) -> tuple[str, ...]:
    match value:
        case tuple():
            return value
        case str() if value:
            return (value,)
        case _:
            return ()


def _is_yes(value: Value | None) -> bool:
    return str(value or "").casefold() == "yes"
