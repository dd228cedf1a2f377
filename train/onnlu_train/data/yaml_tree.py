"""A YAML 1.2 file as a tree in which every value knows its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from onnlu_train.data.problems import Report

# YAML forbids the control characters. It allows NEL and the Unicode separators, but they end a line
# for some readers and not for others, which would shift every line number after them.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)
_CORE_TAGS: Final = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "null", "bool", "int", "float", "timestamp", "value", "merge", "seq", "map")
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        line: counted from 1.
        text: as written, without quotes.
        value: of YAML's JSON-like types; dates stay text.
        style: "|" for a literal block, ">" for a folded one, quotes, or "" for none.
    """

    line: int
    text: str
    value: str | int | float | bool | None
    style: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping from text to values.

    Attributes:
        line: counted from 1.
        values: by key, in the order of the file.
        lines: the line of each key.
    """

    line: int
    values: dict[str, Node]
    lines: dict[str, int]


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """Return the value as dicts, lists, strings, numbers, booleans and None."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key: plain(value) for key, value in node.values.items()}


def read_tree(path: Path, report: Report) -> Node | None:
    """Read one YAML 1.2 file.

    Args:
        path: the file, in UTF-8.
        report: takes the problems, a duplicate key among them.

    Returns:
        The tree, an empty scalar for an empty file, or None where a problem keeps it from being
        read.
    """
    text = _read_text(path, report)
    if text is None:
        return None
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        root = yaml.compose(text)
        return Scalar(1, "", None, "") if root is None else _Tree(yaml, report).node(root)
    except RecursionError:
        report(None, "is nested too deeply; write it flatter")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f" {error.context}" if error.context else ""
        report(mark.line + 1, f"is not valid YAML: {error.problem}{context}; mend the syntax")
    except YAMLError as error:
        report(None, f"is not valid YAML: {' '.join(str(error).split())}; mend the syntax")
    return None


def _read_text(path: Path, report: Report) -> str | None:
    """Return the file's text, or None after a report."""
    try:
        data = path.read_bytes()
    except OSError as error:
        report(None, f"cannot be read: {error.strerror}; check the path and its permissions")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report(line, f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8")
        return None
    forbidden = list(_FORBIDDEN.finditer(text))
    for match in forbidden:
        line = text.count("\n", 0, match.start()) + 1
        report(line, f"holds the control character U+{ord(match.group()):04X}; remove it")
    return None if forbidden else text


class _Tree:
    """Turns the nodes of ruamel.yaml into ours, and reports what we do not read."""

    def __init__(self, yaml: YAML, report: Report) -> None:
        self._constructor = yaml.constructor
        self._report = report

    def node(self, node: YamlNode) -> Node:
        """Return the tree below `node`."""
        line = node.start_mark.line + 1
        if node.anchor is not None:
            # An alias could make a small file expand without end, or contain itself.
            self._report(line, "a YAML anchor is not read; write the value out in each place")
            return Scalar(line, "", None, "")
        if node.tag not in _CORE_TAGS:
            self._report(line, f"the YAML tag '{node.tag}' is not read; remove it")
            return Scalar(line, "", None, "")
        match node:
            case ScalarNode():
                return Scalar(line, node.value, self._value(node, line), node.style or "")
            case SequenceNode():
                return Sequence(line, tuple(self.node(item) for item in node.value))
            case MappingNode():
                return self._mapping(node, line)
        raise AssertionError(f"unexpected YAML node {node!r}")

    def _mapping(self, node: MappingNode, line: int) -> Mapping:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            value = self.node(value_node)
            if not isinstance(key_node, ScalarNode):
                self._report(key_line, "a key is not text; write a plain word before the colon")
            elif key_node.value in values:
                key = key_node.value
                self._report(
                    key_line,
                    f"the key '{key}' stands twice, first in line {lines[key]}; remove one",
                )
            else:
                values[key_node.value] = value
                lines[key_node.value] = key_line
        return Mapping(line, values, lines)

    def _value(self, node: ScalarNode, line: int) -> str | int | float | bool | None:
        match str(node.tag).rpartition(":")[2]:
            case "null":
                return None
            case "bool" | "int" | "float":
                return self._number(node, line)
            case _:
                return str(node.value)

    def _number(self, node: ScalarNode, line: int) -> int | float | bool | None:
        try:
            value: int | float | bool = self._constructor.construct_object(node)
        except (ValueError, KeyError):
            self._report(line, f"'{node.value[:40]}' is not a value that can be read; correct it")
            return None
        return value
