"""Draws an uploaded picture anew: its pixels are kept, and nothing else that was in the file."""

import io
import math
from typing import TYPE_CHECKING

from pydantic import BaseModel

from app.domain.errors import Invalid

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 25_000_000
LONGEST_SIDE = 1600
LARGEST = 200_000  # bytes, as shown to thirty tablets behind one slow line
MOST_SCANS = 100
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
