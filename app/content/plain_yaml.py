"""The plain part of YAML: text, lists and named values. Tags, anchors and aliases are refused."""

from typing import Any

import yaml

from app.content.fields import Fields, Items, Node, Words
from app.content.problems import ProblemList
from app.content.text_files import has_invisible

DEEPEST = 8


class _PlainLoader(yaml.BaseLoader):
    """Reads every value as text, so that `yes`, `1.10` and `2027-02-28` stay what the author wrote."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        # An alias can make a small file unfold into gigabytes; a lesson needs neither it nor tags.
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refusal(event, "the signs & and * at the start of a value have a special meaning")
        if getattr(event, "tag", None) is not None:
            raise _refusal(event, "the sign ! at the start of a value has a special meaning")
        if self.depth >= DEEPEST:
            raise _refusal(event, "it is nested too deeply")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_fields(text: str, problems: ProblemList, *, first_line: int = 1) -> Fields | None:
    """The named values of a YAML text; None when it cannot be read at all."""
    for place, line in enumerate(text.split("\n"), start=first_line):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            problems.report(place, "This line starts with a tab.", "Use spaces instead.")
    if problems.blocks:
        return None
    try:
        root = yaml.compose(text, Loader=_PlainLoader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: "\\UFFFFFFFF"
        _report(error, problems, first_line)
        return None
    if not isinstance(root, yaml.MappingNode):
        problems.report(first_line, "There are no names with values here.", 'Write lines such as "title: Fire".')
        return None
    return _fields(root, problems, first_line)


def _fields(node: yaml.MappingNode, problems: ProblemList, first_line: int) -> Fields:
    fields = Fields(node.start_mark.line + first_line, problems)
    for name, value in node.value:
        line = name.start_mark.line + first_line
        if isinstance(name, yaml.ScalarNode):
            fields.put(Words(line, name.value), _node(value, problems, first_line))
        else:
            problems.report(line, "This name is not plain text.", 'Write lines such as "title: Fire".')
    return fields


def _node(node: yaml.Node, problems: ProblemList, first_line: int) -> Node:
    line = node.start_mark.line + first_line
    match node:
        case yaml.MappingNode():
            return _fields(node, problems, first_line)
        case yaml.SequenceNode(value=items):
            return Items(line, tuple(_node(item, problems, first_line) for item in items))
        case _:
            # Inside "quotes" an escape such as \0 makes what the file itself may not hold.
            if has_invisible(node.value):
                problems.report(line, "There is an invisible character here.", "Take out the \\ and type it again.")
            return Words(line, node.value)


def _refusal(event: Any, why: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=event.start_mark)


def _report(error: Exception, problems: ProblemList, first_line: int) -> None:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    why = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    remedy = 'Check the spaces at its start, and put text that holds a colon or starts with a sign in "quotes".'
    line = mark.line + first_line if mark else first_line
    problems.report(line, f"This line cannot be read: {why or 'it holds an unknown sign'}.", remedy)
