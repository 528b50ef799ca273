"""The ratios, what they must be, and how they are told: a table, JSON and a picture."""

import json
import os
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench import page
from tests.bench.generator import percentile
from tests.bench.goals import LAG_MAX, LAG_P99, MEASURES, OF_STAFF
from tests.bench.measures import Readings

HOOKS = (
    "fan-out, share_one",
    "opening 700 teachers' sockets",
    "answers, with 700 teachers' sockets",
    "closing 700 teachers' sockets",
    "joining by code, with 90 teachers' sockets",
)
"""Kinds of work that are no part of the product's day, or of no goal: their lag is told, not judged."""


def ratios(found: Mapping[str, Readings], store: str = "PostgreSQL") -> dict[str, float]:
    ours, raw, fastapi = found[store], found["raw"], found["fastapi"]
    lag = [late for what, phase in ours.lag.items() if what not in HOOKS for late in phase]
    values = {
        "fan_out_10000": _middle(ours, "fan_out_ms") / _middle(raw, "fan_out_ms"),
        "durable_ack_rate": _middle(ours, "storm_10000_rate") / _middle(fastapi, "storm_10000_rate"),
        "app_cpu_per_ack": _middle(ours, "storm_10000_cpu_us") / _middle(raw, "storm_10000_cpu_us"),
        "ack_p99_1300": _middle(ours, "storm_1300_p99_ms") / _middle(fastapi, "storm_1300_p99_ms"),
        "cpu_growth": _middle(ours, "storm_10000_cpu_us") / _middle(ours, "storm_300_cpu_us"),
        "memory_kb_per_seat": _middle(ours, "memory_kb_per_seat"),
        "joins_per_s": _middle(ours, "joins_per_s"),
        "other_runs_p99": max(0, _middle(ours, "other_beside_p99_ms") - 50) / _middle(ours, "other_alone_p99_ms"),
        "lost": ours.lost,
        LAG_P99: percentile(lag, 99),
        LAG_MAX: max(lag),
    }
    return {name: round(value, 3) for name, value in values.items()}


def more(found: Mapping[str, Readings], store: str) -> dict[str, float]:
    """What no goal is set for, yet tells where the time goes."""
    ours, raw, fastapi = found[store], found["raw"], found["fastapi"]
    values = {
        "joins_per_s_with_90_teachers_sockets": _middle(ours, "joins_per_s_with_screens"),
        "fan_out_p99_receiver": _middle(ours, "fan_out_p99_ms") / _middle(raw, "fan_out_p99_ms"),
        "spread_ack_p99_1300": _middle(ours, "spread_1300_p99_ms") / _middle(fastapi, "spread_1300_p99_ms"),
        "fan_out_of_one_shared_frame": _middle(ours, "share_one_ms") / _middle(raw, "fan_out_ms"),
        "durable_ack_rate_with_700_teachers_sockets": _middle(ours, "storm_10000_with_screens_rate")
        / _middle(fastapi, "storm_10000_rate"),
        "app_cpu_per_ack_with_700_teachers_sockets": _middle(ours, "storm_10000_with_screens_cpu_us")
        / _middle(raw, "storm_10000_cpu_us"),
    }
    return {name: round(value, 3) for name, value in values.items()}


def of_staff(readings: Readings) -> dict[str, float]:
    return {one.name: round(_middle(readings, one.name), 1) for one in OF_STAFF if one.name in readings.values}


def write(found: Mapping[str, Readings], staff: Readings, facts: dict[str, object], out: Path | None) -> None:
    stores = [name for name in found if name not in ("raw", "fastapi")]
    taken = ratios(found)
    others = {store: ratios(found, store) for store in stores[1:]}
    facts["load_after"] = os.getloadavg()[0]
    document = {
        **facts,
        "ratios": taken,
        "staff": of_staff(staff),
        "formulas": {one.name: one.formula for one in (*MEASURES, *OF_STAFF)},
        "musts": {one.name: one.must for one in (*MEASURES, *OF_STAFF)},
        "aims": {one.name: one.aim for one in (*MEASURES, *OF_STAFF)},
        "on_other_stores": others,
        "more": {store: more(found, store) for store in stores if "share_one_ms" in found[store].values},
        "loop_lag_ms": {name: _lag(one) for name, one in found.items()},
        "medians": {
            name: {what: round(statistics.median(all_of), 2) for what, all_of in one.values.items()}
            for name, one in found.items()
        },
        "answers_sent": {store: found[store].sent for store in stores},
    }
    _print(document, taken, others, of_staff(staff))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(document, indent=2) + "\n")
        sent = {store: found[store].sent for store in stores}
        page.write_beside(out, taken, others, of_staff(staff), facts, sent)


def _middle(readings: Readings, name: str) -> float:
    return statistics.median(readings.values[name])


def _lag(readings: Readings) -> dict[str, list[float]]:
    """[p99, worst] of each kind of work."""
    return {what: [percentile(late, 99), max(late)] for what, late in readings.lag.items() if late}


def _print(
    document: dict[str, object],
    taken: dict[str, float],
    others: dict[str, dict[str, float]],
    staff: dict[str, float],
) -> None:
    say = sys.stdout.write
    heads = "".join(f"{store:>12}" for store in ("PostgreSQL", *others))
    say(f"\n{'measure':<26}{heads}{'must':>9}{'aim':>9}\n")
    for one in MEASURES:
        values = "".join(f"{values[one.name]:>12,.2f}" for values in (taken, *others.values()))
        sign = ">=" if one.more_is_better else "<="
        verdict = "ok" if one.is_good(taken[one.name]) else "SHORT"
        say(f"{one.name:<26}{values}{f'{sign} {one.must:g}':>9}{f'{sign} {one.aim:g}':>9}  {verdict}\n")
    for one in (one for one in OF_STAFF if one.name in staff):
        verdict = "ok" if one.is_good(staff[one.name]) else "SHORT"
        value = f"{staff[one.name]:>{12 * (1 + len(others))},.2f}"
        say(f"{one.name:<26}{value}{f'<= {one.must:g}':>9}{f'<= {one.aim:g}':>9}  {verdict}\n")
    say("\nNo goal is set for these:\n")
    for store, values in dict(document["more"]).items():  # type: ignore[call-overload]
        for name, value in values.items():
            say(f"  {name:<46}{value:>8,.2f}  {store}\n")
    say("\nLateness of the event loop, ms, p99 / worst tick:\n")
    for name, kinds in dict(document["loop_lag_ms"]).items():  # type: ignore[call-overload]
        for what, (p99, worst) in kinds.items():
            say(f"  {what:<46}{p99:>7.0f} /{worst:>5.0f}  {name}\n")
    say(f"\nload average {document['load_before']:.2f} before, {document['load_after']:.2f} after; ")
    say(f"other work took {document['cores_taken_by_others']} of the cores all the while\n")
    say(f"ratios {json.dumps(taken)}\n")
