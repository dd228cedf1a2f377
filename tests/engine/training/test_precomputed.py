"""Stand-ins for nodes whose output is known."""

from __future__ import annotations

from typing import Any

import pytest

from onnlu_engine import GraphNodeHook, SchemaNode
from onnlu_engine.precomputed import PrecomputedValueProvider, standing_in
from onnlu_engine.training import Action

from .graphs import ALL, TRAINED, Provider, Training, Vocabulary, chain, source


class Witness(GraphNodeHook):
    """Notes which nodes it is told of, and their components in the whole graph."""

    def __init__(self) -> None:
        self.seen: dict[str, type] = {}

    def on_before_node(self, node_name: str, execution_context: Any, *_: Any) -> dict[str, Any]:
        self.seen[node_name] = execution_context.graph_schema.nodes[node_name].uses
        return {}

    def on_after_node(self, *_: Any) -> None:
        pass


@pytest.mark.behaviour("2.5/4")
def test_the_graph_that_runs_holds_what_is_needed(training: Training) -> None:
    training()
    schema = chain()
    schema.nodes["train_model"].config = {"limit": 1}
    plan = training.plan(schema=schema)
    assert plan.having(Action.RESTORED) == ["train_vocabulary"]
    trainer, storage, _ = training.prepared(schema, {})
    plan = trainer.restore(plan, storage)
    graph = plan.schema_to_run()
    assert list(graph.nodes) == ALL
    assert graph.target_names == TRAINED
    assert graph.nodes["train_model"] is schema.nodes["train_model"]
    for name in ("provider", "train_vocabulary"):
        assert graph.nodes[name].uses is PrecomputedValueProvider
        assert graph.nodes[name].needs == {}
        assert graph.nodes[name].is_input is schema.nodes[name].is_input


@pytest.mark.behaviour("2.5/5")
def test_a_stand_in_hands_on_the_very_output() -> None:
    output = object()
    stand_in = standing_in(SchemaNode({}, Provider, "create", "provide", {}), output)
    component = PrecomputedValueProvider.create(stand_in.config, None, None, None)  # type: ignore[arg-type]
    assert component.get_value() is output


@pytest.mark.behaviour("1.7/1")
def test_hooks_see_the_component_behind_a_stand_in(training: Training) -> None:
    training()
    trainer, storage, context = training.prepared(chain(), {})
    witness = Witness()
    trainer.train(source("one two"), storage, context, [witness])
    assert witness.seen == dict.fromkeys(TRAINED, Vocabulary)
