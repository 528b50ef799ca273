"""Puts the parts together."""

import asyncio
import contextlib
import gc
import hashlib
import logging
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from app.content import library
from app.documents.mail import MailServer
from app.live.answer_writer import AnswerWriter
from app.live.bus import Bus, LoneBus, RedisBus
from app.live.consoles import Consoles
from app.live.demo_classes import DemoClasses
from app.live.inbox import Inbox
from app.live.joiner import Joiner
from app.live.pulse import Pulse
from app.live.rehearsals import Rehearsals, Tap
from app.live.rooms import Rooms
from app.settings import Settings
from app.store import audit as stored_audit
from app.store import drafts, lessons, media, participation, pulses, runs
from app.store import live_sessions as stored_sessions
from app.store.brought_files import BroughtFiles
from app.store.database import Database
from app.store.media_files import MediaFolder
from app.web import (
    account,
    agencies,
    api,
    api_keys,
    asked,
    audit,
    author,
    bookings,
    calendars,
    class_groups,
    class_links,
    class_papers,
    consoles,
    costs,
    feedback,
    following,
    funder,
    held,
    home,
    invited,
    join,
    live_sessions,
    live_wall,
    network_check,
    own_media,
    pairing,
    people,
    play,
    programmes,
    provider,
    records,
    report_files,
    reports,
    schools,
    sign_in,
    timetable,
)
from app.web import media as web_media
from app.web import runs as web_runs
from app.web.console_panels import ConsolePanels
from app.web.deps import Parts, now_utc
from app.web.pages import STATIC, Pages, crash_page, handle_errors
from app.web.panels import Panels
from app.web.provider import Provider
from app.web.security import Cookies, Guard, Throttle

log = logging.getLogger(__name__)
HOUSEKEEPING_SECONDS = 60


def open_database(settings: Settings, now: datetime) -> Database:
    """Its schema up to date and the shipped lessons in it, though several workers start at once."""
    database = Database(settings.database, seconds=settings.database_seconds)
    database.open()
    with database.alone("start"):
        publish_shipped(database, settings, now)
    return database


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = now_utc,
    demo_links: Callable[[], list[dict[str, str]]] = list,
) -> FastAPI:
    """The whole application on an opened, up-to-date database.

    Raises NotAllowed with a sentence for the operator when it would not be safe to serve.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    MediaFolder(settings.data_dir).open()
    database = open_database(settings, clock())
    pages = Pages(settings)
    pages.compile("parts.html", "join/", "play/")  # before anybody comes: a class comes in all at once
    bus = _bus(settings)
    pulse = Pulse(database if settings.has_bus else None, gone_seconds=settings.presenter_gone_seconds)
    panels = Panels(pages, settings, is_slow=lambda: bus.is_degraded, presence=pulse.presenter)
    rooms = Rooms(
        database,
        panels.render,
        tally_seconds=settings.tally_seconds,
        stuck_seconds=settings.stuck_seconds,
        tell=bus.tell,
        is_slow=lambda: bus.is_degraded,
        listens=pulse,
    )
    names = alias_words()
    writer = AnswerWriter(database, rooms.saved, queue_size=settings.answers_queue, batch_size=settings.answers_batch)
    joiner = Joiner(
        database,
        rooms.joined,
        names=names,
        spare=settings.seat_limit_spare,
        clock=clock,
        choose=random.Random(secrets.randbits(256)).choice,  # an alias is no secret, and dealt in a crowd
        queue_size=settings.answers_queue,
        batch_size=settings.answers_batch,
    )
    rehearsals = Rehearsals(database, joiner, writer, rooms.offered, rehearsing_pupils, clock)
    parts = Parts(
        settings=settings,
        database=database,
        rooms=rooms,
        panels=panels,
        consoles=Consoles(
            database,
            rooms,
            ConsolePanels(pages).render,
            clock=clock,
            seconds=settings.tally_seconds,
            stuck_seconds=settings.stuck_seconds,
        ),
        writer=writer,
        joiner=joiner,
        inbox=Inbox(),
        rehearsals=rehearsals,
        compile_pages=partial(pages.compile, "runs/"),
        cookies=Cookies(settings),
        provider=Provider(settings, clock),
        names=names,
        bus=bus,
        demo_links=demo_links,
        demo_classes=DemoClasses(database, rooms, rehearsals, clock, secrets.choice) if settings.demo else None,
        mail=_mail(settings),
        clock=clock,
        wrong_codes=Throttle(settings.wrong_codes_per_address, 300),
    )
    app = FastAPI(
        title=settings.product_name,
        lifespan=_life,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.parts = parts
    app.add_middleware(GZipMiddleware, minimum_size=600, compresslevel=3)  # 9 is twice as slow for 5 % less
    app.add_middleware(Guard, settings=settings, crash=partial(crash_page, pages))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in (
        play.routes(),  # first: a class comes in all at once
        join.routes(pages),
        home.routes(pages),
        sign_in.routes(pages),
        provider.routes(pages),
        account.routes(pages),
        people.routes(pages),
        audit.routes(pages),
        invited.routes(pages),
        pairing.routes(pages),
        web_runs.routes(pages),
        feedback.routes(pages),
        programmes.routes(pages),
        agencies.routes(pages),
        asked.routes(),
        held.routes(pages),
        schools.routes(pages),
        class_links.routes(pages),
        class_papers.routes(),
        class_groups.routes(pages),
        timetable.routes(pages),
        bookings.routes(pages),
        live_wall.routes(pages),
        records.routes(pages),
        network_check.routes(pages),
        *author.routers(pages),
        web_media.routes(),
        own_media.routes(pages),
        calendars.routes(),  # before the consoles, whose address ends in any word
        live_sessions.routes(pages),
        consoles.routes(pages),
        following.routes(pages),
        api.routes(),
        api_keys.routes(pages),
        costs.routes(pages),
        funder.routes(pages),
        report_files.routes(pages),  # before the pages, whose addresses end in any word
        reports.routes(pages),
    ):
        app.include_router(router)
    handle_errors(app, pages)
    return app


def rehearsing_pupils(seed: int, index: int, told: Mapping[str, object]) -> list[Tap]:
    """Pupils of a rehearsal behave like a simulated class; none of them waits for the close."""
    from app.simulated_class import offered, taps  # when the first rehearsal begins: it brings a client for sockets

    asked = (str(told["asking"]), int(str(told["round"])))
    return [Tap(min(tap.after, 30.0), tap.choice) for tap in taps(seed, index, asked, offered(told), speed=1.5)]


def _bus(settings: Settings) -> Bus:
    if not settings.has_bus:
        return LoneBus()
    # One Redis may serve several programmes. All workers of one have the same secret, and nobody else has it.
    name = "safety-in-action:" + hashlib.sha256(f"bus {settings.secret()}".encode()).hexdigest()[:20]
    return RedisBus(settings.redis_url, name, beat_seconds=settings.bus_beat_seconds)


def _mail(settings: Settings) -> MailServer | None:
    if not settings.sends_mail:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )


def publish_shipped(database: Database, settings: Settings, now: datetime) -> None:
    """Make a version of each shipped lesson that is new or has changed; a broken file is told and left out.

    A lesson that somebody has edited in the browser is theirs: the shipped change waits for a look (ruling 16).
    """
    with database.reading() as db:
        own = media.own(db)
    shipped = library.load(settings.lessons_dir, settings.quizzes_dir, own)
    for problem in shipped.problems:
        if not problem.is_warning:
            log.error("%s", problem)
    with database.transaction() as db:
        edited = drafts.keys(db)
        for lesson in shipped.lessons:
            if lesson.key not in edited:
                lessons.publish(db, lesson, now)


def alias_words() -> tuple[list[str], list[str]]:
    """Adjectives and animals, 42 x 49, vetted pair by pair."""
    adjectives = (STATIC / "adjectives.txt").read_text().split()
    animals = [name.capitalize() for name in (STATIC / "animals.txt").read_text().split()]
    return adjectives, animals


@contextlib.asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    compiling = asyncio.create_task(asyncio.to_thread(parts.compile_pages))
    parts.rooms.start()
    parts.writer.start()
    parts.joiner.start()
    parts.rehearsals.start()
    if parts.demo_classes is not None:
        parts.demo_classes.start()
    parts.bus.start(parts.rooms.hear, parts.rooms.look_again)
    housekeeping = asyncio.create_task(_keep_house(parts))
    try:
        yield
    finally:
        housekeeping.cancel()
        await asyncio.gather(housekeeping, compiling, return_exceptions=True)
        if parts.demo_classes is not None:
            await parts.demo_classes.stop()
        await parts.rehearsals.stop()
        parts.consoles.stop()
        parts.exports.stop()
        await parts.rooms.stop()
        await asyncio.to_thread(parts.joiner.stop)
        await asyncio.to_thread(parts.writer.stop)
        await parts.bus.stop()
        parts.database.close()


async def _keep_house(parts: Parts) -> None:
    with parts.database.unhurried():  # a day's rows may be deleted at once
        while True:
            try:
                for run_id in await asyncio.to_thread(keep_house_alone, parts):
                    parts.rooms.changed(run_id)
                _collect_old_objects(parts.rooms)
            except Exception:  # a full disk must not end housekeeping for good
                log.exception("housekeeping failed; it tries again in a minute")
            await asyncio.sleep(HOUSEKEEPING_SECONDS)


def _collect_old_objects(rooms: Rooms) -> None:
    """What takes a second with ten thousand seats takes a moment when everybody has left (`app/__init__.py`)."""
    if rooms.were_used and rooms.are_empty:
        rooms.were_used = False
        gc.collect()


def keep_house_alone(parts: Parts) -> list[int]:
    """Keep house, unless another worker is at it."""
    with parts.database.alone_or_not_at_all("house") as is_mine:
        return keep_house(parts) if is_mine else []


def end_forgotten_sessions(parts: Parts, now: datetime) -> None:
    """A live session that its presenter has left open is not offered to classes for ever."""
    with parts.database.reading() as db:
        forgotten = stored_sessions.forgotten(db, now - timedelta(hours=parts.settings.run_hours))
        nobody_leads = not stored_sessions.any_open(db)
    for session_id in forgotten:
        with parts.database.transaction() as db:
            stored_sessions.let_go(db, stored_sessions.read(db, session_id), now=now)
        parts.rooms.session_changed(session_id)
    if nobody_leads and parts.settings.has_bus:
        with parts.database.transaction() as db:
            pulses.forget_all(db)


def keep_house(parts: Parts) -> list[int]:
    """End forgotten runs and delete pupil-level rows whose time is over. Returns the ids of ended runs."""
    now = parts.clock()
    settings = parts.settings
    with parts.database.reading() as db:
        forgotten = runs.forgotten(db, now - timedelta(hours=settings.run_hours))
    for run_id in forgotten:
        try:
            with parts.database.transaction() as db:
                participation.finish(db, runs.read(db, run_id), by="four_hours", now=now)
        except Exception:  # one run that cannot be closed must not keep pupils' rows of others alive
            log.exception("a forgotten run could not be closed")
    end_forgotten_sessions(parts, now)
    with parts.database.transaction() as db:
        purged = runs.purge(db, now - timedelta(hours=settings.purge_hours), now)
        stored_audit.forget(db, now)
    for run_id in purged:
        parts.rooms.forget(run_id)
    if purged or parts.database.owes_forgetting:
        parts.database.forget_deleted()
    BroughtFiles(settings.data_dir).forget()
    return forgotten
