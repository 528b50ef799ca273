"""Reads what a lesson file says of its film, and looks into a film's file.

    ## Film: The smoke alarm
    minutes: 2
    film: media/NAME.mp4
    captions: media/NAME.vtt

An agency's own film is named as its page of pictures and films says; another stands in the folder `films` of the
lessons, with its captions beside it.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from app.content import mp4, webm
from app.content.captions import read_captions, transcript, written
from app.content.fields import Fields, Words
from app.content.film_facts import FilmFacts
from app.content.media_kinds import HEAD, LARGEST, recognise
from app.content.problems import ProblemList, quoted
from app.domain.errors import Invalid
from app.domain.media import OWN, FilmFile, OwnMedia

NO_FILM = "This is no film. Films are MP4 (H.264) or WebM."
NO_CAPTIONS = "This film has no captions, so not everybody can follow it."


def examine(file: BinaryIO) -> FilmFacts:
    """What kind of film this is. Raises Invalid with a sentence for whoever chose it."""
    file.seek(0)
    match recognise(file.read(HEAD)):
        case "mp4":
            return mp4.examine(file)
        case "webm":
            return webm.examine(file)
        case _:
            raise Invalid(NO_FILM)


@dataclass
class FilmShelf:
    """The folder that films come from, and the agency's own."""

    folder: Path
    problems: ProblemList
    own: OwnMedia = field(default_factory=dict)

    def take(self, settings: Fields) -> FilmFile | None:
        """The film of a film part; None after a problem."""
        film = settings.words("film", needed="Name it: film: media/NAME.mp4, as your pictures and films show it.")
        captions = settings.words("captions")
        if film is None:
            return None
        if not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.(mp4|webm)", film.text[:200], re.ASCII):
            told = f"{quoted(film.text)} cannot name a film."
            self.problems.report(film.line, told, "Films end in .mp4 or .webm: fire/smoke-alarm.mp4.")
            return None
        return self._own(film, captions) if film.text.startswith(OWN) else self._shipped(film, captions)

    def _own(self, film: Words, captions: Words | None) -> FilmFile | None:
        medium = self.own.get(film.text)
        if medium is None or not medium.is_film:
            told = f"{quoted(film.text)} is not among your agency's own films."
            self.problems.report(film.line, told, "Add it once more, or choose another.")
            return None
        if not medium.captions:
            remedy = "Add a WebVTT file to it on your page of pictures and films."
            self.problems.report(film.line, NO_CAPTIONS, remedy)
            return None
        if captions is None or captions.text != medium.captions_path:
            line = captions.line if captions else film.line
            told = NO_CAPTIONS if captions is None else "These are not the captions of this film."
            self.problems.report(line, told, f"Write captions: {medium.captions_path}")
            return None
        return self._made(film, captions, medium.captions.encode(), medium.seconds)

    def _shipped(self, film: Words, captions: Words | None) -> FilmFile | None:
        place = self.folder / film.text
        if not place.is_file():
            told = f"There is no film {quoted(film.text)} in the folder {self.folder.name}."
            self.problems.report(film.line, told, "Put it there, or correct the name.")
            return None
        if captions is None:
            remedy = "Put a WebVTT file beside it and write captions: folder/name.vtt."
            self.problems.report(film.line, NO_CAPTIONS, remedy)
            return None
        words = self.folder / captions.text
        is_named_well = re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.vtt", captions.text[:200], re.ASCII)
        if not is_named_well or not words.is_file() or words.stat().st_size > LARGEST["captions"]:
            told = f"There are no captions {quoted(captions.text)} in the folder {self.folder.name}."
            self.problems.report(captions.line, told, "Put a WebVTT file there, or correct the name.")
            return None
        try:
            with place.open("rb") as file:
                seconds = examine(file).seconds
        except Invalid as refusal:
            self.problems.report(film.line, refusal.sentence, "Correct it, or choose another film.")
            return None
        return self._made(film, captions, words.read_bytes(), seconds)

    def _made(self, film: Words, captions: Words, content: bytes, seconds: float) -> FilmFile | None:
        found = ProblemList(captions.text)
        cues = read_captions(content, found)
        for problem in found.found:
            told = f"Line {problem.line} of the captions: {problem.sentence}"
            self.problems.report(captions.line, told, problem.remedy)
        if found.blocks:
            return None
        return FilmFile(
            path=film.text,
            captions_path=captions.text,
            captions=written(cues),
            transcript=transcript(cues),
            seconds=seconds,
        )
