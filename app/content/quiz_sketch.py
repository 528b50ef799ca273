"""A quiz file cut into its questions, each of which can be changed alone, whatever else is wrong with the file."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from app.content.yaml_pieces import Value, changed, read_values

INDENT = "    "
_ITEM = re.compile(r"( *)- ")


@dataclass(frozen=True)
class QuizSketch:
    """A quiz file in pieces, which joined are the file: what stands before the questions, each of them, the rest."""

    head: str
    questions: tuple[str, ...] = ()
    tail: str = ""

    @classmethod
    def cut(cls, text: str) -> Self:
        lines = text.split("\n")
        place = next((place for place, line in enumerate(lines) if line.rstrip() == "questions:"), len(lines))
        end = next((n for n in range(place + 1, len(lines)) if _is_a_name(lines[n])), len(lines))
        indents = [found[1] for line in lines[place:end] if (found := _ITEM.match(line))]
        starts = [n for n in range(place, end) if indents and lines[n].startswith(f"{indents[0]}- ")]
        if not starts:
            return cls(text)
        bounds = [*starts, end]
        pieces = ["\n".join([*lines[a:b], ""]) for a, b in pairwise(bounds)]
        if end == len(lines):
            pieces[-1] = pieces[-1][:-1]  # the last line ends as it did
        return cls("\n".join([*lines[: starts[0]], ""]), tuple(pieces), "\n".join(lines[end:]))

    @property
    def text(self) -> str:
        return self.head + "".join(self.questions) + self.tail

    @property
    def values(self) -> dict[str, Value] | None:
        """Title and misconceptions; None when that part of the file is no YAML."""
        return read_values(self.head)

    @property
    def misconceptions(self) -> dict[str, str]:
        found = (self.values or {}).get("misconceptions")
        return found if isinstance(found, dict) else {}

    @property
    def keys(self) -> tuple[str, ...]:
        """How addresses name the questions: by their id, or by their place when that would not tell them apart."""
        ids = [str((read_question(question) or {}).get("id", "")) for question in self.questions]
        good = [bool(re.fullmatch(r"[A-Za-z0-9]{1,12}", key)) and ids.count(key) == 1 for key in ids]
        return tuple(
            key if is_good else f"place-{n + 1}" for n, (key, is_good) in enumerate(zip(ids, good, strict=True))
        )

    def question(self, key: str) -> str | None:
        return dict(zip(self.keys, self.questions, strict=True)).get(key)

    def line_of(self, place: int) -> int:
        """The line of the file on which a question begins."""
        return (self.head + "".join(self.questions[:place])).count("\n") + 1

    def with_values(self, values: Mapping[str, Value | None]) -> Self:
        """Another title or other misconceptions; only for a head that `values` can read."""
        head = changed(self.head, values)
        if (read_values(head) or {}).get("questions") != "":
            head = changed(head, {"questions": None}).rstrip("\n") + "\n\nquestions:\n"
        return replace(self, head=head)

    def with_question(self, key: str, text: str) -> Self:
        """Another text for one question; all others stay as they are, letter by letter."""
        place, questions = self.keys.index(key), list(self.questions)
        kept = questions[place]
        questions[place] = text.rstrip("\n") + kept[len(kept.rstrip("\n")) :]
        return replace(self, questions=tuple(questions))

    def with_questions(self, questions: Iterable[str]) -> Self:
        """Other questions, or the same in another order, with one empty line between two."""
        spaced = [f"{question.rstrip(chr(10))}\n\n" for question in questions]
        if spaced and not self.tail:
            spaced[-1] = spaced[-1][:-1]
        return replace(self.with_values({}) if not self.questions else self, questions=tuple(spaced))


def read_question(text: str) -> dict[str, Value] | None:
    """The named values of one question; None when they are not of the plain form that a builder can show."""
    return read_values(_outdented(text))


def change_question(text: str, values: Mapping[str, Value | None]) -> str:
    """The question with these values; only for one that `read_question` can read. An empty text makes a new one."""
    made = changed(_outdented(text), values).rstrip("\n")
    return "  - " + textwrap.indent(made, INDENT).removeprefix(INDENT) + "\n"


def written_question(text: str, *, back: bool = False) -> str:
    """The lines of a question as an author may edit them, without the file's indentation; `back` puts it there."""
    if not back:
        return _outdented(text).rstrip("\n") + "\n"
    return "  - " + textwrap.indent(text.strip("\n") or "id:", INDENT).removeprefix(INDENT) + "\n"


def _outdented(text: str) -> str:
    found = _ITEM.match(text)
    if found is None:
        return text
    return textwrap.dedent(" " * found.end() + text[found.end() :])


def _is_a_name(line: str) -> bool:
    return bool(line.strip()) and not line.startswith((" ", "#", "-"))
