"""Changes single values of a YAML text and leaves every other line of it, comments included, as it was written."""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from app.content.fields import Fields, Items, Node, Words, plain_name
from app.content.plain_yaml import read_fields
from app.content.problems import ProblemList

Value = str | tuple[str, ...] | dict[str, str]
LONGEST_PLAIN, WIDTH = 96, 104


def read_values(text: str) -> dict[str, Value] | None:
    """The named texts, lists of texts and named short texts; None when the text holds anything else."""
    if not _without_comments(text):
        return {}
    problems = ProblemList("yaml")
    fields = read_fields(text, problems)
    if fields is None or problems.found:
        return None
    found = {name: value for name, node in fields.values.items() if (value := _value(node)) is not None}
    return found if len(found) == len(fields.values) else None


def changed(text: str, values: Mapping[str, Value | None]) -> str:
    """The text with these values: equal ones stay as they are written, None takes a name out, new ones come last.

    Only for a text that `read_values` can read.
    """
    before = read_values(text) or {}
    wanted = {name: value for name, value in {**before, **values}.items() if value is not None}
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    for block in reversed(_blocks(text)):
        new = wanted.get(block.name)
        if new != before.get(block.name):
            lines[block.start : block.end] = written(block.name, new) if new is not None else []
    lines += [line for name, value in wanted.items() if name not in before for line in written(name, value)]
    made = "\n".join([*lines, ""])
    if read_values(made) == wanted:
        return made
    # A form of YAML that cannot be changed line by line, such as {title: Fire}: all of it is written anew.
    return "\n".join([line for name, value in wanted.items() for line in written(name, value)] + [""])


def name_at(text: str, line: int) -> str:
    """The name whose value stands in this line, counted from 0; empty when there is none."""
    blocks = _blocks(text) if read_values(text) else []
    return next((block.name for block in reversed(blocks) if block.start <= line), "")


def written(name: str, value: Value) -> list[str]:
    """The lines of one name and its value."""
    match value:
        case dict():
            return [f"{name}:", *(f"  {key}: {scalar(text)}" for key, text in value.items())]
        case tuple():
            return [f"{name}:", *(f"  - {scalar(text)}" for text in value)] if value else [f"{name}: []"]
        case str() if "\n" in value:
            return [f"{name}: |", *(f"  {line}".rstrip() for line in value.split("\n"))]
        case str() if len(value) > LONGEST_PLAIN:
            return [f"{name}: >", *(f"  {line}" for line in _wrapped(value))]
        case str():
            return [f"{name}: {scalar(value)}"]


def scalar(text: str) -> str:
    """The text as YAML writes it: plain where that reads back as the same text, else in quotes."""
    if not text:
        return '""'
    try:
        node = yaml.compose(f"- {text}", Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError):
        node = None
    item = node.value[0] if isinstance(node, yaml.SequenceNode) and len(node.value) == 1 else None
    is_plain = isinstance(item, yaml.ScalarNode) and item.style is None and item.value == text and item.tag == TEXT
    # As the value of a name a text may not hold what would end or begin another name.
    return text if is_plain and not text.endswith(":") and ": " not in text else json.dumps(text, ensure_ascii=False)


TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class _Block:
    """The lines that one name and its value take, without the comments that lead to the next."""

    name: str
    start: int
    end: int


def _blocks(text: str) -> list[_Block]:
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return []
    lines = text.rstrip("\n").split("\n")
    starts = [name.start_mark.line for name, _ in root.value]
    found = []
    for (name, value), end in zip(root.value, [*starts[1:], len(lines)], strict=True):
        last = end
        while last > value.start_mark.line + 1 and _is_between(lines[last - 1]):
            last -= 1
        found.append(_Block(plain_name(name.value), name.start_mark.line, last))
    return found


def _is_between(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _without_comments(text: str) -> str:
    return "".join(line for line in text.split("\n") if not _is_between(line))


def _value(node: Node) -> Value | None:
    match node:
        case Words(text=text):
            return text.strip()
        case Items(items=items):
            texts = tuple(item.text.strip() for item in items if isinstance(item, Words))
            return texts if len(texts) == len(items) else None
        case Fields(values=values):
            # Codes such as FM1 are written in capitals, for names of fields are kept in small letters.
            named = {name.upper(): item.text.strip() for name, item in values.items() if isinstance(item, Words)}
            return named if len(named) == len(values) else None


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
