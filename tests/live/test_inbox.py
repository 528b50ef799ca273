"""The inbox: every message in its order, and between a few of them the event loop looks at its sockets."""

import asyncio

import pytest

from app.live.inbox import AT_ONCE, Inbox

pytestmark = pytest.mark.anyio


async def test_messages_are_taken_in_the_order_in_which_they_came() -> None:
    inbox = Inbox()
    taken: list[str] = []
    for number in range(3 * AT_ONCE):
        inbox.put(taken.append, str(number))
    assert taken == []
    for _ in range(5):
        await asyncio.sleep(0)
    assert taken == [str(number) for number in range(3 * AT_ONCE)]


async def test_a_flood_lets_others_have_their_turn() -> None:
    inbox = Inbox()
    taken: list[str] = []
    seen: list[int] = []
    for number in range(5 * AT_ONCE):
        inbox.put(taken.append, str(number))
    for _ in range(8):
        await asyncio.sleep(0)
        seen.append(len(taken))
    assert len(set(seen)) >= 5
    assert seen[-1] == 5 * AT_ONCE


async def test_what_comes_while_messages_are_taken_is_taken_too() -> None:
    inbox = Inbox()
    taken: list[str] = []

    def take(text: str) -> None:
        taken.append(text)
        if text == "first":
            inbox.put(take, "second")

    inbox.put(take, "first")
    for _ in range(3):
        await asyncio.sleep(0)
    assert taken == ["first", "second"]
