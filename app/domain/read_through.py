"""A lesson as a colleague reads it from top to end: each step once, its answers, beliefs and facts in words."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from app.domain.lesson import AnyStep, Asking, Fact, Film, Lesson, Pledge
from app.domain.picture import Picture
from app.domain.quiz import Estimate, Match, PutInOrder, Question, picture_of

HOW = {
    "choose_all": "All that are right are chosen.",
    "true_or_false": "True or false?",
    "estimate": "A number is chosen.",
    "put_in_order": "They are put in this order.",
    "match": "These go together.",
    "spot": "Those that are ticked are to be found in the picture.",
    "opinion": "No answer is right or wrong.",
}
"""How it is answered, where that is not one of several with one safest."""


class Answer(NamedTuple):
    text: str
    is_right: bool = False
    belief: str = ""
    """What a child who picks it may believe."""
    leads_to: str = ""
    """The scene to which a story goes on."""


class Asked(NamedTuple):
    """A question with all that belongs to it; those of the quiz are asked before as well when they are anchors."""

    key: str
    text: str
    how: str
    answers: tuple[Answer, ...]
    why: str
    talk: str
    facts: tuple[Fact, ...]
    is_anchor: bool = False
    asks_sure: bool = False


class Shown(NamedTuple):
    """One slide, film or question of a step."""

    title: str = ""
    text: str = ""
    picture: Picture | None = None
    transcript: tuple[str, ...] = ()
    asked: Asked | None = None


class Passage(NamedTuple):
    """One step as its author wrote it: what the stage shows, and what only adults see."""

    kind: str
    title: str
    minutes: float
    led_by: str
    is_optional: bool
    shown: tuple[Shown, ...]
    facts: tuple[Fact, ...]
    teacher_note: str
    presenter_note: str

    @property
    def is_precheck(self) -> bool:
        """Its questions stand in the quiz as well, so they are read there."""
        return self.kind == "precheck"


def read_through(lesson: Lesson) -> tuple[Passage, ...]:
    groups = groupby(lesson.steps, key=lambda step: step.key if isinstance(step, Film) else step.part)
    return tuple(
        _passage(lesson, title, tuple(steps)) for (_, steps), (title, _) in zip(groups, lesson.parts, strict=False)
    )


def facts_of_nothing(lesson: Lesson) -> tuple[Fact, ...]:
    """Those on which no step and no question rests."""
    named = {key for step in lesson.steps for key in step.fact_ids}
    return tuple(fact for fact in lesson.facts if fact.key not in named)


def _passage(lesson: Lesson, title: str, steps: tuple[AnyStep, ...]) -> Passage:
    first = steps[0]
    return Passage(
        kind=first.part,
        title=title,
        minutes=sum(step.minutes for step in steps),
        led_by=first.lead.name if first.lead != lesson.lead else "",
        is_optional=first.sensitivity == 2,
        shown=tuple(_shown(lesson, steps)),
        facts=_facts(lesson, first.fact_ids) if first.part != "quiz" else (),
        teacher_note=first.teacher_note,
        presenter_note=first.presenter_note,
    )


def _shown(lesson: Lesson, steps: Iterable[AnyStep]) -> Iterator[Shown]:
    """A title and a picture are looked at once, however many screens show them."""
    title = ""
    seen: Picture | None = None
    for step in steps:
        if isinstance(step, Asking) and step.purpose in ("before", "confidence"):
            continue
        picture = picture_of(step.question) if isinstance(step, Asking) else step.picture
        yield Shown(
            title=step.title if step.title != title and not _is_of_quiz(step) else "",
            text=step.text,
            picture=picture if picture != seen else None,
            transcript=step.file.transcript if isinstance(step, Film) else (),
            asked=_asked(lesson, step) if isinstance(step, Asking | Pledge) else None,
        )
        title, seen = step.title, picture


def _is_of_quiz(step: AnyStep) -> bool:
    return isinstance(step, Asking) and step.purpose == "quiz"


def _asked(lesson: Lesson, step: Asking | Pledge) -> Asked:
    question = step.question
    return Asked(
        key=question.key if step.purpose == "quiz" else "",
        text=question.text,
        how=HOW.get(question.kind, ""),
        answers=_answers(lesson, step),
        why=question.explanation,
        talk=question.talk,
        facts=_facts(lesson, step.fact_ids) if step.purpose == "quiz" else (),
        is_anchor=step.is_anchor and step.purpose == "quiz",
        asks_sure=question.asks_sure,
    )


def _answers(lesson: Lesson, step: Asking | Pledge) -> tuple[Answer, ...]:
    question: Question = step.question
    match question:
        case Estimate(scale=scale):
            right = question.without_devices().correct.text
            return (Answer(right, is_right=True), Answer(f"on a scale from {scale.first} to {scale.last}"))
        case PutInOrder(things=things):
            return tuple(Answer(f"{place}. {thing.text}") for place, thing in enumerate(things, start=1))
        case Match(pairs=pairs):
            return tuple(Answer(f"{pair.text} = {pair.partner}") for pair in pairs)
        case _:
            ways = {way.option: lesson.step(way.to).title for way in getattr(step, "ways", ())}
            return tuple(
                Answer(
                    option.text,
                    option.is_correct,
                    lesson.misconceptions.get(option.misconception or "", option.misconception or ""),
                    ways.get(option.key, ""),
                )
                for option in question.options
            )


def _facts(lesson: Lesson, keys: Iterable[str]) -> tuple[Fact, ...]:
    known = {fact.key: fact for fact in lesson.facts}
    return tuple(known[key] for key in keys if key in known)
