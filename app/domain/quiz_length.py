"""How many quiz questions a teacher may choose: eight or ten, as far as the lessons have them."""

from collections.abc import Iterable

from app.domain.lesson import Asking, Lesson, skipped_for

LENGTHS = (8, 10)


def quiz_lengths(lesson: Lesson) -> tuple[int, ...]:
    """How many a shorter and a longer run ask; one number where there is nothing to choose."""
    quiz = sum(isinstance(step, Asking) and step.purpose == "quiz" for step in lesson.steps)
    return tuple(dict.fromkeys(quiz - len(skipped_for(lesson, wanted)) for wanted in LENGTHS))


def length_choice(lessons: Iterable[Lesson]) -> dict[int, int]:
    """What is chosen -> how many that asks at most; empty where no lesson has a choice."""
    choices = [lengths for lesson in lessons if len(lengths := quiz_lengths(lesson)) > 1]
    if not choices:
        return {}
    asked = (max(lengths[0] for lengths in choices), max(lengths[-1] for lengths in choices))
    return dict(zip(LENGTHS, asked, strict=True))
