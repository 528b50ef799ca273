"""What children and the classroom screen are shown.

These types have no `is_correct`, no misconception, no note and no file name: what is not here cannot leak.
The safest answer and its explanation exist only in `Reveal`, which is made when the stage is revealed.
"""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel

from app.domain.errors import Invalid
from app.domain.lesson import AnyStep, Asking, Film, Picture, Pledge
from app.domain.media import renamed
from app.domain.questions.option import Face, ShownOption
from app.domain.questions.question import Form
from app.domain.quiz import Question, meanings, picture_of
from app.domain.run import Phase, Place, Plan, Stage

PREVIEW = "preview"
"""In place of a run's seed where an author looks at a draft."""
RULES_TITLE = "Our ground rules"
RULES = """\
- We **listen** to each other.
- Anyone may **pass**.
- No names and no personal stories.
- Something worries you? Tell a grown-up you trust, later.
"""


class ShownPicture(BaseModel, frozen=True):
    name: str
    alt: str


class ShownQuestion(Face, frozen=True):
    """A question as it stands on a screen; `asking` is its name for this run only."""

    asking: str
    round: int
    text: str
    form: Form
    choices: tuple[str, ...]
    """What a choice is made of: the letters on the screen, or numbers."""
    asks_sure: bool
    offers_not_sure: bool
    is_final: bool
    """The first tap is final: a tally-only asking."""
    number: int
    of: int
    picture: ShownPicture | None = None

    def option(self, letter: str) -> ShownOption | None:
        return next((option for option in self.options if option.letter == letter), None)


class ShownFilm(BaseModel, frozen=True):
    """A film for the classroom screen, and its words for everybody."""

    name: str
    captions_name: str
    transcript: tuple[str, ...]
    seconds: float


class Reveal(BaseModel, frozen=True):
    """What may be known once the question is revealed. `answer` is the safest one as a device sends it."""

    answer: str
    explanation: str
    talk: str

    @property
    def letter(self) -> str:
        """The safest answer where it is one letter; empty for an opinion."""
        return self.answer if len(self.answer) == 1 else ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Of a match: each letter with its number."""
        return tuple(zip(self.answer[::2], self.answer[1::2], strict=True))

    @property
    def between(self) -> tuple[int, int]:
        """Of an estimate: the smallest and the largest right number."""
        low, _, high = self.answer.partition("-")
        return int(low), int(high)


class Shown(BaseModel, frozen=True):
    """One stage of one run as children see it."""

    phase: Phase
    kind: Literal["lobby", "rules", "slide", "film", "question", "pledge", "take_home", "finished"]
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
    if stage.is_rules:
        return Shown(**frame, kind="rules", title=RULES_TITLE, text=RULES)
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
    question, marks = step.question, marks_of(place, seed)
    return ShownQuestion(
        **dict(question.face(marks)),
        asking=asking_name(seed, place),
        round=stage.round,
        text=question.text,
        form=question.form,
        choices=question.choices(marks),
        asks_sure=question.asks_sure,
        offers_not_sure=question.offers_not_sure,
        is_final=step.tally_only,
        number=number,
        of=of,
        picture=_picture(picture_of(question), seed),
    )


def _reveal(stage: Stage, place: Place, seed: str) -> Reveal | None:
    step = place.step
    if stage.phase != "revealed" or not isinstance(step, Asking | Pledge):
        return None
    question = step.question
    return Reveal(answer=question.answer(marks_of(place, seed)), explanation=question.explanation, talk=question.talk)


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


def marks_of(place: Place, seed: str) -> dict[str, str]:
    """The letters of a question in a run, and the keys they stand for."""
    step = place.step
    return step.question.marks(seed, f"{place.module}/{step.key}") if isinstance(step, Asking | Pledge) else {}


def way_of(plan: Plan, stage: Stage, seed: str, letter: str) -> str:
    """The step to which a shown letter leads a story; empty for none. Raises Invalid for what leads nowhere."""
    here = plan.at(stage)
    if not letter:
        return ""
    ways = here.step.ways if here and isinstance(here.step, Asking) else ()
    option = marks_of(here, seed).get(letter) if here else None
    for way in ways:
        if way.option == option:
            return way.to
    raise Invalid("The story does not go on there.")


class OfferedAsking(BaseModel, frozen=True):
    """An asking as this run's devices name it, and what a device may send means in the store."""

    module: int
    step_key: str
    tally_only: bool
    question: Question
    marks: dict[str, str]
    meanings: dict[str, str]
    """Choices of one tap -> the stored choice: most answers need no more than this."""

    def meant(self, choice: str) -> str | None:
        """The stored choice; None for what is not on the screen."""
        return self.meanings.get(choice) or self.question.meant(choice, self.marks)


def offered_askings(plan: Plan, seed: str) -> dict[str, OfferedAsking]:
    """All askings of a run by their public names."""
    return {
        asking_name(seed, place): OfferedAsking(
            module=place.module,
            step_key=place.step.key,
            tally_only=place.step.tally_only,
            question=place.step.question,
            marks=marks_of(place, seed),
            meanings=meanings(place.step.question, marks_of(place, seed)),
        )
        for place in plan.places
        if isinstance(place.step, Asking | Pledge)
    }
