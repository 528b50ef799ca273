"""A class of pupils that is not there: joins, answers and reconnects like children, by docs/protocol.md alone."""

import asyncio
import http.client
import json
import math
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from app.domain.errors import Invalid, NotAllowed
from app.domain.participation import LARGEST_CLASS

DIAL = 3.0
RESEND = 2.5
PING_AFTER = 4.0
GIVE_UP_AFTER = PING_AFTER + 5.0
TWO_HOURS = 7200.0
NOT_SURE = "not_sure"

Say = Callable[[str], None]
Message = Mapping[str, object]
AskingRound = tuple[str, int]


@dataclass(frozen=True)
class Acknowledged:
    """An answer that the server said is saved. `pupil` counts from 0."""

    pupil: int
    asking: str
    round: int
    choice: str
    change: int


@dataclass
class ClassRecord:
    """What a simulated class saw; `journal` is what the store must still have."""

    joined: int = 0
    refused: int = 0
    reconnects: int = 0
    journal: list[Acknowledged] = field(default_factory=list)

    @property
    def acked(self) -> int:
        return len(self.journal)

    def last_choices(self) -> dict[tuple[int, str, int], str]:
        """(pupil, asking, round) -> the choice with the greatest acknowledged change."""
        in_order = sorted(self.journal, key=lambda answer: answer.change)
        return {(answer.pupil, answer.asking, answer.round): answer.choice for answer in in_order}


async def run_class(
    address: str,
    code: str,
    pupils: int,
    seed: int = 0,
    *,
    speed: float = 1.0,
    told_to_end: asyncio.Event | None = None,
    at_most: float = TWO_HOURS,
    say: Say = lambda line: None,
) -> ClassRecord:
    """Joins and stays until the run ends, `told_to_end` is set or `at_most` seconds are over.

    The same seed makes the same children; a speed of 2.0 makes them think twice as fast.
    Raises Invalid for too many pupils and NotAllowed when nobody could join.
    """
    if not 1 <= pupils <= LARGEST_CLASS:
        raise Invalid(f"One class has between 1 and {LARGEST_CLASS} pupils.")
    address = address.rstrip("/")
    room = _Room(address, seed, speed, _stage_teller(say))
    cookies = await asyncio.gather(*(_join(room, code, index) for index in range(pupils)))
    seated = [_Pupil(room, index, cookie) for index, cookie in enumerate(cookies) if cookie]
    room.record.joined = len(seated)
    if not seated:
        raise NotAllowed(
            f"Nobody could join with {code} at {address}. Is that the address in your browser? If not, give it with "
            "--address. If it is: look at the code again, and whether the lesson is open and its door not locked."
        )
    say(f"{len(seated)} of {pupils} pupils have joined.")
    await _until_over([pupil.attend() for pupil in seated], told_to_end or asyncio.Event(), at_most)
    record = room.record
    say(f"{record.acked} answers saved, {record.refused} too late, {record.reconnects} reconnections.")
    return record


async def _until_over(lessons: list[Awaitable[None]], told_to_end: asyncio.Event, at_most: float) -> None:
    everyone: asyncio.Future[Any] = asyncio.gather(*lessons)
    told: asyncio.Future[Any] = asyncio.ensure_future(told_to_end.wait())
    try:
        await asyncio.wait({everyone, told}, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)
        if everyone.done():
            everyone.result()  # a fault of ours is raised, not swallowed
    finally:
        told.cancel()
        everyone.cancel()
        await asyncio.gather(everyone, told, return_exceptions=True)


@dataclass
class _Room:
    address: str
    seed: int
    speed: float
    tell_stage: Callable[[str, AskingRound], None]
    record: ClassRecord = field(default_factory=ClassRecord)


def _stage_teller(say: Say) -> Callable[[str, AskingRound], None]:
    """Says each change of the stage once, though every pupil sees it."""
    told: set[tuple[str, AskingRound]] = set()

    def tell(phase: str, asked: AskingRound) -> None:
        if not asked[0] or phase not in ("open", "closed") or (phase, asked) in told:
            return
        told.add((phase, asked))
        again = " again" if asked[1] > 1 else ""
        say(f"A question is {phase}{again}.")

    return tell


# --- Joining, by HTTP ---


async def _join(room: _Room, code: str, index: int) -> str:
    """The seat's cookie; empty when the server did not let this pupil in."""
    await asyncio.sleep(random.Random(f"{room.seed}/{index}/door").uniform(0, 2) / room.speed)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": _origin(room.address)}
    body = urlencode({"code": code})
    try:
        reply = await asyncio.to_thread(_request, room.address, "POST", "/join", body, headers)
    except (OSError, http.client.HTTPException):
        return ""
    return reply.cookie if reply.status == 303 else ""


class _Reply(NamedTuple):
    status: int
    cookie: str


def _request(address: str, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> _Reply:
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=10)
    try:
        connection.request(method, f"{parts.path}{path}", body, dict(headers))
        reply = connection.getresponse()
        reply.read()
        cookies = [line.partition(";")[0] for line in reply.headers.get_all("Set-Cookie") or []]
        return _Reply(reply.status, next((each for each in cookies if "sia_seat=" in each), ""))
    finally:
        connection.close()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


# --- What a child means to do ---


class Tap(NamedTuple):
    """A choice a child will make this many seconds after the question opened; `inf` is as it closes."""

    after: float
    choice: str


def taps(seed: int, index: int, asked: AskingRound, choices: list[str], speed: float) -> list[Tap]:
    """How one child answers: most within seconds; some change their mind, pass, are too late or miss it."""
    chance = random.Random(f"{seed}/{index}/{asked[0]}/{asked[1]}")
    mood = chance.random()
    after = chance.lognormvariate(math.log(4), 0.6) / speed
    first = _choice(chance, random.Random(f"{seed}/{asked[0]}"), choices)
    if not choices or mood < 0.04:
        return []
    if mood < 0.09:
        return [Tap(math.inf, first)]
    others = [choice for choice in choices if choice != first]
    if mood < 0.25 and others:
        return [Tap(after, first), Tap(after + chance.uniform(0.5, 4) / speed, chance.choice(others))]
    return [Tap(after, first)]


def _choice(chance: random.Random, shared: random.Random, choices: list[str]) -> str:
    """One choice is the class's favourite, so that results look like those of a class."""
    letters = [choice for choice in choices if choice != NOT_SURE]
    if not letters or (NOT_SURE in choices and chance.random() < 0.08):
        return NOT_SURE
    favourite = shared.choice(letters)
    return favourite if chance.random() < 0.45 else chance.choice(letters)


def offered(stage: Message) -> list[str]:
    """Whole choices of a question that is open: as it offers them, or some that are made of what it offers.

    Of an order, pairs or several there are hundreds. A class that means the same few looks like one.
    """
    choices = [str(choice) for choice in stage["choices"]] if isinstance(stage["choices"], list) else []
    parts = [choice for choice in choices if choice != NOT_SURE]
    chance = random.Random(str(stage["asking"]))
    form = str(stage.get("form", "one"))
    if form in ("one", "number"):
        return choices
    made = {_made(form, parts, chance) for _ in range(6)}
    return [*sorted(made), *(choice for choice in choices if choice == NOT_SURE)]


def _made(form: str, parts: list[str], chance: random.Random) -> str:
    letters = [part for part in parts if part.isalpha()]
    if form == "order":
        return "".join(chance.sample(letters, len(letters)))
    if form == "pairs":
        numbers = [part for part in parts if part.isdigit()]
        partners = chance.sample(numbers, len(numbers))
        return "".join(letter + number for letter, number in zip(letters, partners, strict=True))
    return "".join(sorted(chance.sample(letters, chance.randint((len(letters) + 1) // 2, len(letters)))))


# --- One child's device ---


class _Pupil:
    def __init__(self, room: _Room, index: int, cookie: str) -> None:
        self.room = room
        self.index = index
        self.cookie = cookie
        self.chance = random.Random(f"{room.seed}/{index}/device")
        self.met: set[AskingRound] = set()
        self.plans: list[tuple[float, AskingRound, str]] = []
        self.changes: dict[AskingRound, int] = {}
        self.outbox: dict[AskingRound, dict[str, object]] = {}
        self.sent_at: dict[str, float] = {}
        self.awaited: set[str] = set()
        self.was_here = self.is_over = False
        self.heard_at = 0.0

    async def attend(self) -> None:
        """Sits in the lesson, through every cut, until the server says that it is over."""
        failures = 0
        while not self.is_over:
            began = time.monotonic()
            try:
                async with self._dial() as socket:
                    self.room.record.reconnects += self.was_here
                    self.was_here = True
                    await self._sit(socket)
            except InvalidStatus:
                self.is_over = await self._is_gone()
            except (OSError, WebSocketException):
                pass
            if not self.is_over:
                failures = failures + 1 if time.monotonic() - began < 2 else 1
                await asyncio.sleep(self.chance.uniform(0, min(5.0, 0.5 * 2**failures)))

    def _dial(self) -> connect:
        return connect(
            f"ws{self.room.address.removeprefix('http')}/play/socket",
            origin=_origin(self.room.address),  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": self.cookie},
            open_timeout=DIAL,
            close_timeout=1,
            ping_interval=None,
            compression=None,
            proxy=None,
        )

    async def _is_gone(self) -> bool:
        """Whether a refused socket means that the seat or the run is no more."""
        path, headers = "/play/panels/stage", {"Cookie": self.cookie}
        try:
            reply = await asyncio.to_thread(_request, self.room.address, "GET", path, None, headers)
        except (OSError, http.client.HTTPException):
            return False
        return reply.status == 410

    async def _sit(self, socket: ClientConnection) -> None:
        self.heard_at = time.monotonic()
        self.sent_at.clear()
        pinged_at = self.heard_at
        while not self.is_over:
            now = time.monotonic()
            self._follow_plans(now)
            await self._send_due(socket, now)
            if now - self.heard_at > GIVE_UP_AFTER:
                return  # half open: nobody is there
            if now - max(self.heard_at, pinged_at) > PING_AFTER:
                await socket.send('{"kind": "ping"}')
                pinged_at = now
            try:
                async with asyncio.timeout(self._nap(now)):
                    self._hear(json.loads(await socket.recv()))
            except TimeoutError:
                continue

    def _nap(self, now: float) -> float:
        """Until the next thing to do, at most a quarter of a second after it."""
        return min([0.25, *(max(0.0, at - now) for at, _, _ in self.plans)])

    def _follow_plans(self, now: float) -> None:
        for plan in [plan for plan in self.plans if plan[0] <= now]:
            self.plans.remove(plan)
            _, (asking, round), choice = plan
            change = self.changes[(asking, round)] = self.changes.get((asking, round), 0) + 1
            name = str(uuid.uuid4())
            answer = {"asking": asking, "round": round, "choice": choice, "change": change}
            self.outbox[(asking, round)] = {"kind": "answer", "id": name, **answer}
            self.awaited.add(name)

    async def _send_due(self, socket: ClientConnection, now: float) -> None:
        for answer in list(self.outbox.values()):
            if now - self.sent_at.get(str(answer["id"]), -math.inf) >= RESEND:
                self.sent_at[str(answer["id"])] = now
                await socket.send(json.dumps(answer))

    def _hear(self, message: Message) -> None:
        self.heard_at = time.monotonic()
        match message.get("kind"):
            case "panel" if message.get("panel") == "stage":
                self._see(message)
            case "ack":
                self._note(message)
            case "refused":
                if self._drop(message):
                    self.room.record.refused += 1
            case "bye":
                self.is_over = True

    def _see(self, stage: Message) -> None:
        phase, asked = str(stage["phase"]), (str(stage["asking"]), int(str(stage["round"] or 0)))
        self.room.tell_stage(phase, asked)
        now = time.monotonic()
        if phase == "open" and asked not in self.met:
            self.met.add(asked)
            mine = taps(self.room.seed, self.index, asked, offered(stage), self.room.speed)
            self.plans += [(now + tap.after, asked, tap.choice) for tap in mine]
        elif phase != "open":
            # The tiles are locked now; a late tap left the device before it knew.
            late = [plan for plan in self.plans if plan[0] == math.inf]
            self.plans = [(now + self.chance.uniform(0, 0.3), where, choice) for _, where, choice in late]

    def _note(self, ack: Message) -> None:
        """One line in the journal for each message, however often it was sent and acknowledged."""
        if not self._drop(ack):
            return
        asking, choice = str(ack["asking"]), str(ack["choice"])
        round, change = int(str(ack["round"])), int(str(ack["change"]))
        self.room.record.journal.append(Acknowledged(self.index, asking, round, choice, change))

    def _drop(self, reply: Message) -> bool:
        """Forgets the answered message; False when it had its reply before."""
        name = str(reply.get("id"))
        self.outbox = {asked: answer for asked, answer in self.outbox.items() if answer["id"] != name}
        was_awaited = name in self.awaited
        self.awaited.discard(name)
        return was_awaited
