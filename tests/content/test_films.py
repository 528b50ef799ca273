"""Films are known by what their containers say; one that tells a place, or holds more than a film, is refused."""

import io
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import film_facts, media_kinds
from app.content.film_facts import FilmFacts
from app.content.films import NO_FILM, examine
from app.domain.errors import Invalid
from tests.films import box, element, full, mp4, picture_entry, sound_entry, tag, track, webm, webm_track

PLACE = b"+51.3878+000.5447/"
QUICKTIME_KEYS = full(
    b"meta",
    full(b"hdlr", bytes(4), b"mdta", bytes(13)),
    full(b"keys", struct.pack(">I", 1), box(b"mdta", b"com.apple.quicktime.location.ISO6709")),
)
XMP_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")


def read(content: bytes) -> FilmFacts:
    return examine(io.BytesIO(content))


def why_not(content: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        read(content)
    return refusal.value.sentence


@pytest.mark.parametrize(
    "content",
    [
        mp4(),
        mp4(tracks=[track(b"vide", picture_entry(profile=100))]),
        mp4(in_moov=box(b"udta", full(b"meta", b"Lavf61"), bytes(4))),
        mp4(after=box(b"free", bytes(20))),
        webm(),
        webm(tracks=[webm_track(codec=b"V_VP8"), webm_track(2, b"A_VORBIS")]),
        webm(in_segment=tag(b"ENCODER", b"Lavf61") + element(0xEC, bytes(9))),
        webm(is_live=True),
    ],
)
def test_a_film_that_every_school_device_plays_is_taken(content: bytes) -> None:
    assert read(content) == FilmFacts(seconds=4, width=640, height=360)


def test_a_film_need_not_tell_how_long_it_is() -> None:
    assert read(webm(is_live=True, seconds=None)).seconds == 0
    assert read(mp4(seconds=0)).seconds == 0


TELLS_A_PLACE = {
    "a phone's own box": mp4(in_moov=box(b"udta", box(b"\xa9xyz", struct.pack(">HH", 18, 0), PLACE))),
    "the box of an older phone": mp4(in_moov=box(b"udta", full(b"loci", bytes(20)))),
    "QuickTime keys": mp4(in_moov=QUICKTIME_KEYS),
    "keys of a track": mp4(tracks=[track(b"vide", picture_entry(), beside=box(b"udta", box(b"XMP_", b"x")))]),
    "XMP beside the film": mp4(after=box(b"free", b'<x:xmpmeta xmlns:x="adobe:ns:meta/">')),
    "a place in a free box": mp4(after=box(b"free", PLACE)),
    "a camera's own box": mp4(in_moov=box(b"udta", box(b"GPMF", bytes(9)))),
    "a tag": webm(in_segment=tag(b"LOCATION", b"here")),
    "a tag with a place": webm(in_segment=tag(b"COMMENT", PLACE)),
    "a void": webm(in_segment=element(0xEC, PLACE)),
}


@pytest.mark.parametrize("what", TELLS_A_PLACE)
def test_a_film_that_tells_where_it_was_filmed_is_refused_with_the_way_out(what: str) -> None:
    assert why_not(TELLS_A_PLACE[what]) == film_facts.PLACE
    assert "Location switched off" in film_facts.PLACE


MORE = {
    "XMP": mp4(after=box(b"uuid", XMP_UUID, b"anything")),
    "a maker's box in a fragment": mp4(after=box(b"moof", box(b"traf", box(b"uuid", bytes(16))))),
    "a track of places": mp4(tracks=[track(b"vide", picture_entry()), track(b"meta", box(b"gpmd", bytes(8)))]),
    "subtitles of a drone": mp4(tracks=[track(b"vide", picture_entry()), track(b"text", box(b"tx3g", bytes(8)))]),
    "a still picture's table": mp4(after=full(b"meta", bytes(9))),
    "an attachment": webm(in_segment=element(0x1941A469, b"a file")),
    "WebM subtitles": webm(tracks=[webm_track(), webm_track(17, b"D_WEBVTT/SUBTITLES")]),
}


@pytest.mark.parametrize("what", MORE)
def test_a_film_that_holds_more_than_picture_and_sound_is_refused(what: str) -> None:
    assert why_not(MORE[what]) == film_facts.MORE_THAN_A_FILM


REFUSED = {
    "HEVC": (mp4(tracks=[track(b"vide", picture_entry(b"hvc1"))]), film_facts.NOT_H264),
    "AV1": (mp4(tracks=[track(b"vide", picture_entry(b"av01"))]), film_facts.NOT_H264),
    "ten bits": (mp4(tracks=[track(b"vide", picture_entry(profile=110))]), film_facts.NOT_H264),
    "another sound": (mp4(tracks=[track(b"vide", picture_entry()), track(b"soun", sound_entry(b"ac-3"))]),
        film_facts.NOT_AAC),
    "sound alone": (mp4(tracks=[track(b"soun", sound_entry())]), film_facts.NO_PICTURE),
    "no track": (mp4(tracks=[]), film_facts.NO_PICTURE),
    "QuickTime": (mp4(brand=b"qt  "), media_kinds.QUICKTIME),
    "a HEIC picture": (mp4(brand=b"heic"), media_kinds.HEIC),
    "AV1 in WebM": (webm(tracks=[webm_track(codec=b"V_AV1")]), film_facts.NOT_VP8_OR_VP9),
    "WebM sound alone": (webm(tracks=[webm_track(2, b"A_OPUS")]), film_facts.NO_PICTURE),
    "Matroska": (webm(doc_type=b"matroska"), film_facts.MATROSKA),
    "another EBML": (webm(doc_type=b"x"), film_facts.BROKEN),
    "a page at its end": (mp4(after=b"<script>alert(1)</script>"), film_facts.BROKEN),
    "an archive at its end": (mp4(after=b"PK\x03\x04" + bytes(60)), film_facts.BROKEN),
    "a second film at its end": (mp4(after=mp4()), film_facts.BROKEN),
    "an archive at a WebM's end": (webm(after=b"PK\x03\x04" + bytes(60)), film_facts.BROKEN),
    "a page at a live film's end": (webm(is_live=True, after=b"\x82\x81<" + b"p" * 90), film_facts.MORE_THAN_A_FILM),
    "a page that begins as a film": (b"\0\0\0\x20ftypisom<script>alert(1)</script>", film_facts.BROKEN),
    "a box longer than the film": (mp4()[:-40], film_facts.BROKEN),
    "a box that ends before it begins": (box(b"ftyp", b"isom") + b"\0\0\0\4moov", film_facts.BROKEN),
    "no sample table": (mp4(tracks=[box(b"trak", box(b"mdia"))]), film_facts.BROKEN),
    "boxes in boxes": (mp4(in_moov=box(b"udta", *[b"\0\0\4\0udta"] * 100)), film_facts.BROKEN),
    "a picture": (b"\x89PNG\r\n\x1a\n", NO_FILM),
    "nothing": (b"", media_kinds.EMPTY),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_another_film_is_refused_in_a_sentence(what: str) -> None:
    content, sentence = REFUSED[what]
    assert why_not(content) == sentence


@pytest.mark.parametrize("whole", [mp4(), webm()])
def test_a_film_that_is_cut_off_anywhere_is_refused(whole: bytes) -> None:
    for length in range(len(whole)):
        with pytest.raises(Invalid):
            read(whole[:length])


def test_a_live_film_that_was_cut_off_before_its_first_picture_is_refused() -> None:
    whole = webm(is_live=True)
    for length in range(whole.index(b"\x1f\x43\xb6\x75") + 4):
        with pytest.raises(Invalid):
            read(whole[:length])


def test_boxes_nested_without_end_are_refused() -> None:
    nested = b""
    for _ in range(2000):
        nested = box(b"udta", nested)
    assert why_not(mp4(in_moov=nested)) == film_facts.BROKEN


def test_more_pieces_than_a_film_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_facts, "MOST_PIECES", 500)
    assert why_not(mp4(in_moov=box(b"udta", *[box(b"free")] * 500))) == film_facts.BROKEN
    assert why_not(webm(is_live=True, after=element(0xA3, b"") * 500)) == film_facts.BROKEN


@given(st.data())
def test_a_film_with_any_byte_changed_never_crashes_us(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([mp4(), webm(), webm(is_live=True)])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Invalid):
        read(bytes(content))
