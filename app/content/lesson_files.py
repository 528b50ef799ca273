"""Reads `lessons/*.md` into a draft, or into all that is wrong with it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from app.content.fields import Fields, Words
from app.content.films import FilmShelf
from app.content.parts import PartReader, read_agency, slug
from app.content.pictures import PictureShelf
from app.content.plain_yaml import read_fields
from app.content.problems import ProblemList
from app.content.reading import texts_of_lesson
from app.content.sections import Section, cut_front, cut_sections
from app.content.sources import check_uses, read_facts
from app.content.text_files import read_text, shown_name
from app.content.wording import check_grade
from app.domain.lesson import Draft, Fact, Part, Topic
from app.domain.media import OwnMedia

FRAME_NAMES = ("title", "topic", "lead", "supports", "quiz", "objectives", "before you start", "you need")


@dataclass
class LessonFile:
    """One lesson file: the draft when nothing blocks it, and what is checked against its quiz."""

    key: str
    problems: ProblemList
    shelf: PictureShelf
    draft: Draft | None = None
    quiz: Words | None = None
    facts: dict[str, Fact | None] = field(default_factory=dict)
    misconception_uses: list[Words] = field(default_factory=list)
    right_answers: list[str] = field(default_factory=list)


def load(path: Path, pictures: Path, own: OwnMedia | None = None) -> LessonFile:
    """Never raises for what the file holds: everything wrong is in `problems`.

    Films stand in the folder `films` beside that of the pictures; `own` are pictures and films of an agency's own.
    """
    problems = ProblemList(shown_name(path))
    return read(path.stem, read_text(path, problems), pictures, problems, own)


def read(
    key: str, text: str | None, pictures: Path, problems: ProblemList, own: OwnMedia | None = None
) -> LessonFile:
    """The same for a text that is in no file."""
    file = LessonFile(key, problems, PictureShelf(pictures, problems, own or {}))
    if text is None:
        return file
    front, first_line, body = cut_front(text, problems)
    frame = _read_frame(front, problems) if front is not None else None
    sections = cut_sections(body, problems, first_line=first_line)
    sources = [section for section in sections if _is_sources(section)]
    file.facts = read_facts(sources, problems)
    films = FilmShelf(pictures.with_name("films"), problems, own or {})
    reader = PartReader(problems, file.shelf, films)
    read = [reader.read(section) for section in sections if not _is_sources(section)]
    parts = tuple(part for part in read if part)
    _check_parts(parts, first_line, problems)
    check_uses(tuple(reader.fact_uses), file.facts, problems)
    file.misconception_uses, file.right_answers = reader.misconception_uses, reader.right_answers
    if frame:
        file.quiz = frame.words("quiz", needed="Name its quiz: quiz: fire stands for quizzes/fire.yaml.")
        _finish(file, frame, parts)
    return file


def _read_frame(front: str, problems: ProblemList) -> Fields | None:
    frame = read_fields(front, problems, first_line=2)
    if frame:
        frame.allow(FRAME_NAMES)
    return frame


def _is_sources(section: Section) -> bool:
    return section.heading.text.partition(":")[0].strip().casefold() == "sources"


def _check_parts(parts: tuple[Part, ...], line: int, problems: ProblemList) -> None:
    kinds = [part.kind for part in parts]
    for kind in ("precheck", "quiz"):
        if kind not in kinds:
            remedy = f'Add "## {kind.title()}: Title"; gain is measured from before to after.'
            problems.report(line, f"This lesson has no {kind} part.", remedy)
    if "precheck" in kinds and "quiz" in kinds and kinds.index("quiz") < kinds.index("precheck"):
        problems.report(line, "The quiz comes before the precheck.", "Put the precheck first.")


def _finish(file: LessonFile, frame: Fields, parts: tuple[Part, ...]) -> None:
    title = frame.text("title", needed="Give the lesson a title.")
    topic = frame.text("topic", needed="Name its topic, such as Fire.")
    lead = frame.text("lead", needed="Name the agency that leads it.")
    supports = tuple(read_agency(words.text) for words in frame.listed("supports"))
    objectives = tuple(words.text for words in frame.listed("objectives"))
    before_you_start, you_need = frame.text("before you start"), frame.text("you need")
    if not objectives:
        remedy = 'Add lines such as "  - get low in smoke" below "objectives:".'
        file.problems.report(frame.line, "This lesson has no objectives.", remedy)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", file.key):
        file.problems.report(1, "The file's name has other signs than small letters, numbers and -.", "Rename it.")
    if file.problems.blocks or file.quiz is None:
        return
    file.draft = Draft(
        key=file.key,
        title=title,
        topic=Topic(key=slug(topic), name=topic),
        lead=read_agency(lead),
        supports=supports,
        objectives=objectives,
        before_you_start=before_you_start,
        you_need=you_need,
        quiz=file.quiz.text,
        facts=tuple(fact for fact in file.facts.values() if fact),
        parts=parts,
    )
    check_grade(texts_of_lesson(file.draft), file.problems)
