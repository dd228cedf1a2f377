"""Which nodes of a train graph have to run."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from onnlu_engine.plan import topological_order
from onnlu_engine.schema import GraphSchema


class Action(StrEnum):
    """What becomes of a node in a training."""

    RUNS = "runs"
    RESTORED = "restored"
    PRUNED = "pruned"


def actions(
    schema: GraphSchema, *, restorable: Collection[str], inputs: Collection[str]
) -> dict[str, Action]:
    """Say of each node what becomes of it.

    A target that can be restored is; else it runs, and so does whatever it needs that cannot be
    restored.

    Args:
        schema: the train graph.
        restorable: nodes whose outputs can be had without running them.
        inputs: nodes that have run already, to see what is given to the graph.

    Raises:
        GraphSchemaException: nodes need each other in a cycle.
    """
    decided = dict.fromkeys(schema.nodes, Action.PRUNED)
    needed = set(schema.target_names)
    for name in reversed(topological_order(schema)):
        if name not in needed:
            continue
        if name in restorable:
            decided[name] = Action.RESTORED
            continue
        decided[name] = Action.RUNS
        if name not in inputs:
            needed |= set(schema.nodes[name].needs.values())
    return decided
