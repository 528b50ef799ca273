"""What no device may send, made by chance from a seed, and a bare wire that sends it byte by byte."""

import asyncio
import contextlib
import json
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9
EXTENDED = {126: 2, 127: 8}
Frame = tuple[int, bytes]
"""The first byte of a frame, with its FIN bit, and what it carries."""


def masked(first: int, payload: bytes, *, mask: bool = True) -> bytes:
    """One frame as a client must send it (RFC 6455, 5.2), or without its mask as it must not."""
    size, flag = len(payload), 0x80 if mask else 0
    if size < 126:
        head = bytes((first, flag | size))
    elif size < 65536:
        head = bytes((first, flag | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, flag | 127)) + size.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = os.urandom(4)
    repeated = (key * (size // 4 + 1))[:size]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + key + hidden.to_bytes(size, "big")


@dataclass
class Wire:
    """A websocket without a library, so that nothing hinders it from sending what it must not."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int

    def send(self, message: dict[str, Any]) -> None:
        self.writer.write(masked(0x80 | TEXT, json.dumps(message).encode()))

    async def next(self) -> tuple[int, bytes]:
        """The next frame of the server: its kind and what it carries."""
        head = await self.reader.readexactly(2)
        more = await self.reader.readexactly(EXTENDED.get(head[1], 0))
        payload = await self.reader.readexactly(int.from_bytes(more, "big") if more else head[1])
        return head[0] & 0x0F, payload

    async def reply(self) -> dict[str, Any] | int:
        """The next message that is no panel, or the code with which the socket was closed (0: it just ended)."""
        while True:
            try:
                kind, payload = await self.next()
            except (asyncio.IncompleteReadError, ConnectionError):
                return 0
            if kind == CLOSE:
                return int.from_bytes(payload[:2], "big")
            if kind == TEXT and b'"kind":"panel"' not in payload:
                found: dict[str, Any] = json.loads(payload)
                return found


@asynccontextmanager
async def wire_to(address: str, path: str, cookie: str, origin: str = "") -> AsyncIterator[Wire]:
    host = urlsplit(address).netloc
    reader, writer = await asyncio.open_connection(*host.split(":"))
    lines = (
        *(f"GET {path} HTTP/1.1", f"Host: {host}", f"Origin: {origin or address}", f"Cookie: {cookie}"),
        *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""),
    )
    try:
        writer.write("\r\n".join(lines).encode("latin-1"))
        head = await reader.readuntil(b"\r\n\r\n")
        yield Wire(reader, writer, int(head.split()[1]))
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@dataclass(frozen=True)
class Target:
    """What the worst of children could know: the run's own question, another run's, one that is not open."""

    asking: str
    foreign: str
    not_open: str
    saved_change: int


def good(target: Target, **instead: Any) -> dict[str, Any]:
    message = {"kind": "answer", "id": "good-message", "asking": target.asking, "round": 1, "choice": "A"}
    return message | {"change": target.saved_change + 1} | instead


def of_no_use(chance: random.Random, target: Target) -> dict[str, Any]:
    """Well formed, and must change nothing: foreign, too late, replayed, out of order."""
    return good(
        target,
        id=f"no-use-{chance.getrandbits(40):010d}",
        **chance.choice(
            (
                {"asking": target.foreign},
                {"asking": target.not_open},
                {"asking": f"{chance.getrandbits(64):016x}"},
                {"round": chance.randint(2, 9)},
                {"change": chance.randint(1, target.saved_change), "choice": chance.choice("ABCD")},
                {"change": target.saved_change, "choice": chance.choice("ABCD")},
            )
        ),
    )


ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    10**30,
    1e308,
    "",
    "x" * 2000,
    [],
    {},
    ["A"],
    {"A": 1},
    "\0",
    "\U0001f600",
)


def malformed(chance: random.Random, target: Target) -> bytes:
    """Text that is no message of the protocol."""
    whole = json.dumps(good(target)).encode()
    odd_id = chance.choice(("short", "x" * 65, "seat/../../x", "id-with-é-in", "message-1\n"))
    odd: object = chance.choice(
        (
            None,
            True,
            -1,
            0,
            1.5,
            10**30,
            float("1e308"),
            "",
            "x" * 2000,
            [],
            {},
            ["A"],
            {"A": 1},
            "\u0000",
            "\U0001f600",
        )
    )
    member = chance.choice(("kind", "id", "asking", "round", "choice", "change"))
    without = {name: value for name, value in good(target).items() if name != member}
    return chance.choice(
        (
            whole[: chance.randrange(len(whole))],
            whole + whole,
            b"\xef\xbb\xbf" + whole,
            bytes(chance.choice(b" {}[]\",:0123456789abcdefnulltrue\\") for _ in range(chance.randint(0, 200))),
            json.dumps(odd).encode(),
            b"[" * 2000,
            b'{"kind":' * 400,
            json.dumps(without).encode(),
            json.dumps(good(target, **{member: odd})).encode(),
            json.dumps(good(target, **{member.upper(): 1})).encode(),
            json.dumps(good(target, participant_id=1)).encode(),
            json.dumps(good(target, kind=chance.choice(("ack", "panel", "bye", "Answer", "order", "next")))).encode(),
            json.dumps(good(target, choice=chance.choice(("Z", "a", "A B", "not sure", "A\n", "Ａ")))).encode(),
            json.dumps(good(target, id=odd_id)).encode(),
            whole.replace(b'"change": ', b'"change": ' + b"9" * chance.choice((5, 30, 3000))),
            whole.replace(b'"A"', b'"\\ud800"'),
            b'{"kind":"ping","kind":"answer"}',
            b'{"kind":"leave","id":1}',
        )
    )  # fmt: skip


def bad_frame(chance: random.Random, target: Target) -> bytes:
    """What a socket must not be sent, as bytes on the wire. The server closes it."""
    whole = json.dumps(good(target)).encode()
    final = 0x80
    return chance.choice(
        (
            *(masked(final | TEXT, malformed(chance, target)) for _ in range(6)),
            masked(final | TEXT, b"x" * chance.choice((4097, 5000, 70_000))),
            masked(final | TEXT, json.dumps(good(target, padding="x" * 4096)).encode()),
            masked(final | BINARY, whole),
            masked(final | BINARY, os.urandom(64)),
            masked(final | TEXT, b"\xff\xfe" + whole),
            masked(final | TEXT, whole, mask=False),
            masked(final | 0x40 | TEXT, whole),
            masked(final | 0x3, whole),
            masked(final | 0x0, whole),
            masked(TEXT, whole[:10]) + masked(TEXT, whole[10:]),
            masked(PING, b"in two parts"),
            masked(final | PING, b"x" * 126),
            os.urandom(16) + b"\x00" * 16,
        )
    )


def bad_body(chance: random.Random, target: Target) -> tuple[dict[str, str], bytes]:
    """Headers and body of a POST that must change nothing."""
    json_type, form_type = "application/json", "application/x-www-form-urlencoded"
    odd_form = {"asking": target.asking, "choice": "A", "round": "1"}
    odd_form |= {
        chance.choice(("asking", "choice", "round")): chance.choice(("", "zz", "-1", "9" * 5000, "1e3", "\x00"))
    }
    kind, body = chance.choice(
        (
            (json_type, malformed(chance, target)),
            (json_type, malformed(chance, target)),
            (json_type, json.dumps(of_no_use(chance, target)).encode()),
            (json_type, json.dumps(good(target, padding="x" * chance.choice((4096, 60_000, 80_000)))).encode()),
            (json_type, os.urandom(200)),
            (json_type + "; charset=utf-16", json.dumps(good(target, choice="E")).encode("utf-16")),
            (form_type, urlencode(odd_form).encode()),
            (form_type, os.urandom(200)),
            (form_type, b"&" * 5000),
            ("multipart/form-data", b"--x\r\n\r\n"),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=choice\r\n\r\nA"),
            ("multipart/form-data; boundary=x", os.urandom(300)),
            ("text/plain", os.urandom(50)),
            ("", b""),
        )
    )
    return {"Content-Type": kind}, body


def bad_order(chance: random.Random, seq: int, epoch: int) -> tuple[str, dict[str, str]]:
    """Address and form of an order that must move nothing; the stage stands at this place, its question open."""
    number = chance.choice(("", "x", "-1", "1.5", "0x10", "9" * 18, "9" * 30, "9" * 5000, "\x00", "١", "NaN"))
    stale = {"order": "next", "seq": str(seq - chance.randint(1, 5)), "epoch": str(epoch)}
    return chance.choice(
        (
            ("cue", stale),
            ("cue", {"order": "next", "seq": str(seq + chance.randint(1, 10**6)), "epoch": str(epoch)}),
            ("cue", {"order": "next", "seq": str(seq), "epoch": str(epoch + 1)}),
            ("cue", {"order": "next", "seq": number, "epoch": str(epoch)}),
            ("cue", {"order": "next", "seq": str(seq), "epoch": number or "x"}),
            ("cue", {"order": chance.choice(("reveal", "open", "reopen")), "seq": str(seq), "epoch": str(epoch)}),
            (
                "cue",
                {"order": chance.choice(("", "NEXT", "end", "finish", "x" * 3000)), "seq": str(seq), "epoch": "0"},
            ),
            ("cue", {"order": "next"}),
            ("cue", {}),
            ("seats/remove", {"participant_id": number}),
            ("seats/remove", {"participant_id": "999999"}),
            ("attendance", {"run": number, "present": "28"}),
            ("take-back", {"run": number}),
            ("finish", {"present": chance.choice(("x", "-1", "1.5", "9" * 30))}),
        )
    )
