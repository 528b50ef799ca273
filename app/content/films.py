"""Reads what a lesson file says of its film, and looks into a film's file."""

from typing import BinaryIO

from app.content import mp4, webm
from app.content.film_facts import FilmFacts
from app.content.media_kinds import HEAD, recognise
from app.domain.errors import Invalid

NO_FILM = "This is no film. Films are MP4 (H.264) or WebM."


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
