"""A line speaks RFC 6455 as a well-kept library does, and writes prebuilt frames."""

import asyncio
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from app.live.line import LONGEST_MESSAGE, Line, text_frame
from app.live.seat import Seat
from tests.cast import World
from tests.served import ServedWorld

MASK = b"\x1f\x2e\x3d\x4c"


class Wire(asyncio.Transport):
    """The other end of a line, as bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_gone = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.written += data

    def close(self) -> None:
        self.is_gone = True

    def abort(self) -> None:
        self.is_gone = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


@dataclass
class Heard:
    """What came of some bytes."""

    messages: list[str] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    code: int | None = None
    """Of the close frame that was sent, be it an answer or a complaint."""

    def heard(self, text: str) -> None:
        self.messages.append(text)

    def blocked(self) -> None:
        pass

    def drained(self) -> None:
        pass

    def gone(self) -> None:
        pass


async def heard_by_us(chunks: list[bytes]) -> Heard:
    wire, heard = Wire(), Heard()
    line = Line(wire, set())
    line.listener = heard
    for chunk in chunks:
        line.data_received(chunk)
    _read_sent(heard, wire.written)
    return heard


def heard_by_the_library(chunks: list[bytes]) -> Heard:
    heard = Heard()
    oracle = ServerProtocol(state=State.OPEN, max_size=LONGEST_MESSAGE)
    parts = b""
    for chunk in chunks:
        if oracle.parser_exc is None:
            oracle.receive_data(chunk)
        for frame in oracle.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                parts = bytes(frame.data) if frame.opcode is Opcode.TEXT else parts + bytes(frame.data)
                if frame.fin:
                    heard.messages.append(parts.decode())
    _read_sent(heard, b"".join(oracle.data_to_send()))
    return heard


def _read_sent(heard: Heard, sent: bytes) -> None:
    while sent:
        opcode, size = sent[0] & 0x0F, sent[1]
        payload, sent = sent[2 : 2 + size], sent[2 + size :]
        if opcode == Opcode.PONG:
            heard.pongs.append(payload)
        elif opcode == Opcode.CLOSE:
            heard.code = int.from_bytes(payload[:2], "big") if payload else 1005


def frame(opcode: int, payload: bytes = b"", *, first: int = 0x80, is_masked: bool = True) -> bytes:
    size = len(payload)
    head = bytes((first | opcode, (0x80 if is_masked else 0) | (size if size < 126 else 126)))
    head += size.to_bytes(2, "big") if size >= 126 else b""
    if not is_masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))


words = st.text("aé☂🦦", max_size=20).map(str.encode) | st.just(b"x" * 300) | st.just(b"y" * 3000)
good_frames = (
    st.builds(frame, st.just(Opcode.TEXT), words)
    | st.builds(frame, st.just(Opcode.TEXT), words, first=st.just(0))
    | st.builds(frame, st.just(Opcode.CONT), words, first=st.sampled_from([0, 0x80]))
    | st.builds(frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125))
)
closes = st.sampled_from([b"", b"\x03\xe8", b"\x03\xe8bye", b"\x0f\xa0"]).map(lambda said: frame(Opcode.CLOSE, said))
bad_frames = (
    st.builds(frame, st.sampled_from([3, 7, 11, 15]), words)
    | st.builds(frame, st.just(Opcode.TEXT), words, first=st.sampled_from([0xC0, 0xA0, 0x90]))
    | st.builds(frame, st.just(Opcode.TEXT), words, is_masked=st.just(False))
    | st.builds(frame, st.sampled_from([Opcode.PING, Opcode.CLOSE]), st.just(b""), first=st.just(0))
    | st.sampled_from([b"\x03", b"\x03\xed", b"\x00\x01", b"\x03\xe8\xff"]).map(
        lambda said: frame(Opcode.CLOSE, said)
    )
)
streams = st.lists(good_frames | closes | bad_frames, max_size=8).map(b"".join)


@given(stream=streams, cuts=st.lists(st.integers(0, 9000), max_size=6))
@example(stream=frame(Opcode.TEXT, b"y" * 3000, first=0) + frame(Opcode.TEXT, b"y" * 3000), cuts=[])
@example(stream=frame(Opcode.TEXT, b"y" * 3000, first=0) + frame(3, b"y" * 3000), cuts=[])
@example(stream=frame(Opcode.TEXT, b"y" * 3000, first=0) + frame(Opcode.TEXT, b"y" * 3000, first=0xC0), cuts=[])
def test_a_line_hears_what_the_library_hears(stream: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[one:other] for one, other in itertools.pairwise(places)]
    ours, theirs = asyncio.run(heard_by_us(chunks)), heard_by_the_library(chunks)
    assert ours == theirs


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(Opcode.TEXT, b"x" * (LONGEST_MESSAGE + 1)), 1009),
        (frame(Opcode.TEXT, b"x" * 3000, first=0) + frame(Opcode.CONT, b"x" * 3000), 1009),
        (b"\x81\xff" + (2**40).to_bytes(8, "big") + MASK, 1009),
        (frame(Opcode.TEXT, b"\xff\xfe"), 1007),
        (frame(Opcode.BINARY, b"123"), 1008),
        (frame(Opcode.CONT, b"123"), 1002),
        (frame(Opcode.TEXT, b"1", is_masked=False), 1002),
    ],
)
def test_what_breaks_the_rules_ends_the_line_with_its_code(sent: bytes, code: int) -> None:
    heard = asyncio.run(heard_by_us([sent, frame(Opcode.TEXT, b"after")]))
    assert (heard.messages, heard.code) == ([], code)


@pytest.mark.parametrize("ends", [frame(Opcode.CLOSE), frame(Opcode.BINARY, b"123")])
def test_nothing_follows_a_close_frame(ends: bytes) -> None:
    async def written() -> tuple[bytes, bytes]:
        wire = Wire()
        line = Line(wire, set())
        line.listener = seat = Seat(line, "pupil")
        seat.offer("stage", text_frame("before"))
        line.data_received(ends)
        closed = bytes(wire.written)
        seat.offer("stage", text_frame("after"))
        seat.tell("after")
        return closed, bytes(wire.written)

    closed, all_of_it = asyncio.run(written())
    assert closed.startswith(text_frame("before"))
    assert all_of_it == closed


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_prebuilt_frame_is_one_that_the_library_would_send(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)
    oracle = ServerProtocol(state=State.OPEN)
    oracle.send_text(text.encode())
    assert text_frame(text) == b"".join(oracle.data_to_send())


def test_an_answer_in_pieces_is_one_answer(served: ServedWorld) -> None:
    teacher = served.teacher()
    run = served.go_to(teacher, served.start(teacher), "before.F1")
    link = served.visitor().join(run.code).socket()
    link.until(panel="stage")
    link.connection.send(['{"kind"', ': "pi', 'ng"}'])
    assert link.until(kind="pong")
    assert link.connection.ping().wait(5)


def test_whoever_says_what_is_not_in_the_protocol_is_let_go(served: ServedWorld) -> None:
    teacher = served.teacher()
    run = served.start(teacher)
    for sent in ("{}", "[]", '{"kind":"answer"}', '{"kind":"ping","more":1}', "\x00"):
        link = served.visitor().join(run.code).socket()
        link.connection.send(sent)
        assert link.closed_code() == 1008


def test_a_device_that_hangs_up_leaves_its_seat(served: ServedWorld) -> None:
    teacher = served.teacher()
    run = served.start(teacher)
    link = served.visitor().join(run.code).socket()
    link.until(panel="stage")
    link.close()
    with pytest.raises(ConnectionClosed):
        link.next()
    assert _seats(served, run.id) == 0


def _seats(world: World, run_id: int) -> int:
    room = world.parts.rooms._rooms[run_id]
    return len(room.seats["pupil"])
