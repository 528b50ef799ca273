"""What a killed server need not load before it serves again."""

import subprocess
import sys

from tests.live_server import ROOT

ASKED_FOR_LATER = ("alembic", "authlib", "httpx", "joserfc", "markdown_it", "nh3", "psycopg", "rich")


def test_the_server_starts_without_what_nobody_has_asked_for_yet() -> None:
    script = f"import sys, app.cli; sys.stdout.write(' '.join(sys.modules.keys() & {set(ASKED_FOR_LATER)}))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout == ""
