"""The websocket of a seat: uvicorn's handshake, then a line of our own that writes prebuilt frames.

One message to 10,000 seats costs one write each, an answer costs one call; through ASGI each would pass a queue, a
task and a parser that is written for every use of websockets. The handshake, the headers and the refusals stay
uvicorn's: it takes a protocol class by setting (`ws=`). What is ours is RFC 6455 from the first frame on, for small
text messages.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

DOOR = "live.door"
LONGEST_MESSAGE = 4096
HIGH_WATER, LOW_WATER = 32 * 1024, 4 * 1024
CLOSE_SECONDS = 1.0
"""How long the other side has to answer a close frame."""

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
BROKEN, BAD_TEXT, POLICY, TOO_LONG, RESTART = 1002, 1007, 1008, 1009, 1012
PING_FRAME = bytes((0x80 | PING, 0))


def text_frame(text: str | bytes) -> bytes:
    """One whole unmasked text frame (RFC 6455, 5.2), ready to be written to any number of sockets."""
    payload = text.encode() if isinstance(text, str) else text
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class Listener(Protocol):
    """Who is told what happens on a line: a seat."""

    def heard(self, text: str) -> None: ...
    def blocked(self) -> None: ...
    def drained(self) -> None: ...
    def gone(self) -> None: ...


class Door(WebSocketsSansIOProtocol):
    """uvicorn's websocket until it is accepted; `hand_over` then gives the connection to a line."""

    async def run_asgi(self) -> None:
        extensions = cast(dict[str, Any], self.scope["extensions"])
        extensions[DOOR] = self
        try:
            await super().run_asgi()
        finally:
            del extensions[DOOR]  # a circle would keep all of the handshake until old objects are collected

    def hand_over(self) -> "Line":
        """To be called as soon as the handshake is accepted, before anything can have been read."""
        self.stop_keepalive()
        self.connections.discard(self)
        line = Line(self.transport, self.connections)
        self.transport.set_protocol(line)
        if self.disconnected:
            line.connection_lost(None)
        self.transport = cast(asyncio.Transport, _Nowhere())  # what uvicorn does when the handler ends
        return line


class _Nowhere:
    """In place of a transport that is no longer uvicorn's to close."""

    def close(self) -> None:
        """The line closes it."""


class Line(asyncio.Protocol):
    """One open websocket: whole frames out, text messages in."""

    __slots__ = (
        *("_connections", "_got", "_is_broken", "_parts", "_timer", "_transport"),
        *("heard_at", "is_closed", "is_full", "listener", "write"),
    )

    def __init__(self, transport: asyncio.Transport, connections: "set[Any]") -> None:
        self._transport = transport
        self._connections = connections
        self.write: Callable[[bytes], None] = transport.write
        """Send one frame as it is: the transport's own, since 10,000 frames at once feel a call between. What a
        closing line is given is dropped."""
        self._got = b""
        self._is_broken = False
        self._parts: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.listener: Listener | None = None
        self.heard_at = time.monotonic()
        self.is_full = False
        self.is_closed = False
        connections.add(self)
        transport.set_write_buffer_limits(high=HIGH_WATER, low=LOW_WATER)

    def ping(self) -> None:
        self.write(PING_FRAME)

    def hang_up(self, code: int = 1000) -> None:
        """Close in good order: what was written goes first."""
        if self.is_closed:
            return
        self.write(bytes((0x80 | CLOSE, 2)) + code.to_bytes(2, "big"))
        self._close()
        self._timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """Drop a device that takes nothing; a flushing close would wait for it."""
        self._close()
        self._transport.abort()

    def _close(self) -> None:
        """From now on nothing is written, and nothing that still comes is heard."""
        self.is_closed = True
        self.write = _drop
        self._block()

    def _block(self) -> None:
        if self.listener is not None:
            self.listener.blocked()

    def shutdown(self) -> None:
        """The server stops: uvicorn says this to each of its connections."""
        self.hang_up(RESTART)
        self._transport.close()

    # What the transport says

    def connection_lost(self, error: Exception | None) -> None:
        self._close()
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.gone()

    def pause_writing(self) -> None:
        self.is_full = True
        self._block()

    def resume_writing(self) -> None:
        self.is_full = False
        if self.listener is not None:
            self.listener.drained()

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        if self._cannot_go_on():
            return
        got = self._got + data if self._got else data
        at, end = 0, len(got)
        while end - at >= 2:
            first, size, start = got[at], got[at + 1], at + 6
            if size < 0x80:  # every client masks
                self._fail(BROKEN)
                return
            size &= 0x7F
            if size == 126:
                if end - at < 4:
                    break
                size, start = int.from_bytes(got[at + 2 : at + 4], "big"), at + 8
            elif size == 127:
                size = LONGEST_MESSAGE + 1  # 64 bits of length: it hardly matters how much
            if size > (125 if first & 0x08 else LONGEST_MESSAGE - len(self._parts or b"")):
                self._fail(TOO_LONG if first & 0x0F in (CONTINUED, TEXT, BINARY) else BROKEN)
                return
            if first & 0x70:  # no extension was agreed on
                self._fail(BROKEN)
                return
            if end < start + size:
                break
            at = start + size
            self._frame(first, _unmasked(got[start - 4 : start], got[start:at]))
            if self._cannot_go_on():
                return
        self._got = got[at:]

    def _cannot_go_on(self) -> bool:
        return self._is_broken

    def _frame(self, first: int, payload: bytes) -> None:
        is_last, kind = first & 0x80, first & 0x0F
        if kind == TEXT and is_last and self._parts is None:
            self._message(payload)
        elif kind >= CLOSE:
            self._control(kind, payload, bool(is_last))
        elif kind == TEXT and self._parts is None:
            self._parts = payload
        elif kind == CONTINUED and self._parts is not None:
            self._parts += payload
            if is_last:
                whole, self._parts = self._parts, None
                self._message(whole)
        else:
            self._fail(POLICY if kind == BINARY else BROKEN)

    def _message(self, payload: bytes) -> None:
        if self.is_closed:
            return
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._fail(BAD_TEXT)
            return
        if self.listener is not None:
            self.listener.heard(text)

    def _control(self, kind: int, payload: bytes, is_whole: bool) -> None:
        if not is_whole or kind > PONG:
            self._fail(BROKEN)
        elif kind == PING and not self.is_full:  # whoever asks without reading would fill our memory
            self.write(bytes((0x80 | PONG, len(payload))) + payload)
        elif kind == CLOSE:
            fault = _fault_of_close(payload) or (BROKEN if self._parts is not None else 0)
            if fault:
                self._fail(fault)
                return
            if not self.is_closed:
                self.write(bytes((0x80 | CLOSE, len(payload[:2]))) + payload[:2])
                self._close()
            self._is_broken = True  # nothing may follow
            self._transport.close()

    def _fail(self, code: int) -> None:
        """Say why and end it; nothing that comes after it can be understood."""
        self.hang_up(code)
        self._is_broken = True
        self._got, self._parts = b"", None


def _drop(frame: bytes) -> None:
    """Where the frames of a closed line go."""


def _fault_of_close(payload: bytes) -> int:
    """The code to complain with when a close frame has no code that may be sent, or no words; 0 when it is well."""
    code = int.from_bytes(payload[:2], "big")
    is_defined = 1000 <= code <= 1014 and code not in (1004, 1005, 1006)
    if payload and (len(payload) < 2 or not (is_defined or 3000 <= code <= 4999)):
        return BROKEN
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return BAD_TEXT
    return 0


def _unmasked(mask: bytes, payload: bytes) -> bytes:
    size = len(payload)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")
