"""Where acks are lost on the way, answers are sent again, stored once and counted exactly (REL-6)."""

import asyncio
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import uvloop
from sqlmodel import select

from app.store.tables import AnswerRow
from tests.faults.crowd import Classes, Crowd, Device, classes_on, crowd_of, unlike_the_store
from tests.faults.figures import tell
from tests.faults.lesson import RESEND, Server
from tests.faults.proxy import Proxy, proxy_to

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
CLASSES, PUPILS, CHANGES = 3, 60, 3


class SendsOnce(Device):
    """Known bad: what was sent is taken for saved."""

    def send_due(self) -> None:
        super().send_due()
        if self.back_at:
            self.outbox.clear()


async def answer_through(classes: Classes, proxy: Proxy, kind: type[Device]) -> list[Device]:
    async with crowd_of(classes, proxy.address, kind=kind) as crowd:
        for change in range(CHANGES):
            for device in crowd.devices:
                device.choose("ABCD"[(change + device.seat.participant_id) % 4])
            await asyncio.sleep(0.4)
        await quiet_within_resends(crowd)
        return crowd.devices


async def quiet_within_resends(crowd: Crowd) -> None:
    """However often chance drops one and the same ack."""
    await crowd.quiet(within=20 * RESEND)


def test_every_answer_is_stored_once_although_a_third_of_the_acks_is_lost(tmp_path: Path) -> None:
    with classes_on(Server(tmp_path / "data"), CLASSES, PUPILS) as classes, proxy_to(classes.server.port) as proxy:
        proxy.mode, proxy.share = "drop_acks", 0.3
        devices = uvloop.run(answer_through(classes, proxy, Device))
        assert unlike_the_store(classes, devices, set()) == []
        with closing(classes.server.database()) as database, database.reading() as db:
            rows = db.exec(select(AnswerRow)).all()
        assert Counter(row.participant_id for row in rows) == {device.seat.participant_id: 1 for device in devices}
        assert {row.change_no for row in rows} == {CHANGES}
        tell(f"{PUPILS * CHANGES} answers, {proxy.dropped} acks dropped: each is stored once")
        assert proxy.dropped > PUPILS * CHANGES // 10
        # The bite: devices that do not ask again never hear of some of their answers.
        silent = uvloop.run(answer_through(classes, proxy, SendsOnce))
        assert any(device.acked[device.seat.prepared.asking, 1]["change"] < 2 * CHANGES for device in silent)
