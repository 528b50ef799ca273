"""The ratios, what they must be, and how they are told: a table, JSON and a picture."""

import json
import os
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.bench.generator import percentile
from tests.bench.measures import Readings

HOOKS = (
    "fan-out, share_one",
    "opening 700 teachers' sockets",
    "answers, with 700 teachers' sockets",
    "closing 700 teachers' sockets",
    "joining by code, with 90 teachers' sockets",
)
"""Kinds of work that are no part of the product's day, or of no goal: their lag is told, not judged."""
LAG_P99, LAG_MAX = "loop_lag_p99_ms", "loop_lag_max_ms"


@dataclass(frozen=True)
class Measure:
    """One line of the table: its goal, whether more is better, and how it is come by."""

    name: str
    must: float
    aim: float
    formula: str
    more_is_better: bool = False

    def is_good(self, value: float) -> bool:
        return value >= self.must if self.more_is_better else value <= self.must

    def share(self, value: float) -> float:
        """How much of what is allowed is used up; more than 1 is short."""
        if self.more_is_better:
            return self.must / value if value else 9.99
        return value / self.must if self.must else float(value > 0)


MEASURES = (
    Measure(
        "fan_out_10000", 1.3, 1.12,
        "from a cue to a live session, its transaction included, until the last of 10,000 receivers in the 350 runs "
        "that follow has the stage / the same at the raw server with one ready frame of a question's size",
    ),
    Measure(
        "durable_ack_rate", 0.4, 0.8,
        "answers stored and acknowledged per second, 10,000 at one moment / the FastAPI echo's acks per second", True,
    ),
    Measure(
        "app_cpu_per_ack", 6, 2.5,
        "processor time of our process per stored and acknowledged answer, 10,000 at one moment / the raw server's",
    ),
    Measure("ack_p99_1300", 3, 1.5, "p99 from sent to acknowledged, 1,300 at one moment / the FastAPI echo's"),
    Measure("cpu_growth", 1.3, 1.05, "our processor time per answer at 10,000 seats / at 300 seats"),
    Measure("memory_kb_per_seat", 45, 20, "growth of our resident memory from none to 10,000 seats, per seat, KB"),
    Measure("joins_per_s", 300, 800, "1,300 pupils: POST /join, GET /play, socket, first stage; per second", True),
    Measure(
        "other_runs_p99", 2, 1.2,
        "max(0, ack p99 of another class while 1,300 answer at one moment - 50 ms) / its p99 alone",
    ),
    Measure("lost", 0, 0, "answers not acknowledged, or acknowledged and not in the database; compared by id"),
    Measure(LAG_P99, 50, 20, "lateness of a 5 ms tick in our event loop, p99 over the whole run; missed ticks count"),
    Measure(LAG_MAX, 250, 100, "the same, the worst single tick"),
)  # fmt: skip


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


def write(found: Mapping[str, Readings], facts: dict[str, object], out: Path | None) -> None:
    stores = [name for name in found if name not in ("raw", "fastapi")]
    taken = ratios(found)
    others = {store: ratios(found, store) for store in stores[1:]}
    facts["load_after"] = os.getloadavg()[0]
    document = {
        **facts,
        "ratios": taken,
        "formulas": {one.name: one.formula for one in MEASURES},
        "musts": {one.name: one.must for one in MEASURES},
        "aims": {one.name: one.aim for one in MEASURES},
        "on_other_stores": others,
        "more": {store: more(found, store) for store in stores if "share_one_ms" in found[store].values},
        "loop_lag_ms": {name: _lag(one) for name, one in found.items()},
        "medians": {
            name: {what: round(statistics.median(all_of), 2) for what, all_of in one.values.items()}
            for name, one in found.items()
        },
        "answers_sent": {store: found[store].sent for store in stores},
    }
    _print(document, taken, others)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(document, indent=2) + "\n")
        out.with_suffix(".svg").write_text(picture(taken, facts))


def _middle(readings: Readings, name: str) -> float:
    return statistics.median(readings.values[name])


def _lag(readings: Readings) -> dict[str, list[float]]:
    """[p99, worst] of each kind of work."""
    return {what: [percentile(late, 99), max(late)] for what, late in readings.lag.items() if late}


def _print(document: dict[str, object], taken: dict[str, float], others: dict[str, dict[str, float]]) -> None:
    say = sys.stdout.write
    heads = "".join(f"{store:>12}" for store in ("PostgreSQL", *others))
    say(f"\n{'measure':<22}{heads}{'must':>9}{'aim':>9}\n")
    for one in MEASURES:
        values = "".join(f"{values[one.name]:>12,.2f}" for values in (taken, *others.values()))
        sign = ">=" if one.more_is_better else "<="
        verdict = "ok" if one.is_good(taken[one.name]) else "SHORT"
        say(f"{one.name:<22}{values}{f'{sign} {one.must:g}':>9}{f'{sign} {one.aim:g}':>9}  {verdict}\n")
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


def picture(taken: Mapping[str, float], facts: Mapping[str, object]) -> str:
    """Bars of how much of each allowance is used; the words beside them say the same."""
    row, left, width, full = 34, 210, 760, 300
    height = 70 + row * len(MEASURES)
    lines, told = [], []
    for place, one in enumerate(MEASURES):
        value, top = taken[one.name], 56 + place * row
        share = one.share(value)
        sign = "at least" if one.more_is_better else "at most"
        words = f"{value:,.2f} ({sign} {one.must:g})"
        told.append(f"{one.name}: {words}, {'ok' if one.is_good(value) else 'short'}.")
        colour = "#2f6f4f" if one.is_good(value) else "#b3261e"
        bar = max(2, min(share, 1.15) * full)
        lines.append(
            f'<text x="{left - 10}" y="{top + 15}" text-anchor="end">{one.name}</text>'
            f'<rect x="{left}" y="{top}" width="{bar:.0f}" height="20" rx="3" fill="{colour}"/>'
            f'<text x="{left + full + 60}" y="{top + 15}">{words}{"" if one.is_good(value) else ": short"}</text>'
        )
    title = f"Performance, {facts['date']}, commit {facts['commit']}: how much of each limit is used"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="t d" font-family="sans-serif" font-size="14" fill="#14213d">'
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(" ".join(told))}</desc>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="12" y="24" font-size="16" font-weight="bold">{escape(title)}</text>'
        f'<text x="{left + full}" y="46" text-anchor="middle" font-size="12">limit</text>'
        f"{''.join(lines)}"
        f'<line x1="{left + full}" y1="50" x2="{left + full}" y2="{height - 10}" stroke="#14213d" stroke-width="2" '
        f'stroke-dasharray="4 3"/></svg>\n'
    )
