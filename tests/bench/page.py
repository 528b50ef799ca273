"""The figures as a picture and as the table of `docs/performance.md`."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from tests.bench.goals import MEASURES, OF_STAFF, Measure

BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of the figures -->"


def write_beside(
    out: Path,
    taken: Mapping[str, float],
    others: Mapping[str, Mapping[str, float]],
    staff: Mapping[str, float],
    facts: Mapping[str, object],
    sent: Mapping[str, int],
) -> None:
    """A picture beside the JSON; and the table, where a page with a place for it stands there too."""
    out.with_suffix(".svg").write_text(picture({**taken, **staff}, facts))
    page = out.with_suffix(".md")
    if page.exists() and BEGIN in page.read_text():
        told = f"{BEGIN}\n{figures(taken, others, staff, facts, sent)}\n{END}"
        page.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: told, page.read_text(), flags=re.S))


def figures(
    taken: Mapping[str, float],
    others: Mapping[str, Mapping[str, float]],
    staff: Mapping[str, float],
    facts: Mapping[str, object],
    sent: Mapping[str, int],
) -> str:
    stores = ("PostgreSQL", *others)
    answers = " and ".join(f"{sent[store]:,} answers on {store}" for store in stores)
    lines = [
        f"Measured {facts['date']}, commit {facts['commit']}; {facts['rounds']} interleaved rounds, medians.",
        f"All of {answers} were acknowledged and found in the database, but for `lost`.",
        f"Other work took {facts['cores_taken_by_others']} of the two cores meanwhile.",
        "",
        f"| Measure | {' | '.join(stores)} | Must | Aim | |",
        f"|---|{'---|' * len(stores)}---|---|---|",
    ]
    for one in MEASURES:
        sign = "≥" if one.more_is_better else "≤"
        values = " | ".join(f"{values[one.name]:,.2f}" for values in (taken, *others.values()))
        limits = f"{sign} {one.must:g} | {sign} {one.aim:g}"
        lines.append(f"| `{one.name}` | {values} | {limits} | {_verdict(one, taken)} |")
    for one in (one for one in OF_STAFF if one.name in staff):
        cells = ["–"] * len(stores)
        cells[0 if one.name.endswith("_postgresql") else -1] = f"{staff[one.name]:,.2f}"  # SQLite stands last
        value = f"| {' | '.join(cells)}"
        lines.append(f"| `{one.name}` {value} | ≤ {one.must:g} | ≤ {one.aim:g} | {_verdict(one, staff)} |")
    lines += ["", *(f"- `{one.name}`: {one.formula}" for one in (*MEASURES, *OF_STAFF))]
    return "\n".join(lines)


def _verdict(one: Measure, values: Mapping[str, float]) -> str:
    return "aim" if one.is_aimed(values[one.name]) else "must" if one.is_good(values[one.name]) else "**short**"


def picture(taken: Mapping[str, float], facts: Mapping[str, object]) -> str:
    """Bars of how much of each allowance is used; the words beside them say the same."""
    row, left, width, full = 34, 210, 760, 300
    measures = [one for one in (*MEASURES, *OF_STAFF) if one.name in taken]
    height = 70 + row * len(measures)
    lines, told = [], []
    for place, one in enumerate(measures):
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
