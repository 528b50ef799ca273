"""Many classes on one live server, seated from prepared rows, and a light device for each pupil."""

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from sqlmodel import col, select

from app.domain.shown import OfferedAsking, offered_askings
from app.settings import Settings
from app.store import runs
from app.store.tables import AnswerRow, ParticipantRow
from tests.bench.machine import raise_open_files
from tests.bench.prepared import PreparedSeat, prepare
from tests.faults.lesson import RESEND, Server, eventually, running

DIAL, LONGEST_WAIT = 3.0, 5.0
OWN = re.compile(
    r'data-alias="([^"]*)" data-asking="([^"]*)" data-round="(\d*)" data-choice="(\w*)" data-change="(\d*)"'
)
AskingRound = tuple[str, int]


@dataclass(frozen=True)
class Seat:
    """One pupil as the store knows it."""

    prepared: PreparedSeat
    participant_id: int
    alias: str


@dataclass
class Classes:
    """Runs that stand at their first open question, their seats, and their teachers' cookies."""

    server: Server
    seats: list[Seat]
    run_ids: list[int]
    teachers: dict[int, str]

    def offered(self) -> dict[int, dict[str, OfferedAsking]]:
        """Run -> the askings that its class may ever see, by the names they have there."""
        with closing(self.server.database()) as database, database.reading() as db:
            found = [runs.read(db, run_id) for run_id in self.run_ids]
        return {run.id: offered_askings(run.plan, run.seed) for run in found}


@contextmanager
def classes_on(server: Server, classes: int, pupils: int) -> Iterator[Classes]:
    """So many classes with so many pupils in all, on this server, which is started."""
    raise_open_files()
    prepared = prepare(Settings(data_dir=server.folder, demo=True), pupils, classes, 0)
    with prepared.database.reading() as db:
        rows = db.exec(select(ParticipantRow).order_by(col(ParticipantRow.id))).all()
    prepared.database.close()
    seats = [Seat(seat, row.id or 0, row.alias or "") for seat, row in zip(prepared.seats, rows, strict=True)]
    with running(server):
        yield Classes(server, seats, prepared.run_ids, prepared.teachers)


class Link(WSListener):
    """One connection of a device; given up, it hangs up as soon as it can, and is heard no more."""

    def __init__(self, device: "Device") -> None:
        self.device: Device | None = device
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        if self.device is None:
            transport.disconnect(False)
        else:
            self.device.connections += 1

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.device is not None and frame.msg_type == WSMsgType.TEXT:
            self.device.hear(json.loads(frame.get_payload_as_bytes()))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.device is not None:
            self.device.back_at = 0.0

    def give_up(self) -> None:
        self.device = None
        if self.transport is not None:
            self.transport.disconnect(False)


class Device:
    """A pupil's device by docs/protocol.md: full jitter, an outbox, a resend after 2.5 s."""

    def __init__(self, seat: Seat, address: str) -> None:
        self.seat = seat
        self.chance = random.Random(seat.participant_id)
        self.stage: dict[str, Any] = {}
        self.own: tuple[str, str, int, str, int] | None = None
        """Alias, asking, round, choice and change of the panel `me`, on this connection."""
        self.back_at = 0.0
        """When this connection had shown both panels."""
        self.connections = 0
        self.changes: dict[AskingRound, int] = {}
        self.outbox: dict[AskingRound, dict[str, Any]] = {}
        self.acked: dict[AskingRound, dict[str, Any]] = {}
        """The newest acknowledged message of each asking and round."""
        self.acked_before: dict[AskingRound, dict[str, Any]] = {}
        """The same, as it was when this connection was dialled."""
        self.strays: list[str] = []
        self.farewell = ""
        self.on_stage: Callable[[Device], None] = lambda device: None
        self._dial_at, self._origin = f"ws{address.removeprefix('http')}/play/socket", address
        self._link = Link(self)
        self._sent_at: dict[str, float] = {}

    @property
    def run_id(self) -> int:
        return self.seat.prepared.run_id

    def choose(self, choice: str) -> None:
        """Tap: kept in the outbox until it is acknowledged or refused."""
        asked = (str(self.stage["asking"]), int(self.stage["round"]))
        change = self.changes[asked] = self.changes.get(asked, 0) + 1
        name = f"seat-{self.seat.participant_id:08d}-{change:04d}-{asked[0]}-{asked[1]}"
        self.outbox[asked] = {"kind": "answer", "id": name, "asking": asked[0], "round": asked[1]}
        self.outbox[asked] |= {"choice": choice, "change": change}
        self.send_due()

    def send_due(self) -> None:
        transport = self._link.transport
        if not self.back_at or transport is None:
            return
        now = time.monotonic()
        for message in self.outbox.values():
            if now - self._sent_at.get(message["id"], -RESEND) >= RESEND:
                self._sent_at[message["id"]] = now
                transport.send(WSMsgType.TEXT, json.dumps(message).encode())

    async def stay(self) -> None:
        """Through every cut, until the server says goodbye."""
        failures = 0
        while not self.farewell:
            began = time.monotonic()
            try:
                async with asyncio.timeout(DIAL):
                    transport = await self._dial()
                await transport.wait_disconnected()
            except (OSError, WSError, TimeoutError):
                pass
            self._forget_connection()
            failures = failures + 1 if time.monotonic() - began < 2 else 0
            if not self.farewell:
                await asyncio.sleep(self.chance.uniform(0, min(LONGEST_WAIT, 0.5 * 2**failures)))

    async def _dial(self) -> WSTransport:
        self.acked_before = dict(self.acked)
        headers = {"Cookie": f"sia_seat={self.seat.prepared.cookie}", "Origin": self._origin}
        link = self._link
        transport, _ = await ws_connect(
            lambda: link, self._dial_at, extra_headers=headers, websocket_handshake_timeout=DIAL, max_redirects=0
        )
        return transport

    def hang_up(self) -> None:
        self._link.give_up()

    def _forget_connection(self) -> None:
        self._link.give_up()
        self._link = Link(self)
        self.back_at, self.own, self.stage = 0.0, None, {}
        self._sent_at.clear()

    def hear(self, message: dict[str, Any]) -> None:
        match message["kind"]:
            case "panel":
                self._draw(message)
            case "ack" | "refused":
                self._settle(message)
            case "bye":
                self.farewell = message["why"]
                if message["why"] != "ended":
                    self.strays.append(f"bye: {message['why']}")

    def _draw(self, message: dict[str, Any]) -> None:
        if message["panel"] == "me":
            found = OWN.search(message["html"])
            assert found, message["html"]
            alias, asking, round, choice, change = found.groups()
            self.own = (alias, asking, int(round or 0), choice, int(change or 0))
            if asking:
                self._know_of(asking, int(round), choice, int(change))
            if alias != self.seat.alias:
                self.strays.append(f"the alias {alias} of another seat")
        else:
            self.stage = message
        if self.own and self.stage and not self.back_at:
            self.back_at = time.monotonic()
            self.send_due()
        if message["panel"] == "stage":
            self.on_stage(self)

    def _know_of(self, asking: str, round: int, choice: str, change: int) -> None:
        """The server says what it has saved: a page that is loaded anew counts on from there."""
        asked = (asking, round)
        self.changes[asked] = max(change, self.changes.get(asked, 0))
        if change > self.acked.get(asked, {"change": 0})["change"]:
            self.acked[asked] = {"choice": choice, "change": change}

    def _settle(self, message: dict[str, Any]) -> None:
        mine = [asked for asked, kept in self.outbox.items() if kept["id"] == message["id"]]
        if not message["id"].startswith(f"seat-{self.seat.participant_id:08d}-"):
            self.strays.append(f"an answer of another seat: {message}")
        if message["kind"] == "ack":
            asked = (message["asking"], message["round"])
            if message["change"] >= self.acked.get(asked, {"change": 0})["change"]:
                self.acked[asked] = message
        for asked in mine:
            del self.outbox[asked]


@dataclass
class Crowd:
    """All devices of some classes."""

    devices: list[Device]

    def back(self, since: float) -> list[float]:
        """Seconds from then until each device that is back had both its panels again."""
        return [max(0.0, device.back_at - since) for device in self.devices if device.back_at]

    async def all_back(self, within: float) -> None:
        await eventually(lambda: all(device.back_at for device in self.devices), within)

    async def quiet(self, within: float = 30) -> None:
        """Until everything that was tapped is acknowledged or refused."""
        await eventually(lambda: not any(device.outbox for device in self.devices), within)

    async def _resend(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for device in self.devices:
                device.send_due()


@asynccontextmanager
async def crowd_of(
    classes: Classes,
    address: str = "",
    *,
    prepare: Callable[[Device], None] = lambda _: None,
    kind: type[Device] = Device,
) -> AsyncIterator[Crowd]:
    """Every seat's device, connected to the server itself or to a proxy's address."""
    crowd = Crowd([kind(seat, address or classes.server.address) for seat in classes.seats])
    for device in crowd.devices:
        prepare(device)
    tasks = [asyncio.create_task(device.stay()) for device in crowd.devices]
    tasks.append(asyncio.create_task(crowd._resend()))
    try:
        await crowd.all_back(60)
        yield crowd
    finally:
        for task in tasks:
            task.cancel()
        for device in crowd.devices:
            device.hang_up()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.1)  # until the transports have closed


def unlike_the_store(classes: Classes, devices: list[Device], secret: set[str]) -> list[str]:
    """Where the newest acknowledged answers and the stored ones are not the same. `secret` are tally-only steps."""
    offered = classes.offered()
    with closing(classes.server.database()) as database, database.reading() as db:
        rows = db.exec(select(AnswerRow)).all()
    stored = {(row.participant_id, row.step_key, row.round): (row.change_no, row.choice) for row in rows}
    acked = {}
    for device in devices:
        for (asking, round), ack in device.acked.items():
            one = offered[device.run_id][asking]
            if one.step_key not in secret:
                where = (device.seat.participant_id, one.step_key, round)
                acked[where] = (ack["change"], one.meanings[ack["choice"]])
    return [
        f"{where}: acknowledged {acked.get(where)}, stored {stored.get(where)}"
        for where in acked.keys() | stored.keys()
        if acked.get(where) != stored.get(where)
    ]
