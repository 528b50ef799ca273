"""A seat: the newest frame of each panel, its own messages, and a last word."""

import time

import pytest

from app.live.line import text_frame
from app.live.seat import Seat
from tests.live.wire import Wire, text_of


def offer(seat: Seat, panel: str, text: str) -> None:
    seat.offer(panel, text_frame(text))


def fill(seat: Seat, wire: Wire) -> None:
    """The device reads no more."""
    wire.is_full = True
    seat.blocked()


def drain(seat: Seat, wire: Wire) -> None:
    """The device reads again."""
    wire.is_full = False
    seat.drained()


def test_a_device_that_reads_gets_every_frame_at_once(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    offer(seat, "stage", "stage 1")
    seat.tell("ack")
    offer(seat, "stage", "stage 2")
    assert wire.got == ["stage 1", "ack", "stage 2"]


def test_a_slow_device_gets_only_the_newest_frame_of_each_panel(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    fill(seat, wire)
    for number in range(100):
        offer(seat, "stage", f"stage {number}")
        offer(seat, "crowd", f"crowd {number}")
    waiting = list(wire.got)
    drain(seat, wire)
    assert waiting == []
    assert sorted(wire.got) == ["crowd 99", "stage 99"]


def test_what_waits_goes_out_panels_first_for_a_pong_tells_of_them(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    fill(seat, wire)
    offer(seat, "stage", "stage 1")
    seat.tell("pong")
    drain(seat, wire)
    assert wire.got == ["stage 1", "pong"]


def test_messages_of_a_device_that_never_reads_are_bounded(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    fill(seat, wire)
    for number in range(1000):
        seat.tell(f"pong {number}")
    drain(seat, wire)
    assert len(wire.got) <= 32
    assert wire.got[-1] == "pong 999"


def test_a_seat_that_is_closed_hears_the_last_words_and_nothing_else(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    seat.close("goodbye")
    offer(seat, "stage", "stage 1")
    seat.tell("ack")
    seat.close("again")
    assert (wire.got, wire.closed_with) == (["goodbye"], 1000)


def test_a_device_that_does_not_keep_to_the_protocol_is_let_go_without_a_word(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    seat.refuse(1008)
    seat.tell("ack")
    assert (wire.got, wire.closed_with) == ([], 1008)


def test_a_device_that_takes_nothing_for_long_is_let_go(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    fill(seat, wire)
    offer(seat, "stage", "stage 1")
    now = time.monotonic()
    assert not seat.drop_if_stuck(now + 9, 10)
    assert seat.drop_if_stuck(now + 11, 10)
    assert wire.was_aborted


def test_a_device_that_reads_again_is_kept(wire: Wire) -> None:
    seat = Seat(wire, "pupil")
    fill(seat, wire)
    offer(seat, "stage", "stage 1")
    drain(seat, wire)
    assert not seat.drop_if_stuck(time.monotonic() + 3600, 10)
    assert not wire.was_aborted


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_text_of_any_length_is_one_whole_frame(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)
    frame = text_frame(text)
    assert text_of(frame) == text
    assert len(frame) - len(text.encode()) == (2 if size < 126 else 4 if size < 65_536 else 10)
