"""What is measured against what, and how good it must be."""

from dataclasses import dataclass

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

    def is_aimed(self, value: float) -> bool:
        return value >= self.aim if self.more_is_better else value <= self.aim

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
OF_STAFF = (
    Measure("author_save_ms", 100, 50, "a step of a lesson of more than 40 steps is saved, ten times; on SQLite, ms"),
    Measure("author_preview_ms", 150, 75, "the same step is drawn as typed, for screen and pupil; on SQLite, ms"),
    *(
        Measure(f"report_{what}_ms_{store}", must, must / 2, f"{words}; on {name}, ms")
        for store, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL"))
        for what, must, words in (
            (
                "page", 300,
                "app and database on 2 cores: p95 of the slowest report page, 5,000 runs, 150,000 attendances, "
                "3 million answers",
            ),
            ("xlsx", 5_000, "the same report as a spreadsheet, on 2 cores"),
            ("pdf", 1_000, "the same report as a PDF, on 2 cores"),
        )
    ),
)  # fmt: skip
"""Milliseconds and no ratios: what an author waits for while typing, and a coordinator for a report."""
