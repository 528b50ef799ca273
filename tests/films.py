"""Films of a few hundred bytes, put together by hand: whole containers around no picture at all."""

import struct
from collections.abc import Iterable

CAPTIONS = (
    "WEBVTT\n\n00:00.500 --> 00:02.000\n<v Priya>Smoke goes up.\n\n00:02.000 --> 00:03.500\n<v Mo>So you go low!\n"
)


def box(name: bytes, *content: bytes) -> bytes:
    whole = b"".join(content)
    return struct.pack(">I4s", 8 + len(whole), name) + whole


def full(name: bytes, *content: bytes) -> bytes:
    """A box with a version and flags."""
    return box(name, bytes(4), *content)


def picture_entry(codec: bytes = b"avc1", profile: int = 77, size: tuple[int, int] = (640, 360)) -> bytes:
    settings = box(b"avcC", bytes([1, profile, 0, 31, 0xFF, 0xE0, 0]))
    return box(codec, bytes(24), struct.pack(">HH", *size), bytes(50), settings)


def sound_entry(codec: bytes = b"mp4a") -> bytes:
    return box(codec, bytes(28))


def track(handler: bytes, *entries: bytes, beside: bytes = b"") -> bytes:
    table = full(b"stsd", struct.pack(">I", len(entries)), *entries)
    media = box(
        b"mdia",
        full(b"mdhd", bytes(20)),
        full(b"hdlr", bytes(4), handler, bytes(13)),
        box(b"minf", box(b"stbl", table, full(b"stts", bytes(4)))),
    )
    return box(b"trak", full(b"tkhd", bytes(80)), media, beside)


def mp4(
    *,
    tracks: Iterable[bytes] | None = None,
    in_moov: bytes = b"",
    after: bytes = b"",
    brand: bytes = b"isom",
    seconds: float = 4,
    media: bytes = b"no picture",
) -> bytes:
    """A film with picture and sound; `in_moov` and `after` are where cameras leave what they know."""
    found = [track(b"vide", picture_entry()), track(b"soun", sound_entry())] if tracks is None else tracks
    head = full(b"mvhd", bytes(8), struct.pack(">II", 1000, int(seconds * 1000)), bytes(80))
    return (
        box(b"ftyp", brand, bytes(4), b"isomavc1") + box(b"moov", head, *found, in_moov) + box(b"mdat", media) + after
    )


def element(id_: int, *content: bytes, unknown: bool = False) -> bytes:
    whole = b"".join(content)
    name = id_.to_bytes((id_.bit_length() + 7) // 8)
    return name + (b"\x01" + b"\xff" * 7 if unknown else struct.pack(">Q", len(whole) | 1 << 56)) + whole


def webm_track(kind: int = 1, codec: bytes = b"V_VP9", size: tuple[int, int] = (640, 360)) -> bytes:
    video = element(0xE0, element(0xB0, struct.pack(">H", size[0])), element(0xBA, struct.pack(">H", size[1])))
    return element(0xAE, element(0x83, bytes([kind])), element(0x86, codec), video if kind == 1 else b"")


def tag(name: bytes, value: bytes) -> bytes:
    simple = element(0x67C8, element(0x45A3, name), element(0x4487, value))
    return element(0x1254C367, element(0x7373, simple))


def webm(
    *,
    tracks: Iterable[bytes] | None = None,
    in_segment: bytes = b"",
    after: bytes = b"",
    doc_type: bytes = b"webm",
    seconds: float | None = 4,
    is_live: bool = False,
) -> bytes:
    """A film with picture and sound; `is_live`: of unknown length, as a browser records it."""
    found = [webm_track(), webm_track(2, b"A_OPUS")] if tracks is None else tracks
    length = b"" if seconds is None else element(0x4489, struct.pack(">d", seconds * 1000))
    info = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3)), length)
    cluster = element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, b"\x81\0\0\x80no picture"), unknown=is_live)
    inside = info + element(0x1654AE6B, *found) + in_segment + cluster + (cluster if is_live else b"")
    head = element(0x1A45DFA3, element(0x4282, doc_type))
    return head + element(0x18538067, inside, unknown=is_live) + after
