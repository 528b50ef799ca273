"""A draft is the text of a lesson file and of its quiz: what is wrong with them, where, and the lesson they make."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from app.content import lesson_files, quiz_files
from app.content.fields import plain_name
from app.content.form_words import TICK_FACT, field_in_form, remedy_in_form, sentence_in_form
from app.content.library import check_against
from app.content.parts import read_agency
from app.content.problems import Problem, ProblemList, quoted
from app.content.quiz_sketch import QuizSketch
from app.content.sections import looks_like_setting
from app.content.sketch import LessonSketch, read_part
from app.content.yaml_pieces import name_at, read_values
from app.domain.lesson import Lesson, unroll
from app.domain.media import OwnMedia

SOURCES = "sources"


@dataclass(frozen=True)
class Finding:
    """A problem with the place where its author can put it right.

    `area` is lesson, steps, facts, quiz or questions; `key` the part, fact or question in it; `field` what to change.
    """

    area: str
    key: str
    field: str
    sentence: str
    remedy: str
    is_warning: bool = False


@dataclass(frozen=True)
class DraftTexts:
    """The two files of a lesson, in whatever state they are."""

    key: str
    lesson: str
    quiz: str

    @property
    def sketch(self) -> LessonSketch:
        return LessonSketch.cut(self.lesson)

    @property
    def quiz_sketch(self) -> QuizSketch:
        return QuizSketch.cut(self.quiz)

    def with_quiz(self, quiz: str) -> Self:
        return replace(self, quiz=quiz)


@dataclass(frozen=True)
class Checked:
    """What a draft amounts to: the lesson when nothing blocks it, and everything found on the way."""

    lesson: Lesson | None
    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.is_warning)

    def of(self, area: str, key: str = "") -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.area == area and key in ("", one.key))


def check(texts: DraftTexts, pictures: Path, agencies: Collection[str], own: OwnMedia | None = None) -> Checked:
    """Never raises for what the texts hold. `agencies` are the keys of those that a lesson may name."""
    file = lesson_files.read(texts.key, texts.lesson, pictures, ProblemList("lesson"), own)
    quiz = quiz_files.read(texts.key, texts.quiz, pictures, ProblemList("quiz"), own)
    check_against(file, quiz)
    findings = _placed(file.problems.found, _in_lesson(texts.sketch))
    findings += _placed(quiz.problems.found, _in_quiz(texts.quiz_sketch))
    findings += _unknown_agencies(texts.sketch, agencies)
    is_right = all(finding.is_warning for finding in findings)
    made = unroll(file.draft, quiz.quiz) if is_right and file.draft and quiz.quiz else None
    return Checked(made, tuple(_naming_a_fact(one, texts.sketch) for one in findings))


def _naming_a_fact(finding: Finding, sketch: LessonSketch) -> Finding:
    """Which fact to tick, by the name that one of the lesson's own has."""
    if finding.remedy != TICK_FACT:
        return finding
    sources = next((part for key, part in zip(sketch.keys, sketch.parts, strict=True) if key.startswith(SOURCES)), "")
    written = read_part(sources)
    name = written.sections[0].heading if written and written.sections else ""
    none_yet = "There is none in this lesson yet: add one under Facts first, then tick it here."
    return replace(finding, remedy=f"{TICK_FACT.rstrip('.')}, such as {name}." if name else none_yet)


def _unknown_agencies(sketch: LessonSketch, known: Collection[str]) -> list[Finding]:
    """A name with a slip in it would make an agency that nobody belongs to."""
    front = read_values(sketch.front or "") or {}
    supports = front.get("supports", ())
    named = [("lesson", "", "lead", str(front.get("lead", "")))]
    named += [("lesson", "", "supports", name) for name in (supports if isinstance(supports, tuple) else ())]
    named += [("steps", key, "lead", leader_of(part)) for key, part in zip(sketch.keys, sketch.parts, strict=True)]
    return [
        Finding(area, key, field, f"We do not know the agency {quoted(name)}.", "Choose one from the list.")
        for area, key, field, name in named
        if name and read_agency(name).key not in known
    ]


def leader_of(part: str) -> str:
    """The agency that a part names as its own leader; empty for the lesson's."""
    found = read_part(part)
    return found.setting("lead") if found else ""


Where = Callable[[int], tuple[str, str, str, str]]
"""The line of a file -> area, key, which card or question in it, and the field."""


def _placed(problems: list[Problem], where: Where) -> list[Finding]:
    found = []
    for problem in sorted(problems, key=lambda problem: problem.line):
        area, key, section, field = where(problem.line)
        if missing := re.match(r'"([a-z ]+)" is missing', problem.sentence):  # it has no line of its own
            field = missing[1]
        name = field_in_form(problem.sentence) or f"{section}{field}".replace(" ", "-")
        remedy = remedy_in_form(problem.sentence, problem.remedy)
        found.append(Finding(area, key, name, sentence_in_form(problem.sentence), remedy, problem.is_warning))
    return found


def _in_lesson(sketch: LessonSketch) -> Where:
    starts = [sketch.line_of(place) for place in range(len(sketch.parts))]

    def where(line: int) -> tuple[str, str, str, str]:
        place = sum(start <= line for start in starts) - 1
        if place < 0:
            return "lesson", "", "", name_at(sketch.front or "", line - 2)
        key, part = sketch.keys[place], sketch.parts[place].split("\n")[: line - starts[place] + 1]
        section, field = field_at(part)
        if key.startswith(SOURCES):
            headings = [line for line in part if line.startswith("### ")]
            return "facts", headings[-1][4:].strip() if headings else "", "", field
        return "steps", key, section, field

    return where


def _in_quiz(sketch: QuizSketch) -> Where:
    starts = [sketch.line_of(place) for place in range(len(sketch.questions))]

    def where(line: int) -> tuple[str, str, str, str]:
        place = sum(start <= line for start in starts) - 1
        if place < 0:
            return "quiz", "", "", name_at(sketch.head, line - 1)
        field = name_at(sketch.questions[place].replace("- ", "  ", 1), line - starts[place])
        return "questions", sketch.keys[place], "", field

    return where


def field_at(lines: list[str]) -> tuple[str, str]:
    """Where the last of these lines of a part stands in its form: ("card-2-", "picture")."""
    section, field, cards, is_setting = "", "title", 0, True
    for line in lines[1:]:
        if line.startswith("###"):
            kind = line.lstrip("# ").partition(":")[0].strip().casefold()
            cards += kind not in ("question", "ending")
            section = f"{kind}-" if kind in ("question", "ending") else f"card-{cards}-"
            field, is_setting = "title", True
        elif is_setting and looks_like_setting(line):
            field = plain_name(line.partition(":")[0])
        elif line.strip() and not (is_setting and line.startswith("  ")):
            field, is_setting = "text", False
        elif not line.strip() and field != "title":
            is_setting = False
    if lines[-1].startswith(">"):
        said = [line for line in lines if re.match(r"> *(teacher|presenter):", line, re.IGNORECASE)]
        return "", "presenter" if said and "presenter" in said[-1][:14].casefold() else "teacher"
    return section, field
