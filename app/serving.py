"""Serves the app: one process, or several identical ones on one listening socket.

uvicorn brings a supervisor of its own. It was tried: it waits for ever for a worker that hangs, and when it is killed
its workers live on and keep the port. This one does neither.
"""

import contextlib
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkProcess
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app import demo
from app.domain.errors import DomainError
from app.live.line import LONGEST_MESSAGE, Door
from app.main import create_app
from app.settings import Settings

log = logging.getLogger(__name__)
GRACEFUL_SECONDS = 5
STOP_SECONDS = 9
"""A worker that has not ended by itself so long after it was told to is killed; the devices keep their answers."""
LOOK_SECONDS = 0.1
QUICK_SECONDS = 5  # a worker that ends sooner than this waits for its next start, longer each time
LONGEST_PAUSE = 10

TOLD = (signal.SIGTERM, signal.SIGINT)
# Forked and not started anew: a worker that takes a dead one's place serves at once, and they share memory.
fork = multiprocessing.get_context("fork")


def build(settings: Settings) -> FastAPI:
    return create_app(settings, demo_links=partial(demo.home_page_links, settings) if settings.demo else list)


def run(app: FastAPI, settings: Settings) -> None:
    """Serve until told to stop."""
    _start_log(settings)
    config = _config(app, settings)
    listening = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # a second net under stuck devices: the kernel gives up on them too
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(settings.stuck_seconds * 1000))
    if settings.workers == 1:
        uvicorn.Server(config).run(sockets=[listening])
        return
    config.load()  # a certificate that cannot be read ends the start here, not each worker
    app.state.parts.database.close()  # no connection may be shared; from here to the forks there is no thread either
    gc.freeze()
    Workers(settings, listening).run()


def _start_log(settings: Settings) -> None:
    who = "" if settings.workers == 1 else "%(process)d "
    logging.basicConfig(level=settings.log_level, format=f"%(asctime)s {who}%(levelname)s %(message)s")


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        proxy_headers=settings.behind_proxy,
        ws=Door,
        ws_max_size=LONGEST_MESSAGE,
        ws_per_message_deflate=False,  # twice the memory and CPU, and no frame could be shared
        ws_ping_interval=None,  # rooms ask silent devices themselves
        backlog=4096,
        access_log=False,  # a line per request would hold addresses of pupils' devices
        server_header=False,
        log_config=None,
        log_level="warning",  # its socket lines hold addresses too
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


@dataclass
class _Place:
    """One of the workers, and when it may be started again."""

    process: ForkProcess | None = None
    started_at: float = 0.0
    next_start_at: float = 0.0
    pause: float = 0.0


class Workers:
    """Starts the workers, starts another for one that has died, and stops them all in time."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._places = [_Place() for _ in range(settings.workers)]
        self._is_stopping = False

    def run(self) -> None:
        for told in TOLD:
            signal.signal(told, self._told_to_stop)
        try:
            while not self._is_stopping:
                for place in self._places:
                    self._keep(place)
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop()

    def _told_to_stop(self, _told: int, _frame: FrameType | None) -> None:
        if self._is_stopping:  # told again: at once
            for process in self._alive():
                process.kill()
        self._is_stopping = True

    def _alive(self) -> list[ForkProcess]:
        return [place.process for place in self._places if place.process is not None and place.process.is_alive()]

    def _keep(self, place: _Place) -> None:
        now = time.monotonic()
        if place.process is not None and not place.process.is_alive():
            log.warning("worker %s has ended (%s); another is started", place.process.pid, place.process.exitcode)
            place.process.close()
            place.process = None
            is_quick = now - place.started_at < QUICK_SECONDS
            place.pause = min(LONGEST_PAUSE, 2 * place.pause or 1) if is_quick else 0
            place.next_start_at = now + place.pause
        if place.process is None and now >= place.next_start_at and not self._is_stopping:
            place.process = fork.Process(target=_work, args=(self._settings, self._listening, os.getpid()))
            signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)  # until the worker has put our handlers away
            place.process.start()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
            place.started_at = now

    def _stop(self) -> None:
        ends_at = time.monotonic() + STOP_SECONDS
        for process in self._alive():
            process.terminate()
        for process in self._alive():
            process.join(max(0, ends_at - time.monotonic()))
        for process in self._alive():
            log.warning("worker %s did not end in time and is killed", process.pid)
            process.kill()
            process.join()


def _work(settings: Settings, listening: socket.socket, parent: int) -> None:
    """A worker's whole life."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
    threading.Thread(target=_end_with, args=(parent,), name="parent-watch", daemon=True).start()
    try:
        app = build(settings)
    except DomainError as error:
        log.error("a worker could not start: %s", error.sentence)
        sys.exit(1)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(_config(app, settings)).run(sockets=[listening])


def _end_with(parent: int) -> None:
    """A worker without its parent would keep the port from the next start."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
