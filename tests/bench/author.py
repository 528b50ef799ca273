"""An author at work: each save and each preview of a step, in a lesson of more than 40 steps, on SQLite."""

import asyncio
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from app.domain.people import Member
from app.main import publish_shipped
from app.settings import Settings
from app.store import accounts, directory
from app.store.database import Database
from app.web.security import hash_password
from tests.authors import JSON, forms_on
from tests.bench.machine import server
from tests.bench.measures import Readings, settings_in

EMAIL, PASSWORD = "bench@sia.example", "KettleLanternPebble7"
LESSON, STEP = "/author/lessons/fire", "/author/lessons/fire/steps/hook"
FACTS = "/author/lessons/fire/steps/facts"
MORE_STEPS, STEPS, TIMES = 8, 40, 10


async def measure_author(core: int, folder: Path, readings: Readings) -> None:
    """As author.js does it: a save a second after the last key, a preview after every pause."""
    settings = settings_in(folder, "")
    _prepare(settings)
    told = {"folder": str(settings.data_dir), "database_url": settings.database}
    async with server("tests.bench.ours", core, **told) as ours:
        await asyncio.to_thread(_work, f"http://127.0.0.1:{ours.port}", readings)


def _prepare(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    database.open()
    publish_shipped(database, settings, datetime.now(UTC))
    with database.transaction() as db:
        agency_id = directory.agency_by_slug(db, "kent-fire-and-rescue-service").id
        account_id = accounts.add_account(db, EMAIL, "Bench", hash_password(PASSWORD))
        accounts.add_membership(db, account_id, Member(role="presenter", agency_id=agency_id))
    database.close()


def _work(address: str, readings: Readings) -> None:
    with httpx2.Client(base_url=address, headers={"origin": address}, timeout=10) as client:
        client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        for _ in range(MORE_STEPS):
            client.post(FACTS, data=_form(client, FACTS) | {"do": "add-card"})
        steps = re.search(r"Screen 1 of (\d+)", client.get(f"{LESSON}/walk").text)
        if steps is None or int(steps[1]) < STEPS:
            raise RuntimeError(f"the bench's lesson has no {STEPS} steps")
        form = _form(client, STEP)
        for number in range(TIMES + 1):
            form |= {"title": f"Title {number}"}
            form["read"] = _took(client, STEP, form, readings, "author_save_ms" if number else "").json()["read"]
            _took(client, f"{STEP}/preview", form, readings, "author_preview_ms" if number else "")


def _form(client: httpx2.Client, address: str) -> dict[str, str]:
    return forms_on(client.get(address).text)[address]


def _took(
    client: httpx2.Client, address: str, form: dict[str, str], readings: Readings, name: str
) -> httpx2.Response:
    """The answer; how long it took is noted, but for the first time, when code and templates are read."""
    began = time.perf_counter()
    answer = client.post(address, data=form, headers=JSON)
    took = time.perf_counter() - began
    answer.raise_for_status()
    if name:
        readings.values[name].append(took * 1e3)
    return answer
