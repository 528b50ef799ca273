"""Checks the content folders and says what was found: what `safety-in-action check-content` prints."""

from pathlib import Path

from pydantic import BaseModel

from app.content import library
from app.content.problems import Problem


class Report(BaseModel, frozen=True):
    """How much content there is and what is wrong with it; `model_dump_json` is its other form."""

    lessons: int
    questions: int
    facts: int
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.problems


def check(lessons: Path, quizzes: Path) -> list[Problem]:
    """Every problem and warning, in order of file and line."""
    return list(library.load(lessons, quizzes).problems)


def report(lessons: Path, quizzes: Path) -> Report:
    found = library.load(lessons, quizzes)
    return Report(
        lessons=len(found.lessons),
        questions=sum(len(quiz.questions) for quiz in found.quizzes),
        facts=sum(len(draft.facts) for draft in found.drafts),
        problems=tuple(problem for problem in found.problems if not problem.is_warning),
        warnings=tuple(problem for problem in found.problems if problem.is_warning),
    )


def as_text(report: Report) -> str:
    """The report for people: problems first, then warnings, then one line of counts."""
    lines = [str(problem) for problem in report.problems]
    lines += [f"Warning: {problem}" for problem in report.warnings]
    counts = (
        _counted(report.lessons, "lesson"),
        _counted(report.questions, "question"),
        _counted(report.facts, "fact"),
        _counted(len(report.problems), "problem"),
        _counted(len(report.warnings), "warning"),
    )
    return "\n".join([*lines, ", ".join(counts) + "."])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
