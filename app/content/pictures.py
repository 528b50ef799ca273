"""Reads a line such as `picture: fire/alarm.svg "A smoke alarm on a ceiling."`, and pictures among other words.

A picture stands in the folder of pictures, or is an agency's own: `picture: media/NAME.webp "what it shows"`.
In place of the words may stand `decorative`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.content.fields import Fields, Words
from app.content.problems import ProblemList, quoted
from app.content.wording import gives_away
from app.domain.media import OWN, OwnMedia, pictures_in
from app.domain.picture import Picture

KINDS = (".svg", ".png", ".webp", ".jpg")
QUOTES = '"“”'
DECORATIVE = "decorative"


@dataclass
class PictureShelf:
    """The folder that pictures come from and the agency's own, and those which a lesson has taken."""

    folder: Path
    problems: ProblemList
    own: OwnMedia = field(default_factory=dict)
    taken: list[tuple[int, Picture]] = field(default_factory=list)

    def take(self, settings: Fields) -> Picture | None:
        found = settings.words("picture")
        if found is None:
            return None
        path, _, described = found.text.partition(" ")
        described = described.strip()
        is_decorative = described.casefold() == DECORATIVE
        picture = Picture(path=path, alt="" if is_decorative else described.strip(QUOTES).strip())
        if not is_decorative:
            self._check_alt(found.line, picture, described)
        self._take(found.line, picture)
        return picture

    def size_of(self, picture: Picture) -> tuple[float, float] | None:
        """Its width and height in its own measure; None when they cannot be read."""
        if own := self.own.get(picture.path):
            return (own.width, own.height) if own.width and own.height else None
        path = self.folder / picture.path
        return size_of(path) if path.is_file() else None

    def take_from(self, body: Sequence[Words]) -> None:
        """The pictures among a part's words: `![what it shows](folder/name.svg)`."""
        for words in body:
            for alt, path in pictures_in(words.text):
                if not alt:
                    remedy = "Say in the square brackets what it shows."
                    self.problems.report(words.line, "This picture has no alt text.", remedy)
                self._take(words.line, Picture(path=path, alt=alt))

    def check_answers(self, answers: list[str]) -> None:
        """Neither a picture's name nor its alt text may hold the safest answer to a question."""
        for line, picture in self.taken:
            answer = gives_away(picture.alt, answers) or gives_away(Path(picture.path).stem, answers)
            if answer:
                told = f"This picture's name or alt text gives away the answer {quoted(answer)}."
                self.problems.report(line, told, "Say only what the picture shows, or rename it.")

    def _check_alt(self, line: int, picture: Picture, described: str) -> None:
        if not picture.alt:
            remedy = "Add a description in quotes after the file name, or the word decorative."
            self.problems.report(line, "This picture has no alt text.", remedy)
        elif described[0] not in QUOTES or described[-1] not in QUOTES:
            remedy = 'Write picture: folder/name.svg "what it shows".'
            self.problems.report(line, "This picture's description is not in quotes.", remedy)

    def _take(self, line: int, picture: Picture) -> None:
        self.taken.append((line, picture))
        if not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.[a-z]{3,4}", picture.path[:200], re.ASCII):
            remedy = "Use letters, numbers and -, with a / after each folder: fire/smoke-alarm.svg."
            self.problems.report(line, f"{quoted(picture.path)} cannot name a picture.", remedy)
        elif not picture.path.endswith(KINDS):
            told = f"{quoted(picture.path)} is not a kind of picture that we show."
            self.problems.report(line, told, f"Use one of: {', '.join(KINDS)}.")
        elif picture.path.startswith(OWN):
            medium = self.own.get(picture.path)
            if medium is None or medium.is_film:
                told = f"{quoted(picture.path)} is not among your agency's own pictures."
                self.problems.report(line, told, "Add it once more, or choose another.")
        elif not (self.folder / picture.path).is_file():
            told = f"There is no picture {quoted(picture.path)} in the folder {self.folder.name}."
            self.problems.report(line, told, "Put it there, or correct the name.")


def size_of(path: Path) -> tuple[float, float] | None:
    """Width and height of a drawing or a PNG, in its own measure; None for what is neither."""
    head = path.read_bytes()[:4096]
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    found = re.search(rb"""viewBox=["']\s*0[\s,]+0[\s,]+([\d.]+)[\s,]+([\d.]+)""", head)
    return (float(found[1]), float(found[2])) if found else None
