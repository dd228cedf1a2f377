"""Reads one schema of a config, with the line of everything in it."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Final

from onnlu_engine import Resource
from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.data.yaml_tree import Mapping, Node, Scalar, plain
from onnlu_train.recipe.components import component_class, unknown_options
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.graph_v1.rasa_nodes import our_name, skip_dialogue, without_rasa_options
from onnlu_train.recipe.recipe import Reading

_KEYS: Final = tuple(field.name for field in fields(SchemaNode))
_REQUIRED: Final = tuple(f.name for f in fields(SchemaNode) if f.default is MISSING)
_FLAGS: Final = ("eager", "is_target", "is_input")
_RESOURCE_KEYS: Final = ("name", "output_fingerprint")


def nodes_of(tree: Mapping, key: str) -> dict[str, Mapping]:
    """Return the nodes under a key of a config, by name; nothing else that stands there.

    Args:
        tree: the whole config.
        key: `train_schema` or `predict_schema`.
    """
    schema = tree.values.get(key)
    nodes = schema.values.get("nodes") if isinstance(schema, Mapping) else None
    found = nodes.values if isinstance(nodes, Mapping) else {}
    return {name: node for name, node in found.items() if isinstance(node, Mapping)}


class SchemaReader:
    """Reads `train_schema:` or `predict_schema:`.

    Args:
        key: which of them.
        placeholder: what a run of this graph is given.
        reading: takes every problem.

    Attributes:
        configured: after `read`, what each node uses.
    """

    def __init__(self, key: str, placeholder: str, reading: Reading) -> None:
        self._key = key
        self._placeholder = placeholder
        self._reading = reading
        self._report = reading.report
        self.configured: list[ConfiguredComponent] = []
        self._lines: dict[str, int] = {}
        self._parents: list[str] = []
        self._skipped: dict[str, str | None] = {}

    def read(self, tree: Mapping) -> GraphSchema:
        """Return the nodes that could be read, without those of dialogue."""
        nodes = nodes_of(tree, self._key)
        self._check(tree, nodes)
        self._skipped = skip_dialogue(nodes, self._reading.registry)
        if self._skipped:
            listed = ", ".join(self._skipped)
            self._reading.notices.append(
                f"nodes of {self._key} are skipped, as dialogue is not trained here: {listed}"
            )
        read = {
            name: self._node(name, node)
            for name, node in nodes.items()
            if name not in self._skipped
        }
        return GraphSchema({name: node for name, node in read.items() if node is not None})

    def _check(self, tree: Mapping, nodes: dict[str, Mapping]) -> None:
        """Report what is no schema or no node."""
        schema = tree.values.get(self._key)
        all_nodes = schema.values.get("nodes") if isinstance(schema, Mapping) else None
        if not isinstance(schema, Mapping) or not isinstance(all_nodes, Mapping):
            self._report(
                tree.lines.get(self._key),
                f"'{self._key}' has no nodes; write `nodes:` with a mapping of name to node in it",
            )
            return
        self._unknown_keys(schema, ("nodes",), f"of {self._key}")
        for name, line in all_nodes.lines.items():
            if name not in nodes:
                self._report(line, f"node '{name}' is no mapping; write `uses:`, `fn:`, ... in it")
        self._lines = all_nodes.lines
        self._parents = [*all_nodes.values, self._placeholder]

    def _node(self, name: str, node: Mapping) -> SchemaNode | None:
        line = self._lines[name]
        self._unknown_keys(node, _KEYS, f"of node '{name}'")
        for key in _REQUIRED:
            if key not in node.values:
                self._report(line, f"node '{name}' lacks the key '{key}'; add it")
        needs = self._needs(name, node)
        flags = {key: self._flag(name, node, key) for key in _FLAGS}
        resource = self._resource(name, node)
        texts = {key: self._text(name, node, key) for key in ("uses", "constructor_name", "fn")}
        config = self._mapping(name, node, "config")
        if texts["uses"] is None:
            return None
        uses = our_name(texts["uses"])
        try:
            component = component_class(uses, self._reading.registry, key="uses")
        except InvalidConfigException as error:
            self._report(node.lines["uses"], str(error))
            return None
        config = without_rasa_options(texts["uses"], config)
        for option_line, problem in unknown_options(uses, component, config):
            self._report(option_line, problem)
        options = {key: plain(value) for key, value in config.values.items()}
        self.configured.append(ConfiguredComponent(component, options, name, line))
        for key in ("constructor_name", "fn"):
            self._check_method(node, component, key, texts[key])
        return SchemaNode(
            needs=needs,
            uses=component,
            constructor_name=texts["constructor_name"] or "",
            fn=texts["fn"] or "",
            config=options,
            resource=resource,
            **flags,
        )

    def _needs(self, name: str, node: Mapping) -> dict[str, str]:
        needs: dict[str, str] = {}
        tree = self._mapping(name, node, "needs")
        for parameter, value in tree.values.items():
            parent = value.text.strip() if isinstance(value, Scalar) and value.value else None
            if parent is None or parent not in self._parents:
                found = f"'{parent}', and there is no such node" if parent else "no node"
                remedy = did_you_mean(parent or "", self._parents)
                what = f"node '{name}' needs {found}, for its parameter '{parameter}'. {remedy}"
                self._report(tree.lines[parameter], what)
                continue
            while parent is not None and parent in self._skipped:
                parent = self._skipped[parent] if parameter == "importer" else None
            if parent is not None:
                needs[parameter] = parent
        return needs

    def _check_method(self, node: Mapping, component: type, key: str, method: str | None) -> None:
        methods = [
            member
            for member in dir(component)
            if not member.startswith("_") and callable(getattr(component, member))
        ]
        if method is not None and method not in methods:
            self._report(
                node.lines[key],
                f"{component.__name__} has no method '{method}'. {did_you_mean(method, methods)}",
            )

    def _resource(self, name: str, node: Mapping) -> Resource | None:
        tree = self._mapping(name, node, "resource")
        if not tree.values:
            return None
        self._unknown_keys(tree, _RESOURCE_KEYS, f"of the resource of node '{name}'")
        texts = {key: plain(value) for key, value in tree.values.items()}
        if (
            not all(isinstance(text, str) and text for text in texts.values())
            or "name" not in texts
        ):
            what = f"the resource of node '{name}' must be `name:` with the name of a train node"
            self._report(node.lines["resource"], what)
            return None
        # The fingerprint is fixed, as a random one would make two models of one training differ.
        return Resource(texts["name"], texts.get("output_fingerprint", texts["name"]))

    def _text(self, name: str, node: Mapping, key: str) -> str | None:
        value = node.values.get(key)
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.text.strip():
            return value.text.strip()
        if value is not None:
            self._report(node.lines[key], f"'{key}' of node '{name}' is no text; write one word")
        return None

    def _flag(self, name: str, node: Mapping, key: str) -> bool:
        value: Any = plain(node.values[key]) if key in node.values else False
        if not isinstance(value, bool):
            what = f"'{key}' of node '{name}' must be true or false, not {value!r}"
            self._report(node.lines[key], what)
            return False
        return value

    def _mapping(self, name: str, node: Mapping, key: str) -> Mapping:
        """Return the mapping under a key; an empty one where there is none, or something else."""
        value: Node | None = node.values.get(key)
        match value:
            case Mapping():
                return value
            case None | Scalar(value=None):
                pass
            case _:
                what = f"'{key}' of node '{name}' is no mapping; write `key: value` lines below it"
                self._report(node.lines[key], what)
        return Mapping(node.line, {}, {})

    def _unknown_keys(self, tree: Mapping, known: tuple[str, ...], what: str) -> None:
        for key, line in tree.lines.items():
            if key not in known:
                self._report(line, f"unknown key '{key}' {what}. {did_you_mean(key, known)}")
