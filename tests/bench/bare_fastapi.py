"""The usual way at its best: a FastAPI websocket echo on uvicorn, uvloop, no deflate, the collector held back."""

import asyncio
import gc
import json
import sys

import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from app import COLLECTOR
from tests.bench.machine import LagProbe, open_door, pin, raise_open_files

app = FastAPI()
said = {"ack": ""}


@app.websocket("/play/socket")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.receive_text()
            await websocket.send_text(said["ack"])
    except WebSocketDisconnect:
        return


async def main(port: int, door: int) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            backlog=4096,
            access_log=False,
            log_level="warning",
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    probe = LagProbe()
    probe.start()
    await open_door(door, {"lag": probe.read})
    await serving


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    pin(told.pop("core"))
    raise_open_files()
    said["ack"] = told.pop("ack")
    gc.set_threshold(*COLLECTOR)  # as ours
    uvloop.run(main(**told))
