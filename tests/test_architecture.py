"""Imports point down only; `main` alone joins the parts."""

import ast
from pathlib import Path

APP = Path(__file__).parent.parent / "app"
MAY_IMPORT = {
    "domain": set[str](),
    "content": {"domain"},
    "store": {"domain"},
    "live": {"domain", "store"},
    "documents": {"domain", "content", "store"},
    "web": {"domain", "content", "store", "live", "documents", "settings"},
}
PURE = {"sqlalchemy", "sqlmodel", "fastapi", "starlette", "jinja2", "random", "secrets", "time", "asyncio", "os"}


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_imports_point_down_only() -> None:
    for layer, below in MAY_IMPORT.items():
        for file in (APP / layer).rglob("*.py"):
            used = {name.split(".")[1] for name in imported(file) if name.startswith("app.")}
            assert used <= {layer, *below}, f"{file.name} in {layer} imports {used - {layer, *below}}"


def test_the_domain_has_no_sql_network_clock_or_chance_of_its_own() -> None:
    for file in (APP / "domain").rglob("*.py"):
        used = {name.split(".")[0] for name in imported(file)}
        assert not used & PURE, f"{file.name} imports {used & PURE}"


def test_sql_stands_in_the_store_only() -> None:
    for layer in ("domain", "content", "documents"):
        for file in (APP / layer).rglob("*.py"):
            assert not {"sqlalchemy", "sqlmodel"} & {name.split(".")[0] for name in imported(file)}, file
