"""What a new lesson, a new step and a new question begin with."""

from datetime import date

from app.content.drafts import SOURCES, DraftTexts
from app.content.parts import KINDS, WITH_QUESTION
from app.content.quiz_sketch import change_question
from app.content.sketch import LessonSketch, PartSketch, SectionSketch, write_part
from app.content.yaml_pieces import Value, changed

ORDER = (*KINDS, SOURCES)
TITLES = {"precheck": "What do you know already?", "quiz": "Show what you know"}
MINUTES = {"precheck": "2.5", "facts": "3", "scenario": "3", "quiz": "5"}
REVIEW_YEARS = 1


def new_lesson(key: str, *, title: str, topic: str, lead: str, today: date) -> DraftTexts:
    """A lesson begins with what every lesson needs: the questions before and after, and a place for facts."""
    front: dict[str, Value | None] = {"title": title, "topic": topic, "lead": lead, "supports": ()}
    front |= {"quiz": key, "objectives": ()}
    dates = (("checked on", today.isoformat()), ("review by", a_year_after(today).isoformat()))
    lesson = LessonSketch("").with_front(changed("", front))
    parts = [new_part("precheck"), new_part("quiz"), write_part(PartSketch("Sources", settings=dates))]
    quiz = changed("", {"title": title, "misconceptions": ""}) + "\nquestions:\n"
    return DraftTexts(key, lesson.with_parts(parts).text, quiz)


def new_part(kind: str) -> str:
    sections = (SectionSketch("Question:"),) if kind in WITH_QUESTION else ()
    settings = (("minutes", MINUTES.get(kind, "1")),) if kind != SOURCES else ()
    return write_part(
        PartSketch(kind=kind.capitalize(), title=TITLES.get(kind, ""), settings=settings, sections=sections)
    )


def new_question(name: str) -> str:
    empty: dict[str, Value | None] = {"id": name, "question": "", "right": "", "wrong": (), "why": ""}
    return change_question("", empty)


def with_new_part(sketch: LessonSketch, kind: str) -> LessonSketch:
    """The new step stands where a lesson usually has it."""
    later = ORDER[ORDER.index(kind) + 1 :]
    places = [place for place, key in enumerate(sketch.keys) if key.rpartition("-")[0] in later or key in later]
    parts = list(sketch.parts)
    parts.insert(min(places, default=len(parts)), new_part(kind))
    return sketch.with_parts(parts)


def a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + REVIEW_YEARS)
    except ValueError:  # 29 February
        return day.replace(year=day.year + REVIEW_YEARS, day=28)
