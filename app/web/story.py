"""Where a story goes on, as its class or classes voted; the same for a teacher's buttons and a presenter's."""

from collections.abc import Mapping
from typing import NamedTuple

from app.domain.lesson import Asking
from app.domain.run import Plan, Stage
from app.domain.shown import marks_of


class WayOn(NamedTuple):
    """One answer that leads on. Those with most votes lead; of several whoever holds the lesson picks one."""

    letter: str
    text: str
    leads: bool


def ways_on(plan: Plan, stage: Stage, seed: str, counts: Mapping[str, int]) -> list[WayOn]:
    """Once the votes are shown, the ways with most votes first; none where no story goes on."""
    here = plan.at(stage)
    if stage.phase != "revealed" or here is None or not isinstance(here.step, Asking) or not here.step.ways:
        return []
    votes = here.step.question.bars(counts, marks_of(here, seed))
    most = max(bar.n for bar in votes)
    ways = [WayOn(letter=bar.letter, text=bar.text, leads=bar.n == most) for bar in votes]
    return sorted(ways, key=lambda way: not way.leads)
