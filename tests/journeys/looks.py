"""A look at a page as its people have it: on a phone, a tablet and a laptop."""

from collections.abc import Collection
from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.browsers import FRAMES, LOADED
from tests.journeys.test_accessibility import violations


@dataclass
class Looks:
    """What was found wrong on the way: faults for axe, and pages that are wider than their screens."""

    faults: list[str] = field(default_factory=list)

    def at(self, page: Page, with_axe: Collection[str] = ("phone", "laptop")) -> None:
        """Ends on a laptop."""
        for frame in ("phone", "tablet", "laptop"):
            width, height = FRAMES[frame]
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(LOADED)
            found = violations(page) if frame in with_axe else []
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append("wider than its screen")
            self.faults += [f"{page.url}, {frame}: {fault}" for fault in found]
