"""uvicorn's websocket with a direct line for seats: prebuilt frames out, messages in, no task and no queue between.

One message to 10,000 seats costs one write each; through ASGI's send it costs nearly twice that, since every send
frames the text anew. uvicorn takes a protocol class by setting (`ws=`); this one adds two doors and keeps its parser,
its handshake, its keepalive and its closing.
"""

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINE = "live.line"
HIGH_WATER = 32 * 1024
LOW_WATER = 4 * 1024
BINARY_REFUSED = 1008


def text_frame(text: str) -> bytes:
    """One whole unmasked text frame (RFC 6455, 5.2), ready to be written to any number of sockets."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class LiveSocket(WebSocketsSansIOProtocol):
    """A socket whose seat writes frames directly and hears each message in the moment it arrives."""

    hear: Callable[[str], None] | None = None
    drained: Callable[[], None] | None = None
    is_full = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HIGH_WATER, low=LOW_WATER)

    async def run_asgi(self) -> None:
        cast(dict[str, Any], self.scope["extensions"])[LINE] = self
        await super().run_asgi()

    def write(self, frame: bytes) -> None:
        """Send one frame as it is. What a closing socket is given is dropped."""
        if self.handshake_complete and not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame)

    def hang_up(self, code: int = 1000) -> None:
        """Close in good order: what was written goes first."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(1, self.transport.abort)

    def abort(self) -> None:
        """Drop a device that takes nothing; a flushing close would wait for it."""
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_full = False
        if self.drained is not None:
            self.drained()

    def send_receive_event_to_app(self) -> None:
        if self.hear is None:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent or self.disconnected:
            return
        if self.curr_msg_data_type != "text":
            self.hang_up(BINARY_REFUSED)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.hang_up(1007)
            return
        self.hear(text)
