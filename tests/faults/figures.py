"""Figures of a fault test, told on standard output (`pytest -s` or `-rP` shows them)."""

import sys
from collections.abc import Sequence


def tell(line: str) -> None:
    sys.stdout.write(f"\n    {line}")


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample below which this share of them lies."""
    in_order = sorted(samples)
    return in_order[min(len(in_order) - 1, int(share * len(in_order)))]
