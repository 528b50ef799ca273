"""What a class takes away on paper: certificate, take-home sheet, promise cards and worksheets, from its lesson.

None of them has a line for a pupil's name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Literal, NamedTuple, get_args

from app.documents.prose import Block, prose
from app.documents.typesetting import drawing, typeset
from app.domain.errors import NotFound
from app.domain.impact import names_of
from app.domain.lesson import Lesson, Picture, Pledge, Slide, TakeHome
from app.domain.timetable import HOME

Paper = Literal["take-home", "promises", "worksheet"]
PAPERS: tuple[Paper, ...] = get_args(Paper)
Find = Callable[[str], bytes | None]
"""The content of a picture by its path in the lesson; None when it is not there."""

TELL = (
    "A **trusted adult at home**",
    "A **trusted adult at school**",
    "**Childline 0800 1111**. It is free, day or night, for any worry.",
    "**999** if someone is in danger now.",
)
TELL_LAST = "Keep telling until someone helps. It is never your fault."
NO_PROMISE = "rather not say"
"""How the choice reads that is no promise: a card that stays empty says it already."""


class Sign(NamedTuple):
    """A sign to draw with, and what it means. `templates/papers/worksheet.typ` knows how each looks."""

    sign: Literal["line", "dashes", "dots", "circle", "dot", "square", "cross", "tree", "zebra", "wave"]
    means: str


@dataclass(frozen=True)
class Worksheet:
    """A place to draw, and lines to fill in at home."""

    name: str
    signs: tuple[Sign, ...]
    corners: tuple[tuple[str, str], ...]
    """Where a label stands in the drawing, and what it says."""
    lines: tuple[str, ...]
    note: str


WORKSHEETS: Mapping[str, Worksheet] = {
    "fire": Worksheet(
        name="Escape plan",
        signs=(
            Sign("line", "first way out"),
            Sign("dashes", "second way out"),
            Sign("tree", "meeting place"),
            Sign("dot", "smoke alarm"),
            Sign("cross", "where keys are"),
            Sign("square", "telephone"),
        ),
        corners=(("top", "Our home, seen from above"),),
        lines=(
            "We meet at",
            "The keys are",
            "Who wakes whom",
            "Next alarm test",
            "Our address for 999",
            "We walked it on",
        ),
        note="Fill this in at home, with an adult, and keep it at home. Two floors? Draw one beside the other.",
    ),
    "road": Worksheet(
        name="Route planner",
        signs=(
            Sign("line", "my way"),
            Sign("dots", "a spare way"),
            Sign("zebra", "crossing"),
            Sign("wave", "busy road"),
            Sign("circle", "shop or safe place"),
            Sign("cross", "take extra care"),
        ),
        corners=(("left", "Home"), ("right", "School")),
        lines=(
            "I leave home at",
            "It takes me",
            "A safe place on my way",
            "My spare way",
            "We tried it on",
            "If I am worried I tell",
        ),
        note="Fill this in at home, with an adult, and keep it at home. Try it together, a week before term.",
    ),
}
"""By the topic's key. A topic without one has its take-home sheet alone."""


@dataclass(frozen=True)
class Certificate:
    """What a class group did on one day, and with whom."""

    school: str
    class_label: str
    programme: str
    taught_at: datetime
    lessons: tuple[tuple[str, str], ...]
    """Title and topic of each lesson that was shown."""
    agencies: tuple[str, ...]


def papers_of(lesson: Lesson) -> tuple[Paper, ...]:
    """The papers for which a lesson has the words."""
    kinds = {step.kind for step in lesson.steps}
    has: dict[Paper, bool] = {
        "take-home": "take_home" in kinds,
        "promises": "pledge" in kinds,
        "worksheet": "take_home" in kinds and lesson.topic.key in WORKSHEETS,
    }
    return tuple(paper for paper in PAPERS if has[paper])


def name_of(paper: Paper, lesson: Lesson) -> str:
    match paper:
        case "take-home":
            return "Take-home sheet"
        case "promises":
            return "Promise cards"
        case _:
            return WORKSHEETS[lesson.topic.key].name


def paper_pdf(paper: str, lesson: Lesson, find: Find, *, product: str, whose: str, now: datetime) -> bytes:
    """`whose` stands at the head: a class and its school, or nothing. Raises NotFound."""
    shared = {"product": product, "class": whose, "topic": lesson.topic.name, "title": lesson.title}
    for known in papers_of(lesson):
        if known == paper:
            return typeset(known, shared | _content(known, lesson, find), now)
    raise NotFound("This lesson has no such sheet.")


def certificate_pdf(certificate: Certificate, *, product: str, now: datetime) -> bytes:
    day = certificate.taught_at.astimezone(HOME)
    content = {
        "product": product,
        "school": certificate.school,
        "class_label": certificate.class_label,
        "programme": certificate.programme,
        "day": f"{day:%A} {day.day} {day:%B %Y}",
        "lessons": [{"title": title, "topic": topic} for title, topic in certificate.lessons],
        "agencies": names_of(certificate.agencies),
        "guide": drawing("lighthouse"),
    }
    return typeset("certificate", content, now)


def _content(paper: Paper, lesson: Lesson, find: Find) -> dict[str, Any]:
    match paper:
        case "take-home":
            return _take_home(lesson, find)
        case "promises":
            return _promises(lesson)
        case _:
            return _worksheet(lesson)


def _take_home(lesson: Lesson, find: Find) -> dict[str, Any]:
    step = next(step for step in lesson.steps if isinstance(step, TakeHome))
    cards = [step for step in lesson.steps if isinstance(step, Slide) and step.part == "facts" and step.text]
    return {
        "heading": step.title,
        "words": _words(prose(step.text)),
        "picture": _picture(step.picture, find),
        "objectives": lesson.objectives,
        "cards": [{"title": card.title, "words": _words(prose(card.text))} for card in cards],
        "tell": [_words(prose(line))[0] for line in TELL],
        "tell_last": TELL_LAST,
        "agencies": names_of(agency.name for agency in (lesson.lead, *lesson.supports)),
    }


def _promises(lesson: Lesson) -> dict[str, Any]:
    step = next(step for step in lesson.steps if isinstance(step, Pledge))
    return {
        "promises": [option.text for option in step.question.options if NO_PROMISE not in option.text],
        "words": _words(prose(step.text)),
        "guide": drawing(lesson.topic.guide),
    }


def _worksheet(lesson: Lesson) -> dict[str, Any]:
    step = next(step for step in lesson.steps if isinstance(step, TakeHome))
    sheet = WORKSHEETS[lesson.topic.key]
    return {
        "heading": step.title,
        "words": _words(prose(step.text)),
        "signs": [sign._asdict() for sign in sheet.signs],
        "corners": [{"at": at, "says": says} for at, says in sheet.corners],
        "lines": sheet.lines,
        "note": sheet.note,
    }


def _words(blocks: Iterable[Block]) -> Sequence[dict[str, Any]]:
    return [{"is_item": block.is_item, "words": [words._asdict() for words in block.words]} for block in blocks]


def _picture(picture: Picture | None, find: Find) -> dict[str, Any] | None:
    content = find(picture.path) if picture else None
    if picture is None or content is None:
        return None
    if PurePath(picture.path).suffix == ".svg":
        return {"kind": "svg", "content": content.decode(), "alt": picture.alt}
    return {"kind": "raster", "bytes": list(content), "alt": picture.alt}
