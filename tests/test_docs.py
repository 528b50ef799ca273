"""The documents say what is there: settings, addresses, tables, messages, commands, paths and words."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlmodel import SQLModel
from starlette.routing import Mount, Route, WebSocketRoute
from typer.main import get_command

from app import cli
from app.domain import retention
from app.main import create_app
from app.settings import Settings
from app.web import answering, deps
from tests import screenshots

ROOT = Path(__file__).parent.parent
KEPT = {"P", "R", "S", "C", "A", "L"}
MAPS = ("README.md", "CONTRIBUTING.md", "DECISIONS.md")
PAGES = (*MAPS, "CHANGELOG.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))))
SIGNED = {"staff": "staff", "newcomer": "staff", "teacher": "teacher", "leader": "leader", "participant": "pupil"}
"""What a handler asks for, and who that is in docs/addresses.md."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data"), demo=True))


def read(name: str) -> str:
    return (ROOT / name).read_text()


def table_rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, without headings' rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [[cell.strip("| ") for cell in row] for row in rows if set(row[0]) - set("-| ")]


def named(text: str, page: str) -> list[list[str]]:
    """Rows whose first cell is a name in backticks."""
    found = [row for row in table_rows(text) if re.fullmatch(r"`[^`]+`", row[0])]
    assert found, f"{page} has no table"
    return [[row[0].strip("`"), *row[1:]] for row in found]


def only_once(names: Iterable[str]) -> set[str]:
    listed = list(names)
    twice = {name for name in listed if listed.count(name) > 1}
    assert not twice, f"described twice: {twice}"
    return set(listed)


# Settings


def test_every_setting_is_explained_and_no_other() -> None:
    rows = named(read("docs/settings.md"), "docs/settings.md")
    assert only_once(row[0] for row in rows) == set(Settings.model_fields)


def test_each_setting_is_explained_under_the_name_of_its_environment_variable() -> None:
    for name, variable, *_ in named(read("docs/settings.md"), "docs/settings.md"):
        alias = Settings.model_fields[name].validation_alias
        assert variable.startswith(f"`{alias or f'SIA_{name.upper()}'}`"), name


def test_plain_defaults_are_those_of_the_code() -> None:
    for name, _, default, *_ in named(read("docs/settings.md"), "docs/settings.md"):
        value = Settings.model_fields[name].default
        if isinstance(value, bool | int | float) or (isinstance(value, str) and value):
            assert default == f"`{str(value).lower() if isinstance(value, bool) else value}`", name


# Addresses


def routes(app: FastAPI) -> Iterator[Any]:
    """All routes, with those of the routers that the app has included."""
    for route in app.routes:
        router = getattr(route, "original_router", None)
        yield from router.routes if router is not None else [route]


def addresses(app: FastAPI) -> dict[tuple[str, str], set[str]]:
    """(address, method) -> what its handler asks for of `deps`."""
    found: dict[tuple[str, str], set[str]] = {}
    for route in routes(app):
        match route:
            case APIRoute():
                asked = {call.__name__ for call in _calls(route.dependant) if call.__module__ == deps.__name__}
                found |= {(route.path, method): asked for method in route.methods or ()}
            case Route():  # a plain one of Starlette's, which answers HEAD where it answers GET
                found |= {(route.path, method): set() for method in route.methods or () if method != "HEAD"}
            case WebSocketRoute():
                found[route.path, "WEBSOCKET"] = set()
            case Mount():
                found[f"{route.path}/{{path}}", "GET"] = set()
            case _:
                raise AssertionError(f"a route of a kind that this test does not know: {route}")
    return found


def _calls(dependant: Any) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def described_addresses() -> dict[tuple[str, str], str]:
    rows = [row for row in named(read("docs/addresses.md"), "docs/addresses.md") if row[0].startswith("/")]
    only_once(f"{address} {method}" for address, methods, *_ in rows for method in methods.split(", "))
    return {(address, method): who for address, methods, who, *_ in rows for method in methods.split(", ")}


def test_every_address_is_described_and_no_other(app: FastAPI) -> None:
    described = described_addresses()
    assert len(addresses(app)) > 40, "the routes of included routers were not found"
    assert set(described) == set(addresses(app))


def test_who_may_call_an_address_is_whom_its_handler_asks_for(app: FastAPI) -> None:
    described = described_addresses()
    for address, asked in addresses(app).items():
        signed = [who for name, who in SIGNED.items() if name in asked]
        if signed:
            assert described[address] == signed[0], address
    assert set(described.values()) <= {"anyone", *SIGNED.values()}


# Tables


def test_every_table_is_described_with_how_long_it_is_kept_and_no_other() -> None:
    rows = named(read("docs/data-model.md"), "docs/data-model.md")
    assert only_once(row[0] for row in rows) == set(SQLModel.metadata.tables)
    assert {row[0]: row[-1] for row in rows if row[-1] not in KEPT} == {}
    for kept in KEPT:
        assert f"- **{kept}** - " in read("docs/data-model.md")


def test_how_long_a_table_is_kept_is_what_the_retention_table_says() -> None:
    rows = named(read("docs/data-model.md"), "docs/data-model.md")
    assert {row[0]: row[-1] for row in rows} == {kept.table: kept.kind for kept in retention.KEPT}


# The live protocol


def test_every_kind_of_message_is_described_and_no_other() -> None:
    said: set[str] = set()
    for file in (ROOT / "app" / "live" / "messages.py", *(ROOT / "app" / "web").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                said |= {str(_value(word)) for word in node.keywords if name == "message" and word.arg == "kind"}
    said |= set(re.findall(r'"kind":"(\w+)"', (ROOT / "app" / "live" / "messages.py").read_text()))
    heard = {get_args(kind.model_fields["kind"].annotation)[0] for kind in answering.Message.__subclasses__()}
    protocol = read("docs/protocol.md")
    assert {"panel", "ack", "answer", "ping"} <= said | heard
    assert set(re.findall(r'"kind": "(\w+)"', protocol)) == said | heard
    assert set(re.findall(r"^### `(\w+)`", protocol, re.MULTILINE)) == said


def _value(word: ast.keyword) -> object:
    assert isinstance(word.value, ast.Constant), "the kind of a message is written where it is said"
    return word.value.value


def test_every_reason_for_a_refusal_is_described() -> None:
    for why in answering.SAY:
        assert f"`{why}`" in read("docs/protocol.md"), why


# Commands, paths and links


def code_of(text: str) -> str:
    """All that stands in backticks, in a line or in a block."""
    return "\n".join([*re.findall(r"```\w*\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)])


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_of_a_page_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code_of(read(page)))) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_of_a_page_exists(page: str) -> None:
    commands: dict[str, Any] = getattr(get_command(cli.main), "commands")  # noqa: B009 - typer does not type it
    code = code_of(read(page)).replace("\\\n", " ")
    for name, words in re.findall(r"safety-in-action ([a-z][a-z-]*)([^\n]*)", code):
        assert name in commands, f"safety-in-action {name}"
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", words)) <= known, f"safety-in-action {name}{words}"


def test_the_readme_names_every_command() -> None:
    commands: dict[str, Any] = getattr(get_command(cli.main), "commands")  # noqa: B009 - typer does not type it
    assert [name for name in commands if name not in code_of(read("README.md"))] == []


@pytest.mark.parametrize("page", MAPS)
def test_every_path_of_a_page_exists(page: str) -> None:
    folders = "app|templates|static|lessons|quizzes|tests|tools|docs"
    paths = re.findall(rf"`((?:(?:{folders})/|\.ci/)[\w./-]*|[\w-]+\.(?:toml|txt|json)|Makefile)`", read(page))
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    links = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", read(page))
    files = [link.partition("#")[0] for link in links if "://" not in link]
    here = (ROOT / page).parent
    assert [file for file in files if not (here / file).exists()] == []


def test_the_pictures_of_the_readme_are_those_that_are_drawn_for_it() -> None:
    shown = re.findall(r"\]\(docs/pictures/([\w-]+)\.png\)", read("README.md"))
    assert only_once(shown) == {name for name, _ in screenshots.README}


def test_every_folder_and_file_of_the_app_has_a_line_on_the_map() -> None:
    readme = read("README.md")
    folders = [place for place in (ROOT / "app").iterdir() if place.is_dir() and not place.name.startswith("_")]
    files = [place for place in (ROOT / "app").glob("*.py") if place.name != "__init__.py"]
    assert [f"app/{place.name}/" for place in folders if f"`app/{place.name}/`" not in readme] == []
    assert [f"app/{place.name}" for place in files if f"`app/{place.name}`" not in readme] == []


# Words


def never_words() -> set[str]:
    """The third column of the glossary."""
    heading = "| Word | Means | Never |"
    table = read("README.md").partition(heading)[2].partition("\n\n")[0]
    cells = [line.strip().removesuffix("|").rpartition("|")[2] for line in table.splitlines()]
    return {word.strip() for cell in cells for word in cell.split(",") if word.strip(" -")}


def test_no_word_that_the_glossary_rules_out_names_anything_in_the_code() -> None:
    never = never_words()
    assert {"student", "player", "tenant", "admin"} <= never
    found = []
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [getattr(node, kind, None) for kind in ("id", "attr", "arg", "name", "asname")]
            found += [f"{name} in {file.name}" for name in names if isinstance(name, str) and never & _words(name)]
    assert found == []


def _words(name: str) -> set[str]:
    """class_group, ClassGroupRow -> class, group, row; also without a plural's s."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
    return words | {word.removesuffix("s") for word in words}
