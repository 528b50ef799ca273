"""Draws an uploaded picture anew: its pixels are kept, and nothing else that was in the file."""

import io
import math
import struct
from typing import TYPE_CHECKING

from pydantic import BaseModel

from app.domain.errors import Invalid

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 25_000_000
LONGEST_SIDE = 1600
LARGEST = 200_000  # bytes, as shown to thirty tablets behind one slow line
MOST_SCANS = 100
CHUNKS = ((b"VP8 ",), (b"VP8X", b"ALPH", b"VP8 "))
"""What we write into a WebP: colours, and what is clear."""
QUALITIES = (84, 66, 48)

BROKEN = "This picture cannot be read: it is damaged or not complete. Save it once more and add that."
TOO_MANY_PIXELS = (
    "This picture has more than 25 million dots. Make it smaller, 1600 dots wide is enough, and add that."
)
MOVES = "This picture moves. Choose one that stands still, or add it as a film with captions."


class CleanPicture(BaseModel, frozen=True):
    """A WebP of at most 1600 dots a side and 200 KB, without a word about camera, place or author."""

    content: bytes
    width: int
    height: int


def cleaned(content: bytes) -> CleanPicture:
    """Raises Invalid with a sentence for whoever chose the picture.

    Takes up to some 300 MB for a moment: draw one picture at a time.
    """
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
        raise Invalid(BROKEN)  # a JPEG in thousands of layers would keep a processor busy for hours
    try:
        return _encoded(_pixels_of(content))
    except Invalid:
        raise
    except Exception as error:  # a decoder that is fed nonsense may end in any way
        raise Invalid(BROKEN) from error


def as_written(content: bytes) -> CleanPicture | None:
    """A picture that is as we write them already, so that drawing it anew would only blur it; None for any other."""
    if len(content) > LARGEST or _chunks_of(content) not in CHUNKS:
        return None
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("WEBP",)) as picture:
            if max(picture.size) > LONGEST_SIDE or getattr(picture, "is_animated", False):
                return None
            picture.load()
            return CleanPicture(content=content, width=picture.width, height=picture.height)
    except Exception:  # as above; drawing it anew tells what is wrong
        return None


def _chunks_of(webp: bytes) -> tuple[bytes, ...]:
    """The names of its chunks; none when it is no WebP from its first byte to its last."""
    if webp[:4] != b"RIFF" or webp[8:12] != b"WEBP" or struct.unpack("<I", webp[4:8])[0] != len(webp) - 8:
        return ()
    place = 12
    names: list[bytes] = []
    while place + 8 <= len(webp) and len(names) < 4:
        names.append(webp[place : place + 4])
        length = struct.unpack("<I", webp[place + 4 : place + 8])[0]
        place += 8 + length + length % 2
    return tuple(names) if place == len(webp) else ()


def _pixels_of(content: bytes) -> "Image.Image":
    from PIL import Image  # when the first picture is added: a killed server must serve again soon

    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(TOO_MANY_PIXELS) from error
    if picture.width * picture.height > MOST_PIXELS:
        raise Invalid(TOO_MANY_PIXELS)
    if picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise Invalid(MOVES)
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than needed
    upright = _upright(picture)
    is_clear = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    pixels = upright.convert("RGBA" if is_clear else "RGB")
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    pixels.info = {}
    return pixels


def _upright(picture: "Image.Image") -> "Image.Image":
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # what the camera wrote beside the picture cannot be read: it stands as it stands
        return picture


def _encoded(pixels: "Image.Image") -> CleanPicture:
    """As good as fits: first with less detail, then smaller."""
    while True:
        for quality in QUALITIES:
            content = _as_webp(pixels, quality)
            if len(content) <= LARGEST:
                return CleanPicture(content=content, width=pixels.width, height=pixels.height)
            if len(content) > 4 * LARGEST:
                break
        share = min(0.8, math.sqrt(LARGEST / len(content)))
        pixels = pixels.resize((max(1, int(pixels.width * share)), max(1, int(pixels.height * share))))


def _as_webp(pixels: "Image.Image", quality: int) -> bytes:
    out = io.BytesIO()
    pixels.save(out, "WEBP", quality=quality)
    return out.getvalue()
