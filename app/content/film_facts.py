"""What is known of a film once its container has been read, and why one is refused."""

import re
from typing import BinaryIO, Self

from pydantic import BaseModel

from app.domain.errors import Invalid

BROKEN = "This film cannot be read: it is damaged or not complete. Export it once more and add that."
NO_PICTURE = "There is no moving picture in this film. Export it once more and add that."
PLACE = (
    "This film tells where it was filmed. On a phone, share it with Location switched off; "
    "elsewhere, export it again without metadata. Then add that."
)
MORE_THAN_A_FILM = (
    "This film holds more than picture and sound, and cameras write such things as the place there. "
    "Export it again with picture and sound only, without metadata, and add that."
)
NOT_H264 = "The picture of this film is not H.264, which every school device can play. Export it as MP4 (H.264)."
NOT_AAC = "The sound of this film is not AAC, which every school device can play. Export it as MP4 with AAC sound."
NOT_VP8_OR_VP9 = "This WebM film is not VP8 or VP9 with Opus or Vorbis sound. Export it as MP4 (H.264)."
MATROSKA = "This is a Matroska film (MKV), which many school devices cannot play. Export it as MP4 (H.264)."

MOST_PIECES = 300_000
LONGEST = 24 * 60 * 60  # seconds
WIDEST = 16_384
LARGEST_HEAD = 32_000_000  # bytes of a film that are neither picture nor sound

_TRACES = (
    b"\xa9xyz",
    b"com.apple.quicktime.location",
    b"ns.adobe.com/xap",
    b"x:xmpmeta",
    b"exif:gps",
    b"gpslatitude",
    b"gpmf",
)
_LATITUDE_AND_LONGITUDE = re.compile(rb"[+-]\d{2,6}\.\d{2,}[+-]\d{3,7}\.\d{2,}")


class FilmFacts(BaseModel, frozen=True):
    """How long a film is and how large its picture; 0 where it does not say, or nothing that could be true."""

    seconds: float = 0
    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, seconds: float, width: int, height: int) -> Self:
        is_told = 0 < seconds < LONGEST
        is_size = 0 < width <= WIDEST and 0 < height <= WIDEST
        return cls(
            seconds=round(seconds, 1) if is_told else 0,
            width=width if is_size else 0,
            height=height if is_size else 0,
        )


class Pieces:
    """A film's file, of which no more pieces are read than a film has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MOST_PIECES
        self.size = file.seek(0, 2)

    def read(self, place: int, length: int) -> bytes:
        """Exactly so many bytes. Raises Invalid where the file has no more."""
        found = self.peek(place, length)
        if len(found) < length:
            raise Invalid(BROKEN)
        return found

    def peek(self, place: int, length: int) -> bytes:
        """So many bytes, or what is left of them at the end of the file."""
        self._left -= 1
        if self._left < 0 or length > LARGEST_HEAD:
            raise Invalid(BROKEN)
        self._file.seek(place)
        return self._file.read(length)


def must_tell_no_place(content: bytes, *also: bytes) -> None:
    """Raises Invalid where words beside the picture tell a place, in any of the ways in which cameras write it."""
    words = content.lower()
    if any(trace in words for trace in (*_TRACES, *also)) or _LATITUDE_AND_LONGITUDE.search(content):
        raise Invalid(PLACE)
