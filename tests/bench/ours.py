"""Our server as `safety-in-action serve` runs it, with a lag probe and the bench's door beside it."""

import asyncio
import json
import sys
import time
from pathlib import Path

import uvicorn
import uvloop

from app.domain.run import Order, Stage
from app.main import create_app
from app.serving import _config
from app.settings import Settings
from app.store import live_sessions
from app.web.deps import Parts
from tests.bench.machine import Calls, LagProbe, open_door, pin, raise_open_files


def settings_for(folder: Path, database_url: str, port: int = 8000) -> Settings:
    return Settings(data_dir=folder, demo=True, port=port).model_copy(update={"database_url": database_url})


def calls_for(parts: Parts, probe: LagProbe) -> Calls:
    """What the bench may do in our process that no browser can."""

    async def cue(session_id: int, holder: int, order: Order) -> float:
        """One order to the live session, as the console will give it; the time before it was given."""
        began = time.monotonic()
        parts.rooms.session_changed(session_id, await asyncio.to_thread(_give, parts, session_id, holder, order))
        return began

    def share_one(run_ids: list[int]) -> float:
        """One finished frame offered to every seat of every room: what is left when nothing has to be found out."""
        began = time.monotonic()
        rooms = parts.rooms._rooms
        frame = rooms[run_ids[0]].sent or rooms[run_ids[0]].frames["pupil", "stage"]
        for run_id in run_ids:
            for seat in rooms[run_id].seats["pupil"]:
                seat.offer("stage", frame)
        return began

    return {"lag": probe.read, "cue": cue, "share_one": share_one}


def _give(parts: Parts, session_id: int, holder: int, order: Order) -> Stage:
    with parts.database.transaction() as db:
        session = live_sessions.read(db, session_id)
        token = session.holder_epoch
        return live_sessions.give(
            db, session, order, seq=session.stage.seq, holder_epoch=token, by=holder, now=parts.clock()
        )


async def main(port: int, door: int, folder: str, database_url: str) -> None:
    app = create_app(settings_for(Path(folder), database_url, port))
    server = uvicorn.Server(_config(app, app.state.parts.settings))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    probe = LagProbe()
    probe.start()
    await open_door(door, calls_for(app.state.parts, probe))
    await serving


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    pin(told.pop("core"))
    raise_open_files()
    uvloop.run(main(**told))
