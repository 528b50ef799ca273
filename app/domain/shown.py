"""What children and the classroom screen are shown.

These types have no `is_correct`, no misconception, no note and no file name: what is not here cannot leak.
The safest answer and its explanation exist only in `Reveal`, which is made when the stage is revealed.
"""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel

from app.domain.lesson import AnyStep, Asking, Film, Picture, Pledge
from app.domain.media import renamed
from app.domain.quiz import LETTERS, ChooseOne, meanings, offers_not_sure, shown_order
from app.domain.run import Phase, Place, Plan, Stage

Shape = Literal["triangle", "circle", "square", "diamond"]
SHAPES: tuple[Shape, ...] = ("triangle", "circle", "square", "diamond")
PREVIEW = "preview"
"""In place of a run's seed where an author looks at a draft."""


class ShownOption(BaseModel, frozen=True):
    letter: str
    shape: Shape
    text: str


class ShownQuestion(BaseModel, frozen=True):
    """A question as it stands on a screen; `asking` is its name for this run only."""

    asking: str
    round: int
    text: str
    options: tuple[ShownOption, ...]
    offers_not_sure: bool
    is_final: bool
    """The first tap is final: a tally-only asking."""
    number: int
    of: int

    def option(self, letter: str) -> ShownOption | None:
        return next((option for option in self.options if option.letter == letter), None)


class ShownPicture(BaseModel, frozen=True):
    name: str
    alt: str


class ShownFilm(BaseModel, frozen=True):
    """A film for the classroom screen, and its words for everybody."""

    name: str
    captions_name: str
    transcript: tuple[str, ...]
    seconds: float


class Reveal(BaseModel, frozen=True):
    """What may be known once the question is revealed. `letter` is empty for an opinion."""

    letter: str
    explanation: str
    talk: str


class Shown(BaseModel, frozen=True):
    """One stage of one run as children see it."""

    phase: Phase
    kind: Literal["lobby", "slide", "film", "question", "pledge", "take_home", "finished"]
    topic_key: str
    topic_name: str
    guide: str
    lesson_title: str
    lead: str
    part: str = ""
    title: str = ""
    text: str = ""
    picture: ShownPicture | None = None
    film: ShownFilm | None = None
    question: ShownQuestion | None = None
    reveal: Reveal | None = None


def public_name(seed: str, thing: str) -> str:
    """The name of a step or picture in this run's traffic: drawn by its seed, told by nothing else."""
    return hashlib.sha256(f"{seed}|name|{thing}".encode()).hexdigest()[:16]


def asking_name(seed: str, place: Place) -> str:
    return public_name(seed, f"{place.module}/{place.step.key}")


def show(stage: Stage, plan: Plan, seed: str) -> Shown:
    """The stage as children see it; options in the run's own order, the safest one only once revealed."""
    lesson = plan.lessons[min(stage.module, len(plan.lessons) - 1)]
    frame: dict[str, Any] = {
        "phase": stage.phase,
        "topic_key": lesson.topic.key,
        "topic_name": lesson.topic.name,
        "guide": lesson.topic.guide,
        "lesson_title": lesson.title,
        "lead": lesson.lead.name,
    }
    here = plan.at(stage)
    if stage.phase == "finished" or (here is None and stage.phase != "lobby"):
        return Shown(**frame, kind="finished", title="Thank you")
    if here is None:
        return Shown(**frame, kind="lobby", title=lesson.title)
    step = here.step
    if isinstance(step, Asking | Pledge):
        frame |= {"question": _question(stage, plan, seed, here), "reveal": _reveal(stage, here, seed)}
    return Shown(
        **frame,
        kind="question" if step.kind == "asking" else step.kind,
        part=step.part,
        title=step.title,
        text=renamed(step.text, {path: f"/media/{public_name(seed, path)}" for path in step.pictures}),
        picture=_picture(step.picture, seed),
        film=_film(step, seed),
    )


def _question(stage: Stage, plan: Plan, seed: str, place: Place) -> ShownQuestion:
    step = place.step
    assert isinstance(step, Asking | Pledge)
    number, of = plan.asking_number(stage)
    order = shown_order(step.question, seed, f"{place.module}/{step.key}")
    return ShownQuestion(
        asking=asking_name(seed, place),
        round=stage.round,
        text=step.question.text,
        options=tuple(
            ShownOption(letter=letter, shape=shape, text=option.text)
            for letter, shape, option in zip(LETTERS, SHAPES, order, strict=False)
        ),
        offers_not_sure=offers_not_sure(step.question),
        is_final=step.tally_only,
        number=number,
        of=of,
    )


def _reveal(stage: Stage, place: Place, seed: str) -> Reveal | None:
    step = place.step
    if stage.phase != "revealed" or not isinstance(step, Asking | Pledge):
        return None
    letter = ""
    if isinstance(step.question, ChooseOne):
        order = shown_order(step.question, seed, f"{place.module}/{step.key}")
        letter = LETTERS[order.index(step.question.correct)]
    return Reveal(letter=letter, explanation=step.question.explanation, talk=step.question.talk)


def _picture(picture: Picture | None, seed: str) -> ShownPicture | None:
    if picture is None:
        return None
    return ShownPicture(name=public_name(seed, picture.path), alt=picture.alt)


def _film(step: AnyStep, seed: str) -> ShownFilm | None:
    if not isinstance(step, Film):
        return None
    return ShownFilm(
        name=public_name(seed, step.file.path),
        captions_name=public_name(seed, step.file.captions_path),
        transcript=step.file.transcript,
        seconds=step.file.seconds,
    )


class OfferedAsking(BaseModel, frozen=True):
    """An asking as this run's devices name it, and what each shown letter means in the store."""

    module: int
    step_key: str
    tally_only: bool
    meanings: dict[str, str]
    """What a device may send (a shown letter, or not sure) -> the stored choice."""


def offered_askings(plan: Plan, seed: str) -> dict[str, OfferedAsking]:
    """All askings of a run by their public names."""
    return {
        asking_name(seed, place): OfferedAsking(
            module=place.module,
            step_key=place.step.key,
            tally_only=place.step.tally_only,
            meanings=meanings(place.step.question, seed, f"{place.module}/{place.step.key}"),
        )
        for place in plan.places
        if isinstance(place.step, Asking | Pledge)
    }
