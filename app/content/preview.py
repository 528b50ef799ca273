"""As much of one step as can be shown already, while the rest of its lesson may still be anything."""

from collections.abc import Iterable
from pathlib import Path

from app.content import quiz_files
from app.content.drafts import DraftTexts
from app.content.films import FilmShelf
from app.content.parts import WITH_QUESTION, PartReader, read_agency, slug
from app.content.pictures import PictureShelf
from app.content.problems import ProblemList
from app.content.sections import cut_sections
from app.content.sketch import PartSketch, write_part
from app.content.yaml_pieces import read_values
from app.domain.lesson import Agency, Draft, Lesson, Part, Topic, unroll
from app.domain.media import OwnMedia
from app.domain.quiz import Quiz


def lesson_with(texts: DraftTexts, parts: Iterable[str], pictures: Path, own: OwnMedia | None = None) -> Lesson:
    """A lesson of these parts. A question that is not finished is left out; everything else is as it will be."""
    front = read_values(texts.sketch.front or "") or {}
    topic, lead = str(front.get("topic") or "Safety"), str(front.get("lead") or "")
    draft = Draft(
        key=texts.key,
        title=str(front.get("title") or "Untitled"),
        topic=Topic(key=slug(topic), name=topic),
        lead=read_agency(lead) if lead else Agency(key="", name=""),
        quiz=texts.key,
        parts=tuple(part for text in parts if (part := part_alone(text, pictures, own))),
    )
    return unroll(draft, quiz_alone(texts, pictures, own))


def part_alone(text: str, pictures: Path, own: OwnMedia | None = None) -> Part | None:
    problems = ProblemList("part")
    sections = cut_sections(text, problems, first_line=1)
    films = FilmShelf(pictures.with_name("films"), problems, own or {})
    shelf = PictureShelf(pictures, problems, own or {})
    part = PartReader(problems, shelf, films).read(sections[0]) if sections else None
    if part and part.kind == "film" and part.film is None:
        return None  # there is nothing to show yet
    if part and part.kind in WITH_QUESTION and part.question is None:
        return part.model_copy(update={"kind": "hook", "cards": ()})  # its words and picture can be shown
    return part


def quiz_alone(texts: DraftTexts, pictures: Path, own: OwnMedia | None = None) -> Quiz:
    """The questions that are finished, whatever is wrong with the others."""
    sketch = texts.quiz_sketch
    made = [quiz_files.question_alone(text, pictures, own) for text in sketch.questions]
    return Quiz(
        key=texts.key,
        title=texts.key,
        misconceptions=sketch.misconceptions,
        questions=tuple(question for question in made if question),
    )


def question_part() -> str:
    """A part that asks the quiz's questions, for a look at one of them."""
    return write_part(PartSketch(kind="Quiz", title="Quiz", settings=(("minutes", "1"),)))
