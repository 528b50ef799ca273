"""Full joins, as a browser makes them: POST /join, GET /play, the socket, the first stage."""

import asyncio
import time
from dataclasses import dataclass

from tests.bench.client import Crowd
from tests.bench.generator import LONGEST_WAIT, Swarm, next_address, percentile

JOINS_AT_ONCE = 200


@dataclass
class Joins:
    """What became of a rush at the door."""

    seconds: float
    latencies: list[float]
    cpu: float
    refused: int

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def p99(self) -> float:
        return percentile(self.latencies, 99)


async def join_all(swarm: Swarm, codes: list[str], per_class: int, count: int) -> Joins:
    """So many pupils, spread over the classes of these codes, at most 200 of them between code and stage."""
    door = asyncio.Semaphore(JOINS_AT_ONCE)
    latencies: list[float] = []
    refused = 0

    async def one(code: str) -> None:
        nonlocal refused
        async with door:
            began = time.monotonic()
            cookie = await asyncio.wait_for(_take_seat(swarm, code), LONGEST_WAIT)
            if not cookie:
                refused += 1
                return
            first = Crowd()
            first.expect(1)
            swarm.clients.append(await swarm.open_socket(cookie, stages=first))
            await first.wait()
            latencies.append(time.monotonic() - began)

    cpu, began = swarm.server.cpu(), time.monotonic()
    places = [code for _ in range(per_class) for code in codes][:count]
    await asyncio.gather(*(one(code) for code in places))
    return Joins(time.monotonic() - began, latencies, swarm.server.cpu() - cpu, refused)


async def _take_seat(swarm: Swarm, code: str) -> str:
    """The seat cookie, once the page has come too; empty when the server refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", swarm.server.port, local_addr=(next_address(), 0))
    host = f"127.0.0.1:{swarm.server.port}"
    body = f"code={code}"
    try:
        writer.write(
            (
                f"POST /join HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nAccept-Encoding: gzip, br\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )
        status, headers = await _reply(reader)
        if status != 303:
            return ""
        cookie = headers["set-cookie"].partition(";")[0]
        writer.write(
            (
                f"GET {headers['location']} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip, br\r\n"
                f"Cookie: {cookie}\r\n\r\n"
            ).encode()
        )
        status, _ = await _reply(reader)
        return cookie if status == 200 else ""
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in head[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers
