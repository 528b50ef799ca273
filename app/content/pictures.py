"""Reads a line such as `picture: fire/alarm.svg "A smoke alarm on a ceiling."`."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from app.content.fields import Fields, Words
from app.content.problems import ProblemList, quoted
from app.content.wording import gives_away
from app.domain.lesson import Picture

KINDS = (".svg", ".png", ".webp", ".jpg")
QUOTES = '"“”'


@dataclass
class PictureShelf:
    """The folder that pictures come from, and those which a lesson has taken out of it."""

    folder: Path
    problems: ProblemList
    taken: list[tuple[int, Picture]] = field(default_factory=list)

    def take(self, settings: Fields) -> Picture | None:
        found = settings.words("picture")
        if found is None:
            return None
        path, _, described = found.text.partition(" ")
        alt = described.strip().strip(QUOTES).strip()
        picture = Picture(path=path, alt=alt)
        self.taken.append((found.line, picture))
        self._check(found, picture, described.strip())
        return picture

    def check_answers(self, answers: list[str]) -> None:
        """Neither a picture's name nor its alt text may hold the safest answer to a question."""
        for line, picture in self.taken:
            answer = gives_away(picture.alt, answers) or gives_away(Path(picture.path).stem, answers)
            if answer:
                told = f"This picture's name or alt text gives away the answer {quoted(answer)}."
                self.problems.report(line, told, "Say only what the picture shows, or rename it.")

    def _check(self, found: Words, picture: Picture, described: str) -> None:
        if not picture.alt:
            remedy = "Add a description in quotes after the file name."
            self.problems.report(found.line, "This picture has no alt text.", remedy)
        elif described[0] not in QUOTES or described[-1] not in QUOTES:
            remedy = 'Write picture: folder/name.svg "what it shows".'
            self.problems.report(found.line, "This picture's description is not in quotes.", remedy)
        if not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.[a-z]{3,4}", picture.path[:200], re.ASCII):
            remedy = "Use letters, numbers and -, with a / after each folder: fire/smoke-alarm.svg."
            self.problems.report(found.line, f"{quoted(picture.path)} cannot name a picture.", remedy)
        elif not picture.path.endswith(KINDS):
            told = f"{quoted(picture.path)} is not a kind of picture that we show."
            self.problems.report(found.line, told, f"Use one of: {', '.join(KINDS)}.")
        elif not (self.folder / picture.path).is_file():
            told = f"There is no picture {quoted(picture.path)} in the folder {self.folder.name}."
            self.problems.report(found.line, told, "Put it there, or correct the name.")


def size_of(path: Path) -> tuple[float, float] | None:
    """Width and height of a drawing or a PNG, in its own measure; None for what is neither."""
    head = path.read_bytes()[:4096]
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    found = re.search(rb"""viewBox=["']\s*0[\s,]+0[\s,]+([\d.]+)[\s,]+([\d.]+)""", head)
    return (float(found[1]), float(found[2])) if found else None
