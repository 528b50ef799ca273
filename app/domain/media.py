"""Pictures and films of an agency's own, and how a lesson names them."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel

from app.domain.errors import Invalid, NotAllowed

Mime = Literal["image/webp", "video/mp4", "video/webm"]
OWN = "media/"
"""Before the name of one's own: `picture: media/NAME.webp "alt"`, `film: media/NAME.mp4`."""
LONGEST_ALT, LONGEST_RIGHTS = 250, 200
_SUFFIX: dict[Mime, str] = {"image/webp": "webp", "video/mp4": "mp4", "video/webm": "webm"}
_PATH = r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.(?:svg|png|webp|jpg)"
_IN_TEXT = re.compile(rf"!\[([^\]\n]*)\]\(({_PATH})\)", re.ASCII)


class Medium(BaseModel, frozen=True):
    """One picture or film that an agency has added. A picture without alt text is decorative."""

    public_name: str
    agency_id: int
    mime: Mime
    size: int
    width: int = 0
    height: int = 0
    seconds: float = 0
    alt: str = ""
    is_decorative: bool = False
    captions: str = ""
    rights: str = ""

    @property
    def is_film(self) -> bool:
        return self.mime.startswith("video/")

    @property
    def file_name(self) -> str:
        return f"{self.public_name}.{_SUFFIX[self.mime]}"

    @property
    def path(self) -> str:
        """How lesson files name it."""
        return OWN + self.file_name

    @property
    def captions_path(self) -> str:
        return f"{OWN}{self.public_name}.vtt"

    @property
    def lines(self) -> tuple[str, ...]:
        """What to write under a heading of a lesson file to show it there."""
        if self.is_film:
            return (f"film: {self.path}", f"captions: {self.captions_path}")
        return (f"picture: {self.path} " + (f'"{self.alt}"' if self.alt else "decorative"),)


OwnMedia = Mapping[str, Medium]
"""By path, all that a lesson may show."""


class FilmFile(BaseModel, frozen=True):
    """A film by its path, with its captions and transcript as they were when the lesson was published."""

    path: str
    captions_path: str
    captions: str
    transcript: tuple[str, ...]
    seconds: float = 0


def described(alt: str, *, is_decorative: bool, is_film: bool) -> str:
    """The words beside a picture or film, in one line and without quotes. Raises Invalid when they are missing."""
    words = " ".join(alt.split()).replace('"', "'")
    if len(words) > LONGEST_ALT:
        raise Invalid(f"The description has {len(words)} characters. Up to {LONGEST_ALT} can be read out well.")
    if is_film and not words:
        raise Invalid("Say in a few words what the film shows.")
    if not words and not is_decorative:
        raise Invalid('Say what the picture shows, for those who cannot see it, or tick "decorative".')
    if words and is_decorative and not is_film:
        raise Invalid("A decorative picture is not described. Clear the description, or untick decorative.")
    return words


def owned(rights: str) -> str:
    """Whose it is. Raises Invalid when that is not told."""
    words = " ".join(rights.split())
    if not words:
        raise Invalid("Say whose it is and that you may show it, for example: our own photo.")
    if len(words) > LONGEST_RIGHTS:
        raise Invalid(f"Say whose it is in up to {LONGEST_RIGHTS} characters.")
    return words


def must_fit(used: int, size: int, quota: int) -> None:
    """Raises NotAllowed when an agency's pictures and films would grow beyond their share of the disk."""
    if used + size > quota:
        raise NotAllowed(
            f"Your agency's pictures and films have {round(quota / 1e6)} MB of room, and this one does not fit any "
            "more. Remove some that no lesson uses, or ask whoever runs the server for more room."
        )


def pictures_in(text: str) -> Iterator[tuple[str, str]]:
    """Alt text and path of each picture in a text: `![alt](folder/name.svg)`."""
    for found in _IN_TEXT.finditer(text):
        yield found[1].strip(), found[2]


def without_pictures(text: str) -> str:
    return _IN_TEXT.sub("", text)


def renamed(text: str, new_names: Mapping[str, str]) -> str:
    """The same text with the pictures in it under other names."""
    return _IN_TEXT.sub(lambda found: f"![{found[1]}]({new_names.get(found[2], found[2])})", text)
