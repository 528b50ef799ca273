"""The fields of a form that say which picture is shown and what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from app.content.pictures import DECORATIVE, QUOTES
from app.content.sketch import one_line


def picture_words(path: str) -> str:
    """Fire: low smoke, for `fire/low-smoke.svg`."""
    folder, _, name = path.rpartition("/")
    words = name.partition(".")[0].replace("-", " ")
    return f"{folder.capitalize()}: {words}" if folder else words.capitalize()


@dataclass(frozen=True)
class PictureFields:
    path: str = ""
    alt: str = ""
    is_decorative: bool = False

    @classmethod
    def of(cls, setting: str) -> Self:
        """As a file writes it: `fire/alarm.svg "A smoke alarm on a ceiling."`."""
        path, _, described = setting.partition(" ")
        is_decorative = described.strip().casefold() == DECORATIVE
        return cls(path, "" if is_decorative else described.strip().strip(QUOTES).strip(), is_decorative)

    @classmethod
    def typed(cls, form: Mapping[str, str], name: str) -> Self:
        """`name` begins the names of the fields."""
        alt = one_line(form.get(f"{name}alt", "")).strip(QUOTES).strip()
        path = one_line(form.get(f"{name}picture", "")).replace(" ", "-")
        return cls(path, alt, f"{name}decorative" in form)

    @property
    def setting(self) -> str:
        if not self.path:
            return ""
        return f"{self.path} {DECORATIVE}" if self.is_decorative else f'{self.path} "{self.alt}"'
