"""Small-number rules for anything that leaves a school."""

from typing import Literal

Mark = Literal["shown", "counts", "small", "beside", "waiting", "none"]
"""How an outcome stands: with percentages; as counts (10 to 19 pupils); hidden, for fewer than 10 pupils; hidden with
another; not given out yet; nothing was measured."""
FEWEST_PUPILS = 10
FEWEST_FOR_SHARES = 20

WHY: dict[Mark, str] = {
    "shown": "",
    "counts": "Fewer than 20 pupils, so no percentages",
    "small": "Hidden: fewer than 10 pupils",
    "beside": "Hidden, so that no smaller group can be worked out",
    "waiting": "Given out later, together with other classes",
    "none": "Not measured before and after",
}
