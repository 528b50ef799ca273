"""Our server as `safety-in-action serve` runs it, with a lag probe and the bench's door beside it."""

import asyncio
import json
import sys
import time
from pathlib import Path

import uvicorn
import uvloop

from app.live.line import Door
from app.live.rooms import Rooms
from app.main import create_app
from app.settings import Settings
from tests.bench.machine import Calls, LagProbe, open_door, pin, raise_open_files


def settings_for(folder: Path, database_url: str, port: int = 8000) -> Settings:
    return Settings(data_dir=folder, demo=True, port=port).model_copy(update={"database_url": database_url})


def calls_for(rooms: Rooms, probe: LagProbe) -> Calls:
    """What the bench may do in our process that no browser can."""

    def change_all(run_ids: list[int]) -> float:
        """Every room at once looks at the store, renders its stage and pushes it, as after 350 cues."""
        began = time.monotonic()
        for run_id in run_ids:
            rooms.changed(run_id, ("stage",))
        return began

    def redraw_all(run_ids: list[int]) -> float:
        """The same without the look: every room renders and pushes what it knows."""
        began = time.monotonic()
        for run_id in run_ids:
            room = rooms._rooms[run_id]
            room.dirty.add("stage")
            room.wake.set()
        return began

    def share_one(run_ids: list[int]) -> float:
        """One finished frame offered to every seat of every room: what is left for a live session to pay."""
        began = time.monotonic()
        frame = rooms._rooms[run_ids[0]].frames["pupil", "stage"]
        for run_id in run_ids:
            for seat in rooms._rooms[run_id].seats["pupil"]:
                seat.offer("stage", frame)
        return began

    return {"lag": probe.read, "change_all": change_all, "redraw_all": redraw_all, "share_one": share_one}


async def main(port: int, door: int, folder: str, database_url: str) -> None:
    app = create_app(settings_for(Path(folder), database_url, port))
    config = uvicorn.Config(
        app,
        port=port,
        ws=Door,
        ws_max_size=4096,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        backlog=4096,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    probe = LagProbe()
    probe.start()
    await open_door(door, calls_for(app.state.parts.rooms, probe))
    await serving


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    pin(told.pop("core"))
    raise_open_files()
    uvloop.run(main(**told))
