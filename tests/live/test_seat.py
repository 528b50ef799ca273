"""A seat: the newest frame of each panel, its own messages, and a last word."""

import asyncio

import pytest

from app.live.seat import Seat

pytestmark = pytest.mark.anyio
NEVER = 5.0


class Device:
    """Takes what a seat sends; reads nothing while it is asleep."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.awake = asyncio.Event()
        self.awake.set()

    async def take(self, text: str) -> None:
        await self.awake.wait()
        self.got.append(text)


async def until(what: object, device: Device) -> None:
    for _ in range(200):
        if what in device.got:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"never got {what}: {device.got}")


async def test_a_slow_device_gets_only_the_newest_frame_of_each_panel() -> None:
    seat, device = Seat("pupil"), Device()
    device.awake.clear()
    sending = asyncio.create_task(seat.deliver(device.take, NEVER))
    for number in range(100):
        seat.offer("stage", f"stage {number}")
        seat.offer("crowd", f"crowd {number}")
        await asyncio.sleep(0)
    device.awake.set()
    await until("crowd 99", device)
    sending.cancel()
    assert device.got == ["stage 0", "stage 99", "crowd 99"]


async def test_an_ack_overtakes_the_panels_that_wait() -> None:
    seat, device = Seat("pupil"), Device()
    seat.offer("stage", "stage 1")
    seat.tell("ack")
    sending = asyncio.create_task(seat.deliver(device.take, NEVER))
    await until("stage 1", device)
    sending.cancel()
    assert device.got == ["ack", "stage 1"]


async def test_a_device_that_takes_nothing_is_given_up() -> None:
    seat, device = Seat("pupil"), Device()
    device.awake.clear()
    seat.offer("stage", "stage 1")
    with pytest.raises(TimeoutError):
        await seat.deliver(device.take, 0.05)


async def test_a_seat_that_is_closed_hears_the_last_words_and_nothing_else() -> None:
    seat, device = Seat("pupil"), Device()
    seat.offer("stage", "stage 1")
    seat.tell("ack")
    seat.close("goodbye")
    await asyncio.wait_for(seat.deliver(device.take, NEVER), 1)
    assert device.got == ["goodbye"]


async def test_a_frame_that_comes_after_the_goodbye_is_not_sent() -> None:
    seat, device = Seat("pupil"), Device()
    seat.close("goodbye")
    seat.offer("stage", "stage 2")
    await asyncio.wait_for(seat.deliver(device.take, NEVER), 1)
    assert device.got == ["goodbye"]


async def test_at_the_end_what_waits_is_sent_before_the_last_words() -> None:
    seat, device = Seat("pupil"), Device()
    seat.offer("stage", "the last stage")
    seat.finish("the end")
    await asyncio.wait_for(seat.deliver(device.take, NEVER), 1)
    assert device.got == ["the last stage", "the end"]


async def test_an_idle_seat_is_woken_by_what_comes() -> None:
    seat, device = Seat("pupil"), Device()
    sending = asyncio.create_task(seat.deliver(device.take, NEVER))
    await asyncio.sleep(0.02)
    seat.offer("stage", "stage 1")
    await until("stage 1", device)
    seat.close("goodbye")
    await asyncio.wait_for(sending, 1)
    assert device.got == ["stage 1", "goodbye"]


async def test_messages_of_a_device_that_never_reads_are_bounded() -> None:
    seat, device = Seat("pupil"), Device()
    for number in range(1000):
        seat.tell(f"pong {number}")
    seat.finish("the end")
    await asyncio.wait_for(seat.deliver(device.take, NEVER), 1)
    assert len(device.got) <= 33
    assert device.got[-2:] == ["pong 999", "the end"]
