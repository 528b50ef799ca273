"""Puts what a brought file gave into a draft: questions into its quiz, slides as cards of its facts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from app.content.drafts import DraftTexts
from app.content.importers.imported import FoundAnswer, FoundPicture, FoundQuestion, FoundSlide, Imported
from app.content.question_forms import next_id
from app.content.quiz_files import CHOOSE_ONE
from app.content.quiz_sketch import QuizSketch, change_question
from app.content.sketch import PartSketch, SectionSketch, Settings, read_part, tidy, write_part
from app.content.yaml_pieces import Value

FACTS = "facts"
NEW_FACTS = PartSketch(kind="Facts", title="Things to know", settings=(("minutes", "3"),))

KeepPicture = Callable[[FoundPicture], str | None]
"""Stores a picture and gives the name by which a lesson file calls it; None when it cannot be kept."""


def with_questions(texts: DraftTexts, found: Imported) -> DraftTexts:
    """The draft with all questions after its own. A name that is taken or missing becomes the next free one."""
    sketch = QuizSketch.cut(texts.quiz)
    known = sketch.misconceptions
    new = {code: words for code, words in found.misconceptions.items() if code not in known}
    if new:
        sketch = sketch.with_values({"misconceptions": known | new})
    keys = list(_free_keys(sketch.keys, found.questions, texts.key))
    written = [question_text(question, key) for question, key in zip(found.questions, keys, strict=True)]
    return replace(texts, quiz=sketch.with_questions([*sketch.questions, *written]).text)


def question_text(question: FoundQuestion, key: str) -> str:
    """A question as a quiz file writes it."""
    right = tuple(_written(answer) for answer in question.right)
    values: dict[str, Value | None] = {
        "id": key,
        "kind": question.kind if question.kind != CHOOSE_ONE else None,
        "anchor": "yes" if question.is_anchor else None,
        "reserve": "yes" if question.is_reserve else None,
        "question": question.text,
        "right": right if len(right) > 1 else "".join(right),
        "wrong": tuple(_written(answer) for answer in question.wrong),
        "why": question.why or None,
        "talk": question.talk or None,
        "sure": "yes" if question.asks_sure else None,
        "facts": ", ".join(question.facts) or None,
    }
    return change_question("", values)


def _written(answer: FoundAnswer) -> str:
    return f"{answer.text} [{answer.misconception}]" if answer.misconception else answer.text


def with_slides(texts: DraftTexts, slides: Iterable[FoundSlide], keep: KeepPicture) -> DraftTexts:
    """The draft with each slide as a card of its facts part, and the talk's notes for the presenter."""
    sketch = texts.sketch
    key = next((key for key in sketch.keys if key == FACTS), None)
    before = read_part(sketch.part(key) or "") if key else NEW_FACTS
    if before is None:  # written in a way that only its author can change
        key, before = None, NEW_FACTS
    slides = tuple(slides)
    notes = [f"{_title(slide)}: {slide.notes}" for slide in slides if slide.notes]
    part = replace(
        before,
        sections=(*before.sections, *(card for slide in slides for card in _cards(slide, keep))),
        presenter="\n\n".join([before.presenter, *notes] if before.presenter else notes),
    )
    written = write_part(tidy(part))
    if key:
        return replace(texts, lesson=sketch.with_part(key, written).text)
    place = next((n for n, name in enumerate(sketch.keys) if name in _AFTER_FACTS), len(sketch.parts))
    parts = [*sketch.parts[:place], written, *sketch.parts[place:]]
    return replace(texts, lesson=sketch.with_parts(parts).text)


_AFTER_FACTS = ("scenario", "poll", "quiz", "pledge", "take-home", "sources")


def _free_keys(taken: tuple[str, ...], questions: Iterable[FoundQuestion], lesson: str) -> Iterator[str]:
    """The name that a question brings along, or the next one where that is taken or missing."""
    for question in questions:
        key = question.key if question.key.casefold() not in {one.casefold() for one in taken} else ""
        key = key or next_id(taken, lesson)
        yield key
        taken = (*taken, key)


def _title(slide: FoundSlide) -> str:
    return slide.title or f"Slide {slide.place}"


def _cards(slide: FoundSlide, keep: KeepPicture) -> Iterator[SectionSketch]:
    """A card holds one picture, so the second of a slide gets a card of its own."""
    kept = [(name, picture) for picture in slide.pictures if (name := keep(picture))]
    settings: list[Settings] = [(("picture", _described(name, picture)),) for name, picture in kept] or [()]
    for place, setting in enumerate(settings):
        yield SectionSketch(_title(slide), setting, slide.text if not place else "")


def _described(name: str, picture: FoundPicture) -> str:
    alt = picture.alt.strip('"“” ')
    return f"{name} decorative" if picture.is_decorative else f'{name} "{alt}"' if alt else name
