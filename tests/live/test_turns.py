"""Work that a crowd asks for at once comes piece by piece, and what is due in between is not held up by all of it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.live.turns import AT_ONCE, Turns

pytestmark = pytest.mark.anyio
PIECES = 20


async def order_of(wait: Callable[[], Awaitable[None]]) -> str:
    """p for each piece that a crowd does at once, t for each round of the loop in which something else was due."""
    order = []

    async def piece() -> None:
        await wait()
        order.append("p")

    async def tick() -> None:
        while True:
            order.append("t")
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(piece() for _ in range(PIECES)))
    ticking.cancel()
    return "".join(order)


async def test_between_a_few_turns_the_loop_goes_round() -> None:
    order = await order_of(Turns().next)
    assert order.count("p") == PIECES
    assert "p" * (AT_ONCE + 1) not in order


async def test_whoever_gives_up_takes_nobodys_turn() -> None:
    turns = Turns()
    first, *others = (asyncio.create_task(turns.next()) for _ in range(PIECES))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*others)
    async with asyncio.timeout(5):
        await turns.next()


async def test_a_lock_alone_would_not_do_it() -> None:
    lock = asyncio.Lock()

    async def locked() -> None:
        async with lock:
            pass

    assert "p" * PIECES in await order_of(locked)
