"""How long it takes to validate and to plan graphs of many diamonds."""

from __future__ import annotations

import statistics
import time
from typing import Any, Self

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphModelConfiguration,
    GraphSchema,
    ModelStorage,
    Resource,
    SchemaNode,
)
from onnlu_engine.plan import Plans
from onnlu_engine.validation import GraphInterface, validate

SIZES = (1_000, 10_000)
INTERFACE = GraphInterface(predict_inputs={"__message__": list[Resource]})


class Source(GraphComponent):
    """Starts a graph."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build it; there is nothing to configure."""
        return cls()

    def give(self) -> list[Resource]:
        """Begin."""
        return []

    def take(self, messages: list[Resource]) -> list[Resource]:
        """Parse."""
        return messages


class Side(Source):
    """One side of a diamond."""

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """What stands before it."""
        return [Source]

    def change(self, items: list[Resource]) -> list[Resource]:
        """Pass on."""
        return items


class Join(Source):
    """The end of a diamond, and the start of the next."""

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """What stands before it."""
        return [Side]

    def join(self, left: list[Resource], right: list[Resource] | None) -> list[Resource]:
        """Put both sides together."""
        return [*left, *(right or ())]


def diamonds(size: int) -> GraphSchema:
    """Return a chain of diamonds, each of which doubles the number of paths."""
    nodes = {"source": SchemaNode({}, Source, "create", "give", {})}
    last = "source"
    for number in range((size - 1) // 3):
        left, right, join = (f"{kind}{number}" for kind in ("left", "right", "join"))
        nodes[left] = SchemaNode({"items": last}, Side, "create", "change", {})
        nodes[right] = SchemaNode({"items": last}, Side, "create", "change", {})
        nodes[join] = SchemaNode({"left": left, "right": right}, Join, "create", "join", {})
        last = join
    nodes[last].is_target = True
    return GraphSchema(nodes)


def measure(rounds: int) -> dict[str, Any]:
    """Return the medians for each size, and how many times the smaller's time the larger takes."""
    configurations = {size: _configuration(diamonds(size)) for size in SIZES}
    found: dict[int, list[tuple[float, float]]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size, configuration in configurations.items():
            found[size].append(_seconds(configuration))
    medians = {
        size: {
            "nodes": len(configurations[size].train_schema.nodes),
            "validate_s": statistics.median(validated for validated, _ in times),
            "plan_s": statistics.median(planned for _, planned in times),
            "total_s": statistics.median(map(sum, times)),
        }
        for size, times in found.items()
    }
    small, large = (medians[size]["total_s"] for size in SIZES)
    return {"sizes": list(medians.values()), "growth": large / small}


def _configuration(schema: GraphSchema) -> GraphModelConfiguration:
    target = SchemaNode({"messages": "__message__"}, Source, "load", "take", {}, eager=True)
    return GraphModelConfiguration(schema, GraphSchema({"parse": target}), nlu_target="parse")


def _seconds(configuration: GraphModelConfiguration) -> tuple[float, float]:
    start = time.perf_counter()
    validate(configuration, INTERFACE)
    validated = time.perf_counter()
    Plans(configuration.train_schema)
    return validated - start, time.perf_counter() - validated
