"""The load generator: thousands of pupils' sockets in one process, on uvloop."""

import asyncio
import itertools
import time
from dataclasses import dataclass, field

from tests.bench.client import Client, Crowd, upgrade
from tests.bench.machine import ServerProcess
from tests.bench.prepared import PreparedSeat

AT_ONCE = 200
LONGEST_WAIT = 60.0
_addresses = itertools.count()


def next_address() -> str:
    """A loopback address for each 2,000 sockets, never the same twice: 127.0.0.1 alone runs short of ports."""
    number = next(_addresses) // 2000
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def answer(seat: PreparedSeat, storm: int) -> bytes:
    """An answer as live.js sends it; the id tells the storm and the seat."""
    return (
        f'{{"kind":"answer","id":"{message_id(seat, storm)}","asking":"{seat.asking}","round":1,'
        f'"choice":"{"ABCD"[(seat.number + storm) % 4]}","change":{storm}}}'
    ).encode()


def message_id(seat: PreparedSeat, storm: int) -> str:
    return f"{storm:08d}-0000-4000-8000-{seat.number:012d}"


@dataclass
class Storm:
    """What became of one storm of answers."""

    latencies: list[float]
    seconds: float
    cpu: float
    sent: set[str]
    acked: set[str]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def cpu_per_answer(self) -> float:
        return self.cpu / len(self.sent)

    def p99(self) -> float:
        return percentile(self.latencies, 99)


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


@dataclass(frozen=True)
class FanOut:
    """Seconds until the last receiver, and all but a hundredth, had the stage; and the server's processor seconds."""

    last: float
    p99: float
    cpu: float


@dataclass
class Swarm:
    """The sockets of all seats at one server."""

    server: ServerProcess
    seats: list[PreparedSeat]
    acks: Crowd = field(default_factory=Crowd)
    stages: Crowd = field(default_factory=Crowd)
    clients: list[Client] = field(default_factory=list)
    storms: int = 0
    is_greeted: bool = False
    """Whether the server sends each new socket its stage."""

    async def grow(self, size: int) -> None:
        """Open sockets until so many seats are taken, in order, and let the server come to rest."""
        door = asyncio.Semaphore(AT_ONCE)
        new = self.seats[len(self.clients) : size]
        self.stages.expect(len(new))

        async def one(seat: PreparedSeat) -> Client:
            async with door:
                return await self.open_socket(f"sia_seat={seat.cookie}")

        self.clients += await asyncio.gather(*(one(seat) for seat in new))
        if self.is_greeted and new:
            await self.stages.wait()
        await asyncio.sleep(0.3)

    async def open_socket(
        self, cookie: str, path: str = "/play/socket", acks: Crowd | None = None, stages: Crowd | None = None
    ) -> Client:
        request = upgrade(self.server.port, path, cookie)
        _, client = await asyncio.get_running_loop().create_connection(
            lambda: Client(acks or self.acks, stages or self.stages, request),
            "127.0.0.1",
            self.server.port,
            local_addr=(next_address(), 0),
        )
        if not await asyncio.wait_for(client.opened, LONGEST_WAIT):
            raise RuntimeError("a socket was not opened")
        return client

    async def storm(self, size: int) -> Storm:
        """The first so many seats answer at one moment."""
        self.storms += 1
        storm_number = self.storms
        clients, seats = self.clients[:size], self.seats[:size]
        messages = [answer(seat, storm_number) for seat in seats]
        for client in clients:
            client.ack = b""
            client.acked.clear()
        self.acks.expect(size)
        cpu = self.server.cpu()
        began = time.monotonic()
        for number, (client, said) in enumerate(zip(clients, messages, strict=True)):
            client.say(said)
            if number % 50 == 49:
                await asyncio.sleep(0)  # acks are read as they come
        await self.acks.wait()
        cpu = self.server.cpu() - cpu
        ended = max(client.acked_at for client in clients)
        acked = {client.ack[20:56].decode() for client in clients if client.ack}
        return Storm(
            latencies=[client.acked_at - client.sent_at for client in clients if client.ack],
            seconds=ended - began,
            cpu=cpu,
            sent={message_id(seat, storm_number) for seat in seats},
            acked=acked,
        )

    async def trickle(self, first: int, last: int, each: int, pace: float) -> list[float]:
        """Some seats answer in turn at an even pace; the latencies."""
        clients, seats = self.clients[first:last], self.seats[first:last]
        for client in clients:
            client.acks = Crowd()  # a storm beside it counts its own
            client.acked.clear()
        began = time.monotonic()
        for turn in range(each):
            self.storms += 1
            for place, (client, seat) in enumerate(zip(clients, seats, strict=True)):
                due = began + (turn * len(clients) + place) * pace
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                client.say(answer(seat, self.storms))
        give_up_at = time.monotonic() + LONGEST_WAIT
        while any(len(client.acked) < each for client in clients) and time.monotonic() < give_up_at:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        for client in clients:
            client.acks = self.acks
        return [late for client in clients for late in client.acked]

    async def spread(self, size: int, seconds: float) -> list[float]:
        """The first so many seats answer one after the other, evenly over so long; the latencies."""
        return await self.trickle(0, size, 1, seconds / size)

    async def fan_out(self, call: str, **arguments: object) -> "FanOut":
        self.stages.expect(len(self.clients))
        cpu = self.server.cpu()
        awake = asyncio.create_task(self.stages.stay_awake())
        began = await self.server.call(call, **arguments)
        await self.stages.wait()
        awake.cancel()
        if self.stages.missing:
            raise RuntimeError(f"{self.stages.missing} seats never got the stage")
        came = [client.stage_at - began for client in self.clients]
        return FanOut(last=max(came), p99=percentile(came, 99), cpu=self.server.cpu() - cpu)

    def leave(self) -> None:
        for client in self.clients:
            client.leave()
