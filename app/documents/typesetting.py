"""Paper by Typst: a template of `templates/papers/`, and what stands in it, as a tagged PDF (PDF/UA-1)."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[2] / "templates" / "papers"
STATIC = Path(__file__).parents[2] / "static" / "pictures"


def typeset(template: str, content: Mapping[str, Any], now: datetime) -> bytes:
    """Words reach Typst as JSON, never as markup, so a name can change nothing but itself."""
    import typst  # when the first paper is wanted: a server must start fast

    made: bytes = typst.compile(
        str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        format="pdf",
        sys_inputs={"content": json.dumps(content)},
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=int(now.timestamp()),
    )
    return made


@cache
def drawing(name: str) -> str:
    """One of our own pictures, such as `badger`, as SVG."""
    return (STATIC / f"{name}.svg").read_text()
