"""The key of a node: all that decides what the node gives, and what stands for it in a cache."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, Final

from onnlu_engine.component import GraphComponent
from onnlu_engine.context import ExecutionContext
from onnlu_engine.errors import NoFingerprintException, OnnluException
from onnlu_engine.fingerprints import fingerprint
from onnlu_engine.node import merged_config
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_engine.sources import source_fingerprints

Fingerprint = Mapping[str, str]
"""The fingerprint of each part of a value."""
Fingerprints = Mapping[str, Fingerprint | None]
"""Node, or input of the run, to the fingerprint of its output; None where it is not known."""

_LONGEST_SHOWN: Final = 200


@dataclass(frozen=True)
class NodeKey:
    """All that decides what a node gives.

    Attributes:
        node: its name.
        parts: what decides it, as JSON: kind to name to value, or to a digest of it.
        unknown: parameters whose values are not known yet.
        instability: why nothing stands for the node; empty where something does.
    """

    node: str
    parts: dict[str, dict[str, Any]]
    unknown: tuple[str, ...] = ()
    instability: str = ""

    @property
    def digest(self) -> str | None:
        """What stands for the node in a cache; None where nothing does."""
        if self.unknown or self.instability:
            return None
        return fingerprint([self.node, self.parts])


class NodeKeys:
    """Makes the keys of a graph's nodes.

    Args:
        schema: the graph.
        execution_context: facts of this graph run.
        facts: what else decides what every node gives, as JSON.
    """

    def __init__(
        self,
        schema: GraphSchema,
        execution_context: ExecutionContext,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self._nodes = schema.nodes
        self._settings = execution_context.settings
        self._facts = {
            "Python": platform.python_version(),
            "is_finetuning": execution_context.is_finetuning,
            **(facts or {}),
        }
        self._own: dict[str, NodeKey] = {}
        self._addons: dict[Any, str | None] = {}

    def key_of(self, name: str, fingerprints: Fingerprints) -> NodeKey:
        """Return the key of a node.

        Args:
            name: the node.
            fingerprints: of the outputs of its parents.
        """
        node = self._nodes[name]
        if name not in self._own:
            self._own[name] = self._own_key(name, node)
        own = self._own[name]
        if own.instability:
            return own
        read = _parts_read(node)
        inputs: dict[str, Any] = {}
        unknown = []
        for parameter, parent in node.needs.items():
            found = fingerprints.get(parent)
            if found is not None:
                inputs |= {
                    f"{parameter}, {part}": digest
                    for part, digest in found.items()
                    if read is None or len(found) == 1 or part in read
                }
            elif read is None or read:
                unknown.append(parameter)
        return NodeKey(name, {**own.parts, "input": inputs}, tuple(unknown))

    def still_holds(self, key: NodeKey) -> bool:
        """Tell whether a component's sources and files are what they were when a key was made.

        Much is imported when a component trains, which may be hours later.
        """
        component = self._nodes[key.node].uses
        config = merged_config(component, self._nodes[key.node].config)
        try:
            return key.parts["source"] == source_fingerprints(component) and key.parts["file"] == {
                "addon": component.fingerprint_addon(config)
            }
        except (OSError, OnnluException):
            return False

    def _own_key(self, name: str, node: SchemaNode) -> NodeKey:
        """Return the key of a node but for its inputs."""
        component = node.uses
        try:
            config = merged_config(component, node.config)
            settings = component.fingerprint_settings(config, self._settings)
            parts: dict[str, dict[str, Any]] = {
                "node": {
                    "component": f"{component.__module__}:{component.__qualname__}",
                    "constructor": node.constructor_name,
                    "method": node.fn,
                    "resource": node.resource and [node.resource.name, node.resource.fingerprint()],
                },
                "config": {key: _readable(value) for key, value in config.items()},
                "run": {key: _readable(value) for key, value in (self._facts | settings).items()},
                "package": {name: _version(name) for name in component.required_packages()},
                "file": {"addon": self._addon(component, config)},
                "source": sources_of(component),
            }
        except NoFingerprintException as error:
            return NodeKey(name, {}, instability=str(error))
        return NodeKey(name, parts)

    def _addon(self, component: type[GraphComponent], config: dict[str, Any]) -> str | None:
        """Return a component's addon; two nodes of one config read its files once."""
        key = component, fingerprint(config)
        if key not in self._addons:
            self._addons[key] = component.fingerprint_addon(config)
        return self._addons[key]


def _parts_read(node: SchemaNode) -> Collection[str] | None:
    """Return what a node's method reads of its inputs; a subclass may read more than its base."""
    if "parts_read" not in vars(node.uses):
        return None
    return node.uses.parts_read(node.fn, merged_config(node.uses, node.config))


@cache
def sources_of(component: type) -> dict[str, str]:
    """Return what `source_fingerprints` returns, as it was when it was asked for first.

    Raises:
        NoFingerprintException: as `source_fingerprints` raises it.
    """
    return source_fingerprints(component)


@cache
def _version(package: str) -> str:
    """Return the installed version of a package, by the name that it is imported by."""
    if package in sys.stdlib_module_names:
        return platform.python_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        distributions = metadata.packages_distributions().get(package.partition(".")[0], ())
        if not distributions:
            raise NoFingerprintException(
                f"package '{package}' has no version that could stand for it"
            ) from None
        return ", ".join(f"{name} {metadata.version(name)}" for name in sorted({*distributions}))


def _readable(value: Any) -> Any:
    """Return a short plain value as it is, to be shown when it changes; else its digest."""
    if _is_plain(value) and len(json.dumps(value)) <= _LONGEST_SHOWN:
        return value
    return f"digest {fingerprint(value)}"


def _is_plain(value: Any) -> bool:
    match value:
        case None | bool() | int() | float() | str():
            return True
        case list():
            return all(map(_is_plain, value))
        case dict():
            return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return False
