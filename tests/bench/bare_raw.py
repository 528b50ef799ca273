"""The physical limit: asyncio.Protocol with the least websocket codec that works, one prebuilt frame for everybody.

Masked text frames under 64 KiB in, unmasked text frames out; no ping, no close, no fragments, no checks.
"""

import asyncio
import base64
import hashlib
import json
import sys
import time
from typing import Any

import uvloop

from tests.bench.machine import LagProbe, open_door, pin, raise_open_files

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
seats: set[Any] = set()


def frame(text: str) -> bytes:
    payload = text.encode()
    size = len(payload)
    return (bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + payload


class Raw(asyncio.Protocol):
    """Acknowledges every message with the same small frame."""

    __slots__ = ("_ack", "_got", "_is_open", "_transport")

    def __init__(self, ack: bytes) -> None:
        self._ack = ack
        self._got = b""
        self._is_open = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        seats.discard(self._transport)

    def data_received(self, got: bytes) -> None:
        got = self._got + got if self._got else got
        if not self._is_open:
            got = self._shake_hands(got)
        while len(got) >= 6:
            size, start = got[1] & 0x7F, 2
            if size == 126:
                if len(got) < 8:
                    break
                size, start = int.from_bytes(got[2:4], "big"), 4
            end = start + 4 + size
            if len(got) < end:
                break
            mask = int.from_bytes((got[start : start + 4] * (size // 4 + 1))[:size], "big")
            self.heard((int.from_bytes(got[start + 4 : end], "big") ^ mask).to_bytes(size, "big"))
            got = got[end:]
        self._got = got

    def heard(self, message: bytes) -> None:
        self._transport.write(self._ack)

    def _shake_hands(self, got: bytes) -> bytes:
        head, end, rest = got.partition(b"\r\n\r\n")
        if not end:
            return got
        key = next(
            line.partition(b":")[2].strip()
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key:")
        )
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._is_open = True
        seats.add(self._transport)
        return rest


async def main(port: int, door: int, ack: str, stage: str) -> None:
    stage_frame, ack_frame = frame(stage), frame(ack)

    def fan_out() -> float:
        began = time.monotonic()
        for transport in seats:
            transport.write(stage_frame)
        return began

    await asyncio.get_running_loop().create_server(lambda: Raw(ack_frame), "127.0.0.1", port, backlog=4096)
    probe = LagProbe()
    probe.start()
    await open_door(door, {"fan_out": fan_out, "lag": probe.read})
    await asyncio.Event().wait()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    pin(told.pop("core"))
    raise_open_files()
    uvloop.run(main(**told))
