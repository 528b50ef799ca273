"""A lesson's parts as an author writes them, and the steps into which publishing unrolls them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.domain.media import FilmFile, pictures_in
from app.domain.picture import Picture as Picture
from app.domain.quiz import ChooseOne, MarkedQuestion, Opinion, Option, Question, Quiz, picture_of

PartKind = Literal["precheck", "hook", "facts", "film", "scenario", "poll", "quiz", "pledge", "take-home"]
Purpose = Literal["before", "quiz", "hook", "facts", "scenario", "poll", "confidence", "pledge"]

GUIDES = {"fire": "badger", "water": "seal", "road": "hedgehog", "internet": "owl"}
"""The animal that guides through each topic, by the topic's key."""

CONFIDENCE = (
    Opinion(
        key="know",
        text="I know what to do.",
        options=tuple(
            Option(key=str(place), text=text)
            for place, text in enumerate(("Not yet", "A bit", "Mostly", "Yes"), start=1)
        ),
    ),
    Opinion(
        key="tell",
        text="I could tell someone if I was worried.",
        options=tuple(
            Option(key=str(place), text=text)
            for place, text in enumerate(("Not yet", "A bit", "Mostly", "Yes"), start=1)
        ),
    ),
)


class Agency(BaseModel, frozen=True):
    """An organisation that contributes, as a lesson names it."""

    key: str
    name: str


class Topic(BaseModel, frozen=True):
    key: str
    name: str

    @property
    def guide(self) -> str:
        """Whose pictures stand beside its lessons: its animal's, or the lighthouse's where it has none."""
        return GUIDES.get(self.key, "lighthouse")


class Fact(BaseModel, frozen=True):
    """One statement with its source; shown to adults with a mark until its agency has signed it."""

    key: str
    text: str
    source: str
    checked_on: date
    review_by: date
    confidence: Literal["H", "M", "L"]
    audience: Literal["pupils", "teachers"]


class Card(BaseModel, frozen=True):
    """One slide of a hook or facts part."""

    title: str
    text: str = ""
    picture: Picture | None = None


class Way(BaseModel, frozen=True):
    """Where a story goes on when the class chooses this option: the key of a step."""

    option: str
    to: str


class Scene(BaseModel, frozen=True):
    """A slide on one of a story's ways. It ends the story, or asks how it goes on."""

    card: Card
    question: Opinion | None = None
    ways: tuple[Way, ...] = ()


class Part(BaseModel, frozen=True):
    """One of a lesson's typed parts as the author writes it; it unrolls into one or more steps."""

    kind: PartKind
    title: str
    minutes: float
    text: str = ""
    picture: Picture | None = None
    film: FilmFile | None = None
    cards: tuple[Card, ...] = ()
    question: Question | None = None
    ask_after: int = 0
    """How many of the cards stand before the question."""
    ending: Card | None = None
    ways: tuple[Way, ...] = ()
    scenes: tuple[Scene, ...] = ()
    """Of a story that goes on as the class votes; else there is one ending, or none."""
    sensitivity: Literal[0, 1, 2] = 0
    tally_only: bool = False
    lead: Agency | None = None
    fact_ids: tuple[str, ...] = ()
    teacher_note: str = ""
    presenter_note: str = ""


class Draft(BaseModel, frozen=True):
    """A lesson as its author edits it: what `lessons/*.md` holds."""

    key: str
    title: str
    topic: Topic
    lead: Agency
    supports: tuple[Agency, ...] = ()
    objectives: tuple[str, ...] = ()
    before_you_start: str = ""
    you_need: str = ""
    quiz: str
    facts: tuple[Fact, ...] = ()
    parts: tuple[Part, ...]


class StepBase(BaseModel, frozen=True):
    key: str
    part: PartKind
    title: str
    minutes: float = 0
    text: str = ""
    picture: Picture | None = None
    sensitivity: Literal[0, 1, 2] = 0
    lead: Agency
    fact_ids: tuple[str, ...] = ()
    teacher_note: str = ""
    presenter_note: str = ""

    @property
    def pictures(self) -> tuple[str, ...]:
        """The paths of all pictures that the step shows."""
        beside = (self.picture.path,) if self.picture else ()
        return (*beside, *(path for _, path in pictures_in(self.text)))


class Slide(StepBase, frozen=True):
    kind: Literal["slide"] = "slide"
    ends_story: bool = False
    """One of several endings: what comes next is what follows the story."""


class Film(StepBase, frozen=True):
    """Played on the classroom screen only; pupils' devices show its transcript."""

    kind: Literal["film"] = "film"
    file: FilmFile


class Asking(StepBase, frozen=True):
    """One question step; the same question before and in the quiz is two askings."""

    kind: Literal["asking"] = "asking"
    question: Question
    purpose: Purpose
    has_feedback: bool
    tally_only: bool = False
    ways: tuple[Way, ...] = ()
    """Where the story goes on; the class's vote says which way."""

    @property
    def is_anchor(self) -> bool:
        return isinstance(self.question, ChooseOne) and self.question.is_anchor

    @property
    def pictures(self) -> tuple[str, ...]:
        asked = picture_of(self.question)
        return (*super().pictures, *((asked.path,) if asked else ()))


class Pledge(StepBase, frozen=True):
    """A promise each child may choose; counted for the class only."""

    kind: Literal["pledge"] = "pledge"
    question: Opinion
    purpose: Literal["pledge"] = "pledge"
    has_feedback: bool = True
    tally_only: bool = False

    @property
    def is_anchor(self) -> bool:
        return False


class TakeHome(StepBase, frozen=True):
    kind: Literal["take_home"] = "take_home"


AnyStep = Slide | Film | Asking | Pledge | TakeHome
Step = Annotated[AnyStep, Field(discriminator="kind")]


class Lesson(BaseModel, frozen=True):
    """One published version: what a run points at. It never changes."""

    key: str
    title: str
    topic: Topic
    lead: Agency
    supports: tuple[Agency, ...] = ()
    objectives: tuple[str, ...] = ()
    before_you_start: str = ""
    you_need: str = ""
    misconceptions: Mapping[str, str] = {}
    facts: tuple[Fact, ...] = ()
    parts: tuple[tuple[str, float], ...] = ()
    steps: tuple[Step, ...]

    def step(self, key: str) -> AnyStep:
        return next(step for step in self.steps if step.key == key)

    @property
    def minutes(self) -> float:
        return sum(minutes for _, minutes in self.parts)

    @property
    def askings(self) -> tuple[Asking | Pledge, ...]:
        return tuple(step for step in self.steps if isinstance(step, Asking | Pledge))


def unroll(draft: Draft, quiz: Quiz) -> Lesson:
    """The steps of a draft in order, its quiz unrolled into question steps: what publishing freezes."""
    return Lesson(
        **draft.model_dump(include={"key", "title", "objectives", "before_you_start", "you_need"}),
        topic=draft.topic,
        lead=draft.lead,
        supports=draft.supports,
        facts=draft.facts,
        misconceptions=quiz.misconceptions,
        parts=tuple((part.title, part.minutes) for part in draft.parts),
        steps=tuple(step for part in draft.parts for step in _steps_of(part, draft, quiz)),
    )


def fact_leaders(lesson: Lesson, fact: str) -> tuple[Agency, ...]:
    """The agencies that answer for a fact: those that lead a step which rests on it, else the lesson's own."""
    leading = [step.lead for step in lesson.steps if fact in step.fact_ids]
    return tuple(dict.fromkeys(leading)) or (lesson.lead,)


def skipped_for(lesson: Lesson, questions: int) -> tuple[str, ...]:
    """Keys of the steps that a run of eight (or ten) quiz questions leaves out.

    Anchors are never skipped (ruling 16); of the others the first stay.
    """
    quiz = [step for step in lesson.steps if isinstance(step, Asking) and step.purpose == "quiz"]
    room = questions - sum(step.is_anchor for step in quiz)
    others = [step.key for step in quiz if not step.is_anchor]
    return tuple(others[max(room, 0) :])


def _steps_of(part: Part, draft: Draft, quiz: Quiz) -> Iterable[AnyStep]:
    shared: dict[str, Any] = {
        "part": part.kind,
        "sensitivity": part.sensitivity,
        "lead": part.lead or draft.lead,
        "fact_ids": part.fact_ids,
        "teacher_note": part.teacher_note,
        "presenter_note": part.presenter_note,
    }
    face: dict[str, Any] = {"title": part.title, "text": part.text, "picture": part.picture}
    match part.kind:
        case "precheck":
            yield Slide(key="before", minutes=part.minutes, **face, **shared)
            yield from _askings(quiz.anchors, "before", has_feedback=False, shared=shared)
            yield from _confidence("before", shared)
        case "quiz":
            yield Slide(key="quiz", minutes=part.minutes, **face, **shared)
            yield from _askings(quiz.live, "quiz", has_feedback=True, shared=shared)
            yield from _confidence("quiz", shared)
        case "scenario" | "poll":
            if part.question is None:
                raise ValueError(f"the {part.kind} part asks a question")
            if part.text or part.picture:
                yield Slide(key=part.kind, minutes=part.minutes, **face, **shared)
            yield Asking(
                key=f"{part.kind}.ask",
                title=part.title,
                picture=part.picture,
                question=part.question,
                purpose=part.kind,
                has_feedback=True,
                tally_only=part.tally_only,
                ways=part.ways,
                **shared,
            )
            yield from _scenes(part, shared)
            if part.ending:
                yield Slide(key=f"{part.kind}.ending", **part.ending.model_dump(), **shared)
        case "pledge":
            if not isinstance(part.question, Opinion):
                raise ValueError("the pledge part offers promises")
            yield Pledge(key="pledge", minutes=part.minutes, question=part.question, **face, **shared)
        case "film":
            if part.film is None:
                raise ValueError("the film part shows a film")
            yield Film(key=_film_key(part, draft), minutes=part.minutes, title=part.title, file=part.film, **shared)
        case "take-home":
            yield TakeHome(key="take-home", minutes=part.minutes, **face, **shared)
        case "hook" | "facts":
            yield from _cards_and_question(part, shared)


def _cards_and_question(part: Part, shared: dict[str, Any]) -> Iterable[Slide | Asking]:
    cards = part.cards
    if not cards and (part.text or part.picture or not part.question):
        cards = (Card(title=part.title, text=part.text, picture=part.picture),)
    slides = [
        Slide(key=part.kind if len(cards) == 1 else f"{part.kind}.{place}", **card.model_dump(), **shared)
        for place, card in enumerate(cards, start=1)
    ]
    steps: list[Slide | Asking] = list(slides)
    if part.question:
        asking = Asking.model_validate(
            {
                **shared,
                "key": f"{part.kind}.ask",
                "title": part.title,
                "question": part.question,
                "purpose": part.kind,
                "has_feedback": True,
            }
        )
        steps.insert(part.ask_after if part.cards else len(slides), asking)
    yield steps[0].model_copy(update={"minutes": part.minutes})
    yield from steps[1:]


def scene_key(place: int) -> str:
    """The key of a story's scene; the first is 1."""
    return f"scenario.scene.{place}"


def _scenes(part: Part, shared: dict[str, Any]) -> Iterable[Slide | Asking]:
    for place, scene in enumerate(part.scenes, start=1):
        yield Slide(key=scene_key(place), ends_story=scene.question is None, **scene.card.model_dump(), **shared)
        if scene.question:
            yield Asking(
                key=f"scenario.ask.{place}",
                title=scene.card.title,
                question=scene.question,
                purpose="scenario",
                has_feedback=True,
                ways=scene.ways,
                **shared,
            )


def _film_key(part: Part, draft: Draft) -> str:
    """A lesson may have several films: film, film.2, ..."""
    films = [one for one in draft.parts if one.kind == "film"]
    place = next(place for place, one in enumerate(films, start=1) if one is part)
    return "film" if place == 1 else f"film.{place}"


def _askings(
    questions: Iterable[MarkedQuestion], purpose: Purpose, *, has_feedback: bool, shared: dict[str, Any]
) -> Iterable[Asking]:
    for question in questions:
        yield Asking.model_validate(
            {
                **shared,
                "key": f"{purpose}.{question.key}",
                "title": question.text,
                "fact_ids": question.fact_ids,
                "question": question,
                "purpose": purpose,
                "has_feedback": has_feedback,
            }
        )


def _confidence(when: str, shared: dict[str, Any]) -> Iterable[Asking]:
    """The two confidence askings that end each precheck and each quiz; never marked (ruling 19)."""
    for question in CONFIDENCE:
        yield Asking.model_validate(
            {
                **shared,
                "key": f"{when}.{question.key}",
                "title": question.text,
                "fact_ids": (),
                "question": question,
                "purpose": "confidence",
                "has_feedback": False,
            }
        )
