"""`python -m tests.bench`: our server against bare ones, in one run on one machine (`docs/performance.md`)."""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from tests.bench import measures, report
from tests.bench.author import measure_author
from tests.bench.machine import busy_seconds, cores, own_seconds, pin, raise_open_files
from tests.bench.measures import CLASSES, LOBBIES, PUPILS, Readings, Times, settings_in
from tests.bench.prepared import Prepared, prepare
from tests.bench.reports import measure_reports
from tests.servers import postgres


def main() -> None:
    options = _options()
    times = measures.QUICK if options.quick else Times()
    server_core, generator_core = cores()
    pin(generator_core)  # PostgreSQL is started from here and inherits it
    if raise_open_files() < PUPILS + 2_000:
        sys.exit(f"The bench needs {PUPILS + 2_000} open files; raise the hard limit (ulimit -Hn).")
    gc.disable()  # between measures we collect by hand
    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "load_before": os.getloadavg()[0],
        "server_core": server_core,
        "generator_and_postgresql_core": generator_core,
        "rounds": times.rounds,
    }
    busy, began = busy_seconds() - own_seconds(), time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        (folder / "pg").mkdir()
        url = stack.enter_context(postgres(folder / "pg"))
        stores = {"PostgreSQL": url} if options.quick else {"PostgreSQL": url, "SQLite": ""}
        found = uvloop.run(_measure(folder, stores, server_core, times))
        _say("An author's saves and previews on SQLite …")
        staff = Readings()
        uvloop.run(measure_author(server_core, folder / "author", staff))
        if not options.quick:
            pin(server_core, generator_core)  # the app, and PostgreSQL beside it
            for name in ("sqlite", "postgresql"):
                _say(f"Reports over a large programme on {name} …")
                place = folder / f"reports-{name}"
                (place / "pg").mkdir(parents=True)
                own = stack.enter_context(postgres(place / "pg")) if name == "postgresql" else ""
                measure_reports(place / "data", staff, own, name)
    facts["cores_taken_by_others"] = round((busy_seconds() - own_seconds() - busy) / (time.monotonic() - began), 2)
    report.write(found, staff, facts, Path(options.out) if options.out else None)


async def _measure(folder: Path, stores: dict[str, str], core: int, times: Times) -> dict[str, Readings]:
    found = {name: Readings() for name in ("raw", "fastapi", *stores)}
    prepared: dict[str, Prepared] = {}
    settings = {name: settings_in(folder / name, url) for name, url in stores.items()}
    for name, one in settings.items():
        _say(f"Preparing {PUPILS:,} seats in {CLASSES} open runs on {name} …")
        prepared[name] = prepare(one, PUPILS, CLASSES, LOBBIES, is_led=True)
    seats = prepared["PostgreSQL"]
    for number in range(times.rounds):
        _say(f"Round {number + 1} of {times.rounds}: raw asyncio …")
        await measures.measure_raw(core, seats, times, found["raw"])
        _say("  bare FastAPI …")
        await measures.measure_fastapi(core, seats, times, found["fastapi"])
        for name in stores:
            _say(f"  ours on {name} …")
            if times.more:
                await measures.measure_raw_fan_out(core, seats, times, found["raw"])
            await measures.measure_ours(core, settings[name], prepared[name], times, found[name])
            if times.more:
                await measures.measure_raw_fan_out(core, seats, times, found["raw"])
            _say(f"  joins on {name} …")
            await measures.measure_joins(core, settings[name], prepared[name], times, found[name])
            if times.more:
                await measures.measure_joins(
                    core, settings[name], prepared[name], times, found[name], with_screens=True
                )
    for one_prepared in prepared.values():
        one_prepared.database.close()
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"))
    parser.add_argument("--out", default=os.environ.get("OUT", ""), help="a JSON file; a picture is drawn beside it")
    return parser.parse_args()


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


_began = time.monotonic()


def _say(line: str) -> None:
    sys.stdout.write(f"{time.monotonic() - _began:6.1f} s  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
