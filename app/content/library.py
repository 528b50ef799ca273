"""All shipped lessons and quizzes of two folders, checked against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.content import lesson_files, quiz_files
from app.content.lesson_files import LessonFile
from app.content.problems import Problem, ProblemList, did_you_mean, quoted
from app.content.quiz_files import QuizFile
from app.content.sources import check_uses
from app.domain.lesson import Draft, Lesson, unroll
from app.domain.media import OwnMedia
from app.domain.quiz import Quiz


@dataclass(frozen=True)
class Library:
    """What can be taught (`lessons`), what it was made from, and every problem that was found."""

    lessons: tuple[Lesson, ...]
    drafts: tuple[Draft, ...]
    quizzes: tuple[Quiz, ...]
    problems: tuple[Problem, ...]


def load(lessons_folder: Path, quizzes_folder: Path, own: OwnMedia | None = None) -> Library:
    """Never raises for bad content: a lesson with a problem is left out, the others are there."""
    folders = ProblemList("the content folders")
    pictures = lessons_folder / "pictures"
    quizzes = {path.stem: quiz_files.load(path, pictures, own) for path in _files(quizzes_folder, "*.yaml", folders)}
    lessons = [lesson_files.load(path, pictures, own) for path in _files(lessons_folder, "*.md", folders)]
    made: list[Lesson] = []
    for file in lessons:
        quiz_file = _quiz_of(file, quizzes)
        if quiz_file is None:
            continue
        check_against(file, quiz_file)
        if file.draft and quiz_file.quiz and not file.problems.blocks and not quiz_file.problems.blocks:
            made.append(unroll(file.draft, quiz_file.quiz))
    lists = [folders, *(file.problems for file in lessons), *(file.problems for file in quizzes.values())]
    return Library(
        lessons=tuple(made),
        drafts=tuple(file.draft for file in lessons if file.draft),
        quizzes=tuple(file.quiz for file in quizzes.values() if file.quiz),
        problems=tuple(problem for found in lists for problem in _in_order(found)),
    )


def _files(folder: Path, pattern: str, problems: ProblemList) -> list[Path]:
    if not folder.is_dir():
        problems.report(1, f"There is no folder {quoted(folder.name)}.", "Make it, or name another one.")
        return []
    return sorted(folder.glob(pattern))


def _quiz_of(file: LessonFile, quizzes: Mapping[str, QuizFile]) -> QuizFile | None:
    if file.quiz is None:
        return None
    quiz_file = quizzes.get(file.quiz.text)
    if quiz_file is None:
        told = f"There is no quiz {quoted(file.quiz.text)}."
        remedy = did_you_mean(file.quiz.text, quizzes) if quizzes else "Write it in the folder of quizzes."
        file.problems.report(file.quiz.line, told, remedy)
    return quiz_file


def check_against(file: LessonFile, quiz_file: QuizFile) -> None:
    """What a lesson and its quiz say of each other; each problem stands in the file that has to change."""
    for use in file.misconception_uses:
        if use.text not in quiz_file.misconceptions:
            told = f"{quoted(use.text)} is not among the misconceptions of the quiz {quoted(quiz_file.key)}."
            file.problems.report(use.line, told, did_you_mean(use.text, quiz_file.misconceptions))
    check_uses(tuple(quiz_file.facts), file.facts, quiz_file.problems)
    for shelf in (file.shelf, quiz_file.shelf):
        shelf.check_answers([*file.right_answers, *quiz_file.right_answers])


def _in_order(problems: ProblemList) -> list[Problem]:
    return sorted(problems.found, key=lambda problem: problem.line)
