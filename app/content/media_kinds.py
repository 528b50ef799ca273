"""Recognises an uploaded file by its first bytes, never by its name or by what the browser says of it."""

from typing import Literal

from app.domain.errors import Invalid

Kind = Literal["png", "jpeg", "webp", "mp4", "webm", "captions"]

HEAD = 64
"""So many bytes tell what a file is."""
LARGEST: dict[Kind, int] = {
    "png": 8_000_000,
    "jpeg": 8_000_000,
    "webp": 8_000_000,
    "mp4": 100_000_000,
    "webm": 100_000_000,
    "captions": 200_000,
}
PICTURES: tuple[Kind, ...] = ("png", "jpeg", "webp")
FILMS: tuple[Kind, ...] = ("mp4", "webm")

EMPTY = "This file is empty. Choose another one."
SVG = "SVG pictures can hold programs, so we do not take them. Save the picture as PNG and add that."
GIF = "GIF pictures may move and flash, so we do not take them. Save it as PNG, or add it as a film."
HEIC = "This is a HEIC or AVIF picture, which many school devices cannot show. Save it as JPEG and add that."
QUICKTIME = "This is a QuickTime film, which many school devices cannot play. Save it as MP4 (H.264) and add that."
PDF = "This is a PDF. Save the page as a PNG picture and add that."
UNKNOWN = (
    "We cannot use this kind of file. Pictures are PNG, JPEG or WebP, films MP4 (H.264) or WebM, captions WebVTT."
)

_STILL_BRANDS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif", b"avis")
_REFUSED = {
    b"GIF8": GIF,
    b"%PDF": PDF,
    b"<svg": SVG,
    b"<?xml": SVG,
    b"<!doctype svg": SVG,
}


def recognise(head: bytes) -> Kind:
    """The kind of a file that begins so. Raises Invalid with what its owner can do."""
    if not head:
        raise Invalid(EMPTY)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm"
    if head.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT"):
        return "captions"
    raise Invalid(_why_not(head))


def _of_brand(brand: bytes) -> Kind:
    if brand in _STILL_BRANDS:
        raise Invalid(HEIC)
    if brand == b"qt  ":
        raise Invalid(QUICKTIME)
    return "mp4"


def _why_not(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((why for start, why in _REFUSED.items() if text.startswith(start.lower())), UNKNOWN)
