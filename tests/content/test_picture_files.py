"""An uploaded picture is drawn anew; hostile ones are refused in a sentence."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from app.content import media_kinds, picture_files
from app.content.media_kinds import recognise
from app.content.picture_files import as_written, cleaned
from app.domain.errors import Invalid

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>51,23.25N</exif:GPSLatitude></x:xmpmeta>'
SECRET = b"Harrowmarsh, by the gate"


def picture(size: tuple[int, int] = (40, 30), mode: str = "RGB", colour: Any = "teal") -> Image.Image:
    return Image.new(mode, size, colour)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(cleaned(content).content))


def chunks(webp: bytes) -> list[bytes]:
    """The names of the chunks of a WebP file."""
    assert (webp[:4], webp[8:12]) == (b"RIFF", b"WEBP")
    place, names = 12, []
    while place < len(webp):
        names.append(webp[place : place + 4])
        place += 8 + (length := struct.unpack("<I", webp[place + 4 : place + 8])[0]) + length % 2
    return names


def gps_photo() -> bytes:
    """A photo that tells where, when and by whom it was taken, in every way we know."""
    exif = Image.Exif()
    exif[Base.Artist] = SECRET.decode()
    place = exif.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef] = "N"
    place[GPS.GPSLatitude] = (51.0, 23.0, 15.5)
    place[GPS.GPSMapDatum] = SECRET.decode()
    return saved(
        picture(), "JPEG", exif=exif.tobytes(), xmp=XMP, comment=SECRET, icc_profile=b"\0" * 128 + b"desc" + SECRET
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_each_kind_becomes_a_webp(kind: str) -> None:
    found = cleaned(saved(picture(), kind))
    assert (found.width, found.height) == (40, 30)
    assert chunks(found.content) == [b"VP8 "]
    assert opened(saved(picture(), kind)).getpixel((5, 5)) == pytest.approx((0, 128, 128), abs=6)


def test_nothing_tells_where_a_photo_was_taken_or_by_whom() -> None:
    photo = gps_photo()
    for trace in (SECRET, b"Exif", b"GPSLatitude", b"adobe:ns:meta"):
        assert trace in photo, trace
    found = cleaned(photo).content
    assert chunks(found) == [b"VP8 "]
    for trace in (SECRET, b"Exif", b"EXIF", b"GPS", b"adobe", b"XMP", b"ICC", b"desc", struct.pack(">II", 51, 1)):
        assert trace not in found, trace


def test_words_in_a_png_and_in_a_webp_are_gone_too() -> None:
    words = PngInfo()
    words.add_itxt("Comment", SECRET.decode())
    for content in (
        saved(picture(), "PNG", pnginfo=words),
        saved(picture(), "WEBP", exif=b"Exif\0\0" + SECRET, xmp=XMP),
    ):
        assert SECRET in content or XMP in content
        assert chunks(cleaned(content).content) == [b"VP8 "]


def test_a_photo_that_was_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    found = cleaned(saved(picture((40, 30)), "JPEG", exif=exif.tobytes()))
    assert (found.width, found.height) == (30, 40)


@pytest.mark.parametrize(
    ("image", "is_clear"),
    [
        (picture(mode="RGBA", colour=(0, 0, 0, 0)), True),
        (picture(mode="LA", colour=(9, 9)), True),
        (picture(mode="P", colour=1), False),
        (picture(mode="1", colour=1), False),
        (picture(mode="I;16", colour=9), False),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_what_is_clear_stays_clear(image: Image.Image, is_clear: bool) -> None:
    assert (opened(saved(image)).mode == "RGBA") is is_clear


def test_a_large_photo_fits_into_sixteen_hundred_dots_and_two_hundred_kilobytes() -> None:
    found = cleaned(saved(noise(1700, 850), "JPEG"))
    assert max(found.width, found.height) <= picture_files.LONGEST_SIDE
    assert len(found.content) <= picture_files.LARGEST
    assert found.width / found.height == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    "image", [noise(300, 200), picture(mode="RGBA", colour=(0, 128, 128, 90))], ids=["plain", "clear"]
)
def test_a_picture_that_we_have_written_stays_byte_for_byte_and_no_other_does(image: Image.Image) -> None:
    ours = cleaned(saved(image)).content
    assert as_written(ours) == cleaned(ours).model_copy(update={"content": ours})
    others = (
        saved(image),
        saved(image, "WEBP", exif=b"Exif\0\0" + SECRET),
        ours + b"PK\x03\x04",
        ours[:-2],
        webp_of(ours[20:60]),
        moving(),
        saved(picture((1700, 10)), "WEBP"),
    )
    assert [as_written(other) for other in others] == [None] * len(others)


def webp_of(body: bytes) -> bytes:
    """Whole as a file, whatever it is as a picture."""
    chunk = b"WEBPVP8 " + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk)) + chunk


def png_of(width: int, height: int, body: bytes = b"", words: bytes = b"") -> bytes:
    """A PNG whose head promises so many dots."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    between = chunk(b"zTXt", b"Comment\0\0" + words) if words else b""
    return b"\x89PNG\r\n\x1a\n" + head + between + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def moving() -> bytes:
    other = picture(colour="gold")
    return saved(picture(), "WEBP", save_all=True, append_images=[other], duration=100)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: png_of(60_000, 60_000, zlib.compress(b"\0" * 1000)), picture_files.TOO_MANY_PIXELS),
    "a smaller bomb": (lambda: png_of(12_000, 12_000), picture_files.TOO_MANY_PIXELS),
    "one dot too many": (lambda: png_of(5_001, 5_000), picture_files.TOO_MANY_PIXELS),
    "no dots": (lambda: png_of(0, 10), picture_files.BROKEN),
    "cut off": (lambda: saved(noise(90, 90), "PNG")[:3000], picture_files.BROKEN),
    "a cut JPEG": (lambda: saved(noise(300, 300), "JPEG")[:9000], picture_files.BROKEN),
    "only a beginning": (lambda: b"\x89PNG\r\n\x1a\n", picture_files.BROKEN),
    "only a JPEG's beginning": (lambda: b"\xff\xd8\xff\xe0", picture_files.BROKEN),
    "only a WebP's beginning": (lambda: b"RIFF\0\0\0\0WEBPVP8 ", picture_files.BROKEN),
    "words that unfold": (
        lambda: png_of(1, 1, zlib.compress(b"\0" * 4), words=zlib.compress(b"a" * 3_000_000)),
        picture_files.BROKEN,
    ),
    "thousands of layers": (lambda: saved(picture(), "JPEG") + b"\xff\xda\0\0" * 200, picture_files.BROKEN),
    "moving": (moving, picture_files.MOVES),
    "another kind in a picture's head": (lambda: b"\xff\xd8\xff" + saved(picture(), "GIF"), picture_files.BROKEN),
}


def test_a_small_picture_made_by_hand_is_taken() -> None:
    content = png_of(1, 1, zlib.compress(b"\0" * 4), words=zlib.compress(b"a" * 3_000))
    assert cleaned(content).width == 1  # so what is refused below is refused for what is wrong with it


@pytest.mark.parametrize("what", REFUSED)
def test_a_hostile_or_broken_picture_is_refused_in_a_sentence(what: str) -> None:
    make, sentence = REFUSED[what]
    with pytest.raises(Invalid) as refusal:
        cleaned(make())
    assert refusal.value.sentence == sentence


PAYLOADS = {
    "a page": b"<!doctype html><script>alert('canary')</script>",
    "a script": b"*/=alert('canary')//",
    "an archive": b"PK\x03\x04canary",
    "a film": b"\0\0\0\x14ftypisomcanary",
}


@pytest.mark.parametrize("what", PAYLOADS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_hangs_on_a_picture_or_hides_in_it_does_not_come_through(kind: str, what: str) -> None:
    whole, payload = saved(picture(), kind), PAYLOADS[what]
    hidden = saved(picture(), "JPEG", comment=payload) if kind == "JPEG" else whole
    for content in (whole + payload, hidden):
        assert b"canary" not in cleaned(content).content


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"", media_kinds.EMPTY),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', media_kinds.SVG),
        (b'\xef\xbb\xbf\n <?xml version="1.0"?>', media_kinds.SVG),
        (b"<!DOCTYPE svg PUBLIC", media_kinds.SVG),
        (b"GIF89a<html>", media_kinds.GIF),
        (b"%PDF-1.7", media_kinds.PDF),
        (b"\0\0\0\x18ftypheic", media_kinds.HEIC),
        (b"\0\0\0\x18ftypavif", media_kinds.HEIC),
        (b"\0\0\0\x14ftypqt  ", media_kinds.QUICKTIME),
        (b"PK\x03\x04", media_kinds.UNKNOWN),
        (b"MZ\x90", media_kinds.UNKNOWN),
        (b"BM6", media_kinds.UNKNOWN),
        (b"<html><body>", media_kinds.UNKNOWN),
        (b"\x89PN", media_kinds.UNKNOWN),
        (b" \x89PNG\r\n\x1a\n", media_kinds.UNKNOWN),
        (b"RIFF\0\0\0\0WAVE", media_kinds.UNKNOWN),
    ],
)
def test_what_is_no_picture_film_or_captions_is_told_by_its_first_bytes(head: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        recognise(head)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (saved(picture(), "PNG"), "png"),
        (saved(picture(), "JPEG"), "jpeg"),
        (saved(picture(), "WEBP"), "webp"),
        (b"\0\0\0\x18ftypmp42", "mp4"),
        (b"\x1a\x45\xdf\xa3\x9f", "webm"),
        (b"WEBVTT\n\n", "captions"),
        (b"\xef\xbb\xbfWEBVTT", "captions"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert recognise(head[: media_kinds.HEAD]) == kind
