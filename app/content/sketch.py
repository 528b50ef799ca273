"""A lesson file cut into pieces that can be changed one by one, whatever else is wrong with it.

The parser makes a lesson of a file that is right. A sketch reads any text, so that half-written work can be kept: it
holds the pieces as they were written, and only the piece that an author saves is written anew.
"""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from app.content.fields import Words
from app.content.problems import ProblemList
from app.content.sections import NOTES, Section, cut_sections, front_edges, is_part_heading, looks_like_setting
from app.content.text_files import visible

WIDTH = 112
UNWRAPPED = ("picture",)  # a description is easier to compare in one line
Settings = tuple[tuple[str, str], ...]
_STRUCTURE = re.compile(r">|#{1,6}(\s|$)")


@dataclass(frozen=True)
class SectionSketch:
    """A smaller heading in a part: a card, a question, an ending or a fact."""

    heading: str
    settings: Settings = ()
    text: str = ""

    def setting(self, name: str) -> str:
        return next((value for known, value in self.settings if known == name), "")


@dataclass(frozen=True)
class PartSketch:
    """One part of a lesson as its author writes it, right or not."""

    kind: str
    title: str = ""
    settings: Settings = ()
    text: str = ""
    teacher: str = ""
    presenter: str = ""
    sections: tuple[SectionSketch, ...] = ()

    def setting(self, name: str) -> str:
        return next((value for known, value in self.settings if known == name), "")


@dataclass(frozen=True)
class LessonSketch:
    """A lesson file in pieces. `head` is all that stands before the first part; the pieces joined are the file."""

    head: str
    parts: tuple[str, ...] = ()

    @classmethod
    def cut(cls, text: str) -> Self:
        lines = text.split("\n")
        edges = front_edges(lines)
        first = edges[1] + 1 if edges else 0
        starts = [place for place in range(first, len(lines)) if is_part_heading(lines[place].rstrip())]
        bounds = [*starts, len(lines)]
        pieces = ["\n".join([*lines[start:end], ""]) for start, end in pairwise(bounds)]
        if not pieces:
            return cls(text)
        pieces[-1] = pieces[-1][:-1]  # the last line ends as it did
        return cls("\n".join([*lines[: starts[0]], ""]), tuple(pieces))

    @property
    def text(self) -> str:
        return self.head + "".join(self.parts)

    @property
    def front(self) -> str | None:
        """The lines between the two ---; None when they are not there."""
        lines = self.head.split("\n")
        edges = front_edges(lines)
        return "\n".join(lines[1 : edges[1]]) if edges else None

    def with_front(self, front: str) -> Self:
        lines = self.head.split("\n")
        edges = front_edges(lines)
        rest = "\n".join(lines[edges[1] + 1 :]) if edges else self.head
        return replace(self, head=f"---\n{front.strip(chr(10))}\n---\n{rest or chr(10)}")

    @property
    def keys(self) -> tuple[str, ...]:
        """How addresses name the parts: by their kind, the second of a kind as `hook-2`."""
        found: list[str] = []
        for part in self.parts:
            kind = kind_of(part)
            again = sum(key.rpartition("-")[0] == kind or key == kind for key in found)
            found.append(kind if not again else f"{kind}-{again + 1}")
        return tuple(found)

    def part(self, key: str) -> str | None:
        return dict(zip(self.keys, self.parts, strict=True)).get(key)

    def line_of(self, place: int) -> int:
        """The line of the file on which a part begins."""
        return (self.head + "".join(self.parts[:place])).count("\n") + 1

    def with_parts(self, parts: Iterable[str]) -> Self:
        """Other parts, or the same in another order, with one empty line between two."""
        pieces = [part.strip("\n") for part in parts]
        spaced = [f"{piece}\n\n" for piece in pieces[:-1]] + [f"{piece}\n" for piece in pieces[-1:]]
        head = self.head.rstrip("\n") + "\n\n" if self.head.strip("\n") else self.head
        return replace(self, head=head, parts=tuple(spaced))

    def with_part(self, key: str, text: str) -> Self:
        """Another text for one part; all others stay as they are, letter by letter."""
        keys, parts = self.keys, list(self.parts)
        place = keys.index(key)
        end = "\n\n" if place + 1 < len(parts) else "\n"
        parts[place] = text.strip("\n") + end
        return replace(self, parts=tuple(parts))


def kind_of(part: str) -> str:
    """`take-home` for a part that begins with `## Take-home: Title`."""
    name = part.partition("\n")[0].lstrip("#").partition(":")[0]
    return "-".join(re.sub(r"[^\w\s-]", "", name.casefold()).split()) or "part"


def read_part(text: str) -> PartSketch | None:
    """The pieces of one part; None when it holds something that has no place in them, such as a stray heading."""
    problems = ProblemList("part")
    sections = cut_sections(text, problems, first_line=1)
    if problems.found or len(sections) != 1:
        return None
    whole = sections[0]
    name, _, title = whole.heading.text.partition(":")
    return tidy(
        PartSketch(
            kind=name,
            title=title,
            settings=_settings(whole),
            text=whole.text,
            **{reader: whole.note(reader) for reader in NOTES},
            sections=tuple(SectionSketch(s.heading.text, _settings(s), s.text) for s in whole.sections),
        )
    )


def write_part(part: PartSketch) -> str:
    """The canonical text of a tidy part; `read_part` makes the same part of it."""
    heading = f"## {part.kind}: {part.title}" if part.title else f"## {part.kind}".rstrip()
    blocks = ["\n".join([heading, *_written(part.settings)])]
    blocks += [part.text] if part.text else []
    blocks += [_note(reader, note) for reader in NOTES if (note := getattr(part, reader))]
    for section in part.sections:
        blocks.append("\n".join([f"### {section.heading}".rstrip(), *_written(section.settings)]))
        blocks += [section.text] if section.text else []
    return "\n\n".join(blocks) + "\n"


def tidy(part: PartSketch) -> PartSketch:
    """The same part with nothing in it that a file would take for something else."""
    return PartSketch(
        kind=_kind(part.kind),
        title=one_line(part.title),
        settings=_tidy_settings(part.settings),
        text=_tidy_text(part.text, bool(part.settings)),
        teacher=_tidy_note(part.teacher),
        presenter=_tidy_note(part.presenter),
        sections=tuple(
            SectionSketch(one_line(s.heading), _tidy_settings(s.settings), _tidy_text(s.text, bool(s.settings)))
            for s in part.sections
        ),
    )


def one_line(text: str) -> str:
    """Without line ends, double spaces and signs that nobody can see."""
    return re.sub(r"\s*[ \t\n\r\f\v]\s*", " ", visible(text)).strip()


def lines_of(text: str) -> str:
    """Several lines without spaces at their ends, empty ones before and after, and signs that nobody can see."""
    lines = visible(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _kind(name: str) -> str:
    plain = one_line(name).replace(":", "").strip("# ").strip()
    return plain[:1].upper() + plain[1:]


def _settings(section: Section) -> Settings:
    found = section.settings.values.items()
    return tuple((name, value.text) for name, value in found if isinstance(value, Words))


def _tidy_settings(settings: Settings) -> Settings:
    return tuple((name, one_line(value)) for name, value in settings)


def _tidy_text(text: str, has_settings: bool) -> str:
    """Words that look like a heading, a note or a setting get a backslash, which Markdown does not show."""
    lines = [f"\\{line}" if _STRUCTURE.match(line) else line for line in lines_of(text).split("\n")]
    if not has_settings and looks_like_setting(lines[0]):
        lines[0] = lines[0].replace(":", "\\:", 1)
    return "\n".join(lines)


def _tidy_note(note: str) -> str:
    """Paragraphs. One that would begin another reader's note goes on where the one before it ends."""
    paragraphs: list[str] = []
    for paragraph in re.split(r"\n\s*\n", lines_of(note)):
        words = one_line(paragraph)
        if words and paragraphs and _is_label(words):
            paragraphs[-1] += f" {words}"
        elif words:
            paragraphs.append(words)
    return "\n\n".join(paragraphs)


def _is_label(words: str) -> bool:
    name, colon, _ = words.partition(":")
    return bool(colon) and name.casefold() in NOTES


def _written(settings: Settings) -> list[str]:
    lines: list[str] = []
    for name, value in settings:
        whole = f"{name}: {value}".rstrip()
        lines += [whole] if name in UNWRAPPED else _wrapped(whole, later="  ")
    return lines


def _note(reader: str, note: str) -> str:
    lines: list[str] = []
    for place, paragraph in enumerate(note.split("\n\n")):
        lines += [">"] if place else []
        words = f"{reader.capitalize()}: {paragraph}" if not place else paragraph
        lines += [f"> {line}" for line in _unlabelled(_wrapped(words))]
    return "\n".join(lines)


def _unlabelled(lines: list[str]) -> list[str]:
    """No line but the first may begin with a reader's name and a colon."""
    kept = lines[:1]
    for line in lines[1:]:
        if _is_label(line):
            kept[-1] += f" {line}"
        else:
            kept.append(line)
    return kept


def _wrapped(text: str, *, later: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=later, break_long_words=False, break_on_hyphens=False) or [
        text
    ]
