"""Cuts a lesson file into its sections: heading, settings, words for the screen and notes for adults."""

import re
from dataclasses import dataclass, field

from app.content.fields import Fields, Words, plain_name
from app.content.problems import ProblemList, quoted
from app.content.questions.kinds import ALL_SETTINGS

NOTES = ("teacher", "presenter")
PART_SETTINGS = ("minutes", "picture", "film", "captions", "sensitivity", "tally only", "lead", "facts")
FACT_SETTINGS = ("source", "confidence", "for", "checked on", "review by")
CARD_SETTINGS = ("picture",)
KNOWN_SETTINGS = {*PART_SETTINGS, *ALL_SETTINGS, *FACT_SETTINGS}

_SETTING = re.compile(r"([A-Za-z][A-Za-z _-]{0,24}):(?: |$)")


@dataclass
class Section:
    """A heading with all that stands below it; `sections` are the smaller headings in it."""

    heading: Words
    settings: Fields
    body: list[Words] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    sections: "list[Section]" = field(default_factory=list)

    @property
    def line(self) -> int:
        return self.heading.line

    @property
    def text(self) -> str:
        """The words for the screen as they stand, Markdown and all."""
        return "\n".join(words.text for words in self.body).strip()

    def note(self, reader: str) -> str:
        return "\n\n".join(self.notes.get(reader, ()))


def cut_front(text: str, problems: ProblemList) -> tuple[str | None, int, str]:
    """The front matter between two lines of ---, the line on which the rest starts, and the rest."""
    lines = text.split("\n")
    edges = front_edges(lines)
    if edges is None:
        remedy = "Start the file with ---, then title, topic, lead and quiz, then another ---."
        problems.report(1, "The lesson's title and lead are not there.", remedy)
        return None, 1, text
    return "\n".join(lines[1 : edges[1]]), edges[1] + 2, "\n".join(lines[edges[1] + 1 :])


def front_edges(lines: list[str]) -> tuple[int, int] | None:
    """Where the two lines of --- stand; None unless the first of them begins the file."""
    edges = [place for place, line in enumerate(lines) if line.rstrip() == "---"]
    return (edges[0], edges[1]) if len(edges) > 1 and edges[0] == 0 else None


def is_part_heading(line: str) -> bool:
    return line == "##" or line.startswith("## ")


def looks_like_setting(line: str) -> bool:
    """A name we know, or one in small letters: a sentence such as "Remember: ..." is for the screen."""
    found = _SETTING.match(line)
    return found is not None and (plain_name(found[1]) in KNOWN_SETTINGS or found[1][0].islower())


def cut_sections(text: str, problems: ProblemList, *, first_line: int) -> list[Section]:
    """All parts in order; each line belongs to the nearest heading above it."""
    cutter = _Cutter(problems)
    for line, words in enumerate(text.split("\n"), start=first_line):
        if problems.is_full:
            break
        cutter.take(Words(line, words.rstrip()))
    cutter.end_note()
    return cutter.parts


class _Cutter:
    """Where we are in the file: which part, which smaller heading, among settings or in a note."""

    def __init__(self, problems: ProblemList) -> None:
        self.problems = problems
        self.parts: list[Section] = []
        self.current: Section | None = None
        self.setting: tuple[Words, list[str]] | None = None
        self.is_among_settings = False
        self.note: list[str] = []
        self.note_for = ""

    def take(self, line: Words) -> None:
        text = line.text
        if not text.startswith(">"):
            self.end_note()
        if is_part_heading(text) or text == "###" or text.startswith("### "):
            self._open(line)
        elif re.match(r"#{1,6}(\s|$)", text):
            self.problems.report(line.line, "This heading has the wrong size.", "Use ## for a part, ### for a card.")
        elif self.current is None:
            if text:
                self.problems.report(line.line, "These words are in no part.", 'Write a "## Part: Title" above.')
        elif text.startswith(">"):
            self._take_note(line)
        elif self.is_among_settings and self._is_setting(line):
            self._take_setting(line)
        elif text or not self._has_bare_heading():
            self._end_settings()
            self.current.body.append(line)

    def _has_bare_heading(self) -> bool:
        """An empty line between a heading and its settings does no harm."""
        return self.is_among_settings and self.setting is None

    def _open(self, line: Words) -> None:
        self._end_settings()
        heading = Words(line.line, line.text.lstrip("#").strip())
        section = Section(heading, Fields(line.line, self.problems))
        if is_part_heading(line.text):
            self.parts.append(section)
        elif self.parts:
            self.parts[-1].sections.append(section)
        else:
            self.problems.report(line.line, "This card is in no part.", 'Write a "## Part: Title" above it.')
        self.current, self.is_among_settings = section, True

    def _is_setting(self, line: Words) -> bool:
        return bool(self.setting and line.text.startswith("  ")) or looks_like_setting(line.text)

    def _take_setting(self, line: Words) -> None:
        if self.setting and line.text.startswith("  "):
            self.setting[1].append(line.text.strip())
            return
        self._end_setting()
        name, _, value = line.text.partition(":")
        self.setting = Words(line.line, name), [value.strip()]

    def _end_setting(self) -> None:
        if self.setting and self.current:
            name, values = self.setting
            self.current.settings.put(name, Words(name.line, " ".join(values).strip()))
        self.setting = None

    def _end_settings(self) -> None:
        self._end_setting()
        self.is_among_settings = False

    def _take_note(self, line: Words) -> None:
        self._end_settings()
        text = line.text[1:].strip()
        label, colon, rest = text.partition(":")
        if colon and label.casefold() in NOTES:
            self.end_note()
            self.note_for, text = label.casefold(), rest.strip()
        elif not self.note_for:
            remedy = 'Start the note with "> Teacher:" or "> Presenter:".'
            self.problems.report(line.line, f"We do not know who {quoted(text)} is for.", remedy)
            self.note_for = "teacher"
        self.note.append(text)

    def end_note(self) -> None:
        """A note belongs to the whole part, wherever in the part it stands."""
        if self.note_for and self.parts:
            paragraphs = "\n".join(self.note).split("\n\n")
            text = "\n\n".join(" ".join(paragraph.split("\n")).strip() for paragraph in paragraphs)
            self.parts[-1].notes.setdefault(self.note_for, []).append(text)
        self.note, self.note_for = [], ""
