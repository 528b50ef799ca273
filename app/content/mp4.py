"""Reads the boxes of an MP4 film (ISO/IEC 14496-12): what it holds, and that nothing in it tells a place.

A reader of our own: the kept libraries need a compiled FFmpeg, or are made for well-meant files.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from app.content import film_facts
from app.content.film_facts import FilmFacts, Pieces, must_tell_no_place
from app.domain.errors import Invalid

OUTERMOST = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"sidx", b"moof", b"mfra", b"pdin"}
CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"mvex", b"moof", b"traf"}
TELL_A_PLACE = {b"\xa9xyz", b"loci", b"XMP_", b"GPMF"}
H264 = {b"avc1", b"avc3"}
PROFILES = {66, 77, 88, 100}  # what devices decode: baseline, main, extended, high
DEEPEST = 16  # boxes in boxes: a film has eight


class Box(NamedTuple):
    """A named stretch of the file; `start` is where its content begins."""

    name: bytes
    start: int
    end: int


def examine(file: BinaryIO) -> FilmFacts:
    """Raises Invalid with a sentence for whoever chose the film."""
    pieces = Pieces(file)
    outermost = list(_boxes(pieces, 0, pieces.size))
    names = [box.name for box in outermost]
    if names[:1] != [b"ftyp"] or names.count(b"moov") != 1 or b"mdat" not in names:
        raise Invalid(film_facts.BROKEN)
    if not set(names) <= OUTERMOST:
        raise Invalid(film_facts.MORE_THAN_A_FILM)
    beside = [box for box in outermost if box.name != b"mdat"]
    if sum(box.end - box.start for box in beside) > film_facts.LARGEST_HEAD:
        raise Invalid(film_facts.BROKEN)
    for box in beside:
        must_tell_no_place(pieces.read(box.start, box.end - box.start))
        _must_hold_no_place(pieces, box)
    moov = next(box for box in outermost if box.name == b"moov")
    tracks = [_Track(pieces, box) for box in _boxes(pieces, moov.start, moov.end) if box.name == b"trak"]
    pictures = [track for track in tracks if track.handler == b"vide"]
    if not pictures:
        raise Invalid(film_facts.NO_PICTURE)
    return FilmFacts.of(_seconds(pieces, moov), pictures[0].width, pictures[0].height)


def _boxes(pieces: Pieces, start: int, end: int, *, may_end_in_zeros: bool = False) -> Iterator[Box]:
    while start < end:
        if may_end_in_zeros and end - start < 8:
            return
        if end - start < 8:
            raise Invalid(film_facts.BROKEN)
        size, name = struct.unpack(">I4s", pieces.read(start, 8))
        head = 8
        if size == 1:
            head, size = 16, struct.unpack(">Q", pieces.read(start + 8, 8))[0]
        elif size == 0:  # to the end of what holds it
            size = end - start
        if size < head or size > end - start:
            raise Invalid(film_facts.BROKEN)
        yield Box(name, start + head, start + size)
        start += size


def _must_hold_no_place(pieces: Pieces, box: Box, depth: int = 0) -> None:
    if box.name in TELL_A_PLACE:
        raise Invalid(film_facts.PLACE)
    if box.name == b"uuid":
        raise Invalid(film_facts.MORE_THAN_A_FILM)
    if depth > DEEPEST:
        raise Invalid(film_facts.BROKEN)
    if box.name in CONTAINERS:
        for inner in _boxes(pieces, box.start, box.end, may_end_in_zeros=box.name == b"udta"):
            _must_hold_no_place(pieces, inner, depth + 1)


class _Track:
    """One track: picture or sound, in a form that school devices play."""

    def __init__(self, pieces: Pieces, trak: Box) -> None:
        self._pieces = pieces
        media = self._inside(trak, b"mdia")
        self.handler = pieces.read(self._inside(media, b"hdlr").start + 8, 4)
        self.width = self.height = 0
        table = self._inside(self._inside(self._inside(media, b"minf"), b"stbl"), b"stsd")
        entries = list(_boxes(pieces, table.start + 8, table.end))
        match self.handler:
            case b"vide" if entries:
                self._must_be_h264(entries)
            case b"soun" if entries:
                if any(entry.name != b"mp4a" for entry in entries):
                    raise Invalid(film_facts.NOT_AAC)
            case b"vide" | b"soun":
                raise Invalid(film_facts.BROKEN)
            case _:
                raise Invalid(film_facts.MORE_THAN_A_FILM)

    def _must_be_h264(self, entries: list[Box]) -> None:
        for entry in entries:
            if entry.name not in H264:
                raise Invalid(film_facts.NOT_H264)
            self.width, self.height = struct.unpack(">HH", self._pieces.read(entry.start + 24, 4))
            settings = self._inside(Box(entry.name, entry.start + 78, entry.end), b"avcC")
            if self._pieces.read(settings.start, 2)[1] not in PROFILES:
                raise Invalid(film_facts.NOT_H264)

    def _inside(self, outer: Box, name: bytes) -> Box:
        for box in _boxes(self._pieces, outer.start, outer.end):
            if box.name == name:
                return box
        raise Invalid(film_facts.BROKEN)


def _seconds(pieces: Pieces, moov: Box) -> float:
    """As the film's head says; 0 where it leaves that open."""
    for box in _boxes(pieces, moov.start, moov.end):
        if box.name == b"mvhd":
            is_long = pieces.read(box.start, 1) == b"\1"
            scale, length = struct.unpack(
                ">IQ" if is_long else ">II", pieces.read(box.start + (20 if is_long else 12), 12 if is_long else 8)
            )
            is_told = scale and length not in (2**32 - 1, 2**64 - 1)
            return length / scale if is_told else 0
    raise Invalid(film_facts.BROKEN)
