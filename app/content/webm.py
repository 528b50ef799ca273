"""Reads the elements of a WebM film (EBML): what it holds, and that nothing in it tells a place.

A reader of our own: the kept library for EBML is made for well-meant files and for writing them.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from app.content import film_facts
from app.content.film_facts import FilmFacts, Pieces, must_tell_no_place
from app.domain.errors import Invalid

EBML, DOC_TYPE, SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B
TAGS, CHAPTERS, VOID, CRC = 0x1254C367, 0x1043A770, 0xEC, 0xBF
OF_A_SEGMENT = {SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, TAGS, CHAPTERS, VOID, CRC}
OF_A_CLUSTER = {0xE7, 0x5854, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF, VOID, CRC}
WORDS = {SEEK_HEAD, INFO, TRACKS, CUES, TAGS, CHAPTERS, VOID}
TIME_SCALE, DURATION = 0x2AD7B1, 0x4489
TRACK, TRACK_TYPE, CODEC, VIDEO, WIDTH, HEIGHT = 0xAE, 0x83, 0x86, 0xE0, 0xB0, 0xBA
PICTURE, SOUND = 1, 2
CODECS = {PICTURE: (b"V_VP8", b"V_VP9"), SOUND: (b"A_OPUS", b"A_VORBIS")}
OF_A_PLACE = (b"location", b"gps", b"geo_")


class Element(NamedTuple):
    """A stretch of the file; `end` is None where it is not told: a film that was recorded live."""

    id: int
    start: int
    end: int | None


def examine(file: BinaryIO) -> FilmFacts:
    """Raises Invalid with a sentence for whoever chose the film."""
    pieces = Pieces(file)
    head = _element(pieces, 0, pieces.size)
    if head.id != EBML or head.end is None:
        raise Invalid(film_facts.BROKEN)
    doc_type = _values(pieces, head).get(DOC_TYPE, b"").rstrip(b"\0")
    if doc_type != b"webm":
        raise Invalid(film_facts.MATROSKA if doc_type == b"matroska" else film_facts.BROKEN)
    segment = _element(pieces, head.end, pieces.size)
    if segment.id != SEGMENT or segment.end not in (None, pieces.size):
        raise Invalid(film_facts.BROKEN)
    found = dict[int, Element]()
    for element in _of_segment(pieces, segment.start):
        if element.id not in OF_A_SEGMENT:
            raise Invalid(film_facts.MORE_THAN_A_FILM)
        if element.id in WORDS:
            also = OF_A_PLACE if element.id in (TAGS, CHAPTERS) else ()
            must_tell_no_place(_content(pieces, element), *also)
        found.setdefault(element.id, element)
    if not {TRACKS, CLUSTER, INFO} <= set(found):
        raise Invalid(film_facts.BROKEN)
    return FilmFacts.of(_seconds(pieces, found[INFO]), *_picture_of(pieces, found[TRACKS]))


def _element(pieces: Pieces, place: int, end: int) -> Element:
    head = pieces.peek(place, 12)  # four bytes of name, eight of length, at most
    name, named = _number(head, 4)
    size, sized = _number(head[named:], 8)
    start = place + named + sized
    if size == (1 << (7 * sized)) - 1:  # all bits set: unknown
        return Element(name | 1 << (7 * named), start, None)
    if start + size > end:
        raise Invalid(film_facts.BROKEN)
    return Element(name | 1 << (7 * named), start, start + size)


def _number(head: bytes, longest: int) -> tuple[int, int]:
    """A number whose first bits tell of how many bytes it is, and how many that are."""
    length = 9 - head[0].bit_length() if head else longest + 1
    if length > min(longest, len(head)):
        raise Invalid(film_facts.BROKEN)
    return int.from_bytes(head[:length]) & ((1 << (7 * length)) - 1), length


def _of_segment(pieces: Pieces, place: int) -> Iterator[Element]:
    """The elements that follow each other in a segment; one of unknown size ends where its parts end."""
    while place < pieces.size:
        element = _element(pieces, place, pieces.size)
        yield element
        if element.end is not None:
            place = element.end
        elif element.id == CLUSTER:
            place = _end_of_cluster(pieces, element.start)
        else:
            raise Invalid(film_facts.BROKEN)


def _end_of_cluster(pieces: Pieces, place: int) -> int:
    while place < pieces.size:
        element = _element(pieces, place, pieces.size)
        if element.id not in OF_A_CLUSTER:
            return place
        if element.end is None:
            raise Invalid(film_facts.BROKEN)
        place = element.end
    return place


def _content(pieces: Pieces, element: Element) -> bytes:
    if element.end is None:
        raise Invalid(film_facts.BROKEN)
    return pieces.read(element.start, element.end - element.start)


def _children(pieces: Pieces, element: Element) -> Iterator[Element]:
    place = element.start
    while element.end is not None and place < element.end:
        child = _element(pieces, place, element.end)
        if child.end is None:
            raise Invalid(film_facts.BROKEN)
        yield child
        place = child.end


def _values(pieces: Pieces, element: Element) -> dict[int, bytes]:
    return {child.id: _content(pieces, child) for child in _children(pieces, element)}


def _picture_of(pieces: Pieces, tracks: Element) -> tuple[int, int]:
    """Width and height of the film's picture, once all its tracks are of a kind that devices play."""
    found: tuple[int, int] | None = None
    for track in _children(pieces, tracks):
        if track.id != TRACK:
            continue
        values = _values(pieces, track)
        kind = int.from_bytes(values.get(TRACK_TYPE, b""))
        if kind not in CODECS:
            raise Invalid(film_facts.MORE_THAN_A_FILM)
        if values.get(CODEC, b"").rstrip(b"\0") not in CODECS[kind]:
            raise Invalid(film_facts.NOT_VP8_OR_VP9)
        if kind == PICTURE and found is None:
            [*videos] = (child for child in _children(pieces, track) if child.id == VIDEO)
            size = _values(pieces, videos[0]) if videos else {}
            found = int.from_bytes(size.get(WIDTH, b"")), int.from_bytes(size.get(HEIGHT, b""))
    if found is None:
        raise Invalid(film_facts.NO_PICTURE)
    return found


def _seconds(pieces: Pieces, info: Element) -> float:
    values = _values(pieces, info)
    length = values.get(DURATION, b"")
    if len(length) not in (4, 8):
        return 0
    ticks: float = struct.unpack(">f" if len(length) == 4 else ">d", length)[0]
    scale = int.from_bytes(values.get(TIME_SCALE, b"")[:8]) or 1_000_000
    return ticks * scale / 1e9
