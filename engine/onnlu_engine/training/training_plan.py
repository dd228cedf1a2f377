"""What a training will do with each node, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from onnlu_engine.precomputed import standing_in
from onnlu_engine.schema import GraphSchema
from onnlu_engine.training.fingerprint_run import FingerprintStatus
from onnlu_engine.training.node_key import Fingerprints, NodeKey, NodeKeys
from onnlu_engine.training.output_type import cacheable_output_type
from onnlu_engine.training.pruning import Action, actions

_NOTHING: Final = object()

Parts = Mapping[str, Mapping[str, Any]]
"""The parts of a node's key."""


@dataclass(frozen=True)
class NodePlan:
    """What a training will do with one node.

    Attributes:
        node: its name.
        component: the name of its class.
        action: what becomes of it.
        why: the reasons, a phrase each.
        is_certain: whether a node runs for sure. One that is given the output of a node that runs
            is restored after all where it has been given the same before.
    """

    node: str
    component: str
    action: Action
    why: tuple[str, ...]
    is_certain: bool = True


@dataclass(frozen=True)
class TrainingPlan:
    """What a training will do.

    Attributes:
        schema: the whole train graph.
        keys: makes the keys of its nodes.
        given: outputs of the input nodes, which have run.
        known: outputs of nodes that need not run.
        statuses: what the cache has of all other nodes.
        fingerprints: of all outputs, as far as they are known.
        nodes: what becomes of each, in the order of the graph.
    """

    schema: GraphSchema
    keys: NodeKeys
    given: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, FingerprintStatus] = field(default_factory=dict)
    fingerprints: Fingerprints = field(default_factory=dict)
    nodes: Mapping[str, NodePlan] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, Any]:
        """All outputs that are there."""
        return {**self.given, **self.known}

    def having(self, action: Action) -> list[str]:
        """Return the nodes of which an action becomes."""
        return [name for name, plan in self.nodes.items() if plan.action is action]

    def trained_again(self) -> list[str]:
        """Return the nodes that run as their results are lost, though what they gave is known.

        They are those whose results can be kept. What else runs is a function of its inputs.
        """
        return [
            name
            for name in self.having(Action.RUNS)
            if name in self.statuses
            and self.statuses[name].is_hit
            and not self.is_open(name)
            and cacheable_output_type(self.schema.nodes[name]) is not None
        ]

    def is_open(self, name: str) -> bool:
        """Tell whether nobody knows what a node gives this time, though it is known from before."""
        return self.statuses[name].is_hit and self.fingerprints[name] is None

    def schema_to_run(self) -> GraphSchema:
        """Return the graph of what has to run; its nodes are those of the whole one, not copies.

        Stand-ins hand on the outputs that are known.
        """
        outputs = self.outputs
        return GraphSchema(
            {
                name: standing_in(node, outputs[name]) if name in outputs else node
                for name, node in self.schema.nodes.items()
                if self.nodes[name].action is not Action.PRUNED
            }
        )

    def decided(self, kept_keys: Callable[[str], Sequence[Parts]] | None, force: bool) -> Self:
        """Return the plan with what becomes of each node, and why.

        Args:
            kept_keys: returns the parts of the keys that a cache has of a node, the last used one
                first; None without a cache.
            force: everything runs.
        """
        restorable = {name for name, status in self.statuses.items() if status.has_result}
        decided = actions(
            self.schema, restorable={*restorable, *self.known}, inputs=self.given.keys()
        )
        nodes = {}
        for name, action in decided.items():
            component = self.schema.nodes[name].uses.__name__
            certain = True
            if action is Action.PRUNED:
                why = ["nothing that runs needs it"]
            elif action is Action.RESTORED:
                why = ["nothing has changed" if name in self.statuses else "is finished already"]
            elif kept_keys is None or force:
                why = ["the cache is off" if kept_keys is None else "everything is to run"]
            elif name in self.given:
                why = ["reads what is given to the graph"]
            elif self.is_open(name):
                why = ["its result is not kept"]
            elif self.statuses[name].is_hit:
                why = [f"{reader} needs it" for reader in self._readers(name, decided)]
                why = why or ["its output cannot be kept"]
            else:
                key = self.statuses[name].key
                why, certain = _reasons_to_run(key, kept_keys(name))
                needs = self.schema.nodes[name].needs
                why += [f"{parameter} comes from {needs[parameter]}" for parameter in key.unknown]
            nodes[name] = NodePlan(name, component, action, tuple(why), certain)
        return replace(self, nodes=nodes)

    def _readers(self, name: str, decided: Mapping[str, Action]) -> Iterator[str]:
        for reader, node in self.schema.nodes.items():
            if name in node.needs.values() and decided[reader] is Action.RUNS:
                yield reader


def _reasons_to_run(key: NodeKey, kept: Sequence[Parts]) -> tuple[list[str], bool]:
    """Say why a node runs: how its key differs from the most similar one of those that are kept.

    Args:
        key: the node's.
        kept: parts of keys of the same node, the last used one first.

    Returns:
        A phrase for each difference, and whether the node is sure to run, whatever those of its
        inputs are that are not known yet.
    """
    if key.instability:
        return [f"nothing stands for it: {key.instability}"], True
    if not kept:
        return ["first run"], True
    now = _flat(key.parts)
    differences = min((_differences(_flat(before), now, key.unknown) for before in kept), key=len)
    return differences, bool(differences)


def _flat(parts: Parts) -> dict[tuple[str, str], Any]:
    return {(kind, name): value for kind, named in parts.items() for name, value in named.items()}


def _differences(
    before: Mapping[tuple[str, str], Any],
    now: Mapping[tuple[str, str], Any],
    unknown: Sequence[str],
) -> list[str]:
    open_inputs = tuple(f"{parameter}, " for parameter in unknown)
    return [
        _phrase(*place, before.get(place, _NOTHING), now.get(place, _NOTHING))
        for place in dict.fromkeys([*before, *now])
        if before.get(place, _NOTHING) != now.get(place, _NOTHING)
        and not (place[0] == "input" and place[1].startswith(open_inputs))
    ]


def _phrase(kind: str, name: str, before: Any, now: Any) -> str:
    match kind:
        case "source":
            return f"source changed: {name}"
        case "input":
            return f"input changed: {name}"
        case "file":
            return "its files changed"
    return f"{name}: {_shown(before)} -> {_shown(now)}"


def _shown(value: Any) -> str:
    return "not there" if value is _NOTHING else json.dumps(value, ensure_ascii=False)
