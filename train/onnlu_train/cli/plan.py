"""What a fit would do, as `trainer fit --dry-run` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnlu_engine.training import TrainingPlan


def plan_document(plan: TrainingPlan) -> dict[str, Any]:
    """Return a plan as plain JSON."""
    return {
        "nodes": [
            {
                "node": node.node,
                "component": node.component,
                "action": str(node.action),
                "certain": node.is_certain,
                "why": list(node.why),
            }
            for node in plan.nodes.values()
        ]
    }


def plan_lines(plan: TrainingPlan) -> Iterator[str]:
    """Yield a line for each node, and what they come to."""
    from onnlu_engine.training import Action

    width = max(map(len, plan.nodes), default=0)
    for node in plan.nodes.values():
        mark = "" if node.is_certain else "*"
        action = f"{node.action}{mark}"
        yield f"{action:<9} {node.node:<{width}}  {'; '.join(node.why)}"
    counts = {str(action): len(plan.having(action)) for action in Action}
    yield ", ".join(f"{action}: {count}" for action, count in counts.items())
    if not all(node.is_certain for node in plan.nodes.values()):
        yield "* unless what it is given turns out to be the same as before: then it is restored"
